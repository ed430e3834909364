//! What an append returns, and whether it is right.

mod append_receipt;
mod disk_pos;
pub(crate) mod hex;
mod issuer;
mod level;
mod portable;
mod verify;

pub use append_receipt::AppendReceipt;
pub use disk_pos::DiskPos;
pub(crate) use issuer::Issuer;
pub(crate) use portable::{judge, judge_event};
