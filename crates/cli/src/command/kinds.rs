//! `batpak kinds`: the kinds of events in a store.

use batpak::EventKind;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::filter::Filter;
use crate::groups::{Group, Groups};
use crate::kind::kind_text;
use crate::output::{Output, bytes, count, table};
use crate::store;

/// Arguments of `kinds`.
#[derive(Args, Debug)]
pub(crate) struct KindsArgs {
    #[command(flatten)]
    filter: Filter,
}

/// A kind as JSON.
#[derive(Serialize)]
struct Kind<'a> {
    kind: String,
    #[serde(flatten)]
    group: &'a Group,
}

/// Prints a line for each kind that has events which pass the filter.
pub(crate) fn run(context: &Context, args: &KindsArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let mut scan = store.scan(&args.filter.region()).after(args.filter.after);
    let (kinds, result) = Groups::of(context, &mut scan, |kinds, event| {
        let kind = event.kind().as_raw_u16();
        kinds.add(&kind, || kind, event);
    });
    let mut output = Output::new(context);
    if context.global.json {
        for (raw, group) in &kinds {
            let kind = kind_text(EventKind::from_raw(*raw));
            output.json(&Kind { kind, group })?;
        }
    } else if !kinds.is_empty() {
        let head = ["KIND", "EVENTS", "PAYLOADS", "NEWEST", "TIME OF THE NEWEST"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(kinds.iter().map(|(raw, group)| row(*raw, group)));
        let text = table(context.width, &rows, &[1, 2, 3]);
        let (head, lines) = text.split_once('\n').unwrap_or((&text, ""));
        output.line(&output.dim(head))?;
        output.line(lines)?;
    }
    output.finish()?;
    result?;
    if kinds.is_empty() {
        args.filter.hint_nothing_found(context);
    }
    Ok(())
}

fn row(raw: u16, group: &Group) -> Vec<String> {
    vec![
        kind_text(EventKind::from_raw(raw)),
        count(group.events),
        bytes(group.payload_bytes),
        count(group.last),
        group.last_time.clone(),
    ]
}
