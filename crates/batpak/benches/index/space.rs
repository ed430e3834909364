//! What a store takes: memory while it is open, told by a process of its own that does nothing
//! else, and bytes on disk.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use batpak::Store;
use stats_alloc::INSTRUMENTED_SYSTEM;

use crate::measure::{Result, Series};
use crate::table::{Row, Table, Unit};
use crate::world::{MANY_SEGMENTS, PAYLOAD, World, config};

/// The argument of the process that opens a store and tells what that cost.
pub(crate) const CHILD: &str = "--child-that-tells-its-memory";
/// Events of the small store.
const FEW: usize = 10_000;

/// Memory after opening stores of different sizes.
pub(crate) fn memory(world: &World, table: &Table) -> Result<()> {
    let events = world.options.events;
    let [one, many] = world.segmented("memory")?;
    let few = memory_of(&world.small("memory-few", FEW)?)?;
    let all = memory_of(&world.store)?;
    let (one, many) = (memory_of(&one)?, memory_of(&many)?);
    let per_event = (all.heap - few.heap) / events.saturating_sub(FEW).max(1) as f64;
    let per_segment = (many.heap - one.heap) / (MANY_SEGMENTS - 1) as f64;
    let row = |work: &str, bytes, budget| {
        table.row(
            &Row::new(work, Unit::Bytes, budget),
            &Series::one(bytes),
            None,
        );
    };
    row(&format!("heap, {FEW} events"), few.heap, "");
    row(
        &format!("heap, {events} events"),
        all.heap,
        "live part at most 8 MiB",
    );
    row(
        "heap, per further event",
        per_event,
        "nothing per sealed event",
    );
    row("heap, per further segment", per_segment, "");
    row(&format!("anonymous, {FEW} events"), few.anonymous, "");
    row(&format!("anonymous, {events} events"), all.anonymous, "");
    Ok(())
}

/// Bytes on disk beyond the payload, and by class of file.
pub(crate) fn disk(world: &World, table: &Table) -> Result<()> {
    let store = Store::open_read_only(config(&world.store))?;
    let mut classes = BTreeMap::new();
    for file in store.usage()?.files {
        *classes.entry(file.class).or_insert(0) += file.bytes;
    }
    let each = |bytes: u64| bytes as f64 / world.options.events as f64;
    let beyond = |bytes| Series::one(each(bytes) - PAYLOAD as f64);
    let row = Row::new(
        "disk beyond the payload, per event",
        Unit::Bytes,
        "payload + 190",
    )
    .note("bare: the frames alone");
    let lengths = world.log.iter().map(|(_, place)| u64::from(place.length));
    let (all, frames) = (beyond(classes.values().sum()), beyond(lengths.sum()));
    table.row(&row, &all, Some(&frames));
    for (class, bytes) in classes {
        let work = format!("disk per event, class {class}");
        table.row(
            &Row::new(work, Unit::Bytes, ""),
            &Series::one(each(bytes)),
            None,
        );
    }
    Ok(())
}

/// What a process holds, in bytes.
#[derive(Clone, Copy, Debug)]
struct Memory {
    /// Allocated and not freed.
    heap: f64,
    /// Resident and backed by no file; 0 where the system does not tell.
    anonymous: f64,
}

impl Memory {
    fn now() -> Memory {
        let heap = INSTRUMENTED_SYSTEM.stats();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        Memory {
            heap: heap.bytes_allocated as f64 - heap.bytes_deallocated as f64,
            anonymous: kib.unwrap_or(0.0) * 1024.0,
        }
    }
}

/// The process that opens a store, and tells what it holds more than before.
pub(crate) fn child(dir: &Path) -> Result<()> {
    let before = Memory::now();
    let store = Store::open(config(dir))?;
    let after = Memory::now();
    println!("{}", after.heap - before.heap);
    println!("{}", after.anonymous - before.anonymous);
    store.close()?;
    Ok(())
}

fn memory_of(dir: &Path) -> Result<Memory> {
    let output = Command::new(env::current_exe()?)
        .args([CHILD.as_ref(), dir.as_os_str()])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut figures = text.lines().map(str::parse);
    let mut next = || figures.next().ok_or("the process told nothing");
    let (heap, anonymous) = (next()??, next()??);
    Ok(Memory { heap, anonymous })
}
