//! Hostile bytes and names.

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::Epoch;
use batpak_journal::{
    Durability, FrameBuffer, Journal, OpenError, Options, ReadError, Reader, View, verify,
};
use batpak_platform::EntryKind;
use batpak_segment::identity::Identity;
use batpak_segment::{ControlFrame, FRAME_FIXED, Offset};
use batpak_sim::SimDisk;

use crate::support::{FIRST, append, forge, frames, header, killed, newest_identity, open, small};

#[test]
fn a_forged_durable_mark_is_a_finding_and_not_a_panic() {
    let disk = killed(3);
    let (places, end) = frames(&disk, FIRST);
    disk.corrupt(FIRST, places[2] + FRAME_FIXED + 40, 1);
    let mut mark = Vec::new();
    let durable = Sequence(u64::MAX / 2);
    let salt = header(&disk, FIRST).salt;
    ControlFrame::DurableMark { durable }.encode(salt, Offset(end as u64), &mut mark);
    let mut bytes = disk.contents(FIRST).unwrap();
    bytes[end..end + mark.len()].copy_from_slice(&mark);
    disk.put(FIRST, bytes);
    assert!(Journal::open(&disk.platform(), Options::default()).is_err());
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert!(!report.findings.is_empty());
}

#[test]
fn a_forged_stream_sequence_is_a_finding_and_not_a_panic() {
    let disk = killed(2);
    forge(&disk, frames(&disk, FIRST).0[0], |head| {
        head.stream_sequence = StreamSequence(u64::MAX);
    });
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert!(!report.findings.is_empty());
}

#[test]
fn a_forged_last_possible_time_does_not_make_an_append_panic() {
    let disk = killed(1);
    forge(&disk, frames(&disk, FIRST).0[0], |head| {
        (head.wall_us, head.counter) = (i64::MAX, u16::MAX);
    });
    if let Ok((journal, _)) = Journal::open(&disk.platform(), Options::default()) {
        let _refused_or_not = append(&journal, b"x");
    }
}

#[test]
fn an_identity_at_the_end_of_its_numbers_is_refused_and_does_not_panic() {
    let changes: [fn(&mut Identity); 2] = [
        |identity| identity.generation = u64::MAX,
        |identity| identity.epoch = Epoch(u64::MAX),
    ];
    for change in changes {
        let disk = killed(1);
        let (mut identity, slots) = newest_identity(&disk);
        change(&mut identity);
        let mut bytes = disk.contents("store.fbatm").unwrap();
        let at = usize::try_from(slots.offset_of(identity.generation)).unwrap();
        let slot = identity.encode_into(slots.slot_size()).unwrap();
        bytes[at..at + slot.len()].copy_from_slice(&slot);
        disk.put("store.fbatm", bytes);
        assert!(Journal::open(&disk.platform(), Options::default()).is_err());
    }
}

#[test]
fn temporary_files_of_others_are_left_alone() {
    let disk = SimDisk::new();
    disk.put("thesis.tmp", *b"mine");
    if let Err(error) = Journal::open(&disk.platform(), Options::default()) {
        assert!(matches!(error, OpenError::NotAStore), "{error}");
    }
    assert_eq!(disk.contents("thesis.tmp").as_deref(), Some(&b"mine"[..]));
}

#[test]
fn a_directory_that_looks_temporary_does_not_make_a_store_unopenable() {
    let disk = killed(1);
    disk.put_entry("backup.tmp", EntryKind::Directory);
    open(&disk.platform(), &Options::default());
}

#[test]
fn a_segment_in_the_place_of_another_is_never_taken_for_it() {
    let whole = SimDisk::new();
    let journal = open(&whole.platform(), &small(Durability::Synced));
    for number in 0..30_u8 {
        append(&journal, &[number; 300]).unwrap();
    }
    journal.close().unwrap();
    let names = whole.names();
    let segments: Vec<_> = names
        .iter()
        .filter(|name| name.ends_with(".fbat"))
        .collect();
    assert!(segments.len() > 5);
    for from in &segments {
        for to in segments.iter().filter(|to| *to != from) {
            let disk = whole.snapshot();
            disk.put(to, whole.contents(from).unwrap());
            let opened = Journal::open(&disk.platform(), small(Durability::Synced));
            let error = opened.map(drop).unwrap_err().to_string();
            assert!(error.contains(to.as_str()), "{from} as {to}: {error}");
            let Ok((reader, report)) = Reader::open(&disk.platform()) else {
                continue;
            };
            assert!(!report.damage.is_empty(), "{from} as {to}");
            let mut lost = 0;
            for (number, event) in (0_u8..).zip(by_sequence(reader.view(), 30)) {
                match event {
                    Ok(payload) => assert_eq!(payload, [number; 300], "{from} as {to}"),
                    Err(_) => lost += 1,
                }
            }
            assert!(lost > 0 && lost < 15, "{from} as {to}: {lost}");
        }
    }
}

/// Each event for itself.
fn by_sequence(view: &View, count: u64) -> Vec<Result<Vec<u8>, ReadError>> {
    let mut buffer = FrameBuffer::new();
    let sequences = (1..=count).map(Sequence);
    let read = sequences.map(|sequence| {
        let frame = view.read(sequence, &mut buffer)?;
        Ok(frame.payload().to_vec())
    });
    read.collect()
}
