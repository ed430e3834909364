//! Walks and differences, against the model.

use std::collections::BTreeSet;

use batpak_graph::{
    CausalSource, Edges, EffectSource, Graph, GraphError, MemoryGraph, Node, Relation, UnknownNode,
};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};

use crate::model::{EDGES, Model, Order, model, named};

fn ascending(nodes: &BTreeSet<u64>) -> Vec<Node> {
    named(nodes.iter().copied())
}

fn descending(nodes: &BTreeSet<u64>) -> Vec<Node> {
    named(nodes.iter().rev().copied())
}

type Walked = Result<Vec<Node>, GraphError<UnknownNode>>;

/// Every question about one set of nodes, and one about a pair of sets.
fn check_set(graph: &Graph<&MemoryGraph>, order: &Order, of: &[u64], not: &[u64]) {
    let nodes = named(of.iter().copied());
    let starts = || nodes.iter().copied();
    let past: Walked = graph.ancestors(starts()).collect();
    assert_eq!(past.unwrap(), descending(&order.ancestors(of)));
    let past: Walked = graph.ancestors(starts()).oldest_first().collect();
    assert_eq!(past.unwrap(), ascending(&order.ancestors(of)));
    let cut: Walked = graph.cut(starts()).collect();
    assert_eq!(cut.unwrap(), descending(&order.cut(of)));
    let effects: Walked = graph.effects(starts()).collect();
    assert_eq!(effects.unwrap(), ascending(&order.effects(of)));
    let effects: Walked = graph.effects(starts()).newest_first().collect();
    assert_eq!(effects.unwrap(), descending(&order.effects(of)));
    let rest: Walked = graph
        .difference(starts(), named(not.iter().copied()))
        .collect();
    let expected = &order.cut(of) - &order.cut(not);
    assert_eq!(rest.unwrap(), descending(&expected));

    let set: BTreeSet<u64> = of.iter().copied().collect();
    assert_eq!(graph.common(&nodes).unwrap(), ascending(&order.common(of)));
    assert_eq!(
        graph.heads_of(starts()).unwrap(),
        ascending(&order.heads(&set))
    );
    assert_eq!(
        graph.roots_of(starts()).unwrap(),
        ascending(&order.roots(&set))
    );
    let all: BTreeSet<u64> = (1..order.past.len() as u64).collect();
    let heads: Walked = graph.heads().collect();
    assert_eq!(heads.unwrap(), ascending(&order.heads(&all)));
    let roots: Walked = graph.roots().collect();
    assert_eq!(roots.unwrap(), ascending(&order.roots(&all)));
}

fn check_pair(graph: &Graph<&MemoryGraph>, order: &Order, a: u64, b: u64) {
    let expected = if a == b {
        Relation::Same
    } else if order.is_ancestor(a, b) {
        Relation::Before
    } else if order.is_ancestor(b, a) {
        Relation::After
    } else {
        Relation::Concurrent
    };
    assert_eq!(graph.relation(Node(a), Node(b)), Ok(expected), "{a}, {b}");
    assert_eq!(
        graph.is_ancestor(Node(a), Node(b)),
        Ok(order.is_ancestor(a, b))
    );
}

/// Every subset of the nodes of a small graph, each beside its neighbour in the list of subsets.
fn check_all(model: &Model, edges: &[Edges]) {
    let memory = model.memory();
    let subsets = 1_u64 << model.nodes.len();
    let subset = |bits: u64| -> Vec<u64> {
        let members = model.all().filter(|node| bits >> (node - 1) & 1 == 1);
        members.collect()
    };
    for edges in edges {
        let (graph, order) = (Graph::new(&memory, *edges), model.with(*edges));
        for bits in 0..subsets {
            let not = subset((bits * 7 + 3) % subsets);
            check_set(&graph, &order, &subset(bits), &not);
        }
        for a in model.all() {
            model.all().for_each(|b| check_pair(&graph, &order, a, b));
        }
    }
}

#[test]
fn every_graph_of_five_nodes_answers_as_the_model() {
    for bits in 0..1 << 10 {
        check_all(&Model::of_bits(5, bits), &[Edges::Causes]);
    }
}

#[test]
fn every_graph_of_four_nodes_and_their_streams_answers_as_the_model() {
    for bits in 0..1 << 6 {
        for model in Model::of_bits(4, bits).streamed() {
            check_all(&model, &[Edges::Both]);
        }
    }
}

#[test]
fn every_arrangement_of_five_nodes_in_streams_answers_as_the_model() {
    let streamed = Model::of_bits(5, 0).streamed();
    assert_eq!(streamed.len(), 52);
    for model in streamed {
        check_all(&model, &[Edges::Streams]);
    }
}

proptest! {
    #[test]
    fn random_graphs_answer_as_the_model(
        model in model(60),
        of in prop::collection::vec(any::<Index>(), 0..6),
        not in prop::collection::vec(any::<Index>(), 0..4),
        depth in 0..6_u32,
        limit in 0..9_usize,
    ) {
        let memory = model.memory();
        let choose = |chosen: &[Index]| -> Vec<u64> {
            chosen.iter().map(|at| at.index(model.nodes.len()) as u64 + 1).collect()
        };
        let (of, not) = (choose(&of), choose(&not));
        for edges in EDGES {
            let (graph, order) = (Graph::new(&memory, edges), model.with(edges));
            check_set(&graph, &order, &of, &not);
            for (a, b) in of.iter().zip(&not) {
                check_pair(&graph, &order, *a, *b);
            }
            check_bounds(&graph, &order, &of, depth, limit);
        }
    }

    #[test]
    fn a_predicate_takes_nodes_out_of_the_graph(
        model in model(40),
        start in any::<Index>(),
        refused in (1..40_usize).prop_flat_map(|len| {
            subsequence((1..=40_u64).collect::<Vec<_>>(), len)
        }),
    ) {
        let memory = model.memory();
        let start = start.index(model.nodes.len()) as u64 + 1;
        let mut less = model;
        for (number, node) in (1..).zip(&mut less.nodes) {
            if number != start && refused.contains(&number) {
                *node = (Vec::new(), None);
            }
        }
        for edges in EDGES {
            let graph = Graph::new(&memory, edges);
            let mut expected = less.with(edges).ancestors(&[start]);
            expected.retain(|node| !refused.contains(node));
            let mut asked = BTreeSet::new();
            let walk = graph.ancestors([Node(start)]).follow(|node| {
                assert!(asked.insert(node), "asked twice about {node}");
                !refused.contains(&node.0)
            });
            let found: Walked = walk.collect();
            prop_assert_eq!(found.unwrap(), descending(&expected));
        }
    }
}

fn check_bounds(graph: &Graph<&MemoryGraph>, order: &Order, of: &[u64], depth: u32, limit: usize) {
    let near = order.within(of, depth);
    let starts = || named(of.iter().copied());
    let found: Walked = graph.ancestors(starts()).depth(depth).collect();
    assert_eq!(found.unwrap(), descending(&near));
    let count = limit as u64;
    let found: Walked = graph
        .ancestors(starts())
        .depth(depth)
        .limit(count)
        .collect();
    assert_eq!(
        found.unwrap(),
        descending(&near)[..limit.min(near.len())].to_vec()
    );
    let walk = graph.ancestors(starts()).depth(depth).limit(count);
    let found: Walked = walk.oldest_first().collect();
    assert_eq!(
        found.unwrap(),
        ascending(&near)[..limit.min(near.len())].to_vec()
    );
    let all = 1..order.past.len() as u64;
    let after: BTreeSet<u64> = all
        .filter(|node| {
            of.iter()
                .any(|of| order.within(&[*node], depth).contains(of))
        })
        .collect();
    let found: Walked = graph.effects(starts()).depth(depth).collect();
    assert_eq!(found.unwrap(), ascending(&after));
}

#[test]
fn a_million_nodes_in_a_row_are_walked_in_little_memory() {
    let mut memory = MemoryGraph::new();
    memory.push(&[], None).unwrap();
    for node in 1..1_000_000 {
        memory.push(&[Node(node)], Some(Node(node))).unwrap();
    }
    let graph = Graph::new(&memory, Edges::Both);
    let mut walk = graph.ancestors([graph.newest()]);
    let mut count = 0;
    while let Some(node) = walk.next() {
        node.unwrap();
        count += 1;
        assert!(walk.memory() < 4_096);
    }
    assert_eq!(count, 999_999);
    assert_eq!(
        graph.relation(Node(1), graph.newest()),
        Ok(Relation::Before)
    );
    assert_eq!(graph.common(&[Node(7), graph.newest()]), Ok(vec![Node(7)]));
    assert_eq!(graph.effects([Node(1)]).count(), 999_999);
}

/// Refuses one node, and names one cause that is not older.
struct Broken {
    memory: MemoryGraph,
    unreadable: Node,
    twisted: Node,
}

impl CausalSource for Broken {
    type Error = UnknownNode;

    fn newest(&self) -> Node {
        self.memory.newest()
    }

    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), UnknownNode> {
        if node == self.unreadable {
            return Err(UnknownNode(node));
        }
        self.memory.causes(node, found)?;
        if node == self.twisted {
            found.push(self.newest());
        }
        Ok(())
    }

    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, UnknownNode> {
        self.memory.stream_predecessor(node)
    }

    fn generation(&self, node: Node) -> Result<u32, UnknownNode> {
        self.memory.generation(node)
    }
}

impl EffectSource for Broken {
    fn effects(&self, node: Node, found: &mut Vec<Node>) -> Result<(), UnknownNode> {
        match node == self.unreadable {
            true => Err(UnknownNode(node)),
            false => self.memory.effects(node, found),
        }
    }

    fn stream_successor(&self, node: Node) -> Result<Option<Node>, UnknownNode> {
        self.memory.stream_successor(node)
    }
}

/// Two chains from a root to a merge: 1, 2, 4, 6 and 1, 3, 5, 6.
fn broken() -> Broken {
    let chains = [&[][..], &[1], &[1], &[2], &[3], &[4, 5]];
    let mut memory = MemoryGraph::new();
    for causes in chains {
        let causes = named(causes.iter().copied());
        memory.push(&causes, None).unwrap();
    }
    Broken {
        memory,
        unreadable: Node(4),
        twisted: Node(3),
    }
}

#[test]
fn errors_of_the_source_are_passed_through_and_hide_nothing_else() {
    let graph = Graph::new(broken(), Edges::Causes);
    let unreadable = GraphError::Source(UnknownNode(Node(4)));
    let twisted = GraphError::NotOlder {
        node: Node(3),
        cause: Node(6),
    };
    let found: Vec<_> = graph.ancestors([Node(6)]).collect();
    let expected = [
        Ok(Node(5)),
        Ok(Node(4)),
        Err(unreadable),
        Ok(Node(3)),
        Err(twisted),
        Ok(Node(1)),
    ];
    assert_eq!(found, expected);
    let found: Vec<_> = graph.ancestors([Node(6)]).oldest_first().collect();
    let expected = [
        Err(unreadable),
        Err(twisted),
        Ok(Node(1)),
        Ok(Node(3)),
        Ok(Node(4)),
        Ok(Node(5)),
    ];
    assert_eq!(found, expected);
    let found: Vec<_> = graph.difference([Node(6)], [Node(4)]).collect();
    assert_eq!(found[..2], [Ok(Node(6)), Ok(Node(5))]);
    assert!(found.contains(&Err(unreadable)));
    let found: Vec<_> = graph.effects([Node(1)]).collect();
    assert_eq!(found.iter().filter(|node| node.is_ok()).count(), 5);
    assert!(found.contains(&Err(unreadable)));

    assert_eq!(graph.is_ancestor(Node(2), Node(6)), Err(unreadable));
    assert_eq!(graph.common(&[Node(5), Node(2)]), Err(twisted));
    assert_eq!(graph.heads_of([Node(1), Node(6)]), Err(unreadable));
    assert_eq!(graph.roots_of([Node(1), Node(6)]), Err(unreadable));
}

#[test]
fn nodes_that_do_not_exist_are_refused() {
    let graph = Graph::new(broken().memory, Edges::Causes);
    for node in [Node(0), Node(7), Node(u64::MAX)] {
        let unknown = GraphError::UnknownNode(node);
        assert_eq!(graph.ancestors([node]).next(), Some(Err(unknown)));
        assert_eq!(graph.cut([node]).next(), Some(Err(unknown)));
        assert_eq!(graph.effects([node]).next(), Some(Err(unknown)));
        assert_eq!(graph.difference([node], []).next(), Some(Err(unknown)));
        assert_eq!(graph.difference([], [node]).next(), Some(Err(unknown)));
        assert_eq!(graph.relation(Node(1), node), Err(unknown));
        assert_eq!(graph.relation(node, Node(1)), Err(unknown));
        assert_eq!(graph.common(&[Node(1), node]), Err(unknown));
        assert_eq!(graph.heads_of([node]), Err(unknown));
        assert_eq!(graph.roots_of([node]), Err(unknown));
        assert_eq!(graph.predecessors(node), Err(unknown));
        assert_eq!(graph.successors(node), Err(unknown));
    }
}
