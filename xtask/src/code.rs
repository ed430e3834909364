//! Rust source split into code and comments, line by line, with test items marked.
//!
//! This is a lexer for one purpose: a check must not be misled by words in comments and string
//! literals, and must know which lines exist in tests only. It does not parse.

/// A source file, line by line.
#[derive(Debug)]
pub(crate) struct Code {
    lines: Vec<Line>,
}

/// One line of a source file.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The line with comments blanked, and every character of a literal replaced by `"`.
    pub(crate) code: String,
    /// The text of the comments on the line.
    pub(crate) comment: String,
    /// Whether the line belongs to an item that is compiled for tests only.
    pub(crate) test: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Comment,
    Literal,
}

impl Code {
    /// Splits `text`. Total: any text gives some lines.
    pub(crate) fn parse(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut lines = vec![Line::default()];
        let mut rest = chars.as_slice();
        while !rest.is_empty() {
            let (length, kind) = token(rest);
            let (now, later) = rest.split_at(length.clamp(1, rest.len()));
            now.iter().for_each(|c| push(&mut lines, *c, kind));
            rest = later;
        }
        mark_tests(&mut lines);
        Self { lines }
    }

    /// All lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl DoubleEndedIterator<Item = (usize, &Line)> {
        self.lines
            .iter()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// The lines that are compiled outside tests, with their numbers, from 1.
    pub(crate) fn library(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines().filter(|(_, line)| !line.test)
    }

    /// The line with this number, from 1.
    pub(crate) fn line(&self, number: usize) -> Option<&Line> {
        self.lines.get(number.checked_sub(1)?)
    }
}

impl Line {
    /// The words of the code: identifiers, keywords and numbers.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.code.split(|c| !is_word(c)).filter(|w| !w.is_empty())
    }
}

/// Whether `c` can be part of an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn push(lines: &mut Vec<Line>, c: char, kind: Kind) {
    if c == '\n' {
        lines.push(Line::default());
    } else if let Some(line) = lines.last_mut() {
        line.code.push(match kind {
            Kind::Code => c,
            Kind::Comment => ' ',
            Kind::Literal => '"',
        });
        if matches!(kind, Kind::Comment) {
            line.comment.push(c);
        }
    }
}

/// The length and the kind of the token that `rest` starts with.
fn token(rest: &[char]) -> (usize, Kind) {
    match rest {
        ['/', '/', ..] => (find(rest, |at| at.first() == Some(&'\n')), Kind::Comment),
        ['/', '*', ..] => (block_comment(rest), Kind::Comment),
        ['"', ..] => (quoted(rest, '"'), Kind::Literal),
        ['\'', '\\', ..] | ['\'', _, '\'', ..] => (quoted(rest, '\''), Kind::Literal),
        [c, ..] if is_word(*c) => word(rest),
        _ => (1, Kind::Code),
    }
}

/// An identifier, or the literal that it is the prefix of.
fn word(rest: &[char]) -> (usize, Kind) {
    let length = find(rest, |at| !is_word(at[0]));
    let (prefix, after) = rest.split_at(length);
    let literal = match (prefix, after) {
        (['b'], ['\'', ..]) => quoted(after, '\''),
        (['b'] | ['c'], ['"', ..]) => quoted(after, '"'),
        (['r'] | ['b' | 'c', 'r'], ['"' | '#', ..]) => raw(after),
        _ => 0,
    };
    match literal {
        0 => (length, Kind::Code),
        _ => (length + literal, Kind::Literal),
    }
}

/// The length of a raw string whose `#` and quotes start here; 0 when it is none (`r#type`).
fn raw(rest: &[char]) -> usize {
    let hashes = find(rest, |at| at[0] != '#');
    if rest.get(hashes) != Some(&'"') {
        return 0;
    }
    let body = &rest[hashes + 1..];
    let closes =
        |at: &[char]| at[0] == '"' && at.len() > hashes && at[1..=hashes].iter().all(|c| *c == '#');
    hashes + 1 + find(body, closes) + 1 + hashes
}

/// The length of a literal that starts and ends with `quote` and may hold escapes.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn block_comment(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] => (at, depth) = (at + 2, depth.saturating_sub(1)),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The first position whose rest is `wanted`, or the length.
fn find(rest: &[char], wanted: impl Fn(&[char]) -> bool) -> usize {
    (0..rest.len())
        .find(|at| wanted(&rest[*at..]))
        .unwrap_or(rest.len())
}

/// Attributes, without white space, of items that are compiled for tests only.
const TEST_ATTRIBUTES: [&str; 3] = ["#[cfg(test)]", "#[cfg(all(test,", "#[test]"];

fn mark_tests(lines: &mut [Line]) {
    let (places, flat): (Vec<usize>, Vec<char>) = lines
        .iter()
        .enumerate()
        .flat_map(|(number, line)| line.code.chars().map(move |c| (number, c)))
        .filter(|(_, c)| !c.is_whitespace())
        .unzip();
    let starts_with = |at: usize, text: &str| {
        let mut rest = flat[at..].iter();
        text.chars().all(|c| rest.next() == Some(&c))
    };
    for at in 0..flat.len() {
        if starts_with(at, "#![cfg(test)]") {
            lines.iter_mut().for_each(|line| line.test = true);
        } else if TEST_ATTRIBUTES.iter().any(|text| starts_with(at, text)) {
            let end = at + item_length(&flat[at..]);
            let last = places[end.min(places.len() - 1)];
            for line in &mut lines[places[at]..=last] {
                line.test = true;
            }
        }
    }
}

/// The position of the last character of the item that starts, with its attributes, at `rest`.
fn item_length(rest: &[char]) -> usize {
    let (mut depth, mut angle) = (0_usize, 0_i32);
    for (at, c) in rest.iter().enumerate() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return at.saturating_sub(1),
            ')' | ']' => depth -= 1,
            '}' if depth == 1 => return at,
            '}' => depth -= 1,
            '<' => angle += 1,
            '>' if at > 0 && !matches!(rest[at - 1], '-' | '=') => angle -= 1,
            ';' if depth == 0 => return at,
            ',' if depth == 0 && angle <= 0 => return at,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::Code;

    /// Every literal is written as one quote here.
    #[test]
    fn comments_and_literals_are_blanked() {
        let cases = [
            ("a // std::fs", "a"),
            ("a /* x /* y */ z */ b", "a b"),
            (r#"f("// \" x") g"#, r#"f(") g"#),
            (r#"r"\" b"#, r#"" b"#),
            (r##"r#"a"b"# c"##, r#"" c"#),
            (r###"br##""#"## c"###, r#"" c"#),
            (r"r#type b'\'' 'x' '\\' d", r#"r#type " " " d"#),
            ("&'a str '\"' e", "&'a str \" e"),
            (r"'\u{1F600}' <'static>", "\" <'static>"),
            ("for\"x\" c\"y\" 1u8", "for\" \" 1u8"),
            ("\"never closed", "\""),
            ("/* never closed", ""),
        ];
        for (text, expected) in cases {
            let parsed = Code::parse(text);
            let mut found: Vec<char> = parsed.line(1).unwrap().code.chars().collect();
            found.dedup_by(|a, b| a == b && matches!(a, '"' | ' '));
            let found: String = found.into_iter().collect();
            assert_eq!(found.trim_end(), expected, "{text}");
        }
    }

    #[test]
    fn a_literal_over_several_lines_keeps_the_line_numbers() {
        let code = Code::parse("let a = \"one\n// two\n\"; // three\nfour");
        assert_eq!(code.line(2).unwrap().comment, "");
        assert_eq!(code.line(3).unwrap().comment, "// three");
        assert_eq!(code.line(4).unwrap().code, "four");
        assert_eq!(code.lines().count(), 4);
    }

    #[test]
    fn test_items_are_marked_and_nothing_else() {
        let cases = [
            (
                "#[cfg(test)]\nmod tests {\n fn a() {}\n}\nfn b() {}",
                "ttttl",
            ),
            (
                "#[cfg(test)]\n#[expect(x)]\nuse a::{\n b,\n};\nfn b() {}",
                "tttttl",
            ),
            ("#[cfg(test)]\nmod tests;\nfn b() {}", "ttl"),
            (
                "struct A {\n #[cfg(test)]\n a: B<u8, u8>,\n b: u8,\n}",
                "lttll",
            ),
            ("struct A {\n #[cfg(test)]\n a: u8\n}\nfn b() {}", "lttll"),
            (
                "#[cfg(all(test, unix))]\nfn a<A, B>()\n{\n}\nfn b() {}",
                "ttttl",
            ),
            ("#[cfg(not(test))]\nfn a() {}", "ll"),
            ("#[cfg(any(test, unix))]\nfn a() {}", "ll"),
            ("// #[cfg(test)]\nfn a() {}", "ll"),
            ("let a = \"#[cfg(test)]\";\nfn a() {}", "ll"),
            ("#[test]\nfn a() {\n '}';\n}\nfn b() {}", "ttttl"),
            ("#![cfg(test)]\nfn a() {}", "tt"),
        ];
        for (text, expected) in cases {
            let code = Code::parse(text);
            let found: String = code
                .lines()
                .map(|(_, line)| if line.test { 't' } else { 'l' })
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
