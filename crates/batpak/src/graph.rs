//! The causal graph of a store: why did this happen, what did it cause, what ran side by side?
//!
//! [`Store::graph`] is a snapshot of the events that are visible, with the questions as methods of
//! [`Graph`]. Its nodes are the sequences of the events. Nothing is read to make it; each question costs
//! what it visits.
//!
//! ```
//! use batpak::graph::{Node, Relation};
//! use batpak::prelude::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let store = Store::open(StoreConfig::new(directory.path()))?;
//! let append = |entity: &str, causes: &[EventId]| {
//!     let coordinate = Coordinate::new(entity, "shop")?;
//!     let options = causes.iter().fold(AppendOptions::default(), |options, cause| options.with_cause(*cause));
//!     let receipt = store.append_with_options(&coordinate, EventKind::DATA, &entity, options)?;
//!     Ok::<_, Box<dyn std::error::Error>>(receipt.event_id)
//! };
//! let placed = append("order:1", &[])?;
//! let paid = append("payment:1", &[placed])?;
//! let packed = append("parcel:1", &[placed])?;
//! let shipped = append("parcel:1", &[paid, packed])?;
//!
//! let graph = store.graph();
//! let [placed, paid, packed, shipped] = [
//!     graph.source().node(placed)?,
//!     graph.source().node(paid)?,
//!     graph.source().node(packed)?,
//!     graph.source().node(shipped)?,
//! ];
//! assert_eq!(graph.relation(paid, packed)?, Relation::Concurrent);
//! assert_eq!(graph.common(&[paid, packed])?, [placed]);
//! let why: Vec<Node> = graph.ancestors([shipped]).collect::<Result<_, _>>()?;
//! assert_eq!(why, [packed, paid, placed]);
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::EventId;
use batpak_journal::{CausalView, ReadError, View};

pub use batpak_graph::{
    CausalSource, Difference, Edges, EffectSource, Finding, Findings, Graph, GraphError, Node,
    OrderError, Paths, Relation, WIDTH_LIMIT, Walk, draw, topological_order, verify,
};

use crate::error::StoreError;
use crate::origin::Origin;
use crate::read::{not_found, read_error};
use crate::store::Store;

/// The events of a store as the nodes of a graph: a snapshot of those that were visible. A hidden event
/// has its place in it, for what it caused rests on it; only reads do not show it.
#[derive(Clone, Debug)]
pub struct StoreGraph {
    view: View,
    causal: CausalView,
    origin: Arc<Origin>,
}

impl<State> Store<State> {
    /// The causal graph of the events that are visible now: an edge leads from each cause to its effect.
    #[must_use]
    pub fn graph(&self) -> Graph<StoreGraph> {
        self.graph_of(Edges::Causes)
    }

    /// The same with other edges: of streams, from each event to the next one of its entity, or both,
    /// which is what must have happened one after the other.
    #[must_use]
    pub fn graph_of(&self, edges: Edges) -> Graph<StoreGraph> {
        let source = StoreGraph {
            view: self.core.view.clone(),
            causal: self.core.view.causal(),
            origin: Arc::clone(&self.core.origin),
        };
        Graph::new(source, edges)
    }
}

impl StoreGraph {
    /// The node of the event with this id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] with the id when no visible event has it; otherwise as for reading an event.
    pub fn node(&self, id: EventId) -> Result<Node, StoreError> {
        let found = self.view.find(id).map_err(|error| self.error(error))?;
        let sequence = found.filter(|sequence| *sequence <= self.causal.newest());
        match sequence {
            Some(sequence) => Ok(Node(sequence.get())),
            None => Err(StoreError::NotFound(id.as_u128())),
        }
    }

    fn error(&self, error: ReadError) -> StoreError {
        read_error(error, &self.origin)
    }

    fn of_node(&self, node: Node, error: ReadError) -> StoreError {
        match error {
            ReadError::NotFound => not_found(Sequence(node.0)),
            error => self.error(error),
        }
    }
}

impl CausalSource for StoreGraph {
    type Error = StoreError;

    fn newest(&self) -> Node {
        Node(self.causal.newest().get())
    }

    fn contains(&self, node: Node) -> Result<bool, StoreError> {
        let contains = self.causal.contains(Sequence(node.0));
        contains.map_err(|error| self.error(error))
    }

    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), StoreError> {
        let mut causes = Vec::new();
        let asked = self.causal.causes(Sequence(node.0), &mut causes);
        asked.map_err(|error| self.of_node(node, error))?;
        found.extend(causes.into_iter().map(|cause| Node(cause.get())));
        Ok(())
    }

    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, StoreError> {
        let predecessor = self.causal.predecessor(Sequence(node.0));
        let predecessor = predecessor.map_err(|error| self.of_node(node, error))?;
        Ok(predecessor.map(|sequence| Node(sequence.get())))
    }

    fn generation(&self, node: Node) -> Result<u32, StoreError> {
        let generation = self.causal.generation(Sequence(node.0));
        let generation = generation.map_err(|error| self.of_node(node, error))?;
        Ok(generation.get())
    }
}

impl EffectSource for StoreGraph {
    fn effects(&self, node: Node, found: &mut Vec<Node>) -> Result<(), StoreError> {
        let mut effects = Vec::new();
        let asked = self.causal.effects(Sequence(node.0), &mut effects);
        asked.map_err(|error| self.of_node(node, error))?;
        found.extend(effects.into_iter().map(|effect| Node(effect.get())));
        Ok(())
    }

    fn stream_successor(&self, node: Node) -> Result<Option<Node>, StoreError> {
        let successor = self.causal.successor(Sequence(node.0));
        let successor = successor.map_err(|error| self.of_node(node, error))?;
        Ok(successor.map(|sequence| Node(sequence.get())))
    }
}
