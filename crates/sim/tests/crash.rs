//! What a crash may keep and lose, and what ends with a process.

#![cfg(test)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use batpak_platform::{Access, LockOwner, Next, StorageFile, write_all_at};
use batpak_sim::{SimDisk, Stopped, Unit};

fn create(disk: &SimDisk, name: &str) -> Arc<dyn StorageFile> {
    disk.storage().create(name).unwrap()
}

/// A disk with a durable, empty file, and a handle on it.
fn with_file() -> (SimDisk, Arc<dyn StorageFile>) {
    let disk = SimDisk::new();
    disk.put("file", []);
    let file = disk.storage().open("file", Access::ReadWrite).unwrap();
    (disk, file)
}

fn write(file: &Arc<dyn StorageFile>, bytes: &[u8], offset: u64) {
    write_all_at(&**file, bytes, offset).unwrap();
}

/// Everything that any crash can leave behind now.
fn outcomes<T: Ord>(disk: &SimDisk, look: impl Fn(&SimDisk) -> T) -> BTreeSet<T> {
    let units = disk.pending_units().len();
    assert!(units <= 10, "{units} units are too many to try all");
    let outcome = |kept: u32| {
        let copy = disk.snapshot();
        let mut unit = 0;
        copy.crash(&mut |_| {
            unit += 1;
            kept & (1 << (unit - 1)) != 0
        });
        look(&copy)
    };
    (0..1 << units).map(outcome).collect()
}

fn bytes_of(name: &'static str) -> impl Fn(&SimDisk) -> Option<Vec<u8>> {
    move |disk| disk.contents(name)
}

/// All names with the text of their files.
fn tree(disk: &SimDisk) -> String {
    let names = disk.names().into_iter();
    let entries = names.map(|name| {
        let bytes = disk.contents(&name).unwrap();
        format!("{name}={}", String::from_utf8(bytes).unwrap())
    });
    entries.collect::<Vec<_>>().join(" ")
}

fn trees(expected: &[&str]) -> BTreeSet<String> {
    expected.iter().map(|tree| (*tree).to_owned()).collect()
}

#[test]
fn bytes_and_names_become_durable_separately() {
    for (sync_file, sync_names, expected) in [
        (false, false, None),
        (true, false, None),
        (false, true, Some(vec![])),
        (true, true, Some(b"data".to_vec())),
    ] {
        let disk = SimDisk::new();
        let file = create(&disk, "file");
        write(&file, b"data", 0);
        if sync_file {
            file.sync_data().unwrap();
        }
        if sync_names {
            disk.storage().sync_directory().unwrap();
        }
        assert_eq!(disk.contents("file").unwrap(), b"data");
        let all = disk.snapshot();
        disk.crash_keep_nothing();
        assert_eq!(disk.contents("file"), expected, "{sync_file} {sync_names}");
        all.crash_keep_all();
        assert_eq!(all.contents("file").unwrap(), b"data");
        assert_eq!(all.pending_units(), []);
    }
}

#[test]
fn a_length_and_its_bytes_survive_independently() {
    let (disk, file) = with_file();
    write(&file, b"data", 0);
    let expected = [vec![], vec![0; 4], b"data".to_vec()].map(Some);
    assert_eq!(outcomes(&disk, bytes_of("file")), expected.into());
}

#[test]
fn a_write_is_torn_at_sectors_and_nowhere_else() {
    let (disk, file) = with_file();
    file.set_len(1536).unwrap();
    file.sync_data().unwrap();
    write(&file, &[1; 1024], 256);
    let units = disk.pending_units();
    let sector = |offset| Unit::Sector {
        file: "file".into(),
        offset,
    };
    assert_eq!(units, [0, 512, 1024].map(sector));
    let found = outcomes(&disk, bytes_of("file"));
    assert_eq!(found.len(), 8);
    for bytes in found.into_iter().flatten() {
        for (from, to) in [(256, 512), (512, 1024), (1024, 1280)] {
            let part = &bytes[from..to];
            assert!(
                part.iter().all(|byte| *byte == part[0]),
                "torn inside {from}..{to}"
            );
        }
    }
}

#[test]
fn a_later_version_of_a_sector_includes_the_earlier_one() {
    let (disk, file) = with_file();
    file.set_len(4).unwrap();
    file.sync_data().unwrap();
    write(&file, b"a", 0);
    write(&file, b"b", 1);
    let expected = [b"\0\0\0\0", b"a\0\0\0", b"ab\0\0"];
    assert_eq!(
        outcomes(&disk, bytes_of("file")),
        expected.map(|bytes| Some(bytes.to_vec())).into()
    );
}

#[test]
fn filling_with_zeros_changes_only_the_length() {
    let (disk, file) = with_file();
    write(&file, &[0; 4096], 0);
    assert_eq!(disk.pending_units().len(), 1);
    let expected = [vec![], vec![0; 4096]].map(Some);
    assert_eq!(outcomes(&disk, bytes_of("file")), expected.into());
}

#[test]
fn equal_bytes_written_after_a_cut_are_pending_again() {
    let (disk, file) = with_file();
    write(&file, b"data", 0);
    file.sync_data().unwrap();
    file.set_len(0).unwrap();
    write(&file, b"data", 0);
    let all = disk.snapshot();
    all.crash_keep_all();
    assert_eq!(all.contents("file").unwrap(), b"data");
    file.sync_data().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"data");
}

#[test]
fn cut_bytes_stay_gone_when_the_file_grows_again() {
    let (disk, file) = with_file();
    write(&file, b"data", 0);
    file.sync_data().unwrap();
    file.set_len(1).unwrap();
    file.set_len(4).unwrap();
    file.sync_data().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"d\0\0\0");
}

#[test]
fn syncing_one_file_leaves_the_others_pending() {
    let disk = SimDisk::new();
    let files = ["a", "b"].map(|name| create(&disk, name));
    for file in &files {
        write(file, b"data", 0);
    }
    disk.storage().sync_directory().unwrap();
    files[1].sync_data().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(tree(&disk), "a= b=data");
}

#[test]
fn a_rename_happens_whole_or_not_at_all() {
    let disk = SimDisk::new();
    disk.put("new", "new");
    disk.put("old", "old");
    disk.storage().rename("new", "old").unwrap();
    assert_eq!(
        outcomes(&disk, tree),
        trees(&["new=new old=old", "old=new"])
    );
    disk.storage().sync_directory().unwrap();
    assert_eq!(outcomes(&disk, tree), trees(&["old=new"]));
}

#[test]
fn a_rename_moves_a_file_whose_creation_was_lost() {
    let disk = SimDisk::new();
    let file = create(&disk, "a.tmp");
    write(&file, b"x", 0);
    file.sync_data().unwrap();
    disk.storage().rename("a.tmp", "a").unwrap();
    assert_eq!(outcomes(&disk, tree), trees(&["", "a.tmp=x", "a=x"]));
}

#[test]
fn name_changes_are_lost_in_any_subset() {
    let disk = SimDisk::new();
    disk.put("a", "1");
    disk.put("b", "2");
    disk.storage().remove("a").unwrap();
    disk.storage().rename("b", "c").unwrap();
    assert_eq!(
        outcomes(&disk, tree),
        trees(&["a=1 b=2", "a=1 c=2", "b=2", "c=2"])
    );
}

#[test]
fn a_crash_asks_once_for_each_unit_and_tells_what_it_is() {
    let disk = SimDisk::new();
    let file = create(&disk, "a");
    write(&file, b"data", 600);
    disk.storage().rename("a", "b").unwrap();
    disk.storage().remove("b").unwrap();
    let mut asked = Vec::new();
    let expected = disk.pending_units();
    disk.crash(&mut |unit| {
        asked.push(unit);
        false
    });
    assert_eq!(asked, expected);
    let names = asked.iter().filter(|unit| unit.is_name()).count();
    assert_eq!((names, asked.len()), (3, 5));
    let length = Unit::Length {
        file: "b".into(),
        len: 604,
    };
    assert!(asked.contains(&length), "{asked:?}");
}

#[test]
fn a_crash_ends_handles_locks_steps_and_orders() {
    for end in [SimDisk::kill, SimDisk::crash_keep_all] {
        let (disk, file) = with_file();
        let platform = disk.platform();
        let lock = platform.storage.lock(&LockOwner::current(0)).unwrap();
        let step = platform
            .tasks
            .start("step", Box::new(|| Next::Park))
            .unwrap();
        step.wake();
        disk.stop_after(0);
        end(&disk);

        let dead = [
            file.sync_data().unwrap_err(),
            file.len().unwrap_err(),
            platform.storage.list().unwrap_err(),
            platform.storage.create("x").unwrap_err(),
        ];
        assert_eq!(
            dead.map(|error| Stopped::of(&error)),
            [Some(Stopped::ProcessEnded); 4]
        );
        assert_eq!(disk.tasks().run_pending(), 0);
        let storage = disk.storage();
        let heir = storage.lock(&LockOwner::current(0)).unwrap();
        drop(lock);
        assert!(
            storage.writer_present().unwrap(),
            "a dead lock freed a living one"
        );
        storage.create("x").unwrap();
        drop(heir);
    }
}

#[test]
fn a_kill_keeps_everything_visible_and_pending() {
    let disk = SimDisk::new();
    write(&create(&disk, "file"), b"data", 0);
    let units = disk.pending_units();
    disk.kill();
    assert_eq!(disk.contents("file").unwrap(), b"data");
    assert_eq!(disk.pending_units(), units);
    disk.crash_keep_nothing();
    assert_eq!(disk.names(), Vec::<String>::new());
}

#[test]
fn equal_seeds_keep_the_same_and_seeds_cover_all_outcomes() {
    let (disk, file) = with_file();
    write(&file, &[7; 1024], 0);
    let kept = |seed| {
        let copy = disk.snapshot();
        copy.crash_seeded(seed);
        copy.contents("file").unwrap()
    };
    let found: BTreeSet<_> = (0..200).map(|seed| Some(kept(seed))).collect();
    assert_eq!(found, outcomes(&disk, bytes_of("file")));
    assert!((0..200).all(|seed| kept(seed) == kept(seed)));
}

#[test]
fn the_power_fails_at_the_call_it_was_told_and_stays_off() {
    let (disk, file) = with_file();
    disk.stop_after(2);
    write(&file, b"a", 0);
    file.sync_data().unwrap();
    assert_eq!(
        file.len().unwrap(),
        1,
        "reading before the next change still works"
    );
    let cut = [
        file.write_at(b"b", 1).unwrap_err(),
        file.read_at(&mut [0], 0).unwrap_err(),
        disk.storage().list().unwrap_err(),
    ];
    assert_eq!(
        cut.map(|error| Stopped::of(&error)),
        [Some(Stopped::PowerCut); 3]
    );
    assert_eq!(disk.mutating_calls(), 2);
    disk.crash_keep_all();
    assert_eq!(disk.contents("file").unwrap(), b"a");
    assert_eq!(disk.storage().list().unwrap().len(), 1);
}

#[test]
fn a_snapshot_is_another_machine_in_the_same_state() {
    let (disk, file) = with_file();
    write(&file, b"data", 0);
    let _lock = disk.storage().lock(&LockOwner::current(0)).unwrap();
    let copy = disk.snapshot();
    assert_eq!(copy.pending_units(), disk.pending_units());
    assert_eq!(copy.fingerprint(), disk.fingerprint());
    assert!(!copy.storage().writer_present().unwrap());
    write(&file, b"DATA", 0);
    disk.clock().advance(Duration::from_secs(1));
    assert_eq!(copy.contents("file").unwrap(), b"data");
    assert_ne!(copy.fingerprint(), disk.fingerprint());
    let times = [&disk, &copy].map(|disk| disk.platform().clock.wall_us());
    assert_eq!(times[0] - times[1], 1_000_000);
}

#[test]
fn equal_machines_are_equally_random_and_go_on_after_a_crash() {
    let fill = |disk: &SimDisk| {
        let mut bytes = [0; 16];
        disk.platform().entropy.fill(&mut bytes).unwrap();
        bytes
    };
    let disk = SimDisk::new();
    let first = fill(&disk);
    assert_eq!(fill(&SimDisk::new()), first);
    disk.crash_keep_all();
    assert_ne!(fill(&disk), first);
}
