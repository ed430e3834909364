//! Projections: states that are folded from the events of one stream.
//!
//! Reading order: `event_sourced` (what a type has to say), `input` (the forms of payloads),
//! `fold` (events into one state), `project` (a stream into a state).

mod error;
mod event_sourced;
mod fold;
mod freshness;
mod input;
mod project;
mod replay_buffer;

pub use error::ProjectionError;
pub use event_sourced::{EventSourced, distinct_kinds};
pub use freshness::Freshness;
pub use input::{
    JsonValueInput, ProjectionEvent, ProjectionInput, ProjectionPayload, RawMsgpackInput,
    ReplayLane,
};
pub use replay_buffer::ReplayBuffer;
