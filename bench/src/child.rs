//! One run, in a process of its own.

mod append;
mod stored;

use std::path::Path;

use crate::Result;
use crate::measure::Figures;
use crate::peer::{self, Lack, Level};
use crate::workload::{Kind, Workload};

/// A part of a run that needs a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Stage {
    /// The only part.
    Whole,
    /// Fills a store and closes it.
    Fill,
    /// Fills a store and is killed.
    FillKilled,
    /// Reads what a `Fill` left.
    Read,
    /// Opens what a `FillKilled` left.
    Open,
}

impl Stage {
    /// The parts of a workload, in their order.
    pub(crate) fn of(kind: Kind) -> &'static [Stage] {
        match kind {
            Kind::Append(_) | Kind::Growth => &[Stage::Whole],
            Kind::Stored => &[Stage::Fill, Stage::Read],
            Kind::Killed => &[Stage::FillKilled, Stage::Open],
        }
    }
}

/// Measures one part of a workload with one peer in a directory.
pub(crate) fn run(workload: &Workload, peer: &str, stage: Stage, dir: &Path) -> Result<Figures> {
    let peer = peer::named(peer)?;
    let events = workload.events_of(&peer);
    let lacks_written = peer.lacks.iter().any(|(lack, _)| *lack == Lack::Written);
    // After a kill nothing may be missing, which some stores promise at this level only.
    let level = match lacks_written || matches!(workload.kind, Kind::Killed) {
        true => Level::Synced,
        false => Level::Written,
    };
    match (workload.kind, stage) {
        (Kind::Append(appends), Stage::Whole) => append::measure(&peer, &appends, events, dir),
        (Kind::Growth, Stage::Whole) => append::growth(&peer, events, dir),
        (Kind::Stored, Stage::Fill) => stored::fill(&peer, level, events, dir, false),
        (Kind::Killed, Stage::FillKilled) => stored::fill(&peer, level, events, dir, true),
        (Kind::Stored, Stage::Read) => stored::read(&peer, level, events, dir),
        (Kind::Killed, Stage::Open) => stored::open_killed(&peer, level, events, dir),
        (kind, stage) => Err(format!("{stage:?} is no part of {kind:?}").into()),
    }
}

/// Where in the directory of a run the store is, apart from what the run keeps for itself.
fn store_dir(dir: &Path) -> std::path::PathBuf {
    dir.join("store")
}
