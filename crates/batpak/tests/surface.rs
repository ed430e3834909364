//! Every name of the surface that programs are ported by, with its signature: what does not fit does not
//! compile. What a name does is tested elsewhere.
#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use batpak::outcome::Outcome;
use batpak::prelude::*;
use batpak::store::*;
use serde_json::Value;

/// Asserts the type of a function.
macro_rules! signatures {
    ($($function:expr => fn($($taken:ty),*) $(-> $given:ty)?;)*) => {
        $(let _: fn($($taken),*) $(-> $given)? = $function;)*
    };
}

type Stored<T> = Result<T, StoreError>;

#[derive(Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x1, type_id = 0x001)]
struct Counted {
    by: u64,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[batpak(input = JsonValueInput, cache_version = 3)]
#[batpak(event = Counted, handler = on_counted)]
struct Count {
    sum: u64,
}

impl Count {
    fn on_counted(&mut self, counted: &Counted) {
        self.sum += counted.by;
    }
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Counted, handler = on_counted)]
struct Times {
    times: u64,
}

impl Times {
    fn on_counted(&mut self, _counted: &Counted) {
        self.times += 1;
    }
}

fn opened() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig::new(directory.path())).unwrap();
    (directory, store)
}

fn place() -> Coordinate {
    Coordinate::new("counter:1", "test").unwrap()
}

#[test]
fn where_an_event_is() {
    use batpak::coordinate::MAX_COORDINATE_COMPONENT_LEN;
    signatures! {
        |entity, scope| Coordinate::new(entity, scope) => fn(&str, &str) -> Result<Coordinate, CoordinateError>;
        Coordinate::validate => fn(&Coordinate) -> Result<(), CoordinateError>;
        Coordinate::entity => fn(&Coordinate) -> &str;
        Coordinate::scope => fn(&Coordinate) -> &str;
        Region::all => fn() -> Region;
        |prefix| Region::entity(prefix) => fn(&str) -> Region;
        |scope| Region::scope(scope) => fn(&str) -> Region;
        |region, scope| Region::with_scope(region, scope) => fn(Region, &str) -> Region;
        Region::with_fact => fn(Region, KindFilter) -> Region;
        Region::with_fact_category => fn(Region, u8) -> Region;
        Region::with_clock_range => fn(Region, (u32, u32)) -> Region;
        Region::matches_event => fn(&Region, &str, &str, EventKind) -> bool;
        DagPosition::new => fn(u32, u32, u32) -> DagPosition;
        DagPosition::with_hlc => fn(u64, u16, u32, u32, u32) -> DagPosition;
        DagPosition::root => fn() -> DagPosition;
        DagPosition::child => fn(u32) -> DagPosition;
        DagPosition::child_at => fn(u32, u64, u16) -> DagPosition;
        DagPosition::fork => fn(u32, u32) -> DagPosition;
        DagPosition::is_root => fn(&DagPosition) -> bool;
        DagPosition::is_ancestor_of => fn(&DagPosition, &DagPosition) -> bool;
    }
    assert_eq!(MAX_COORDINATE_COMPONENT_LEN, 1024);
    let filters = [
        KindFilter::Exact(EventKind::DATA),
        KindFilter::Category(1),
        KindFilter::Any,
    ];
    assert!(
        filters
            .iter()
            .all(|filter| filter.matches_kind(EventKind::DATA))
    );
    let errors: [CoordinateError; 8] = [
        CoordinateError::EmptyEntity,
        CoordinateError::EmptyScope,
        CoordinateError::EntityTooLong {
            len: 1025,
            max: 1024,
        },
        CoordinateError::ScopeTooLong {
            len: 1025,
            max: 1024,
        },
        CoordinateError::NulByte,
        CoordinateError::ControlChar,
        CoordinateError::PathTraversal,
        CoordinateError::ForbiddenSeparator,
    ];
    assert_eq!(errors.len(), 8);
    assert_eq!(size_of::<DagPosition>(), 24);
}

#[test]
fn what_an_event_is() {
    use batpak::event::{DecodeSource, EventKindError};
    signatures! {
        EventKind::try_custom => fn(u8, u16) -> Result<EventKind, EventKindError>;
        EventKind::custom => fn(u8, u16) -> EventKind;
        EventKind::as_raw_u16 => fn(EventKind) -> u16;
        EventKind::category => fn(EventKind) -> u8;
        EventKind::type_id => fn(EventKind) -> u16;
        EventKind::is_system => fn(EventKind) -> bool;
        EventKind::is_effect => fn(EventKind) -> bool;
        EventHeader::new => fn(u128, u128, Option<u128>, i64, DagPosition, u32, EventKind) -> EventHeader;
        EventHeader::new_typed => fn(
            EventId, CorrelationId, Option<CausationId>, i64, DagPosition, u32, EventKind
        ) -> EventHeader;
        EventHeader::with_flags => fn(EventHeader, u8) -> EventHeader;
        EventHeader::requires_ack => fn(&EventHeader) -> bool;
        EventHeader::is_transactional => fn(&EventHeader) -> bool;
        EventHeader::is_replay => fn(&EventHeader) -> bool;
        EventHeader::age_us => fn(&EventHeader, i64) -> u64;
        Event::<u8>::new => fn(EventHeader, u8) -> Event<u8>;
        Event::<u8>::with_hash_chain => fn(Event<u8>, HashChain) -> Event<u8>;
        Event::<u8>::event_id => fn(&Event<u8>) -> EventId;
        Event::<u8>::event_kind => fn(&Event<u8>) -> EventKind;
        Event::<u8>::position => fn(&Event<u8>) -> &DagPosition;
        Event::<u8>::is_genesis => fn(&Event<u8>) -> bool;
        HashChain::compute_hash => fn(&[u8]) -> [u8; 32];
        <Event<Value> as DecodeTyped>::route_typed::<Counted> => fn(&Event<Value>) -> Result<Option<Counted>, TypedDecodeError>;
        <Event<Vec<u8>> as DecodeTyped>::decode_typed::<Counted> => fn(&Event<Vec<u8>>) -> Result<Counted, TypedDecodeError>;
    }
    let kinds = [
        (EventKind::DATA, 0x1000),
        (EventKind::SYSTEM_INIT, 0x0001),
        (EventKind::SYSTEM_SHUTDOWN, 0x0002),
        (EventKind::SYSTEM_HEARTBEAT, 0x0003),
        (EventKind::SYSTEM_CONFIG_CHANGE, 0x0004),
        (EventKind::SYSTEM_CHECKPOINT, 0x0005),
        (EventKind::SYSTEM_BATCH_BEGIN, 0x0006),
        (EventKind::SYSTEM_BATCH_COMMIT, 0x0007),
        (EventKind::SYSTEM_OPEN_COMPLETED, 0x0008),
        (EventKind::SYSTEM_CLOSE_COMPLETED, 0x0009),
        (EventKind::SYSTEM_DENIAL, 0x000F),
        (EventKind::EFFECT_ERROR, 0xD001),
        (EventKind::EFFECT_RETRY, 0xD002),
        (EventKind::EFFECT_ACK, 0xD004),
        (EventKind::EFFECT_BACKPRESSURE, 0xD005),
        (EventKind::EFFECT_CANCEL, 0xD006),
        (EventKind::EFFECT_CONFLICT, 0xD007),
        (EventKind::TOMBSTONE, 0x0FFE),
        (EventKind::SYSTEM_HEARTBEAT_REQUEST, 0xFA01),
        (EventKind::SYSTEM_HEARTBEAT_ACK, 0xFA02),
    ];
    for (kind, raw) in kinds {
        assert_eq!(kind.as_raw_u16(), raw);
    }
    let _ = [
        EventKindError::CategoryOutOfRange { category: 16 },
        EventKindError::ReservedSystemCategory,
        EventKindError::ReservedEffectCategory,
        EventKindError::TypeIdOutOfRange { type_id: 0x1000 },
    ];
    let flags = (
        EventHeader::FLAG_REQUIRES_ACK,
        EventHeader::FLAG_TRANSACTIONAL,
        EventHeader::FLAG_REPLAY,
    );
    assert_eq!(flags, (0x01, 0x02, 0x08));
    let header = EventHeader::new(7, 7, None, 0, DagPosition::root(), 2, EventKind::DATA);
    let EventHeader {
        event_id: EventId { .. },
        correlation_id: CorrelationId { .. },
        causation_id: None,
        timestamp_us: 0,
        position: DagPosition { .. },
        payload_size: 2,
        event_kind: EventKind::DATA,
        flags: 0,
        content_hash: [0, ..],
        ..
    } = header
    else {
        panic!("{header:?}");
    };
    let event = Event::new(header, 1_u8).map_payload(u16::from);
    let Event {
        header: _,
        payload: 1_u16,
        hash_chain: None,
    } = event
    else {
        panic!("{event:?}");
    };
    let _ = HashChain {
        prev_hash: [0; 32],
        event_hash: [0; 32],
    };
    let _ = |error: TypedDecodeError| match error {
        TypedDecodeError::KindMismatch { expected, got } => expected == got,
        TypedDecodeError::DecodeFailure { kind, source } => {
            let _: (EventKind, DecodeSource) = (kind, source);
            false
        }
        _ => false,
    };
    assert_eq!(Counted::KIND, EventKind::custom(0x1, 0x001));
    signatures! {
        validate_event_payload_registry => fn() -> Result<(), EventPayloadRegistryError>;
        revalidate_event_payload_registry => fn() -> Result<(), EventPayloadRegistryError>;
    }
    let _ = [
        EventPayloadValidation::Warn,
        EventPayloadValidation::FailFast,
        EventPayloadValidation::Silent,
    ];
    let _ = |collision: EventPayloadKindCollision| {
        let _: (u8, u16) = (collision.category, collision.type_id);
        (collision.first_type_name, collision.second_type_name)
    };
}

#[test]
fn how_events_are_named() {
    fn named<T>(name: &str)
    where
        T: std::fmt::Display
            + std::str::FromStr
            + From<u128>
            + Serialize
            + for<'de> Deserialize<'de>,
    {
        assert_eq!(T::from(7).to_string(), format!("{name}:{:032x}", 7));
    }
    named::<EventId>("event");
    named::<CorrelationId>("correlation");
    named::<CausationId>("causation");
    named::<IdempotencyKey>("idempotency");
    signatures! {
        EventId::new => fn(u128) -> EventId;
        EventId::as_u128 => fn(EventId) -> u128;
        EventId::nil => fn() -> EventId;
        IdempotencyKey::for_operation => fn(&str, &[&str]) -> IdempotencyKey;
    }
}

#[test]
fn how_a_store_is_opened_and_closed() {
    type Cache = Box<dyn ProjectionCache>;
    signatures! {
        Store::open => fn(StoreConfig) -> Stored<Store<Open>>;
        |config, path| Store::open_with_native_cache(config, path) => fn(StoreConfig, PathBuf) -> Stored<Store<Open>>;
        Store::open_with_cache => fn(StoreConfig, Cache) -> Stored<Store<Open>>;
        Store::open_read_only => fn(StoreConfig) -> Stored<Store<ReadOnly>>;
        |config, path| Store::open_read_only_with_native_cache(config, path) => fn(StoreConfig, PathBuf) -> Stored<Store<ReadOnly>>;
        Store::open_read_only_with_cache => fn(StoreConfig, Cache) -> Stored<Store<ReadOnly>>;
        Store::sync => fn(&Store) -> Stored<()>;
        Store::close => fn(Store) -> Stored<Closed>;
        Store::stats => fn(&Store) -> StoreStats;
        Store::open_report => fn(&Store) -> &OpenReport;
    }
    fn shared<T: Send + Sync>() {}
    shared::<Store<Open>>();
    shared::<Store<ReadOnly>>();
}

#[test]
fn what_a_store_is_configured_with() {
    let config = StoreConfig::new("somewhere")
        .with_segment_max_bytes(64 << 20)
        .with_fd_budget(64)
        .with_broadcast_capacity(8192)
        .with_single_append_max_bytes(16 << 20)
        .with_batch_max_size(256)
        .with_batch_max_bytes(1 << 20)
        .with_group_commit_max_batch(1)
        .with_writer_channel_capacity(4096)
        .with_pressure_retry_threshold_pct(75)
        .with_restart_policy(RestartPolicy::Bounded {
            max_restarts: 3,
            within_ms: 1_000,
        })
        .with_sync_mode(SyncMode::SyncData)
        .with_sync_every_n_events(1000)
        .with_event_payload_validation(EventPayloadValidation::FailFast)
        .with_clock(None::<Arc<dyn Clock>>)
        .with_clock_fn(|| 1_700_000_000_000_000);
    let _ = (RestartPolicy::Once, SyncMode::SyncAll);
    let _: (&std::path::Path, u64, usize) = (
        config.data_dir(),
        config.segment_max_bytes(),
        config.fd_budget(),
    );
    let _: (usize, u32, BatchConfig) = (
        config.broadcast_capacity(),
        config.single_append_max_bytes(),
        config.batch(),
    );
    let _: (WriterConfig, SyncConfig) = (config.writer(), config.sync());
}

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
    let _ = |error: ExtensionKeyError| match error {
        ExtensionKeyError::Empty
        | ExtensionKeyError::NonAscii
        | ExtensionKeyError::TooLong { .. }
        | ExtensionKeyError::InvalidNamespaceFormat
        | ExtensionKeyError::ReservedNamespace => true,
        _ => false,
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

#[test]
fn what_stands_before_a_commit() {
    use batpak::guard::*;
    use batpak::pipeline::*;
    type Ctx = u64;
    type Hash = [u8; 32];
    signatures! {
        GateSet::<Ctx>::new => fn() -> GateSet<Ctx>;
        GateSet::<Ctx>::evaluate::<u8> => fn(&GateSet<Ctx>, &Ctx, Proposal<u8>) -> Result<Receipt<u8>, Denial>;
        GateSet::<Ctx>::evaluate_all => fn(&GateSet<Ctx>, &Ctx) -> Vec<Denial>;
        GateSet::<Ctx>::len => fn(&GateSet<Ctx>) -> usize;
        GateSet::<Ctx>::is_empty => fn(&GateSet<Ctx>) -> bool;
        GateSet::<Ctx>::names => fn(&GateSet<Ctx>) -> Vec<&'static str>;
        |gate, message| Denial::new(gate, message) => fn(&'static str, &str) -> Denial;
        |denial, code| Denial::with_code(denial, code) => fn(Denial, &str) -> Denial;
        |denial, name, value| Denial::with_context(denial, name, value) => fn(Denial, &str, &str) -> Denial;
        |name| GateId::new(name) => fn(&str) -> Result<GateId, GateIdError>;
        Receipt::<u8>::payload => fn(&Receipt<u8>) -> &u8;
        Receipt::<u8>::gates_passed => fn(&Receipt<u8>) -> &[&'static str];
        Receipt::<u8>::into_parts => fn(Receipt<u8>) -> (u8, Vec<&'static str>);
        Proposal::<u8>::new => fn(u8) -> Proposal<u8>;
        Proposal::<u8>::payload => fn(&Proposal<u8>) -> &u8;
        Pipeline::<Ctx>::new => fn(GateSet<Ctx>) -> Pipeline<Ctx>;
        Pipeline::<Ctx>::evaluate::<u8> => fn(&Pipeline<Ctx>, &Ctx, Proposal<u8>) -> Result<Receipt<u8>, Denial>;
        Pipeline::<Ctx>::bypass::<u8> => fn(&Pipeline<Ctx>, Proposal<u8>, &'static dyn BypassReason) -> BypassReceipt<u8>;
        CommitMetadata::genesis => fn(EventId, Hash) -> CommitMetadata;
        CommitMetadata::from_append_receipt => fn(&AppendReceipt) -> Stored<CommitMetadata>;
        CommitMetadata::validate => fn(&CommitMetadata) -> Stored<()>;
        Committed::<u8>::payload => fn(&Committed<u8>) -> &u8;
        Committed::<u8>::bypass_audit => fn(&Committed<u8>) -> Option<&BypassAudit>;
        Store::append_denial::<Ctx> => fn(
            &Store, &Coordinate, EventKind, &GateSet<Ctx>, &Denial, Option<Hash>, Option<&str>, AppendOptions
        ) -> Stored<DenialReceipt>;
    }
    let denial = Denial::new("limit", "above 1000")
        .with_code("LIMIT")
        .with_context("total", "1200");
    assert_eq!(denial.to_string(), "[limit] above 1000");
    let _ = |evaluation: GateEvaluation| match evaluation.verdict {
        Verdict::Permit | Verdict::Skipped => evaluation.evidence_hash.is_some(),
        Verdict::Deny {
            code,
            message,
            context,
        } => (code, message, context).2.is_empty(),
    };
    let _ = |payload: DenialPayload| {
        let DenialPayload {
            evaluations,
            pipeline_id,
            proposed_kind,
            proposed_content_hash,
            ..
        } = payload;
        (
            evaluations.len(),
            pipeline_id,
            proposed_kind,
            proposed_content_hash,
        )
    };
    let _ = |audit: BypassAudit| (audit.reason, audit.justification, audit.approved_by);
}

#[test]
fn what_a_step_came_to() {
    use batpak::outcome::*;
    let outcomes: Vec<Outcome<u8>> = vec![
        Outcome::Ok(1),
        Outcome::Err(OutcomeError::new(ErrorKind::NotFound, "not there")),
        Outcome::Retry {
            after_ms: 1,
            attempt: 1,
            max_attempts: 1,
            reason: "busy".into(),
        },
        Outcome::Pending {
            condition: WaitCondition::Event {
                event_id: EventId::new(7),
            },
            resume_token: 7,
        },
        Outcome::Cancelled {
            reason: "enough".into(),
        },
        Outcome::Batch(vec![Outcome::Ok(1)]),
    ];
    let tests = [
        Outcome::is_ok,
        Outcome::is_err,
        Outcome::is_retry,
        Outcome::is_pending,
        Outcome::is_cancelled,
        Outcome::is_batch,
    ];
    for (outcome, is_it) in outcomes.iter().zip(tests) {
        assert!(is_it(outcome), "{outcome:?}");
    }
    let changed = Outcome::Ok(1_u8)
        .map(u16::from)
        .and_then(|number| Outcome::Ok(number + 1))
        .and_then_if(|number| *number == 2, |number| Outcome::Ok(number * 2))
        .map_err(|error| error)
        .or_else(Outcome::Err)
        .inspect(|_| {})
        .inspect_err(|_| {});
    assert_eq!(Outcome::Ok(changed).flatten().unwrap_or(0), 4);
    assert_eq!(
        Outcome::<u8>::Cancelled {
            reason: String::new()
        }
        .unwrap_or_else(|_| 5),
        5
    );
    assert_eq!(zip(Outcome::Ok(1), Outcome::Ok(2)), Outcome::Ok((1, 2)));
    assert_eq!(
        join_all(vec![Outcome::Ok(1), Outcome::Ok(2)]),
        Outcome::Ok(vec![1, 2])
    );
    assert!(join_any(outcomes).is_ok());
    let _: Result<u8, OutcomeError> = Outcome::Ok(1).into_result();
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Validation,
        ErrorKind::PolicyRejection,
        ErrorKind::Cancelled,
        ErrorKind::StorageError,
        ErrorKind::Timeout,
        ErrorKind::Pending,
        ErrorKind::Serialization,
        ErrorKind::Internal,
        ErrorKind::BatchCollapse,
        ErrorKind::Custom(7),
    ];
    let retryable = kinds.iter().filter(|kind| kind.is_retryable());
    assert_eq!(retryable.count(), 2);
    let _ = |kind: ErrorKind| (kind.is_domain(), kind.is_operational());
    let _ = [
        WaitCondition::Timeout { resume_at_ms: 5 },
        WaitCondition::All(Vec::new()),
        WaitCondition::Any(Vec::new()),
        WaitCondition::Custom {
            tag: 1,
            data: Vec::new(),
        },
    ];
    let _ = [
        CompensationAction::Rollback {
            event_ids: vec![EventId::new(7)],
        },
        CompensationAction::Notify {
            target_id: 7,
            message: "undone".into(),
        },
        CompensationAction::Release {
            resource_ids: vec![7],
        },
        CompensationAction::Custom {
            action_type: "call".into(),
            data: Vec::new(),
        },
    ];
}

#[test]
fn what_a_receipt_proves() {
    use std::collections::BTreeMap;
    type Hash = [u8; 32];
    type Extensions = BTreeMap<ExtensionKey, EncodedBytes>;
    signatures! {
        SigningKey::from_bytes => fn([u8; 32]) -> SigningKey;
        StoreConfig::with_signing_key => fn(StoreConfig, SigningKey) -> StoreConfig;
        Store::verify_append_receipt => fn(&Store, &AppendReceipt) -> bool;
        Store::verify_append_receipt_detailed => fn(&Store, &AppendReceipt) -> ReceiptVerification;
        Store::verify_append_receipt_wire_detailed => fn(
            &Store, EventId, u64, Hash, Hash, Option<[u8; 64]>, &Extensions
        ) -> ReceiptVerification;
        Store::verify_denial_receipt => fn(&Store, &DenialReceipt) -> bool;
        Store::verify_denial_receipt_detailed => fn(&Store, &DenialReceipt) -> ReceiptVerification;
    }
    let _ = |receipt: AppendReceipt| -> (Hash, Option<[u8; 64]>) {
        (receipt.key_id, receipt.signature)
    };
    let _ = |verdict: ReceiptVerification| match verdict {
        ReceiptVerification::Signed | ReceiptVerification::UnsignedAccepted => true,
        ReceiptVerification::Invalid(error) => matches!(
            error,
            ReceiptVerificationError::MissingCommittedEvent
                | ReceiptVerificationError::EventIdMismatch
                | ReceiptVerificationError::SequenceMismatch
                | ReceiptVerificationError::ContentHashMismatch
                | ReceiptVerificationError::ExtensionsMismatch
                | ReceiptVerificationError::DenialKindMismatch
                | ReceiptVerificationError::UnsignedReceiptRejected
                | ReceiptVerificationError::MissingSignature
                | ReceiptVerificationError::ZeroKeyWithSignature
                | ReceiptVerificationError::UnknownSigningKey
                | ReceiptVerificationError::InvalidSignature
                | ReceiptVerificationError::CoverBuildFailed { .. }
        ),
    };
}

batpak::define_state_machine! {
    DoorState { Ajar, Shut }
    Ajar => Shut,
    Shut => Ajar,
}

batpak::define_typestate! {
    #[derive(Debug, PartialEq)]
    Door<S: DoorState> {
        number: u32,
    }
}

#[test]
fn which_steps_compile() {
    use batpak::typestate::*;
    type Closing = Transition<Ajar, Shut, Counted>;
    signatures! {
        Closing::from_payload => fn(Counted) -> Closing;
        Closing::kind => fn(&Closing) -> EventKind;
        Closing::payload => fn(&Closing) -> &Counted;
        Closing::into_payload => fn(Closing) -> Counted;
        Store::apply_transition::<Ajar, Shut, Counted> => fn(&Store, &Coordinate, Closing) -> Stored<AppendReceipt>;
    }
    let shut: Door<Shut> = Door::<Ajar>::new(7).into_state();
    assert_eq!(shut.state_name(), "Shut");
}
