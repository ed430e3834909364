//! The geometry of an SVG document, read back from its text.

use std::collections::BTreeMap;

/// The letters that text may be wide, in parts of its size: wider than those of any font of letters
/// of one width.
const LETTER: f64 = 0.61 * 12.0;

#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn number(&self, name: &str) -> f64 {
        let value = self.attributes.get(name);
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        let classes = self.attributes.get("class");
        classes.is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn translation(&self) -> (f64, f64) {
        let inside = self.attributes["transform"].strip_prefix("translate(");
        let (x, y) = inside
            .unwrap()
            .strip_suffix(')')
            .unwrap()
            .split_once(',')
            .unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    }
}

/// Reads a document, and fails unless every element is closed and every letter escaped.
pub(crate) fn parse(document: &str) -> Element {
    let mut open: Vec<Element> = Vec::new();
    let mut rest = document;
    loop {
        let (text, tag) = rest
            .split_once('<')
            .expect("the document ends within an element");
        assert!(!text.contains('>'), "{text}");
        if let Some(element) = open.last_mut() {
            element.text.push_str(&unescaped(text));
        }
        let (tag, after) = tag.split_once('>').unwrap();
        rest = after;
        let complete = match tag.strip_prefix('/') {
            Some(name) => {
                let element = open.pop().unwrap();
                assert_eq!(element.name, name);
                element
            }
            None => {
                let element = opened(tag.trim_end_matches('/'));
                if !tag.ends_with('/') {
                    open.push(element);
                    continue;
                }
                element
            }
        };
        match open.last_mut() {
            Some(parent) => parent.children.push(complete),
            None => {
                assert_eq!(rest.trim(), "");
                return complete;
            }
        }
    }
}

fn opened(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = BTreeMap::new();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        attributes.insert(name.trim().to_owned(), unescaped(value));
        rest = after;
    }
    Element {
        name: name.to_owned(),
        attributes,
        text: String::new(),
        children: Vec::new(),
    }
}

fn unescaped(text: &str) -> String {
    let unescaped = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    assert_eq!(
        text.matches('&').count(),
        text.matches(';').count().min(text.matches('&').count())
    );
    unescaped.replace("&amp;", "&")
}

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn overlaps(&self, other: &Area) -> bool {
        let beside = self.right <= other.left || other.right <= self.left;
        !beside && self.top < other.bottom && other.top < self.bottom
    }

    pub(crate) fn holds(&self, other: &Area) -> bool {
        let across = self.left <= other.left && other.right <= self.right;
        across && self.top <= other.top && other.bottom <= self.bottom
    }

    /// Whether a point is inside, by more than a rounding error.
    pub(crate) fn contains(&self, (x, y): (f64, f64)) -> bool {
        let across = self.left + 1.0 < x && x < self.right - 1.0;
        across && self.top + 1.0 < y && y < self.bottom - 1.0
    }
}

/// The area of a rectangle or of a line of text in a group at `(x, y)`.
pub(crate) fn area(element: &Element, (x, y): (f64, f64)) -> Area {
    let (left, top) = (x + element.number("x"), y + element.number("y"));
    match element.name.as_str() {
        "rect" => Area {
            left,
            top,
            right: left + element.number("width"),
            bottom: top + element.number("height"),
        },
        _ => Area {
            left,
            top: top - 10.0,
            right: left + element.text.chars().map(width).sum::<f64>(),
            bottom: top + 3.0,
        },
    }
}

/// Letters of East Asia are as wide as they are high, and rarely wider.
fn width(letter: char) -> f64 {
    match letter {
        '\u{1100}'.. => 12.5,
        _ => LETTER,
    }
}

/// A path: whether its line only goes down, and points along it.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub(crate) goes_down: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Path {
    pub(crate) fn start(&self) -> (f64, f64) {
        self.points[0]
    }

    pub(crate) fn end(&self) -> (f64, f64) {
        self.points[self.points.len() - 1]
    }
}

/// Reads moves, vertical lines and curves, which is all that edges have.
pub(crate) fn path(description: &str, (x, y): (f64, f64)) -> Path {
    let mut path = Path {
        goes_down: true,
        points: Vec::new(),
    };
    let commands = description
        .split_inclusive(|letter: char| letter.is_ascii_digit() || ". -".contains(letter));
    let mut pieces: Vec<String> = Vec::new();
    for letter in commands.collect::<String>().chars() {
        match letter {
            'M' | 'V' | 'C' => pieces.push(letter.to_string()),
            letter => pieces.last_mut().unwrap().push(letter),
        }
    }
    for piece in pieces {
        let (command, numbers) = piece.split_at(1);
        let numbers: Vec<f64> = numbers
            .split(' ')
            .map(|number| number.parse().unwrap())
            .collect();
        let last = path.points.last().copied().unwrap_or_default();
        match (command, &numbers[..]) {
            ("M", [to_x, to_y]) => path.points.push((to_x + x, to_y + y)),
            ("V", [to_y]) => {
                path.goes_down &= to_y + y >= last.1;
                path.points.push((last.0, to_y + y));
            }
            ("C", [x1, y1, x2, y2, to_x, to_y]) => {
                let corners = [
                    last,
                    (x1 + x, y1 + y),
                    (x2 + x, y2 + y),
                    (to_x + x, to_y + y),
                ];
                // When its corners go down, so does a curve.
                path.goes_down &= corners.windows(2).all(|pair| pair[0].1 <= pair[1].1);
                path.points
                    .extend((1..=12).map(|step| curve(corners, f64::from(step) / 12.0)));
            }
            _ => panic!("{piece}"),
        }
    }
    path
}

fn curve(corners: [(f64, f64); 4], at: f64) -> (f64, f64) {
    let rest = 1.0 - at;
    let weights = [
        rest.powi(3),
        3.0 * at * rest * rest,
        3.0 * at * at * rest,
        at.powi(3),
    ];
    let parts = corners.iter().zip(weights);
    parts.fold((0.0, 0.0), |(x, y), (corner, weight)| {
        (x + corner.0 * weight, y + corner.1 * weight)
    })
}
