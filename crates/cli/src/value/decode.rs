//! Reading a value from JSON text or from MessagePack bytes, with a limit on nesting.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::numbers::find_wide_integer;
use super::{MAX_DEPTH, Value};

/// What is said about nesting beyond the limit.
const TOO_DEEP: &str = "lists and objects are nested too deeply";

/// Bytes that no value stands for exactly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Undecodable;

/// Reads MessagePack that JSON can hold exactly: one value, no bytes, no extension types, no names
/// but text, no name twice in a map, no infinite numbers, at most [`MAX_DEPTH`] levels.
pub(crate) fn from_msgpack(bytes: &[u8]) -> Result<Value, Undecodable> {
    let mut reader = bytes;
    let mut decoder = rmp_serde::Deserializer::new(&mut reader);
    let value = Nested { depth: MAX_DEPTH }
        .deserialize(&mut decoder)
        .map_err(|_| Undecodable)?;
    drop(decoder);
    if reader.is_empty() {
        Ok(value)
    } else {
        Err(Undecodable)
    }
}

/// Reads one JSON value of at most `depth` levels.
///
/// An integer outside 64 bits is refused rather than rounded, and so is a name that occurs twice
/// in an object. The error says what is wrong, and in which column.
pub(crate) fn from_json(text: &str, depth: usize) -> Result<Value, String> {
    let mut decoder = serde_json::Deserializer::from_str(text);
    let value = Nested { depth }
        .deserialize(&mut decoder)
        .and_then(|value| decoder.end().map(|()| value))
        .map_err(|error| describe(&error))?;
    match find_wide_integer(text) {
        Some(number) => Err(format!(
            "the integer {number} does not fit 64 bits: write it as a string"
        )),
        None => Ok(value),
    }
}

/// The message of a JSON error with the column only, since the input is one line.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let Some(at) = text.rfind(" at line ") else {
        return text;
    };
    // The decoder has a limit of its own, one level further than an event needs.
    let what = match &text[..at] {
        "recursion limit exceeded" => TOO_DEEP,
        what => what,
    };
    format!("{what} at column {}", error.column())
}

/// Reads a value that may have `depth` more levels of lists and maps.
#[derive(Clone, Copy)]
struct Nested {
    depth: usize,
}

impl Nested {
    fn inner<E: Error>(self) -> Result<Nested, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Nested { depth }),
            None => Err(E::custom(TOO_DEEP)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(match u64::try_from(number) {
            Ok(natural) => Value::Natural(natural),
            Err(_) => Value::Negative(number),
        })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Natural(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        if number.is_finite() {
            Ok(Value::Float(number))
        } else {
            Err(E::custom("a number that is not finite"))
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut entries = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            entries.push((name, map.next_value_seed(inner)?));
        }
        if let Some(name) = repeated(&entries) {
            return Err(A::Error::custom(format!("the name {name:?} occurs twice")));
        }
        Ok(Value::Map(entries))
    }
}

/// The first name that an earlier entry has as well.
fn repeated(entries: &[(String, Value)]) -> Option<&str> {
    let mut seen = HashSet::with_capacity(entries.len());
    entries
        .iter()
        .map(|(name, _)| name.as_str())
        .find(|name| !seen.insert(*name))
}

/// Reads the name of an entry, which must be text: bytes that happen to be text are not.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Name {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Undecodable, from_json, from_msgpack};
    use crate::value::{MAX_DEPTH, Value};

    #[test]
    fn json_survives_message_pack_byte_for_byte() {
        for text in [
            "null",
            "true",
            "0",
            "-1",
            "18446744073709551615",
            "-9223372036854775808",
            "1.0",
            "-0.0",
            "1e300",
            "0.1",
            r#""t\u0000ext\u001b\"é""#,
            "[]",
            "{}",
            r#"{"z":1,"a":[1,-2,{"m":null,"b":""}],"":3.5}"#,
        ] {
            let value = from_json(text, MAX_DEPTH).expect(text);
            let packed = value.to_msgpack().expect(text);
            let back = from_msgpack(&packed).expect(text);
            assert_eq!(back, value, "{text}");
            assert_eq!(
                serde_json::to_string(&back).expect(text),
                serde_json::to_string(&value).expect(text)
            );
        }
        let kept = r#"{"z":1,"a":[1,-2,{"m":null,"b":""}],"":3.5}"#;
        assert_eq!(from_json(kept, 9).expect("object").to_string(), kept);
    }

    #[test]
    fn message_pack_beyond_json_is_no_value() {
        let cases: [(&str, &[u8]); 12] = [
            ("bytes", &[0xc4, 1, 0x61]),
            ("map with an integer as name", &[0x81, 1, 2]),
            ("map with bytes as name", &[0x81, 0xc4, 1, 0x61, 2]),
            ("a name twice", &[0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]),
            ("not a number", &[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]),
            ("infinity", &[0xca, 0x7f, 0x80, 0, 0]),
            ("extension", &[0xd4, 1, 2]),
            ("text that is not UTF-8", &[0xa1, 0xff]),
            ("nothing", &[]),
            ("cut short", &[0x92, 1]),
            ("two values", &[1, 2]),
            ("reserved byte", &[0xc1]),
        ];
        for (name, bytes) in cases {
            assert_eq!(from_msgpack(bytes), Err(Undecodable), "{name}");
        }
    }

    #[test]
    fn hostile_nesting_and_lengths_are_refused_without_harm() {
        let mut nested = vec![0x91; 1_000_000];
        nested.push(0xc0);
        assert_eq!(from_msgpack(&nested), Err(Undecodable));
        assert_eq!(
            from_msgpack(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
            Err(Undecodable)
        );
        assert_eq!(
            from_msgpack(&[0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]),
            Err(Undecodable)
        );
        assert!(from_json(&"[".repeat(1_000_000), MAX_DEPTH).is_err());

        let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        let value = from_json(&deepest, MAX_DEPTH).expect("deepest");
        let packed = value.to_msgpack().expect("encodes");
        assert_eq!(from_msgpack(&packed), Ok(value));
        assert!(from_json(&format!("[{deepest}]"), MAX_DEPTH).is_err());
        assert!(from_json(&format!("[{deepest}]"), MAX_DEPTH + 1).is_ok());
    }

    #[test]
    fn json_that_would_lose_something_is_refused() {
        for text in [
            "18446744073709551616",
            "[1,-9223372036854775809]",
            r#"{"a":1,"a":2}"#,
            "1e400",
            "[1,]",
            "1 2",
            "",
            "nul",
        ] {
            assert!(from_json(text, MAX_DEPTH).is_err(), "{text}");
        }
        assert_eq!(
            from_json("[1,", 9).err().as_deref(),
            Some("EOF while parsing a value at column 3")
        );
        assert_eq!(
            from_json(r#"["18446744073709551616"]"#, 9),
            Ok(Value::List(vec![Value::Text(
                "18446744073709551616".to_owned()
            )]))
        );
    }
}
