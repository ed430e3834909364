//! One writer per directory, whatever happens to the lock file, the path or the process.

#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;

use batpak_platform::{
    LOCK_FILE_NAME, LockError, LockOwner, RealDirectory, Storage, StorageLock, lock_owner,
};

fn owner(program: &str) -> LockOwner {
    LockOwner {
        program: program.to_owned(),
        ..LockOwner::current(1_700_000_000_000_000)
    }
}

fn try_lock(path: &Path, program: &str) -> Result<Box<dyn StorageLock>, LockError> {
    RealDirectory::open(path).unwrap().lock(&owner(program))
}

/// The facts that the refusal of a lock told.
fn refused(path: &Path) -> Option<LockOwner> {
    match try_lock(path, "second") {
        Err(LockError::Held(facts)) => facts,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_second_writer_is_refused_and_told_who_is_there() {
    let temp = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(temp.path()).unwrap();
    assert!(!directory.writer_present().unwrap());
    assert_eq!(lock_owner(temp.path()).unwrap(), None);

    let lock = directory.lock(&owner("first")).unwrap();
    assert_eq!(refused(temp.path()), Some(owner("first")));
    assert!(matches!(
        directory.lock(&owner("same handle")),
        Err(LockError::Held(_))
    ));
    assert!(directory.writer_present().unwrap());
    assert_eq!(lock_owner(temp.path()).unwrap(), Some(owner("first")));

    drop(lock);
    assert!(!directory.writer_present().unwrap());
    assert_eq!(lock_owner(temp.path()).unwrap(), None);
    drop(try_lock(temp.path(), "next").unwrap());
}

#[test]
fn shorter_facts_replace_longer_ones_of_a_writer_that_was_killed() {
    let temp = tempfile::tempdir().unwrap();
    let stale = format!(
        "process=1\nhost=old\nsince_us=1\nprogram={}\n",
        "x".repeat(3000)
    );
    fs::write(temp.path().join(LOCK_FILE_NAME), stale).unwrap();
    let _lock = try_lock(temp.path(), "short").unwrap();
    assert_eq!(refused(temp.path()), Some(owner("short")));
    let text = fs::read_to_string(temp.path().join(LOCK_FILE_NAME)).unwrap();
    assert!(text.ends_with("program=short\n"), "{text}");
}

#[test]
fn deleting_or_replacing_the_lock_file_lets_nobody_in() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join(LOCK_FILE_NAME);
    let _lock = try_lock(temp.path(), "first").unwrap();
    fs::remove_file(&file).unwrap();
    assert_eq!(refused(temp.path()), None);
    assert_eq!(
        lock_owner(temp.path()).unwrap().map(|owner| owner.process),
        Some(0)
    );
    fs::write(&file, "not facts").unwrap();
    assert_eq!(refused(temp.path()), None);
    assert_eq!(fs::read_to_string(&file).unwrap(), "not facts");
}

#[test]
fn another_path_to_the_same_directory_is_the_same_directory() {
    let temp = tempfile::tempdir().unwrap();
    let (real, alias) = (temp.path().join("real"), temp.path().join("alias"));
    fs::create_dir(&real).unwrap();
    symlink(&real, &alias).unwrap();
    let dotted = real.join("..").join("real");
    let _lock = try_lock(&alias, "through the alias").unwrap();
    for path in [&real, &alias, &dotted] {
        fs::remove_file(real.join(LOCK_FILE_NAME)).ok();
        refused(path);
    }
}

#[test]
fn what_is_no_file_of_its_own_at_the_lock_name_is_an_error_and_no_holder() {
    type Make = fn(&Path);
    let cases: [(&str, Make); 5] = [
        ("link", |path| {
            fs::write(path.with_file_name("victim"), "untouched").unwrap();
            symlink("victim", path).unwrap();
        }),
        ("dangling link", |path| symlink("nowhere", path).unwrap()),
        ("hard link", |path| {
            fs::write(path.with_file_name("victim"), "untouched").unwrap();
            fs::hard_link(path.with_file_name("victim"), path).unwrap();
        }),
        ("directory", |path| fs::create_dir(path).unwrap()),
        ("fifo", |path| {
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
    ];
    for (case, make) in cases {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join(LOCK_FILE_NAME);
        make(&file);
        match try_lock(temp.path(), "refused") {
            Err(LockError::Io(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
        assert_eq!(
            lock_owner(temp.path()).unwrap(),
            None,
            "{case}: the lock was kept"
        );
        assert!(!temp.path().join("nowhere").exists());
        if let Ok(text) = fs::read_to_string(temp.path().join("victim")) {
            assert_eq!(text, "untouched");
        }
    }
}

#[test]
fn a_lock_file_that_another_program_locks_refuses_without_changing_it() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join(LOCK_FILE_NAME);
    fs::write(&path, "theirs").unwrap();
    let theirs = fs::File::open(&path).unwrap();
    theirs.lock().unwrap();
    assert_eq!(refused(temp.path()), None);
    assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    drop(theirs);
    drop(try_lock(temp.path(), "ours").unwrap());
}

/// Asking for a writer holds the directory in shared mode for a moment. A writer that comes just
/// then waits that moment out; one try alone would be refused in nearly every round.
#[test]
fn probing_for_a_writer_does_not_keep_a_writer_out() {
    const ROUNDS: usize = 40;
    let temp = tempfile::tempdir().unwrap();
    let (ready, coming) = std::sync::mpsc::channel();
    let (path, between) = (temp.path(), &Barrier::new(2));
    let refused = std::thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..ROUNDS {
                let probe = fs::File::open(path).unwrap();
                probe.lock_shared().unwrap();
                between.wait();
                coming.recv().unwrap();
                drop(probe);
                between.wait();
            }
        });
        let rounds = (0..ROUNDS).filter(|_| {
            between.wait();
            ready.send(()).unwrap();
            let refused = try_lock(path, "patient").is_err();
            between.wait();
            refused
        });
        rounds.count()
    });
    // A machine under heavy load may stop the probing thread for longer than a writer waits.
    assert!(
        refused <= ROUNDS / 4,
        "{refused} of {ROUNDS} writers were refused"
    );
}

/// Set in the second process: the directory that it takes.
const CHILD_DIRECTORY: &str = "BATPAK_TEST_LOCKED_DIRECTORY";

/// The second process is this test once more, told by a variable to hold the directory until it
/// is killed, or until its input ends because the first process is gone.
#[test]
fn another_process_is_refused_and_its_death_frees_the_directory() {
    if let Some(path) = std::env::var_os(CHILD_DIRECTORY) {
        let _lock = try_lock(Path::new(&path), "child").unwrap();
        println!("\nheld");
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap();
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let mut child = start_child(temp.path());
    let facts = refused(temp.path());
    fs::remove_file(temp.path().join(LOCK_FILE_NAME)).unwrap();
    let without_file = refused(temp.path());
    child.kill().unwrap();
    child.wait().unwrap();

    let facts = facts.unwrap();
    assert_eq!(
        (facts.process, facts.program.as_str()),
        (child.id(), "child")
    );
    assert_eq!(without_file, None);
    drop(try_lock(temp.path(), "heir").unwrap());
}

fn start_child(directory: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "another_process_is_refused_and_its_death_frees_the_directory",
        ])
        .arg("--nocapture")
        .env(CHILD_DIRECTORY, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line == "held"),
        "the child took no lock"
    );
    child
}
