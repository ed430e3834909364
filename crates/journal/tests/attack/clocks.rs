//! A clock that jumps as it likes: order comes from sequences, times never go back, and a time that
//! no event can have is refused and over with the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use batpak_coordinate::Sequence;
use batpak_journal::{AppendError, Durability, ScanRequest, Selection};
use batpak_platform::{Clock, Platform};
use batpak_sim::SimDisk;

use crate::support::{draft, open, small};

/// First microsecond of the year 10000.
const END_US: i64 = 253_402_300_800_000_000;

#[derive(Debug)]
struct Set(AtomicI64);

impl Clock for Set {
    fn wall_us(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }
}

#[test]
fn ten_thousand_appends_under_a_jumping_clock_keep_their_order() {
    let disk = SimDisk::new();
    let clock = Arc::new(Set(AtomicI64::new(1_700_000_000_000_000)));
    let platform = Platform {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..disk.platform()
    };
    let options = batpak_journal::Options {
        segment_max_bytes: 256 << 10,
        ..small(Durability::Written)
    };
    let mut journal = open(&platform, &options);
    let (mut draws, mut count, mut refused) = (1_u64, 0, 0);
    for round in 0..10_000 {
        draws = draws
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let drawn = i64::try_from(draws >> 1).unwrap();
        let now = match drawn % 100 {
            0 => -drawn,
            1 => i64::MIN,
            2 => i64::MAX,
            3 => END_US,
            4 => 0,
            5..50 => 1_700_000_000_000_000 - drawn % 1_000_000_000,
            _ => 1_700_000_000_000_000 + drawn % 1_000_000_000,
        };
        clock.0.store(now, Ordering::SeqCst);
        match journal.append(draft("a", &[1]), Durability::Written) {
            Ok(committed) => {
                count += 1;
                assert_eq!(committed.sequence, Sequence(count), "{round}");
                assert!(
                    (0..END_US).contains(&now),
                    "{round}: {now} is no time of an event"
                );
            }
            Err(AppendError::InvalidClock { timestamp_us }) => {
                refused += 1;
                assert_eq!(timestamp_us, now);
                assert!(!(0..END_US).contains(&now), "{round}: {now} is a good time");
            }
            Err(error) => panic!("{round}: {error}"),
        }
        if round % 2000 == 1999 {
            drop(journal);
            journal = open(&platform, &options);
        }
    }
    assert!(
        refused > 100 && count > 9000,
        "{refused} refused, {count} appended"
    );
    let mut scan = journal.view().scan(ScanRequest {
        selection: Selection::All,
        after: Sequence::NONE,
        reverse: false,
    });
    let (mut last, mut seen) = ((0, 0), 0);
    while let Some(frame) = scan.next_frame().unwrap() {
        let time = (frame.head.wall_us, frame.head.counter);
        assert!(time > last || seen == 0, "{time:?} after {last:?}");
        (last, seen) = (time, seen + 1);
    }
    assert_eq!(seen, count);
}
