//! The table for people, and the objects for programs.

use serde_json::{Map, Value, json};

use crate::measure::{Result, Series, alternate, seconds};

/// What a figure counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Seconds, for one piece of work.
    Time,
    /// Events per second.
    Rate,
    /// Bytes.
    Bytes,
}

/// One line of the table, without its figures.
#[derive(Debug)]
pub(crate) struct Row {
    work: String,
    unit: Unit,
    budget: &'static str,
    note: String,
}

impl Row {
    /// A piece of work, and the first budget that the design has for it; empty where it has none.
    pub(crate) fn new(work: impl Into<String>, unit: Unit, budget: &'static str) -> Row {
        let (work, note) = (work.into(), String::new());
        Row {
            work,
            unit,
            budget,
            note,
        }
    }

    /// Adds what else a reader wants to know.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Row {
        self.note = note.into();
        self
    }
}

/// Writes rows as they come.
#[derive(Debug)]
pub(crate) struct Table {
    json: bool,
    rounds: usize,
}

impl Table {
    /// A table or objects, of so many rounds.
    pub(crate) fn new(json: bool, rounds: usize) -> Table {
        Table { json, rounds }
    }

    /// The names of the columns.
    pub(crate) fn head(&self) {
        self.line(["work", "ours", "bare", "ratio", "budget", ""]);
    }

    /// Measures both sides, which do `pieces` pieces of the work each time, and writes the row.
    pub(crate) fn compare(
        &self,
        row: &Row,
        pieces: usize,
        mut ours: impl FnMut() -> Result<()>,
        mut bare: impl FnMut() -> Result<()>,
    ) -> Result<()> {
        let figure = |seconds: f64| match row.unit {
            Unit::Rate => pieces as f64 / seconds,
            Unit::Time | Unit::Bytes => seconds / pieces as f64,
        };
        let mut ours = || seconds(&mut ours).map(figure);
        let mut bare = || seconds(&mut bare).map(figure);
        let [ours, bare] = alternate(self.rounds, [&mut ours, &mut bare])?;
        self.row(row, &ours, Some(&bare));
        Ok(())
    }

    /// Writes a row of the store's figures and, where there is one, the bare loop's.
    pub(crate) fn row(&self, row: &Row, ours: &Series, bare: Option<&Series>) {
        let ratio = bare.map(|bare| ours.median() / bare.median());
        if self.json {
            return println!("{}", object(row, ours, bare, ratio));
        }
        let show = |series: &Series| with_spread(row.unit, series);
        self.line([
            &row.work,
            &show(ours),
            &bare.map_or_else(String::new, show),
            &ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            row.budget,
            &row.note,
        ]);
    }

    /// What the figures were measured on.
    pub(crate) fn close(&self, facts: &Map<String, Value>) {
        if self.json {
            return println!("{}", json!(facts));
        }
        let facts = facts.iter().map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        });
        println!("\n{}", facts.collect::<Vec<String>>().join("; "));
    }

    fn line(&self, [work, ours, bare, ratio, budget, note]: [&str; 6]) {
        if !self.json {
            let line =
                format!("{work:<40}  {ours:<30}  {bare:<30}  {ratio:>8}  {budget:<24}  {note}");
            println!("{}", line.trim_end());
        }
    }
}

fn object(row: &Row, ours: &Series, bare: Option<&Series>, ratio: Option<f64>) -> Value {
    let series = |series: &Series| {
        let (min, max) = series.spread();
        json!({"median": series.median(), "min": min, "max": max})
    };
    let unit = match row.unit {
        Unit::Time => "seconds",
        Unit::Rate => "events per second",
        Unit::Bytes => "bytes",
    };
    json!({
        "work": row.work, "unit": unit, "ours": series(ours), "bare": bare.map(series),
        "ratio": ratio, "budget": row.budget, "note": row.note,
    })
}

/// The median, and where they differ the least and the greatest.
fn with_spread(unit: Unit, series: &Series) -> String {
    let (min, max) = series.spread();
    let median = shown(unit, series.median());
    if min < max {
        format!("{median} ({} .. {})", shown(unit, min), shown(unit, max))
    } else {
        median
    }
}

fn shown(unit: Unit, figure: f64) -> String {
    let scales: &[(f64, &str)] = match unit {
        Unit::Time => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")],
        Unit::Rate => &[(1e6, "M/s"), (1e3, "k/s"), (1.0, "/s")],
        Unit::Bytes => &[(1_048_576.0, "MiB"), (1024.0, "KiB"), (1.0, "B")],
    };
    let mut scales = scales.iter().copied();
    let fits = |(scale, _): &(f64, &str)| figure.abs() >= *scale;
    let smallest = scales.clone().last();
    let (scale, name) = scales.find(fits).or(smallest).unwrap_or((1.0, ""));
    let scaled = figure / scale;
    let digits = usize::from(scaled.abs() < 100.0) + usize::from(scaled.abs() < 10.0);
    format!("{scaled:.digits$} {name}")
}
