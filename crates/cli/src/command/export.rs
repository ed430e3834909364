//! `batpak export`: events in a form that other programs read.

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::event_object::EventObject;
use crate::failure::Result;
use crate::filter::Filter;
use crate::output::Output;
use crate::progress::{Progress, Unit};
use crate::reading;
use crate::store;

/// The forms to export.
#[derive(Debug, Subcommand)]
pub(crate) enum Format {
    /// One JSON object a line, in commit order
    Ndjson(NdjsonArgs),
}

/// Arguments of `export ndjson`.
#[derive(Args, Debug)]
pub(crate) struct NdjsonArgs {
    #[command(flatten)]
    filter: Filter,
}

/// Runs the export.
pub(crate) fn run(context: &Context, format: &Format) -> Result<()> {
    match format {
        Format::Ndjson(args) => ndjson(context, args),
    }
}

/// Prints the objects of all events that pass the filter.
fn ndjson(context: &Context, args: &NdjsonArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let region = args.filter.region();
    let mut scan = store.scan(&region).after(args.filter.after);
    let mut output = Output::new(context);
    // On a terminal the events themselves show the progress.
    let mut progress =
        (!context.terminal).then(|| Progress::new(context, "export", Unit::Things("events"), None));
    let mut exported = 0;
    let result = reading::each(&mut scan, |event| {
        output.json(&EventObject::new(event))?;
        exported += 1;
        if let Some(progress) = &mut progress {
            progress.set(exported);
        }
        Ok(())
    });
    drop(progress);
    output.finish()?;
    if result? == 0 {
        args.filter.hint_nothing_found(context);
    }
    Ok(())
}
