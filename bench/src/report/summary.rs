//! What the figures come to: where this store is ahead, and where it is behind.

use std::fmt::Write;

use super::numbers::{Unit, digits, grouped, shown};
use super::results::{Measured, Seen};
use super::table::{KILLED, STORED};

/// One comparison.
struct Line {
    work: String,
    ours: String,
    to_bare: Option<f64>,
    /// The best other store, its figure, and ours in relation to it.
    best: Option<(String, String, f64)>,
}

/// The table, and two sentences in front of it.
pub(super) fn summary(measured: &Measured, out: &mut String) {
    let lines = lines(measured);
    let compared = lines
        .iter()
        .filter_map(|line| Some((line, line.best.as_ref()?)));
    let (mut ahead, mut behind): (Vec<_>, Vec<_>) =
        compared.partition(|(_, (_, _, ratio))| *ratio <= 1.0);
    ahead.sort_by(|left, right| left.1.2.total_cmp(&right.1.2));
    behind.sort_by(|left, right| right.1.2.total_cmp(&left.1.2));
    let all = ahead.len() + behind.len();
    let _ = writeln!(
        out,
        "batpak is ahead of every other store in {} of {all} comparisons, and behind the best of them in {}.\n",
        ahead.len(),
        behind.len()
    );
    if !behind.is_empty() {
        out.push_str("Where it is behind, the largest distance first:\n\n");
        for (line, (name, _, ratio)) in &behind {
            let _ = writeln!(out, "- {}: {} times {name}", line.work, digits(*ratio));
        }
        out.push('\n');
    }
    if !ahead.is_empty() {
        out.push_str("Where it is ahead, the largest lead first:\n\n");
        for (line, (name, _, ratio)) in &ahead {
            let _ = writeln!(
                out,
                "- {}: {name} takes {} times as much",
                line.work,
                digits(1.0 / ratio)
            );
        }
        out.push('\n');
    }
    out.push_str(
        "All of them:\n\n| Work | batpak | to bare | best other store | to best |\n|---|---|---|---|---|\n",
    );
    for line in &lines {
        let (best, to_best) = match &line.best {
            Some((name, figure, ratio)) => (format!("{name}, {figure}"), digits(*ratio)),
            None => (String::new(), String::new()),
        };
        let to_bare = line.to_bare.map_or_else(String::new, digits);
        let (work, ours) = (&line.work, &line.ours);
        let _ = writeln!(out, "| {work} | {ours} | {to_bare} | {best} | {to_best} |");
    }
    out.push('\n');
}

fn lines(measured: &Measured) -> Vec<Line> {
    let mut lines = Vec::new();
    for seen in &measured.workloads {
        lines.extend(line(measured, seen, "wall_ns", &seen.title, Unit::Time));
    }
    for (prefix, figures) in [("stored-", &STORED[..]), ("killed-", &KILLED[..])] {
        // Sizes that only some peers were given stand in their tables.
        let sizes = measured.sizes(prefix);
        let common = sizes.iter().rev().find(|seen| seen.events <= 1_000_000);
        let Some(seen) = common.or(sizes.last()) else {
            continue;
        };
        for (figure, title, unit, _) in figures {
            let work = format!("{title}, {} events", grouped(seen.events as f64));
            lines.extend(line(measured, seen, figure, &work, *unit));
        }
    }
    lines
}

fn line(measured: &Measured, seen: &Seen, figure: &str, work: &str, unit: Unit) -> Option<Line> {
    let ours = seen.figure("batpak", figure)?;
    let bare = seen.figure("bare", figure).map(|bare| bare.median);
    let ratio = |other: f64| ours.median / other;
    let best = seen.best_other(figure).filter(|(_, best)| *best > 0.0);
    let best = best.map(|(name, best)| {
        let title = measured.title(name).to_owned();
        (title, shown(unit, best), ratio(best))
    });
    Some(Line {
        work: work.to_owned(),
        ours: shown(unit, ours.median),
        to_bare: bare.filter(|bare| *bare > 0.0).map(ratio),
        best,
    })
}
