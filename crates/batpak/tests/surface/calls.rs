//! Appending, reading and folding.

use std::time::Duration;

use super::*;

#[test]
fn how_events_are_appended() {
    type Item = BatchAppendItem;
    signatures! {
        |store, at, kind, payload| Store::append(store, at, kind, payload) => fn(&Store, &Coordinate, EventKind, &str) -> Stored<AppendReceipt>;
        |store, at, kind, payload, options| Store::append_with_options(store, at, kind, payload, options)
            => fn(&Store, &Coordinate, EventKind, &str, AppendOptions) -> Stored<AppendReceipt>;
        Store::append_typed::<Counted> => fn(&Store, &Coordinate, &Counted) -> Stored<AppendReceipt>;
        Store::append_typed_with_options::<Counted> => fn(&Store, &Coordinate, &Counted, AppendOptions) -> Stored<AppendReceipt>;
        |store, at, kind, payload, correlation, cause| Store::append_reaction(store, at, kind, payload, correlation, cause)
            => fn(&Store, &Coordinate, EventKind, &str, CorrelationId, CausationId) -> Stored<AppendReceipt>;
        Store::append_reaction_typed::<Counted> => fn(&Store, &Coordinate, &Counted, CorrelationId, CausationId) -> Stored<AppendReceipt>;
        Store::append_batch => fn(&Store, Vec<Item>) -> Stored<Vec<AppendReceipt>>;
        Store::append_batch_with_options => fn(&Store, Vec<Item>, AppendOptions) -> Stored<Vec<AppendReceipt>>;
        Store::append_reaction_batch => fn(&Store, CorrelationId, CausationId, Vec<Item>) -> Stored<Vec<AppendReceipt>>;
        |store, at, kind, payload| Store::submit(store, at, kind, payload) => fn(&Store, &Coordinate, EventKind, &str) -> Stored<AppendTicket>;
        Store::submit_typed::<Counted> => fn(&Store, &Coordinate, &Counted) -> Stored<AppendTicket>;
        Store::submit_batch => fn(&Store, Vec<Item>) -> Stored<BatchAppendTicket>;
        |store, at, kind, payload, correlation, cause| Store::submit_reaction(store, at, kind, payload, correlation, cause)
            => fn(&Store, &Coordinate, EventKind, &str, CorrelationId, CausationId) -> Stored<AppendTicket>;
        Store::submit_reaction_typed::<Counted> => fn(&Store, &Coordinate, &Counted, CorrelationId, CausationId) -> Stored<AppendTicket>;
        |store, at, kind, payload| Store::try_submit(store, at, kind, payload)
            => fn(&Store, &Coordinate, EventKind, &str) -> Stored<Outcome<AppendTicket>>;
        Store::try_submit_typed::<Counted> => fn(&Store, &Coordinate, &Counted) -> Stored<Outcome<AppendTicket>>;
        |store, at, kind, payload, correlation, cause| Store::try_submit_reaction(store, at, kind, payload, correlation, cause)
            => fn(&Store, &Coordinate, EventKind, &str, CorrelationId, CausationId) -> Stored<Outcome<AppendTicket>>;
        Store::try_submit_reaction_typed::<Counted>
            => fn(&Store, &Coordinate, &Counted, CorrelationId, CausationId) -> Stored<Outcome<AppendTicket>>;
        Store::try_submit_batch => fn(&Store, Vec<Item>) -> Stored<Outcome<BatchAppendTicket>>;
        Store::writer_pressure => fn(&Store) -> WriterPressure;
        WriterPressure::utilization => fn(&WriterPressure) -> f64;
        WriterPressure::headroom => fn(&WriterPressure) -> usize;
        WriterPressure::is_idle => fn(&WriterPressure) -> bool;
        AppendTicket::wait => fn(AppendTicket) -> Stored<AppendReceipt>;
        AppendTicket::try_check => fn(&AppendTicket) -> Option<Stored<AppendReceipt>>;
        BatchAppendTicket::wait => fn(BatchAppendTicket) -> Stored<Vec<AppendReceipt>>;
        BatchAppendTicket::try_check => fn(&BatchAppendTicket) -> Option<Stored<Vec<AppendReceipt>>>;
        |at, kind, payload, options, cause| Item::new(at, kind, payload, options, cause)
            => fn(Coordinate, EventKind, &str, AppendOptions, CausationRef) -> Stored<Item>;
        Item::typed::<Counted> => fn(Coordinate, &Counted, AppendOptions, CausationRef) -> Stored<Item>;
    }
    let options = AppendOptions::new()
        .with_cas(0)
        .with_idempotency(IdempotencyKey::new(7))
        .with_flags(EventHeader::FLAG_REPLAY)
        .with_correlation(CorrelationId::new(7))
        .with_position_hint(AppendPositionHint::new(1, 2))
        .with_gate(DurabilityGate::new(
            WatermarkKind::Durable,
            Duration::from_secs(5),
        ))
        .with_extension(
            ExtensionKey::new("a.b").unwrap(),
            EncodedBytes::new(vec![1]),
        );
    let (_directory, store) = opened();
    let receipt = store
        .append_with_options(&place(), EventKind::DATA, &1, options)
        .unwrap();
    let AppendReceipt {
        event_id,
        sequence: 1,
        content_hash: [..],
        extensions,
        ..
    } = &receipt
    else {
        panic!("{receipt:?}");
    };
    assert_eq!((*event_id, extensions.len()), (EventId::new(7), 1));
    let _: DiskPos = receipt.disk_pos();
    let pressure = store.writer_pressure();
    assert_eq!((pressure.queue_len, pressure.capacity), (0, 4096));
    let refs = [
        CausationRef::None,
        CausationRef::Absolute(7),
        CausationRef::PriorItem(0),
    ];
    assert_eq!(refs.len(), 3);
    let _ = [
        WatermarkKind::Durable,
        WatermarkKind::Applied,
        WatermarkKind::Visible,
    ];
    let _ = |error: ExtensionKeyError| {
        matches!(
            error,
            ExtensionKeyError::Empty
                | ExtensionKeyError::NonAscii
                | ExtensionKeyError::TooLong { .. }
                | ExtensionKeyError::InvalidNamespaceFormat
                | ExtensionKeyError::ReservedNamespace
        )
    };
}

#[test]
fn how_events_are_read() {
    signatures! {
        Store::get => fn(&Store, EventId) -> Stored<StoredEvent<Value>>;
        Store::read_raw => fn(&Store, EventId) -> Stored<StoredEvent<Vec<u8>>>;
        Store::get_typed::<Counted> => fn(&Store, EventId) -> Stored<StoredEvent<Counted>>;
        Store::query => fn(&Store, &Region) -> Vec<IndexEntry>;
        Store::query_entries_after => fn(&Store, &Region, Option<u64>, usize) -> Vec<IndexEntry>;
        Store::by_entity => fn(&Store, &str) -> Vec<IndexEntry>;
        Store::by_scope => fn(&Store, &str) -> Vec<IndexEntry>;
        Store::by_fact => fn(&Store, EventKind) -> Vec<IndexEntry>;
        Store::by_fact_typed::<Counted> => fn(&Store) -> Vec<IndexEntry>;
        Store::entity_generation => fn(&Store, &str) -> Option<u64>;
        Store::walk_ancestors => fn(&Store, EventId, usize) -> Vec<StoredEvent<Value>>;
        IndexEntry::event_id => fn(&IndexEntry) -> EventId;
        IndexEntry::correlation_id => fn(&IndexEntry) -> CorrelationId;
        IndexEntry::causation_id => fn(&IndexEntry) -> Option<CausationId>;
        IndexEntry::coord => fn(&IndexEntry) -> &Coordinate;
        IndexEntry::event_kind => fn(&IndexEntry) -> EventKind;
        IndexEntry::wall_ms => fn(&IndexEntry) -> u64;
        IndexEntry::clock => fn(&IndexEntry) -> u32;
        IndexEntry::dag_lane => fn(&IndexEntry) -> u32;
        IndexEntry::dag_depth => fn(&IndexEntry) -> u32;
        IndexEntry::hash_chain => fn(&IndexEntry) -> &HashChain;
        IndexEntry::global_sequence => fn(&IndexEntry) -> u64;
        IndexEntry::is_correlated => fn(&IndexEntry) -> bool;
        IndexEntry::is_caused_by => fn(&IndexEntry, EventId) -> bool;
        IndexEntry::is_root_cause => fn(&IndexEntry) -> bool;
    }
}

#[test]
fn how_states_are_folded() {
    signatures! {
        Store::project::<Count> => fn(&Store, &str, &Freshness) -> Stored<Option<Count>>;
        Store::project_if_changed::<Count> => fn(&Store, &str, u64, &Freshness) -> Stored<Option<(u64, Option<Count>)>>;
        Count::from_events => fn(&[ProjectionEvent<Count>]) -> Option<Count>;
        Count::apply_event => fn(&mut Count, &ProjectionEvent<Count>);
        Count::relevant_event_kinds => fn() -> &'static [EventKind];
        Count::schema_version => fn() -> u64;
        Count::supports_incremental_apply => fn() -> bool;
        |path| NativeCache::open(path) => fn(PathBuf) -> Stored<NativeCache>;
        <NoCache as ProjectionCache>::capabilities => fn(&NoCache) -> CacheCapabilities;
        <NoCache as ProjectionCache>::get => fn(&NoCache, &[u8]) -> Stored<Option<(Vec<u8>, CacheMeta)>>;
        <NoCache as ProjectionCache>::put => fn(&NoCache, &[u8], &[u8], CacheMeta) -> Stored<()>;
        <NoCache as ProjectionCache>::delete_prefix => fn(&NoCache, &[u8]) -> Stored<u64>;
        <NoCache as ProjectionCache>::sync => fn(&NoCache) -> Stored<()>;
        <NoCache as ProjectionCache>::prefetch => fn(&NoCache, &[u8], CacheMeta) -> Stored<()>;
    }
    let _ = (
        Freshness::Consistent,
        Freshness::MaybeStale { max_stale_ms: 5 },
    );
    let modes = (
        <JsonValueInput as ProjectionInput>::MODE,
        <RawMsgpackInput as ProjectionInput>::MODE,
    );
    assert_eq!(modes, (ReplayLane::Value, ReplayLane::RawMsgpack));
    let _: (ProjectionPayload<Count>, ProjectionPayload<Times>) = (Value::Null, Vec::new());
    assert_eq!((Count::schema_version(), Times::schema_version()), (3, 0));
    let (_directory, store) = opened();
    for by in [2, 3] {
        store.append_typed(&place(), &Counted { by }).unwrap();
    }
    let folded = store.project_fused2::<Count, Times>("counter:1").unwrap();
    assert_eq!(folded, (Some(Count { sum: 5 }), Some(Times { times: 2 })));
}
