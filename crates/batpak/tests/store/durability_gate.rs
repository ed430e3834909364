//! Waiting for a watermark after a commit.

use std::time::Duration;

use batpak::store::{CommitState, DurabilityGate, HlcPoint, WatermarkKind};

use batpak_sim::{Aftermath, Fault, Operation};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn gated(kind: WatermarkKind, timeout: Duration) -> AppendOptions {
    AppendOptions::new().with_gate(DurabilityGate::new(kind, timeout))
}

/// A store whose appends are acknowledged before they are durable, on a disk without background work.
fn written() -> (SimDisk, Store) {
    let disk = SimDisk::new();
    let config = StoreConfig::new("/sim").with_durability(Durability::Written);
    let store = Store::open_on(config, disk.platform()).unwrap();
    (disk, store)
}

#[test]
fn a_gate_of_durability_asks_for_the_sync() {
    let (disk, store) = written();
    let append = |options| {
        store
            .append_with_options(&place("a"), KIND, &1_u64, options)
            .unwrap()
    };
    assert_eq!(
        append(AppendOptions::new()).durability(),
        Durability::Written
    );
    let gate = gated(WatermarkKind::Durable, HOUR);
    assert_eq!(append(gate.clone()).durability(), Durability::Synced);
    let ticket = store
        .submit_with_options(&place("a"), KIND, &2_u64, gate.clone())
        .unwrap();
    assert_eq!(ticket.wait().unwrap().durability(), Durability::Synced);
    let items = vec![
        item("a", 3, AppendOptions::new()),
        item("b", 4, AppendOptions::new()),
    ];
    let receipts = store.append_batch_with_options(items, gate).unwrap();
    assert!(
        receipts
            .iter()
            .all(|receipt| receipt.durability() == Durability::Synced)
    );
    disk.crash_keep_nothing();
    drop(store);
    assert_eq!(numbers(&open_sim(&disk)), [1, 1, 2, 3, 4]);
}

#[test]
fn a_gate_that_is_not_reached_in_time_leaves_the_event_committed() {
    let (_disk, store) = written();
    let zero = || gated(WatermarkKind::Durable, Duration::ZERO);
    let single = store
        .append_with_options(&place("a"), KIND, &1_u64, zero())
        .unwrap_err();
    let items = vec![item("a", 2, AppendOptions::new()), item("a", 3, zero())];
    let batch = store.append_batch_with_options(items, zero()).unwrap_err();
    for (error, sequence) in [(single, 1), (batch, 3)] {
        assert_eq!(error.commit_state(), CommitState::Committed);
        let event = store.event_at(sequence).unwrap();
        let reached = HlcPoint {
            wall_ms: u64::try_from(event.event.header.timestamp_us).unwrap() / 1000,
            global_sequence: sequence,
        };
        assert!(
            matches!(error, StoreError::WaitTimeout { watermark: WatermarkKind::Durable, target, waited_ms: 0 }
                if target == reached),
            "{error}"
        );
    }
    assert_eq!(numbers(&store), [1, 2, 3]);
}

#[test]
fn what_an_acknowledgement_says_already_is_not_waited_for() {
    let (_dir, synced) = new_store();
    let (_disk, written) = written();
    let append = |store: &Store, kind| {
        let options = gated(kind, Duration::ZERO);
        store
            .append_with_options(&place("a"), KIND, &1_u64, options)
            .unwrap()
            .durability()
    };
    for kind in [
        WatermarkKind::Durable,
        WatermarkKind::Applied,
        WatermarkKind::Visible,
    ] {
        assert_eq!(append(&synced, kind), Durability::Synced);
    }
    for kind in [WatermarkKind::Applied, WatermarkKind::Visible] {
        assert_eq!(append(&written, kind), Durability::Written);
    }
    // The gates of items do not count.
    let items = vec![item("a", 2, gated(WatermarkKind::Durable, Duration::ZERO))];
    assert!(written.append_batch(items).is_ok());
}

#[test]
fn a_failed_sync_is_told_as_one() {
    let (disk, store) = written();
    store.append(&place("a"), KIND, &1_u64).unwrap();
    let fault = Fault::SyncFailed(Aftermath::Kept);
    disk.fail_operation(Operation::SyncData, 0, fault);
    let error = store
        .append_with_options(
            &place("a"),
            KIND,
            &2_u64,
            gated(WatermarkKind::Durable, HOUR),
        )
        .unwrap_err();
    assert!(matches!(error, StoreError::CommitUnknown { .. }), "{error}");
}

#[test]
fn options_that_a_batch_would_pass_over_are_refused() {
    let (_dir, store) = new_store();
    let key = IdempotencyKey::for_operation("batch", &["1"]);
    let options = gated(WatermarkKind::Visible, HOUR).with_idempotency(key);
    let items = vec![item("a", 1, AppendOptions::new())];
    let error = store.append_batch_with_options(items, options).unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    assert_eq!(store.stats().event_count, 0);
}

/// The receipt of what is committed is not lost with the wait.
#[test]
fn a_ticket_that_is_waited_for_too_shortly_gives_its_receipt_in_the_error() {
    let (disk, store) = written();
    let submit = |options| {
        store
            .submit_with_options(&place("a"), KIND, &1_u64, options)
            .unwrap()
    };
    let gate = |timeout| DurabilityGate::new(WatermarkKind::Durable, timeout);
    // A gate of the options gives way.
    let hour = gated(WatermarkKind::Durable, HOUR);
    let error = submit(hour).wait_for(gate(Duration::ZERO)).unwrap_err();
    assert_eq!(error.commit_state(), CommitState::Committed);
    let StoreError::CommittedNotReached { receipt, source } = error else {
        panic!("{error}")
    };
    assert!(matches!(
        *source,
        StoreError::WaitTimeout { waited_ms: 0, .. }
    ));
    assert_eq!(receipt.durability(), Durability::Written);
    let entry = &store.by_entity("a")[0];
    assert_eq!(
        (entry.event_id(), entry.global_sequence()),
        (receipt.event_id, receipt.sequence)
    );
    // With time enough it is reached, and where there is nothing to reach it takes none.
    let reached = submit(AppendOptions::new()).wait_for(gate(HOUR)).unwrap();
    assert_eq!(reached.durability(), Durability::Synced);
    let visible = DurabilityGate::new(WatermarkKind::Visible, Duration::ZERO);
    let zero = gated(WatermarkKind::Durable, Duration::ZERO);
    let visible = submit(zero).wait_for(visible).unwrap();
    assert_eq!(visible.durability(), Durability::Written);
    // What fails is told as what it is.
    let fault = Fault::SyncFailed(Aftermath::Kept);
    disk.fail_operation(Operation::SyncData, 0, fault);
    let error = submit(AppendOptions::new())
        .wait_for(gate(HOUR))
        .unwrap_err();
    assert!(matches!(error, StoreError::CommitUnknown { .. }), "{error}");
}
