//! What is measured: a table of workloads.

use crate::peer::{Entry, Lack, Level};

/// How events are appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One by one.
    Single,
    /// One by one, each under the condition that its stream did not grow.
    Guarded,
    /// So many in one commit.
    Batch(usize),
    /// So many before they are waited for.
    Pipelined(usize),
}

/// Appends to an empty store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appends {
    /// Threads that append.
    pub(crate) threads: usize,
    /// Level of the store.
    pub(crate) level: Level,
    /// Bytes of an encoded payload.
    pub(crate) payload: usize,
    /// How.
    pub(crate) mode: Mode,
    /// Entities that take turns; 0: every event is the first of its own.
    pub(crate) entities: usize,
}

/// What a run does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Appends.
    Append(Appends),
    /// Appends one by one, timed at every power of ten.
    Growth,
    /// Opens a store that was closed, and reads it.
    Stored,
    /// Opens a store whose writer was killed.
    Killed,
}

/// One workload.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// Name on the command line and in results.
    pub(crate) name: String,
    /// Title of its table.
    pub(crate) title: String,
    /// What it does.
    pub(crate) kind: Kind,
    /// Events of a run.
    pub(crate) events: u64,
    /// Rounds.
    pub(crate) rounds: usize,
    /// The only peers that take part; all when there are none.
    pub(crate) only: &'static [&'static str],
}

/// Entities that take turns where nothing else is said.
pub(crate) const ENTITIES: usize = 1_000;
/// Events that are submitted before they are waited for.
const WINDOW: usize = 1_024;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Under five minutes.
    Quick,
    /// Under forty.
    Full,
}

/// All workloads, in the order of the tables.
pub(crate) fn all(effort: Effort) -> Vec<Workload> {
    let full = effort == Effort::Full;
    // This store closes a segment at 65,536 events, and smaller ones before, so the least number
    // spans several rotations.
    let (written, synced, shared, batched) = match full {
        true => (500_000, 4_000, 16_000, 200_000),
        false => (140_000, 500, 2_000, 20_000),
    };
    let (rounds, few) = if full { (5, 3) } else { (3, 2) };
    let mut list = Vec::new();
    let mut add = |name: &str, title: &str, events, rounds, kind| {
        list.push(Workload {
            name: name.to_owned(),
            title: title.to_owned(),
            kind,
            events,
            rounds,
            only: &[],
        });
    };
    let base = Appends {
        threads: 1,
        level: Level::Written,
        payload: 100,
        mode: Mode::Single,
        entities: ENTITIES,
    };
    for (threads, name) in [(1, "1 thread"), (2, "2 threads"), (8, "8 threads")] {
        let title = format!("Append, {name}, `Written`");
        let kind = Kind::Append(Appends { threads, ..base });
        add(
            &format!("append-{threads}-written"),
            &title,
            written,
            rounds,
            kind,
        );
    }
    for (threads, name) in [(1, "1 thread"), (2, "2 threads"), (8, "8 threads")] {
        let level = Level::Synced;
        let title = format!("Append, {name}, `Synced`");
        let kind = Kind::Append(Appends {
            threads,
            level,
            ..base
        });
        let events = if threads == 8 { shared } else { synced };
        add(
            &format!("append-{threads}-synced"),
            &title,
            events,
            rounds,
            kind,
        );
    }
    for (level, name, events) in [
        (Level::Written, "written", written),
        (Level::Synced, "synced", synced),
    ] {
        let title = match level {
            Level::Written => "Append, 1 thread, `Written`, payload of 1 KiB",
            Level::Synced => "Append, 1 thread, `Synced`, payload of 1 KiB",
        };
        let kind = Kind::Append(Appends {
            level,
            payload: 1024,
            ..base
        });
        add(&format!("append-1k-{name}"), title, events, few, kind);
    }
    for (size, name) in [(100, "100"), (1_000, "1,000")] {
        let (level, mode) = (Level::Synced, Mode::Batch(size));
        let title = format!("Batches of {name}, `Synced`");
        let kind = Kind::Append(Appends {
            level,
            mode,
            ..base
        });
        add(&format!("batch-{size}"), &title, batched, rounds, kind);
    }
    let kind = Kind::Append(Appends {
        mode: Mode::Pipelined(WINDOW),
        ..base
    });
    let title = "Pipelined: 1,024 submitted, then waited for, `Written`";
    add("pipelined", title, written, rounds, kind);
    for threads in [1, 8, 64] {
        let writers = if threads == 1 { "writer" } else { "writers" };
        let title = format!("Guarded appends, {threads} {writers}, `Synced`");
        let (level, mode) = (Level::Synced, Mode::Guarded);
        let kind = Kind::Append(Appends {
            threads,
            level,
            mode,
            ..base
        });
        let events = if threads == 1 { synced } else { shared };
        add(&format!("guarded-{threads}"), &title, events, few, kind);
    }
    for (entities, name, title) in [
        (
            100_000,
            "entities-many",
            "Append among 100,000 entities, 1 thread, `Written`",
        ),
        (
            0,
            "entities-new",
            "Append, every event a new entity, 1 thread, `Written`",
        ),
    ] {
        add(
            name,
            title,
            written,
            few,
            Kind::Append(Appends { entities, ..base }),
        );
    }
    for (events, name, in_quick) in [(100_000, "100,000", true), (1_000_000, "1,000,000", false)] {
        if in_quick || full {
            let title = format!("{name} events, closed");
            add(
                &format!("stored-{events}"),
                &title,
                events,
                few,
                Kind::Stored,
            );
            let title = format!("{name} events, killed");
            add(
                &format!("killed-{events}"),
                &title,
                events,
                few,
                Kind::Killed,
            );
        }
    }
    let growth = if full { 1_000_000 } else { 100_000 };
    add(
        "growth",
        "Time of an append as a store grows",
        growth,
        1,
        Kind::Growth,
    );
    if full {
        add_largest(&mut list);
    }
    list
}

/// Runs whose size only some peers can be given the time for.
fn add_largest(list: &mut Vec<Workload>) {
    list.push(Workload {
        name: "growth-large".to_owned(),
        title: "Time of an append as a store grows to 10,000,000".to_owned(),
        kind: Kind::Growth,
        events: 10_000_000,
        rounds: 1,
        only: &["batpak", "bare"],
    });
    for (name, title, kind) in [
        ("stored-10000000", "10,000,000 events, closed", Kind::Stored),
        ("killed-10000000", "10,000,000 events, killed", Kind::Killed),
    ] {
        list.push(Workload {
            name: name.to_owned(),
            title: title.to_owned(),
            kind,
            events: 10_000_000,
            rounds: 1,
            only: &["batpak", "bare", "sqlite", "lmdb"],
        });
    }
}

impl Workload {
    /// Why a peer has no part in it; `None` when it has.
    pub(crate) fn excludes(&self, peer: &Entry) -> Option<&'static str> {
        if let Some(reason) = peer.missing() {
            return Some(reason);
        }
        if !self.only.is_empty() && !self.only.contains(&peer.name) {
            return Some("left out for its time");
        }
        let lacks = peer.lacks.iter();
        let mut lacks = lacks.filter(|(lack, _)| match (self.kind, lack) {
            (Kind::Append(appends), Lack::Written) => appends.level == Level::Written,
            (Kind::Append(appends), Lack::Guard) => appends.mode == Mode::Guarded,
            (Kind::Growth, Lack::Written) => true,
            (Kind::Stored | Kind::Killed, Lack::Reading) => true,
            _ => false,
        });
        lacks.next().map(|(_, reason)| *reason)
    }

    /// Events that a peer is given: appends one by one to a slow store are fewer.
    pub(crate) fn events_of(&self, peer: &Entry) -> u64 {
        let by_one = matches!(
            self.kind,
            Kind::Append(Appends {
                level: Level::Written,
                mode: Mode::Single,
                ..
            })
        );
        if by_one {
            self.events / peer.share
        } else {
            self.events
        }
    }
}
