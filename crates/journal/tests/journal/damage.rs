//! Damage to what was durable is refused and named; nothing is taken for a torn tail that is not.

use batpak_coordinate::Sequence;
use batpak_journal::{
    Damage, Durability, FrameBuffer, Journal, OpenError, ReadError, Reader, repair_identity, verify,
};
use batpak_platform::FixedEntropy;
use batpak_segment::{FRAME_FIXED, SEGMENT_HEADER};
use batpak_sim::SimDisk;

use crate::support::{Shown, draft, findings, open, shown, small};

/// Events of 100 bytes in one segment; the disk as it is when the process is killed.
fn killed(count: usize) -> SimDisk {
    let disk = SimDisk::new();
    let options = batpak_journal::Options::default();
    let journal = open(&disk.platform(), &options);
    for _ in 0..count {
        journal
            .append(draft("a", &[5; 100]), Durability::Synced)
            .unwrap();
    }
    disk.kill();
    drop(journal);
    disk
}

fn closed(count: usize) -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    for _ in 0..count {
        journal
            .append(draft("a", &[5; 100]), Durability::Synced)
            .unwrap();
    }
    journal.close().unwrap();
    disk
}

/// Offsets of the event frames of a segment, found by their payload.
fn frames(disk: &SimDisk, name: &str) -> Vec<usize> {
    let bytes = disk.contents(name).unwrap();
    let mut offsets = Vec::new();
    let mut at = SEGMENT_HEADER;
    while at + FRAME_FIXED <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if length == 0 {
            break;
        }
        if bytes[at + 12] == 1 {
            offsets.push(at);
        }
        at += length;
    }
    offsets
}

fn refused(disk: &SimDisk) -> OpenError {
    let before = disk.fingerprint();
    let error = Journal::open(&disk.platform(), small(Durability::Synced)).unwrap_err();
    assert_eq!(
        disk.fingerprint(),
        before,
        "a refused open changed something"
    );
    error
}

#[test]
fn a_flipped_length_in_the_middle_of_synced_data_is_refused() {
    for (frame, bit) in [(0, 0), (2, 3), (2, 31), (4, 7), (8, 16)] {
        let disk = killed(10);
        let at = frames(&disk, "000001.fbat")[frame];
        disk.corrupt("000001.fbat", at + bit / 8, 1 << (bit % 8));
        match refused(&disk) {
            OpenError::Damaged {
                name,
                offset,
                first,
                damage: Damage::Frame(_),
                ..
            } => {
                assert_eq!(name, "000001.fbat");
                assert_eq!(offset.unwrap().0, at as u64);
                assert_eq!(first, Some(Sequence(frame as u64 + 1)));
            }
            other => panic!("{other}"),
        }
    }
}

#[test]
fn every_flipped_byte_of_a_closed_store_is_told() {
    let whole = closed(12);
    let expected = shown(Reader::open(&whole.platform()).unwrap().0.view());
    for name in whole.names().iter().filter(|name| name.ends_with(".fbat")) {
        let len = whole.contents(name).unwrap().len();
        for at in 0..len {
            let disk = whole.snapshot();
            disk.corrupt(name, at, 1 << (at % 8));
            let report = verify(&disk.platform(), &mut |_| {}).unwrap();
            assert!(
                !report.findings.is_empty(),
                "{name} byte {at}: verify is silent"
            );
            assert!(
                report.findings.iter().any(|finding| &finding.file == name),
                "{name} byte {at}: {:?}",
                report.findings
            );
            let before = disk.fingerprint();
            match Journal::open(&disk.platform(), small(Durability::Synced)) {
                Ok((journal, _)) => told(&journal, &expected, name),
                Err(_) => assert_eq!(disk.fingerprint(), before, "{name} byte {at}"),
            }
        }
    }
}

/// Every event is as it was, or reading it is an error that names the file.
fn told(journal: &Journal, expected: &[Shown], name: &str) {
    let mut buffer = FrameBuffer::new();
    let view = journal.view();
    assert_eq!(view.visible().get(), expected.len() as u64);
    for event in expected {
        match view.read(Sequence(event.sequence), &mut buffer) {
            Ok(frame) => assert_eq!(
                (frame.event_hash(view.key()), frame.payload()),
                (event.hash, event.payload.as_slice())
            ),
            Err(ReadError::Frame { segment, .. } | ReadError::WrongEvent { segment, .. }) => {
                assert_eq!(segment.file_name(), name);
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn every_flipped_byte_of_one_identity_slot_is_reported_and_survived() {
    let whole = closed(5);
    let len = whole.contents("store.fbatm").unwrap().len();
    for at in 0..len {
        let disk = whole.snapshot();
        disk.corrupt("store.fbatm", at, 1 << (at % 8));
        let opened = Journal::open(&disk.platform(), small(Durability::Synced));
        let (journal, report) = opened.unwrap_or_else(|error| panic!("byte {at}: {error}"));
        assert_eq!(report.events, 5, "byte {at}");
        assert!(report.clean || report.identity_slot_damaged, "byte {at}");
        drop(journal);
    }
}

#[test]
fn cutting_the_newest_segment_after_a_close_is_refused_at_every_length() {
    let whole = closed(12);
    let name = whole
        .names()
        .iter()
        .rfind(|name| name.ends_with(".fbat"))
        .unwrap()
        .clone();
    let bytes = whole.contents(&name).unwrap();
    for len in 0..bytes.len() {
        let disk = whole.snapshot();
        disk.put(&name, &bytes[..len]);
        assert!(
            matches!(refused(&disk), OpenError::Damaged { .. }),
            "{name} cut to {len}"
        );
    }
}

#[test]
fn missing_and_swapped_segments_are_refused_by_name() {
    let whole = closed(30);
    let names: Vec<String> = whole
        .names()
        .iter()
        .filter(|name| name.ends_with(".fbat"))
        .cloned()
        .collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in &names {
        let disk = whole.snapshot();
        disk.delete(name);
        let text = format!("{}", refused(&disk));
        assert!(text.contains(name.as_str()), "{text}");
        assert!(
            findings(&disk.platform())
                .iter()
                .any(|finding| finding.contains(name.as_str()))
        );
    }
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 3)] {
        let disk = whole.snapshot();
        disk.put(&names[to], whole.contents(&names[from]).unwrap());
        let text = format!("{}", refused(&disk));
        assert!(text.contains(names[to].as_str()), "{text}");
    }
}

#[test]
fn segments_of_another_store_are_refused() {
    let whole = closed(30);
    let other = SimDisk::new();
    other.platform().entropy.fill(&mut [0; 64]).unwrap();
    let journal = open(&other.platform(), &small(Durability::Synced));
    for _ in 0..30 {
        journal
            .append(draft("a", &[5; 100]), Durability::Synced)
            .unwrap();
    }
    journal.close().unwrap();
    whole.put("000002.fbat", other.contents("000002.fbat").unwrap());
    assert!(matches!(refused(&whole), OpenError::Foreign { .. }));
}

#[test]
fn a_missing_identity_is_refused_and_no_lineage_is_minted() {
    let disk = closed(3);
    disk.delete("store.fbatm");
    assert!(matches!(
        refused(&disk),
        OpenError::Damaged {
            damage: Damage::IdentityMissing,
            ..
        }
    ));
}

#[test]
fn names_that_look_like_segments_are_refused() {
    for name in [
        "1.fbat",
        "00001.fbat",
        "0000001.fbat",
        "x.fbat",
        "000000.fbat",
        "-00001.fbat",
    ] {
        let disk = closed(3);
        disk.put(name, *b"junk");
        assert!(matches!(refused(&disk), OpenError::Malformed { name: found } if found == name));
    }
}

#[test]
fn an_empty_or_unfinished_newest_segment_is_set_aside() {
    for junk in [&b""[..], b"FBATSE", &[0; 256], &[0xff; 5000]] {
        let disk = killed(5);
        disk.put("000002.fbat", junk);
        let (journal, report) = Journal::open(&disk.platform(), small(Durability::Synced)).unwrap();
        assert_eq!(report.set_aside, ["000002.fbat.aside"]);
        assert_eq!(report.events, 5);
        journal
            .append(draft("a", &[5; 3000]), Durability::Synced)
            .unwrap();
        journal.close().unwrap();
    }
}

#[test]
fn a_read_only_open_serves_everything_around_the_damage() {
    let disk = closed(12);
    let at = frames(&disk, "000001.fbat")[1];
    disk.corrupt("000001.fbat", at + FRAME_FIXED + 40, 0x10);
    // With its index, a closed segment is not read before somebody asks for an event.
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.damage, []);
    let mut buffer = FrameBuffer::new();
    for sequence in 1..=12 {
        let read = reader.view().read(Sequence(sequence), &mut buffer);
        assert_eq!(read.is_err(), sequence == 2, "event {sequence}");
    }
    disk.delete("000001.fidx");
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.damage.len(), 1);
    assert_eq!(
        (report.damage[0].first, report.damage[0].last),
        (Some(Sequence(2)), Some(Sequence(2)))
    );
    assert_eq!(report.damage[0].offset, Some(at as u64));
    let mut buffer = FrameBuffer::new();
    for sequence in 1..=12 {
        let read = reader.view().read(Sequence(sequence), &mut buffer);
        assert_eq!(read.is_err(), sequence == 2, "event {sequence}");
        if let Err(error) = read {
            assert!(matches!(error, ReadError::Lost { .. }), "{error}");
        }
    }
}

#[test]
fn a_damaged_frame_found_while_open_is_a_typed_error() {
    let disk = closed(12);
    let journal = open(&disk.platform(), &small(Durability::Synced));
    let at = frames(&disk, "000001.fbat")[1];
    disk.corrupt("000001.fbat", at + FRAME_FIXED + 40, 0x10);
    let mut buffer = FrameBuffer::new();
    let error = journal.view().read(Sequence(2), &mut buffer).unwrap_err();
    assert!(matches!(error, ReadError::Frame { .. }), "{error}");
    assert!(journal.view().read(Sequence(3), &mut buffer).is_ok());
}

#[test]
fn a_store_without_its_identity_is_read_from_headers_and_repaired() {
    for (count, clean) in [(1, true), (12, true), (12, false), (40, true)] {
        let whole = if clean { closed(count) } else { killed(count) };
        for lost in [None, Some(vec![0xee; 8192])] {
            let disk = whole.snapshot();
            disk.delete("store.fbatm");
            if let Some(bytes) = lost {
                disk.put("store.fbatm", bytes);
            }
            refused(&disk);
            let before = disk.fingerprint();
            let (reader, report) = Reader::open(&disk.platform()).unwrap();
            assert!(report.identity_slot_damaged && !report.clean);
            assert_eq!(reader.view().visible(), Sequence(count as u64));
            assert_eq!(disk.fingerprint(), before);
            assert!(repair_identity(&disk.platform()).unwrap());
            assert!(
                !repair_identity(&disk.platform()).unwrap(),
                "nothing is left to repair"
            );
            let journal = open(&disk.platform(), &small(Durability::Synced));
            journal
                .append(draft("a", b"after"), Durability::Synced)
                .unwrap();
            journal.close().unwrap();
            assert_eq!(findings(&disk.platform()), Vec::<String>::new());
        }
    }
}

#[test]
fn random_mutations_of_a_closed_store_are_never_silent() {
    let whole = closed(60);
    let names: Vec<String> = whole
        .names()
        .into_iter()
        .filter(|name| name.starts_with(['0', 's']))
        .collect();
    let expected = shown(Reader::open(&whole.platform()).unwrap().0.view());
    let random = FixedEntropy::new(7);
    let below = |limit: usize| usize::try_from(random.next_u64() % limit as u64).unwrap();
    for round in 0..1000 {
        let disk = whole.snapshot();
        let name = &names[below(names.len())];
        let bytes = disk.contents(name).unwrap();
        let (at, mutation) = (below(bytes.len()), below(8));
        let run = 1 + below(64.min(bytes.len() - at));
        let mut changed = bytes.clone();
        match mutation {
            0 => changed[at] ^= 1 << below(8),
            1 => (0..run).for_each(|step| changed[at + step] ^= 0x5a),
            2 => changed[at..at + run].fill(0),
            3 => changed.truncate(at),
            4 => changed.extend((0..run).map(|_| 0xa5)),
            5 => changed = disk.contents(&names[below(names.len())]).unwrap(),
            6 => changed.clear(),
            _ => {}
        }
        if mutation == 7 {
            disk.delete(name);
        } else if changed == bytes {
            continue;
        } else {
            disk.put(name, changed);
        }
        let context = format!("round {round}: mutation {mutation} of {name} at {at}, {run} bytes");
        match Journal::open(&disk.platform(), small(Durability::Synced)) {
            Ok((journal, report)) => {
                told(&journal, &expected, name);
                let repaired = report.rebuilt_indexes > 0 || journal.view().repaired_indexes() > 0;
                let of_frames = name.ends_with(".fbat");
                assert!(
                    of_frames || repaired || !report.clean || report == whole_report(&whole),
                    "{context}: {report:?}"
                );
            }
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains(name.as_str()), "{context}: {text}");
            }
        }
    }
}

fn whole_report(whole: &SimDisk) -> batpak_journal::OpenReport {
    Journal::open(&whole.snapshot().platform(), small(Durability::Synced))
        .unwrap()
        .1
}

#[test]
fn an_open_that_appends_nothing_leaves_the_newest_event_attested() {
    for close in [false, true] {
        let disk = SimDisk::new();
        for _ in 0..3 {
            let journal = open(&disk.platform(), &small(Durability::Synced));
            journal
                .append(draft("a", &[5; 100]), Durability::Synced)
                .unwrap();
            journal.close().unwrap();
        }
        let journal = open(&disk.platform(), &small(Durability::Synced));
        if close {
            journal.close().unwrap();
        } else {
            disk.kill();
            drop(journal);
        }
        let at = frames(&disk, "000001.fbat")[2];
        disk.corrupt("000001.fbat", at + FRAME_FIXED + 40, 0x10);
        assert!(matches!(refused(&disk), OpenError::Damaged { .. }));
        assert_ne!(findings(&disk.platform()), Vec::<String>::new());
        let (_, report) = Reader::open(&disk.platform()).unwrap();
        assert_eq!(report.damage.len(), 1, "{report:?}");
    }
}

#[test]
fn whole_events_behind_a_damaged_one_are_served() {
    for damaged in 0..3 {
        let disk = killed(4);
        let at = frames(&disk, "000001.fbat")[damaged];
        disk.corrupt("000001.fbat", at + FRAME_FIXED + 40, 0x10);
        let (reader, report) = Reader::open(&disk.platform()).unwrap();
        let mut buffer = FrameBuffer::new();
        for sequence in 1..=4 {
            let read = reader.view().read(Sequence(sequence), &mut buffer);
            assert_eq!(
                read.is_err(),
                sequence == damaged as u64 + 1,
                "{damaged}: {report:?}"
            );
        }
    }
}

#[test]
fn a_closed_segment_whose_end_was_zeroed_is_never_called_whole() {
    let whole = closed(30);
    let name = "000002.fbat";
    let bytes = whole.contents(name).unwrap();
    for from in (SEGMENT_HEADER..bytes.len()).step_by(8) {
        let mut zeroed = bytes.clone();
        zeroed[from..].fill(0);
        if zeroed == bytes {
            continue;
        }
        let disk = whole.snapshot();
        disk.put(name, zeroed);
        assert!(!findings(&disk.platform()).is_empty(), "{from}");
    }
}
