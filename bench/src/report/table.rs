//! One table for each workload.

use std::fmt::Write;

use super::numbers::{Unit, digits, grouped, shown};
use super::results::{Measured, Seen};

/// What was measured on stores that were filled before: figure, title, unit, and what it means.
pub(super) const STORED: [(&str, &str, Unit, &str); 9] = [
    (
        "open_ns",
        "Open after a clean close",
        Unit::Time,
        "In a new process, the files in the page cache.",
    ),
    (
        "anonymous_bytes",
        "Memory while open",
        Unit::Bytes,
        "Anonymous memory that the open added; mapped files are not in it, caches fill later.",
    ),
    (
        "get_ns",
        "Read by id",
        Unit::Time,
        "Ids anywhere in the log, in no order, after one turn that is not counted.",
    ),
    (
        "replay_ns",
        "Replay of one stream, decoded",
        Unit::Time,
        "Time of an event: 50 streams, each a thousandth of the events, every payload decoded.",
    ),
    (
        "select_ns",
        "Read of a region, warm",
        Unit::Time,
        "Time of an event: ten of the thousand entities, in global order; the best of five.",
    ),
    (
        "cold_ns",
        "Open and read of a region, cold",
        Unit::Time,
        "Both together, once, after the files were dropped from the page cache.",
    ),
    (
        "scan_ns",
        "Scan of all events",
        Unit::Time,
        "Time of an event in global order, payload not decoded; the second scan counts.",
    ),
    (
        "disk_bytes",
        "Bytes on disk of an event",
        Unit::Bytes,
        "Blocks of all files after a clean close, for a payload of 100 bytes and names of 21.",
    ),
    (
        "close_ns",
        "Close after a fill",
        Unit::Time,
        "Of the process that filled the store in batches of 1,000.",
    ),
];

/// The same, of stores whose writer was killed.
pub(super) const KILLED: [(&str, &str, Unit, &str); 2] = [
    (
        "open_ns",
        "Open after SIGKILL",
        Unit::Time,
        "The writer filled the store at `Synced` in batches of 1,000 and was killed after the last.",
    ),
    (
        "anonymous_bytes",
        "Memory after that open",
        Unit::Bytes,
        "Anonymous memory that the open added.",
    ),
];

/// The table of appends.
pub(super) fn appends(measured: &Measured, seen: &Seen, out: &mut String) {
    heading(seen, out);
    out.push_str(
        "| Store | Time of an event | to bare | to best | Events/s | p50 | p99 | p99.9 | Processor | Switches | Write calls | On disk | Events |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for peer in &measured.peers {
        let Some(time) = seen.figure(peer.name, "wall_ns") else {
            continue;
        };
        let median = |name| seen.figure(peer.name, name).map_or(f64::NAN, |f| f.median);
        let cells = [
            name(peer.name, peer.title),
            time.shown(Unit::Time),
            ratio(seen, peer.name, "wall_ns", "bare"),
            to_best(seen, peer.name, "wall_ns"),
            grouped(1e9 / time.median),
            shown(Unit::Time, median("p50_ns")),
            shown(Unit::Time, median("p99_ns")),
            shown(Unit::Time, median("p99.9_ns")),
            shown(Unit::Time, median("processor_ns")),
            digits(median("switches")),
            digits(median("write_calls")),
            shown(Unit::Bytes, median("disk_bytes")),
            seen.events_of(peer.name)
                .map_or_else(String::new, |n| grouped(n as f64)),
        ];
        row(&cells, out);
    }
    absent(measured, &[seen], out);
}

/// One figure of stores of several sizes.
pub(super) fn sizes(
    measured: &Measured,
    sizes: &[&Seen],
    (figure, title, unit, meaning): (&str, &str, Unit, &str),
    out: &mut String,
) {
    let _ = writeln!(out, "### {title}\n\n{meaning}\n");
    out.push_str("| Store |");
    for seen in sizes {
        let _ = write!(
            out,
            " {} events | to bare | to best |",
            grouped(seen.events as f64)
        );
    }
    let _ = writeln!(out, "\n|---|{}", "---|".repeat(3 * sizes.len()));
    for peer in &measured.peers {
        let figures = sizes.iter().map(|seen| seen.figure(peer.name, figure));
        let figures: Vec<_> = figures.collect();
        if figures.iter().all(Option::is_none) {
            continue;
        }
        let mut cells = vec![name(peer.name, peer.title)];
        for (seen, spread) in sizes.iter().zip(figures) {
            cells.push(spread.map_or_else(String::new, |spread| spread.shown(unit)));
            cells.push(ratio(seen, peer.name, figure, "bare"));
            cells.push(to_best(seen, peer.name, figure));
        }
        row(&cells, out);
    }
    out.push('\n');
}

/// The time of an append at every power of ten.
pub(super) fn growth(measured: &Measured, seen: &Seen, out: &mut String) {
    heading(seen, out);
    let steps = steps(seen);
    out.push_str("| Store |");
    for step in &steps {
        let _ = write!(out, " {} |", grouped(*step as f64));
    }
    let _ = writeln!(
        out,
        " last to first |\n|---|{}---|",
        "---|".repeat(steps.len())
    );
    for peer in &measured.peers {
        let times: Vec<_> = steps
            .iter()
            .filter_map(|step| seen.figure(peer.name, &format!("at_{step}_ns")))
            .collect();
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            continue;
        };
        let mut cells = vec![name(peer.name, peer.title)];
        cells.extend(times.iter().map(|time| time.shown(Unit::Time)));
        cells.push(digits(last.median / first.median));
        row(&cells, out);
    }
    absent(measured, &[seen], out);
}

/// The powers of ten up to the events of a run.
pub(super) fn steps(seen: &Seen) -> Vec<u64> {
    let tens = (4..12).map(|power| 10_u64.pow(power));
    tens.take_while(|step| *step <= seen.events).collect()
}

fn heading(seen: &Seen, out: &mut String) {
    let rounds = match seen.rounds() {
        1 => "One round".to_owned(),
        rounds => format!("{rounds} rounds"),
    };
    let _ = writeln!(out, "### {}\n\n{rounds}.\n", seen.title);
}

/// Who is missing, and why, where that is not the choice of the workload.
pub(super) fn absent(measured: &Measured, seen: &[&Seen], out: &mut String) {
    let mut lines: Vec<String> = Vec::new();
    for peer in &measured.peers {
        let mut reasons = seen.iter().filter_map(|seen| seen.reason(peer.name));
        if let Some(reason) = reasons.next() {
            lines.push(format!("{}: {reason}", peer.title));
        }
    }
    if !lines.is_empty() {
        let _ = writeln!(out, "\nAbsent: {}.", lines.join("; "));
    }
    out.push('\n');
}

fn name(peer: &str, title: &str) -> String {
    if peer == "batpak" {
        format!("**{title}**")
    } else {
        title.to_owned()
    }
}

fn row(cells: &[String], out: &mut String) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// The ratio of medians; less than one is better than the other peer.
fn ratio(seen: &Seen, peer: &str, figure: &str, to: &str) -> String {
    let figures = seen.figure(peer, figure).zip(seen.figure(to, figure));
    let ratio = figures.map(|(ours, theirs)| ours.median / theirs.median);
    shown_ratio(ratio)
}

fn to_best(seen: &Seen, peer: &str, figure: &str) -> String {
    let ours = seen.figure(peer, figure).map(|spread| spread.median);
    shown_ratio(
        ours.zip(seen.best_other(figure))
            .map(|(ours, (_, best))| ours / best),
    )
}

fn shown_ratio(ratio: Option<f64>) -> String {
    let ratio = ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0);
    ratio.map_or_else(String::new, digits)
}
