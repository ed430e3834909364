//! `batpak graph draw`: events and what led to them, as a picture.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use batpak::graph::draw::{Drawing, DrawnNode, EdgeKind};
use batpak::graph::{CausalSource, Edges, Graph, Node, StoreGraph};
use batpak::store::EventRef;
use clap::{Args, ValueEnum};

use super::{Lister, interrupted};
use crate::command::log::summary_of;
use crate::event_name::{EventName, scan_from};
use crate::failure::{Exit, Failure, Result};
use crate::kind::kind_text;
use crate::text::printable;
use crate::time::rfc3339_micros;

/// Arguments of `graph draw`.
#[derive(Args, Debug)]
pub(super) struct DrawArgs {
    /// Events, which are drawn with everything that led to them
    #[arg(value_name = "EVENT", value_parser = EventName::parse, required = true)]
    events: Vec<EventName>,
    /// Without this event and everything that led to it
    #[arg(long, value_name = "EVENT", value_parser = EventName::parse)]
    not: Vec<EventName>,
    /// What is written: svg, dot or mermaid [default: svg]
    #[arg(
        long,
        value_enum,
        default_value_t = Format::Svg,
        hide_default_value = true,
        hide_possible_values = true
    )]
    format: Format,
    /// Where it is written; - for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture for browsers
    Svg,
    /// Text for Graphviz
    Dot,
    /// Text for Markdown
    Mermaid,
}

/// Draws, and writes the picture.
pub(super) fn write(
    list: &mut Lister<'_>,
    graph: &Graph<StoreGraph>,
    args: &DrawArgs,
) -> Result<()> {
    let (of, not) = (list.nodes(&args.events)?, list.nodes(&args.not)?);
    let mut nodes = Vec::new();
    for node in graph.difference(of, not) {
        interrupted()?;
        nodes.push(node?);
    }
    // Causes come before their effects.
    nodes.sort_unstable();
    let drawing = drawing(list, graph, &nodes)?;
    let text = match args.format {
        Format::Svg => drawing.svg().map_err(|error| {
            let failure = Failure::new(Exit::Error, "too-large-to-draw", error.to_string());
            failure.with_hint("leave events out with --not, or use --format dot with Graphviz")
        })?,
        Format::Dot => drawing.dot(),
        Format::Mermaid => drawing.mermaid(),
    };
    if args.output == Path::new("-") {
        return list.printer.output.line(text.trim_end());
    }
    fs::write(&args.output, text).map_err(|error| Failure::io("write", &args.output, &error))
}

fn drawing(list: &Lister<'_>, graph: &Graph<StoreGraph>, nodes: &[Node]) -> Result<Drawing> {
    let mut drawing = Drawing::new();
    let mut numbers = BTreeMap::new();
    for node in nodes {
        interrupted()?;
        let mut scan = scan_from(list.store, node.0);
        let event = scan.next_event()?;
        let drawn = match event.filter(|event| event.sequence() == node.0) {
            Some(event) => drawn(&event),
            None => DrawnNode {
                lines: vec![node.to_string(), "(hidden)".to_owned()],
                ..DrawnNode::default()
            },
        };
        numbers.insert(*node, drawing.node(drawn));
    }
    let source = graph.source();
    let edges = graph.edges();
    for (node, effect) in &numbers {
        let mut led = Vec::new();
        if edges != Edges::Streams {
            let mut causes = Vec::new();
            source.causes(*node, &mut causes)?;
            led.extend(causes.into_iter().map(|cause| (cause, EdgeKind::Cause)));
        }
        if edges != Edges::Causes {
            let before = source.stream_predecessor(*node)?;
            led.extend(before.map(|before| (before, EdgeKind::Stream)));
        }
        for (cause, kind) in led {
            if let Some(cause) = numbers.get(&cause) {
                let drawn = drawing.edge(*cause, *effect, kind);
                drawn.map_err(|error| Failure::new(Exit::Error, "graph", error.to_string()))?;
            }
        }
    }
    Ok(drawing)
}

fn drawn(event: &EventRef<'_>) -> DrawnNode {
    let summary = printable(&summary_of(event.payload()));
    let (sequence, kind) = (event.sequence(), kind_text(event.kind()));
    let (entity, time) = (
        printable(event.entity()),
        rfc3339_micros(event.timestamp_us()),
    );
    DrawnNode {
        lines: vec![
            format!("{sequence} {summary}"),
            entity.clone(),
            format!("{kind} {}", time.get(..19).unwrap_or(&time)),
        ],
        tooltip: format!(
            "{sequence} {}\n{time} {entity} {kind}\n{summary}",
            event.event_id().hex()
        ),
        group: entity,
    }
}
