//! `batpak graph`: why did this happen, what did it cause, what ran side by side?

mod draw;
mod stats;
mod why;

use batpak::graph::{Edges, Graph, GraphError, Node, Relation, StoreGraph, Walk};
use batpak::store::ReadOnly;
use batpak::{Store, StoreError};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::command::log::Printer;
use crate::context::Context;
use crate::event_name::{EventName, scan_from};
use crate::failure::{Exit, Failure, Result};
use crate::interrupt;
use crate::store;

/// Arguments of `graph`.
#[derive(Args, Debug)]
pub(crate) struct GraphArgs {
    /// What leads from one event to another: causes,
    /// streams (the order of each), or both
    /// [default: causes]
    #[arg(long, global = true, value_enum, default_value_t = EdgesName::Causes)]
    #[arg(
        verbatim_doc_comment,
        hide_possible_values = true,
        hide_default_value = true
    )]
    edges: EdgesName,
    #[command(subcommand)]
    question: Question,
}

/// The edges, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EdgesName {
    Causes,
    Streams,
    Both,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// List the events that led to one
    Ancestors(WalkArgs),
    /// List the events that one led to
    Effects(WalkArgs),
    /// Say which of two events came before the other, or that neither did
    Relation {
        /// One event
        #[arg(value_name = "EVENT", value_parser = EventName::parse)]
        a: EventName,
        /// Another one
        #[arg(value_name = "OTHER", value_parser = EventName::parse)]
        b: EventName,
    },
    /// List the newest events that all of these rest on
    Common {
        /// Two events or more
        #[arg(value_name = "EVENT", value_parser = EventName::parse, num_args = 2.., required = true)]
        events: Vec<EventName>,
    },
    /// List the events that led to no other one, of all or of these
    Heads(SetArgs),
    /// List the events that no other one led to, of all or of these
    Roots(SetArgs),
    /// List events with everything that led to them
    Cut(CutArgs),
    /// List the events on a shortest way from a cause to an effect
    Path(PathArgs),
    /// Show what led to an event, as a tree
    Why(why::WhyArgs),
    /// Count events, edges, heads and roots
    Stats,
    /// Draw events with everything that led to them
    Draw(draw::DrawArgs),
}

#[derive(Args, Debug)]
struct WalkArgs {
    /// The event, which is not listed: a sequence (5 or seq:5), an id
    /// (32 hex digits), or key:TEXT
    #[arg(verbatim_doc_comment, value_name = "EVENT", value_parser = EventName::parse)]
    event: EventName,
    /// Only over so many edges
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    /// At most this many events, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Oldest first; otherwise causes are listed newest first
    #[arg(long)]
    oldest_first: bool,
}

#[derive(Args, Debug)]
struct SetArgs {
    /// Only these events, and how they hang together
    #[arg(value_name = "EVENT", value_parser = EventName::parse)]
    events: Vec<EventName>,
}

#[derive(Args, Debug)]
struct CutArgs {
    /// Events, which are listed as well
    #[arg(value_name = "EVENT", value_parser = EventName::parse, required = true)]
    events: Vec<EventName>,
    /// Without this event and everything that led to it
    #[arg(long, value_name = "EVENT", value_parser = EventName::parse)]
    not: Vec<EventName>,
}

#[derive(Args, Debug)]
struct PathArgs {
    /// Where the way begins
    #[arg(value_name = "CAUSE", value_parser = EventName::parse)]
    cause: EventName,
    /// Where it ends
    #[arg(value_name = "EFFECT", value_parser = EventName::parse)]
    effect: EventName,
    /// Every way there is, one a line
    #[arg(long)]
    all: bool,
    /// With --all: at most this many ways, from 1
    #[arg(long, value_name = "N", requires = "all", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// Answers the question.
pub(crate) fn run(context: &Context, args: &GraphArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let edges = match args.edges {
        EdgesName::Causes => Edges::Causes,
        EdgesName::Streams => Edges::Streams,
        EdgesName::Both => Edges::Both,
    };
    let graph = store.graph_of(edges);
    let mut list = Lister {
        store: &store,
        printer: Printer::new(context),
    };
    match &args.question {
        Question::Ancestors(args) => {
            let walk = graph.ancestors([list.node(&args.event)?]);
            let walk = args.bound(walk);
            list.print(match args.oldest_first {
                true => walk.oldest_first(),
                false => walk,
            })?;
        }
        Question::Effects(args) => {
            let walk = graph.effects([list.node(&args.event)?]);
            let walk = args.bound(walk);
            list.print(match args.oldest_first {
                true => walk.oldest_first(),
                false => walk.newest_first(),
            })?;
        }
        Question::Relation { a, b } => list.relation(context, &graph, (a, b))?,
        Question::Common { events } => {
            list.print(all(graph.common(&list.nodes(events)?)?))?;
        }
        Question::Heads(set) if set.events.is_empty() => list.print(graph.heads())?,
        Question::Roots(set) if set.events.is_empty() => list.print(graph.roots())?,
        Question::Heads(set) => {
            list.print(all(graph.heads_of(list.nodes(&set.events)?)?))?;
        }
        Question::Roots(set) => {
            list.print(all(graph.roots_of(list.nodes(&set.events)?)?))?;
        }
        Question::Cut(cut) => {
            let (of, not) = (list.nodes(&cut.events)?, list.nodes(&cut.not)?);
            list.print(graph.difference(of, not))?;
        }
        Question::Path(args) => list.paths(context, &graph, args)?,
        Question::Why(args) => why::print(context, &mut list, &graph, args)?,
        Question::Stats => stats::print(context, &mut list, &graph)?,
        Question::Draw(args) => draw::write(&mut list, &graph, args)?,
    }
    list.printer.output.finish()
}

impl WalkArgs {
    fn bound<'g>(&self, walk: Walk<'g, StoreGraph>) -> Walk<'g, StoreGraph> {
        walk.depth(self.depth.unwrap_or(u32::MAX))
            .limit(self.limit.unwrap_or(u64::MAX))
    }
}

/// A node of the graph, or why the walk could not go on.
type Found = std::result::Result<Node, GraphError<StoreError>>;

/// An answer that is known as a whole.
fn all(nodes: Vec<Node>) -> impl Iterator<Item = Found> {
    nodes.into_iter().map(Ok)
}

/// Finds events by name, and prints those that a question is answered with.
struct Lister<'a> {
    store: &'a Store<ReadOnly>,
    printer: Printer<'a>,
}

impl Lister<'_> {
    fn node(&self, event: &EventName) -> Result<Node> {
        event.locate(self.store).map(Node)
    }

    fn nodes(&self, events: &[EventName]) -> Result<Vec<Node>> {
        events.iter().map(|event| self.node(event)).collect()
    }

    /// Prints the events at these nodes, each as it comes. A hidden one has its place in the graph, and
    /// is not shown.
    fn print(&mut self, nodes: impl Iterator<Item = Found>) -> Result<()> {
        for node in nodes {
            interrupted()?;
            let node = node?;
            let mut scan = scan_from(self.store, node.0);
            if let Some(event) = scan.next_event()?
                && event.sequence() == node.0
            {
                let last = self.store.stats().global_sequence;
                self.printer.event(&event, last)?;
            }
        }
        Ok(())
    }

    fn relation(
        &mut self,
        context: &Context,
        graph: &Graph<StoreGraph>,
        (a, b): (&EventName, &EventName),
    ) -> Result<()> {
        let (a, b) = (self.node(a)?, self.node(b)?);
        let relation = match graph.relation(a, b)? {
            Relation::Before => "before",
            Relation::After => "after",
            Relation::Concurrent => "concurrent",
            Relation::Same => "same",
        };
        let output = &mut self.printer.output;
        if context.global.json {
            output.json(&json!({"a": a.0, "b": b.0, "relation": relation}))
        } else {
            output.line(relation)
        }
    }

    fn paths(
        &mut self,
        context: &Context,
        graph: &Graph<StoreGraph>,
        args: &PathArgs,
    ) -> Result<()> {
        let (cause, effect) = (self.node(&args.cause)?, self.node(&args.effect)?);
        if !args.all {
            let path = graph.path(cause, effect)?;
            return self.print(all(path.unwrap_or_default()));
        }
        let limit = args.limit.unwrap_or(u64::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        for path in graph.paths(cause, effect)?.take(limit) {
            interrupted()?;
            let path: Vec<u64> = path?.into_iter().map(|node| node.0).collect();
            let output = &mut self.printer.output;
            if context.global.json {
                output.json(&json!({ "path": path }))?;
            } else {
                let names: Vec<String> = path.iter().map(u64::to_string).collect();
                output.line(&names.join(" -> "))?;
            }
        }
        Ok(())
    }
}

fn interrupted() -> Result<()> {
    match interrupt::requested() {
        true => Err(Failure::Interrupted),
        false => Ok(()),
    }
}

impl From<GraphError<StoreError>> for Failure {
    fn from(error: GraphError<StoreError>) -> Failure {
        match error {
            GraphError::Source(error) => error.into(),
            error => Failure::new(Exit::Error, "graph", error.to_string()),
        }
    }
}
