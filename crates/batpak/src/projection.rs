//! Projections: states that are folded from the events of one stream.
//!
//! A cached state carries the sequence and the hash of the newest event that it was folded up to, and what was
//! hidden up to there. The hash covers the stream before it, so one read tells whether the log still is the
//! one that the state was folded from, also after a crash that took events back.
//!
//! Reading order: `event_sourced` (what a type has to say), `input` (the forms of payloads),
//! `fold` (events into one state), `project` (a stream into a state), `row` (a state in a cache), `cache` and
//! `native_cache`.

mod cache;
mod cache_damage;
mod cache_file;
mod cache_report;
mod error;
mod event_sourced;
mod fold;
mod freshness;
mod fused;
mod generation;
mod input;
mod native_cache;
mod open;
mod project;
mod replay_buffer;
mod row;

pub use cache::{CacheCapabilities, CacheMeta, NoCache, ProjectionCache};
pub use cache_damage::CacheDamage;
pub use cache_report::CacheReport;
pub(crate) use cache_report::StateCache;
pub use error::ProjectionError;
pub use event_sourced::{EventSourced, distinct_kinds};
pub use freshness::Freshness;
pub use input::{
    JsonValueInput, ProjectionEvent, ProjectionInput, ProjectionPayload, RawMsgpackInput,
    ReplayLane,
};
pub use native_cache::NativeCache;
pub use replay_buffer::ReplayBuffer;
