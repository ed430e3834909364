//! Index files: whatever becomes of them, the answers are those of the frames.

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{Cause, EventId, IdempotencyKey};
use batpak_journal::{
    AppendError, Draft, DraftCause, Durability, ExpectedSequence, FrameBuffer, Journal, Options,
    Reader, ScanRequest, Selection, salvage,
};
use batpak_platform::{EntryKind, Platform};
use batpak_segment::index::{
    IndexBuilder, IndexCause, IndexEnd, IndexEvent, IndexSource, SegmentIndex,
};
use batpak_sim::{Fault, Operation, SimDisk};

use crate::model::Model;
use crate::support::{draft, findings, open};

fn tiny() -> Options {
    Options {
        durability: Durability::Synced,
        segment_max_bytes: 2048,
        segment_max_events: 5,
        ..Options::default()
    }
}

/// A closed store of about ninety segments, written in several epochs.
fn store(seed: u64) -> (SimDisk, Model) {
    let disk = SimDisk::new();
    let mut model = Model::new(seed);
    for epoch in 0..4 {
        let journal = open(&disk.platform(), &tiny());
        model.append(&journal, 65);
        if epoch % 2 == 0 {
            journal.close().unwrap();
        }
    }
    let journal = open(&disk.platform(), &tiny());
    journal.close().unwrap();
    (disk, model)
}

fn indexes(disk: &SimDisk) -> Vec<String> {
    let names = disk.names().into_iter();
    names.filter(|name| name.ends_with(".fidx")).collect()
}

/// Opens the store in several ways, and compares every answer with the model.
fn compare(disk: &SimDisk, model: &Model, context: &str) {
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert!(report.damage.is_empty(), "{context}");
    model.compare(reader.view(), &format!("{context}, reading"));
    reader.refresh().unwrap();
    assert_eq!(reader.view().visible().get(), model.last(), "{context}");
    for mapping in [true, false] {
        let context = format!("{context}, mapping: {mapping}");
        let world = disk.snapshot();
        let options = Options { mapping, ..tiny() };
        let journal = open(&world.platform(), &options);
        if !mapping {
            model.compare(journal.view(), &context);
        }
        model.compare_retries(&journal, &context);
        journal.close().unwrap();
        assert_eq!(
            findings(&world.platform()),
            Vec::<String>::new(),
            "{context}"
        );
    }
}

#[test]
fn a_store_answers_from_its_indexes_as_from_its_frames() {
    let (disk, model) = store(1);
    assert!(indexes(&disk).len() >= 64, "{}", indexes(&disk).len());
    let (_, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.rebuilt_indexes, 0);
    let (reader, _) = Reader::open_with(&disk.platform(), false).unwrap();
    model.compare(reader.view(), "whole, read into memory");
    compare(&disk, &model, "whole");
}

#[test]
fn a_store_without_its_indexes_answers_the_same() {
    let (disk, model) = store(2);
    let names = indexes(&disk);
    for name in &names {
        assert!(disk.delete(name));
    }
    let (_, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.rebuilt_indexes, names.len() as u64);
    compare(&disk, &model, "deleted");
    assert_eq!(indexes(&disk), Vec::<String>::new(), "reading makes none");
    let (journal, report) = Journal::open(&disk.platform(), tiny()).unwrap();
    assert_eq!(report.rebuilt_indexes, names.len() as u64);
    assert_eq!(indexes(&disk), names);
    journal.close().unwrap();
    let (journal, report) = Journal::open(&disk.platform(), tiny()).unwrap();
    assert_eq!(report.rebuilt_indexes, 0);
    model.compare(journal.view(), "made again");
}

#[test]
fn flipped_bytes_in_every_index_change_no_answer() {
    let (whole, model) = store(3);
    for round in 0..3 {
        let disk = whole.snapshot();
        for name in indexes(&disk) {
            let len = disk.contents(&name).unwrap().len();
            let at = usize::try_from(model.below(len as u64)).unwrap();
            assert!(disk.corrupt(&name, at, 1 << model.below(8)));
        }
        compare(&disk, &model, &format!("flips of round {round}"));
    }
}

#[test]
fn every_index_damaged_behind_its_table_changes_no_answer() {
    let (disk, model) = store(4);
    for name in indexes(&disk) {
        // What a power cut leaves of a file that was not synced: its first bytes, and zeros.
        let bytes = disk.contents(&name).unwrap();
        let torn = |kept: usize| {
            let mut torn = bytes.clone();
            torn[kept..].fill(0);
            torn
        };
        let shortest = (0..bytes.len())
            .step_by(8)
            .find(|kept| SegmentIndex::open(torn(*kept)).is_ok());
        disk.put(&name, torn(shortest.unwrap()));
    }
    compare(&disk, &model, "torn");
}

#[test]
fn shortened_swapped_and_empty_indexes_change_no_answer() {
    let (whole, model) = store(5);
    let disk = whole.snapshot();
    for name in indexes(&disk) {
        let mut bytes = disk.contents(&name).unwrap();
        let len = model.below(bytes.len() as u64);
        bytes.truncate(usize::try_from(len).unwrap());
        disk.put(&name, bytes);
    }
    compare(&disk, &model, "shortened");
    let disk = whole.snapshot();
    let names = indexes(&disk);
    for (name, other) in names.iter().zip(names.iter().skip(1)) {
        disk.put(name, whole.contents(other).unwrap());
    }
    compare(&disk, &model, "those of the next segment");
    let (other, _) = store(6);
    for name in &names {
        disk.put(name, other.contents(name).unwrap_or_default());
    }
    compare(&disk, &model, "those of another store");
}

/// The index of a segment without its newest event, with every checksum right.
fn forged(disk: &SimDisk, model: &Model, name: &str) -> Vec<u8> {
    let bytes = disk.contents(name).unwrap();
    let index = SegmentIndex::open(bytes.as_slice()).unwrap();
    let header = *index.header();
    let mut builder = IndexBuilder::new(IndexSource {
        lineage: header.lineage,
        segment: header.segment,
        salt: header.salt,
        first_sequence: header.first_sequence,
    });
    for ordinal in 0..header.events - 1 {
        let event = index
            .event(batpak_segment::index::Ordinal(ordinal))
            .unwrap();
        let at = batpak_segment::index::Ordinal(ordinal);
        let known = &model.events[usize::try_from(event.sequence.get()).unwrap() - 1];
        let causes: Vec<IndexCause> = Vec::new();
        let entity = index.entity_name(index.entity_of(at).unwrap()).unwrap();
        builder
            .push(&IndexEvent {
                sequence: event.sequence,
                offset: event.offset,
                id: known.id,
                keyed: index.keyed(at).unwrap(),
                entity,
                scope: index.scope_name(index.scope_of(at).unwrap()).unwrap(),
                stream_sequence: index.stream_sequence(at).unwrap(),
                predecessor: index.predecessor(at).unwrap(),
                generation: index.generation(at).unwrap(),
                kind: index.kind(at).unwrap(),
                wall_us: known.receipt.wall_us,
                epoch: index.epoch(at).unwrap(),
                correlation: None,
                causes: &causes,
            })
            .unwrap();
        let hash = model.hash(event.sequence.get());
        builder.note_newest(entity, event.sequence, hash);
    }
    builder
        .finish(&IndexEnd {
            end: header.end,
            last_sequence: header.last_sequence,
            first_tile: index.tiles().unwrap().first,
            tiles: &[],
            directories: &[],
        })
        .unwrap()
}

#[test]
fn an_index_forged_with_every_checksum_right_is_not_believed() {
    let (disk, model) = store(7);
    let names = indexes(&disk);
    for name in &names {
        disk.put(name, forged(&disk, &model, name));
    }
    let (_, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.rebuilt_indexes, names.len() as u64);
    compare(&disk, &model, "forged");
}

#[test]
fn events_that_are_gone_stay_gone_with_and_without_indexes() {
    let (source, mut model) = store(8);
    // Damage in the middle of every ninth segment.
    let old_indexes: Vec<_> = indexes(&source)
        .into_iter()
        .map(|name| (source.contents(&name).unwrap(), name))
        .collect();
    let segments = source.names().into_iter();
    let segments: Vec<_> = segments.filter(|name| name.ends_with(".fbat")).collect();
    for name in segments.iter().step_by(9) {
        assert!(source.corrupt(name, 500, 0xff));
    }
    let disk = SimDisk::new();
    let report = salvage(&source.platform(), &disk.platform(), &mut |_, _| {}).unwrap();
    for (first, last) in report.gaps {
        for event in &mut model.events {
            event.gone |= (first.get()..=last.get()).contains(&event.sequence);
        }
    }
    assert!(model.events.iter().any(|event| event.gone));
    let journal = open(&disk.platform(), &tiny());
    model.compare(journal.view(), "salvaged");
    journal
        .append(draft("later", b"x"), Durability::Synced)
        .unwrap();
    drop(journal);
    // Indexes of the source have the lineage and the numbers of the copy's segments.
    for (bytes, name) in old_indexes {
        disk.put(&name, bytes);
    }
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(reader.view().visible().get(), model.last() + 1);
    let journal = open(&disk.platform(), &tiny());
    assert_eq!(
        journal.view().effects(Sequence(1)).unwrap(),
        reader.view().effects(Sequence(1)).unwrap()
    );
    model.compare_retries(&journal, "salvaged, closed");
    journal.close().unwrap();
    assert_eq!(findings(&disk.platform()), Vec::<String>::new());
}

#[test]
fn what_stands_at_the_name_of_an_index_and_is_no_file_is_left_alone() {
    for kind in [EntryKind::Directory, EntryKind::Other] {
        let (disk, model) = store(9);
        for name in indexes(&disk).iter().step_by(3) {
            disk.delete(name);
            disk.put_entry(name, kind);
        }
        let temporary = "000002.fidx.tmp";
        disk.delete("000002.fidx");
        disk.put_entry(temporary, kind);
        let mut before = disk.names();
        before.retain(|name| name != temporary || kind == EntryKind::Directory);
        compare(&disk, &model, &format!("{kind:?}"));
        let journal = open(&disk.platform(), &tiny());
        journal.close().unwrap();
        for name in before {
            assert!(disk.names().contains(&name), "{kind:?}: {name} was removed");
        }
    }
}

#[test]
fn a_leftover_of_an_index_that_was_being_made_is_removed_by_a_writer_alone() {
    let (disk, model) = store(10);
    let leftover = "000003.fidx.tmp";
    disk.put(leftover, vec![1, 2, 3]);
    disk.put("notes.fidx.tmp", vec![1]);
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    model.compare(reader.view(), "reading");
    assert!(disk.names().contains(&leftover.to_owned()));
    let journal = open(&disk.platform(), &tiny());
    assert!(!disk.names().contains(&leftover.to_owned()));
    assert!(disk.names().contains(&"notes.fidx.tmp".to_owned()));
    journal.close().unwrap();
}

#[test]
fn a_disk_that_is_full_for_an_index_keeps_it_in_memory_and_loses_nothing() {
    let (disk, model) = store(11);
    for name in indexes(&disk) {
        disk.delete(&name);
    }
    disk.fail_operations_from(Operation::Create, 0, Fault::NoSpace);
    let (journal, report) = Journal::open(&disk.platform(), tiny()).unwrap();
    assert!(report.rebuilt_indexes > 60);
    model.compare(journal.view(), "without space");
    drop(journal);
    disk.clear_faults();
    compare(&disk, &model, "with space again");
}

#[test]
fn a_failing_read_of_every_index_changes_no_answer() {
    let (whole, model) = store(12);
    let calls = {
        let disk = whole.snapshot();
        let before = disk.calls();
        let _reader = Reader::open_with(&disk.platform(), false).unwrap();
        before..disk.calls()
    };
    for call in calls.step_by(7) {
        let disk = whole.snapshot();
        disk.fail_call(call, Fault::Io);
        if let Ok((reader, report)) = Reader::open_with(&disk.platform(), false)
            && report.damage.is_empty()
        {
            assert_eq!(reader.view().visible().get(), model.last(), "call {call}");
            assert_eq!(reader.view().event_count(), model.last(), "call {call}");
        }
    }
}

fn file_calls(disk: &SimDisk, run: impl FnOnce(&Platform)) -> usize {
    disk.record_calls();
    run(&disk.platform());
    disk.take_recorded_calls().len()
}

#[test]
fn refreshing_an_idle_reader_costs_the_same_whatever_the_size() {
    let mut costs = Vec::new();
    for events in [5_000, 5_000 * 3] {
        let disk = SimDisk::new();
        let options = Options {
            segment_max_events: 5_000,
            ..Options::default()
        };
        let journal = open(&disk.platform(), &options);
        for _ in 0..events / 1_000 {
            let unit: Vec<_> = (0..1_000).map(|_| draft("a", b"x")).collect();
            journal.append_unit(unit, Durability::Synced).unwrap();
        }
        journal.close().unwrap();
        let (reader, _) = Reader::open(&disk.platform()).unwrap();
        for _ in 0..2 {
            costs.push(file_calls(&disk, |_| {
                assert_eq!(reader.refresh().unwrap().get(), events);
            }));
        }
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

#[test]
fn a_reader_follows_a_writer_past_a_close_that_ended_the_newest_segment() {
    let disk = SimDisk::new();
    let options = Options::default();
    let journal = open(&disk.platform(), &options);
    let unit = |count: usize| (0..count).map(|_| draft("a", b"x")).collect::<Vec<_>>();
    for _ in 0..5 {
        journal
            .append_unit(unit(1_000), Durability::Synced)
            .unwrap();
    }
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    journal.close().unwrap();
    assert_eq!(reader.refresh().unwrap().get(), 5_000);
    let journal = open(&disk.platform(), &options);
    assert_eq!(reader.refresh().unwrap().get(), 5_000);
    for count in 1..4 {
        journal.append_unit(unit(10), Durability::Synced).unwrap();
        let shown = reader.refresh().unwrap().get();
        let anew = Reader::open(&disk.platform()).unwrap().0.view().visible();
        assert_eq!(shown, anew.get(), "beside the writer");
        assert!(shown >= 4_990 + 10 * count, "{shown}");
    }
    let calls = disk.calls();
    reader.refresh().unwrap();
    let calls = disk.calls() - calls;
    assert!(calls < 15, "an idle refresh costs {calls} calls");
    journal.close().unwrap();
    assert_eq!(reader.refresh().unwrap().get(), 5_030);
    assert_eq!(reader.view().event_count(), 5_030);
}

#[test]
fn times_go_on_behind_a_newest_segment_whose_index_is_damaged() {
    let whole = ended(5_000_000_000_000);
    let len = whole.contents("000001.fidx").unwrap().len();
    for at in (0..len).step_by(len / 40) {
        let disk = whole.snapshot();
        disk.corrupt("000001.fidx", at, 0xff);
        disk.clock().set(1_000_000_000_000);
        let (journal, report) = Journal::open(&disk.platform(), Options::default()).unwrap();
        assert!(
            report.clock_behind_us > 3_900_000_000_000,
            "byte {at}: {report:?}"
        );
        let receipt = journal
            .append(draft("a", b"y"), Durability::Synced)
            .unwrap();
        assert!(receipt.wall_us >= 5_000_000_000_000, "byte {at}");
        assert_eq!(receipt.stream_sequence.get(), 5_001, "byte {at}");
    }
}

#[test]
fn a_stream_of_few_events_among_many_segments_touches_no_more_than_those() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &tiny());
    for number in 0..700 {
        let entity = if number % 70 == 35 { "rare" } else { "often" };
        journal
            .append(draft(entity, b"x"), Durability::Synced)
            .unwrap();
    }
    journal.close().unwrap();
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    for reverse in [false, true] {
        let mut scan = reader.view().scan(ScanRequest {
            selection: Selection::Stream("rare".into()),
            after: Sequence::NONE,
            reverse,
        });
        let mut found = 0;
        while scan.next_frame().unwrap().is_some() {
            found += 1;
        }
        let plan = scan.plan();
        assert_eq!(found, 10);
        assert_eq!(plan.touched, 10, "{plan:?}");
        let used: u64 = plan.used.iter().map(|(_, parts)| parts).sum();
        assert!(used <= 11, "{plan:?}");
        assert!(plan.skipped >= 100, "{plan:?}");
    }
}

#[test]
fn a_read_by_id_from_a_closed_segment_makes_no_call() {
    let disk = SimDisk::new();
    let options = Options {
        segment_max_events: 10,
        ..Options::default()
    };
    let journal = open(&disk.platform(), &options);
    let ids: Vec<EventId> = (0..100)
        .map(|_| {
            let appended = journal.append(draft("a", b"x"), Durability::Synced);
            appended.unwrap().event_id
        })
        .collect();
    journal.close().unwrap();
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    let mut buffer = FrameBuffer::new();
    let closed = ids.iter().take(90).copied();
    for id in closed.clone() {
        reader.view().read_id(id, &mut buffer).unwrap().unwrap();
    }
    let calls = file_calls(&disk, |_| {
        for id in closed.rev() {
            let frame = reader.view().read_id(id, &mut buffer).unwrap().unwrap();
            assert_eq!(frame.head.event_id, id);
        }
    });
    assert_eq!(calls, 0);
}

#[test]
fn a_page_costs_as_many_calls_at_the_end_as_at_the_start() {
    let disk = SimDisk::new();
    let options = Options {
        segment_max_events: 100,
        ..Options::default()
    };
    let journal = open(&disk.platform(), &options);
    for _ in 0..60 {
        let unit: Vec<_> = (0..100).map(|_| draft("a", b"x")).collect();
        journal.append_unit(unit, Durability::Synced).unwrap();
    }
    journal.close().unwrap();
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    for selection in [Selection::All, Selection::Stream("a".into())] {
        for reverse in [false, true] {
            let cost = |after: u64| {
                file_calls(&disk, |_| {
                    let mut scan = reader.view().scan(ScanRequest {
                        selection: selection.clone(),
                        after: Sequence(after),
                        reverse,
                    });
                    for _ in 0..10 {
                        assert!(scan.next_frame().unwrap().is_some());
                    }
                })
            };
            let costs = [cost(0), cost(2_905), cost(5_905), cost(5_985)];
            // The newest segment is read by position.
            assert!(
                costs.iter().all(|cost| *cost <= costs[0] + 2),
                "{selection:?}, reverse: {reverse}: {costs:?}"
            );
        }
    }
}

#[test]
fn the_first_appends_behind_an_ended_segment_survive_any_fault() {
    let whole = ended(1_000_000_000_000);
    for call in 0..60 {
        let disk = whole.snapshot();
        let journal = open(&disk.platform(), &Options::default());
        disk.fail_call(call, Fault::Io);
        let expecting = |expected: u64| Draft {
            expected: ExpectedSequence::Exact(StreamSequence(expected)),
            ..draft("a", b"y")
        };
        let stale = journal.append(expecting(7), Durability::Synced);
        assert!(stale.is_err(), "call {call}");
        let mut next = 5_001;
        for _ in 0..4 {
            match journal.append(expecting(next - 1), Durability::Synced) {
                Ok(receipt) => {
                    assert_eq!(receipt.stream_sequence.get(), next, "call {call}");
                    next += 1;
                }
                Err(AppendError::SequenceMismatch { actual, .. }) => {
                    panic!("call {call}: {actual:?} instead of {}", next - 1)
                }
                Err(_) => {}
            }
        }
        let _failed = journal.close();
        disk.clear_faults();
        let journal = open(&disk.platform(), &Options::default());
        let found = journal.view().visible().get() + 1;
        assert!(found == next || found == next + 1, "call {call}: {found}");
        let receipt = journal.append(draft("a", b"z"), Durability::Synced);
        assert_eq!(receipt.unwrap().stream_sequence.get(), found, "call {call}");
    }
}

/// A store of one large segment that its close has ended, written late in time.
fn ended(late: i64) -> SimDisk {
    let disk = SimDisk::new();
    disk.clock().set(late);
    let journal = open(&disk.platform(), &Options::default());
    for _ in 0..5 {
        let unit: Vec<_> = (0..1_000).map(|_| draft("a", b"x")).collect();
        journal.append_unit(unit, Durability::Synced).unwrap();
    }
    journal.close().unwrap();
    disk
}

#[test]
fn times_go_on_behind_a_newest_segment_without_events() {
    let disk = ended(5_000_000_000_000);
    for round in 0..3 {
        disk.clock().set(1_000_000_000_000);
        let journal = open(&disk.platform(), &Options::default());
        let stale = Draft {
            expected: ExpectedSequence::NoStream,
            ..draft("a", b"y")
        };
        journal.append(stale, Durability::Synced).unwrap_err();
        drop(journal);
        disk.clock().set(1_000_000_000_000);
        let world = disk.snapshot();
        let journal = open(&world.platform(), &Options::default());
        let receipt = journal.append(draft("a", b"y"), Durability::Synced);
        let receipt = receipt.unwrap();
        assert!(receipt.wall_us >= 5_000_000_000_000, "round {round}");
        assert_eq!(receipt.stream_sequence.get(), 5_001, "round {round}");
        journal.close().unwrap();
        assert_eq!(findings(&world.platform()), Vec::<String>::new());
    }
}

#[test]
fn a_key_that_looks_like_the_id_of_a_damaged_event_is_found() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &tiny());
    let mut receipts = Vec::new();
    for _ in 0..20 {
        let receipt = journal.append(draft("a", b"x"), Durability::Synced);
        receipts.push(receipt.unwrap());
    }
    let damaged = receipts[1].sequence;
    let key = IdempotencyKey::new(EventId::mint(0, damaged, 5).as_u128());
    let keyed = Draft {
        key: Some(key),
        ..draft("k", b"once")
    };
    let original = journal.append(keyed.clone(), Durability::Synced).unwrap();
    journal.close().unwrap();
    let frame = usize::try_from(receipts[1].offset.0).unwrap();
    assert!(disk.corrupt("000001.fbat", frame + 30, 0xff));
    let journal = open(&disk.platform(), &tiny());
    let again = journal.append(keyed, Durability::Synced).unwrap();
    assert_eq!(again.sequence, original.sequence);
}

#[test]
fn a_retry_as_the_first_append_behind_an_ended_segment_writes_nothing() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let keyed = Draft {
        key: Some(IdempotencyKey::new(77)),
        ..draft("k", b"once")
    };
    let original = journal.append(keyed.clone(), Durability::Synced).unwrap();
    for _ in 0..5 {
        let unit: Vec<_> = (0..1_000).map(|_| draft("a", b"x")).collect();
        journal.append_unit(unit, Durability::Synced).unwrap();
    }
    journal.close().unwrap();
    let journal = open(&disk.platform(), &Options::default());
    let before = disk.names();
    // Without space there is no next segment.
    disk.fail_operations_from(Operation::Create, 0, Fault::NoSpace);
    let again = journal.append(keyed.clone(), Durability::Synced).unwrap();
    assert!(again.duplicate);
    assert_eq!(again.event_hash, original.event_hash);
    let conflict = Draft {
        payload: b"twice".to_vec(),
        ..keyed
    };
    let error = journal.append(conflict, Durability::Synced).unwrap_err();
    assert!(
        matches!(error, AppendError::KeyConflict { .. }),
        "{error:?}"
    );
    let unknown = Draft {
        causes: vec![DraftCause::Known(Cause::Local(
            IdempotencyKey::new(9).into(),
        ))],
        ..draft("a", b"y")
    };
    let error = journal.append(unknown, Durability::Synced).unwrap_err();
    assert!(
        matches!(error, AppendError::UnknownCause { .. }),
        "{error:?}"
    );
    assert_eq!(disk.names(), before);
    disk.clear_faults();
    let receipt = journal
        .append(draft("k", b"more"), Durability::Synced)
        .unwrap();
    assert_eq!(receipt.stream_sequence.get(), 2);
    assert_eq!(receipt.previous_hash, original.event_hash);
}

#[test]
fn a_clean_open_reads_no_sealed_frame() {
    let (disk, model) = store(13);
    let segments = indexes(&disk).len() + 1;
    disk.record_calls();
    let _journal = open(&disk.platform(), &tiny());
    let calls = disk.take_recorded_calls();
    let reads = calls
        .iter()
        .filter(|call| **call == Operation::ReadAt)
        .count();
    // A header and an index each; the identity and the newest segment.
    assert!(
        reads <= 2 * segments + 24,
        "{reads} reads of {segments} segments"
    );
    assert!(model.last() > 3 * segments as u64);
}
