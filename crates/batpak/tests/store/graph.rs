//! The causal graph of a store against one in memory.

use batpak::graph::{CausalSource, Edges, EffectSource, Graph, GraphError, Node, Relation};
use batpak_graph::MemoryGraph;

use super::*;

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Appends events with random causes and streams, some keyed, to a store and to a graph in memory.
fn fill(store: &Store, draws: &mut Draws, ids: &mut Vec<EventId>, model: &mut MemoryGraph) {
    for _ in 0..120 {
        let number = ids.len() as u64;
        let entity = draws.below(7);
        let mut options = AppendOptions::default();
        if draws.below(3) == 0 {
            let key = IdempotencyKey::for_operation("graph", &[&number.to_string()]);
            options = options.with_idempotency(key);
        }
        let mut causes = Vec::new();
        for _ in 0..draws.below(4) {
            if number > 0 {
                let back = draws.below(number.min(60));
                let cause = number - 1 - back;
                options = options.with_cause(ids[usize::try_from(cause).unwrap()]);
                causes.push(Node(cause + 1));
            }
        }
        causes.sort_unstable();
        causes.dedup();
        if draws.below(10) == 0 {
            options = options.with_foreign_cause(EventId::new(0xdead));
        }
        let coordinate = Coordinate::new(format!("stream:{entity}"), "test").unwrap();
        let receipt = store
            .append_with_options(&coordinate, EventKind::DATA, &number, options)
            .unwrap();
        ids.push(receipt.event_id);
        let newest = store.by_entity(&format!("stream:{entity}"));
        let before = newest.iter().rev().nth(1).map(IndexEntry::global_sequence);
        model.push(&causes, before.map(Node)).unwrap();
    }
}

fn compare<S: EffectSource<Error = StoreError>>(graph: &Graph<S>, model: &MemoryGraph) {
    let source = graph.source();
    assert_eq!(source.newest(), model.newest());
    for node in (1..=model.newest().0).map(Node) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        source.causes(node, &mut ours).unwrap();
        model.causes(node, &mut theirs).unwrap();
        assert_eq!(ours, theirs, "causes of {node}");
        assert_eq!(
            source.generation(node).unwrap(),
            model.generation(node).unwrap()
        );
        let (before, expected) = (
            source.stream_predecessor(node),
            model.stream_predecessor(node),
        );
        assert_eq!(before.unwrap(), expected.unwrap(), "{node}");
        let (after, expected) = (source.stream_successor(node), model.stream_successor(node));
        assert_eq!(after.unwrap(), expected.unwrap(), "{node}");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        source.effects(node, &mut ours).unwrap();
        model.effects(node, &mut theirs).unwrap();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "effects of {node}");
    }
}

#[test]
fn the_graph_of_a_store_is_that_of_its_events() {
    for segment_max in [1 << 20, 8 << 10] {
        let dir = tempfile::tempdir().unwrap();
        let config = || StoreConfig::new(dir.path()).with_segment_max_bytes(segment_max);
        let (mut draws, mut ids, mut model) = (Draws(7), Vec::new(), MemoryGraph::new());
        for _ in 0..4 {
            let store = Store::open(config()).unwrap();
            let snapshot = store.graph();
            let before = model.newest();
            fill(&store, &mut draws, &mut ids, &mut model);
            compare(&store.graph(), &model);
            assert_eq!(snapshot.newest(), before, "a snapshot does not grow");
            store.close().unwrap();
            compare(&open_read_only(&dir).graph(), &model);
        }
        let store = open_read_only(&dir);
        assert_eq!(batpak::graph::verify(store.graph().source()).count(), 0);
        for edges in [Edges::Causes, Edges::Streams, Edges::Both] {
            let (ours, theirs) = (store.graph_of(edges), Graph::new(&model, edges));
            for _ in 0..200 {
                let pick = |draws: &mut Draws| Node(1 + draws.below(model.newest().0));
                let (a, b) = (pick(&mut draws), pick(&mut draws));
                assert_eq!(ours.relation(a, b).unwrap(), theirs.relation(a, b).unwrap());
                assert_eq!(
                    ours.common(&[a, b]).unwrap(),
                    theirs.common(&[a, b]).unwrap()
                );
                let ancestors = ours.ancestors([a]).map(Result::unwrap);
                let expected = theirs.ancestors([a]).map(Result::unwrap);
                assert!(ancestors.eq(expected));
            }
        }
        for (id, sequence) in ids.iter().zip(1..) {
            assert_eq!(store.graph().source().node(*id).unwrap(), Node(sequence));
        }
    }
}

#[test]
fn unknown_events_are_told_by_their_id_or_sequence() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig::new(dir.path())).unwrap();
    assert_eq!(store.graph().newest(), Node(0));
    append_padded(&store, 0, 1).unwrap();
    let graph = store.graph();
    let unknown = graph.source().node(EventId::new(77)).unwrap_err();
    assert!(matches!(unknown, StoreError::NotFound(77)));
    let found = graph.relation(Node(1), Node(2));
    assert!(matches!(found, Err(GraphError::UnknownNode(Node(2)))));
    assert_eq!(graph.relation(Node(1), Node(1)).unwrap(), Relation::Same);
    let mut causes = Vec::new();
    let error = graph.source().causes(Node(9), &mut causes).unwrap_err();
    assert!(matches!(error, StoreError::NotFound(9)));
}
