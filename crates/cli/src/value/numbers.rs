//! Finding integers that 64 bits cannot hold, which a JSON decoder rounds without saying so.

/// The first integer literal outside -2^63 .. 2^64 in valid JSON text.
pub(crate) fn find_wide_integer(json: &str) -> Option<&str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = after_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let end = bytes[at..]
                    .iter()
                    .position(|byte| !is_number_byte(*byte))
                    .map_or(bytes.len(), |length| at + length);
                let literal = &json[at..end];
                if is_wide(literal) {
                    return Some(literal);
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

fn is_number_byte(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

fn is_wide(literal: &str) -> bool {
    let integer = !literal.contains(['.', 'e', 'E']);
    integer && literal.parse::<u64>().is_err() && literal.parse::<i64>().is_err()
}

/// The position after the string that starts at `start`.
fn after_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::find_wide_integer;

    #[test]
    fn only_integers_beyond_64_bits_are_found() {
        for (json, found) in [
            ("18446744073709551615", None),
            ("18446744073709551616", Some("18446744073709551616")),
            ("-9223372036854775808", None),
            ("[-9223372036854775809]", Some("-9223372036854775809")),
            (r#"{"a\"18446744073709551616":1}"#, None),
            (
                r#"["\\",99999999999999999999]"#,
                Some("99999999999999999999"),
            ),
            ("1.8446744073709551616e19", None),
            ("184467440737095516160000.0", None),
            ("[]", None),
            ("\"", None),
        ] {
            assert_eq!(find_wide_integer(json), found, "{json}");
        }
    }
}
