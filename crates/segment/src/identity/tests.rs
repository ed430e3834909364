//! The identity against hostile bytes and against itself.

use super::layout::{BODY, RECORDS, SECTOR};
use super::*;
use crate::{Offset, Salt};

fn identity(generation: u64) -> Identity {
    let close = CloseFacts {
        segment: SegmentId(4),
        salt: Salt(77),
        end: Offset(1 << 20),
        last_sequence: Sequence(1000),
        last_hash: [3; 32],
    };
    let first = BranchRecord {
        branch: BranchId(1),
        parent: None,
        last_shared: Sequence::NONE,
    };
    let second = BranchRecord {
        branch: BranchId(2),
        parent: Some(BranchId(1)),
        last_shared: Sequence(500),
    };
    Identity {
        generation,
        lineage: Lineage(0xabc),
        branch: BranchId(2),
        branches: vec![first, second],
        epoch: Epoch(9),
        highest: SegmentId(5),
        durable: Sequence(77),
        clean_close: Some(CleanClose {
            epoch: Epoch(9),
            segment: SegmentId(5),
            length: 4096,
            last_sequence: Sequence(1010),
            last_hash: [4; 32],
            tree: Some(TreeHead {
                size: 1010,
                root: [5; 32],
            }),
        }),
        closed: vec![
            ClosedSegment {
                close,
                first_sequence: Sequence(1),
                index_hash: None,
            },
            ClosedSegment {
                close,
                first_sequence: Sequence(9),
                index_hash: Some([6; 32]),
            },
        ],
    }
}

/// The whole slot: what is written, and what the file has behind it.
fn slot(identity: &Identity) -> Vec<u8> {
    let mut bytes = identity.encode();
    bytes.resize(identity.slot_size_for() as usize, 0);
    bytes
}

/// Writes a value into an encoded slot and the checksum anew.
fn resealed(identity: &Identity, at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = slot(identity);
    let end = BODY + u32::from_le_bytes(bytes[32..36].try_into().unwrap()) as usize;
    bytes[at..at + value.len()].copy_from_slice(value);
    let checksum = crc32c::crc32c(&bytes[..end]);
    bytes[end..end + 4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn every_single_bit_flip_of_a_slot_is_a_fault() {
    let written = identity(3).encode().len();
    assert!(written.is_multiple_of(SECTOR));
    let bytes = slot(&identity(3));
    for bit in 0..written * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let fault = decode_slot(&flipped).unwrap_err();
        assert_ne!(fault, IdentityFault::Empty, "bit {bit}");
    }
}

#[test]
fn a_slot_torn_at_any_byte_is_never_taken() {
    let old = slot(&identity(1));
    let new = slot(&Identity {
        closed: vec![],
        ..identity(3)
    });
    let differs = |cut: usize| new[..cut] != old[..cut] && new[cut..] != old[cut..];
    for cut in (0..old.len()).filter(|cut| differs(*cut)) {
        let torn = [&new[..cut], &old[cut..]].concat();
        match decode_slot(&torn) {
            Err(_) => {}
            // Behind the checksum of the new identity, only leftovers of the old one differ.
            Ok(found) => assert_eq!(Some(found), decode_slot(&new).ok(), "cut at {cut}"),
        }
    }
}

#[test]
fn zeros_are_empty_and_short_slots_are_faults() {
    for length in [0, 1, 4096, 65_536] {
        assert_eq!(decode_slot(&vec![0; length]), Err(IdentityFault::Empty));
    }
    let bytes = slot(&identity(1));
    for length in 1..bytes.len() {
        let fault = decode_slot(&bytes[..length]).unwrap_err();
        let slot_size = IdentityFault::SlotSize {
            recorded: 4096,
            found: length as u64,
        };
        assert!(
            fault == IdentityFault::TooShort || fault == slot_size,
            "{length}: {fault}"
        );
    }
}

#[test]
fn impossible_values_are_refused_even_when_they_verify() {
    use IdentityFault::*;
    let identity = identity(3);
    let counts = Malformed("counts do not match the body length");
    let first_branch = RECORDS;
    let first_closed = RECORDS + 2 * 48;
    let cases: [(usize, &[u8], IdentityFault); 18] = [
        (0, b"X", BadMagic),
        (
            8,
            &[2],
            FutureVersion {
                found: 2,
                supported: 1,
            },
        ),
        (8, &[0], Malformed("version is 0")),
        (12, &[8], UnknownFeature { bits: 8 }),
        (16, &[8], UnknownFeature { bits: 8 }),
        (
            20,
            &8192_u32.to_le_bytes(),
            SlotSize {
                recorded: 8192,
                found: 4096,
            },
        ),
        (24, &[0], Malformed("generation is 0")),
        (36, &[1], Malformed("reserved bytes are not zero")),
        (108, &[1], Malformed("reserved bytes are not zero")),
        (96, &[3], counts.clone()),
        (96, &u32::MAX.to_le_bytes(), counts.clone()),
        (100, &[1], counts.clone()),
        (100, &u32::MAX.to_le_bytes(), counts),
        (104, &[0], Malformed("absent tree head is not zero")),
        (104, &[7], Malformed("unknown parts are present")),
        (
            first_branch + 32,
            &[2],
            Malformed("parent of a branch is impossible"),
        ),
        (
            first_closed,
            &[0; 8],
            Malformed("close facts of a segment are impossible"),
        ),
        (
            first_closed + 72,
            &[2],
            Malformed("index hash of a segment is impossible"),
        ),
    ];
    for (at, value, fault) in cases {
        assert_eq!(
            decode_slot(&resealed(&identity, at, value)),
            Err(fault),
            "at {at}: {value:?}"
        );
    }
}

#[test]
fn a_body_length_bomb_is_refused_before_anything_is_allocated() {
    for length in [0, 1, 175, 4096 - 40, 4096, 1 << 31, u32::MAX] {
        let mut bytes = slot(&identity(1));
        bytes[32..36].copy_from_slice(&length.to_le_bytes());
        assert!(decode_slot(&bytes).is_err(), "{length}");
    }
}

#[test]
fn identities_survive_the_round_trip() {
    let base = identity(3);
    let close = base.clean_close;
    let closed = base.closed[1];
    let many = (1..=500).map(|id| {
        let close = CloseFacts {
            segment: SegmentId(id),
            ..closed.close
        };
        ClosedSegment { close, ..closed }
    });
    let cases = [
        base.clone(),
        Identity {
            clean_close: None,
            ..base.clone()
        },
        Identity {
            clean_close: close.map(|close| CleanClose {
                tree: None,
                ..close
            }),
            ..base.clone()
        },
        Identity {
            branches: vec![],
            closed: vec![],
            highest: SegmentId::NONE,
            durable: Sequence::NONE,
            ..base.clone()
        },
        Identity {
            closed: many.collect(),
            ..base
        },
    ];
    for identity in cases {
        assert_eq!(decode_slot(&slot(&identity)).as_ref(), Ok(&identity));
        let larger = identity.slot_size_for() * 4;
        let mut bytes = identity.encode_into(larger).unwrap();
        bytes.resize(larger as usize, 0xee);
        assert_eq!(
            decode_slot(&bytes),
            Ok(identity),
            "leftovers behind the written part do not count"
        );
    }
}

#[test]
fn slot_sizes_are_powers_of_two_that_hold_what_is_written() {
    let closed = identity(1).closed[0];
    for count in [0, 1, 33, 34, 35, 36, 100, 5000] {
        let identity = Identity {
            closed: vec![closed; count],
            ..identity(1)
        };
        let size = identity.slot_size_for();
        let written = identity.encode().len();
        assert!(size.is_power_of_two() && size >= MIN_SLOT_SIZE && written <= size as usize);
        assert!(
            size == MIN_SLOT_SIZE || written > size as usize / 2,
            "{count}: no larger than needed"
        );
        if size > MIN_SLOT_SIZE {
            let error = IdentityTooLarge {
                needed: written as u64,
                slot_size: size / 2,
            };
            assert_eq!(identity.encode_into(size / 2), Err(error));
        }
    }
}

#[test]
fn file_lengths_are_those_of_two_slots() {
    for length in [0, 1, 4096, 8191] {
        assert_eq!(
            SlotPair::of_file(length),
            Err(IdentityFault::TooShort),
            "{length}"
        );
    }
    for length in [8193, 12_288, 24_576, 1 << 32, u64::MAX] {
        assert!(SlotPair::of_file(length).is_err(), "{length}");
    }
    for slot_size in [4096, 8192, 1 << 30] {
        let pair = SlotPair::new(slot_size).unwrap();
        assert_eq!(SlotPair::of_file(pair.file_length()), Ok(pair));
        assert_eq!(pair.offset_of(7), u64::from(slot_size));
        assert_eq!(pair.offset_of(8), 0);
    }
    let pair = SlotPair::new(4096).unwrap();
    let file = [[1_u8; 4096], [2; 4096]].concat();
    assert_eq!(pair.split(&file), Some((&[1; 4096][..], &[2; 4096][..])));
    assert_eq!(pair.split(&file[1..]), None);
}

#[test]
fn the_newest_valid_slot_holds_whatever_the_other_one_is() {
    let empty = || Err(IdentityFault::Empty);
    let bad = || Err(IdentityFault::Checksum);
    let future = || {
        Err(IdentityFault::FutureVersion {
            found: 2,
            supported: 1,
        })
    };
    let feature = || Err(IdentityFault::UnknownFeature { bits: 1 });
    let current = |generation, bad| Choice::Current {
        identity: identity(generation),
        bad,
    };
    let lost = |first, second| Choice::Damaged { first, second };
    let is_future = Choice::Future(IdentityFault::FutureVersion {
        found: 2,
        supported: 1,
    });
    let is_feature = Choice::Future(IdentityFault::UnknownFeature { bits: 1 });
    let (none, checksum) = (IdentityFault::Empty, IdentityFault::Checksum);
    let misplaced = IdentityFault::Malformed("generation belongs to the other slot");
    // Even generations live in the first slot, odd ones in the second.
    let valid = |generation| Ok(identity(generation));
    let cases = [
        (empty(), empty(), Choice::Empty),
        (empty(), bad(), lost(none.clone(), checksum.clone())),
        (empty(), valid(1), current(1, None)),
        (empty(), future(), is_future.clone()),
        (bad(), empty(), lost(checksum.clone(), none)),
        (bad(), bad(), lost(checksum.clone(), checksum.clone())),
        (bad(), valid(3), current(3, Some(checksum.clone()))),
        (bad(), future(), is_future.clone()),
        (valid(2), empty(), current(2, None)),
        (valid(2), bad(), current(2, Some(checksum))),
        (valid(2), valid(1), current(2, None)),
        (valid(2), valid(3), current(3, None)),
        (valid(2), future(), is_future.clone()),
        (future(), empty(), is_future.clone()),
        (future(), bad(), is_future.clone()),
        (future(), valid(9), is_future.clone()),
        (future(), future(), is_future),
        (feature(), valid(9), is_feature.clone()),
        (valid(2), feature(), is_feature),
        (valid(3), valid(1), current(1, Some(misplaced.clone()))),
        (valid(2), valid(4), current(2, Some(misplaced.clone()))),
        (valid(3), valid(2), lost(misplaced.clone(), misplaced)),
    ];
    for (index, (first, second, expected)) in cases.into_iter().enumerate() {
        assert_eq!(choose(first, second), expected, "case {index}");
    }
}
