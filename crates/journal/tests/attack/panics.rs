//! A panic of the world in the middle of a call: nobody waits for ever, nothing acknowledged is
//! lost, and the store opens again in the same process.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use batpak_journal::{AppendError, Durability, Journal, verify};
use batpak_platform::Platform;
use batpak_sim::SimDisk;

use crate::support::{Hook, draft, hooked, named, open, payloads, run_background, small};

/// Panics without a message, so that a sweep does not print thousands.
fn panic_quietly() {
    resume_unwind(Box::new("the machine panics"));
}

/// Panics at the call of this number, and counts.
fn panicking_at(number: u64) -> (Hook, Arc<AtomicU64>) {
    let calls = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&calls);
    let hook = Arc::new(move |_: &str| {
        if counter.fetch_add(1, Ordering::SeqCst) == number {
            panic_quietly();
        }
    });
    (hook, calls)
}

/// A call that may panic; `None` when it did.
fn attempt<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// Appends in every way and closes; returns the payloads that were acknowledged, in order.
fn workload(disk: &SimDisk, platform: &Platform, durability: Durability) -> Vec<Vec<u8>> {
    let mut acknowledged = Vec::new();
    let opened = attempt(|| Journal::open(platform, small(durability)));
    let Some(Ok((journal, _))) = opened else {
        return acknowledged;
    };
    let mut pending = VecDeque::new();
    for number in 0..12_u8 {
        let payload = vec![number; 300];
        if number % 4 == 3 {
            let submitted = attempt(|| journal.submit(vec![draft("a", &payload)]));
            pending.extend(submitted.and_then(Result::ok).zip(Some(payload)));
            attempt(|| run_background(disk));
            continue;
        }
        while let Some((mut ticket, payload)) = pending.pop_front() {
            if let Some(Ok(_)) = attempt(|| ticket.wait(durability)) {
                acknowledged.push(payload);
            }
        }
        if let Some(Ok(_)) = attempt(|| journal.append(draft("a", &payload), durability)) {
            acknowledged.push(payload);
        }
    }
    let seen =
        attempt(|| payloads(journal.view())).or_else(|| attempt(|| payloads(journal.view())));
    assert!(contains(&seen.unwrap(), &acknowledged), "reads go on");
    attempt(|| journal.sync());
    attempt(|| journal.close());
    acknowledged
}

/// Whether the payloads are among the others, in their order.
fn contains(all: &[Vec<u8>], some: &[Vec<u8>]) -> bool {
    let mut all = all.iter();
    some.iter().all(|one| all.any(|other| other == one))
}

#[test]
fn a_panic_at_every_call_loses_nothing_acknowledged_and_the_store_opens_again() {
    for durability in [Durability::Synced, Durability::Written] {
        let disk = SimDisk::new();
        let (hook, calls) = panicking_at(u64::MAX);
        assert_eq!(
            workload(&disk, &hooked(&disk, hook), durability).len(),
            11,
            "without a panic all but the last submitted one are waited for"
        );
        for number in 0..calls.load(Ordering::SeqCst) {
            let context = format!("{durability:?}, call {number}");
            let disk = SimDisk::new();
            let (hook, _) = panicking_at(number);
            let acknowledged = workload(&disk, &hooked(&disk, hook), durability);
            let after_a_cut = disk.snapshot();
            check(&disk, &acknowledged, &context);
            if durability == Durability::Synced {
                after_a_cut.crash_keep_nothing();
                check(&after_a_cut, &acknowledged, &context);
            }
        }
    }
}

/// The store opens where it is, holds what was acknowledged, goes on, and verifies.
fn check(disk: &SimDisk, acknowledged: &[Vec<u8>], context: &str) {
    let opened = Journal::open(&disk.platform(), small(Durability::Synced));
    let (journal, _) = opened.unwrap_or_else(|error| panic!("{context}: {error}"));
    let found = payloads(journal.view());
    assert!(contains(&found, acknowledged), "{context}: events are lost");
    journal
        .append(draft("z", b"after"), Durability::Synced)
        .unwrap_or_else(|error| panic!("{context}: {error}"));
    journal.close().unwrap();
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{context}: {report:?}");
}

/// One panic while several threads wait for each other's work: each of them gets an answer.
#[test]
fn a_panic_of_one_caller_leaves_no_other_caller_waiting() {
    for (durability, call) in [
        (Durability::Synced, "sync_data"),
        (Durability::Synced, "monotonic"),
        (Durability::Synced, "write_at"),
        (Durability::Synced, "wall"),
        (Durability::Written, "write_at"),
        (Durability::Written, "wall"),
    ] {
        for after in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
            let disk = SimDisk::new();
            let (left, armed) = (AtomicU64::new(after), Arc::new(AtomicBool::new(false)));
            let arm = Arc::clone(&armed);
            let hook = Arc::new(move |made: &str| {
                let due = arm.load(Ordering::SeqCst) && made == call;
                if due && left.fetch_sub(1, Ordering::SeqCst) == 0 {
                    panic_quietly();
                }
            });
            let journal = Arc::new(open(&hooked(&disk, hook), &small(durability)));
            armed.store(true, Ordering::SeqCst);
            let threads: Vec<_> = (0..4_u8)
                .map(|thread| {
                    let journal = Arc::clone(&journal);
                    named("caller", move || {
                        let mut acknowledged = Vec::new();
                        for number in 0..10 {
                            let payload = vec![thread, number];
                            let draft = draft(&format!("e{thread}"), &payload);
                            match attempt(|| journal.append(draft, durability)) {
                                Some(Ok(_)) => acknowledged.push(payload),
                                Some(Err(AppendError::Failed(_) | AppendError::Unknown { .. })) => {
                                    break;
                                }
                                Some(Err(error)) => panic!("{error:?}"),
                                None => {}
                            }
                        }
                        acknowledged
                    })
                })
                .collect();
            let acknowledged: Vec<_> = threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect();
            attempt(|| drop(journal));
            let context = format!("{durability:?}, {call} after {after}");
            let (journal, _) = Journal::open(&disk.platform(), small(durability))
                .unwrap_or_else(|error| panic!("{context}: {error}"));
            let found = payloads(journal.view());
            for payload in &acknowledged {
                assert!(found.contains(payload), "{context}: {payload:?} is lost");
            }
        }
    }
}

/// A background step that is gone does not leave a store that looks healthy and never syncs.
#[test]
fn a_panic_of_the_background_step_is_told_to_the_next_caller() {
    let disk = SimDisk::new();
    let armed = Arc::new(AtomicBool::new(false));
    let arm = Arc::clone(&armed);
    let hook = Arc::new(move |_: &str| {
        if arm.swap(false, Ordering::SeqCst) {
            panic_quietly();
        }
    });
    let journal = open(&hooked(&disk, hook), &small(Durability::Written));
    journal
        .append(draft("a", b"first"), Durability::Written)
        .unwrap();
    armed.store(true, Ordering::SeqCst);
    attempt(|| run_background(&disk));
    assert!(!armed.load(Ordering::SeqCst), "the step made no call");
    let error = journal
        .append(draft("a", b"second"), Durability::Written)
        .unwrap_err();
    assert!(matches!(error, AppendError::Failed(_)), "{error:?}");
    assert_eq!(payloads(journal.view()), [b"first"]);
    drop(journal);
    let journal = open(&disk.platform(), &small(Durability::Written));
    assert_eq!(payloads(journal.view()), [b"first"]);
}
