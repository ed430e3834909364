//! The names and signatures that programs written for the published crate use.

use std::path::PathBuf;

use batpak::store::{CacheCapabilities, CacheMeta, NativeCache, NoCache, ProjectionCache};

use super::*;

type Result<T> = std::result::Result<T, StoreError>;
type Decoded<T> = std::result::Result<T, TypedDecodeError>;
type Changed<T> = Option<(u64, Option<T>)>;

#[test]
fn projections_have_the_signatures_of_the_published_crate() {
    let _: fn(&Store, &str, &Freshness) -> Result<Option<Sum>> = Store::project::<Sum>;
    let _: fn(&Store<ReadOnly>, &str, &Freshness) -> Result<Option<Sum>> =
        Store::<ReadOnly>::project::<Sum>;
    let _: fn(&Store, &str, u64, &Freshness) -> Result<Changed<Sum>> =
        Store::project_if_changed::<Sum>;
    let _: fn(&Store, &str) -> Option<u64> = Store::entity_generation;
    let _: fn(StoreConfig, Box<dyn ProjectionCache>) -> Result<Store> = Store::open_with_cache;
    let _: fn(StoreConfig, PathBuf) -> Result<Store> = Store::open_with_native_cache;
    let _: fn(StoreConfig, Box<dyn ProjectionCache>) -> Result<Store<ReadOnly>> =
        Store::open_read_only_with_cache;
    let _: fn(StoreConfig, PathBuf) -> Result<Store<ReadOnly>> =
        Store::open_read_only_with_native_cache;

    let _: fn(&[ProjectionEvent<Sum>]) -> Option<Sum> = Sum::from_events;
    let _: fn(&mut Sum, &Event<Vec<u8>>) = Sum::apply_event;
    let _: fn(&mut Label, &Event<serde_json::Value>) = Label::apply_event;
    let _: fn() -> &'static [EventKind] = Sum::relevant_event_kinds;
    let _: fn() -> u64 = Sum::schema_version;
    let _: fn() -> bool = Sum::supports_incremental_apply;
    let lanes = [JsonValueInput::MODE, RawMsgpackInput::MODE];
    assert_eq!(lanes, [ReplayLane::Value, ReplayLane::RawMsgpack]);

    let _: fn(&Event<Vec<u8>>) -> Decoded<Added> = DecodeTyped::decode_typed::<Added>;
    let _: fn(&Event<serde_json::Value>) -> Decoded<Option<Added>> =
        DecodeTyped::route_typed::<Added>;
}

#[test]
fn caches_have_the_signatures_of_the_published_crate() {
    type Got = Result<Option<(Vec<u8>, CacheMeta)>>;

    fn check<C: ProjectionCache>(cache: &C) {
        let _: fn(&C) -> CacheCapabilities = C::capabilities;
        let _: fn(&C, &[u8]) -> Got = C::get;
        let _: fn(&C, &[u8], &[u8], CacheMeta) -> Result<()> = C::put;
        let _: fn(&C, &[u8]) -> Result<u64> = C::delete_prefix;
        let _: fn(&C) -> Result<()> = C::sync;
        let _: fn(&C, &[u8], CacheMeta) -> Result<()> = C::prefetch;

        let meta = CacheMeta::new(1, 2);
        cache.put(b"a\0", b"state", meta).unwrap();
        cache.prefetch(b"a\0", meta).unwrap();
        let kept = !cache.capabilities().is_noop;
        let got = cache.get(b"a\0").unwrap();
        assert_eq!(got, kept.then(|| (b"state".to_vec(), meta)));
        assert_eq!(cache.delete_prefix(b"a").unwrap(), u64::from(kept));
        assert_eq!(cache.get(b"a\0").unwrap(), None);
        cache.sync().unwrap();
    }

    let dir = tempfile::tempdir().unwrap();
    check(&NoCache);
    check(&NativeCache::open(dir.path()).unwrap());
}
