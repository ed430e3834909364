//! Crashes after every mutating call, twice in a row: what was acknowledged is there.

use batpak_event::IdempotencyKey;
use batpak_journal::{AppendError, Draft, DraftCause, Durability, Journal, OpenError, Options};
use batpak_platform::Platform;
use batpak_sim::SimDisk;

use crate::support::{Shown, draft, findings, open, read_only, shown, small};

/// What a script submitted, in order, and how much of it was acknowledged.
#[derive(Default)]
struct Submitted {
    payloads: Vec<Vec<u8>>,
    acknowledged: usize,
    /// Where units end: recovery keeps none of them in part.
    unit_ends: Vec<usize>,
}

#[derive(Debug)]
enum Stopped {
    #[expect(dead_code, reason = "shown by Debug when a script fails")]
    Open(OpenError),
    #[expect(dead_code, reason = "shown by Debug when a script fails")]
    Append(AppendError),
}

impl From<OpenError> for Stopped {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<AppendError> for Stopped {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

impl Submitted {
    fn unit(
        &mut self,
        journal: &Journal,
        drafts: Vec<Draft<'static>>,
        level: Durability,
    ) -> Result<(), AppendError> {
        self.payloads
            .extend(drafts.iter().map(|draft| draft.payload.clone()));
        self.unit_ends.push(self.payloads.len());
        journal.append_unit(drafts, level)?;
        self.acknowledged = self.payloads.len();
        Ok(())
    }

    fn one(&mut self, journal: &Journal, entity: &str, size: usize) -> Result<(), AppendError> {
        let number = u8::try_from(self.payloads.len() % 251).unwrap();
        let unit = vec![draft(entity, &vec![number; size])];
        self.unit(journal, unit, Durability::Synced)
    }
}

/// Appends, batches, keys, rotations, a close, a reopen and an unclean end.
fn script(platform: &Platform, options: &Options, log: &mut Submitted) -> Result<(), Stopped> {
    let journal = Journal::open(platform, options.clone())?.0;
    for size in [0, 1, 300, 513] {
        log.one(&journal, "a", size)?;
    }
    let batch = vec![
        draft("a", b"b1"),
        Draft {
            causes: vec![DraftCause::Prior(0)],
            ..draft("b", b"b2")
        },
        draft("b", &[9; 700]),
    ];
    log.unit(&journal, batch, Durability::Synced)?;
    let key = Some(IdempotencyKey::new(4242));
    log.unit(
        &journal,
        vec![Draft {
            key,
            ..draft("k", b"keyed")
        }],
        Durability::Synced,
    )?;
    for size in [600, 40, 900, 2000] {
        log.one(&journal, "c", size)?;
    }
    journal.close()?;
    let journal = Journal::open(platform, options.clone())?.0;
    for size in [10, 1200, 10] {
        log.one(&journal, "a", size)?;
    }
    drop(journal);
    let journal = Journal::open(platform, options.clone())?.0;
    log.one(&journal, "d", 33)?;
    journal.close()?;
    Ok(())
}

/// Whether a recovered log is a prefix of what was submitted, in whole units, with everything
/// that was acknowledged.
fn check(log: &Submitted, recovered: &[Shown], context: &str) {
    assert!(
        recovered.len() >= log.acknowledged,
        "{context}: acknowledged events are missing"
    );
    assert!(
        recovered.len() <= log.payloads.len(),
        "{context}: more than was submitted"
    );
    for (event, payload) in recovered.iter().zip(&log.payloads) {
        assert_eq!(
            &event.payload, payload,
            "{context}: event {}",
            event.sequence
        );
    }
    let whole = recovered.is_empty() || log.unit_ends.contains(&recovered.len());
    assert!(
        whole,
        "{context}: part of a unit: {} events",
        recovered.len()
    );
}

/// Ways a crash may leave what was not durable.
const SURVIVORS: u64 = 5;

fn crash(disk: &SimDisk, way: u64) {
    match way {
        0 => disk.crash_keep_nothing(),
        1 => disk.crash_keep_all(),
        2 => disk.kill(),
        seed => disk.crash_seeded(seed),
    }
}

/// Opens, checks, appends, and crashes again; the second recovery must keep all of it.
fn survives_twice(disk: &SimDisk, options: &Options, log: &Submitted, context: &str) {
    let before_reading = disk.fingerprint();
    if let Ok((reader, _)) = batpak_journal::Reader::open(&disk.platform()) {
        check(log, &shown(reader.view()), &format!("{context}, reading"));
    }
    assert_eq!(
        disk.fingerprint(),
        before_reading,
        "{context}: reading changed something"
    );
    let (journal, report) = Journal::open(&disk.platform(), options.clone())
        .unwrap_or_else(|error| panic!("{context}: refused: {error}"));
    let first = shown(journal.view());
    check(log, &first, context);
    assert_eq!(report.events, first.len() as u64);
    journal
        .append(draft("after", b"after"), Durability::Synced)
        .unwrap();
    let with_after = shown(journal.view());
    drop(journal);
    disk.crash_keep_nothing();
    let journal = open(&disk.platform(), options);
    assert_eq!(
        shown(journal.view()),
        with_after,
        "{context}: after the second crash"
    );
    journal.close().unwrap();
    let platform = disk.platform();
    assert_eq!(read_only(&platform), with_after, "{context}: after closing");
    assert_eq!(findings(&platform), Vec::<String>::new(), "{context}");
}

#[test]
fn a_crash_after_every_mutating_call_loses_nothing_acknowledged_twice_in_a_row() {
    let options = small(Durability::Synced);
    let disk = SimDisk::new();
    script(&disk.platform(), &options, &mut Submitted::default()).unwrap();
    let calls = disk.mutating_calls();
    assert!(calls > 60, "the script makes {calls} mutating calls");
    for stop in 0..=calls {
        let disk = SimDisk::new();
        disk.stop_after(stop);
        let mut log = Submitted::default();
        let stopped = script(&disk.platform(), &options, &mut log);
        assert_eq!(stopped.is_err(), stop < calls, "{stop}: {stopped:?}");
        for way in 0..SURVIVORS {
            let world = disk.snapshot();
            crash(&world, way);
            survives_twice(
                &world,
                &options,
                &log,
                &format!("call {stop} of {calls}, way {way}"),
            );
        }
    }
}

#[test]
fn a_crash_after_every_mutating_call_of_a_recovery_loses_nothing() {
    let options = small(Durability::Synced);
    let disk = SimDisk::new();
    script(&disk.platform(), &options, &mut Submitted::default()).unwrap();
    let calls = disk.mutating_calls();
    for stop in (0..calls).step_by(3) {
        let disk = SimDisk::new();
        disk.stop_after(stop);
        let mut log = Submitted::default();
        let _stopped = script(&disk.platform(), &options, &mut log);
        disk.crash_seeded(stop);
        for recovery_stop in 0.. {
            let world = disk.snapshot();
            world.stop_after(recovery_stop);
            let done = Journal::open(&world.platform(), options.clone()).is_ok();
            world.crash_seeded(recovery_stop);
            let context = format!("call {stop}, then call {recovery_stop} of the recovery");
            survives_twice(&world, &options, &log, &context);
            if done {
                break;
            }
        }
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_written() {
    let options = small(Durability::Written);
    for count in 0..30_usize {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &options);
        let mut log = Submitted::default();
        for number in 0..count {
            let unit = vec![draft("a", &vec![7; 17 * number])];
            log.unit(&journal, unit, Durability::Written).unwrap();
        }
        disk.kill();
        drop(journal);
        survives_twice(&disk, &options, &log, &format!("{count} events"));
    }
}

#[test]
fn a_crash_of_a_written_store_keeps_a_prefix() {
    let options = small(Durability::Written);
    for seed in 0..200 {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &options);
        let mut log = Submitted::default();
        for number in 0..20_usize {
            let unit = vec![draft("a", &[1; 40]), draft("b", &vec![2; 11 * number])];
            log.unit(&journal, unit, Durability::Written).unwrap();
            if number == 9 {
                journal.sync().unwrap();
                log.acknowledged = log.payloads.len();
            }
        }
        log.acknowledged = 20;
        disk.crash_seeded(seed);
        drop(journal);
        survives_twice(&disk, &options, &log, &format!("seed {seed}"));
    }
}

#[test]
fn a_torn_tail_and_a_second_unclean_end_leave_a_store_that_opens() {
    let options = small(Durability::Synced);
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &options);
    journal
        .append(draft("a", b"kept"), Durability::Synced)
        .unwrap();
    disk.kill();
    drop(journal);
    let mut bytes = disk.contents("000001.fbat").unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 9;
    bytes[end..end + 100].fill(0xa5);
    disk.put("000001.fbat", bytes);
    for round in 0..4 {
        let (journal, report) = Journal::open(&disk.platform(), options.clone()).unwrap();
        assert_eq!(report.discarded_bytes > 0, round == 0, "{report:?}");
        journal
            .append(draft("a", b"more"), Durability::Synced)
            .unwrap();
        assert_eq!(shown(journal.view()).len(), 2 + round);
        disk.kill();
        drop(journal);
    }
}
