//! `batpak streams`: the streams of a store, one for each entity.

use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::filter::Filter;
use crate::groups::{Group, Groups};
use crate::output::{Output, count};
use crate::store;
use crate::text::fit_padded;

/// Arguments of `streams`.
#[derive(Args, Debug)]
pub(crate) struct StreamsArgs {
    #[command(flatten)]
    filter: Filter,
}

/// A stream as JSON.
#[derive(Serialize)]
struct Stream<'a> {
    entity: &'a str,
    #[serde(flatten)]
    group: &'a Group,
}

/// Prints a line for each stream that has events which pass the filter.
pub(crate) fn run(context: &Context, args: &StreamsArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let mut scan = store.scan(&args.filter.region()).after(args.filter.after);
    let (streams, result) = Groups::of(context, &mut scan, |streams, event| {
        let entity = event.entity();
        streams.add(entity, || entity.to_owned(), event);
    });
    let mut output = Output::new(context);
    let columns = Columns::new(context.width, streams.values());
    if !context.global.json && !streams.is_empty() {
        let name = columns.name("ENTITY");
        let head = columns.line(&name, "EVENTS", "NEWEST", "TIME OF THE NEWEST");
        output.line(&output.dim(head.trim_end()))?;
    }
    for (entity, group) in &streams {
        if context.global.json {
            output.json(&Stream { entity, group })?;
        } else {
            let (events, last) = (count(group.events), count(group.last));
            let name = output.name(&columns.name(entity));
            output.line(&columns.line(&name, &events, &last, &group.last_time))?;
        }
    }
    output.finish()?;
    result?;
    if streams.is_empty() {
        args.filter.hint_nothing_found(context);
    }
    Ok(())
}

/// How wide the parts of a line are.
struct Columns {
    entity: usize,
    events: usize,
    newest: usize,
}

/// Columns of `2026-01-02T03:04:05.000006Z`.
const TIME: usize = 27;
/// Columns between parts.
const GAP: usize = 2;

impl Columns {
    fn new<'a>(width: usize, groups: impl Iterator<Item = &'a Group>) -> Columns {
        let (mut events, mut newest) = ("EVENTS".len(), "NEWEST".len());
        for group in groups {
            events = events.max(count(group.events).len());
            newest = newest.max(count(group.last).len());
        }
        let rest = width.saturating_sub(events + newest + TIME + 3 * GAP);
        Columns {
            entity: rest.clamp(8, 40),
            events,
            newest,
        }
    }

    fn name(&self, entity: &str) -> String {
        fit_padded(entity, self.entity)
    }

    fn line(&self, name: &str, events: &str, newest: &str, time: &str) -> String {
        format!(
            "{name}  {events:>events_width$}  {newest:>newest_width$}  {time}",
            events_width = self.events,
            newest_width = self.newest,
        )
    }
}
