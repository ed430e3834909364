//! The pictures: bars, curves and growth, each an SVG.

mod bars;
mod curves;
mod style;

use std::path::Path;

use super::results::Measured;
use crate::Result;

/// A group of bars: its label, the workload, the figure, and what its time is divided by.
pub(super) type Group = (&'static str, &'static str, &'static str);

/// Appends.
const APPENDS: [Group; 7] = [
    ("1 thread\nWritten", "append-1-written", "wall_ns"),
    ("8 threads\nWritten", "append-8-written", "wall_ns"),
    ("pipelined\nWritten", "pipelined", "wall_ns"),
    ("1 thread\nSynced", "append-1-synced", "wall_ns"),
    ("8 threads\nSynced", "append-8-synced", "wall_ns"),
    ("64 guarded\nSynced", "guarded-64", "wall_ns"),
    ("batches of 1,000\nSynced", "batch-1000", "wall_ns"),
];

/// Reads; the workload is the largest that all stores were given.
const READS: [Group; 4] = [
    ("read by id", "stored-", "get_ns"),
    ("one stream,\ndecoded", "stored-", "replay_ns"),
    ("region, warm", "stored-", "select_ns"),
    ("all events", "stored-", "scan_ns"),
];

/// Draws what there are figures for; the file and title of each picture.
pub(super) fn draw_all(measured: &Measured, dir: &Path) -> Result<Vec<(String, String)>> {
    let mut drawn = Vec::new();
    let mut keep = |file: &str, title: &str, is_drawn: bool| {
        if is_drawn {
            drawn.push((file.to_owned(), title.to_owned()));
        }
    };
    let (file, title) = ("bench-appends.svg", "Appends a second");
    let is_drawn = bars::draw(measured, &dir.join(file), title, &APPENDS)?;
    keep(file, title, is_drawn);
    let (file, title) = ("bench-reads.svg", "Events read a second");
    let is_drawn = bars::draw(measured, &dir.join(file), title, &READS)?;
    keep(file, title, is_drawn);
    let (file, title) = ("bench-latency.svg", "Time of an append by percentile");
    let is_drawn = curves::latency(measured, &dir.join(file), title)?;
    keep(file, title, is_drawn);
    let (file, title) = ("bench-growth.svg", "Time of an append as a store grows");
    let is_drawn = curves::growth(measured, &dir.join(file), title)?;
    keep(file, title, is_drawn);
    Ok(drawn)
}
