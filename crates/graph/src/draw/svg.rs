//! The drawing as an SVG document.

use std::fmt::Write as _;

use super::layout::{Line, Point, Size, layout};
use super::text::{columns, cut, escape_into, escaped_len, fitted};
use super::{Drawing, EdgeKind, Groups, color};

/// The widest letter that text is sure to fit with: a little over that of fonts with letters of one
/// width.
const LETTER: f64 = 7.5;
const LINE: f64 = 16.0;
const PADDING: f64 = 10.0;
const MARGIN: f64 = 24.0;
/// The most groups that the legend names.
const LEGEND_LIMIT: usize = 40;
const LEGEND_COLUMNS: usize = 32;
/// How large the document may become by tooltips, and how many bytes each of them has at least and
/// at most.
const MOST_BYTES: usize = 990_000;
const TOOLTIP_LEAST: usize = 40;
const TOOLTIP_MOST: usize = 4_000;
/// What a box takes beside its body and its tooltip.
const BOX_FRAME: usize = 80;
/// Up to how many edges each of them has a tooltip.
const EDGE_TOOLTIPS: usize = 4_000;

const STYLE: &str = "text{font:12px monospace;fill:#1c2430}\
.n rect{stroke-width:1.2}.n text:first-of-type{font-weight:600}\
.e{fill:none;stroke-width:1.4;stroke-opacity:.8}.s{stroke-dasharray:5 4}\
.n:hover rect{stroke-width:2.6}.e:hover{stroke-width:3;stroke-opacity:1}";

pub(super) fn write(drawing: &Drawing) -> String {
    let groups = drawing.groups();
    let edges = drawing.sorted_edges();
    let labels: Vec<(Vec<String>, bool)> = drawing
        .nodes
        .iter()
        .map(|node| fitted(&node.lines))
        .collect();
    let sizes: Vec<Size> = labels.iter().map(|(lines, _)| size(lines)).collect();
    let layout = layout(&sizes, &edges);
    let kinds =
        [EdgeKind::Cause, EdgeKind::Stream].map(|kind| edges.iter().any(|edge| edge.kind == kind));
    let legend = Legend::new(&groups, kinds, layout.width);

    let (width, top) = (layout.width.max(legend.width), legend.height);
    let mut svg = String::new();
    open(
        &mut svg,
        width + 2.0 * MARGIN,
        top + layout.height + 2.0 * MARGIN,
    );
    styles(&mut svg, groups.names.len());
    legend.write(&mut svg);
    let _ = writeln!(
        svg,
        r#"<g transform="translate({MARGIN},{})">"#,
        MARGIN + top
    );
    for line in &layout.lines {
        write_line(
            &mut svg,
            drawing,
            &groups,
            line,
            edges.len() <= EDGE_TOOLTIPS,
        );
    }
    let boxes = labels
        .iter()
        .zip(&sizes)
        .map(|(label, size)| box_body(*size, &label.0));
    let boxes: Vec<String> = boxes.collect();
    let used = svg.len()
        + boxes
            .iter()
            .map(|body| body.len() + BOX_FRAME)
            .sum::<usize>();
    let most = MOST_BYTES.saturating_sub(used) / boxes.len().max(1);
    for (node, body) in boxes.iter().enumerate() {
        let (corner, group) = (layout.corners[node], groups.of_nodes[node]);
        let tooltip = tooltip_of(
            drawing,
            node,
            labels[node].1,
            most.clamp(TOOLTIP_LEAST, TOOLTIP_MOST),
        );
        let place = format!("translate({},{})", corner.x, corner.y);
        let _ = write!(svg, r#"<g class="n g{group}" transform="{place}">"#);
        if !tooltip.is_empty() {
            svg.push_str("<title>");
            escape_into(&mut svg, &tooltip);
            svg.push_str("</title>");
        }
        svg.push_str(body);
        svg.push_str("</g>\n");
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// The size of a box that the lines fit into.
fn size(lines: &[String]) -> Size {
    let widest = lines.iter().map(|line| columns(line)).max();
    Size {
        width: (widest.unwrap_or(0).max(4) as f64 * LETTER + 2.0 * PADDING).ceil(),
        height: lines.len().max(1) as f64 * LINE + 12.0,
    }
}

fn open(svg: &mut String, width: f64, height: f64) {
    let _ = writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">
<rect class="background" width="{width}" height="{height}" fill="#fff"/>"##
    );
}

/// The colours of the groups, and a head of an arrow for each: heads do not take the colour of
/// their line.
fn styles(svg: &mut String, groups: usize) {
    let _ = write!(svg, "<style>{STYLE}");
    for group in 0..groups {
        let (fill, stroke) = (color::fill(group), color::stroke(group));
        let _ = write!(
            svg,
            ".g{group} rect{{fill:{fill};stroke:{stroke}}}.g{group}.e{{stroke:{stroke}}}"
        );
    }
    svg.push_str("</style>\n<defs>\n");
    for group in 0..groups {
        let _ = writeln!(
            svg,
            r#"<marker id="a{group}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .8 8 4 0 7.2z" fill="{}"/></marker>"#,
            color::stroke(group)
        );
    }
    svg.push_str("</defs>\n");
}

fn write_line(
    svg: &mut String,
    drawing: &Drawing,
    groups: &Groups<'_>,
    line: &Line,
    has_tooltip: bool,
) {
    let group = groups.of_nodes[line.color_of];
    let dashed = match line.kind {
        EdgeKind::Cause => "",
        EdgeKind::Stream => " s",
    };
    let _ = write!(svg, r#"<path class="e g{group}{dashed}" d=""#);
    write_points(svg, &line.points);
    svg.push('"');
    if line.arrives {
        let _ = write!(svg, r#" marker-end="url(#a{group})""#);
    }
    let Some(edge) = line.edge.filter(|_| has_tooltip) else {
        svg.push_str("/>\n");
        return;
    };
    svg.push_str("><title>");
    escape_into(svg, &name(drawing, edge.cause));
    svg.push_str(" → ");
    escape_into(svg, &name(drawing, edge.effect));
    svg.push_str("</title></path>\n");
}

/// A path through pairs of points: straight down within a pair, in curves between pairs. Where
/// nothing bends, it is one line.
fn write_points(svg: &mut String, points: &[Point]) {
    let Some(mut last) = points.first().copied() else {
        return;
    };
    let _ = write!(svg, "M{} {}", last.x, last.y);
    let mut written = last.y;
    for point in &points[1..] {
        if point.x != last.x {
            straighten(svg, written, last.y);
            let middle = ((last.y + point.y) / 2.0).round();
            let (from, to) = (last.x, point.x);
            let _ = write!(svg, "C{from} {middle} {to} {middle} {to} {}", point.y);
            written = point.y;
        }
        last = *point;
    }
    straighten(svg, written, last.y);
}

/// Goes straight down from what is written to where the line is.
fn straighten(svg: &mut String, written: f64, now: f64) {
    if now > written {
        let _ = write!(svg, "V{now}");
    }
}

/// What a node is called in the tooltip of an edge.
fn name(drawing: &Drawing, node: usize) -> String {
    let first = drawing.nodes[node].lines.first();
    first.map_or_else(String::new, |line| cut(line, 12))
}

/// The tooltip of a box, with the lines that were cut.
fn tooltip_of(drawing: &Drawing, node: usize, is_cut: bool, most: usize) -> String {
    let node = &drawing.nodes[node];
    let mut text = match is_cut {
        true => node.lines.join("\n"),
        false => String::new(),
    };
    if !text.is_empty() && !node.tooltip.is_empty() {
        text.push('\n');
    }
    text.push_str(&node.tooltip);
    let mut bytes = 0;
    let over = text.char_indices().find(|(_, letter)| {
        bytes += escaped_len(*letter);
        bytes > most
    });
    if let Some((end, _)) = over {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The box around its lines of text, at the place of its group.
fn box_body(Size { width, height }: Size, lines: &[String]) -> String {
    let mut body = format!(r#"<rect width="{width}" height="{height}" rx="6"/>"#);
    for (number, line) in lines.iter().enumerate() {
        let y = 6.0 + LINE * number as f64 + 12.0;
        let _ = write!(body, r#"<text x="{PADDING}" y="{y}">"#);
        escape_into(&mut body, line);
        body.push_str("</text>");
    }
    body
}

/// What the colours and the lines mean, above the drawing.
struct Legend {
    entries: Vec<Entry>,
    width: f64,
    height: f64,
}

struct Entry {
    text: String,
    sign: Sign,
    x: f64,
    y: f64,
}

enum Sign {
    Group(usize),
    Line(&'static str),
    Nothing,
}

impl Legend {
    const ROW: f64 = 22.0;
    const SIGN: f64 = 26.0;

    /// Entries in rows and columns that are not much wider than a screen.
    fn new(groups: &Groups<'_>, [has_causes, has_streams]: [bool; 2], width: f64) -> Legend {
        let mut texts: Vec<(String, Sign)> = Vec::new();
        if has_causes {
            texts.push(("cause → effect".to_owned(), Sign::Line("")));
        }
        if has_streams {
            texts.push(("next in the stream".to_owned(), Sign::Line(" s")));
        }
        for (group, (name, count)) in groups.names.iter().enumerate().take(LEGEND_LIMIT) {
            let name = cut(&name.replace('\n', " "), LEGEND_COLUMNS);
            texts.push((format!("{name} ({count})"), Sign::Group(group)));
        }
        if let Some(more) = groups
            .names
            .len()
            .checked_sub(LEGEND_LIMIT)
            .filter(|more| *more > 0)
        {
            texts.push((format!("and {more} more"), Sign::Nothing));
        }
        let widest = texts
            .iter()
            .map(|(text, _)| columns(text))
            .max()
            .unwrap_or(0);
        let column = widest as f64 * LETTER + Legend::SIGN + 16.0;
        let per_row = (1..)
            .take_while(|count| f64::from(*count) * column <= width.clamp(720.0, 1_600.0))
            .count()
            .max(1);
        let rows = texts.len().div_ceil(per_row);
        let entries = texts
            .into_iter()
            .enumerate()
            .map(|(number, (text, sign))| Entry {
                text,
                sign,
                x: MARGIN + (number % per_row) as f64 * column,
                y: MARGIN + (number / per_row) as f64 * Legend::ROW,
            });
        let entries: Vec<Entry> = entries.collect();
        Legend {
            width: entries.len().min(per_row) as f64 * column,
            height: rows as f64 * Legend::ROW + if rows > 0 { 20.0 } else { 0.0 },
            entries,
        }
    }

    fn write(&self, svg: &mut String) {
        for entry in &self.entries {
            let Entry { text, sign, x, y } = entry;
            let class = match sign {
                Sign::Group(group) => format!("l g{group}"),
                Sign::Line(_) | Sign::Nothing => "l".to_owned(),
            };
            let _ = write!(svg, r#"<g class="{class}" transform="translate({x},{y})">"#);
            let _ = match sign {
                Sign::Group(_) => write!(svg, r#"<rect width="18" height="14" rx="4"/>"#),
                Sign::Line(dashed) => {
                    write!(
                        svg,
                        r##"<path class="e{dashed}" d="M0 7H18" stroke="#445"/>"##
                    )
                }
                Sign::Nothing => Ok(()),
            };
            let _ = write!(svg, r#"<text x="{}" y="11">"#, Legend::SIGN);
            escape_into(svg, text);
            svg.push_str("</text></g>\n");
        }
    }
}
