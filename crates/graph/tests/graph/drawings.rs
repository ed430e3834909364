//! Drawings: what is asserted is read back from the SVG that was written.

use std::collections::{BTreeMap, BTreeSet};

use batpak_graph::draw::{DRAW_LIMIT, DrawError, Drawing, DrawnNode, EdgeKind};
use proptest::prelude::*;

use crate::svg::{Area, Element, Path, area, parse, path};

/// A graph that is drawn: for each node its causes, and its stream.
type Shape = Vec<(Vec<usize>, usize)>;

/// Events of ten streams with causes among the last few, as an event store has them.
fn events(len: usize) -> Shape {
    let mut draws = Draws(1);
    let mut node = |at: usize| {
        let count = draws.below(4).min(2);
        let causes = (0..count).map(|_| at.saturating_sub(1 + draws.below(12)));
        (causes.collect(), draws.below(10))
    };
    (0..len).map(&mut node).collect()
}

/// Causes from anywhere.
fn tangle(len: usize) -> Shape {
    let mut draws = Draws(2);
    let mut node = |at: usize| {
        let causes = (0..2).map(|_| draws.below(at.max(1)));
        (causes.collect(), draws.below(30))
    };
    (0..len).map(&mut node).collect()
}

/// Small conversations that have nothing to do with each other.
fn conversations(len: usize) -> Shape {
    let node = |at: usize| {
        let first = at - at % 5;
        let causes = if at == first {
            vec![]
        } else {
            vec![at - 1, first]
        };
        (causes, at / 5)
    };
    (0..len).map(node).collect()
}

fn chain(len: usize) -> Shape {
    (0..len).map(|at| (vec![at.saturating_sub(1)], 0)).collect()
}

fn star(len: usize) -> Shape {
    (0..len).map(|at| (vec![0], at)).collect()
}

fn gathering(len: usize) -> Shape {
    let causes = |at: usize| {
        if at == len - 1 {
            (0..at).collect()
        } else {
            vec![]
        }
    };
    (0..len).map(|at| (causes(at), at)).collect()
}

type Make = fn(usize) -> Shape;

const SHAPES: [(&str, Make); 6] = [
    ("events", events),
    ("tangle", tangle),
    ("conversations", conversations),
    ("chain", chain),
    ("star", star),
    ("gathering", gathering),
];

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// The drawing, and its edges by the names of their ends.
fn drawn(shape: &Shape, with_streams: bool) -> (Drawing, BTreeSet<(usize, usize, EdgeKind)>) {
    let (mut drawing, mut edges) = (Drawing::new(), BTreeSet::new());
    let mut last = BTreeMap::new();
    for (at, (causes, stream)) in shape.iter().enumerate() {
        drawing.node(DrawnNode {
            lines: vec![
                format!("#{at}"),
                format!("Kind{} <&>", "X".repeat(at % 17)),
                format!("{} of a stream with a long name", at % 7),
                "日本語".repeat(at % 6),
            ],
            group: format!("stream {stream}"),
            tooltip: format!("#{at} \"quoted\" & <tagged> {}", "and so on ".repeat(9)),
        });
        let causes = causes.iter().filter(|cause| **cause < at);
        edges.extend(causes.map(|cause| (*cause, at, EdgeKind::Cause)));
        let before = last.insert(stream, at).filter(|_| with_streams);
        edges.extend(before.map(|before| (before, at, EdgeKind::Stream)));
    }
    for (cause, effect, kind) in &edges {
        drawing.edge(*cause, *effect, *kind).unwrap();
    }
    (drawing, edges)
}

/// Everything that a reader of the picture relies on.
fn check(drawing: &Drawing, edges: &BTreeSet<(usize, usize, EdgeKind)>, nodes: usize) -> String {
    let document = drawing.svg().unwrap();
    let root = parse(&document);
    let page = area(root.child("rect").unwrap(), (0.0, 0.0));
    let graph = root
        .children
        .iter()
        .rfind(|child| child.name == "g")
        .unwrap();
    let origin = graph.translation();

    let boxes: Vec<&Element> = graph
        .children
        .iter()
        .filter(|child| child.has_class("n"))
        .collect();
    assert_eq!(boxes.len(), nodes);
    let areas: Vec<Area> = boxes.iter().map(|one| check_box(one, origin)).collect();
    assert!(areas.iter().all(|area| page.holds(area)));
    for (at, one) in areas.iter().enumerate() {
        assert!(
            !areas[..at].iter().any(|other| one.overlaps(other)),
            "node {at}"
        );
    }
    check_legend(&root, &page, &areas);

    let lines = graph.children.iter().filter(|child| child.has_class("e"));
    let lines: Vec<(&Element, Path)> = lines
        .map(|line| (line, path(&line.attributes["d"], origin)))
        .collect();
    for (_, line) in &lines {
        assert!(line.goes_down);
        let inside = |area: &Area| line.points.iter().any(|point| area.contains(*point));
        assert!(!areas.iter().any(inside), "a line runs through a box");
    }
    check_edges(&lines, edges, &areas);
    document
}

/// The box is around its text, and the tooltip is there.
fn check_box(element: &Element, (x, y): (f64, f64)) -> Area {
    let (left, top) = element.translation();
    let at = (x + left, y + top);
    let rect = area(element.child("rect").unwrap(), at);
    let lines = element.children.iter().filter(|child| child.name == "text");
    let lines: Vec<Area> = lines.map(|line| area(line, at)).collect();
    assert!(!lines.is_empty());
    for (number, line) in lines.iter().enumerate() {
        assert!(rect.holds(line), "{rect:?} {line:?} {element:?}");
        assert!(!lines[..number].iter().any(|other| line.overlaps(other)));
    }
    assert!(element.child("title").unwrap().text.starts_with('#'));
    rect
}

/// The legend is on the page, above the boxes, and no entry is on another one.
fn check_legend(root: &Element, page: &Area, boxes: &[Area]) {
    let entries = root.children.iter().filter(|child| child.has_class("l"));
    let mut areas: Vec<Area> = Vec::new();
    for entry in entries {
        let text = entry.child("text").unwrap();
        let text = area(text, entry.translation());
        areas.push(Area {
            left: entry.translation().0,
            ..text
        });
    }
    assert!(!areas.is_empty());
    for (at, one) in areas.iter().enumerate() {
        assert!(page.holds(one));
        assert!(!areas[..at].iter().any(|other| one.overlaps(other)));
        assert!(boxes.iter().all(|node| one.bottom < node.top));
    }
}

/// Every edge is there once: it comes from below its cause and arrives on top of its effect, or
/// leaves and joins lines that do.
fn check_edges(
    lines: &[(&Element, Path)],
    edges: &BTreeSet<(usize, usize, EdgeKind)>,
    areas: &[Area],
) {
    let below =
        |area: &Area, (x, y): (f64, f64)| y == area.bottom && x > area.left && x < area.right;
    let above = |area: &Area, (x, y): (f64, f64)| y == area.top && x > area.left && x < area.right;
    let (edge_lines, shared): (Vec<_>, Vec<_>) = lines
        .iter()
        .partition(|(line, _)| line.child("title").is_some());
    let has_head = |line: &Element| line.attributes.contains_key("marker-end");
    let mut found = BTreeSet::new();
    for (line, path) in edge_lines {
        let title = &line.child("title").unwrap().text;
        let (cause, effect) = title.split_once(" → ").unwrap();
        let number = |name: &str| name.strip_prefix('#').unwrap().parse::<usize>().unwrap();
        let (cause, effect) = (number(cause), number(effect));
        let kind = match line.has_class("s") {
            true => EdgeKind::Stream,
            false => EdgeKind::Cause,
        };
        assert!(
            found.insert((cause, effect, kind)),
            "{title} is drawn twice"
        );
        assert!(areas[cause].bottom < areas[effect].top, "{title}");
        let left = shared
            .iter()
            .filter(|(_, trunk)| below(&areas[cause], trunk.start()))
            .any(|(_, trunk)| is_on(trunk, path.start()));
        assert!(
            left || below(&areas[cause], path.start()),
            "{title} starts nowhere"
        );
        let heads = shared
            .iter()
            .filter(|(line, head)| has_head(line) && above(&areas[effect], head.end()));
        let joined = heads.flat_map(|(_, head)| {
            let leads_on = |trunk: &&Path| trunk.end() == head.start();
            shared.iter().map(|(_, trunk)| trunk).filter(leads_on)
        });
        let joins = joined.into_iter().any(|trunk| is_on(trunk, path.end()));
        assert_eq!(has_head(line), above(&areas[effect], path.end()), "{title}");
        assert!(joins || has_head(line), "{title} ends nowhere");
    }
    assert_eq!(&found, edges);
}

/// Whether a path passes a point, which is the end of a piece of it or on a vertical one.
fn is_on(path: &Path, (x, y): (f64, f64)) -> bool {
    let vertical =
        |pair: &[(f64, f64)]| pair[0].0 == x && pair[1].0 == x && pair[0].1 <= y && y <= pair[1].1;
    path.points.windows(2).any(vertical) || path.points.contains(&(x, y))
}

#[test]
fn drawings_of_ten_nodes_are_sound() {
    for (name, shape) in SHAPES {
        for with_streams in [false, true] {
            println!("{name}");
            let (drawing, edges) = drawn(&shape(10), with_streams);
            check(&drawing, &edges, 10);
        }
    }
}

#[test]
fn drawings_of_a_hundred_nodes_are_sound() {
    for (name, shape) in SHAPES {
        for with_streams in [false, true] {
            println!("{name}");
            let (drawing, edges) = drawn(&shape(100), with_streams);
            check(&drawing, &edges, 100);
        }
    }
}

#[test]
fn drawings_of_a_thousand_nodes_are_sound_and_small() {
    for (name, shape) in SHAPES {
        let (drawing, edges) = drawn(&shape(1_000), name == "events");
        let document = check(&drawing, &edges, 1_000);
        println!("{name}: {} bytes, {} edges", document.len(), edges.len());
        assert!(document.len() < 1_000_000);
    }
}

#[test]
fn the_most_text_that_a_thousand_nodes_can_have_is_cut() {
    let mut drawing = Drawing::new();
    for at in 0..1_000 {
        let text = ["<", "\"", "語", "&"][at % 4].repeat(1_000);
        drawing.node(DrawnNode {
            lines: vec![text.clone(); 9],
            group: format!("{at}{text}"),
            tooltip: text,
        });
    }
    let document = drawing.svg().unwrap();
    assert!(document.len() < 1_500_000, "{}", document.len());
    parse(&document);
}

#[test]
fn a_drawing_has_a_limit_and_nothing_is_a_drawing() {
    let mut drawing = Drawing::new();
    assert!(parse(&drawing.svg().unwrap()).number("width") > 0.0);
    for _ in 0..=DRAW_LIMIT {
        drawing.node(DrawnNode::default());
    }
    let refused = DrawError::TooManyNodes {
        count: 2_001,
        limit: 2_000,
    };
    assert_eq!(drawing.svg(), Err(refused));
    assert_eq!(drawing.mermaid().matches("[\"").count(), 2_001);
}

#[test]
fn the_same_drawing_is_written_in_the_same_bytes() {
    let (drawing, _) = drawn(&tangle(200), true);
    assert_eq!(drawing.svg(), drawing.svg());
}

#[test]
fn other_languages_have_every_node_and_edge() {
    let (drawing, edges) = drawn(&events(100), true);
    let (dot, mermaid) = (drawing.dot(), drawing.mermaid());
    for (cause, effect, kind) in edges {
        let (cause, effect) = (cause + 1, effect + 1);
        let (style, arrow) = match kind {
            EdgeKind::Cause => ("", "-->"),
            EdgeKind::Stream => (" [style=dashed]", "-.->"),
        };
        assert!(dot.contains(&format!("  n{cause} -> n{effect}{style};\n")));
        assert!(mermaid.contains(&format!("  n{cause} {arrow} n{effect}\n")));
    }
    assert!(dot.contains(r##"n3 [label="#2\nKindXX <&>\n2 of a stream with a long n…\n"##));
    assert!(mermaid.contains(r##"n3["#35;2<br/>KindXX #lt;#amp;#gt;<br/>2 of "##));
    for group in 0..10 {
        assert!(dot.contains(&format!("label=\"stream {group} (")));
        assert!(mermaid.contains(&format!("classDef g{group} fill:#")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_drawings_are_sound(
        shape in prop::collection::vec(
            (prop::collection::vec(0..60_usize, 0..4), 0..5_usize),
            1..60,
        ),
        with_streams: bool,
    ) {
        let (drawing, edges) = drawn(&shape, with_streams);
        check(&drawing, &edges, shape.len());
    }
}
