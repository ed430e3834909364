//! What questions cost, on 100,000 nodes, beside loops that only do what cannot be left out.
//!
//! `cargo bench -p batpak-graph`. Three histories: that of an event store with 1,000 streams and
//! conversations between them, by causes and by both edges; that of a source repository with a few
//! long branches; and causes from anywhere. A bare loop follows the same edges, over plain lists,
//! with a bit for each node of the whole graph; it knows nothing of generations.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use batpak_graph::draw::{Drawing, DrawnNode, EdgeKind};
use batpak_graph::{CausalSource, Edges, Graph, MemoryGraph, Node};

const NODES: usize = 100_000;
const PAIRS: usize = 2_000;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    println!(
        "{NODES} nodes; each figure is the median of {PAIRS} questions unless it says otherwise"
    );
    let histories = [
        ("event store, causes", conversations()?, Edges::Causes),
        ("event store, both edges", conversations()?, Edges::Both),
        ("source history", branches()?, Edges::Causes),
        ("causes from anywhere", anywhere()?, Edges::Causes),
    ];
    for (name, memory, edges) in &histories {
        println!("\n{name}");
        measure(memory, *edges)?;
    }
    println!("\nother");
    width(&histories[0].1)?;
    drawing()
}

fn measure(memory: &MemoryGraph, edges: Edges) -> Outcome {
    let graph = Graph::new(memory, edges);
    let lists = lists(memory, edges)?;
    let mut draws = Draws(7);
    let mut node = || Node(draws.below(NODES) as u64 + 1);
    let pairs: Vec<(Node, Node)> = (0..PAIRS).map(|_| (node(), node())).collect();

    let mut related = 0;
    let relations = times(&pairs, |(a, b)| {
        let (older, newer) = (*a.min(b), *a.max(b));
        related += usize::from(graph.is_ancestor(older, newer)?);
        Ok(())
    })?;
    let bare = times(&pairs, |(a, b)| {
        black_box(reaches(&lists, *a.max(b), *a.min(b)));
        Ok(())
    })?;
    let share = related * 100 / PAIRS;
    row("relation of two, budget 50 µs", &relations, Some(&bare));
    println!("{:42}{share} % of the pairs are related", "");

    let few = &pairs[..PAIRS / 10];
    let common = times(few, |(a, b)| {
        black_box(graph.common(&[*a, *b])?);
        Ok(())
    })?;
    row("common ancestors of two", &common, None);
    let paths = times(few, |(a, b)| {
        black_box(graph.path(*a.min(b), *a.max(b))?);
        Ok(())
    })?;
    row("shortest path between two", &paths, None);
    let rest = times(few, |(a, b)| {
        black_box(graph.difference([*a], [*b]).count());
        Ok(())
    })?;
    row("difference of two pasts", &rest, None);

    let newest = graph.newest();
    let effects = times(&pairs, |(a, _)| {
        black_box(graph.successors(*a)?);
        Ok(())
    })?;
    row("direct effects of one, budget 20 µs", &effects, None);
    let effects = times(&pairs, |(a, _)| {
        black_box(graph.effects([*a]).limit(100).count());
        Ok(())
    })?;
    row("first 100 effects of one", &effects, None);

    // The whole past of the newest nodes, of which there are enough to reach most of the graph.
    let tips = || (0..1_000).map(|back| Node(newest.0 - back));
    let mut memory_at_most = 0;
    let mut walked = 0;
    let ours = seconds(5, || {
        walked = 0;
        let mut walk = graph.cut(tips());
        while let Some(node) = walk.next() {
            black_box(node?);
            walked += 1;
            if walked % 1_000 == 0 {
                memory_at_most = memory_at_most.max(walk.memory());
            }
        }
        Ok(())
    })?;
    let bare = seconds(5, || {
        black_box(past(&lists, tips()));
        Ok(())
    })?;
    let rate = |seconds: f64| walked as f64 / seconds / 1e6;
    println!(
        "{:42}{:8.1} M/s  bare {:8.1} M/s   {walked} nodes, {memory_at_most} bytes at most",
        "past of 1,000 tips, budget 2 M/s",
        rate(ours),
        rate(bare)
    );
    let chain = seconds(3, || {
        black_box(graph.longest_chain(tips())?.len());
        Ok(())
    })?;
    println!("{:42}{:8.1} ms", "longest chain", chain * 1e3);
    Ok(())
}

fn width(memory: &MemoryGraph) -> Outcome {
    let graph = Graph::new(memory, Edges::Both);
    let newest = graph.newest().0;
    let mut width = 0;
    let spent = seconds(3, || {
        let nodes = (newest - 1_999..=newest).map(Node);
        width = graph.largest_antichain(nodes)?.len();
        Ok(())
    })?;
    println!(
        "{:42}{:8.1} ms   {width}",
        "width of 2,000 nodes",
        spent * 1e3
    );
    let verified = seconds(3, || {
        black_box(batpak_graph::verify(memory).count());
        Ok(())
    })?;
    println!(
        "{:42}{:8.1} ms",
        "verification of all nodes",
        verified * 1e3
    );
    Ok(())
}

fn drawing() -> Outcome {
    let mut draws = Draws(3);
    for count in [10, 100, 1_000] {
        let mut drawing = Drawing::new();
        for at in 0..count {
            let node = drawing.node(DrawnNode {
                lines: vec![format!("#{at}"), "OrderPlaced".to_owned()],
                group: format!("stream {}", draws.below(12)),
                tooltip: "a tooltip".to_owned(),
            });
            for _ in 0..at.min(2) {
                let cause = at - 1 - draws.below(at.min(12));
                drawing.edge(cause, node, EdgeKind::Cause)?;
            }
        }
        let mut bytes = 0;
        let spent = seconds(5, || {
            bytes = drawing.svg()?.len();
            Ok(())
        })?;
        let name = format!("drawing of {count} nodes");
        println!("{name:42}{:8.1} ms   {bytes} bytes", spent * 1e3);
    }
    Ok(())
}

/// How long each piece of work takes, in seconds, sorted.
fn times<T>(pieces: &[T], mut work: impl FnMut(&T) -> Outcome) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut times = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let start = Instant::now();
        work(piece)?;
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

/// The median of some rounds, in seconds.
fn seconds(rounds: usize, mut work: impl FnMut() -> Outcome) -> Result<f64, Box<dyn Error>> {
    let times = times(&vec![(); rounds], |()| work())?;
    Ok(times[rounds / 2])
}

fn row(name: &str, ours: &[f64], bare: Option<&[f64]>) {
    let at = |times: &[f64], percent: usize| times[times.len() * percent / 100] * 1e6;
    print!(
        "{name:42}{:8.1} µs  99 %: {:8.1} µs",
        at(ours, 50),
        at(ours, 99)
    );
    match bare {
        Some(bare) => println!(
            "   bare {:8.1} µs  99 %: {:8.1} µs",
            at(bare, 50),
            at(bare, 99)
        ),
        None => println!(),
    }
}

/// The predecessors of every node, in one list after the other.
struct Lists {
    ends: Vec<usize>,
    nodes: Vec<u32>,
}

impl Lists {
    fn of(&self, node: usize) -> &[u32] {
        let start = node.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.nodes[start..self.ends[node]]
    }
}

fn lists(memory: &MemoryGraph, edges: Edges) -> Result<Lists, Box<dyn Error>> {
    let graph = Graph::new(memory, edges);
    let mut lists = Lists {
        ends: vec![0],
        nodes: Vec::new(),
    };
    for node in graph.all() {
        for cause in graph.predecessors(node)? {
            lists.nodes.push(u32::try_from(cause.0)?);
        }
        lists.ends.push(lists.nodes.len());
    }
    Ok(lists)
}

/// Whether one node is reached from another, going back depth first.
fn reaches(lists: &Lists, from: Node, to: Node) -> bool {
    let [from, to] = [from, to].map(|node| u32::try_from(node.0).unwrap_or(0));
    let mut seen = vec![0_u64; lists.ends.len() / 64 + 1];
    let mut waiting = vec![from];
    while let Some(node) = waiting.pop() {
        for cause in lists.of(node as usize) {
            if *cause == to {
                return true;
            }
            let word = &mut seen[*cause as usize / 64];
            let bit = 1 << (cause % 64);
            if *cause > to && *word & bit == 0 {
                *word |= bit;
                waiting.push(*cause);
            }
        }
    }
    false
}

/// The past of some nodes, newest first.
fn past(lists: &Lists, tips: impl Iterator<Item = Node>) -> Vec<u32> {
    let mut waiting = vec![false; lists.ends.len()];
    for tip in tips {
        if let Ok(tip) = usize::try_from(tip.0) {
            waiting[tip] = true;
        }
    }
    let mut past = Vec::new();
    for node in (1..waiting.len()).rev() {
        if waiting[node] {
            past.push(u32::try_from(node).unwrap_or(0));
            for cause in lists.of(node) {
                waiting[*cause as usize] = true;
            }
        }
    }
    past
}

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).map_or(0, |draw| draw % end)
    }
}

/// Events in 1,000 streams. Conversations of 20 events on average run side by side; an event is
/// caused by one or two of its conversation, and a conversation often by an event of another one.
fn conversations() -> Result<MemoryGraph, Box<dyn Error>> {
    let (mut memory, mut draws) = (MemoryGraph::new(), Draws(1));
    let mut streams = vec![None; 1_000];
    let mut open: Vec<Vec<Node>> = vec![Vec::new(); 50];
    for _ in 0..NODES {
        let (place, other) = (draws.below(open.len()), draws.below(open.len()));
        if draws.below(20) == 0 {
            let cause = open[other].last().copied().filter(|_| draws.below(2) == 0);
            open[place] = cause.into_iter().collect();
        }
        let known = &open[place];
        let mut causes: Vec<Node> = known.last().copied().into_iter().collect();
        if known.len() > 1 && draws.below(3) == 0 {
            causes.push(known[draws.below(known.len() - 1)]);
        }
        let stream = draws.below(streams.len());
        let node = memory.push(&causes, streams[stream])?;
        streams[stream] = Some(node);
        open[place].push(node);
    }
    Ok(memory)
}

/// A line that others branch off and merge into, as in a source repository.
fn branches() -> Result<MemoryGraph, Box<dyn Error>> {
    let (mut memory, mut draws) = (MemoryGraph::new(), Draws(2));
    let mut tips = vec![memory.push(&[], None)?];
    while memory.len() < NODES {
        let place = draws.below(tips.len());
        match draws.below(20) {
            0 if tips.len() < 12 => {
                let tip = memory.push(&[tips[0]], None)?;
                tips.push(tip);
            }
            1 if place > 0 => {
                tips[0] = memory.push(&[tips[0], tips[place]], None)?;
                tips.swap_remove(place);
            }
            _ => tips[place] = memory.push(&[tips[place]], None)?,
        }
    }
    Ok(memory)
}

fn anywhere() -> Result<MemoryGraph, Box<dyn Error>> {
    let (mut memory, mut draws) = (MemoryGraph::new(), Draws(3));
    while memory.len() < NODES {
        let newest = memory.newest().0;
        let mut causes: Vec<Node> = Vec::new();
        for _ in 0..newest.min(2) {
            causes.push(Node(draws.below(memory.len()) as u64 + 1));
        }
        memory.push(&causes, None)?;
    }
    Ok(memory)
}
