//! Questions to the causal graph of a store, beside the same graph in memory.

use std::hint::black_box;

use batpak::graph::{CausalSource, Edges, EffectSource, Graph, Node};
use batpak::prelude::*;
use batpak_graph::MemoryGraph;
use stats_alloc::INSTRUMENTED_SYSTEM;

use crate::measure::{Result, Series, seconds};
use crate::table::{Row, Table, Unit};
use crate::world::{World, config, entity, kind, payload, scatter};

/// Events of the graph: more than one segment holds.
const EVENTS: u64 = 100_000;
/// Streams of the graph.
const STREAMS: usize = 1_000;
/// Conversations that go on at the same time, and events of each.
const CONVERSATIONS: u64 = 200;
const TURNS: u64 = 50;
/// How many turns back a cause lies at most.
const BACK: u64 = 5;
/// Random pairs, and events, of one round.
const QUESTIONS: usize = 500;

/// The relation of random pairs, the ancestors of all heads, and the effects of random events.
pub(crate) fn questions(world: &World, table: &Table) -> Result<()> {
    let (store, memory) = fill(world)?;
    let before = INSTRUMENTED_SYSTEM.stats().bytes_allocated;
    let ours = store.graph();
    let opened = INSTRUMENTED_SYSTEM.stats().bytes_allocated - before;
    let theirs = Graph::new(&memory, Edges::Causes);
    let at = |number: usize| Node(1 + scatter(number as u64) % EVENTS);
    let row = Row::new("graph: relation of two events", Unit::Time, "50 us");
    let note = format!("each of {QUESTIONS} pairs, the median first; opening allocates {opened} B");
    // Half of them are of one conversation.
    let other = |number: usize| match number % 2 {
        0 => at(number + QUESTIONS),
        _ => Node(1 + (at(number).0 + scatter(number as u64) % TURNS * CONVERSATIONS) % EVENTS),
    };
    let pairs = (0..QUESTIONS).map(|number| (at(number), other(number)));
    let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
    for (a, b) in pairs {
        of_ours.push(seconds(|| relation(&ours, a, b))?);
        of_theirs.push(seconds(|| relation(&theirs, a, b))?);
    }
    let (of_ours, of_theirs) = (Series::new(of_ours), Series::new(of_theirs));
    table.row(&row.note(note), &of_ours, Some(&of_theirs));
    let heads: Vec<Node> = theirs.heads().collect::<std::result::Result<_, _>>()?;
    let ancestors = theirs.ancestors(heads.iter().copied()).count();
    let row = Row::new("graph: ancestors of all heads", Unit::Rate, "2 M/s");
    table.compare(
        &row,
        ancestors,
        || ancestors_of(&ours, &heads),
        || ancestors_of(&theirs, &heads),
    )?;
    let row = Row::new("graph: effects of one event", Unit::Time, "20 us");
    let ours = ours.source();
    table.compare(
        &row,
        QUESTIONS,
        || effects(ours, at),
        || effects(&memory, at),
    )?;
    store.close()?;
    Ok(())
}

fn relation<S: CausalSource>(graph: &Graph<S>, a: Node, b: Node) -> Result<()>
where
    S::Error: std::error::Error + 'static,
{
    black_box(graph.relation(a, b)?);
    Ok(())
}

fn ancestors_of<S: CausalSource>(graph: &Graph<S>, nodes: &[Node]) -> Result<()>
where
    S::Error: std::error::Error + 'static,
{
    for ancestor in graph.ancestors(nodes.iter().copied()) {
        black_box(ancestor?);
    }
    Ok(())
}

/// The effects of one event after the other.
fn effects<S: EffectSource>(source: &S, at: impl Fn(usize) -> Node) -> Result<()>
where
    S::Error: std::error::Error + Send + Sync + 'static,
{
    let mut found = Vec::new();
    for number in 0..QUESTIONS {
        found.clear();
        source.effects(at(number), &mut found)?;
        black_box(&found);
    }
    Ok(())
}

/// A store of conversations, in which an event has up to two causes, and its graph in memory.
fn fill(world: &World) -> Result<(Store, MemoryGraph)> {
    let store = Store::open(config(&world.path("graph")))?;
    let mut memory = MemoryGraph::new();
    let mut ids: Vec<EventId> = Vec::new();
    let mut newest = vec![None; STREAMS];
    for (number, stream) in (0..EVENTS).zip((0..STREAMS).cycle()) {
        let mut options = AppendOptions::default();
        let mut causes = Vec::new();
        let turn = number / CONVERSATIONS % TURNS;
        for draw in 0..2 {
            let back = 1 + scatter(2 * number + draw) % BACK;
            if back <= turn {
                let cause = number - back * CONVERSATIONS;
                options = options.with_cause(ids[usize::try_from(cause)?]);
                causes.push(Node(cause + 1));
            }
        }
        causes.sort_unstable();
        causes.dedup();
        let coordinate = Coordinate::new(entity(stream), "bench")?;
        let receipt =
            store.append_with_options(&coordinate, kind(number), &payload(number), options)?;
        ids.push(receipt.event_id);
        newest[stream] = Some(memory.push(&causes, newest[stream])?);
    }
    store.sync()?;
    Ok((store, memory))
}
