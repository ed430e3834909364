//! Scripts: programs that are written down.

use batpak_journal::Durability;

use crate::op::{Op, Setup};

/// Programs that reach what four letters do not.
pub(crate) const SCRIPTS: u32 = 20;

pub(crate) fn script(number: u32) -> (Setup, Vec<Op>) {
    let append = |entity, size| Op::Append { entity, size };
    let few_events = Setup {
        segment_max_events: 2,
        ..Setup::SMALL
    };
    let written = Setup {
        durability: Durability::Written,
        ..Setup::SMALL
    };
    match number {
        // One rotation after another, sealed in between.
        0 => (
            few_events,
            (0..9)
                .flat_map(|at| [append(at % 3, 10), Op::Step])
                .chain([Op::Close, append(0, 5)])
                .collect(),
        ),
        // Keys across rotations, a close and a kill.
        1 => (
            few_events,
            vec![
                Op::Keyed,
                append(0, 10),
                append(1, 10),
                Op::Step,
                append(0, 10),
                Op::Step,
                Op::Retry,
                Op::Close,
                Op::Retry,
                Op::Keyed,
                Op::Kill,
                Op::Retry,
            ],
        ),
        // Nothing waits until it all is synced.
        2 => (
            written,
            vec![
                append(0, 20),
                append(1, 300),
                Op::Batch { size: 200 },
                append(0, 700),
                append(2, 20),
                Op::Sync,
                append(0, 20),
                Op::Keyed,
                Op::Retry,
                Op::Close,
                append(1, 20),
            ],
        ),
        // Submitted and forgotten; the background step takes it to the disk.
        3 => (
            Setup::SMALL,
            vec![
                Op::Submit { size: 30 },
                Op::Submit { size: 300 },
                Op::Step,
                Op::Step,
                append(0, 20),
                Op::Submit { size: 700 },
                Op::Submit { size: 10 },
                Op::Sync,
                Op::Close,
            ],
        ),
        // Unclean ends in a row.
        4 => (
            Setup::SMALL,
            vec![
                append(0, 20),
                Op::Kill,
                append(0, 20),
                Op::Drop,
                Op::Kill,
                Op::Batch { size: 300 },
                Op::Kill,
                append(1, 900),
                Op::Drop,
                append(1, 20),
            ],
        ),
        // Opens and closes that append nothing.
        5 => (
            Setup::SMALL,
            vec![
                Op::Close,
                Op::Close,
                append(0, 20),
                Op::Close,
                Op::Close,
                Op::Kill,
            ],
        ),
        // Batches that end a segment each.
        6 => (
            few_events,
            vec![
                Op::Batch { size: 300 },
                Op::Batch { size: 20 },
                Op::Step,
                Op::Batch { size: 500 },
                Op::Step,
                Op::Batch { size: 700 },
            ],
        ),
        // More than one sector each, in a store that syncs late.
        7 => (
            written,
            vec![
                append(0, 600),
                append(1, 600),
                Op::Kill,
                append(0, 600),
                Op::Step,
                append(1, 600),
                Op::Sync,
            ],
        ),
        // Nine segments: a directory over eight of them.
        8 => (
            Setup {
                segment_max_events: 1,
                ..Setup::SMALL
            },
            (0..9)
                .flat_map(|at| [append(at % 4, 10), Op::Step])
                .chain([Op::Keyed, Op::Step, Op::Close, Op::Retry])
                .collect(),
        ),
        // The capacity that a program has by default: a mebibyte of zeros.
        9 => (
            Setup {
                segment_max_bytes: 256 << 20,
                ..Setup::SMALL
            },
            vec![
                append(0, 20),
                Op::Close,
                append(0, 20),
                Op::Kill,
                append(0, 20),
            ],
        ),
        // Two streams of events of one size in a store that syncs late: what is lost may stand where it stood.
        10 => (
            written,
            vec![
                append(0, 505),
                append(1, 505),
                append(0, 505),
                Op::Kill,
                append(1, 505),
                append(0, 505),
            ],
        ),
        // Of events written late, the first may be lost where an event of its size comes to stand.
        12 => (written, vec![append(0, 30), append(2, 290), append(3, 190)]),
        // A key, a stream and a cause that lead from one segment to another.
        13 => (
            few_events,
            vec![
                Op::Keyed,
                append(0, 10),
                append(1, 10),
                Op::Step,
                append(0, 10),
                append(1, 10),
                Op::Step,
                append(2, 10),
                append(0, 10),
                Op::Step,
                Op::Close,
            ],
        ),
        // Made durable all at once.
        14 => (
            written,
            vec![append(0, 20), append(2, 20), Op::Sync, append(0, 20)],
        ),
        // The background step states what is durable, and then the store is closed.
        16 => (
            Setup::SMALL,
            vec![
                append(0, 20),
                Op::Step,
                Op::Step,
                Op::Step,
                Op::Close,
                append(0, 20),
                Op::Step,
                Op::Step,
                Op::Step,
                Op::Step,
                Op::Close,
            ],
        ),
        // A key in a segment that is sealed, and nothing else that leads there.
        15 => (
            few_events,
            vec![
                Op::Keyed,
                append(0, 10),
                append(2, 10),
                Op::Step,
                append(0, 10),
                Op::Step,
                append(2, 10),
            ],
        ),
        // A range over two segments, the first of which is sealed then, and a key in it.
        17 => (
            few_events,
            vec![
                append(0, 10),
                Op::Keyed,
                append(0, 10),
                Op::Hide { back: 0, count: 2 },
                append(1, 10),
                append(0, 10),
                Op::Step,
                Op::Step,
                Op::Retry,
                Op::Close,
                Op::Retry,
                Op::Unhide { back: 3, count: 1 },
                Op::Kill,
                append(0, 10),
            ],
        ),
        // Hidden and shown in a store that syncs late.
        18 => (
            written,
            vec![
                append(0, 20),
                append(1, 300),
                Op::Hide { back: 0, count: 1 },
                append(0, 505),
                Op::Kill,
                Op::Unhide { back: 1, count: 1 },
                Op::Hide { back: 0, count: 3 },
                append(0, 20),
                Op::Close,
                Op::Unhide { back: 0, count: 4 },
            ],
        ),
        // A batch that is hidden in part, around closes, and changes that end a segment.
        19 => (
            Setup {
                segment_max_bytes: 700,
                ..Setup::SMALL
            },
            vec![
                Op::Batch { size: 30 },
                Op::Hide { back: 0, count: 2 },
                Op::Close,
                Op::Hide { back: 2, count: 1 },
                Op::Unhide { back: 0, count: 1 },
                Op::Step,
                Op::Drop,
                append(1, 20),
                Op::Unhide { back: 2, count: 1 },
                Op::Close,
            ],
        ),
        // Closes with a segment that is sealed and one that is not.
        _ => (
            few_events,
            vec![
                append(0, 10),
                append(1, 10),
                append(0, 10),
                Op::Close,
                append(1, 10),
                Op::Step,
                Op::Close,
                Op::Batch { size: 10 },
                Op::Close,
            ],
        ),
    }
}
