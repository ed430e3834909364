//! Printing: JSON lines, tables, styles, and counts and sizes for people.

use std::io::{self, BufWriter, StdoutLock, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;

/// Locked and buffered standard output. Call [`Output::finish`], or what is buffered is lost.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    color: bool,
}

impl Output {
    /// Takes standard output for the rest of the command.
    pub(crate) fn new(context: &Context) -> Output {
        Output {
            writer: BufWriter::with_capacity(64 * 1024, io::stdout().lock()),
            color: context.color,
        }
    }

    /// Prints `value` as one line of JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.writer, value)?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// Prints `value` as JSON over several lines.
    pub(crate) fn json_pretty(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer_pretty(&mut self.writer, value)?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// Prints one line.
    pub(crate) fn line(&mut self, line: &str) -> Result<()> {
        writeln!(self.writer, "{line}")?;
        Ok(())
    }

    /// `text` in bold where colors are allowed.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled(text, "1")
    }

    /// `text` in a faint color where colors are allowed.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.styled(text, "2")
    }

    /// `text` in the color of names where colors are allowed.
    pub(crate) fn name(&self, text: &str) -> String {
        self.styled(text, "36")
    }

    /// `text` in the color of something good where colors are allowed.
    pub(crate) fn good(&self, text: &str) -> String {
        self.styled(text, "32")
    }

    /// `text` in the color of something bad where colors are allowed.
    pub(crate) fn bad(&self, text: &str) -> String {
        self.styled(text, "31")
    }

    fn styled(&self, text: &str, code: &str) -> String {
        if self.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Makes what is buffered visible to the reader now.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.writer.flush()?;
        Ok(())
    }

    /// Prints what is buffered.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.flush()
    }
}

/// Prints bytes as they are.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(())
}

/// A borderless table of at most `width` columns; the columns in `right` are aligned right.
pub(crate) fn table(width: usize, rows: &[Vec<String>], right: &[usize]) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if index == 0 { 0 } else { 2 }, 0));
        if right.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 event`, `2 events`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// Bytes for people, in powers of 1024 with three digits: `1.21 KiB`.
pub(crate) fn bytes(number: u64) -> String {
    let mut scaled = u128::from(number) * 100;
    let mut unit = 0;
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    while scaled >= 102_400 && unit + 1 < UNITS.len() {
        scaled = scaled.div_ceil(1024);
        unit += 1;
    }
    let (whole, hundredths) = (scaled / 100, scaled % 100);
    let unit_name = UNITS[unit];
    match (unit, whole) {
        (0, _) | (_, 100..) => format!("{whole} {unit_name}"),
        (_, 10..) => format!("{whole}.{} {unit_name}", hundredths / 10),
        _ => format!("{whole}.{hundredths:02} {unit_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, counted, table};

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "event"), "1 event");
        assert_eq!(counted(0, "event"), "0 events");
    }

    #[test]
    fn bytes_keep_three_digits() {
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (15 * 1024 + 512, "15.5 KiB"),
            (200 * 1024 * 1024, "200 MiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        assert!(bytes(u64::MAX).ends_with(" EiB"));
    }

    #[test]
    fn tables_align_by_display_width() {
        let rows = [
            vec!["名".to_owned(), "1".to_owned()],
            vec!["name".to_owned(), "200".to_owned()],
        ];
        assert_eq!(table(80, &rows, &[1]), "名      1\nname  200");
    }
}
