//! The drawing in the languages of other programs, which lay it out.

use std::fmt::Write as _;

use super::text::{fitted, printable};
use super::{Drawing, EdgeKind, color};

pub(super) fn dot(drawing: &Drawing) -> String {
    let groups = drawing.groups();
    let mut dot = String::from(
        "digraph events {\n  rankdir=TB;\n  node [shape=box, style=\"rounded,filled\", fontname=\"monospace\", fontsize=10];\n",
    );
    for (number, node) in drawing.nodes.iter().enumerate() {
        let group = groups.of_nodes[number];
        let _ = writeln!(
            dot,
            "  n{} [label=\"{}\", tooltip=\"{}\", fillcolor=\"{}\", color=\"{}\"];",
            number + 1,
            quoted(&fitted(&node.lines).0.join("\n")),
            quoted(&node.tooltip),
            color::fill(group),
            color::stroke(group),
        );
    }
    for edge in drawing.sorted_edges() {
        let style = match edge.kind {
            EdgeKind::Cause => "",
            EdgeKind::Stream => " [style=dashed]",
        };
        let _ = writeln!(dot, "  n{} -> n{}{style};", edge.cause + 1, edge.effect + 1);
    }
    dot.push_str(
        "  subgraph cluster_legend {\n    label=\"streams\";\n    fontname=\"monospace\";\n",
    );
    for (group, (name, count)) in groups.names.iter().enumerate() {
        let _ = writeln!(
            dot,
            "    g{group} [label=\"{} ({count})\", fillcolor=\"{}\", color=\"{}\"];",
            quoted(name),
            color::fill(group),
            color::stroke(group),
        );
    }
    dot.push_str("  }\n}\n");
    dot
}

/// Text between the quotes of DOT.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for letter in text.chars().map(printable) {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter => quoted.push(letter),
        }
    }
    quoted
}

pub(super) fn mermaid(drawing: &Drawing) -> String {
    let groups = drawing.groups();
    let mut chart = String::from("flowchart TD\n");
    for (number, node) in drawing.nodes.iter().enumerate() {
        let lines = fitted(&node.lines).0;
        let lines: Vec<String> = lines.iter().map(|line| entities(line)).collect();
        let label = match lines.is_empty() {
            true => " ".to_owned(),
            false => lines.join("<br/>"),
        };
        let group = groups.of_nodes[number];
        let _ = writeln!(chart, "  n{}[\"{label}\"]:::g{group}", number + 1);
    }
    for edge in drawing.sorted_edges() {
        let arrow = match edge.kind {
            EdgeKind::Cause => "-->",
            EdgeKind::Stream => "-.->",
        };
        let _ = writeln!(chart, "  n{} {arrow} n{}", edge.cause + 1, edge.effect + 1);
    }
    for (group, (name, _)) in groups.names.iter().enumerate() {
        let (fill, stroke) = (color::fill(group), color::stroke(group));
        let name = name.replace('\n', " ");
        let name: String = name.chars().map(printable).collect();
        let _ = writeln!(
            chart,
            "  %% g{group}: {}",
            name.replace(['{', '}', '%'], " ")
        );
        let _ = writeln!(
            chart,
            "  classDef g{group} fill:{fill},stroke:{stroke},color:#1c2430"
        );
    }
    chart
}

/// Text between the quotes of Mermaid, which knows entities only.
fn entities(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars().map(printable) {
        match letter {
            '"' => safe.push_str("#quot;"),
            '#' => safe.push_str("#35;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            '&' => safe.push_str("#amp;"),
            '`' => safe.push_str("#96;"),
            letter => safe.push(letter),
        }
    }
    safe
}
