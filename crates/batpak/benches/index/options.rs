//! The arguments of the program.

use std::fs;
use std::path::PathBuf;

use crate::measure::Result;

/// With fewer events the streams of the rows would not have the length that their names say.
const LEAST_EVENTS: usize = 10_000;

const USAGE: &str = "usage: cargo bench -p batpak --bench index \
                     [-- FILTER] [--events N] [--dir DIR] [--quick] [--json]";

/// What to measure, and where.
#[derive(Debug)]
pub(crate) struct Options {
    /// Groups of rows whose name holds this; all without it.
    pub(crate) filter: Option<String>,
    /// Events in the store.
    pub(crate) events: usize,
    /// Where the temporary directory of the run is made.
    pub(crate) dir: PathBuf,
    /// Fewer rounds.
    pub(crate) quick: bool,
    /// Objects for programs instead of a table.
    pub(crate) json: bool,
}

impl Options {
    /// Reads the arguments. Without the `--bench` that `cargo bench` passes, the program was
    /// started as a test, and measures little.
    pub(crate) fn parse(arguments: &[String]) -> Result<Options> {
        let as_test = !arguments.iter().any(|argument| argument == "--bench");
        let mut options = Options {
            filter: None,
            events: if as_test { LEAST_EVENTS } else { 1_000_000 },
            dir: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
            quick: as_test,
            json: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "--bench" => {}
                "--quick" => options.quick = true,
                "--json" => options.json = true,
                "--events" => options.events = value()?.replace('_', "").parse()?,
                "--dir" => options.dir = PathBuf::from(value()?),
                filter if !filter.starts_with('-') => options.filter = Some(filter.to_owned()),
                _ => return Err(USAGE.into()),
            }
        }
        if options.events < LEAST_EVENTS {
            return Err(format!("--events must be at least {LEAST_EVENTS}").into());
        }
        fs::create_dir_all(&options.dir)?;
        options.dir = fs::canonicalize(&options.dir)?;
        Ok(options)
    }

    /// How often both sides of a row run.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 3 } else { 9 }
    }
}
