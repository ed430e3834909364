//! The segment header against hostile bytes and against itself.

use super::*;
use crate::Offset;

fn header() -> SegmentHeader {
    let close = |segment, hash| CloseFacts {
        segment: SegmentId(segment),
        salt: Salt(4),
        end: Offset(8192),
        last_sequence: Sequence(99),
        last_hash: [hash; 32],
    };
    SegmentHeader {
        version: FORMAT_VERSION,
        required: 0,
        optional: 0,
        lineage: Lineage(u128::MAX - 1),
        branch: BranchId(7),
        epoch: Epoch(3),
        segment: SegmentId(12),
        first_sequence: Sequence(100),
        salt: Salt(0xfeed),
        capacity: 1 << 20,
        created_us: 1_700_000_000_000_000,
        predecessor: close(11, 1),
        stands_for: Some(close(9, 2)),
    }
}

/// Writes a value into an encoded header and the checksum anew.
fn resealed(at: usize, value: &[u8]) -> [u8; SEGMENT_HEADER] {
    let mut bytes = header().encode();
    bytes[at..at + value.len()].copy_from_slice(value);
    let checksum = crc32c::crc32c(&bytes[..CHECKSUM]);
    bytes[CHECKSUM..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn every_single_bit_flip_is_a_fault() {
    let bytes = header().encode();
    for bit in 0..SEGMENT_HEADER * 8 {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        let expected = if bit < 64 {
            HeaderFault::BadMagic
        } else {
            HeaderFault::Checksum
        };
        assert_eq!(SegmentHeader::decode(&flipped), Err(expected), "bit {bit}");
    }
}

#[test]
fn impossible_values_are_refused_even_when_they_verify() {
    let future = HeaderFault::FutureVersion {
        found: 2,
        supported: 1,
    };
    let cases: [(usize, &[u8], HeaderFault); 13] = [
        (VERSION, &[2, 0, 0, 0], future),
        (VERSION, &[0; 4], HeaderFault::Malformed("version is 0")),
        (
            REQUIRED,
            &[0, 0, 0, 0x80],
            HeaderFault::UnknownFeature { bits: 1 << 31 },
        ),
        (
            RESERVED,
            &[0, 0, 0, 1],
            HeaderFault::Malformed("reserved bytes are not zero"),
        ),
        (
            RESERVED_TAIL + 19,
            &[1],
            HeaderFault::Malformed("reserved bytes are not zero"),
        ),
        (SEGMENT, &[0; 8], HeaderFault::Malformed("segment id is 0")),
        (SALT, &[0; 8], HeaderFault::Malformed("salt is 0")),
        (
            FIRST_SEQUENCE,
            &[0; 8],
            HeaderFault::Malformed("first sequence is 0"),
        ),
        (
            CAPACITY,
            &[255, 0, 0, 0, 0, 0, 0, 0],
            HeaderFault::Malformed("capacity is smaller than the header"),
        ),
        (
            CREATED,
            &(-1_i64).to_le_bytes(),
            HeaderFault::Malformed("creation time is before 1970"),
        ),
        (
            SEGMENT,
            &[11, 0, 0, 0, 0, 0, 0, 0],
            HeaderFault::Malformed("segment is its own predecessor"),
        ),
        (
            PREDECESSOR,
            &[0; 8],
            HeaderFault::Malformed("close facts of the predecessor are impossible"),
        ),
        (
            STANDS_FOR,
            &[0; 8],
            HeaderFault::Malformed("close facts of the replaced segment are impossible"),
        ),
    ];
    for (at, value, fault) in cases {
        assert_eq!(
            SegmentHeader::decode(&resealed(at, value)),
            Err(fault),
            "field at {at}"
        );
    }
    assert_eq!(
        SegmentHeader::decode(&[0; SEGMENT_HEADER]),
        Err(HeaderFault::BadMagic)
    );
}

#[test]
fn an_unknown_optional_feature_allows_reading_only() {
    assert_eq!(header().read_only_because(), None);
    let decoded = SegmentHeader::decode(&resealed(OPTIONAL, &[4, 0, 0, 0])).unwrap();
    assert_eq!(decoded.read_only_because(), Some(4));
}

#[test]
fn headers_survive_the_round_trip() {
    let first = SegmentHeader {
        predecessor: CloseFacts::NONE,
        stands_for: None,
        ..header()
    };
    for header in [header(), first] {
        assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
    }
}
