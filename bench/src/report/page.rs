//! The page.

use std::fmt::Write;

use super::results::Measured;
use super::summary::summary;
use super::table::{self, KILLED, STORED};

/// What a reader has to know before the figures.
const METHOD: &str = include_str!("method.md");

/// The whole page.
pub(super) fn page(measured: &Measured, pictures: &[(String, String)]) -> String {
    let mut out = String::from(
        "# Benchmarks\n\nThis page is made by `batpak-bench report`; nobody edits it by hand. How it was \
         measured stands [below](#method).\n\n",
    );
    let fact = |wanted: &str| {
        let mut facts = measured.machine.facts.iter();
        let found = facts.find(|(name, _)| name == wanted);
        found.map_or("unknown", |(_, value)| value.as_str())
    };
    let (date, run) = (fact("date"), fact("run"));
    let _ = writeln!(
        out,
        "Every figure is of one machine and of one run, `{run}`, on {date}: use the ratios. *To bare* is the ratio to a bare loop that \
         writes the same bytes, *to best* the ratio to the best other store. Less is better \
         everywhere but under *Events/s*.\n\n## Summary\n"
    );
    summary(measured, &mut out);
    for (file, title) in pictures {
        let _ = writeln!(out, "![{title}](pictures/{file})\n");
    }
    out.push_str("## Appends\n\n");
    for seen in &measured.workloads {
        if seen.figure("batpak", "wall_ns").is_some() || seen.figure("bare", "wall_ns").is_some() {
            table::appends(measured, seen, &mut out);
        }
    }
    for (title, prefix, figures) in [
        ("Opening and reading", "stored-", &STORED[..]),
        ("After a kill", "killed-", &KILLED[..]),
    ] {
        let sizes = measured.sizes(prefix);
        if sizes.is_empty() {
            continue;
        }
        let _ = writeln!(out, "## {title}\n");
        for figure in figures {
            table::sizes(measured, &sizes, *figure, &mut out);
        }
        table::absent(measured, &sizes, &mut out);
    }
    let growths = measured.sizes("growth");
    if !growths.is_empty() {
        out.push_str("## Growth\n\nTime of an event over the second half of the way to each number of events, rotations and all.\n\n");
        for seen in growths {
            table::growth(measured, seen, &mut out);
        }
    }
    out.push_str("## Machine\n\n| | |\n|---|---|\n");
    for (name, value) in &measured.machine.facts {
        let _ = writeln!(out, "| {name} | {value} |");
    }
    out.push('\n');
    out.push_str(METHOD);
    out.push_str("\n### Stores\n\n| Store | Settings |\n|---|---|\n");
    for peer in &measured.peers {
        let _ = writeln!(out, "| {} | {} |", peer.title, peer.settings);
    }
    out
}
