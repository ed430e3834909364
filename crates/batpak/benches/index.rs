//! What the index of a store costs: opening and closing, memory, reads, first appends and bytes on
//! disk, each measured beside the bare loop that does the same work without a store.
//!
//! ```sh
//! cargo bench -p batpak --bench index [-- FILTER] [--events N] [--dir DIR] [--quick] [--json]
//! ```
//!
//! Both sides of a row run in turn in one process, after one turn that is not counted; the table
//! shows medians, the least and the greatest. Times are for information and never asserted. The
//! files stay in the page cache, for both sides alike. docs/performance.md says what each row is for.
//!
//! Reading order: `options`, `measure` and `table`, then `world` (the stores) and `bare` (the bare
//! loops), then the rows in `open`, `read`, `project`, `append`, `graph` and `space`.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::env;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[path = "index/append.rs"]
mod append;
#[path = "index/bare.rs"]
mod bare;
#[path = "index/graph.rs"]
mod graph;
#[path = "index/machine.rs"]
mod machine;
#[path = "index/measure.rs"]
mod measure;
#[path = "index/open.rs"]
mod open;
#[path = "index/options.rs"]
mod options;
#[path = "index/project.rs"]
mod project;
#[path = "index/read.rs"]
mod read;
#[path = "index/space.rs"]
mod space;
#[path = "index/table.rs"]
mod table;
#[path = "index/world.rs"]
mod world;

use measure::Result;
use options::Options;
use table::Table;
use world::World;

/// Counts every allocation; on both sides of a row one costs a few nanoseconds more for it.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A group of rows: the name that a filter matches, and what measures them.
type Group = (&'static str, fn(&World, &Table) -> Result<()>);

const GROUPS: [Group; 13] = [
    ("open", open::clean),
    ("killed", open::killed),
    ("close", open::close),
    ("memory", space::memory),
    ("get", read::get),
    ("scan", read::scan),
    ("replay", read::replay),
    ("project", project::project),
    ("page", read::pages),
    ("sparse", read::sparse),
    ("append", append::first),
    ("graph", graph::questions),
    ("disk", space::disk),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [child, dir, events] if child == open::CHILD => open::child(dir.as_ref(), events),
        [child, dir] if child == space::CHILD => space::child(dir.as_ref()),
        _ => run(&arguments),
    };
    if let Err(error) = done {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(arguments: &[String]) -> Result<()> {
    let options = Options::parse(arguments)?;
    let wanted = |name: &str| {
        let filter = options.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter))
    };
    let groups: Vec<Group> = GROUPS
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .collect();
    if groups.is_empty() {
        let names = GROUPS.map(|(name, _)| name).join(", ");
        return Err(format!("no group of rows matches; there are {names}").into());
    }
    machine::warn_of_memory(&options.dir);
    let table = Table::new(options.json, options.rounds());
    let world = World::build(options)?;
    table.head();
    for (_, measure) in groups {
        measure(&world, &table)?;
    }
    table.close(&machine::facts(&world)?);
    Ok(())
}
