//! Kinds of disks, torn sectors, pages that are given up, and crash points that are kept.

#![cfg(test)]

use std::sync::Arc;

use batpak_platform::{Access, StorageFile, read_exact_at, write_all_at};
use batpak_sim::{Aftermath, Choices, Fate, Fault, Operation, Profile, SimDisk, Stopped, Unit};

fn with_file(bytes: &[u8]) -> (SimDisk, Arc<dyn StorageFile>) {
    let disk = SimDisk::new();
    disk.put("file", bytes);
    let file = disk.storage().open("file", Access::ReadWrite).unwrap();
    (disk, file)
}

#[test]
fn a_torn_sector_has_its_first_bytes_new_and_the_others_old() {
    for kept in [0, 1, 100, 511] {
        let (disk, file) = with_file(&[1; 512]);
        write_all_at(&*file, &[2; 512], 0).unwrap();
        disk.crash_into(&mut [Fate::Torn(kept)].into_iter());
        let bytes = disk.contents("file").unwrap();
        assert!(bytes[..kept].iter().all(|byte| *byte == 2), "{kept}");
        assert!(bytes[kept..].iter().all(|byte| *byte == 1), "{kept}");
    }
}

#[test]
fn fates_that_are_not_given_are_losses() {
    let (disk, file) = with_file(&[1; 1024]);
    write_all_at(&*file, &[2; 1024], 0).unwrap();
    assert_eq!(disk.pending_count(), 2);
    disk.crash_into(&mut [Fate::Kept].into_iter());
    let bytes = disk.contents("file").unwrap();
    assert_eq!((bytes[0], bytes[512]), (2, 1));
}

#[test]
fn an_ordered_file_system_keeps_a_beginning_of_names_and_no_length_without_its_bytes() {
    let disk = SimDisk::new();
    let storage = disk.storage();
    for name in ["a", "b", "c"] {
        storage.create(name).unwrap();
    }
    let file = storage.open("a", Access::ReadWrite).unwrap();
    write_all_at(&*file, &[7; 600], 0).unwrap();
    let units = disk.pending_units();
    for mask in 0..1_u32 << units.len() {
        let fate = |at: usize| {
            if mask & 1 << at == 0 {
                Fate::Lost
            } else {
                Fate::Kept
            }
        };
        let mut fates: Vec<Fate> = (0..units.len()).map(fate).collect();
        Profile::Ext4Ordered.allow(&units, &mut fates);
        let copy = disk.snapshot();
        copy.crash_into(&mut fates.into_iter());
        let names = copy.names();
        assert!(
            ["a", "b", "c"]
                .iter()
                .zip(&names)
                .all(|(one, two)| one == two),
            "{names:?}"
        );
        if let Some(bytes) = copy.contents("a") {
            assert!(bytes.iter().all(|byte| *byte == 7), "a length shows zeros");
        }
    }
}

#[test]
fn every_profile_draws_fates_that_it_allows_and_repeats_itself() {
    let (disk, file) = with_file(&[1; 4096]);
    write_all_at(&*file, &[2; 6000], 100).unwrap();
    disk.storage().rename("file", "other").unwrap();
    let units = disk.pending_units();
    for profile in Profile::ALL {
        let mut torn = 0;
        for seed in 0..50 {
            let fates = profile.draw(&units, &mut Choices::random(seed));
            assert_eq!(fates, profile.draw(&units, &mut Choices::random(seed)));
            let mut allowed = fates.clone();
            profile.allow(&units, &mut allowed);
            assert_eq!(fates, allowed);
            torn += fates
                .iter()
                .filter(|fate| matches!(fate, Fate::Torn(_)))
                .count();
        }
        assert_eq!(torn > 0, profile == Profile::TornSectors, "{profile:?}");
    }
}

#[test]
fn a_lying_disk_loses_what_it_has_synced() {
    let (disk, file) = with_file(&[1]);
    Profile::LyingDisk.prepare(&disk);
    write_all_at(&*file, &[2], 0).unwrap();
    file.sync_data().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), [1]);
}

#[test]
fn rot_and_misdirected_writes_change_one_place_and_say_where() {
    for (profile, most) in [(Profile::BitRot, 512), (Profile::MisdirectedWrite, 1024)] {
        let mut hits = 0;
        for seed in 0..50 {
            let before: Vec<u8> = (0..2048_u32)
                .map(|at| u8::try_from(1 + at / 512).unwrap())
                .collect();
            let (disk, _) = with_file(&before);
            let told = profile.damage(&disk, &mut Choices::random(seed));
            let after = disk.contents("file").unwrap();
            let changed = before
                .iter()
                .zip(&after)
                .filter(|(one, two)| one != two)
                .count();
            assert_eq!(told.is_some(), changed > 0, "{told:?}");
            assert!(changed <= most, "{told:?}: {changed}");
            hits += usize::from(changed > 0);
        }
        assert!(hits > 10, "{profile:?}");
    }
    let (disk, _) = with_file(&[1; 512]);
    assert_eq!(
        Profile::WeakestPosix.damage(&disk, &mut Choices::random(1)),
        None
    );
}

#[test]
fn evicted_pages_are_read_from_the_disk_when_the_file_is_opened_again() {
    let (disk, file) = with_file(&[1; 1024]);
    write_all_at(&*file, &[2; 1024], 0).unwrap();
    let fault = Fault::SyncFailed(Aftermath::Evicted);
    disk.fail_operation(Operation::SyncData, 0, fault);
    file.sync_data().unwrap_err();
    let read = |file: &Arc<dyn StorageFile>| {
        let mut byte = [0];
        read_exact_at(&**file, &mut byte, 0).unwrap();
        byte[0]
    };
    assert_eq!(read(&file), 2, "the cache still has it");
    // Written since: this sector is in the cache for itself.
    write_all_at(&*file, &[3; 512], 512).unwrap();
    let again = disk.storage().open("file", Access::Read).unwrap();
    assert_eq!(read(&again), 1);
    assert_eq!(disk.contents("file").unwrap()[512], 3);
    again.sync_data().unwrap();
    disk.crash_keep_nothing();
    let bytes = disk.contents("file").unwrap();
    assert_eq!((bytes[0], bytes[512]), (1, 3));
}

#[test]
fn a_crash_point_is_kept_before_each_mutating_call() {
    let (disk, file) = with_file(&[]);
    disk.record_crash_points();
    write_all_at(&*file, b"a", 0).unwrap();
    file.len().unwrap();
    file.sync_data().unwrap();
    write_all_at(&*file, b"b", 1).unwrap();
    let points = disk.take_crash_points();
    let lens: Vec<_> = points
        .iter()
        .map(|point| point.file_len("file").unwrap())
        .collect();
    assert_eq!(lens, [0, 1, 1]);
    let pending: Vec<_> = points.iter().map(SimDisk::pending_count).collect();
    assert_eq!(pending, [0, 2, 0]);
    assert!(disk.take_crash_points().is_empty());
}

#[test]
fn states_that_crash_alike_have_equal_hashes_and_others_do_not() {
    let state = |sync: bool, byte: u8| {
        let (disk, file) = with_file(&[0; 512]);
        write_all_at(&*file, &[byte], 0).unwrap();
        if sync {
            file.sync_data().unwrap();
        }
        (disk.fingerprint(), disk.state_hash())
    };
    assert_eq!(state(true, 1), state(true, 1));
    assert_ne!(state(true, 1).0, state(true, 2).0);
    assert_eq!(state(true, 1).0, state(false, 1).0);
    assert_ne!(state(true, 1).1, state(false, 1).1);
}

#[test]
fn calls_without_end_are_stopped() {
    let (disk, file) = with_file(&[]);
    disk.limit_calls(2);
    assert!(file.len().is_ok() && file.len().is_ok());
    let third = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| file.len()));
    let stopped = third.unwrap_err().downcast::<Stopped>().unwrap();
    assert_eq!(*stopped, Stopped::TooManyCalls);
    assert_eq!(disk.pending_units(), Vec::<Unit>::new());
}
