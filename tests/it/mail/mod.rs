//! Email beyond its way to a server: how it looks, who signs it, and what comes back.

mod form;
mod postfix;
mod returned;
mod signed;
mod whole;
