//! Drawings of a causal graph, as SVG, DOT and Mermaid.
//!
//! A [`Drawing`] takes nodes and edges as they come from a walk, oldest first, and writes text. SVG
//! is laid out here, without another program; DOT is for Graphviz and Mermaid for Markdown. In all
//! three, causes are above their effects and colours tell groups apart, which in an event store are
//! streams.
//!
//! # Example
//!
//! ```
//! use batpak_graph::draw::{DrawnNode, Drawing, EdgeKind};
//!
//! let mut drawing = Drawing::new();
//! let node = |label: &str, group: &str| DrawnNode {
//!     lines: vec![label.to_owned()],
//!     group: group.to_owned(),
//!     tooltip: format!("{label} of {group}"),
//! };
//! let placed = drawing.node(node("placed", "order:17"));
//! let paid = drawing.node(node("paid", "payment:5"));
//! drawing.edge(placed, paid, EdgeKind::Cause)?;
//! assert!(drawing.svg()?.starts_with("<svg"));
//! assert!(drawing.dot().contains("n1 -> n2"));
//! assert!(drawing.mermaid().contains("n1 --> n2"));
//! # Ok::<(), batpak_graph::draw::DrawError>(())
//! ```

mod color;
mod crossings;
mod layers;
mod layout;
mod lines;
mod markup;
mod place;
mod svg;
mod text;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

/// The most nodes that [`Drawing::svg`] takes.
///
/// ```
/// assert_eq!(batpak_graph::draw::DRAW_LIMIT, 2_000);
/// ```
pub const DRAW_LIMIT: usize = 2_000;

/// What is drawn of one node.
///
/// ```
/// use batpak_graph::draw::DrawnNode;
///
/// let node = DrawnNode {
///     lines: vec!["42".into(), "OrderPlaced".into()],
///     group: "order:17".into(),
///     tooltip: "2024-05-01 12:00:00".into(),
/// };
/// assert_eq!(node.lines.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawnNode {
    /// The lines in the box, the first of which stands out. At most four are shown, of at
    /// most 28 columns each; whatever is cut is in the tooltip.
    pub lines: Vec<String>,
    /// Nodes of the same group have the same colour. The legend names the groups.
    pub group: String,
    /// What is shown when the pointer rests on the box.
    pub tooltip: String,
}

/// What an edge means.
///
/// ```
/// use batpak_graph::draw::EdgeKind;
///
/// assert_ne!(EdgeKind::Cause, EdgeKind::Stream);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// The effect names the cause: a line.
    Cause,
    /// The effect follows in the same stream: a dashed line.
    Stream,
}

/// A graph that is to be drawn.
///
/// ```
/// use batpak_graph::draw::{DrawnNode, Drawing};
///
/// let mut drawing = Drawing::new();
/// assert_eq!(drawing.node(DrawnNode::default()), 0);
/// assert_eq!(drawing.node(DrawnNode::default()), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Drawing {
    nodes: Vec<DrawnNode>,
    edges: Vec<Edge>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    cause: usize,
    effect: usize,
    kind: EdgeKind,
}

impl Drawing {
    /// A drawing of nothing.
    ///
    /// ```
    /// assert!(batpak_graph::draw::Drawing::new().mermaid().starts_with("flowchart TD"));
    /// ```
    #[must_use]
    pub fn new() -> Drawing {
        Drawing::default()
    }

    /// Adds a node and gives its number, which counts from 0. Causes are added before their
    /// effects.
    ///
    /// ```
    /// use batpak_graph::draw::{DrawnNode, Drawing};
    ///
    /// assert_eq!(Drawing::new().node(DrawnNode::default()), 0);
    /// ```
    pub fn node(&mut self, node: DrawnNode) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Adds an edge between two nodes. One that is there already is not added again.
    ///
    /// # Errors
    ///
    /// [`DrawError::UnknownNode`] when one of them is not in the drawing, and
    /// [`DrawError::NotOlder`] when the cause was not added before the effect.
    ///
    /// ```
    /// use batpak_graph::draw::{DrawError, DrawnNode, Drawing, EdgeKind};
    ///
    /// let mut drawing = Drawing::new();
    /// let cause = drawing.node(DrawnNode::default());
    /// let effect = drawing.node(DrawnNode::default());
    /// assert_eq!(drawing.edge(cause, effect, EdgeKind::Cause), Ok(()));
    /// assert_eq!(drawing.edge(cause, 9, EdgeKind::Cause), Err(DrawError::UnknownNode(9)));
    /// let refused = drawing.edge(effect, cause, EdgeKind::Cause);
    /// assert_eq!(refused, Err(DrawError::NotOlder { cause: 1, effect: 0 }));
    /// ```
    pub fn edge(&mut self, cause: usize, effect: usize, kind: EdgeKind) -> Result<(), DrawError> {
        let edge = Edge {
            cause,
            effect,
            kind,
        };
        for node in [cause, effect] {
            if node >= self.nodes.len() {
                return Err(DrawError::UnknownNode(node));
            }
        }
        if cause >= effect {
            return Err(DrawError::NotOlder { cause, effect });
        }
        self.edges.push(edge);
        Ok(())
    }

    /// The drawing as an SVG document.
    ///
    /// Boxes are placed in layers below their causes, and what hangs together stays together. Boxes
    /// never overlap, edges go down and around boxes, and text fits its box in any font in which no
    /// letter is wider than five eighths of its size. Edges that leave one node for effects in
    /// several layers share a line, and so do those to a node with many causes. A drawing of 1,000 nodes with two edges each stays under 1 MB:
    /// tooltips are cut so that it does.
    ///
    /// Costs the number of edges times the layers that they cross, about a hundred times over: a
    /// millisecond for 100 nodes, and some tens of them for 1,000.
    ///
    /// # Errors
    ///
    /// [`DrawError::TooManyNodes`] above [`DRAW_LIMIT`].
    ///
    /// ```
    /// use batpak_graph::draw::{DrawnNode, Drawing};
    ///
    /// let mut drawing = Drawing::new();
    /// drawing.node(DrawnNode {
    ///     lines: vec!["placed".into()],
    ///     group: "order:17".into(),
    ///     tooltip: "by a customer".into(),
    /// });
    /// assert!(drawing.svg()?.contains("<title>by a customer</title>"));
    /// # Ok::<(), batpak_graph::draw::DrawError>(())
    /// ```
    pub fn svg(&self) -> Result<String, DrawError> {
        if self.nodes.len() > DRAW_LIMIT {
            return Err(DrawError::TooManyNodes {
                count: self.nodes.len(),
                limit: DRAW_LIMIT,
            });
        }
        Ok(svg::write(self))
    }

    /// The drawing in the language of Graphviz, for `dot -Tsvg`.
    ///
    /// ```
    /// use batpak_graph::draw::{DrawnNode, Drawing};
    ///
    /// let mut drawing = Drawing::new();
    /// drawing.node(DrawnNode { lines: vec!["a \"b\"".into()], ..DrawnNode::default() });
    /// assert!(drawing.dot().contains(r#"n1 [label="a \"b\"""#));
    /// ```
    #[must_use]
    pub fn dot(&self) -> String {
        markup::dot(self)
    }

    /// The drawing as a Mermaid flowchart, which has no tooltips.
    ///
    /// Programs that show Mermaid refuse large charts, usually from 500 edges or 50,000 letters on.
    ///
    /// ```
    /// use batpak_graph::draw::{DrawnNode, Drawing};
    ///
    /// let mut drawing = Drawing::new();
    /// drawing.node(DrawnNode { lines: vec!["a".into(), "b".into()], ..DrawnNode::default() });
    /// assert!(drawing.mermaid().contains(r#"n1["a<br/>b"]"#));
    /// ```
    #[must_use]
    pub fn mermaid(&self) -> String {
        markup::mermaid(self)
    }

    /// The edges in order, each once.
    fn sorted_edges(&self) -> Vec<Edge> {
        let mut edges = self.edges.clone();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The groups in the order in which they appear, with the number of their nodes.
    fn groups(&self) -> Groups<'_> {
        let mut groups = Groups::default();
        for node in &self.nodes {
            let name = node.group.as_str();
            let number = *groups.numbers.entry(name).or_insert_with(|| {
                groups.names.push((name, 0));
                groups.names.len() - 1
            });
            groups.names[number].1 += 1;
            groups.of_nodes.push(number);
        }
        groups
    }
}

#[derive(Debug, Default)]
struct Groups<'d> {
    numbers: BTreeMap<&'d str, usize>,
    /// Each name, and how many nodes have it.
    names: Vec<(&'d str, usize)>,
    /// For each node, the number of its group.
    of_nodes: Vec<usize>,
}

/// Why something is not drawn.
///
/// ```
/// use batpak_graph::draw::DrawError;
///
/// let error = DrawError::TooManyNodes { count: 5_000, limit: 2_000 };
/// assert_eq!(error.to_string(), "5000 nodes are too many for a drawing, which takes 2000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrawError {
    /// An edge names a node that is not in the drawing.
    UnknownNode(usize),
    /// An edge names a cause that was not added before its effect.
    NotOlder {
        /// The number of the cause.
        cause: usize,
        /// The number of the effect.
        effect: usize,
    },
    /// Nobody could read a drawing of so many nodes.
    TooManyNodes {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl fmt::Display for DrawError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DrawError::UnknownNode(node) => write!(formatter, "the drawing has no node {node}"),
            DrawError::NotOlder { cause, effect } => {
                write!(
                    formatter,
                    "node {effect} was added before its cause {cause}"
                )
            }
            DrawError::TooManyNodes { count, limit } => {
                write!(
                    formatter,
                    "{count} nodes are too many for a drawing, which takes {limit}"
                )
            }
        }
    }
}

impl Error for DrawError {}
