//! `batpak log`: events, one line each.

mod follow;

use batpak::store::{EventRef, ReadOnly};
use batpak::{Scan, Store};
use clap::Args;

use crate::context::Context;
use crate::event_object::EventObject;
use crate::failure::{Failure, Result};
use crate::filter::Listing;
use crate::interrupt;
use crate::kind::kind_text;
use crate::output::Output;
use crate::reading;
use crate::store;
use crate::text::{fit, fit_padded};
use crate::time::rfc3339_micros;
use crate::value::{self, Value};

/// Arguments of `log`.
#[derive(Args, Debug)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    listing: Listing,
    /// Wait for further events, and list them as they are
    /// committed
    #[arg(long, conflicts_with = "reverse", verbatim_doc_comment)]
    follow: bool,
}

/// Prints the events that pass the filter.
pub(crate) fn run(context: &Context, args: &LogArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let listing = &args.listing;
    let mut printer = Printer::new(context);
    if args.follow {
        return follow::run(&mut printer, &store, listing);
    }
    let listed = printer.print(&store, &mut listing.scan(&store));
    printer.output.finish()?;
    if listed? == 0 {
        listing.filter.hint_nothing_found(context);
    }
    Ok(())
}

/// Prints events as lines.
pub(crate) struct Printer<'a> {
    context: &'a Context,
    pub(crate) output: Output,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(context: &'a Context) -> Printer<'a> {
        let output = Output::new(context);
        Printer { context, output }
    }

    /// Prints the events of a scan, and returns how many there were.
    fn print(&mut self, store: &Store<ReadOnly>, scan: &mut Scan<'_>) -> Result<u64> {
        let last = store.stats().global_sequence;
        reading::each(scan, |event| {
            if interrupt::requested() {
                return Err(Failure::Interrupted);
            }
            self.event(event, last)
        })
    }

    /// Prints one event of a store whose newest one has the sequence `last`.
    pub(crate) fn event(&mut self, event: &EventRef<'_>, last: u64) -> Result<()> {
        if self.context.global.json {
            return self.output.json(&EventObject::new(event));
        }
        let line = Columns::new(self.context.width, last).line(&self.output, event);
        self.output.line(&line)
    }
}

/// How wide the parts of a line are.
struct Columns {
    sequence: usize,
    entity: usize,
    summary: usize,
}

/// Columns of `2026-01-02T03:04:05.000006Z`.
const TIME: usize = 27;
/// Columns of a common kind; a longer one moves the rest to the right and shortens the summary.
const KIND: usize = 3;
/// Spaces after each of the first four parts.
const GAPS: usize = 4;

impl Columns {
    /// Divides `width` columns for events up to the sequence `last`.
    fn new(width: usize, last: u64) -> Columns {
        let sequence = last.to_string().len();
        let rest = width.saturating_sub(sequence + TIME + KIND + GAPS);
        let entity = (rest / 2).min(40);
        Columns {
            sequence,
            entity,
            summary: rest - entity,
        }
    }

    fn line(&self, output: &Output, event: &EventRef<'_>) -> String {
        let kind = format!("{:KIND$}", kind_text(event.kind()));
        let summary = (self.summary + KIND).saturating_sub(kind.len());
        let line = format!(
            "{:>width$} {} {} {kind} {}",
            event.sequence(),
            output.dim(&rfc3339_micros(event.timestamp_us())),
            output.name(&fit_padded(event.entity(), self.entity)),
            fit(&summary_of(event.payload()), summary),
            width = self.sequence,
        );
        line.trim_end().to_owned()
    }
}

/// What a payload says in a few words: the text that names or describes the thing where there is
/// one, else the whole payload as JSON.
pub(crate) fn summary_of(payload: &[u8]) -> String {
    const TELLING: [&str; 6] = ["subject", "title", "message", "summary", "text", "name"];
    match value::from_msgpack(payload) {
        Ok(value) => TELLING
            .into_iter()
            .find_map(|name| value.get(name).and_then(Value::as_text))
            .map_or_else(|| value.to_string(), str::to_owned),
        Err(value::Undecodable) => format!("({} bytes)", payload.len()),
    }
}
