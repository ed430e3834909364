//! How a store is opened: where it is, its limits and its durability.

mod batch;
mod clock_fn;
mod options;
mod signing;
mod store_config;
mod sync;
mod validate;
mod writer;

pub use batch::BatchConfig;
pub use store_config::StoreConfig;
pub use sync::{SyncConfig, SyncMode};
pub use writer::{RestartPolicy, WriterConfig};
