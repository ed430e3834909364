//! What others do to the directory: odd names beside the store, files cut under it, and copies that
//! are taken while it is written.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

fn config(dir: &Path) -> StoreConfig {
    StoreConfig::new(dir).with_segment_max_bytes(2048)
}

fn fill(dir: &Path, count: u64) {
    let store = Store::open(config(dir)).unwrap();
    for number in 0..count {
        append_padded(&store, number, 300).unwrap();
    }
    store.close().unwrap();
}

/// Names that people, editors, file managers and other systems leave.
const ODD: [&[u8]; 26] = [
    b"000001.fbat~",
    b"000001.fbat.bak",
    b"000001.fbat.swp",
    b".000001.fbat.swp",
    b"000001.FBAT",
    b"000001.Fbat",
    b"000001.fbat ",
    b"000001.fbat\n",
    b"000001",
    b"fbat",
    b"store.fbatm~",
    b"STORE.FBATM",
    b".store.fbatm.swp",
    b"._store.fbatm",
    b".DS_Store",
    b"Thumbs.db",
    b".nfs0000000000000001",
    b"lost+found",
    b".batpak.lock~",
    b"core",
    b"-rf",
    b"* ?",
    b"\xff\xfe.fidx",
    b"000001.\xe2\x80\xaetabf",
    b"0000001.fidx",
    b"x.tmp",
];

/// Names that end like a segment's.
const LOOKALIKES: [&[u8]; 12] = [
    b"._000001.fbat",
    b"1.fbat",
    b"0000001.fbat",
    b"000000.fbat",
    b"000001 (1).fbat",
    b"copy of 000001.fbat",
    b"-00001.fbat",
    b"99999999999999999999.fbat",
    b"00000\xd9\xa1.fbat",
    b"\xff00001.fbat",
    b" 000001.fbat",
    b".fbat",
];

#[test]
fn odd_names_beside_a_store_are_none_of_its_business() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), 20);
    for name in ODD {
        fs::write(dir.path().join(OsStr::from_bytes(name)), b"theirs").unwrap();
    }
    fs::create_dir(dir.path().join("000003.fbat.d")).unwrap();
    let store = Store::open(config(dir.path())).unwrap();
    for number in 20..40 {
        append_padded(&store, number, 300).unwrap();
    }
    store.close().unwrap();
    assert_eq!(numbers(&open_read_only(&dir)), (0..40).collect::<Vec<_>>());
    let report = batpak::store::verify(dir.path(), &mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    for name in ODD {
        let bytes = fs::read(dir.path().join(OsStr::from_bytes(name)));
        assert_eq!(bytes.unwrap(), b"theirs", "{name:?}");
    }
}

#[test]
fn a_name_that_only_looks_like_a_segment_stops_a_writer_and_no_reader() {
    for name in LOOKALIKES {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), 20);
        let at = dir.path().join(OsStr::from_bytes(name));
        fs::write(&at, b"theirs").unwrap();
        let error = Store::open(config(dir.path())).map(drop).unwrap_err();
        assert!(
            matches!(error, StoreError::DataDirMalformed { .. }),
            "{name:?}: {error}"
        );
        assert!(error.path().unwrap().starts_with(dir.path()), "{error}");
        let store = open_read_only(&dir);
        assert!(store.open_report().damage.is_empty(), "{name:?}");
        assert_eq!(numbers(&store), (0..20).collect::<Vec<_>>(), "{name:?}");
        assert_eq!(fs::read(&at).unwrap(), b"theirs");
    }
}

#[test]
fn a_file_where_the_directory_should_be_is_refused_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"theirs").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = Store::open(StoreConfig::new(&path)).map(drop).unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
        assert!(
            error
                .path()
                .unwrap()
                .ends_with(path.strip_prefix(dir.path()).unwrap())
        );
    }
    assert_eq!(fs::read(&file).unwrap(), b"theirs");
}

/// Files are read by position: one that another program cuts is an error, and not a signal.
#[test]
fn a_file_that_is_cut_under_a_reader_is_an_error_that_names_it() {
    for writer in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), 20);
        let cut = || {
            let at = dir.path().join("000002.fbat");
            let file = fs::OpenOptions::new().write(true).open(at).unwrap();
            file.set_len(300).unwrap();
        };
        let read = |sequence, found: Result<StoredEvent<Vec<u8>>, StoreError>| match found {
            Ok(_) => true,
            Err(error) => {
                let text = format!("{error} {:?}", error.locus());
                let named = text.contains("000002") || text.contains("segment: Some(2)");
                assert!(named, "{sequence}: {text}");
                assert!(!matches!(error, StoreError::NotFound(_)), "{error}");
                false
            }
        };
        let readable = if writer {
            let store = Store::open(config(dir.path())).unwrap();
            cut();
            let found = (1..=20).filter(|number| read(*number, store.event_at(*number)));
            let found = found.count();
            append_padded(&store, 20, 300).unwrap();
            found
        } else {
            let store = open_read_only(&dir);
            cut();
            (1..=20)
                .filter(|number| read(*number, store.event_at(*number)))
                .count()
        };
        assert!(readable > 10 && readable < 20, "{readable}");
    }
}

/// A scan looks at the length of a segment before it touches the mapping; without mappings every read
/// finds the end of the file.
#[test]
fn a_mapped_file_that_is_cut_is_an_error_where_a_scan_enters_it() {
    for mapping in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let config = || {
            StoreConfig::new(dir.path())
                .with_segment_max_bytes(64 << 10)
                .with_mapping(mapping)
        };
        let store = Store::open(config()).unwrap();
        for number in 0..100 {
            append_padded(&store, number, 3_000).unwrap();
        }
        store.close().unwrap();
        let store = Store::open(config()).unwrap();
        let count = |store: &Store| {
            let mut scan = store.scan(&Region::all());
            let (mut found, mut errors) = (0, Vec::new());
            loop {
                match scan.next_event() {
                    Ok(Some(_)) => found += 1,
                    Ok(None) => return (found, errors),
                    Err(error) => errors.push(format!("{error} {:?}", error.locus())),
                }
            }
        };
        assert_eq!(count(&store), (100, Vec::new()));
        let at = dir.path().join("000003.fbat");
        let file = fs::OpenOptions::new().write(true).open(at).unwrap();
        file.set_len(20_000).unwrap();
        let (found, errors) = count(&store);
        assert!(found > 80 && found < 100, "{found}");
        assert_eq!(errors.len(), 100 - found);
        let named = |error: &String| error.contains("000003") || error.contains("segment: Some(3)");
        assert!(errors.iter().all(named), "{errors:?}");
        let lost = (1..=100).filter(|at| store.event_at(*at).is_err()).count();
        assert_eq!(lost, errors.len());
    }
}

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// Copies a directory file by file, in an order of chance, as a backup program would.
fn copy(from: &Path, to: &Path, draws: &mut Draws) {
    let mut names: Vec<_> = fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    while !names.is_empty() {
        let name = names.swap_remove(draws.below(names.len()));
        // A temporary file may have got its name meanwhile.
        if let Ok(bytes) = fs::read(from.join(&name)) {
            fs::write(to.join(&name), bytes).unwrap();
            thread::yield_now();
        }
    }
}

#[test]
fn a_copy_of_a_live_directory_opens_to_a_prefix_or_is_refused() {
    const ROUNDS: u64 = 60;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path())).unwrap();
    for number in 0..20 {
        append_padded(&store, number, 300).unwrap();
    }
    let over = AtomicBool::new(false);
    let mut opened = 0;
    thread::scope(|scope| {
        let (store, over) = (&store, &over);
        scope.spawn(move || {
            let mut number = 20;
            while !over.load(Ordering::SeqCst) && number < 3000 {
                append_padded(store, number, 300).unwrap();
                number += 1;
            }
        });
        for round in 0..ROUNDS {
            let backup = tempfile::tempdir().unwrap();
            copy(dir.path(), backup.path(), &mut Draws(round));
            opened += u64::from(opens_to_a_prefix(backup.path(), round));
        }
        over.store(true, Ordering::SeqCst);
    });
    println!("{opened} of {ROUNDS} copies opened for writing");
    store.close().unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(dir.path(), backup.path(), &mut Draws(ROUNDS));
    assert!(
        opens_to_a_prefix(backup.path(), ROUNDS),
        "a copy of a closed store is a store"
    );
}

/// Whether the copy opens for writing; what is shown is the beginning of the log either way.
fn opens_to_a_prefix(copy: &Path, round: u64) -> bool {
    let is_prefix = |seen: &[u64]| seen.iter().copied().eq(0..seen.len() as u64);
    match Store::open_read_only(config(copy)) {
        Ok(store) if store.open_report().damage.is_empty() => {
            assert!(is_prefix(&numbers(&store)), "{round}");
        }
        // Served around what is missing: every event is what it was, or an error.
        Ok(store) => {
            let last = store.stats().global_sequence;
            for sequence in 1..=last {
                if let Ok(event) = store.event_at(sequence) {
                    let number: u64 = batpak::canonical::from_bytes(&event.event.payload).unwrap();
                    assert_eq!(number + 1, sequence, "{round}");
                }
            }
        }
        Err(error) => assert!(typed(&error), "{round}: {error:?}"),
    }
    match Store::open(config(copy)) {
        Ok(store) => {
            let seen = numbers(&store);
            assert!(is_prefix(&seen), "{round}: {seen:?}");
            append_padded(&store, seen.len() as u64, 300).unwrap();
            store.close().unwrap();
            let report = batpak::store::verify(copy, &mut |_| {}).unwrap();
            assert!(report.findings.is_empty(), "{round}: {report:?}");
            true
        }
        Err(error) => {
            assert!(typed(&error), "{round}: {error:?}");
            false
        }
    }
}

fn typed(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::StoreDamaged { .. }
            | StoreError::CorruptSegment { .. }
            | StoreError::CorruptFrame { .. }
            | StoreError::CrcMismatch { .. }
            | StoreError::NotAStore { .. }
    )
}

#[test]
fn readers_and_verifications_beside_a_writer_see_a_prefix_and_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path())).unwrap();
    append_padded(&store, 0, 300).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (store, over) = (&store, &over);
        scope.spawn(move || {
            for number in 1..250 {
                append_padded(store, number, 300).unwrap();
            }
            over.store(true, Ordering::SeqCst);
        });
        let mut newest = 0;
        for round in 0.. {
            let last = over.load(Ordering::SeqCst);
            let reader = Store::open_read_only(config(dir.path()))
                .unwrap_or_else(|error| panic!("{round}: {error}"));
            assert!(reader.open_report().damage.is_empty(), "{round}");
            let seen = numbers(&reader);
            assert!(seen.iter().copied().eq(0..seen.len() as u64), "{round}");
            assert!(seen.len() >= newest, "{round}: fewer events than before");
            newest = seen.len();
            let report = batpak::store::verify(dir.path(), &mut |_| {}).unwrap();
            assert!(report.findings.is_empty(), "{round}: {report:?}");
            if last {
                println!("{round} readers while events were appended");
                break;
            }
        }
    });
    store.close().unwrap();
}

#[test]
fn no_name_of_an_event_becomes_the_name_of_a_file() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("store");
    let store = Store::open(config(&dir)).unwrap();
    let long = "x".repeat(1024);
    for name in [
        "000001.fbat",
        "store.fbatm",
        "..",
        "../up",
        "/etc/passwd",
        "CON",
        "NUL",
        "a:b",
        "~",
        "-rf",
        "*",
        "\u{202e}tabf",
        "\u{feff}",
        &long,
        "\\..\\up",
        "a b",
        "%2e%2e%2f",
    ] {
        let Ok(place) = Coordinate::new(name, name) else {
            continue;
        };
        store.append(&place, KIND, &name).unwrap();
    }
    store.close().unwrap();
    let beside: Vec<_> = fs::read_dir(parent.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(beside, ["store"]);
    for entry in fs::read_dir(&dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let ours = [".batpak.lock", "store.fbatm"].contains(&name.as_str())
            || name.split_once('.').is_some_and(|(digits, suffix)| {
                ["fbat", "fidx"].contains(&suffix)
                    && digits.len() == 6
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
            });
        assert!(ours, "{name:?}");
    }
}
