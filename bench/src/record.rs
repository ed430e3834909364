//! The file of results: one object a line, written as it comes, so that a crash loses nothing.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::machine::Machine;
use crate::measure::Figures;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
pub(crate) enum Record {
    /// What the lines behind it were measured on.
    Machine(Machine),
    /// A workload that was begun.
    Workload {
        /// Its name.
        name: String,
        /// Its title.
        title: String,
        /// Its events.
        events: u64,
        /// Its rounds.
        rounds: usize,
    },
    /// A run.
    Run {
        /// Name of the workload.
        workload: String,
        /// Name of the peer.
        peer: String,
        /// Round, from 1.
        round: usize,
        /// Events of the run.
        events: u64,
        /// What it gave.
        figures: Figures,
    },
    /// A peer that has no figures.
    Absent {
        /// Name of the workload.
        workload: String,
        /// Name of the peer.
        peer: String,
        /// Why.
        reason: String,
    },
}

/// The file that is written.
#[derive(Debug)]
pub(crate) struct Results(File);

impl Results {
    /// Begins a new file.
    pub(crate) fn create(path: &Path) -> Result<Results> {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Results(file))
    }

    /// Adds a line.
    pub(crate) fn add(&mut self, record: &Record) -> Result<()> {
        let line = serde_json::to_string(record)? + "\n";
        self.0.write_all(line.as_bytes())?;
        Ok(())
    }
}
