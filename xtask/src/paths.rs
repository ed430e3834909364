//! The paths that code names, with the groups of `use` trees written out.

use crate::code::{Code, is_word};

/// Every path of the code that is compiled outside tests, with its line, from 1.
///
/// `use std::{fs, io::{self, Read}};` gives `std::fs`, `std::io::self` and `std::io::Read`.
pub(crate) fn paths(code: &Code) -> Vec<(usize, String)> {
    let tokens: Vec<(usize, &str)> = code
        .library()
        .flat_map(|(number, line)| tokens(&line.code).map(move |token| (number, token)))
        .collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((_, token)) = tokens.get(at) {
        at = if token.starts_with(is_word) {
            path(&tokens, at, "", &mut found)
        } else {
            at + 1
        };
    }
    found
}

/// Reads the path that starts at `at`, after `prefix`; returns the position behind it.
fn path(
    tokens: &[(usize, &str)],
    mut at: usize,
    prefix: &str,
    found: &mut Vec<(usize, String)>,
) -> usize {
    let token = |at: usize| tokens.get(at).map_or("", |(_, token)| *token);
    let line = tokens[at].0;
    let mut name = format!("{prefix}{}", token(at));
    at += 1;
    while token(at) == "::" {
        at += 1;
        if token(at) == "{" {
            at += 1;
            while !matches!(token(at), "}" | "") {
                at = match token(at) {
                    "as" => at + 2,
                    item if is_segment(item) => path(tokens, at, &format!("{name}::"), found),
                    _ => at + 1,
                };
            }
            return at + 1;
        }
        if !is_segment(token(at)) {
            break;
        }
        name = format!("{name}::{}", token(at));
        at += 1;
    }
    found.push((line, name));
    at
}

fn is_segment(token: &str) -> bool {
    token == "*" || token.starts_with(is_word)
}

/// Words, `::` and single characters; a `::` after white space starts a path and continues none.
fn tokens(code: &str) -> impl Iterator<Item = &str> {
    let mut rest = code;
    std::iter::from_fn(move || {
        let trimmed = rest.trim_start();
        let first = trimmed.chars().next()?;
        let length = if is_word(first) {
            trimmed.find(|c| !is_word(c)).unwrap_or(trimmed.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, later) = trimmed.split_at(length);
        rest = later;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::paths;
    use crate::code::Code;

    #[test]
    fn use_trees_are_written_out() {
        let cases = [
            ("use std::fs;", "use std::fs"),
            (
                "use std::{fs, io::{self, Read}};",
                "use std::fs std::io::self std::io::Read",
            ),
            ("use std::{io as fs, time};", "use std::io std::time"),
            ("use ::std::*;", "use std::*"),
            ("use std as s;", "use std as s"),
            ("a::<B>::c(d)", "a B c d"),
            ("let x = y * std::fs::read(z);", "let x y std::fs::read z"),
            ("use a::{", "use"),
        ];
        for (text, expected) in cases {
            let found: Vec<String> = paths(&Code::parse(text))
                .into_iter()
                .map(|(_, path)| path)
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_path_in_a_group_has_the_line_it_stands_on() {
        let found = paths(&Code::parse("use std::{\n    io,\n    fs,\n};"));
        assert!(found.contains(&(3, "std::fs".to_owned())), "{found:?}");
    }
}
