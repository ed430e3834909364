//! A payload as JSON: what JSON cannot hold becomes text, so that nothing well-formed fails.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::messagepack::{Malformed, Reader, Token};

/// Levels of arrays and maps that are converted; deeper values become text.
const DEPTH: usize = 128;

/// Reads one MessagePack value as JSON.
///
/// - Bytes, text that is not UTF-8, and values below 128 levels of nesting (as they are encoded)
///   become base64 text. 128-bit integers are 16 bytes in MessagePack, so they are among these.
/// - Extension types become an object of their number `ext` and their bytes `data`.
/// - Infinite numbers and not-a-number become their names.
/// - Keys that are not text become the text of their JSON form. Of equal keys the last one stays.
///
/// # Errors
/// Only when `bytes` are not exactly one MessagePack value.
pub(crate) fn to_json(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, DEPTH)?;
    reader.finish()?;
    Ok(value)
}

fn value(reader: &mut Reader<'_>, depth: usize) -> Result<Value, Malformed> {
    let before = *reader;
    Ok(match reader.token()? {
        Token::Nil => Value::Null,
        Token::Bool(value) => Value::Bool(value),
        Token::Unsigned(number) => Value::from(number),
        Token::Signed(number) => Value::from(number),
        Token::Float(number) => float(number),
        Token::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::from(text),
            Err(_) => base64(text),
        },
        Token::Bytes(bytes) => base64(bytes),
        Token::Extension(kind, bytes) => {
            let parts = [("ext", Value::from(kind)), ("data", base64(bytes))];
            parts
                .into_iter()
                .map(|(name, part)| (name.to_owned(), part))
                .collect()
        }
        Token::Array(_) | Token::Map(_) if depth == 0 => {
            *reader = before;
            base64(reader.skip()?)
        }
        Token::Array(elements) => {
            let mut array = Vec::new();
            for _ in 0..elements {
                array.push(value(reader, depth - 1)?);
            }
            Value::Array(array)
        }
        Token::Map(pairs) => {
            let mut map = Map::new();
            for _ in 0..pairs {
                let key = match value(reader, depth - 1)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                map.insert(key, value(reader, depth - 1)?);
            }
            Value::Object(map)
        }
    })
}

fn float(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => Value::from("NaN"),
        None if number > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

fn base64(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use batpak_event::encoding::to_bytes;
    use serde_json::json;

    #[test]
    fn what_json_can_hold_comes_through_unchanged() {
        let values = [
            json!(null),
            json!([true, false, "", "\u{1f980}", 0, -1, 1.5, u64::MAX, i64::MIN]),
            json!({"a": {"b": [{}, []]}, "": 1}),
        ];
        for value in values {
            let bytes = to_bytes(&value).unwrap();
            assert_eq!(to_json(&bytes), Ok(value));
        }
    }

    #[test]
    fn what_json_cannot_hold_becomes_text() {
        let wide = to_bytes(&u128::MAX).unwrap();
        for (bytes, expected) in [
            (&b"\xc4\x03\x00\xff\x10"[..], json!("AP8Q")),
            (b"\xa2\xff\xfe", json!("//4=")),
            (b"\xca\x7f\xc0\x00\x00", json!("NaN")),
            (b"\xca\x7f\x80\x00\x00", json!("Infinity")),
            (b"\xcb\xff\xf0\0\0\0\0\0\0", json!("-Infinity")),
            (b"\xd4\xff\x01", json!({"ext": -1, "data": "AQ=="})),
            (
                b"\x83\x01\xc0\xc3\xc0\xc0\xc0",
                json!({"1": null, "true": null, "null": null}),
            ),
            (b"\x81\xc4\x01\x00\x01", json!({"AA==": 1})),
            (b"\x81\x92\x01\x02\x03", json!({"[1,2]": 3})),
            (b"\x82\xa1a\x01\xa1a\x02", json!({"a": 2})),
            (&wide, json!(STANDARD.encode([0xff; 16]))),
        ] {
            assert_eq!(to_json(bytes), Ok(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_kept_encoded() {
        for (marker, inner) in [(0x91_u8, &[][..]), (0x81, &[0x01][..])] {
            let mut bytes = Vec::new();
            for _ in 0..100_000 {
                bytes.push(marker);
                bytes.extend_from_slice(inner);
            }
            bytes.push(0xc0);
            let mut value = &to_json(&bytes).unwrap();
            let mut levels = 0;
            loop {
                value = match value {
                    Value::Array(array) => &array[0],
                    Value::Object(map) => &map["1"],
                    Value::String(rest) => {
                        let rest = STANDARD.decode(rest).unwrap();
                        assert!(bytes.ends_with(&rest));
                        break;
                    }
                    other => unreachable!("{other}"),
                };
                levels += 1;
            }
            assert_eq!(levels, DEPTH);
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        assert_eq!(to_json(b""), Err(Malformed::Short));
        assert_eq!(to_json(b"\x01\x02"), Err(Malformed::Trailing(1)));
        assert_eq!(to_json(b"\xdd\xff\xff\xff\xff\x01"), Err(Malformed::Short));
    }
}
