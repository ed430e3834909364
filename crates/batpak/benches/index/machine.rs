//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Map, Value, json};

use crate::measure::Result;
use crate::world::World;

/// Warns when a directory is kept in memory.
pub(crate) fn warn_of_memory(dir: &Path) {
    if matches!(file_system(dir).as_str(), "tmpfs" | "ramfs") {
        let dir = dir.display();
        eprintln!("warning: {dir} is in memory: this shows nothing about a disk; use --dir DIR");
    }
}

/// The facts, by name.
pub(crate) fn facts(world: &World) -> Result<Map<String, Value>> {
    let dir = &world.options.dir;
    let segments = world.log.last().map(|(_, place)| place.segment_id);
    let cores = thread::available_parallelism()?.get();
    let facts = [
        ("events", json!(world.options.events)),
        ("segments", json!(segments)),
        ("dir", json!(dir.display().to_string())),
        ("file system", json!(file_system(dir))),
        ("cores", json!(cores)),
        ("cpu", json!(processor())),
    ];
    Ok(facts
        .into_iter()
        .map(|(name, fact)| (name.to_owned(), fact))
        .collect())
}

/// The kind of the file system whose mount point is the longest prefix of `dir`.
fn file_system(dir: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let kinds = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        dir.starts_with(point).then_some((point.len(), kind))
    });
    let longest = kinds.max_by_key(|(length, _)| *length);
    longest.map_or("unknown", |(_, kind)| kind).to_owned()
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    model.unwrap_or_else(|| "unknown".to_owned())
}
