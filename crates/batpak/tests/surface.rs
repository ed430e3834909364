//! Every name of the surface that programs are ported by, with its signature: what does not fit does not
//! compile. What a name does is tested elsewhere.
#![cfg(test)]

use std::path::PathBuf;
use std::sync::Arc;

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

#[path = "surface/calls.rs"]
mod calls;
#[path = "surface/rules.rs"]
mod rules;

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
