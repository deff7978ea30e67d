//! Delivery: the carriers that take a finished message out of the house. It knows how to send, not to whom or why.

pub mod bounces;
pub mod breaker;
pub mod budget;
pub mod carrier;
pub mod dkim;
pub mod file;
pub mod graph;
mod handover;
pub mod hooks;
pub mod html;
pub mod line;
pub mod memory;
mod mime;
pub mod outgoing;
mod public_address;
pub mod receipts;
pub mod receiver;
pub mod return_path;
pub mod smpp;
pub mod sms_http;
pub mod smtp;
mod smtp_wire;
pub mod status;
pub mod webhook;
pub mod worker;

pub use carrier::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
pub use file::FileCarrier;
pub use memory::MemoryCarrier;
pub use outgoing::{Outgoing, OutgoingSettings};
pub use receipts::{About, Noted, Outcome, Receipt, ReceiptBook};
pub use smpp::{SmppCarrier, SmppSettings};
pub use smtp::{SmtpCarrier, SmtpSecurity, SmtpSettings};
pub use webhook::WebhookCarrier;
