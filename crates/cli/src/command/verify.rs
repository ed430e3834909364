//! `batpak verify`: checks every byte of the store.

use std::path::Path;
use std::time::{Duration, Instant};

use batpak::store::{Finding, TreeHead, VerifyReport};
use clap::Args;
use serde::Serialize;

use crate::command::head::HeadObject;
use crate::context::Context;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Output, bytes, count, counted, table};
use crate::progress::{Progress, Unit};
use crate::store;
use crate::text::printable;

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// A head that was kept elsewhere, as `batpak
    /// head` printed it: its events must be there
    /// as they were
    #[arg(long, value_name = "SIZE:HEX", verbatim_doc_comment)]
    expect_head: Option<TreeHead>,
}

/// Verifies the named store and prints what was checked and what was found.
pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<()> {
    let dir = store::existing(context)?;
    let (report, elapsed) = check(context, &dir, args.expect_head)?;
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&Summary::new(&report, elapsed))?;
    } else {
        print(context, &mut output, &dir, &report, elapsed)?;
    }
    output.finish()?;
    outcome(&dir, &report)
}

/// Verifies the store in `dir`, with progress, and measures the time.
pub(crate) fn check(
    context: &Context,
    dir: &Path,
    expected: Option<TreeHead>,
) -> Result<(VerifyReport, Duration)> {
    let started = Instant::now();
    let mut progress = Progress::new(context, "verify", Unit::Bytes, None);
    let report = batpak::store::verify_against(dir, expected, &mut |step| {
        progress.set_of(step.bytes_done, Some(step.bytes_total));
    })
    .map_err(Failure::opening)?;
    Ok((report, started.elapsed()))
}

/// A failure unless the store is whole.
pub(crate) fn outcome(dir: &Path, report: &VerifyReport) -> Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let findings = counted(
        u64::try_from(report.findings.len()).unwrap_or(u64::MAX),
        "finding",
    );
    Err(Failure::new(
        Exit::NotWhole,
        "not-whole",
        format!("the store is not whole, {findings}"),
    )
    .with_path(dir)
    .with_hint("keep a copy of the directory as it is; reading commands serve the rest, and `batpak salvage` \
         copies it into a new store"))
}

/// `12 MiB/s, 34,000 events/s`, or nothing when it took no time.
pub(crate) fn speed(report: &VerifyReport, elapsed: Duration) -> String {
    let (bytes_rate, event_rate) = (rate(report.bytes, elapsed), rate(report.events, elapsed));
    format!("{}/s, {} events/s", bytes(bytes_rate), count(event_rate))
}

/// `amount` per second.
pub(crate) fn rate(amount: u64, elapsed: Duration) -> u64 {
    let nanos = elapsed.as_nanos().max(1);
    let per_second = u128::from(amount) * 1_000_000_000 / nanos;
    u64::try_from(per_second).unwrap_or(u64::MAX)
}

/// A time for people: `1.23 s`, `45.6 ms`, `789 µs`.
pub(crate) fn seconds(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    // The limits are where the rounded number would need the next unit.
    if elapsed >= Duration::from_micros(999_950) {
        format!("{seconds:.2} s")
    } else if elapsed >= Duration::from_nanos(999_500) {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{:.0} µs", seconds * 1e6)
    }
}

fn print(
    context: &Context,
    output: &mut Output,
    dir: &Path,
    report: &VerifyReport,
    elapsed: Duration,
) -> Result<()> {
    let checked = format!(
        "{} in {}, {}, {}",
        counted(report.events, "event"),
        counted(report.streams, "stream"),
        counted(report.segments, "segment"),
        bytes(report.bytes),
    );
    let proof = format!(
        "{} by the hash of a later event, {} by the hash in a segment's end, {} in all by the tree of \
         a head, {} by checksum only",
        counted(report.covered_by_successor, "event"),
        count(report.covered_by_close),
        count(report.covered_by_tree),
        count(report.covered_by_checksum),
    );
    let mut head = report.head.to_string();
    if report.unknown_in_head > 0 {
        let unknown = counted(report.unknown_in_head, "event");
        head.push_str(&format!(
            " (unknown in it, because lost or gone: {unknown})"
        ));
    }
    let result = if report.findings.is_empty() {
        output.good("whole")
    } else {
        output.bad("not whole")
    };
    let rows = [
        ("Store", printable(&dir.display().to_string())),
        ("Checked", checked),
        ("Proof", proof),
        ("Head", head),
        (
            "Took",
            format!("{} ({})", seconds(elapsed), speed(report, elapsed)),
        ),
    ];
    let gone = gone(report);
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .chain(gone.map(|gone| ("Gone", gone)))
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    output.line(&table(context.width, &rows, &[]))?;
    output.line(&format!("Result   {result}"))?;
    for finding in &report.findings {
        output.line("")?;
        output.line(&describe(finding))?;
    }
    Ok(())
}

/// The events that the log says are not in it any more, if there are any.
fn gone(report: &VerifyReport) -> Option<String> {
    let events = report.gone.iter().map(|(first, last)| last - first + 1);
    let ranges = counted(
        u64::try_from(report.gone.len()).unwrap_or(u64::MAX),
        "range",
    );
    (!report.gone.is_empty()).then(|| {
        let events = counted(events.sum(), "event");
        format!("{events} in {ranges}, which the log itself says are not there any more")
    })
}

/// A finding over two lines: what, then where.
fn describe(finding: &Finding) -> String {
    let mut place = match finding.file.as_str() {
        "." => "the store as a whole".to_owned(),
        file => format!("file {}", printable(file)),
    };
    if let Some(offset) = finding.offset {
        place.push_str(&format!(", offset {offset}"));
    }
    match (finding.first_sequence, finding.last_sequence) {
        (Some(first), Some(last)) if first != last => {
            place.push_str(&format!(", sequences {first} to {last}"));
        }
        (Some(one), _) | (None, Some(one)) => place.push_str(&format!(", sequence {one}")),
        (None, None) => {}
    }
    let message = printable(&finding.message);
    format!("finding[{}]: {message}\n  {place}", finding.code)
}

/// The report as JSON.
#[derive(Serialize)]
struct Summary<'a> {
    whole: bool,
    events: u64,
    streams: u64,
    segments: u64,
    bytes: u64,
    covered_by_successor: u64,
    covered_by_close: u64,
    covered_by_tree: u64,
    covered_by_checksum: u64,
    head: HeadObject,
    unknown_in_head: u64,
    gone: &'a [(u64, u64)],
    live_writer: bool,
    seconds: f64,
    findings: Vec<FindingObject<'a>>,
}

#[derive(Serialize)]
struct FindingObject<'a> {
    code: &'a str,
    message: &'a str,
    file: &'a str,
    offset: Option<u64>,
    first_sequence: Option<u64>,
    last_sequence: Option<u64>,
}

impl Summary<'_> {
    fn new(report: &VerifyReport, elapsed: Duration) -> Summary<'_> {
        Summary {
            whole: report.findings.is_empty(),
            events: report.events,
            streams: report.streams,
            segments: report.segments,
            bytes: report.bytes,
            covered_by_successor: report.covered_by_successor,
            covered_by_close: report.covered_by_close,
            covered_by_tree: report.covered_by_tree,
            covered_by_checksum: report.covered_by_checksum,
            head: report.head.into(),
            unknown_in_head: report.unknown_in_head,
            gone: &report.gone,
            live_writer: report.live_writer,
            seconds: elapsed.as_secs_f64(),
            findings: report
                .findings
                .iter()
                .map(|finding| FindingObject {
                    code: finding.code,
                    message: &finding.message,
                    file: &finding.file,
                    offset: finding.offset,
                    first_sequence: finding.first_sequence,
                    last_sequence: finding.last_sequence,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;
    use std::time::Duration;

    #[test]
    fn a_time_has_the_unit_that_shows_it() {
        for (nanos, text) in [
            (0, "0 µs"),
            (1_600, "2 µs"),
            (999_499, "999 µs"),
            (999_500, "1.0 ms"),
            (45_649_999, "45.6 ms"),
            (999_949_999, "999.9 ms"),
            (999_950_000, "1.00 s"),
            (61_234_000_000, "61.23 s"),
        ] {
            assert_eq!(seconds(Duration::from_nanos(nanos)), text);
        }
    }
}
