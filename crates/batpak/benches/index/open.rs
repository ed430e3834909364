//! Opening and closing a store.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use batpak::prelude::*;
use batpak_segment::names;

use crate::bare;
use crate::measure::{Result, Side, alternate, seconds, timed};
use crate::table::{Row, Table, Unit};
use crate::world::{World, append, config, entity, kind, payload, place};

/// The argument of the process that is killed.
pub(crate) const CHILD: &str = "--child-that-is-killed";
/// Events of one of its batches.
const CHILD_BATCH: usize = 100;
/// Events that it appends where it appends a little.
const LITTLE: usize = 1_000;

/// Opens and closes the store, which was closed.
pub(crate) fn clean(world: &World, table: &Table) -> Result<()> {
    let dir = &world.store;
    let mut open = || {
        let (seconds, store) = timed(|| Ok(Store::open(config(dir))?))?;
        store.close()?;
        Ok(seconds)
    };
    let mut close = || {
        let store = Store::open(config(dir))?;
        seconds(|| store.close().map(drop).map_err(Into::into))
    };
    let mut read_only = || {
        let (seconds, store) = timed(|| Ok(Store::open_read_only(config(dir))?))?;
        drop(store);
        Ok(seconds)
    };
    let mut headers = || seconds(|| bare::read_headers(dir));
    let sides: [Side<'_>; 4] = [&mut open, &mut close, &mut read_only, &mut headers];
    let [open, close, read_only, headers] = alternate(world.options.rounds(), sides)?;
    let headers = Some(&headers);
    table.row(&time("open after a clean close", "10 ms"), &open, headers);
    table.row(&time("close without an append", ""), &close, None);
    table.row(&time("open read-only", ""), &read_only, headers);
    Ok(())
}

/// Opens the store after its writer was killed: one that appended a little to a store that had been
/// closed, and one that had written all of it.
pub(crate) fn killed(world: &World, table: &Table) -> Result<()> {
    let little = world.copy(&world.store, "killed")?;
    let row = time("open after a kill", "100 ms");
    open_after(world, table, &row, &little, || {
        append_and_die(&little, LITTLE)
    })?;
    let all = world.path("killed-filling");
    append_and_die(&all, world.options.events)?;
    let copy = world.path("killed-copy");
    let row = time("open after a kill while filling", "100 ms");
    let copy_again = || world.copy(&all, "killed-copy").map(drop);
    open_after(world, table, &row, &copy, copy_again)
}

/// Opens a store after each time that `kill` left it as a killed writer does.
fn open_after(
    world: &World,
    table: &Table,
    row: &Row,
    dir: &Path,
    kill: impl Fn() -> Result<()>,
) -> Result<()> {
    let mut bare = || {
        kill()?;
        let newest = bare::segments(dir)?.pop().ok_or("no segment")?;
        seconds(|| bare::checksum(&newest))
    };
    let mut ours = || {
        let (seconds, store) = timed(|| Ok(Store::open(config(dir))?))?;
        if store.open_report().clean {
            return Err("the writer was killed, and its store says that it was closed".into());
        }
        store.close()?;
        Ok(seconds)
    };
    let [bare, ours] = alternate(world.options.rounds(), [&mut bare, &mut ours])?;
    table.row(row, &ours, Some(&bare));
    Ok(())
}

/// Closes the store after one append.
pub(crate) fn close(world: &World, table: &Table) -> Result<()> {
    let dir = world.copy(&world.store, "appended")?;
    let mut ours = || {
        let store = Store::open(config(&dir))?;
        store.append(&place(&entity(0))?, kind(0), &payload(0))?;
        seconds(|| store.close().map(drop).map_err(Into::into))
    };
    let (frames, identity) = (world.path("frames"), world.path("identity"));
    let slot = fs::metadata(dir.join(names::IDENTITY))?.len() / 2;
    let slot = vec![1; usize::try_from(slot)?];
    let mut bare = || {
        let (frames, identity) = (File::create(&frames)?, File::create(&identity)?);
        frames.write_all_at(&[0; 8192], 0)?;
        identity.write_all_at(&slot, 0)?;
        frames.sync_all()?;
        identity.sync_all()?;
        frames.write_all_at(&[1; 256], 0)?;
        seconds(|| {
            frames.sync_data()?;
            identity.write_all_at(&slot, 0)?;
            Ok(identity.sync_data()?)
        })
    };
    let [ours, bare] = alternate(world.options.rounds(), [&mut ours, &mut bare])?;
    table.row(&time("close after one append", "50 ms"), &ours, Some(&bare));
    Ok(())
}

/// The process that is killed: appends, says so, and waits for its end.
pub(crate) fn child(dir: &Path, events: &str) -> Result<()> {
    let store = Store::open(config(dir).with_durability(Durability::Synced))?;
    append(&store, events.parse()?, CHILD_BATCH)?;
    println!("appended");
    io::stdin().read_line(&mut String::new())?;
    Err("nobody killed the writer".into())
}

/// Lets another process append to the store, and kills it.
fn append_and_die(dir: &Path, events: usize) -> Result<()> {
    let mut child = Command::new(env::current_exe()?)
        .args([CHILD.as_ref(), dir.as_os_str()])
        .arg(events.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = String::new();
    let output = child.stdout.take().ok_or("the writer has no output")?;
    BufReader::new(output).read_line(&mut said)?;
    child.kill()?;
    child.wait()?;
    if said.trim_end() == "appended" {
        Ok(())
    } else {
        Err("the writer ended before it was killed".into())
    }
}

fn time(work: &str, budget: &'static str) -> Row {
    Row::new(work, Unit::Time, budget)
}
