//! A reader that moves forward beside a writer shows what a new one would show.

use batpak_coordinate::Sequence;
use batpak_journal::{Durability, Journal, Reader, Selection};
use batpak_platform::FixedEntropy;
use batpak_segment::FRAME_FIXED;
use batpak_sim::SimDisk;

use crate::support::{draft, open, scanned, shown, small};

#[test]
fn refreshing_shows_what_opening_anew_shows() {
    for seed in 0..60 {
        let random = FixedEntropy::new(seed);
        let below = |limit: u64| random.next_u64() % limit;
        let disk = SimDisk::new();
        let level = [Durability::Synced, Durability::Written][usize::try_from(below(2)).unwrap()];
        let mut journal = Some(open(&disk.platform(), &small(level)));
        append(journal.as_ref(), 10);
        let (reader, _) = Reader::open(&disk.platform()).unwrap();
        let mut before = shown(reader.view());
        for step in 0..40 {
            match (below(12), &journal) {
                (0, Some(_)) => journal.take().unwrap().close().unwrap(),
                // Without a close.
                (1, Some(_)) => drop(journal.take()),
                (2, Some(_)) => {
                    disk.tasks().run_pending();
                    disk.clock().advance(std::time::Duration::from_secs(2));
                    disk.tasks().expire_delays();
                    disk.tasks().run_pending();
                }
                (3, Some(writer)) => {
                    // A write that fails is undone; the next unit goes to another segment.
                    disk.fail_operation(batpak_sim::Operation::WriteAt, 0, batpak_sim::Fault::Io);
                    let _refused = writer.append(draft("a", &[9; 200]), Durability::Synced);
                    disk.clear_faults();
                }
                (_, Some(_)) => append(journal.as_ref(), below(400)),
                (_, None) => journal = Some(open(&disk.platform(), &small(level))),
            }
            if below(3) == 0 {
                continue;
            }
            let context = format!("seed {seed}, step {step}");
            let visible = reader.refresh().unwrap();
            assert_eq!(reader.is_live().unwrap(), journal.is_some(), "{context}");
            let now = shown(reader.view());
            assert_eq!(now.len() as u64, visible.get(), "{context}");
            assert_eq!(now[..before.len()], before, "{context}");
            let fresh = Reader::open(&disk.platform()).unwrap().0;
            let anew = shown(fresh.view());
            assert!(now.len() >= anew.len(), "{context}");
            assert_eq!(now[..anew.len()], anew, "{context}");
            let stream = scanned(reader.view(), Selection::Stream("a".into()), true);
            assert_eq!(stream.len(), now.len(), "{context}");
            before = now;
        }
    }
}

fn append(journal: Option<&Journal>, size: u64) {
    let size = usize::try_from(size).unwrap();
    let journal = journal.unwrap();
    journal
        .append(draft("a", &vec![7; size]), Durability::Written)
        .unwrap();
}

#[test]
fn a_refresh_reads_what_is_new_and_not_what_it_knows() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &batpak_journal::Options::default());
    for _ in 0..3000 {
        append(Some(&journal), 100);
    }
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    append(Some(&journal), 100);
    append(Some(&journal), 100);
    let before = disk.calls();
    let visible = reader.refresh().unwrap();
    assert!(visible >= Sequence(3001), "{visible}");
    let calls = disk.calls() - before;
    assert!(calls < 20, "{calls} calls for one event");
}

#[test]
fn a_refresh_serves_around_damage_that_came_meanwhile() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    for _ in 0..20 {
        append(Some(&journal), 100);
    }
    journal.close().unwrap();
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    disk.corrupt("000001.fbat", 256 + FRAME_FIXED + 1, 1);
    disk.delete("000001.fidx");
    let (damaged, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.damage.len(), 1);
    assert_eq!(reader.refresh().unwrap(), Sequence(20));
    assert_eq!(damaged.refresh().unwrap(), Sequence(20));
    disk.delete("store.fbatm");
    assert_eq!(damaged.refresh().unwrap(), Sequence(20));
    assert_eq!(reader.refresh().unwrap(), Sequence(20));
}
