//! What a browser sees. Calls flows; knows no SQL.

pub mod view;
