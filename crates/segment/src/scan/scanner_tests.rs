//! The scanner over damaged, hostile and clean bytes.

use batpak_coordinate::Sequence;
use proptest::prelude::*;

use super::*;
use crate::testing::{FULL, PLAIN, SALT, frame, index, reseal, segment};
use crate::{BodyParts, ControlFrame, FrameKind, SEGMENT_HEADER};

const START: Offset = Offset(SEGMENT_HEADER as u64);

/// Offsets of the frames found, and the stop.
fn scan(bytes: &[u8]) -> (Vec<Offset>, Stop) {
    scan_to(bytes, bytes.len() as u64)
}

fn scan_to(bytes: &[u8], end: u64) -> (Vec<Offset>, Stop) {
    let mut scanner = Scanner::new(bytes, SALT, START, Offset(end));
    let mut found = Vec::new();
    let stop = loop {
        match scanner.next().unwrap() {
            Step::Frame {
                offset,
                head,
                bytes,
            } => {
                assert_eq!(bytes.len(), head.length as usize);
                found.push(offset);
            }
            Step::Stop(stop) => break stop,
        }
    };
    match scanner.next().unwrap() {
        Step::Stop(again) => assert_eq!(again, stop),
        Step::Frame { .. } => panic!("a frame after the stop"),
    }
    (found, stop)
}

fn bad(offset: Offset, fault: FrameFault) -> Stop {
    Stop::Bad { offset, fault }
}

#[test]
fn whole_frames_end_exactly_at_the_end() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN]);
    assert_eq!(scan(&bytes), (offsets, Stop::End));
    assert_eq!(scan(&bytes[..SEGMENT_HEADER]), (vec![], Stop::End));
}

#[test]
fn a_cut_at_any_byte_keeps_exactly_the_frames_before_it() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN]);
    for cut in SEGMENT_HEADER..bytes.len() {
        let (found, stop) = scan(&bytes[..cut]);
        let ends = offsets
            .iter()
            .skip(1)
            .filter(|offset| offset.0 <= cut as u64)
            .count();
        assert_eq!(found, offsets[..ends], "cut at {cut}");
        let torn = offsets[ends];
        let left = cut as u64 - torn.0;
        let expected = match left {
            0 => Stop::End,
            1..128 => bad(torn, FrameFault::TooShort),
            _ => bad(torn, FrameFault::BeyondEnd),
        };
        assert_eq!(stop, expected, "cut at {cut}");
        // The same cut by the end of the range instead of the file.
        assert_eq!(scan_to(&bytes, cut as u64), (found, stop));
    }
}

#[test]
fn a_write_that_stopped_at_any_byte_of_filled_space_is_torn_or_clean() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL]);
    let last = offsets[1];
    for cut in index(last)..bytes.len() {
        let mut torn = bytes.clone();
        torn[cut..].fill(0);
        torn.resize(bytes.len() + 70_000, 0);
        let (found, stop) = scan(&torn);
        if torn[..bytes.len()] == bytes {
            // Only trailing padding was cut off, which is zero anyway.
            assert_eq!(found, offsets);
            continue;
        }
        assert_eq!(found, offsets[..1], "cut at {cut}");
        if cut as u64 == last.0 {
            assert_eq!(stop, Stop::CleanZeros { offset: last });
        } else {
            assert!(
                matches!(stop, Stop::Bad { offset, .. } if offset == last),
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn zeros_are_a_clean_end_only_when_nothing_follows() {
    let (whole, _) = segment(&[&PLAIN]);
    let end = Offset(whole.len() as u64);
    for zeros in [1, 4, 7, 8, 127, 128, 129, 65_536, 65_537, 200_000] {
        let mut bytes = whole.clone();
        bytes.resize(whole.len() + zeros, 0);
        assert_eq!(
            scan(&bytes).1,
            Stop::CleanZeros { offset: end },
            "{zeros} zeros"
        );
        let last = bytes.len() - 1;
        bytes[last] = 1;
        let fault = if zeros < 128 {
            FrameFault::TooShort
        } else {
            FrameFault::ZeroLength
        };
        let stop = scan(&bytes).1;
        assert_eq!(stop, bad(end, fault), "{zeros} zeros, then one");
        // What lies behind the end of the range does not count.
        assert_eq!(scan_to(&bytes, end.0).1, Stop::End);
    }
}

#[test]
fn a_garbage_tail_stops_the_scan_where_it_begins() {
    let (whole, offsets) = segment(&[&PLAIN, &FULL]);
    let end = Offset(whole.len() as u64);
    for garbage in [
        &[0xff_u8; 300][..],
        &[0x80, 0, 0, 0].repeat(80),
        b"text".repeat(50).as_slice(),
    ] {
        let bytes = [whole.as_slice(), garbage].concat();
        let (found, stop) = scan(&bytes);
        assert_eq!(found, offsets);
        assert!(matches!(stop, Stop::Bad { offset, .. } if offset == end));
    }
}

#[test]
fn every_flip_of_a_length_stops_the_scan_there() {
    let (bytes, offsets) = segment(&[&PLAIN, &FULL, &PLAIN]);
    for bit in 0..32 {
        let mut flipped = bytes.clone();
        flipped[index(offsets[1]) + bit / 8] ^= 1 << (bit % 8);
        let (found, stop) = scan(&flipped);
        assert_eq!(found, offsets[..1]);
        assert!(
            matches!(stop, Stop::Bad { offset, .. } if offset == offsets[1]),
            "bit {bit}"
        );
    }
}

#[test]
fn a_length_bomb_is_never_fetched() {
    /// Panics when more is asked for than a fixed part, or the zeros check, needs.
    struct Frugal<'a>(&'a [u8]);
    impl ByteSource for Frugal<'_> {
        type Error = std::convert::Infallible;
        fn len(&self) -> u64 {
            // The file claims to be huge.
            u64::MAX
        }
        fn window(&mut self, offset: u64, length: usize) -> Result<&[u8], Self::Error> {
            assert_eq!(length, FRAME_FIXED);
            let start = usize::try_from(offset).unwrap();
            Ok(&self.0[start..start + length])
        }
    }
    let (whole, _) = segment(&[]);
    for length in [
        crate::MAX_FRAME_LENGTH,
        crate::MAX_FRAME_LENGTH + 8,
        !7,
        u32::MAX,
    ] {
        for sealed in [false, true] {
            let mut bytes = [whole.as_slice(), &frame(1, &PLAIN, START)].concat();
            bytes[SEGMENT_HEADER..][..4].copy_from_slice(&length.to_le_bytes());
            if sealed {
                reseal(&mut bytes[SEGMENT_HEADER..], SALT, START);
            }
            let mut scanner = Scanner::new(Frugal(&bytes), SALT, START, Offset(u64::MAX));
            let step = scanner.next().unwrap();
            assert!(
                matches!(step, Step::Stop(Stop::Bad { .. })),
                "{length} {step:?}"
            );
        }
    }
}

#[test]
fn frames_inside_a_payload_are_never_frames() {
    // A valid frame of the same salt, but of another offset, and one copied from its own neighbor.
    let inner = frame(2, &FULL, Offset(1 << 20));
    let payload = [inner.as_slice(), &inner].concat();
    let outer = BodyParts {
        payload: &payload,
        ..PLAIN
    };
    let (bytes, offsets) = segment(&[&outer, &PLAIN]);
    assert_eq!(scan(&bytes), (offsets, Stop::End));
}

#[test]
fn a_body_that_verifies_and_is_malformed_is_no_frame() {
    let (mut bytes, offsets) = segment(&[&PLAIN, &PLAIN]);
    let second = index(offsets[1]);
    let last = bytes.len() - 1;
    bytes[last] = 1;
    crate::testing::reseal_all(&mut bytes[second..], SALT, offsets[1]);
    let (found, stop) = scan(&bytes);
    assert_eq!(found, offsets[..1]);
    assert_eq!(
        stop,
        bad(offsets[1], FrameFault::Malformed("padding is not zero"))
    );
}

#[test]
fn control_frames_and_skippable_frames_are_steps_like_events() {
    let (mut bytes, mut offsets) = segment(&[&PLAIN]);
    let mark = ControlFrame::DurableMark {
        durable: Sequence(1),
    };
    for kind in [FrameKind::Control, FrameKind::Skippable] {
        let offset = Offset(bytes.len() as u64);
        mark.encode(SALT, offset, &mut bytes);
        if kind == FrameKind::Skippable {
            let start = index(offset);
            bytes[start + 12] = 0x80;
            reseal(&mut bytes[start..], SALT, offset);
        }
        offsets.push(offset);
    }
    assert_eq!(scan(&bytes), (offsets, Stop::End));
}

#[test]
fn a_start_behind_the_end_is_a_fault() {
    let bytes = [0_u8; 64];
    assert_eq!(scan(&bytes), (vec![], bad(START, FrameFault::BeyondEnd)));
}

#[test]
fn an_error_of_the_source_does_not_lose_the_place() {
    struct Flaky<'a>(&'a [u8], bool);
    impl ByteSource for Flaky<'_> {
        type Error = &'static str;
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn window(&mut self, offset: u64, length: usize) -> Result<&[u8], Self::Error> {
            self.1 = !self.1;
            let start = usize::try_from(offset).unwrap();
            if self.1 {
                Err("interrupted")
            } else {
                Ok(&self.0[start..start + length])
            }
        }
    }
    let (bytes, offsets) = segment(&[&PLAIN]);
    let mut scanner = Scanner::new(Flaky(&bytes, false), SALT, START, Offset(u64::MAX));
    let mut failures = 0;
    // Every second window fails and a frame takes two, so a frame never succeeds; the place stays.
    for _ in 0..5 {
        failures += usize::from(scanner.next().is_err());
        assert_eq!(scanner.position(), offsets[0]);
    }
    assert_eq!(failures, 5);
    let mut scanner = Scanner::new(scanner.into_source().0, SALT, START, Offset(u64::MAX));
    assert!(matches!(scanner.next(), Ok(Step::Frame { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_end_in_one_stop(
        garbage in proptest::collection::vec(any::<u8>(), 0..2000),
        at in 0..1500_usize,
        end in 0..4000_u64,
    ) {
        let (mut bytes, _) = segment(&[&PLAIN, &FULL, &PLAIN, &FULL]);
        let start = (SEGMENT_HEADER + at).min(bytes.len());
        let length = garbage.len().min(bytes.len() - start);
        bytes[start..start + length].copy_from_slice(&garbage[..length]);
        let (found, _) = scan_to(&bytes, end);
        prop_assert!(found.len() <= 4);
    }
}
