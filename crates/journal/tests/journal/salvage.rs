//! A damaged store: what a salvage copies, and what a writer may accept.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::IdempotencyKey;
use batpak_journal::{
    Damage, DamageDigest, DraftCause, Durability, FrameBuffer, Journal, OpenError, Options,
    ReadError, Reader, SalvageError, SalvageReport, Selection, salvage, verify,
};
use batpak_platform::Platform;
use batpak_segment::{FRAME_FIXED, FrameHead, Offset, SEGMENT_HEADER, SegmentHeader};
use batpak_sim::SimDisk;

use crate::support::{Shown, draft, findings, open, read_only, scanned, shown, small};

/// Eleven segments of three streams, with keys, causes and batches; closed or killed.
fn store(close: bool) -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    let mut before = None;
    for number in 0..60_u8 {
        let entity = ["a", "b", "c"][usize::from(number) % 3];
        let mut next = draft(entity, &[number; 100]);
        next.causes = before.map(DraftCause::Known).into_iter().collect();
        if number % 4 == 0 {
            next.key = Some(IdempotencyKey::new(1000 + u128::from(number)));
        }
        let unit = if number % 10 == 9 {
            vec![draft("batch", &[1]), draft("batch", &[2])]
        } else {
            vec![next]
        };
        let committed = journal.append_unit(unit, Durability::Synced).unwrap();
        before = Some(batpak_event::Cause::Local(committed[0].event_id));
    }
    if close {
        journal.close().unwrap();
    } else {
        disk.kill();
        drop(journal);
    }
    disk
}

fn segments(disk: &SimDisk) -> Vec<String> {
    let names = disk.names().into_iter();
    names.filter(|name| name.ends_with(".fbat")).collect()
}

/// Offsets of the event frames of a segment with their sequences.
fn events(disk: &SimDisk, name: &str) -> Vec<(usize, u64)> {
    let bytes = disk.contents(name).unwrap();
    let header = SegmentHeader::decode(bytes.first_chunk().unwrap()).unwrap();
    let (mut found, mut at) = (Vec::new(), SEGMENT_HEADER);
    while let Some(fixed) = bytes.get(at..).and_then(<[u8]>::first_chunk::<FRAME_FIXED>) {
        let Ok(head) = FrameHead::decode(fixed, header.salt, Offset(at as u64)) else {
            break;
        };
        if !head.sequence.is_none() {
            found.push((at, head.sequence.get()));
        }
        at += head.length as usize;
    }
    found
}

fn salvaged(disk: &SimDisk) -> (SimDisk, SalvageReport) {
    let before = disk.fingerprint();
    let target = SimDisk::new();
    let report = salvage(&disk.platform(), &target.platform(), &mut |_, _| {}).unwrap();
    assert_eq!(disk.fingerprint(), before, "the source was changed");
    (target, report)
}

/// What a read-only open of a damaged store still shows.
fn served(platform: &Platform) -> Vec<Shown> {
    let (reader, _) = Reader::open(platform).unwrap();
    let view = reader.view();
    let mut buffer = FrameBuffer::new();
    let mut events = Vec::new();
    for sequence in 1..=view.visible().get() {
        if let Ok(frame) = view.read(Sequence(sequence), &mut buffer) {
            events.push(Shown::of(&frame, view));
        }
    }
    events
}

/// The salvaged store is whole, goes on behind the last sequence, and survives that.
fn goes_on(target: &SimDisk, report: &SalvageReport) {
    assert_eq!(findings(&target.platform()), Vec::<String>::new());
    let options = small(Durability::Synced);
    let (journal, opened) = Journal::open(&target.platform(), options.clone()).unwrap();
    assert!(opened.clean, "{opened:?}");
    assert_eq!(opened.events, report.events);
    let committed = journal
        .append(draft("a", b"after"), Durability::Synced)
        .unwrap();
    assert_eq!(committed.sequence, report.last.next());
    target.kill();
    drop(journal);
    let (journal, _) = Journal::open(&target.platform(), options).unwrap();
    assert_eq!(journal.view().visible(), report.last.next());
    journal.close().unwrap();
    assert_eq!(findings(&target.platform()), Vec::<String>::new());
}

#[test]
fn a_whole_store_is_salvaged_as_it_is() {
    for close in [true, false] {
        let disk = store(close);
        let expected = read_only(&disk.platform());
        let (target, report) = salvaged(&disk);
        assert_eq!(report.events, 66);
        assert!(report.damage.is_empty() && report.gaps.is_empty() && report.refused.is_empty());
        assert!(report.unproven.is_empty());
        assert_eq!(read_only(&target.platform()), expected);
        for stream in ["a", "batch"] {
            for reverse in [false, true] {
                let of = |disk: &SimDisk| {
                    let (reader, _) = Reader::open(&disk.platform()).unwrap();
                    scanned(reader.view(), Selection::Stream(stream.into()), reverse)
                };
                assert_eq!(of(&target), of(&disk));
            }
        }
        goes_on(&target, &report);
    }
}

#[test]
fn nine_of_ten_segments_are_served_and_salvaged() {
    let whole = store(true);
    let names = segments(&whole);
    assert!(names.len() > 9, "{names:?}");
    let expected = read_only(&whole.platform());
    for (position, name) in names.iter().enumerate() {
        for attack in 0..5 {
            let disk = whole.snapshot();
            let bytes = disk.contents(name).unwrap();
            match attack {
                0 => _ = disk.corrupt(name, 100, 1),
                1 => _ = disk.delete(name),
                2 => disk.put(name, vec![0; bytes.len()]),
                3 => disk.put(name, disk.contents(&names[(position + 1) % 3]).unwrap()),
                _ => disk.put(name, &bytes[..SEGMENT_HEADER + 40]),
            }
            if disk.contents(name) == whole.contents(name) {
                continue;
            }
            let of_segment: Vec<u64> = events(&whole, name).iter().map(|event| event.1).collect();
            let context = format!("{name}, attack {attack}");
            let others: Vec<Shown> = expected
                .iter()
                .filter(|event| !of_segment.contains(&event.sequence))
                .cloned()
                .collect();
            assert_eq!(served(&disk.platform()), others, "{context}");
            let (target, report) = salvaged(&disk);
            assert_eq!(read_only(&target.platform()), others, "{context}");
            assert_eq!(report.events, others.len() as u64, "{context}");
            assert!(!report.damage.is_empty(), "{context}");
            let gap = (
                Sequence(of_segment[0]),
                Sequence(*of_segment.last().unwrap()),
            );
            assert_eq!(report.gaps, [gap], "{context}");
            goes_on(&target, &report);
        }
    }
}

#[test]
fn every_damaged_event_alone_is_lost_and_becomes_a_gap() {
    let whole = store(true);
    for name in segments(&whole) {
        for (at, sequence) in events(&whole, &name) {
            let disk = whole.snapshot();
            disk.corrupt(&name, at + FRAME_FIXED + 1, 1);
            let (target, report) = salvaged(&disk);
            // The frames of a unit that was damaged are lost up to the next one that verifies.
            let (first, last) = report.gaps[0];
            assert!(
                first.get() <= sequence && sequence <= last.get() && last.get() - first.get() < 2,
                "{sequence}: {report:?}"
            );
            assert_eq!(report.events, 66 - (last.get() - first.get() + 1));
            let (reader, _) = Reader::open(&target.platform()).unwrap();
            let gone = verify(&target.platform(), &mut |_| {}).unwrap().gone;
            assert_eq!(gone.len(), 1);
            let mut buffer = FrameBuffer::new();
            let error = reader.view().read(first, &mut buffer).unwrap_err();
            assert!(matches!(error, ReadError::Gone { .. }), "{error}");
            for stream in ["a", "b", "c", "batch"] {
                for reverse in [false, true] {
                    scanned(reader.view(), Selection::Stream(stream.into()), reverse);
                }
            }
            goes_on(&target, &report);
        }
    }
}

#[test]
fn a_forged_event_is_left_out_and_what_only_a_checksum_vouches_for_is_listed() {
    let disk = store(true);
    let name = "000003.fbat";
    let places = events(&disk, name);
    // Another time, with every checksum repaired: the next event of its stream contradicts it.
    let (at, sequence) = places[1];
    let mut bytes = disk.contents(name).unwrap();
    let header = SegmentHeader::decode(bytes.first_chunk().unwrap()).unwrap();
    let mut head = FrameHead::decode(
        bytes[at..].first_chunk().unwrap(),
        header.salt,
        Offset(at as u64),
    )
    .unwrap();
    head.previous_hash = [7; 32];
    let fixed = head.encode(header.salt, Offset(at as u64));
    bytes[at..at + FRAME_FIXED].copy_from_slice(&fixed);
    disk.put(name, bytes);
    let (target, report) = salvaged(&disk);
    assert_eq!(report.refused, [Sequence(sequence)]);
    assert_eq!(report.gaps, [(Sequence(sequence), Sequence(sequence))]);
    goes_on(&target, &report);

    // Behind damage, an event whose predecessor is lost and that nothing repeats the hash of.
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for entity in ["x", "x", "y", "y"] {
        journal
            .append(draft(entity, b"1"), Durability::Synced)
            .unwrap();
    }
    journal.close().unwrap();
    let first = events(&disk, "000001.fbat")[0].0;
    disk.corrupt("000001.fbat", first + FRAME_FIXED + 1, 1);
    let (target, report) = salvaged(&disk);
    assert_eq!(report.unproven, [Sequence(2)]);
    assert_eq!((report.events, report.refused.len()), (3, 0));
    goes_on(&target, &report);
}

#[test]
fn a_salvage_keeps_to_an_empty_destination_and_leaves_no_store_when_it_fails() {
    let disk = store(true);
    let full = store(true);
    let error = salvage(&disk.platform(), &full.platform(), &mut |_, _| {}).unwrap_err();
    assert!(
        matches!(&error, SalvageError::Destination(at) if matches!(**at, OpenError::NotEmpty)),
        "{error}"
    );
    let other = SimDisk::new();
    other.put("notes.txt", b"mine");
    let error = salvage(&disk.platform(), &other.platform(), &mut |_, _| {}).unwrap_err();
    assert!(
        matches!(&error, SalvageError::Destination(at) if matches!(**at, OpenError::NotEmpty)),
        "{error}"
    );
    let held = disk.snapshot();
    let _writer = open(&held.platform(), &small(Durability::Synced));
    let error = salvage(&held.platform(), &SimDisk::new().platform(), &mut |_, _| {}).unwrap_err();
    assert!(
        matches!(&error, SalvageError::Source(at) if matches!(**at, OpenError::Locked { .. })),
        "{error}"
    );

    // Power cut after every call: no store, or the whole one; and then it works.
    let expected = read_only(&disk.platform());
    let target = SimDisk::new();
    salvage(&disk.platform(), &target.platform(), &mut |_, _| {}).unwrap();
    let calls = target.mutating_calls();
    assert!(calls > 10, "{calls}");
    for call in 0..calls {
        let target = SimDisk::new();
        target.stop_after(call);
        if salvage(&disk.platform(), &target.platform(), &mut |_, _| {}).is_ok() {
            continue;
        }
        target.crash_seeded(call);
        match Reader::open(&target.platform()) {
            Ok((reader, _)) => assert_eq!(shown(reader.view()), expected, "call {call}"),
            Err(_) => {
                for name in segments(&target) {
                    target.delete(&name);
                }
                salvage(&disk.platform(), &target.platform(), &mut |_, _| {}).unwrap();
                assert_eq!(read_only(&target.platform()), expected, "call {call}");
            }
        }
    }
}

#[test]
fn whatever_is_mutated_a_salvage_copies_only_what_was_written() {
    let whole = store(true);
    let expected = read_only(&whole.platform());
    let names = segments(&whole);
    let random = batpak_platform::FixedEntropy::new(11);
    let below = |limit: usize| usize::try_from(random.next_u64() % limit as u64).unwrap();
    for round in 0..300 {
        let disk = whole.snapshot();
        for _ in 0..1 + below(3) {
            let name = &names[below(names.len())];
            let mut bytes = disk.contents(name).unwrap();
            let at = below(bytes.len().max(1));
            let run = (1 + below(200)).min(bytes.len() - at);
            match below(4) {
                0 => bytes[at..at + run]
                    .iter_mut()
                    .for_each(|byte| *byte ^= 0x5a),
                1 => bytes[at..at + run].fill(0),
                2 => bytes.truncate(at),
                _ => bytes = disk.contents(&names[below(names.len())]).unwrap(),
            }
            disk.put(name, bytes);
        }
        let (target, report) = salvaged(&disk);
        let copied = read_only(&target.platform());
        assert_eq!(copied.len() as u64, report.events, "round {round}");
        for event in &copied {
            let original = &expected[usize::try_from(event.sequence).unwrap() - 1];
            assert_eq!(event, original, "round {round}");
        }
        let kept: Vec<u64> = copied.iter().map(|event| event.sequence).collect();
        for event in served(&disk.platform()) {
            let left_out = report.refused.contains(&Sequence(event.sequence));
            assert!(left_out || kept.contains(&event.sequence), "round {round}");
        }
        goes_on(&target, &report);
    }
}

fn digest(disk: &SimDisk) -> Option<DamageDigest> {
    Reader::open(&disk.platform()).unwrap().1.damage_digest()
}

fn accepting(digest: Option<DamageDigest>) -> Options {
    Options {
        accept_damage: digest,
        ..small(Durability::Synced)
    }
}

#[test]
fn accepted_damage_stays_lost_and_everything_else_goes_on() {
    for close in [true, false] {
        let whole = store(close);
        let names = segments(&whole);
        for name in &names {
            for attack in 0..4 {
                let disk = whole.snapshot();
                let at = events(&disk, name)[1].0;
                match attack {
                    0 => _ = disk.corrupt(name, at + FRAME_FIXED + 1, 1),
                    1 => _ = disk.delete(name),
                    2 => _ = disk.corrupt(name, 100, 1),
                    _ => disk.put(name, &disk.contents(name).unwrap()[..at]),
                }
                // An open looks at the frames of a closed segment only when it has no index.
                disk.delete(&name.replace(".fbat", ".fidx"));
                let context = format!("{name}, attack {attack}, closed {close}");
                let Some(damage) = digest(&disk) else {
                    // The newest event of a store that nobody closed looks like a torn end.
                    assert!(!close && name == names.last().unwrap(), "{context}");
                    continue;
                };
                let before = served(&disk.platform());
                let changed = disk.fingerprint();
                let other: DamageDigest = "00000000000000000000000000000001".parse().unwrap();
                for wrong in [None, Some(other)] {
                    let refused = Journal::open(&disk.platform(), accepting(wrong)).unwrap_err();
                    assert!(
                        matches!(
                            refused,
                            OpenError::Damaged { .. } | OpenError::Foreign { .. }
                        ),
                        "{context}: {refused}"
                    );
                    assert_eq!(disk.fingerprint(), changed, "{context}");
                }
                let mut expected = before.len();
                for round in 0..3 {
                    let (journal, report) =
                        Journal::open(&disk.platform(), accepting(Some(damage))).unwrap();
                    assert!(round > 0 || !report.damage.is_empty(), "{context}");
                    assert_eq!(served(&disk.platform()).len(), expected, "{context}");
                    journal
                        .append(draft("a", b"on"), Durability::Synced)
                        .unwrap();
                    expected += 1;
                    if round == 1 {
                        journal.close().unwrap();
                    } else {
                        disk.kill();
                        drop(journal);
                    }
                    let lost = digest(&disk);
                    assert!(
                        lost.is_none() || lost == Some(damage),
                        "{context}: {:?} was {:?}",
                        Reader::open(&disk.platform()).unwrap().1.damage,
                        report.damage
                    );
                }
                let after = served(&disk.platform());
                assert_eq!(after[..before.len()], before, "{context}");
                let (target, report) = salvaged(&disk);
                assert_eq!(report.events, expected as u64, "{context}");
                goes_on(&target, &report);
            }
        }
    }
}

#[test]
fn further_damage_is_refused_whatever_was_accepted() {
    let disk = store(true);
    disk.corrupt("000002.fbat", 100, 1);
    let accepted = digest(&disk);
    open(&disk.platform(), &accepting(accepted))
        .close()
        .unwrap();
    disk.corrupt("000004.fbat", 100, 1);
    assert!(Journal::open(&disk.platform(), accepting(accepted)).is_err());
    assert!(Journal::open(&disk.platform(), accepting(digest(&disk))).is_ok());
}

#[test]
fn a_whole_store_opens_whatever_it_would_accept() {
    let disk = store(true);
    assert_eq!(digest(&disk), None);
    let any = "ffffffffffffffffffffffffffffffff".parse().unwrap();
    open(&disk.platform(), &accepting(Some(any)))
        .close()
        .unwrap();
    for text in ["", "1", "g", "+fffffffffffffffffffffffffffffff"] {
        assert!(text.parse::<DamageDigest>().is_err(), "{text:?}");
    }
}

/// A disk that refuses to read some bytes of one file.
#[derive(Debug)]
struct BadBlock {
    disk: Arc<dyn batpak_platform::Storage>,
    name: &'static str,
    bad: std::ops::Range<u64>,
}

#[derive(Debug)]
struct BadFile(Arc<dyn batpak_platform::StorageFile>, std::ops::Range<u64>);

impl batpak_platform::StorageFile for BadFile {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        if offset < self.1.end && self.1.start < offset + buffer.len() as u64 {
            return Err(std::io::Error::from_raw_os_error(5));
        }
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<usize> {
        self.0.write_at(bytes, offset)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.0.sync_data()
    }
}

impl batpak_platform::Storage for BadBlock {
    fn open(
        &self,
        name: &str,
        access: batpak_platform::Access,
    ) -> std::io::Result<Arc<dyn batpak_platform::StorageFile>> {
        let file = self.disk.open(name, access)?;
        Ok(if name == self.name {
            Arc::new(BadFile(file, self.bad.clone()))
        } else {
            file
        })
    }
    fn create(&self, name: &str) -> std::io::Result<Arc<dyn batpak_platform::StorageFile>> {
        self.disk.create(name)
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.disk.rename(from, to)
    }
    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.disk.remove(name)
    }
    fn list(&self) -> std::io::Result<Vec<batpak_platform::DirectoryEntry>> {
        self.disk.list()
    }
    fn sync_directory(&self) -> std::io::Result<()> {
        self.disk.sync_directory()
    }
    fn lock(
        &self,
        owner: &batpak_platform::LockOwner,
    ) -> Result<Box<dyn batpak_platform::StorageLock>, batpak_platform::LockError> {
        self.disk.lock(owner)
    }
    fn writer_present(&self) -> std::io::Result<bool> {
        self.disk.writer_present()
    }
    fn free_bytes(&self) -> std::io::Result<Option<u64>> {
        self.disk.free_bytes()
    }
}

#[test]
fn blocks_that_the_medium_refuses_cost_the_events_in_them_and_no_others() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for number in 0..300_u16 {
        let payload = vec![u8::try_from(number % 250).unwrap(); 100];
        journal
            .append(draft("a", &payload), Durability::Synced)
            .unwrap();
    }
    journal.close().unwrap();
    let places = events(&disk, "000001.fbat");
    for bad in [0..1, 300..301, 20_000..20_001, 40_000..49_000] {
        let mut platform = disk.platform();
        platform.storage = Arc::new(BadBlock {
            disk: disk.storage(),
            name: "000001.fbat",
            bad: bad.clone(),
        });
        let target = SimDisk::new();
        let report = salvage(&platform, &target.platform(), &mut |_, _| {}).unwrap();
        let (start, end) = (bad.start / 4096 * 4096, bad.end.div_ceil(4096) * 4096);
        let untouched = places.windows(2).filter(|pair| {
            let (from, to) = (pair[0].0 as u64, pair[1].0 as u64);
            bad.start > 256 && (to <= start.max(256) || from >= end)
        });
        let untouched = untouched.count() as u64;
        assert!(report.events >= untouched, "{bad:?}: {report:?}");
        assert!(!report.damage.is_empty(), "{bad:?}");
        assert_eq!(served(&platform).len() as u64, report.events, "{bad:?}");
        let error = Journal::open(&platform, Options::default())
            .map(drop)
            .unwrap_err();
        assert!(matches!(error, OpenError::File(_)), "{bad:?}: {error}");
        goes_on(&target, &report);
    }
    // A whole header is needed to read a segment at all.
    let whole = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert_eq!(whole.findings, []);
}

#[test]
fn a_source_that_cannot_be_read_is_named_as_the_source() {
    let empty = SimDisk::new();
    let error = salvage(
        &empty.platform(),
        &SimDisk::new().platform(),
        &mut |_, _| {},
    )
    .unwrap_err();
    assert!(
        matches!(&error, SalvageError::Source(at) if matches!(**at, OpenError::NotAStore)),
        "{error}"
    );
    let cut = store(true);
    cut.put("000002.fbat", &cut.contents("000002.fbat").unwrap()[..300]);
    let (_, report) = Reader::open(&cut.platform()).unwrap();
    assert!(
        matches!(report.damage[0].damage, Damage::Frame(_)),
        "{report:?}"
    );
}
