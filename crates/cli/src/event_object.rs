//! The event object: the one JSON form of an event, in and out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batpak::store::EventRef;
use serde::Serialize;

use crate::kind::kind_text;
use crate::text_key;
use crate::time::rfc3339_micros;
use crate::value::{self, Value};

/// An event as JSON; the order of the fields is the order of the keys.
#[derive(Debug, Serialize)]
pub(crate) struct EventObject<'a> {
    sequence: u64,
    id: String,
    time: String,
    entity: &'a str,
    scope: &'a str,
    kind: String,
    stream_sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<String>,
    #[serde(flatten)]
    payload: Payload,
}

/// The payload, exactly: as JSON, or in base64 when JSON cannot hold it.
#[derive(Debug, Serialize)]
enum Payload {
    #[serde(rename = "payload")]
    Json(Value),
    #[serde(rename = "payload_msgpack")]
    Base64(String),
}

impl<'a> EventObject<'a> {
    /// The object of `event`.
    pub(crate) fn new(event: &'a EventRef<'_>) -> EventObject<'a> {
        let id = event.event_id();
        let correlation = event.correlation_id();
        EventObject {
            sequence: event.sequence(),
            id: id.hex(),
            time: rfc3339_micros(event.timestamp_us()),
            entity: event.entity(),
            scope: event.scope(),
            kind: kind_text(event.kind()),
            stream_sequence: event.stream_sequence(),
            key: text_key::text_of(event),
            causes: event
                .causes()
                .iter()
                .map(|cause| cause.id().hex())
                .collect(),
            correlation: (correlation.as_u128() != id.as_u128()).then(|| correlation.hex()),
            payload: match value::from_msgpack(event.payload()) {
                Ok(value) => Payload::Json(value),
                Err(value::Undecodable) => Payload::Base64(STANDARD.encode(event.payload())),
            },
        }
    }
}
