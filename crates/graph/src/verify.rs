//! Is what a source says a causal graph?

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::node_set::NodeSet;
use crate::{CausalSource, Node, generation_after};

/// Looks at every node of a source and gives what breaks the promises of [`CausalSource`].
///
/// Use it for data from elsewhere. Reads each node and the generations of its predecessors once, in
/// ascending order, and keeps a bit for each stream predecessor. When a cause is not older than its
/// effect, it then looks for cycles among such nodes and their ancestors, and keeps some 100 bytes
/// for each of those. Generations are compared with those that the source itself gives for the
/// predecessors, so one wrong generation is a finding for the node itself and perhaps for its
/// direct effects, not for all that comes after.
///
/// ```
/// use batpak_graph::{MemoryGraph, Node, verify};
///
/// let mut memory = MemoryGraph::new();
/// memory.push(&[], None)?;
/// memory.push(&[Node(1)], None)?;
/// assert_eq!(verify(&memory).count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify<S: CausalSource>(source: &S) -> Findings<'_, S> {
    Findings {
        source,
        next: 1,
        continued: NodeSet::default(),
        twisted: Vec::new(),
        ready: VecDeque::new(),
        is_done: false,
    }
}

/// What is wrong with a graph.
///
/// ```
/// use batpak_graph::{Finding, Node};
///
/// let finding = Finding::MissingCause { node: Node(4), cause: Node(9) };
/// assert_eq!(finding.to_string(), "node 4 names 9, which does not exist");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A cause or stream predecessor is the node itself, or a later one.
    NotOlder {
        /// The effect.
        node: Node,
        /// What it names.
        cause: Node,
    },
    /// A cause or stream predecessor does not exist.
    MissingCause {
        /// The effect.
        node: Node,
        /// What it names.
        cause: Node,
    },
    /// The generation is not one more than the greatest of the predecessors.
    WrongGeneration {
        /// The node.
        node: Node,
        /// Its generation.
        found: u32,
        /// What it is by the generations of those of its predecessors that exist.
        expected: u32,
    },
    /// A second node names the same stream predecessor.
    ForkedStream {
        /// The second node, or a further one.
        node: Node,
        /// What they name.
        predecessor: Node,
    },
    /// Nodes that are all ancestors of each other and of themselves, in ascending order.
    Cycle {
        /// All of them that hang together.
        nodes: Vec<Node>,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::NotOlder { node, cause } => {
                write!(formatter, "node {node} names {cause}, which is not older")
            }
            Finding::MissingCause { node, cause } => {
                write!(formatter, "node {node} names {cause}, which does not exist")
            }
            Finding::WrongGeneration {
                node,
                found,
                expected,
            } => {
                write!(
                    formatter,
                    "node {node} has generation {found} instead of {expected}"
                )
            }
            Finding::ForkedStream { node, predecessor } => {
                let second = "which is not the first to do so";
                write!(
                    formatter,
                    "node {node} continues the stream after {predecessor}, {second}"
                )
            }
            Finding::Cycle { nodes } => {
                write!(
                    formatter,
                    "{} nodes are ancestors of each other:",
                    nodes.len()
                )?;
                let shown = nodes.iter().take(10);
                shown
                    .into_iter()
                    .try_for_each(|node| write!(formatter, " {node}"))?;
                match nodes.len() > 10 {
                    true => write!(formatter, " and more"),
                    false => Ok(()),
                }
            }
        }
    }
}

/// The findings of [`verify`], in the order of their nodes; cycles come last.
///
/// A node that cannot be read is an error of the source; what follows is still looked at.
///
/// ```
/// use batpak_graph::{Findings, MemoryGraph, verify};
///
/// let memory = MemoryGraph::new();
/// let mut findings: Findings<'_, MemoryGraph> = verify(&memory);
/// assert_eq!(findings.next(), None);
/// ```
#[must_use = "a source is looked at when its findings are asked for"]
pub struct Findings<'s, S> {
    source: &'s S,
    next: u64,
    /// The nodes that have a successor in their stream.
    continued: NodeSet,
    /// The nodes that name one that is not older: every cycle has one.
    twisted: Vec<Node>,
    ready: VecDeque<Finding>,
    is_done: bool,
}

impl<S: CausalSource> Findings<'_, S> {
    fn look_at(&mut self, node: Node) -> Result<(), S::Error> {
        if !self.source.contains(node)? {
            return Ok(());
        }
        let mut predecessors = Vec::new();
        self.source.causes(node, &mut predecessors)?;
        if let Some(predecessor) = self.source.stream_predecessor(node)? {
            if !self.continued.insert(predecessor) {
                self.ready
                    .push_back(Finding::ForkedStream { node, predecessor });
            }
            if !predecessors.contains(&predecessor) {
                predecessors.push(predecessor);
            }
        }
        let mut generations = Vec::with_capacity(predecessors.len());
        let mut is_twisted = false;
        for cause in predecessors {
            if !self.source.contains(cause)? {
                self.ready.push_back(Finding::MissingCause { node, cause });
                continue;
            }
            if cause >= node {
                is_twisted = true;
                self.ready.push_back(Finding::NotOlder { node, cause });
            }
            generations.push(self.source.generation(cause)?);
        }
        if is_twisted {
            self.twisted.push(node);
        }
        let (found, expected) = (self.source.generation(node)?, generation_after(generations));
        if found != expected {
            self.ready.push_back(Finding::WrongGeneration {
                node,
                found,
                expected,
            });
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<Finding>, S::Error> {
        loop {
            if let Some(finding) = self.ready.pop_front() {
                return Ok(Some(finding));
            }
            if self.is_done {
                return Ok(None);
            }
            let node = Node(self.next);
            if node > self.source.newest() {
                self.is_done = true;
                let cycles = Cycles::default().find(self.source, &self.twisted)?;
                let cycles = cycles.into_iter().map(|nodes| Finding::Cycle { nodes });
                self.ready.extend(cycles);
                continue;
            }
            self.next += 1;
            self.look_at(node)?;
        }
    }
}

impl<S: CausalSource> Iterator for Findings<'_, S> {
    type Item = Result<Finding, S::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl<S> fmt::Debug for Findings<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Findings")
            .field("next", &self.next)
            .field("twisted", &self.twisted)
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

/// Tarjan's strongly connected components, with a list in place of the recursion.
#[derive(Default)]
struct Cycles {
    /// For each visited node its number, and the least number that it reaches.
    numbers: BTreeMap<Node, (usize, usize)>,
    /// Nodes whose component is not complete.
    open: Vec<Node>,
    is_open: NodeSet,
    /// The way to the node that is visited now, each with the predecessors that are left.
    way: Vec<(Node, Vec<Node>)>,
    found: Vec<Vec<Node>>,
}

impl Cycles {
    /// All cycles that one of the nodes is on.
    fn find<S: CausalSource>(
        mut self,
        source: &S,
        nodes: &[Node],
    ) -> Result<Vec<Vec<Node>>, S::Error> {
        for node in nodes {
            if !self.numbers.contains_key(node) {
                self.enter(source, *node)?;
            }
            while let Some((node, left)) = self.way.last_mut() {
                let node = *node;
                match left.pop() {
                    Some(next) if !self.numbers.contains_key(&next) => self.enter(source, next)?,
                    Some(next) if self.is_open.contains(next) => {
                        let number = self.numbers[&next].0;
                        self.lower(node, number);
                    }
                    Some(_) => {}
                    None => self.leave(source, node)?,
                }
            }
        }
        self.found.sort_unstable();
        Ok(self.found)
    }

    fn enter<S: CausalSource>(&mut self, source: &S, node: Node) -> Result<(), S::Error> {
        let number = self.numbers.len();
        self.numbers.insert(node, (number, number));
        self.open.push(node);
        self.is_open.insert(node);
        self.way.push((node, known_predecessors(source, node)?));
        Ok(())
    }

    fn leave<S: CausalSource>(&mut self, source: &S, node: Node) -> Result<(), S::Error> {
        self.way.pop();
        let (number, least) = self.numbers[&node];
        if let Some((before, _)) = self.way.last() {
            self.lower(*before, least);
        }
        if number != least {
            return Ok(());
        }
        let start = self.open.iter().rposition(|open| *open == node);
        let mut component = self.open.split_off(start.unwrap_or(0));
        for node in &component {
            self.is_open.remove(*node);
        }
        if component.len() > 1 || known_predecessors(source, node)?.contains(&node) {
            component.sort_unstable();
            self.found.push(component);
        }
        Ok(())
    }

    fn lower(&mut self, node: Node, least: usize) {
        if let Some((_, reached)) = self.numbers.get_mut(&node) {
            *reached = least.min(*reached);
        }
    }
}

fn known_predecessors<S: CausalSource>(source: &S, node: Node) -> Result<Vec<Node>, S::Error> {
    let mut found = Vec::new();
    source.causes(node, &mut found)?;
    found.extend(source.stream_predecessor(node)?);
    let mut known = Vec::with_capacity(found.len());
    for node in found {
        if source.contains(node)? {
            known.push(node);
        }
    }
    Ok(known)
}
