//! From a file of results to a page with tables and pictures.

mod numbers;
mod page;
mod picture;
mod results;
mod summary;
mod table;

use std::fs;
use std::path::Path;

use crate::Result;
use results::Measured;

/// Reads the results, and writes `benchmarks.md` and `pictures/` into a directory.
pub(crate) fn write(results: &Path, out: &Path) -> Result<()> {
    let measured = Measured::read(results)?;
    let pictures = out.join("pictures");
    fs::create_dir_all(&pictures)?;
    let drawn = picture::draw_all(&measured, &pictures)?;
    let page = out.join("benchmarks.md");
    fs::write(&page, page::page(&measured, &drawn))?;
    eprintln!("wrote {} and {} pictures", page.display(), drawn.len());
    Ok(())
}
