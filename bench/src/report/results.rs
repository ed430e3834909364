//! The results of a file, by workload and peer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::numbers::Spread;
use crate::Result;
use crate::machine::Machine;
use crate::measure::Figures;
use crate::peer::{self, Entry};
use crate::record::Record;

/// All that was measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) machine: Machine,
    pub(super) workloads: Vec<Seen>,
    pub(super) peers: Vec<Entry>,
}

/// One workload, with the runs of each peer.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) events: u64,
    runs: BTreeMap<String, Vec<(u64, Figures)>>,
    absent: BTreeMap<String, String>,
}

impl Measured {
    /// Reads a file. A last line that was cut off is passed over, as after a crash.
    pub(super) fn read(path: &Path) -> Result<Measured> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut measured = Measured {
            machine: Machine::default(),
            workloads: Vec::new(),
            peers: peer::all(),
        };
        let last = text.lines().count();
        for (number, line) in (1..).zip(text.lines()) {
            match serde_json::from_str(line) {
                Ok(record) => measured.add(record),
                Err(_) if number == last && !text.ends_with('\n') => {}
                Err(error) => {
                    return Err(format!("{}, line {number}: {error}", path.display()).into());
                }
            }
        }
        match measured.workloads.is_empty() {
            true => Err(format!("{} holds no results", path.display()).into()),
            false => Ok(measured),
        }
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Machine(machine) => self.machine = machine,
            Record::Workload {
                name,
                title,
                events,
                ..
            } => {
                self.workloads.retain(|seen| seen.name != name);
                self.workloads.push(Seen {
                    name,
                    title,
                    events,
                    runs: BTreeMap::new(),
                    absent: BTreeMap::new(),
                });
            }
            Record::Run {
                workload,
                peer,
                events,
                figures,
                ..
            } => {
                if let Some(seen) = self.of(&workload) {
                    seen.runs.entry(peer).or_default().push((events, figures));
                }
            }
            Record::Absent {
                workload,
                peer,
                reason,
            } => {
                if let Some(seen) = self.of(&workload) {
                    seen.absent.insert(peer, reason);
                }
            }
        }
    }

    fn of(&mut self, name: &str) -> Option<&mut Seen> {
        self.workloads.iter_mut().find(|seen| seen.name == name)
    }

    /// The workload with a name.
    pub(super) fn named(&self, name: &str) -> Option<&Seen> {
        self.workloads.iter().find(|seen| seen.name == name)
    }

    /// The workloads whose names are these words and then a number, by that number.
    pub(super) fn sizes(&self, prefix: &str) -> Vec<&Seen> {
        let all = self.workloads.iter();
        let mut sizes: Vec<&Seen> = all.filter(|seen| seen.name.starts_with(prefix)).collect();
        sizes.sort_by_key(|seen| seen.events);
        sizes
    }

    /// Name in tables.
    pub(super) fn title(&self, peer: &str) -> &'static str {
        let found = self.peers.iter().find(|entry| entry.name == peer);
        found.map_or("?", |entry| entry.title)
    }
}

/// Stores that are compared with: neither this one nor the bare loops.
pub(super) fn is_other(peer: &str) -> bool {
    !matches!(peer, "batpak" | "bare" | "bare-write")
}

impl Seen {
    /// A figure of a peer over all rounds.
    pub(super) fn figure(&self, peer: &str, name: &str) -> Option<Spread> {
        let runs = self.runs.get(peer)?.iter();
        Spread::of(
            runs.filter_map(|(_, figures)| figures.get(name).copied())
                .collect(),
        )
    }

    /// The best of the other stores in a figure of which less is better.
    pub(super) fn best_other(&self, name: &str) -> Option<(&str, f64)> {
        let peers = self.runs.keys().filter(|peer| is_other(peer));
        let medians =
            peers.filter_map(|peer| Some((peer.as_str(), self.figure(peer, name)?.median)));
        medians.min_by(|left, right| left.1.total_cmp(&right.1))
    }

    /// Events of the runs of a peer.
    pub(super) fn events_of(&self, peer: &str) -> Option<u64> {
        self.runs.get(peer)?.first().map(|(events, _)| *events)
    }

    /// Why a peer has no figures.
    pub(super) fn reason(&self, peer: &str) -> Option<&str> {
        self.absent.get(peer).map(String::as_str)
    }

    /// Rounds of the peer that has most.
    pub(super) fn rounds(&self) -> usize {
        self.runs.values().map(Vec::len).max().unwrap_or(0)
    }
}
