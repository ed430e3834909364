//! Paths, chains, widths, findings and orders, against the model.

use std::collections::{BTreeMap, BTreeSet};

use batpak_graph::{
    CausalSource, Edges, Finding, Graph, GraphError, MemoryGraph, Node, OrderError, UnknownNode,
    WIDTH_LIMIT, generation_after, topological_order, verify,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::model::{EDGES, Model, Order, at, model, named};

fn check_paths(graph: &Graph<&MemoryGraph>, order: &Order, cause: u64, effect: u64) {
    let expected = order.paths(cause, effect);
    let paths = graph.paths(Node(cause), Node(effect)).unwrap();
    let found: Vec<Vec<u64>> = paths
        .map(|path| path.unwrap().iter().map(|node| node.0).collect())
        .collect();
    assert_eq!(found.len(), expected.len(), "a path is given twice, or not");
    assert_eq!(BTreeSet::from_iter(found), expected);
    let shortest = graph.path(Node(cause), Node(effect)).unwrap();
    let length = expected.iter().map(Vec::len).min();
    assert_eq!(shortest.as_ref().map(Vec::len), length);
    if let Some(shortest) = shortest {
        let shortest: Vec<u64> = shortest.iter().map(|node| node.0).collect();
        assert!(expected.contains(&shortest), "{shortest:?}");
    }
}

fn check_chain(graph: &Graph<&MemoryGraph>, order: &Order, ends: &[u64]) {
    let chain = graph.longest_chain(named(ends.iter().copied())).unwrap();
    let chains = order.chains();
    let longest = ends.iter().map(|end| chains[at(*end)]).max();
    assert_eq!(chain.len(), longest.unwrap_or(0));
    assert!(chain.last().is_none_or(|last| ends.contains(&last.0)));
    for pair in chain.windows(2) {
        let (cause, effect) = (pair[0].0, at(pair[1].0));
        assert!(order.before[effect].contains(&cause), "{chain:?}");
    }
}

fn check_width(graph: &Graph<&MemoryGraph>, order: &Order, nodes: &[u64]) {
    let antichain = graph
        .largest_antichain(named(nodes.iter().copied()))
        .unwrap();
    assert_eq!(antichain.len(), order.width(nodes));
    for (a, b) in antichain
        .iter()
        .flat_map(|a| antichain.iter().map(move |b| (a, b)))
    {
        assert!(nodes.contains(&a.0) && !order.is_ancestor(a.0, b.0));
    }
}

fn check_all(model: &Model, edges: Edges) {
    let memory = model.memory();
    assert_eq!(verify(&memory).count(), 0);
    let (graph, order) = (Graph::new(&memory, edges), model.with(edges));
    for a in model.all() {
        model.all().for_each(|b| check_paths(&graph, &order, a, b));
    }
    for bits in 0..1_u64 << model.nodes.len() {
        let members = model.all().filter(|node| bits >> (node - 1) & 1 == 1);
        let nodes: Vec<u64> = members.collect();
        check_chain(&graph, &order, &nodes);
        check_width(&graph, &order, &nodes);
    }
}

#[test]
fn every_graph_of_five_nodes_answers_as_the_model() {
    for bits in 0..1 << 10 {
        check_all(&Model::of_bits(5, bits), Edges::Causes);
    }
}

#[test]
fn every_graph_of_four_nodes_and_their_streams_answers_as_the_model() {
    for bits in 0..1 << 6 {
        for model in Model::of_bits(4, bits).streamed() {
            check_all(&model, Edges::Both);
        }
    }
}

proptest! {
    #[test]
    fn random_graphs_answer_as_the_model(
        model in model(14),
        ends in prop::collection::vec(any::<Index>(), 0..10),
    ) {
        let memory = model.memory();
        prop_assert_eq!(verify(&memory).count(), 0);
        let ends: BTreeSet<u64> = ends
            .iter()
            .map(|end| end.index(model.nodes.len()) as u64 + 1)
            .collect();
        let ends = Vec::from_iter(ends);
        for edges in EDGES {
            let (graph, order) = (Graph::new(&memory, edges), model.with(edges));
            check_chain(&graph, &order, &ends);
            check_width(&graph, &order, &ends);
            for effect in &ends {
                model.all().for_each(|cause| check_paths(&graph, &order, cause, *effect));
            }
        }
    }

    #[test]
    fn names_are_ordered_by_their_causes_and_then_by_themselves(
        model in model(30),
        names in Just((1..=30_u64).collect::<Vec<_>>()).prop_shuffle(),
        order in Just((0..30_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let name = |node: u64| names[at(node) - 1];
        let causes = |(causes, _): &(Vec<u64>, _)| causes.iter().map(|node| name(*node)).collect();
        let given: Vec<(u64, Vec<u64>)> = (1..)
            .zip(&model.nodes)
            .map(|(number, node)| (name(number), causes(node)))
            .collect();
        let shuffled = order.iter().filter_map(|at| given.get(*at).cloned());
        let found = topological_order(shuffled).unwrap();
        // At each place the smallest name whose causes are all there.
        let mut left: BTreeMap<u64, Vec<u64>> = given.into_iter().collect();
        for name in found {
            let is_free = |causes: &Vec<u64>| causes.iter().all(|cause| !left.contains_key(cause));
            let smallest = left.iter().find(|(_, causes)| is_free(causes));
            prop_assert_eq!(smallest.map(|(name, _)| *name), Some(name));
            left.remove(&name);
        }
        prop_assert!(left.is_empty());
    }

    #[test]
    fn what_is_wrong_is_found_and_nothing_else(
        nodes in prop::collection::vec(
            (prop::collection::btree_set(1..14_u64, 0..3), prop::option::of(1..14_u64), 0..9_u32),
            1..12,
        ),
    ) {
        let source = Claims(nodes);
        let mut found: Vec<Finding> = verify(&source).map(Result::unwrap).collect();
        found.sort_by_key(|finding| format!("{finding:?}"));
        let mut expected = source.findings();
        expected.sort_by_key(|finding| format!("{finding:?}"));
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_question_about_wrong_data_goes_on_for_ever(
        nodes in prop::collection::vec(
            (prop::collection::btree_set(1..14_u64, 0..3), prop::option::of(1..14_u64), 0..9_u32),
            1..12,
        ),
        edges in prop::sample::select(&EDGES[..]),
    ) {
        let newest = Node(nodes.len() as u64);
        let graph = Graph::new(Claims(nodes), edges);
        prop_assert!(graph.cut(graph.all()).count() <= 40);
        prop_assert!(graph.difference(graph.all(), [Node(1)]).count() <= 40);
        for node in graph.all() {
            let _ = graph.relation(node, newest);
            let _ = graph.common(&[node, newest]);
            let _ = graph.path(node, newest);
            if let Ok(paths) = graph.paths(node, newest) {
                prop_assert!(paths.count() < 100_000);
            }
        }
        let _ = graph.heads_of(graph.all());
        let _ = graph.roots_of(graph.all());
        let _ = graph.longest_chain(graph.all());
        let _ = graph.largest_antichain(graph.all());
    }
}

/// Causes, stream predecessor and generation of each node, as somebody claims them.
struct Claims(Vec<(BTreeSet<u64>, Option<u64>, u32)>);

impl Claims {
    fn claim(&self, node: Node) -> Result<&(BTreeSet<u64>, Option<u64>, u32), UnknownNode> {
        let place = (at(node.0)).checked_sub(1);
        let claim = place.and_then(|place| self.0.get(place));
        claim.ok_or(UnknownNode(node))
    }

    /// What is wrong, by trying everything.
    fn findings(&self) -> Vec<Finding> {
        let len = self.0.len() as u64;
        let near = |node: u64| {
            let (causes, predecessor, _) = &self.0[at(node) - 1];
            let mut near = causes.clone();
            near.extend(predecessor);
            near
        };
        let mut findings = Vec::new();
        let mut continued = BTreeSet::new();
        for node in 1..=len {
            let (_, predecessor, found) = self.0[at(node) - 1];
            if let Some(predecessor) = predecessor.filter(|one| !continued.insert(*one)) {
                let (node, predecessor) = (Node(node), Node(predecessor));
                findings.push(Finding::ForkedStream { node, predecessor });
            }
            let (exist, missing): (Vec<u64>, Vec<u64>) =
                near(node).iter().partition(|cause| **cause <= len);
            let node = Node(node);
            let wrong = missing.into_iter().map(Node);
            findings.extend(wrong.map(|cause| Finding::MissingCause { node, cause }));
            let later = exist
                .iter()
                .copied()
                .map(Node)
                .filter(|cause| *cause >= node);
            findings.extend(later.map(|cause| Finding::NotOlder { node, cause }));
            let generations = exist.iter().map(|cause| self.0[at(*cause) - 1].2);
            let expected = generation_after(generations);
            if found != expected {
                findings.push(Finding::WrongGeneration {
                    node,
                    found,
                    expected,
                });
            }
        }
        let reached = |from: u64| {
            let mut reached: BTreeSet<u64> = BTreeSet::new();
            let mut waiting = vec![from];
            while let Some(node) = waiting.pop() {
                let new = near(node).into_iter().filter(|next| *next <= len);
                waiting.extend(new.filter(|next| reached.insert(*next)));
            }
            reached
        };
        let all: Vec<BTreeSet<u64>> = (1..=len).map(reached).collect();
        let reaches = |a: u64, b: u64| all[at(a) - 1].contains(&b);
        let mut cycles = BTreeSet::new();
        for node in 1..=len {
            let others = (1..=len).filter(|other| reaches(node, *other) && reaches(*other, node));
            cycles.insert(named(others));
        }
        cycles.remove(&Vec::new());
        findings.extend(cycles.into_iter().map(|nodes| Finding::Cycle { nodes }));
        findings
    }
}

impl CausalSource for Claims {
    type Error = UnknownNode;

    fn newest(&self) -> Node {
        Node(self.0.len() as u64)
    }

    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), UnknownNode> {
        found.extend(self.claim(node)?.0.iter().copied().map(Node));
        Ok(())
    }

    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, UnknownNode> {
        Ok(self.claim(node)?.1.map(Node))
    }

    fn generation(&self, node: Node) -> Result<u32, UnknownNode> {
        Ok(self.claim(node)?.2)
    }
}

#[test]
fn a_width_is_found_up_to_the_limit_and_refused_above() {
    // Chains side by side, of 1, 2, 3 and so on nodes, that share one root.
    let mut memory = MemoryGraph::new();
    let root = memory.push(&[], None).unwrap();
    let mut chains = 0;
    while memory.len() < WIDTH_LIMIT - chains - 1 {
        chains += 1;
        let mut last = root;
        for _ in 0..chains {
            last = memory.push(&[last], None).unwrap();
        }
    }
    while memory.len() < WIDTH_LIMIT {
        memory.push(&[root], None).unwrap();
        chains += 1;
    }
    let graph = Graph::new(&memory, Edges::Causes);
    assert_eq!(graph.largest_antichain(graph.all()).unwrap().len(), chains);
    memory.push(&[], None).unwrap();
    let graph = Graph::new(&memory, Edges::Causes);
    let refused = GraphError::TooManyNodes {
        count: 2_001,
        limit: 2_000,
    };
    assert_eq!(graph.largest_antichain(graph.all()), Err(refused));
}

#[test]
fn a_million_nodes_are_ordinary() {
    let mut memory = MemoryGraph::new();
    memory.push(&[], None).unwrap();
    for node in 1..1_000_000_u64 {
        let near = [Node(node), Node(node.saturating_sub(1).max(1))];
        memory.push(&near, None).unwrap();
    }
    let graph = Graph::new(&memory, Edges::Causes);
    let chain = graph.longest_chain([graph.newest()]).unwrap();
    assert_eq!(chain.len(), 1_000_000);
    let path = graph.path(Node(1), graph.newest()).unwrap().unwrap();
    assert_eq!(path.len(), 500_001);
    let paths = graph.paths(Node(1), graph.newest()).unwrap().take(2);
    let lengths: Vec<usize> = paths.map(|path| path.unwrap().len()).collect();
    assert_eq!(lengths, [1_000_000, 999_999]);
    assert_eq!(verify(&memory).count(), 0);
    assert_eq!(graph.roots_of(graph.all()), Ok(vec![Node(1)]));
    assert_eq!(graph.heads_of(graph.all()), Ok(vec![graph.newest()]));
}

#[test]
fn generations_that_are_wrong_do_not_change_a_longest_chain() {
    let claim = |causes: &[u64], generation| (causes.iter().copied().collect(), None, generation);
    let nodes = vec![
        claim(&[], 1),
        claim(&[1], 2),
        claim(&[2], 9),
        claim(&[1], 10),
    ];
    let graph = Graph::new(Claims(nodes), Edges::Both);
    let chain = graph.longest_chain(graph.all()).unwrap();
    assert_eq!(chain, [Node(1), Node(2), Node(3)]);
}

#[test]
fn saturated_generations_prune_nothing() {
    let claim = |causes: &[u64]| (causes.iter().copied().collect(), None, u32::MAX);
    let nodes = vec![claim(&[]), claim(&[1]), claim(&[]), claim(&[2, 3])];
    let graph = Graph::new(Claims(nodes), Edges::Both);
    assert_eq!(graph.is_ancestor(Node(1), Node(4)), Ok(true));
    assert_eq!(graph.is_ancestor(Node(1), Node(3)), Ok(false));
    assert_eq!(graph.path(Node(1), Node(4)).unwrap().unwrap().len(), 3);
    assert_eq!(graph.heads_of([Node(1), Node(4)]), Ok(vec![Node(4)]));
    assert_eq!(graph.roots_of([Node(1), Node(4)]), Ok(vec![Node(1)]));
    let chain = graph.longest_chain([Node(4)]).unwrap();
    assert_eq!(chain, [Node(1), Node(2), Node(4)]);
    assert_eq!(graph.largest_antichain(graph.all()).unwrap().len(), 2);
}

#[test]
fn names_without_an_order_are_told() {
    let order = |nodes: &[(u8, &[u8])]| {
        let nodes = nodes.iter().map(|(name, causes)| (*name, causes.to_vec()));
        topological_order(nodes)
    };
    assert_eq!(order(&[]), Ok(vec![]));
    assert_eq!(order(&[(3, &[3])]), Err(OrderError::Cycle(vec![3])));
    assert_eq!(order(&[(3, &[]), (3, &[])]), Err(OrderError::Twice(3)));
    let missing = OrderError::Missing { node: 3, cause: 4 };
    assert_eq!(order(&[(3, &[4])]), Err(missing));
    // 7 waits for a cycle of which it is no part; each of 2, 5 and 4 causes the next.
    let circle: &[(u8, &[u8])] = &[(1, &[]), (7, &[4, 1]), (4, &[5]), (5, &[2]), (2, &[4])];
    assert_eq!(order(circle), Err(OrderError::Cycle(vec![2, 5, 4])));
    assert_eq!(order(&[(3, &[1, 1]), (1, &[])]), Ok(vec![1, 3]));
}
