//! The program `aikagi`.

fn main() {}
