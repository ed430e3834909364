//! Reading identifiers from text.

use thiserror::Error;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdParseError {
    /// The text does not start with the word and colon of its type.
    #[error("identifier does not start with `{expected}:`")]
    Prefix {
        /// The word that the type requires before the colon.
        expected: &'static str,
    },
    /// The text has more or fewer than 32 digits.
    #[error("identifier has {found} hexadecimal digits instead of 32")]
    Length {
        /// How many digits stand there, hyphens not counted.
        found: usize,
    },
    /// The text contains something that is neither a hexadecimal digit nor a hyphen.
    #[error("identifier contains {found:?} at byte {position}, which is not a hexadecimal digit")]
    Digits {
        /// The first such character.
        found: char,
        /// Its byte position among the digits, from 0.
        position: usize,
    },
}

const DIGITS: usize = 32;

/// Reads `<label>:<32 digits>`.
pub(super) fn parse_labeled(label: &'static str, text: &str) -> Result<u128, IdParseError> {
    let digits = text
        .strip_prefix(label)
        .and_then(|rest| rest.strip_prefix(':'))
        .ok_or(IdParseError::Prefix { expected: label })?;
    parse_hex(digits)
}

/// Reads 32 digits with any hyphens between them, which covers the usual form of a UUID.
pub(super) fn parse_hex(digits: &str) -> Result<u128, IdParseError> {
    let mut value = 0_u128;
    let mut found = 0_usize;
    for (position, character) in digits.char_indices() {
        if character == '-' {
            continue;
        }
        let digit = character.to_digit(16).ok_or(IdParseError::Digits {
            found: character,
            position,
        })?;
        // Digits beyond 32 push the first ones out; the length check below then refuses the text.
        value = value << 4 | u128::from(digit);
        found += 1;
    }
    if found == DIGITS {
        Ok(value)
    } else {
        Err(IdParseError::Length { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CausationId, CorrelationId, EventId, IdempotencyKey};

    const HEX: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn hostile_texts_are_refused_with_the_reason() {
        let long = "0".repeat(1000);
        let cases: [(&str, IdParseError); 7] = [
            ("", IdParseError::Length { found: 0 }),
            ("-", IdParseError::Length { found: 0 }),
            (&HEX[1..], IdParseError::Length { found: 31 }),
            (&long, IdParseError::Length { found: 1000 }),
            (
                "g",
                IdParseError::Digits {
                    found: 'g',
                    position: 0,
                },
            ),
            (
                "0é",
                IdParseError::Digits {
                    found: 'é',
                    position: 1,
                },
            ),
            (
                "+1",
                IdParseError::Digits {
                    found: '+',
                    position: 0,
                },
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(EventId::from_hex(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_text_needs_the_word_of_its_own_type() {
        let event = format!("event:{HEX}");
        assert!(event.parse::<EventId>().is_ok());
        assert_eq!(
            event.parse::<CorrelationId>(),
            Err(IdParseError::Prefix {
                expected: "correlation"
            })
        );
        for text in [
            HEX,
            "event",
            "event;",
            &format!(" {event}"),
            &format!("Event:{HEX}"),
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn display_and_parse_are_inverse_for_every_type() {
        let value = u128::from_str_radix(HEX, 16).unwrap();
        macro_rules! check {
            ($($name:ident $label:literal),+) => {$(
                let id = $name::new(value);
                assert_eq!(id.to_string(), format!("{}:{HEX}", $label));
                assert_eq!(id.to_string().parse::<$name>(), Ok(id));
                assert_eq!($name::from_hex(&id.hex()), Ok(id));
                assert_eq!(u128::from(id), value);
            )+};
        }
        check!(EventId "event", CorrelationId "correlation", CausationId "causation",
            IdempotencyKey "idempotency");
    }

    #[test]
    fn hyphens_and_capitals_are_accepted() {
        let expected = EventId::from_hex(HEX).unwrap();
        let uuid = "00112233-4455-6677-8899-AABBCCDDEEFF";
        assert_eq!(EventId::from_hex(uuid), Ok(expected));
    }

    #[test]
    fn the_serde_form_is_sixteen_big_endian_bytes() {
        let id = EventId::from_hex(HEX).unwrap();
        let bytes = crate::encoding::to_bytes(&id).unwrap();
        assert_eq!(
            bytes[..2],
            [0xc4, 16],
            "a MessagePack byte string of 16 bytes"
        );
        assert_eq!(bytes[2..], id.as_u128().to_be_bytes());
        assert_eq!(crate::encoding::from_bytes::<EventId>(&bytes).unwrap(), id);
        let fifteen = crate::encoding::to_bytes(&(0_u8..15).collect::<Vec<u8>>()).unwrap();
        assert!(crate::encoding::from_bytes::<EventId>(&fifteen).is_err());
        let list = crate::encoding::to_bytes(&(0_u8..16).collect::<Vec<u8>>()).unwrap();
        assert!(crate::encoding::from_bytes::<EventId>(&list).is_ok());
        let long = crate::encoding::to_bytes(&(0_u8..17).collect::<Vec<u8>>()).unwrap();
        assert!(crate::encoding::from_bytes::<EventId>(&long).is_err());
    }
}
