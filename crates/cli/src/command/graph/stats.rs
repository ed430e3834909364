//! `batpak graph stats`: the graph in numbers.

use batpak::graph::{CausalSource, Edges, Graph, StoreGraph};
use serde::Serialize;

use super::{Lister, interrupted};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{count, table};

/// What is counted.
#[derive(Debug, Default, Serialize)]
struct Numbers {
    events: u64,
    /// Edges from an event to one that led to it.
    edges: u64,
    /// Events with more than one such edge.
    merges: u64,
    roots: u64,
    heads: u64,
    /// Events on the longest chain.
    longest_chain: u64,
}

/// Prints a table for people or an object for programs. Visits every event.
pub(super) fn print(
    context: &Context,
    list: &mut Lister<'_>,
    graph: &Graph<StoreGraph>,
) -> Result<()> {
    let mut numbers = Numbers::default();
    for node in graph.all() {
        interrupted()?;
        if !graph.source().contains(node).map_err(Failure::from)? {
            continue;
        }
        let edges = graph.predecessors(node)?.len() as u64;
        numbers.events += 1;
        numbers.edges += edges;
        numbers.merges += u64::from(edges > 1);
        numbers.roots += u64::from(edges == 0);
    }
    for head in graph.heads() {
        interrupted()?;
        head?;
        numbers.heads += 1;
    }
    let ends: Vec<_> = graph.heads().collect::<std::result::Result<_, _>>()?;
    numbers.longest_chain = graph.longest_chain(ends)?.len() as u64;
    let output = &mut list.printer.output;
    if context.global.json {
        return output.json(&numbers);
    }
    let edges = match graph.edges() {
        Edges::Causes => "from causes to effects",
        Edges::Streams => "from event to event of a stream",
        _ => "of causes and streams",
    };
    let row =
        |name: &str, number, remark: &str| vec![name.to_owned(), count(number), remark.to_owned()];
    let rows = [
        row("Events", numbers.events, ""),
        row("Edges", numbers.edges, edges),
        row(
            "Merges",
            numbers.merges,
            "events with more than one edge to them",
        ),
        row("Roots", numbers.roots, "events that nothing led to"),
        row("Heads", numbers.heads, "events that led to nothing"),
        row(
            "Longest chain",
            numbers.longest_chain,
            "events one after the other",
        ),
    ];
    output.line(&table(context.width, &rows, &[1]))
}
