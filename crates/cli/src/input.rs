//! Input events: one JSON object a line, in the shape that export prints.

mod item;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use batpak::{Coordinate, EventId, EventKind, StoreError};

use crate::event_name::parse_id;
use crate::failure::Failure;
use crate::kind::parse_any_kind;
use crate::value::{self, MAX_DEPTH, Value};

pub(crate) use item::{Draft, Foreign, Labels, draft, find_in_store, holds};

/// An event that a line of input describes.
#[derive(Debug)]
pub(crate) struct InputEvent {
    /// Where the event goes.
    pub(crate) coordinate: Coordinate,
    /// Its kind, perhaps a reserved one.
    pub(crate) kind: EventKind,
    /// Its payload in MessagePack.
    pub(crate) payload: Vec<u8>,
    /// Its key as text.
    pub(crate) key: Option<String>,
    /// The names of its causes, as written.
    pub(crate) causes: Vec<Label>,
    /// The name of the event or operation that it belongs to, as written.
    pub(crate) correlation: Option<Label>,
    /// What later lines may call it.
    pub(crate) labels: Vec<Label>,
}

/// A name that a line gives to an event, or uses for one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Label {
    /// A sequence.
    Sequence(u64),
    /// An id, in whatever spelling.
    Id(EventId),
    /// Anything else.
    Text(String),
}

impl Label {
    fn from_text(text: &str) -> Label {
        match parse_id(text) {
            Some(id) => Label::Id(id),
            None => match text.strip_prefix("seq:").unwrap_or(text).parse() {
                Ok(sequence) if text.len() <= 24 => Label::Sequence(sequence),
                _ => Label::Text(text.to_owned()),
            },
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Label::Sequence(sequence) => write!(f, "{sequence}"),
            Label::Id(id) => f.write_str(&id.hex()),
            Label::Text(text) => f.write_str(text),
        }
    }
}

/// What is wrong with a line: `field: problem`.
pub(crate) type BadLine = String;

/// Why a line did not become an event.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The line is wrong.
    Bad(BadLine),
    /// Something else failed, which another line will not change.
    Failed(Failure),
}

impl From<BadLine> for LineError {
    fn from(message: BadLine) -> LineError {
        LineError::Bad(message)
    }
}

impl From<Failure> for LineError {
    fn from(failure: Failure) -> LineError {
        LineError::Failed(failure)
    }
}

impl From<StoreError> for LineError {
    fn from(error: StoreError) -> LineError {
        LineError::Failed(error.into())
    }
}

/// Reads one line. Unknown fields are refused, since a misspelled one would be lost silently.
pub(crate) fn parse_line(line: &str) -> Result<InputEvent, BadLine> {
    let Value::Map(entries) =
        value::from_json(line, MAX_DEPTH + 1).map_err(|error| format!("not JSON: {error}"))?
    else {
        return Err("not an object".to_owned());
    };
    let mut fields = Fields::default();
    for (name, value) in entries {
        fields.take(&name, value)?;
    }
    fields.finish()
}

/// Reads a payload given as JSON.
pub(crate) fn parse_payload_value(json: &str) -> Result<Value, BadLine> {
    value::from_json(json, MAX_DEPTH).map_err(|error| format!("not JSON: {error}"))
}

#[derive(Default)]
struct Fields {
    entity: Option<String>,
    scope: Option<String>,
    kind: Option<EventKind>,
    payload: Option<Vec<u8>>,
    key: Option<String>,
    causes: Vec<Label>,
    correlation: Option<Label>,
    labels: Vec<Label>,
}

impl Fields {
    fn take(&mut self, name: &str, value: Value) -> Result<(), BadLine> {
        match (name, value) {
            ("entity", value) => self.entity = Some(text(name, value)?),
            ("scope", value) => self.scope = Some(text(name, value)?),
            ("kind", value) => {
                let kind = text(name, value)?;
                self.kind = Some(parse_any_kind(&kind).map_err(|error| format!("kind: {error}"))?);
            }
            ("payload", value) => {
                let bytes = value
                    .to_msgpack()
                    .map_err(|error| format!("payload: {error}"))?;
                self.set_payload(bytes)?;
            }
            ("payload_msgpack", value) => {
                let bytes = STANDARD
                    .decode(text(name, value)?)
                    .map_err(|error| format!("payload_msgpack: not base64: {error}"))?;
                self.set_payload(bytes)?;
            }
            ("key" | "correlation", Value::Null) => {}
            ("key", value) => self.key = Some(text(name, value)?),
            ("correlation", value) => self.correlation = Some(label(name, &value)?),
            ("causes", Value::List(causes)) => {
                self.causes = causes
                    .iter()
                    .map(|cause| label(name, cause))
                    .collect::<Result<_, _>>()?;
            }
            ("causes", value) => {
                return Err(format!(
                    "causes: expected a list, found {}",
                    value.describe()
                ));
            }
            ("sequence" | "id", value) => self.labels.push(label(name, &value)?),
            ("time" | "stream_sequence", _) => {}
            _ => return Err(format!("{name}: unknown field")),
        }
        Ok(())
    }

    fn set_payload(&mut self, bytes: Vec<u8>) -> Result<(), BadLine> {
        match self.payload.replace(bytes) {
            None => Ok(()),
            Some(_) => Err("payload: given as payload and as payload_msgpack".to_owned()),
        }
    }

    fn finish(self) -> Result<InputEvent, BadLine> {
        let entity = self.entity.ok_or("entity: missing")?;
        let scope = self.scope.ok_or("scope: missing")?;
        let coordinate = coordinate(&entity, &scope)?;
        Ok(InputEvent {
            coordinate,
            kind: self.kind.ok_or("kind: missing")?,
            payload: self.payload.ok_or("payload: missing")?,
            key: self.key,
            causes: self.causes,
            correlation: self.correlation,
            labels: self.labels,
        })
    }
}

/// The coordinate of an entity and a scope; the error says which of them is wrong.
pub(crate) fn coordinate(entity: &str, scope: &str) -> Result<Coordinate, BadLine> {
    Coordinate::new(entity, scope).map_err(|error| {
        let entity_is_fine = Coordinate::new(entity, "scope").is_ok();
        let field = if entity_is_fine { "scope" } else { "entity" };
        format!("{field}: {error}")
    })
}

fn text(name: &str, value: Value) -> Result<String, BadLine> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(format!(
            "{name}: expected a string, found {}",
            other.describe()
        )),
    }
}

fn label(name: &str, value: &Value) -> Result<Label, BadLine> {
    match value {
        Value::Natural(sequence) => Ok(Label::Sequence(*sequence)),
        Value::Text(text) => Ok(Label::from_text(text)),
        other => Err(format!(
            "{name}: expected a sequence or a string, found {}",
            other.describe()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, Label, parse_line};

    #[test]
    fn a_line_is_read_as_export_prints_it() {
        let event = parse_line(
            r#"{"sequence":7,"id":"0123456789ABCDEF-0123456789ABCDEF","time":"x","entity":"user:1",
            "scope":"app","kind":"1:2","stream_sequence":3,"key":"k","causes":[5,"seq:6","key:z"],
            "correlation":"0123456789abcdef0123456789abcdef","payload":{"a":1}}"#,
        )
        .expect("a good line");
        assert_eq!(event.payload, b"\x81\xa1a\x01");
        assert_eq!(event.key.as_deref(), Some("k"));
        let id = Label::Id(EventId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
        assert_eq!(event.labels, [Label::Sequence(7), id.clone()]);
        assert_eq!(
            event.causes,
            [
                Label::Sequence(5),
                Label::Sequence(6),
                Label::Text("key:z".to_owned())
            ]
        );
        assert_eq!(event.correlation, Some(id));
    }

    #[test]
    fn a_bad_line_says_which_field_and_why() {
        let rest = r#""scope":"s","kind":"1:1","payload":1"#;
        for (line, error) in [
            (
                "",
                "not JSON: EOF while parsing a value at column 0".to_owned(),
            ),
            ("[]", "not an object".to_owned()),
            ("{}", "entity: missing".to_owned()),
            (
                r#"{"entity":5}"#,
                "entity: expected a string, found a number".to_owned(),
            ),
            (
                r#"{"entity":"e","scope":"s","kind":"x"}"#,
                r#"kind: expected "category:type", found "x""#.to_owned(),
            ),
            (r#"{"caues":[]}"#, "caues: unknown field".to_owned()),
            (
                r#"{"causes":5}"#,
                "causes: expected a list, found a number".to_owned(),
            ),
            (
                r#"{"payload":1,"payload_msgpack":"AQ=="}"#,
                "payload: given as payload and as payload_msgpack".to_owned(),
            ),
            (r#"{"entity":"e","entity":"e"}"#, {
                let at = r#"{"entity":"e","entity":"e"}"#.len();
                format!("not JSON: the name \"entity\" occurs twice at column {at}")
            }),
        ] {
            assert_eq!(parse_line(line).err(), Some(error), "{line}");
        }
        let bad_entity = parse_line(&format!(r#"{{"entity":"a/b",{rest}}}"#)).expect_err("slash");
        assert!(bad_entity.starts_with("entity: "), "{bad_entity}");
    }
}
