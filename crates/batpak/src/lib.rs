//! The facade of the store.
#![forbid(unsafe_code)]
