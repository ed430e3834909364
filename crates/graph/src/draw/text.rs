//! Text that fits its box, and that XML takes.

/// The most lines of a box, and the most columns of a line.
const MOST_LINES: usize = 4;
const MOST_COLUMNS: usize = 28;

/// The lines of a label as far as they fit, and whether anything was cut.
pub(super) fn fitted(lines: &[String]) -> (Vec<String>, bool) {
    let lines = lines.iter().flat_map(|line| line.split('\n'));
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let shown: Vec<String> = lines
        .iter()
        .take(MOST_LINES)
        .map(|line| cut(line, MOST_COLUMNS))
        .collect();
    let is_cut =
        lines.len() > MOST_LINES || lines.iter().zip(&shown).any(|(line, shown)| line != shown);
    (shown, is_cut)
}

/// The beginning of a line, with an ellipsis where something is left out.
pub(super) fn cut(line: &str, most_columns: usize) -> String {
    if columns(line) <= most_columns {
        return line.to_owned();
    }
    let mut left = most_columns.saturating_sub(1);
    let fits = |letter: &char| {
        let width = width(*letter);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut shown: String = line.chars().take_while(fits).collect();
    shown.push('…');
    shown
}

/// How many columns of a font with letters of one width a line takes, at most.
pub(super) fn columns(line: &str) -> usize {
    line.chars().map(width).sum()
}

/// Letters from the scripts of East Asia on, and pictures, are two columns wide; a tab may be more.
fn width(letter: char) -> usize {
    match letter {
        '\u{1100}'.. => 2,
        _ => 1,
    }
}

/// A letter that every format takes in place of one that some do not.
pub(super) fn printable(letter: char) -> char {
    match letter {
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        letter if letter.is_control() && letter != '\n' => '\u{fffd}',
        letter => letter,
    }
}

/// Appends text to XML.
pub(super) fn escape_into(xml: &mut String, text: &str) {
    for letter in text.chars().map(printable) {
        match letter {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            letter => xml.push(letter),
        }
    }
}

/// How many bytes a letter takes in XML.
pub(super) fn escaped_len(letter: char) -> usize {
    match letter {
        '&' => 5,
        '<' | '>' => 4,
        '"' => 6,
        letter => printable(letter).len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_to_their_columns() {
        for (line, most, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("", 3, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(cut(line, most), expected);
            assert!(columns(&cut(line, most)) <= most + usize::from(expected.ends_with('…')));
        }
    }

    #[test]
    fn what_is_cut_is_said() {
        let fitted_of = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            fitted(&lines)
        };
        assert_eq!(
            fitted_of(&["a", "b"]),
            (vec!["a".into(), "b".into()], false)
        );
        assert_eq!(
            fitted_of(&["a\nb", " "]),
            (vec!["a".into(), "b".into()], false)
        );
        assert!(fitted_of(&["a"; 5]).1);
        assert!(fitted_of(&["more than twenty-eight columns"]).1);
    }

    #[test]
    fn no_letter_breaks_the_document() {
        let mut xml = String::new();
        let text = "<a & \"b\">\u{0}\u{1b}\u{ffff}\n";
        escape_into(&mut xml, text);
        assert_eq!(text.chars().map(escaped_len).sum::<usize>(), xml.len());
        assert_eq!(
            xml,
            "&lt;a &amp; &quot;b&quot;&gt;\u{fffd}\u{fffd}\u{fffd}\n"
        );
    }
}
