//! Writes the golden store of format version 1 into a directory: the same bytes on every machine.
//!
//! `cargo run -p batpak-journal --example golden -- DIR`, where DIR is missing or empty. The
//! output, without the lock file, is `fixtures/golden/v1`; a test compares the two.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;

use batpak_platform::RealDirectory;

#[path = "golden/store.rs"]
mod store;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("usage: golden DIR")?;
    store::write(RealDirectory::create(&directory)?)
}
