//! Control frames and seals against hostile bytes and against themselves.

use batpak_event::{CorrelationId, EventId};

use super::*;
use crate::testing::{SALT, reseal_all};
use crate::{CloseFacts, FrameKind, SEAL_LENGTH, Seal, SegmentId};

const OFFSET: Offset = Offset(1024);

fn every_control_frame() -> Vec<ControlFrame> {
    let (first, last) = (Sequence(4), Sequence(9));
    let facts = EventFacts::from_bytes(&std::array::from_fn(|index| u8::try_from(index).unwrap()));
    assert_ne!(facts.event_id, EventId::nil());
    assert_ne!(facts.correlation, CorrelationId::nil());
    let gap = |cause, tree| ControlFrame::Gap {
        first,
        last,
        cause,
        tree,
    };
    vec![
        ControlFrame::Epoch {
            epoch: Epoch(3),
            wall_us: 5,
            random: u64::MAX,
        },
        ControlFrame::Hide { first, last },
        ControlFrame::Unhide { first, last: first },
        ControlFrame::DurableMark {
            durable: Sequence(u64::MAX),
        },
        gap(GapCause::Retention, vec![]),
        gap(GapCause::Salvage, vec![[1; 32], [2; 32]]),
        gap(
            GapCause::Salvage,
            vec![[7; 32]; ControlFrame::MAX_TREE_HASHES],
        ),
        ControlFrame::KeyFacts(Box::new(KeyFacts {
            epoch: Epoch(1),
            facts,
        })),
    ]
}

fn encoded(control: &ControlFrame) -> Vec<u8> {
    let mut out = Vec::new();
    control.encode(SALT, OFFSET, &mut out);
    out
}

fn seal() -> Seal {
    let close = CloseFacts {
        segment: SegmentId(2),
        salt: SALT,
        end: OFFSET.after(SEAL_LENGTH as u64),
        last_sequence: Sequence(40),
        last_hash: [9; 32],
    };
    Seal { close }
}

#[test]
fn control_frames_survive_the_round_trip() {
    for control in every_control_frame() {
        let frame = encoded(&control);
        assert!(frame.len().is_multiple_of(8));
        assert_eq!(ControlFrame::decode(&frame, SALT, OFFSET), Ok(control));
        let head = FrameHead::decode(frame.first_chunk().unwrap(), SALT, OFFSET).unwrap();
        assert_eq!(head.kind, FrameKind::Control);
        assert!(head.flags.contains(crate::FrameFlags::COMMIT));
        assert_eq!(head.attests(), None);
    }
}

#[test]
fn encoding_appends() {
    let mut out = b"12345678".to_vec();
    let mark = ControlFrame::DurableMark {
        durable: Sequence(5),
    };
    mark.encode(SALT, OFFSET, &mut out);
    assert_eq!(&out[..8], b"12345678");
    assert_eq!(out[8..], encoded(&mark));
}

#[test]
fn every_single_bit_flip_and_every_cut_is_detected() {
    for control in every_control_frame() {
        let frame = encoded(&control);
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                ControlFrame::decode(&flipped, SALT, OFFSET).is_err(),
                "{control:?} bit {bit}"
            );
        }
        for length in 0..frame.len() {
            let fault = ControlFrame::decode(&frame[..length], SALT, OFFSET).unwrap_err();
            assert_eq!(fault, FrameFault::TooShort);
        }
        assert!(ControlFrame::decode(&frame, SALT, OFFSET.after(8)).is_err());
        assert!(ControlFrame::decode(&frame, Salt(1), OFFSET).is_err());
    }
}

#[test]
fn impossible_facts_are_refused_even_when_they_verify() {
    let (first, last) = (Sequence(9), Sequence(4));
    let none = Sequence::NONE;
    let gap = ControlFrame::Gap {
        first: last,
        last: first,
        cause: GapCause::Retention,
        tree: vec![],
    };
    let mut unknown_cause = encoded(&gap);
    unknown_cause[128 + 16] = 3;
    let mut uncounted = encoded(&gap);
    uncounted[128 + 24] = 1;
    for frame in [&mut unknown_cause, &mut uncounted] {
        reseal_all(frame, SALT, OFFSET);
    }
    let cases = [
        encoded(&ControlFrame::Hide { first, last }),
        encoded(&ControlFrame::Unhide { first, last }),
        encoded(&ControlFrame::Hide { first: none, last }),
        encoded(&ControlFrame::Gap {
            first,
            last,
            cause: GapCause::Salvage,
            tree: vec![],
        }),
        encoded(&ControlFrame::Epoch {
            epoch: Epoch(1),
            wall_us: -1,
            random: 0,
        }),
        unknown_cause,
        uncounted,
    ];
    for frame in cases {
        let fault = ControlFrame::decode(&frame, SALT, OFFSET).unwrap_err();
        assert_eq!(
            fault,
            FrameFault::Malformed("facts of the control frame are impossible")
        );
    }
}

#[test]
fn a_body_of_another_length_than_its_type_takes_is_refused() {
    for control in every_control_frame() {
        let (control_type, body) = control.encode_facts();
        for length in [0, 1, body.len() - 1, body.len() + 1, body.len() + 8] {
            let mut other = body.clone();
            other.resize(length, 0);
            let mut frame = Vec::new();
            encode_plain(
                FrameKind::Control,
                control_type,
                &other,
                SALT,
                OFFSET,
                &mut frame,
            );
            assert!(
                ControlFrame::decode(&frame, SALT, OFFSET).is_err(),
                "{control:?} {length}"
            );
        }
    }
}

#[test]
fn the_fields_of_an_event_are_refused_in_a_control_frame() {
    for at in (13..120).filter(|at| ![14, 104, 105].contains(at)) {
        let mut frame = encoded(&ControlFrame::DurableMark {
            durable: Sequence(5),
        });
        frame[at] = 1;
        reseal_all(&mut frame, SALT, OFFSET);
        assert!(
            ControlFrame::decode(&frame, SALT, OFFSET).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn unknown_control_types_are_skippable_or_of_the_future() {
    for (control_type, expected) in [
        (0, Err(FrameFault::FutureVersion)),
        (7, Err(FrameFault::FutureVersion)),
        (0x7fff, Err(FrameFault::FutureVersion)),
        (0x8000, Ok(FrameKind::Skippable)),
        (0xffff, Ok(FrameKind::Skippable)),
    ] {
        let mut frame = Vec::new();
        encode_plain(
            FrameKind::Control,
            control_type,
            &[1; 20],
            SALT,
            OFFSET,
            &mut frame,
        );
        let head = FrameHead::decode(frame.first_chunk().unwrap(), SALT, OFFSET);
        assert_eq!(head.map(|head| head.kind), expected, "{control_type:#x}");
        assert!(ControlFrame::decode(&frame, SALT, OFFSET).is_err());
    }
}

#[test]
fn a_seal_survives_the_round_trip_and_no_flip() {
    let mut frame = Vec::new();
    seal().encode(SALT, OFFSET, &mut frame);
    assert_eq!(frame.len(), SEAL_LENGTH);
    assert_eq!(Seal::decode(&frame, SALT, OFFSET), Ok(seal()));
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Seal::decode(&flipped, SALT, OFFSET).is_err(), "bit {bit}");
    }
}

#[test]
fn a_seal_that_describes_something_else_is_refused() {
    let close = seal().close;
    let others = [
        CloseFacts {
            salt: Salt(5),
            ..close
        },
        CloseFacts {
            end: OFFSET,
            ..close
        },
        CloseFacts {
            end: Offset(close.end.0 + 8),
            ..close
        },
        CloseFacts {
            segment: SegmentId::NONE,
            ..close
        },
        CloseFacts::NONE,
    ];
    for close in others {
        let mut frame = Vec::new();
        Seal { close }.encode(SALT, OFFSET, &mut frame);
        assert!(Seal::decode(&frame, SALT, OFFSET).is_err(), "{close:?}");
    }
}
