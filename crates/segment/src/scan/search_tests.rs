//! The search behind damage.

use batpak_coordinate::Sequence;

use super::*;
use crate::testing::{FULL, PLAIN, SALT, frame, index, reseal, segment};
use crate::{BodyParts, SEGMENT_HEADER};

const START: Offset = Offset(SEGMENT_HEADER as u64);

fn find(bytes: &[u8], from: u64) -> Option<(Offset, Sequence)> {
    let mut source = bytes;
    let end = Offset(bytes.len() as u64);
    let found = search(&mut source, SALT, Offset(from), end, |_| true).unwrap();
    found.map(|(offset, head)| (offset, head.sequence))
}

#[test]
fn the_next_frame_is_found_from_every_position() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN]);
    for from in 0..bytes.len() as u64 + 20 {
        let next = offsets.iter().position(|offset| offset.0 >= from);
        let expected = next.map(|index| (offsets[index], Sequence(index as u64 + 1)));
        assert_eq!(find(&bytes, from), expected, "from {from}");
    }
    assert_eq!(find(&bytes, u64::MAX), None);
}

#[test]
fn a_frame_cut_at_any_byte_is_not_found() {
    let (bytes, offsets) = segment(&[&FULL]);
    for cut in 0..bytes.len() {
        assert_eq!(find(&bytes[..cut], 0), None, "cut at {cut}");
        let mut zeroed = bytes.clone();
        zeroed[cut..].fill(0);
        let expected = (zeroed == bytes).then_some((offsets[0], Sequence(1)));
        assert_eq!(find(&zeroed, 0), expected, "zeros from {cut}");
    }
}

#[test]
fn frames_behind_damage_are_found() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN]);
    for bit in 0..(index(offsets[1]) - index(offsets[0])) * 8 {
        let mut damaged = bytes.clone();
        damaged[index(offsets[0]) + bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            find(&damaged, START.0),
            Some((offsets[1], Sequence(2))),
            "bit {bit}"
        );
    }
}

#[test]
fn nothing_is_found_in_zeros_and_garbage() {
    for byte in [0, 1, 0x80, 0xff] {
        assert_eq!(find(&vec![byte; 200_000], 0), None);
    }
    let lengths = 128_u32.to_le_bytes().repeat(50_000);
    assert_eq!(find(&lengths, 0), None);
}

#[test]
fn a_frame_inside_a_payload_is_never_found() {
    // The inner frames are valid under the same salt at offsets where they do not stand, 8 bytes apart.
    for shift in (8..2048).step_by(8) {
        let inner = frame(7, &FULL, START.after(shift));
        let payload = [&[0; 3][..], &inner].concat();
        let outer = BodyParts {
            payload: &payload,
            ..PLAIN
        };
        let (mut bytes, offsets) = segment(&[&outer, &PLAIN]);
        let inner_at = SEGMENT_HEADER + 128 + 13 + 3;
        if inner_at as u64 == START.0 + shift {
            continue;
        }
        bytes[SEGMENT_HEADER] ^= 0xff;
        assert_eq!(
            find(&bytes, 0),
            Some((offsets[1], Sequence(2))),
            "shift {shift}"
        );
    }
}

#[test]
fn a_verified_head_with_a_bad_body_is_passed_over() {
    let (mut bytes, offsets) = segment(&[&FULL, &PLAIN]);
    bytes[SEGMENT_HEADER + 140] ^= 1;
    assert_eq!(find(&bytes, 0), Some((offsets[1], Sequence(2))));
}

#[test]
fn a_length_bomb_that_verifies_is_not_followed() {
    let (mut bytes, _) = segment(&[&PLAIN]);
    let length = u32::try_from(bytes.len()).unwrap();
    let payload_len = length - 128 - 13;
    for (length, payload_len) in [
        (crate::MAX_FRAME_LENGTH, crate::MAX_FRAME_LENGTH - 128 - 13),
        (length, payload_len),
    ] {
        bytes[SEGMENT_HEADER..][..4].copy_from_slice(&length.to_le_bytes());
        bytes[SEGMENT_HEADER + 120..][..4].copy_from_slice(&payload_len.to_le_bytes());
        reseal(&mut bytes[SEGMENT_HEADER..], SALT, START);
        assert_eq!(find(&bytes, 0), None);
    }
}

#[test]
fn the_caller_sees_every_valid_frame_until_it_takes_one() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN, &PLAIN]);
    let mut source = bytes.as_slice();
    let end = Offset(bytes.len() as u64);
    let mut seen = Vec::new();
    let found = search(&mut source, SALT, Offset(0), end, |head| {
        seen.push(head.sequence.0);
        head.sequence == Sequence(3)
    });
    assert_eq!(found.unwrap().map(|(offset, _)| offset), Some(offsets[2]));
    assert_eq!(seen, [1, 2, 3]);
    let none = search(&mut source, SALT, Offset(0), offsets[3], |head| {
        head.sequence.0 > 3
    });
    assert_eq!(
        none.unwrap(),
        None,
        "the fourth frame ends behind the range"
    );
}

#[test]
fn frames_that_straddle_windows_or_exceed_them_are_found() {
    for zeros in [65_536 - 256 - 128, 65_536 - 256 - 8, 65_536 - 256, 200_000] {
        for payload_len in [100, 70_000, 300_000] {
            let payload = vec![0x80; payload_len];
            let start = Offset(SEGMENT_HEADER as u64 + zeros);
            let parts = BodyParts {
                payload: &payload,
                ..PLAIN
            };
            let mut bytes = vec![0; index(start)];
            bytes.extend(frame(1, &parts, start));
            assert_eq!(
                find(&bytes, 0),
                Some((start, Sequence(1))),
                "{zeros} {payload_len}"
            );
        }
    }
}

#[test]
fn a_source_that_breaks_its_promise_ends_the_search() {
    struct Short;
    impl ByteSource for Short {
        type Error = std::convert::Infallible;
        fn len(&self) -> u64 {
            1 << 40
        }
        fn window(&mut self, _: u64, _: usize) -> Result<&[u8], Self::Error> {
            Ok(&[])
        }
    }
    let found = search(&mut Short, SALT, Offset(0), Offset(u64::MAX), |_| true);
    assert_eq!(found, Ok(None));
}
