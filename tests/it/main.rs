//! The stories, told against the real parts: servers, databases, files.

mod smtp;
