//! What an append returns.

mod append_receipt;
mod disk_pos;
pub(crate) mod hex;
mod level;

pub use append_receipt::AppendReceipt;
pub use disk_pos::DiskPos;
