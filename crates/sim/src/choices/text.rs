//! A list of choices as one word: `v1:` and base32 of the numbers, seven bits to a byte.

use std::error::Error;
use std::fmt;

use super::Choices;

const VERSION: &str = "v1:";
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl Choices {
    /// The choices that were made, as one word for a person to copy.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut made = self.made();
        // Zeros are made behind whatever is given.
        let len = made.iter().rposition(|number| *number > 0);
        made.truncate(len.map_or(0, |at| at + 1));
        let bytes: Vec<u8> = made.into_iter().flat_map(seven_bits).collect();
        format!("{VERSION}{}", base32(&bytes))
    }

    /// The choices that a word of [`to_text`](Self::to_text) stands for.
    ///
    /// # Errors
    /// When it is no such word.
    pub fn from_text(text: &str) -> Result<Self, ParseChoicesError> {
        let digits = text.strip_prefix(VERSION).ok_or(ParseChoicesError)?;
        let bytes = from_base32(digits).ok_or(ParseChoicesError)?;
        let mut given = Vec::new();
        let mut number = 0_u32;
        let mut shift = 0;
        for byte in bytes {
            let part = u32::from(byte & 0x7f);
            let part = part.checked_shl(shift).ok_or(ParseChoicesError)?;
            number |= part;
            shift += 7;
            if byte & 0x80 == 0 {
                given.push(number);
                (number, shift) = (0, 0);
            }
        }
        (shift == 0)
            .then(|| Self::given(given))
            .ok_or(ParseChoicesError)
    }
}

/// The low bits first; the high bit says that more follow.
fn seven_bits(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1);
    loop {
        let part = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            bytes.push(part);
            return bytes;
        }
        bytes.push(part | 0x80);
    }
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    for chunk in bytes.chunks(5) {
        let filled = chunk.iter().copied().chain([0; 5]).take(5);
        let bits = filled.fold(0_u64, |bits, byte| bits << 8 | u64::from(byte));
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..digits {
            let digit = bits >> (35 - 5 * at) & 31;
            let digit = usize::try_from(digit).unwrap_or(0);
            text.extend(DIGITS.get(digit).map(|byte| char::from(*byte)));
        }
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    for chunk in text.as_bytes().chunks(8) {
        let mut bits = 0_u64;
        for digit in chunk {
            let value = DIGITS.iter().position(|known| known == digit)?;
            bits = bits << 5 | value as u64;
        }
        bits <<= 5 * (8 - chunk.len());
        let whole = bits.to_be_bytes();
        bytes.extend(whole.iter().skip(3).take(chunk.len() * 5 / 8));
    }
    Some(bytes)
}

/// A text that stands for no choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseChoicesError;

impl fmt::Display for ParseChoicesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "choices are {VERSION} and digits of base32")
    }
}

impl Error for ParseChoicesError {}

#[cfg(test)]
mod tests {
    use super::{Choices, ParseChoicesError, base32, from_base32};

    #[test]
    fn choices_survive_their_text() {
        for count in 0..12 {
            let given: Vec<u32> = (0..count).map(|n: u32| n.pow(8)).collect();
            let mut choices = Choices::given(given.clone());
            for _ in 0..count {
                choices.below(u32::MAX);
            }
            let text = choices.to_text();
            let mut again = Choices::from_text(&text).unwrap();
            let drawn: Vec<u32> = (0..count).map(|_| again.below(u32::MAX)).collect();
            assert_eq!(drawn, given, "{text}");
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "my"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(base32(bytes.as_bytes()), text);
            assert_eq!(from_base32(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "v2:aa", "v1:a!", "v1:A", "v1:77777777"] {
            assert_eq!(
                Choices::from_text(text).unwrap_err(),
                ParseChoicesError,
                "{text}"
            );
        }
    }
}
