//! `batpak stats`: how many events there are and what they cost on disk.

use std::collections::BTreeMap;

use batpak::store::StoreUsage;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::output::{Output, bytes, count, table};
use crate::store;

/// Arguments of `stats`.
#[derive(Args, Debug)]
pub(crate) struct StatsArgs {}

/// The numbers, in the order of the JSON keys.
#[derive(Debug, Serialize)]
pub(crate) struct Stats {
    /// Events in the store.
    pub(crate) events: u64,
    /// Streams: one per entity.
    pub(crate) streams: u64,
    /// Sequence of the newest event, 0 when there is none.
    pub(crate) head: u64,
    /// Segment files.
    pub(crate) segments: u64,
    /// Bytes of all files.
    pub(crate) bytes: u64,
    /// Bytes of all files divided by events, rounded; absent without events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_per_event: Option<u64>,
    /// Bytes by class of file.
    pub(crate) bytes_by_class: BTreeMap<String, u64>,
    /// Bytes free on the file system, where it tells.
    pub(crate) free_bytes: Option<u64>,
}

impl Stats {
    /// Counts the store.
    pub(crate) fn of<S>(store: &batpak::Store<S>) -> Result<Stats> {
        let stats = store.stats();
        let usage = store.usage()?;
        let events = u64::try_from(stats.event_count).unwrap_or(u64::MAX);
        let bytes = usage.files.iter().map(|file| file.bytes).sum();
        Ok(Stats {
            events,
            streams: usage.streams,
            head: stats.global_sequence,
            segments: usage.segments,
            bytes,
            bytes_per_event: per_event(bytes, events),
            bytes_by_class: by_class(&usage),
            free_bytes: usage.free_bytes,
        })
    }
}

/// Prints a table for people or an object for programs.
pub(crate) fn run(context: &Context, _args: &StatsArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let stats = Stats::of(&store)?;
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&stats)?;
    } else {
        output.line(&table(context.width, &rows(&stats), &[1, 2]))?;
    }
    output.finish()
}

/// `total` divided by `events`, rounded.
pub(crate) fn per_event(total: u64, events: u64) -> Option<u64> {
    total.saturating_add(events / 2).checked_div(events)
}

fn by_class(usage: &StoreUsage) -> BTreeMap<String, u64> {
    let mut classes = BTreeMap::new();
    for file in &usage.files {
        *classes.entry(file.class.to_string()).or_insert(0) += file.bytes;
    }
    classes
}

fn rows(stats: &Stats) -> Vec<Vec<String>> {
    let mut rows = vec![
        row("Events", count(stats.events), ""),
        row("Streams", count(stats.streams), ""),
        row("Newest sequence", count(stats.head), ""),
        row("Segments", count(stats.segments), ""),
    ];
    let share = |total| {
        per_event(total, stats.events)
            .map_or_else(String::new, |bytes| format!("{} B per event", count(bytes)))
    };
    for (class, total) in stats.bytes_by_class.iter().filter(|(_, total)| **total > 0) {
        rows.push(row(
            &format!("On disk, {class}"),
            bytes(*total),
            &share(*total),
        ));
    }
    rows.push(row("On disk, all", bytes(stats.bytes), &share(stats.bytes)));
    if let Some(free) = stats.free_bytes {
        rows.push(row("Free on the disk", bytes(free), ""));
    }
    rows
}

fn row(name: &str, value: String, remark: &str) -> Vec<String> {
    vec![name.to_owned(), value, remark.to_owned()]
}
