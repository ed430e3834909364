//! Writers and readers at once on a store whose segments end every few events: what each of them is
//! told is a truth of some moment between its call and the answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use batpak_coordinate::{Coordinate, EventKind, Region, Sequence, StreamSequence};
use batpak_event::{Cause, EventId, IdempotencyKey};
use batpak_journal::{
    AppendError, Committed, Draft, DraftCause, Durability, ExpectedSequence, FrameBuffer, Journal,
    Options, Reader, ScanRequest, Selection, View, verify,
};
use batpak_platform::{FixedEntropy, Platform, RealDirectory};
use batpak_sim::SimDisk;

use crate::support::open;

const WRITERS: u64 = 4;
const READERS: u64 = 2;
const UNITS: u64 = 60;
const ENTITIES: [&str; 5] = ["user:1", "user:2", "order:1", "order:2", "a"];

fn tiny(durability: Durability, events: u64) -> Options {
    Options {
        durability,
        segment_max_bytes: 4096,
        segment_max_events: events,
        ..Options::default()
    }
}

/// What writers were told, by sequence.
#[derive(Default)]
struct Told {
    receipts: Mutex<HashMap<u64, (Committed, Draft<'static>)>>,
    /// Newest sequence that a writer was told of.
    acknowledged: AtomicU64,
    over: AtomicBool,
}

impl Told {
    fn note(&self, receipts: &[Committed], unit: &[Draft<'static>]) {
        let mut known = self.receipts.lock().unwrap();
        for (receipt, draft) in receipts.iter().zip(unit) {
            let sequence = receipt.sequence.get();
            let before = known.insert(sequence, (receipt.clone(), draft.clone()));
            match before {
                Some((before, _)) => assert_eq!(before.event_hash, receipt.event_hash),
                None => assert!(!receipt.duplicate || draft.key.is_some()),
            }
            self.acknowledged.fetch_max(sequence, Ordering::SeqCst);
        }
    }
}

struct Dice(FixedEntropy);

impl Dice {
    fn below(&self, limit: u64) -> u64 {
        self.0.next_u64() % limit
    }
}

fn write(journal: &Journal, told: &Told, seed: u64, durability: Durability) {
    let dice = Dice(FixedEntropy::new(seed));
    let mut known: Vec<EventId> = Vec::new();
    for number in 0..UNITS {
        let count = if dice.below(4) == 0 {
            1 + dice.below(4)
        } else {
            1
        };
        let mut unit: Vec<Draft<'static>> = (0..count).map(|_| event(&dice, &known)).collect();
        match dice.below(6) {
            // The same keys are used by all writers, at about the same time.
            0 => {
                unit.truncate(1);
                let key = u128::from(number / 3) + 1;
                unit[0] = Draft::new(
                    Coordinate::new("keyed", "s").unwrap(),
                    EventKind::DATA,
                    key.to_le_bytes().to_vec(),
                );
                unit[0].key = Some(IdempotencyKey::new(key << 100 | 1));
            }
            1 => {
                let head = journal.view().scan(ScanRequest {
                    selection: Selection::Stream(unit[0].coordinate.entity().into()),
                    after: Sequence::NONE,
                    reverse: true,
                });
                let expected = stream_head(head);
                unit[0].expected = ExpectedSequence::Exact(StreamSequence(expected));
            }
            // The key of an event that another writer appends at this moment.
            2 => {
                let key = u128::from(number / 3) + 1;
                let cause = EventId::from(IdempotencyKey::new(key << 100 | 1));
                unit[0].causes = vec![DraftCause::Known(Cause::Local(cause))];
            }
            _ => {}
        }
        match journal.append_unit(unit.clone(), durability) {
            Ok(receipts) => {
                known.extend(receipts.iter().map(|receipt| receipt.event_id));
                told.note(&receipts, &unit);
            }
            Err(AppendError::SequenceMismatch { .. } | AppendError::UnknownCause { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

fn stream_head(mut scan: batpak_journal::Scan) -> u64 {
    let frame = scan.next_frame().unwrap();
    frame.map_or(0, |frame| frame.head.stream_sequence.get())
}

fn event(dice: &Dice, known: &[EventId]) -> Draft<'static> {
    let entity = ENTITIES[usize::try_from(dice.below(5)).unwrap()];
    let mut draft = Draft::new(
        Coordinate::new(entity, if dice.below(2) == 0 { "s" } else { "t" }).unwrap(),
        EventKind::custom(1, u16::try_from(dice.below(2)).unwrap()),
        dice.0.next_u64().to_le_bytes().to_vec(),
    );
    if !known.is_empty() && dice.below(2) == 0 {
        let cause = known[usize::try_from(dice.below(known.len() as u64)).unwrap()];
        draft.causes.push(DraftCause::Known(Cause::Local(cause)));
    }
    draft
}

/// Asks random questions while the store moves.
fn read(view: &View, told: &Told, seed: u64, acknowledged_is_shown: bool) {
    let dice = Dice(FixedEntropy::new(seed));
    let mut shown: HashMap<u64, (EventId, String, u64)> = HashMap::new();
    let mut visible_before = 0;
    while !told.over.load(Ordering::SeqCst) {
        let acknowledged = told.acknowledged.load(Ordering::SeqCst);
        let visible = view.visible().get();
        assert!(visible >= visible_before);
        assert!(!acknowledged_is_shown || visible >= acknowledged);
        visible_before = visible;
        let entity = ENTITIES[usize::try_from(dice.below(5)).unwrap()];
        let (selection, reverse) = (
            match dice.below(4) {
                0 => Selection::All,
                1 => Selection::Matching(Arc::new(Region::entity("user").with_scope("s"))),
                _ => Selection::Stream(entity.into()),
            },
            dice.below(2) == 0,
        );
        let after = Sequence(visible.saturating_sub(dice.below(60)));
        let whole = matches!(selection, Selection::All);
        let mut scan = view.scan(ScanRequest {
            selection,
            after,
            reverse,
        });
        let mut found = Vec::new();
        let mut streams: HashMap<String, u64> = HashMap::new();
        while let Some(frame) = scan.next_frame().unwrap() {
            let sequence = frame.head.sequence.get();
            let place = frame.head.stream_sequence.get();
            let fact = (frame.head.event_id, frame.entity().to_owned(), place);
            let known = shown.entry(sequence).or_insert_with(|| fact.clone());
            assert_eq!(*known, fact, "an event changed");
            if let Some(before) = streams.insert(fact.1.clone(), place)
                && whole
            {
                assert_eq!(before.abs_diff(place), 1, "{}: a hole", fact.1);
            }
            found.push(sequence);
        }
        if reverse {
            found.reverse();
        }
        assert!(found.is_sorted_by(|a, b| a < b));
        assert!(found.iter().all(|sequence| *sequence > after.get()));
        if whole {
            let last = found.last().copied().unwrap_or(after.get());
            assert!(last >= visible, "{last} of {visible}");
            assert_eq!(found.len() as u64, last - after.get());
        }
        ask(view, &dice, visible, &shown);
    }
}

fn ask(view: &View, dice: &Dice, visible: u64, shown: &HashMap<u64, (EventId, String, u64)>) {
    if visible == 0 {
        return;
    }
    let sequence = 1 + dice.below(visible);
    let mut buffer = FrameBuffer::new();
    let id = view
        .read(Sequence(sequence), &mut buffer)
        .unwrap()
        .head
        .event_id;
    assert_eq!(view.find(id).unwrap(), Some(Sequence(sequence)));
    if let Some((known, ..)) = shown.get(&sequence) {
        assert_eq!(*known, id);
    }
    assert!(view.event_count() >= visible);
    let effects = view.effects(Sequence(sequence)).unwrap();
    assert!(effects.is_sorted_by(|a, b| a < b));
    assert!(effects.iter().all(|effect| effect.get() > sequence));
    if dice.below(8) == 0 {
        let first = view.tree_head(Sequence(sequence)).unwrap();
        assert_eq!(view.tree_head(Sequence(sequence)).unwrap(), first);
    }
}

/// What is left is what the writers were told, in one order, and everything links.
fn check(platform: &Platform, told: &Told) {
    let (reader, report) = Reader::open(platform).unwrap();
    assert_eq!(report.rebuilt_indexes, 0);
    let receipts = told.receipts.lock().unwrap();
    let view = reader.view();
    assert_eq!(view.visible().get(), receipts.len() as u64);
    let mut heads: HashMap<String, (u64, u64, u32)> = HashMap::new();
    let mut generations: HashMap<EventId, u32> = HashMap::new();
    let mut scan = view.scan(ScanRequest {
        selection: Selection::All,
        after: Sequence::NONE,
        reverse: false,
    });
    let mut next = 1;
    while let Some(frame) = scan.next_frame().unwrap() {
        let head = frame.head;
        let sequence = head.sequence.get();
        assert_eq!(sequence, next);
        next += 1;
        let (receipt, draft) = &receipts[&sequence];
        assert_eq!(frame.event_hash(view.key()), receipt.event_hash);
        assert_eq!(frame.payload(), draft.payload);
        let (before, place, generation) = heads.get(frame.entity()).copied().unwrap_or_default();
        assert_eq!(head.predecessor.get(), before, "event {sequence}");
        assert_eq!(head.stream_sequence.get(), place + 1, "event {sequence}");
        if let ExpectedSequence::Exact(expected) = draft.expected {
            assert_eq!(expected.get(), place, "event {sequence}");
        }
        let causes = frame.causes().map(|cause| match cause {
            Cause::Local(id) | Cause::Foreign(id) => generations[&id],
        });
        let above = causes.max().unwrap_or_default().max(generation);
        assert_eq!(head.generation.get(), above + 1, "event {sequence}");
        let before = generations.insert(head.event_id, above + 1);
        assert_eq!(before, None, "a key twice");
        heads.insert(frame.entity().to_owned(), (sequence, place + 1, above + 1));
    }
    let findings = verify(platform, &mut |_| {}).unwrap().findings;
    assert!(findings.is_empty(), "{findings:?}");
}

fn run(
    platform: &Platform,
    durability: Durability,
    events: u64,
    seed: u64,
    inline: Option<&SimDisk>,
) {
    let journal = open(platform, &tiny(durability, events));
    let told = Told::default();
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (journal, told) = (&journal, &told);
                scope.spawn(move || write(journal, told, seed * 100 + number, durability))
            })
            .collect();
        for number in 0..READERS {
            let (journal, told) = (&journal, &told);
            scope.spawn(move || read(journal.view(), told, seed * 100 + 50 + number, true));
        }
        if let Some(disk) = inline {
            let told = &told;
            scope.spawn(move || {
                while !told.over.load(Ordering::SeqCst) {
                    disk.tasks().run_pending();
                    thread::yield_now();
                }
            });
        }
        let other = &told;
        scope.spawn(move || {
            while !other.over.load(Ordering::SeqCst) {
                let Ok((reader, _)) = Reader::open(platform) else {
                    continue;
                };
                let before = reader.view().visible();
                assert!(reader.refresh().unwrap_or(before) >= before);
                assert!(reader.view().event_count() >= before.get());
            }
        });
        let results: Vec<_> = writers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        told.over.store(true, Ordering::SeqCst);
        for result in results {
            result.unwrap();
        }
    });
    journal.close().unwrap();
    check(platform, &told);
}

#[test]
fn a_moving_store_on_a_real_directory_tells_every_reader_the_truth() {
    for (seed, events) in [(1, 3), (2, 10)] {
        for durability in [Durability::Synced, Durability::Written] {
            let directory = tempfile::tempdir().unwrap();
            let platform = Platform::real(RealDirectory::create(directory.path()).unwrap());
            run(&platform, durability, events, seed, None);
        }
    }
}

#[test]
fn a_moving_store_on_a_simulated_disk_tells_every_reader_the_truth() {
    for (seed, events) in [(3, 3), (4, 7)] {
        for durability in [Durability::Synced, Durability::Written] {
            let disk = SimDisk::new();
            run(&disk.platform(), durability, events, seed, Some(&disk));
        }
    }
}
