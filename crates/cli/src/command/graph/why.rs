//! `batpak graph why`: what led to an event, as a tree.

use std::collections::HashSet;

use batpak::graph::{Graph, Node, StoreGraph};
use batpak::store::EventRef;
use clap::Args;
use serde::Serialize;

use super::{Lister, interrupted};
use crate::command::log::summary_of;
use crate::context::Context;
use crate::event_name::{EventName, scan_from};
use crate::event_object::EventObject;
use crate::failure::Result;
use crate::kind::kind_text;
use crate::output::Output;
use crate::text::printable;
use crate::time::rfc3339_micros;

/// Arguments of `graph why`.
#[derive(Args, Debug)]
pub(super) struct WhyArgs {
    /// A sequence (5 or seq:5), an id (32 hex digits), or key:TEXT
    #[arg(value_name = "EVENT", value_parser = EventName::parse)]
    event: EventName,
    /// Over how many edges
    #[arg(long, value_name = "N", default_value_t = 5)]
    depth: usize,
}

/// An event of the tree as JSON: `of` is the event that it led to.
#[derive(Debug, Serialize)]
struct Line<'a> {
    depth: usize,
    of: Option<u64>,
    #[serde(flatten)]
    event: EventObject<'a>,
}

/// An event that is still to be printed.
struct Waiting {
    node: Node,
    of: Option<Node>,
    /// For each level above it, whether more branches follow there.
    more: Vec<bool>,
}

/// Prints the tree, causes below their effects. An event that is in it twice is shown whole once.
pub(super) fn print(
    context: &Context,
    list: &mut Lister<'_>,
    graph: &Graph<StoreGraph>,
    args: &WhyArgs,
) -> Result<()> {
    let mut waiting = vec![Waiting {
        node: list.node(&args.event)?,
        of: None,
        more: Vec::new(),
    }];
    let mut shown = HashSet::new();
    while let Some(Waiting { node, of, more }) = waiting.pop() {
        interrupted()?;
        let is_new = shown.insert(node);
        let mut causes = match is_new {
            true => graph.predecessors(node)?,
            false => Vec::new(),
        };
        causes.sort_unstable();
        let depth = more.len();
        let cut = depth == args.depth && !causes.is_empty();
        line(
            context,
            list,
            &Waiting {
                node,
                of,
                more: more.clone(),
            },
            (is_new, cut),
        )?;
        if cut {
            continue;
        }
        // The stack gives the newest cause first; the oldest is the last branch.
        for (place, cause) in causes.into_iter().enumerate() {
            let mut more = more.clone();
            more.push(place > 0);
            waiting.push(Waiting {
                node: cause,
                of: Some(node),
                more,
            });
        }
    }
    Ok(())
}

fn line(
    context: &Context,
    list: &mut Lister<'_>,
    waiting: &Waiting,
    (is_new, cut): (bool, bool),
) -> Result<()> {
    let mut scan = scan_from(list.store, waiting.node.0);
    let event = scan.next_event()?;
    let event = event.filter(|event| event.sequence() == waiting.node.0);
    let output = &mut list.printer.output;
    if context.global.json {
        // An event that is shown already, and one that is hidden, is not an object again.
        let Some(event) = event.filter(|_| is_new) else {
            return Ok(());
        };
        return output.json(&Line {
            depth: waiting.more.len(),
            of: waiting.of.map(|node| node.0),
            event: EventObject::new(&event),
        });
    }
    let (first, behind) = branches(&waiting.more);
    let text = match &event {
        None => format!("{} (hidden)", waiting.node.0),
        Some(_) if !is_new => format!("{} (shown above)", waiting.node.0),
        Some(event) => {
            let name = output.bold(&waiting.node.0.to_string());
            let more = if cut { " (and what led to it)" } else { "" };
            format!("{name} {}{more}", printable(&summary_of(event.payload())))
        }
    };
    output.line(&fit_styled(&format!("{first}{text}"), context.width))?;
    if let Some(event) = event.filter(|_| is_new) {
        let facts = facts(output, &event);
        output.line(&fit_styled(&format!("{behind}{facts}"), context.width))?;
    }
    Ok(())
}

/// What leads to the first line of an event, and to its second one, from those of its level and above
/// on which more follows.
fn branches(more: &[bool]) -> (String, String) {
    let Some((last, above)) = more.split_last() else {
        return (String::new(), String::new());
    };
    let level = |more: &bool| if *more { "│  " } else { "   " };
    let above: String = above.iter().map(level).collect();
    let end = if *last { "├─ " } else { "└─ " };
    (format!("{above}{end}"), format!("{above}{}", level(last)))
}

/// When, where, and what kind.
fn facts(output: &Output, event: &EventRef<'_>) -> String {
    let time = output.dim(&rfc3339_micros(event.timestamp_us()));
    let entity = output.name(&printable(event.entity()));
    format!("{time} {} {entity}", kind_text(event.kind()))
}

/// Cuts a line that has styles, which take no columns.
fn fit_styled(line: &str, width: usize) -> String {
    console::truncate_str(line, width, "…")
        .trim_end()
        .to_owned()
}
