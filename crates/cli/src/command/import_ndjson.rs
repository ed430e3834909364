//! `batpak import ndjson`: one event per line of JSON.

mod importer;
mod runs;

use std::path::PathBuf;

use batpak::store::Durability;
use clap::Args;

use crate::context::Context;
use crate::failure::Result;
use crate::interrupt;
use crate::lines::{Input, Lines};
use crate::progress::{Progress, Unit};
use crate::store;

use importer::Importer;

/// Arguments of `import ndjson`.
#[derive(Args, Debug)]
pub(crate) struct NdjsonArgs {
    /// The file, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Events that are committed together
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(store::BATCH_EVENTS)))]
    batch: u32,
    /// Skip and count lines that are wrong
    #[arg(long)]
    skip_bad: bool,
    /// Begin with this line, which may still name earlier
    /// ones as causes
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true)]
    #[arg(verbatim_doc_comment)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    from_line: u64,
    /// Pass over lines that an interrupted import of the same
    /// input has committed; those with a key are passed over
    /// in any case
    #[arg(long, verbatim_doc_comment, conflicts_with = "from_line")]
    resume: bool,
    /// Take causes that are not in the store for events of
    /// another store
    #[arg(long, verbatim_doc_comment)]
    foreign_causes: bool,
}

/// Imports into the named store and prints the report.
pub(crate) fn run(context: &Context, args: &NdjsonArgs) -> Result<()> {
    let input = Input::open(&args.file)?;
    let bytes = input.bytes;
    let lines = Lines::read(input);
    let waker = lines.waker();
    interrupt::watch(move || waker.wake())?;
    let imported = store::write(context, Durability::Synced, |store| {
        let mut progress = match bytes {
            Some(bytes) => Progress::new(context, "import", Unit::Bytes, Some(bytes)),
            None => Progress::new(context, "import", Unit::Things("lines"), None),
        };
        let mut importer = Importer::new(context, store, args);
        importer.all(&lines, |line| {
            let done = if bytes.is_some() {
                line.end
            } else {
                line.number
            };
            progress.set(done);
        })
    })?;
    imported.print(context)
}
