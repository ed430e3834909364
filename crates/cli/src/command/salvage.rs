//! `batpak salvage`: copies what can be read of a damaged store into a new one.

use std::path::PathBuf;

use batpak::store::SalvageReport;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Output, count, counted, table};
use crate::progress::{Progress, Unit};
use crate::store::{self, Contents};
use crate::text::printable;

/// Most ranges and events that are listed for people; JSON has all of them.
const LISTED: usize = 20;

/// Arguments of `salvage`.
#[derive(Args, Debug)]
pub(crate) struct SalvageArgs {
    /// Directory of the damaged store; nothing in it is changed
    #[arg(value_name = "SRC")]
    source: PathBuf,
    /// Directory of the new store, empty or new
    #[arg(value_name = "DEST")]
    destination: PathBuf,
}

/// Salvages, and says what was copied and what was not.
pub(crate) fn run(context: &Context, args: &SalvageArgs) -> Result<()> {
    store::existing_at(&args.source)?;
    match store::contents(&args.destination)? {
        Contents::Missing | Contents::Empty => {}
        Contents::Store | Contents::Foreign => {
            return Err(Failure::usage("not-empty", "the destination is not empty")
                .with_path(&args.destination)
                .with_hint("name a new or an empty directory"));
        }
    }
    let mut progress = Progress::new(context, "salvage", Unit::Things("events"), None);
    let report = batpak::store::salvage(&args.source, &args.destination, &mut |done, all| {
        progress.set_of(done, Some(all));
    })
    .map_err(Failure::opening)?;
    drop(progress);
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&Summary::new(&report))?;
    } else {
        print(context, &mut output, args, &report)?;
    }
    output.finish()
}

fn print(
    context: &Context,
    output: &mut Output,
    args: &SalvageArgs,
    report: &SalvageReport,
) -> Result<()> {
    let lost: u64 = report
        .gaps
        .iter()
        .map(|(first, last)| last - first + 1)
        .sum();
    let mut rows = vec![
        ("Source", printable(&args.source.display().to_string())),
        (
            "New store",
            printable(&args.destination.display().to_string()),
        ),
        (
            "Copied",
            format!(
                "{} of {}, up to sequence {}",
                counted(report.events, "event"),
                count(report.events + lost),
                report.last_sequence
            ),
        ),
    ];
    if !report.gaps.is_empty() {
        rows.push(("Lost", format!("{}: {}", count(lost), ranges(&report.gaps))));
    }
    if !report.refused.is_empty() {
        let single: Vec<(u64, u64)> = report.refused.iter().map(|at| (*at, *at)).collect();
        let text = format!("contradict the event before them: {}", ranges(&single));
        rows.push(("Left out", text));
    }
    if !report.unproven.is_empty() {
        let single: Vec<(u64, u64)> = report.unproven.iter().map(|at| (*at, *at)).collect();
        let text = format!("vouched for by a checksum only: {}", ranges(&single));
        rows.push(("Unproven", text));
    }
    if report.beyond > 0 {
        let text = format!(
            "{} behind the damage that nobody was promised",
            counted(report.beyond, "event")
        );
        rows.push(("Left out", text));
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    output.line(&table(context.width, &rows, &[]))?;
    for range in report.damage.iter().take(LISTED) {
        let place = range
            .offset
            .map_or_else(String::new, |offset| format!(", offset {offset}"));
        output.line("")?;
        output.line(&format!(
            "damage: {}\n  file {}{place}",
            printable(&range.damage.to_string()),
            printable(&range.file)
        ))?;
    }
    Ok(())
}

/// `3, 7 to 9, 12`, and how many more there are.
fn ranges(ranges: &[(u64, u64)]) -> String {
    let mut text = ranges
        .iter()
        .take(LISTED)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first} to {last}")
            }
        })
        .collect::<Vec<_>>()
        .join(", ");
    if let Some(more) = ranges.len().checked_sub(LISTED).filter(|more| *more > 0) {
        text.push_str(&format!(" and {more} more (all with --json)"));
    }
    text
}

/// The report as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    events: u64,
    last_sequence: u64,
    gaps: &'a [(u64, u64)],
    refused: &'a [u64],
    unproven: &'a [u64],
    beyond: u64,
    lineage: String,
    branch: String,
    damage: Vec<Damage<'a>>,
}

#[derive(Serialize)]
struct Damage<'a> {
    file: &'a str,
    offset: Option<u64>,
    first_sequence: Option<u64>,
    last_sequence: Option<u64>,
    message: String,
}

impl Summary<'_> {
    fn new(report: &SalvageReport) -> Summary<'_> {
        Summary {
            events: report.events,
            last_sequence: report.last_sequence,
            gaps: &report.gaps,
            refused: &report.refused,
            unproven: &report.unproven,
            beyond: report.beyond,
            lineage: report.lineage.to_string(),
            branch: report.branch.to_string(),
            damage: report
                .damage
                .iter()
                .map(|range| Damage {
                    file: &range.file,
                    offset: range.offset,
                    first_sequence: range.first.map(|sequence| sequence.get()),
                    last_sequence: range.last.map(|sequence| sequence.get()),
                    message: range.damage.to_string(),
                })
                .collect(),
        }
    }
}
