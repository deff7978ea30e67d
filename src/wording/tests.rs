//! Tests of the wording.
