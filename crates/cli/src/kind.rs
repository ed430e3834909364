//! Event kinds as text: `category:type`.

use batpak::{EventKind, KindFilter};

/// A kind as `C:T` in decimal.
pub(crate) fn kind_text(kind: EventKind) -> String {
    format!("{}:{}", kind.category(), kind.type_id())
}

/// Reads a kind that a program may append, `C:T` in decimal or hexadecimal (`0x`).
pub(crate) fn parse_kind(text: &str) -> Result<EventKind, String> {
    let (category, type_id) = parse_pair(text)?;
    EventKind::try_custom(category, type_id).map_err(|error| error.to_string())
}

/// Reads a kind as an event may have it, a reserved one included.
pub(crate) fn parse_any_kind(text: &str) -> Result<EventKind, String> {
    let (category, type_id) = parse_pair(text)?;
    Ok(EventKind::from_raw(u16::from(category) << 12 | type_id))
}

/// Reads a filter, `C` or `C:T`; reserved kinds may be asked for.
pub(crate) fn parse_kind_filter(text: &str) -> Result<KindFilter, String> {
    if text.contains(':') {
        parse_any_kind(text).map(KindFilter::Exact)
    } else {
        let category = parse_number(text)
            .filter(|category| *category <= 0xF)
            .and_then(|category| u8::try_from(category).ok());
        match category {
            Some(category) => Ok(KindFilter::Category(category)),
            None => Err(format!(
                "expected \"category\" or \"category:type\", found \"{text}\""
            )),
        }
    }
}

/// Splits `C:T` into numbers that fit the 4 bits of a category and the 12 bits of a type.
fn parse_pair(text: &str) -> Result<(u8, u16), String> {
    let expected = || format!("expected \"category:type\", found \"{text}\"");
    let (category, type_id) = text.split_once(':').ok_or_else(expected)?;
    let category = parse_number(category).ok_or_else(expected)?;
    let type_id = parse_number(type_id).ok_or_else(expected)?;
    match (u8::try_from(category), type_id) {
        (Ok(category @ 0..=0xF), type_id @ 0..=0xFFF) => Ok((category, type_id)),
        _ => Err("a category is at most 15 and a type at most 4095".to_owned()),
    }
}

fn parse_number(text: &str) -> Option<u16> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u16::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::{kind_text, parse_kind, parse_kind_filter};

    #[test]
    fn a_kind_reads_back_as_it_prints() {
        for (text, printed) in [
            ("1:1", "1:1"),
            ("0xf:0xFFF", "15:4095"),
            ("0xA:10", "10:10"),
        ] {
            assert_eq!(
                parse_kind(text).map(kind_text),
                Ok(printed.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_kind_is_refused() {
        for text in [
            "", "x", "1", ":", "1:", ":1", "1:1:1", "+1:1", "-1:1", "16:1", "1:4096", "0:1",
            "13:1", "1:65536", "1 : 1", "256:1",
        ] {
            assert!(parse_kind(text).is_err(), "{text}");
        }
        assert_eq!(
            parse_kind("x").err().as_deref(),
            Some("expected \"category:type\", found \"x\"")
        );
    }

    #[test]
    fn filters_take_a_category_alone_and_reserved_kinds() {
        for text in ["1", "0xD", "0", "1:1", "0:8", "13:1"] {
            assert!(parse_kind_filter(text).is_ok(), "{text}");
        }
        for text in ["16", "", "x", "1:", "1:4096"] {
            assert!(parse_kind_filter(text).is_err(), "{text}");
        }
    }
}
