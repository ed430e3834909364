//! Going around gates, with a record of it.

use std::time::Duration;

use batpak::guard::{GateId, Proposal};
use batpak::pipeline::{BypassPayload, BypassReason, Pipeline};
use batpak::store::{DurabilityGate, WatermarkKind};

use super::gates::three;
use super::*;

/// A reason to go around gates.
pub(super) struct Migration;

impl BypassReason for Migration {
    fn name(&self) -> &'static str {
        "migration"
    }

    fn justification(&self) -> &'static str {
        "the old system had permitted it"
    }

    fn approved_by(&self) -> Option<&'static str> {
        Some("operations")
    }
}

#[test]
fn a_bypass_is_committed_together_with_its_record() {
    let (dir, store) = new_store();
    let pipeline = Pipeline::new(three());
    let receipt = pipeline.bypass(Proposal::new(renamed()), &Migration);
    let correlation = CorrelationId::new(17);
    let options = AppendOptions::new().with_correlation(correlation);
    let committed = store
        .append_bypassed_typed(&place("a"), receipt, options)
        .unwrap();
    assert_eq!(
        committed.bypass_audit().unwrap().approved_by.as_deref(),
        Some("operations")
    );
    store.close().unwrap();

    let store = open(&dir);
    let entries = store.query(&Region::all());
    assert_eq!(entries.len(), 2);
    let (event, record) = (entries[0].event_id(), entries[1].event_id());
    assert_eq!(committed.metadata().event_id(), event);
    let event = store.get_typed::<Renamed>(event).unwrap();
    assert_eq!(
        (&event.event.payload, event.payload_version()),
        (committed.payload(), 2)
    );
    let record = store.get_typed::<BypassPayload>(record).unwrap();
    assert_eq!(
        record.causes(),
        [Cause::Local(committed.metadata().event_id())]
    );
    assert_eq!(record.event.header.correlation_id, correlation);
    let payload = record.event.payload;
    assert_eq!(Some(&payload.audit), committed.bypass_audit());
    let gates: Vec<_> = payload.gates.iter().map(GateId::as_str).collect();
    assert_eq!(gates, ["wide", "narrow", "middle"]);
    assert_eq!(payload.bypassed_kind, <Renamed as EventPayload>::KIND);
    assert_eq!(
        &payload.bypassed_content_hash,
        committed.metadata().content_hash()
    );
}

#[test]
fn a_bypass_is_repeatable_and_refused_whole() {
    let (_dir, store) = new_store();
    let pipeline = Pipeline::new(three());
    let append = |number: u64, options| {
        let receipt = pipeline.bypass(Proposal::new(number), &Migration);
        store.append_bypassed(&place("a"), KIND, receipt, options)
    };
    let keyed = || {
        let key = IdempotencyKey::for_operation("order", &["17"]);
        AppendOptions::new().with_idempotency(key).with_cas(0)
    };
    let first = append(1, keyed()).unwrap();
    assert_eq!(append(1, keyed()).unwrap(), first);
    assert_eq!(store.stats().event_count, 2);
    for (number, options) in [(2, AppendOptions::new().with_cas(0)), (2, keyed())] {
        let error = append(number, options).unwrap_err();
        assert!(
            matches!(error, StoreError::BatchFailed { item_index: 0, .. }),
            "{error}"
        );
    }
    let receipt = pipeline.bypass(Proposal::new(1), &Migration);
    let reserved = EventKind::SYSTEM_DENIAL;
    let error = store
        .append_bypassed(&place("a"), reserved, receipt, AppendOptions::new())
        .unwrap_err();
    assert!(
        matches!(error, StoreError::ReservedKind { index: Some(0), .. }),
        "{error}"
    );
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn a_bypass_waits_for_the_durability_that_its_options_ask_for() {
    let disk = SimDisk::new();
    let config = StoreConfig::new("/sim").with_durability(Durability::Written);
    let store = Store::open_on(config, disk.platform()).unwrap();
    let append = |timeout| {
        let receipt = Pipeline::new(three()).bypass(Proposal::new(1_u64), &Migration);
        let gate = DurabilityGate::new(WatermarkKind::Durable, timeout);
        let options = AppendOptions::new().with_gate(gate);
        store.append_bypassed(&place("a"), KIND, receipt, options)
    };
    let late = append(Duration::ZERO).unwrap_err();
    assert!(matches!(late, StoreError::WaitTimeout { .. }), "{late}");
    append(Duration::from_secs(3600)).unwrap();
    disk.crash_keep_nothing();
    drop(store);
    assert_eq!(open_sim(&disk).stats().event_count, 4);
}
