//! A state as it lies in a cache: with what it was folded from.

use std::any::TypeId;
use std::hash::{DefaultHasher, Hash, Hasher};

use batpak_event::{Digest, content_hash, encoding};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::cache_damage::CacheDamage;
use super::event_sourced::EventSourced;
use super::input::ProjectionInput;
use crate::append::EncodedBytes;
use crate::error::StoreError;

/// Ranges of hidden sequences, both ends included.
pub(super) type Hidden = Vec<(u64, u64)>;

/// Up to where a state was folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Sequence of the newest event of the stream that was looked at.
    pub(super) last: u64,
    /// Its event hash, which covers every event of the stream before it.
    pub(super) hash: Digest,
    /// What was hidden up to there.
    pub(super) hidden: Hidden,
}

/// A state from a cache.
#[derive(Debug)]
pub(super) struct Row<T> {
    pub(super) mark: Mark,
    pub(super) cached_at_us: i64,
    pub(super) state: T,
}

/// The value in the cache, behind its digest.
#[derive(Serialize, Deserialize)]
struct Body {
    last: u64,
    hash: EncodedBytes,
    hidden: Hidden,
    cached_at_us: i64,
    state: EncodedBytes,
}

/// The value for a state.
pub(super) fn encode<T: Serialize>(
    key: &[u8],
    mark: &Mark,
    cached_at_us: i64,
    state: &T,
) -> Result<Vec<u8>, StoreError> {
    let body = encoding::to_bytes(&Body {
        last: mark.last,
        hash: EncodedBytes::new(mark.hash),
        hidden: mark.hidden.clone(),
        cached_at_us,
        state: EncodedBytes::new(encoding::to_bytes(state)?),
    })?;
    Ok([&digest(key, &body)[..], &body].concat())
}

/// The state of a value. A cache may have confused keys or changed bytes: both show.
pub(super) fn decode<T: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<Row<T>, StoreError> {
    let damage = |reason| StoreError::from(CacheDamage::new("a cached state", reason));
    let (checksum, body) = value
        .split_first_chunk::<32>()
        .ok_or_else(|| damage("it is too short"))?;
    if digest(key, body) != *checksum {
        return Err(damage("its checksum does not match"));
    }
    let body: Body =
        encoding::from_bytes(body).map_err(|_| damage("it is of another version of the store"))?;
    let hash = Digest::try_from(body.hash.as_bytes())
        .map_err(|_| damage("it is of another version of the store"))?;
    let state = encoding::from_bytes(body.state.as_bytes())
        .map_err(|_| damage("it does not fit its type, whose cache_version is the same"))?;
    Ok(Row {
        mark: Mark {
            last: body.last,
            hash,
            hidden: body.hidden,
        },
        cached_at_us: body.cached_at_us,
        state,
    })
}

fn digest(key: &[u8], body: &[u8]) -> Digest {
    content_hash(&[&content_hash(key)[..], body].concat())
}

/// The key of the states of a type in a stream of a log: the entity, a byte 0, and a digest of the rest.
pub(super) fn key<T: EventSourced + 'static>(entity: &str, log: [u128; 2]) -> Vec<u8> {
    let mut facts = Vec::new();
    for id in log {
        facts.extend_from_slice(&id.to_le_bytes());
    }
    // The name tells types apart for people and across builds, the id also those of one name.
    facts.extend_from_slice(&content_hash(std::any::type_name::<T>().as_bytes()));
    let mut hasher = DefaultHasher::new();
    TypeId::of::<T>().hash(&mut hasher);
    facts.extend_from_slice(&hasher.finish().to_le_bytes());
    facts.extend_from_slice(&T::schema_version().to_le_bytes());
    facts.push(<T::Input as ProjectionInput>::MODE as u8);
    let kinds = T::relevant_event_kinds().iter();
    let mut kinds: Vec<u16> = kinds.map(|kind| kind.as_raw_u16()).collect();
    kinds.sort_unstable();
    for kind in kinds {
        facts.extend_from_slice(&kind.to_le_bytes());
    }
    [entity.as_bytes(), &[0], &content_hash(&facts)].concat()
}
