//! What an open found and did.

use std::fmt;
use std::str::FromStr;

use batpak_coordinate::Sequence;
use batpak_event::content_hash;
use thiserror::Error;

use crate::error::Damage;

/// What an open found and did. Nothing in it is an error; damage to what was durable is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The store was created by this open.
    pub created: bool,
    /// The last writer closed the store; otherwise it ended without doing so.
    pub clean: bool,
    /// A writer holds the store, and this open reads beside it.
    pub live_writer: bool,
    /// Events in the log.
    pub events: u64,
    /// Segments that hold them.
    pub segments: u64,
    /// Newest event that the files attest to be durable. Later ones were written again by a
    /// writable open; a read-only open shows them, and a power cut may still take them.
    pub attested: Sequence,
    /// Events that a writable open wrote again to make them durable.
    pub rewritten_events: u64,
    /// Bytes behind the last whole unit that no acknowledged event was in.
    pub discarded_bytes: u64,
    /// Files renamed out of the way, or ignored by a read-only open: nothing acknowledged is in
    /// them.
    pub set_aside: Vec<String>,
    /// One of the two identity slots was damaged; the other one was used.
    pub identity_slot_damaged: bool,
    /// The clock is behind the newest event by this many microseconds.
    pub clock_behind_us: u64,
    /// Damage to what was durable, which this open serves around, in the order of the log. A writable
    /// open refuses it unless it is accepted as it is.
    pub damage: Vec<DamagedRange>,
    /// Index files that were missing, damaged or not those that the identity knows, and were made
    /// again of their segments.
    pub rebuilt_indexes: u64,
}

impl OpenReport {
    /// What a writable open must be told to accept exactly this damage; `None` when there is none.
    ///
    /// It covers which files are damaged, where, and which events are lost: further damage has
    /// another digest.
    #[must_use]
    pub fn damage_digest(&self) -> Option<DamageDigest> {
        if self.damage.is_empty() {
            return None;
        }
        let mut text = String::new();
        for range in &self.damage {
            let number = |value: Option<u64>| value.map_or_else(String::new, |at| at.to_string());
            let (first, last) = (
                number(range.first.map(Sequence::get)),
                number(range.last.map(Sequence::get)),
            );
            let place = number(range.offset);
            text.push_str(&format!("{}\0{place}\0{first}\0{last}\n", range.file));
        }
        let hash = content_hash(text.as_bytes());
        let (digest, _) = hash.split_at(16);
        Some(DamageDigest(
            digest
                .iter()
                .fold(0, |number, byte| number << 8 | u128::from(*byte)),
        ))
    }
}

/// Stands for exactly the damage that one report lists. In text 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DamageDigest(u128);

impl fmt::Display for DamageDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl FromStr for DamageDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).map_err(|_| ParseDigestError)?;
        digits.then_some(Self(number)).ok_or(ParseDigestError)
    }
}

/// A text is no digest of damage.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a digest of damage has 32 hexadecimal digits")]
pub struct ParseDigestError;

/// A place where durable bytes are missing or changed, and the events that are lost with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedRange {
    /// File.
    pub file: String,
    /// Where in the file the lost events start: behind the last unit before them that is whole.
    pub offset: Option<u64>,
    /// First event lost; none where no event is.
    pub first: Option<Sequence>,
    /// Last event lost.
    pub last: Option<Sequence>,
    /// What is wrong.
    pub damage: Damage,
}
