//! Text for a terminal: no control characters, cut by display width.

/// `text` with every control character and every direction mark replaced, so that what an event
/// holds cannot steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' => ' ',
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// [`printable`], but for the ends of lines, which are kept.
pub(crate) fn printable_lines(text: &str) -> String {
    text.split('\n')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n")
}

/// `text`, printable, in at most `width` columns, with an ellipsis where something is cut off.
pub(crate) fn fit(text: &str, width: usize) -> String {
    console::truncate_str(&printable(text), width, "…").into_owned()
}

/// [`fit`], filled with spaces on the right to exactly `width` columns.
pub(crate) fn fit_padded(text: &str, width: usize) -> String {
    let mut text = fit(text, width);
    let used = console::measure_text_width(&text);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    text
}

#[cfg(test)]
mod tests {
    use super::{fit, fit_padded, printable, printable_lines};

    #[test]
    fn terminal_sequences_lose_their_power() {
        assert_eq!(
            printable("a\u{1b}[2Jb\u{9b}c\nd\u{202e}"),
            "a\u{fffd}[2Jb\u{fffd}c d\u{fffd}"
        );
        assert_eq!(
            printable_lines("one\u{1b}\n\u{61c}two\n"),
            "one\u{fffd}\n\u{fffd}two\n"
        );
    }

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(fit("名前名前", 5), "名前…");
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit_padded("名", 4), "名  ");
    }
}
