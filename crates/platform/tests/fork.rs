//! A child of a fork: it writes nothing, waits for nothing and takes nothing from its parent.
//!
//! A child of a process with threads may do little, so each one here answers by its exit code, and
//! an alarm ends a child that waits for a thread it does not have.

#![cfg(test)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use batpak::prelude::*;
use batpak::store::CommitState;
use batpak_coordinate::Sequence;
use batpak_journal::{
    AppendError, Draft, Durability, Failure, Journal, Options, Reader, ScanRequest, Selection,
    Ticket, View,
};
use batpak_platform::{
    Clock, InlineTasks, LockError, LockOwner, Next, Platform, ProcessGuard, RealDirectory, Storage,
    SystemClock, Tasks, ThreadTasks,
};
use tempfile::TempDir;

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Exit(i32),
    Signal(i32),
}

const FINE: End = End::Exit(0);

/// Runs `in_child` in a fork of this process; it answers whether everything was as expected.
fn fork(in_child: impl FnOnce() -> bool) -> End {
    end_of(start_child(in_child))
}

fn start_child(in_child: impl FnOnce() -> bool) -> libc::pid_t {
    // SAFETY: the child runs the closure, which takes no lock that another thread of this process
    // may hold but those under test, and ends without returning.
    match unsafe { libc::fork() } {
        0 => {
            // SAFETY: both calls touch this process only.
            unsafe { libc::alarm(60) };
            let fine = catch_unwind(AssertUnwindSafe(in_child)).unwrap_or(false);
            // SAFETY: ends the child without running what the parent has registered for its end.
            unsafe { libc::_exit(i32::from(!fine)) }
        }
        child => {
            assert!(child > 0, "no child could be started");
            child
        }
    }
}

fn end_of(child: libc::pid_t) -> End {
    let mut status = 0;
    // SAFETY: `status` outlives the call, and the child is ours and not waited for yet.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child);
    if libc::WIFEXITED(status) {
        End::Exit(libc::WEXITSTATUS(status))
    } else {
        End::Signal(libc::WTERMSIG(status))
    }
}

fn real(dir: &TempDir) -> Platform {
    Platform::real(RealDirectory::create(dir.path()).unwrap())
}

fn open(platform: &Platform, durability: Durability) -> Journal {
    let options = Options {
        durability,
        ..Options::default()
    };
    Journal::open(platform, options).unwrap().0
}

fn draft(payload: &[u8]) -> Draft<'static> {
    let coordinate = Coordinate::new("a", "scope").unwrap();
    Draft::new(coordinate, EventKind::DATA, payload.to_vec())
}

fn append(journal: &Journal, payload: &[u8]) -> Result<(), AppendError> {
    let appended = journal.append(draft(payload), Durability::Written);
    appended.map(drop)
}

fn submit(journal: &Journal, payload: &[u8]) -> Result<Ticket, AppendError> {
    journal.submit(vec![draft(payload)])
}

fn payloads(view: &View) -> Vec<Vec<u8>> {
    let mut scan = view.scan(ScanRequest {
        selection: Selection::All,
        after: Sequence::NONE,
        reverse: false,
    });
    let mut found = Vec::new();
    while let Some(frame) = scan.next_frame().unwrap() {
        found.push(frame.payload().to_vec());
    }
    found
}

fn locked(dir: &TempDir) -> bool {
    let directory = RealDirectory::open(dir.path()).unwrap();
    let lock = directory.lock(&LockOwner::current(0));
    matches!(lock, Err(LockError::Held(_)))
}

/// Every writing call of a journal in a child.
fn nothing_can_be_written(journal: Journal) -> bool {
    let forked = |result: Result<(), AppendError>| matches!(result, Err(AppendError::Forked));
    forked(append(&journal, b"child"))
        && forked(submit(&journal, b"child").map(drop))
        && forked(journal.submit(Vec::new()).map(drop))
        && forked(journal.sync())
        && forked(journal.close())
}

#[test]
fn a_child_appends_nothing_and_the_parent_goes_on() {
    for durability in [Durability::Synced, Durability::Written] {
        let dir = tempfile::tempdir().unwrap();
        let platform = real(&dir);
        let mut journal = Some(open(&platform, durability));
        append(journal.as_ref().unwrap(), b"before").unwrap();
        let end = fork(|| {
            let journal = journal.take().unwrap();
            payloads(journal.view()) == [b"before"] && nothing_can_be_written(journal)
        });
        assert_eq!(end, FINE, "{durability:?}");
        let journal = journal.unwrap();
        assert!(locked(&dir), "the child released the lock of its parent");
        append(&journal, b"after").unwrap();
        journal.close().unwrap();
        let (reader, report) = Reader::open(&platform).unwrap();
        assert!(report.clean);
        assert_eq!(payloads(reader.view()), [&b"before"[..], b"after"]);
    }
}

#[test]
fn a_journal_that_a_child_drops_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let platform = real(&dir);
    let mut journal = Some(open(&platform, Durability::Written));
    append(journal.as_ref().unwrap(), b"written").unwrap();
    // The parent has units that nobody has written yet when it forks.
    let mut ticket = submit(journal.as_ref().unwrap(), b"staged").unwrap();
    let end = fork(|| {
        drop(journal.take());
        true
    });
    assert_eq!(end, FINE);
    assert!(locked(&dir), "the child released the lock of its parent");
    ticket.wait(Durability::Synced).unwrap();
    let journal = journal.unwrap();
    append(&journal, b"after").unwrap();
    drop(journal);
    assert!(!locked(&dir));
    let journal = open(&platform, Durability::Synced);
    assert_eq!(
        payloads(journal.view()),
        [&b"written"[..], b"staged", b"after"]
    );
}

#[test]
fn a_ticket_says_in_a_child_that_only_the_parent_knows() {
    let dir = tempfile::tempdir().unwrap();
    // Without a background step nothing is written before somebody waits for it.
    let platform = Platform {
        tasks: Arc::new(InlineTasks::new()),
        ..real(&dir)
    };
    let journal = open(&platform, Durability::Synced);
    append(&journal, b"durable").unwrap();
    let mut durable = Some(submit(&journal, b"durable as well").unwrap());
    journal.sync().unwrap();
    let mut staged = Some(submit(&journal, b"staged").unwrap());
    let mut polled = Some(submit(&journal, b"polled").unwrap());
    let end = fork(|| {
        let unknown = |error: &AppendError| {
            matches!(
                error,
                AppendError::Unknown {
                    failure: Failure::Forked,
                    ..
                }
            )
        };
        let known = durable.take().unwrap().wait(Durability::Synced).is_ok();
        let mut waited = staged.take().unwrap();
        let waited = waited.wait(Durability::Synced);
        let checked = polled.as_mut().unwrap().try_check(Durability::Synced);
        known
            && waited.is_err_and(|error| unknown(&error))
            && checked.is_some_and(|verdict| verdict.is_err_and(|error| unknown(&error)))
    });
    assert_eq!(end, FINE);
    staged.unwrap().wait(Durability::Synced).unwrap();
    polled.unwrap().wait(Durability::Synced).unwrap();
    assert_eq!(payloads(journal.view()).len(), 4);
}

/// A clock that holds the thread named `held` at its first look: an append reads the time under
/// the locks that give it its place.
#[derive(Debug)]
struct Holding(SystemClock, Arc<Gate>);

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn set(&self, change: impl FnOnce(&mut (bool, bool))) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    fn until(&self, reached: impl Fn(&(bool, bool)) -> bool) {
        let state = self.state.lock().unwrap();
        drop(
            self.changed
                .wait_while(state, |state| !reached(state))
                .unwrap(),
        );
    }
}

impl Clock for Holding {
    fn wall_us(&self) -> i64 {
        if thread::current().name() == Some("held") {
            self.1.set(|state| state.0 = true);
            self.1.until(|state| state.1);
        }
        self.0.wall_us()
    }

    fn monotonic_ns(&self) -> u64 {
        self.0.monotonic_ns()
    }
}

#[test]
fn a_child_waits_for_no_lock_that_a_thread_of_its_parent_held() {
    let dir = tempfile::tempdir().unwrap();
    let gate = Arc::new(Gate::default());
    let platform = Platform {
        clock: Arc::new(Holding(SystemClock::new(), Arc::clone(&gate))),
        ..real(&dir)
    };
    let journal = Arc::new(open(&platform, Durability::Synced));
    append(&journal, b"first").unwrap();
    let of_thread = Arc::clone(&journal);
    let held = thread::Builder::new()
        .name("held".to_owned())
        .spawn(move || append(&of_thread, b"held"))
        .unwrap();
    gate.until(|state| state.0);
    let refused = |result: Result<(), AppendError>| matches!(result, Err(AppendError::Forked));
    let end = fork(|| {
        let refused = payloads(journal.view()) == [b"first"]
            && refused(append(&journal, b"child"))
            && refused(submit(&journal, b"child").map(drop))
            && refused(journal.sync());
        // The thread that holds the other reference does not exist here.
        // SAFETY: the value is read out once, and neither reference is used in this process again.
        let owned = unsafe { std::ptr::read(Arc::as_ptr(&journal)) };
        refused && matches!(owned.close(), Err(AppendError::Forked))
    });
    gate.set(|state| state.1 = true);
    held.join().unwrap().unwrap();
    assert_eq!(end, FINE);
    append(&journal, b"last").unwrap();
    assert_eq!(
        payloads(journal.view()),
        [&b"first"[..], b"held", b"last"],
        "the child changed what its parent wrote"
    );
}

#[test]
fn a_child_that_lives_on_does_not_keep_the_directory_locked() {
    let dir = tempfile::tempdir().unwrap();
    let platform = real(&dir);
    let journal = open(&platform, Durability::Synced);
    append(&journal, b"before").unwrap();
    let child = start_child(|| {
        // SAFETY: waits for a signal, which is all that ends this child.
        unsafe { libc::pause() };
        false
    });
    journal.close().unwrap();
    let journal = open(&platform, Durability::Synced);
    append(&journal, b"after").unwrap();
    // SAFETY: the child is ours and not waited for yet.
    assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0);
    assert_eq!(end_of(child), End::Signal(libc::SIGKILL));
    assert!(locked(&dir));
    assert_eq!(payloads(journal.view()).len(), 2);
}

#[test]
fn a_child_may_read_the_store_and_have_one_of_its_own() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(&real(&dir), Durability::Synced);
    append(&journal, b"parent").unwrap();
    journal.close().unwrap();
    let journal = open(&real(&dir), Durability::Synced);
    let end = fork(|| {
        let refused = append(&journal, b"child").is_err();
        let read = payloads(Reader::open(&real(&dir)).unwrap().0.view()) == [b"parent"];
        let own = open(&real(&other), Durability::Synced);
        append(&own, b"own").unwrap();
        // A guard of its own is no guard of the parent.
        let still_refused = append(&journal, b"child").is_err();
        own.close().is_ok() && refused && read && still_refused
    });
    assert_eq!(end, FINE);
    let (own, report) = Reader::open(&real(&other)).unwrap();
    assert!(report.clean);
    assert_eq!(payloads(own.view()), [b"own"]);
}

#[test]
fn a_guard_is_at_home_in_the_process_that_made_it_only() {
    let guard = ProcessGuard::new();
    let end = fork(|| {
        let of_child = ProcessGuard::new();
        let in_grandchild = fork(|| {
            let own = ProcessGuard::new();
            own.is_home() && !of_child.is_home() && !guard.is_home()
        });
        !guard.is_home() && of_child.is_home() && in_grandchild == FINE
    });
    assert_eq!(end, FINE);
    assert!(guard.is_home());
}

#[test]
fn a_lock_and_a_step_that_a_child_drops_stay_with_the_parent() {
    let dir = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(dir.path()).unwrap();
    let mut lock = Some(directory.lock(&LockOwner::current(7)).unwrap());
    let (told, runs) = std::sync::mpsc::channel();
    let step = Box::new(move || {
        told.send(()).unwrap();
        Next::Park
    });
    let mut task = Some(ThreadTasks.start("step", step).unwrap());
    let end = fork(|| {
        drop(lock.take());
        let mut task = task.take().unwrap();
        task.stop();
        drop(task);
        true
    });
    assert_eq!(end, FINE);
    assert!(locked(&dir));
    let facts = batpak_platform::lock_owner(dir.path()).unwrap().unwrap();
    assert_eq!(facts.since_us, 7, "the child cut the facts");
    task.as_ref().unwrap().wake();
    runs.recv().unwrap();
    drop((lock, task));
    assert!(!locked(&dir));
}

#[test]
fn the_store_answers_a_child_with_an_error_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Some(Store::open(StoreConfig::new(dir.path())).unwrap());
    let place = Coordinate::new("a", "scope").unwrap();
    let kind = EventKind::custom(1, 1);
    let first = store.as_ref().unwrap().append(&place, kind, &1).unwrap();
    let mut ticket = Some(store.as_ref().unwrap().submit(&place, kind, &2).unwrap());
    let end = fork(|| {
        let store = store.take().unwrap();
        let forked = |error: &StoreError| {
            matches!(error, StoreError::Forked { path } if path.is_absolute())
                && error.commit_state() == CommitState::NotCommitted
        };
        let item = BatchAppendItem::new(
            place.clone(),
            kind,
            &3,
            AppendOptions::new(),
            CausationRef::None,
        );
        let known = match ticket.take().unwrap().wait() {
            Ok(_) => true,
            Err(error) => error.commit_state() == CommitState::Unknown,
        };
        known
            && store.get(first.event_id).is_ok()
            && forked(&store.append(&place, kind, &3).unwrap_err())
            && forked(&store.append_batch(vec![item.unwrap()]).unwrap_err())
            && forked(&store.submit(&place, kind, &3).unwrap_err())
            && forked(&store.sync().unwrap_err())
            && store.writer_failure().is_none()
            && forked(&store.close().unwrap_err())
            && matches!(
                Store::open(StoreConfig::new(dir.path())),
                Err(StoreError::StoreLocked { .. })
            )
    });
    assert_eq!(end, FINE);
    ticket.unwrap().wait().unwrap();
    let store = store.unwrap();
    store.append(&place, kind, &3).unwrap();
    store.close().unwrap();
    let store = Store::open_read_only(StoreConfig::new(dir.path())).unwrap();
    assert_eq!(store.stats().event_count, 3);
}
