//! The `batpak` command.
#![forbid(unsafe_code)]
fn main() {}
