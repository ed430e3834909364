//! Frames about the store itself, which take no sequence.

use std::fmt;

use batpak_coordinate::Sequence;
use batpak_event::{Digest, Epoch, EventFacts};

use super::whole::{encode_plain, verify};
use super::{FrameFault, FrameHead, FrameKind};
use crate::{Offset, Salt};

const EPOCH: u16 = 1;
pub(super) const HIDE: u16 = 2;
pub(super) const UNHIDE: u16 = 3;
const DURABLE_MARK: u16 = 4;
const GAP: u16 = 5;
const KEY_FACTS: u16 = 6;

/// From this control type on, an unknown one may be passed over.
const SKIPPABLE: u16 = 0x8000;

/// A fact about the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlFrame {
    /// The first frame that a writable open writes.
    Epoch {
        /// Number of the epoch.
        epoch: Epoch,
        /// When it began, in microseconds since 1970.
        wall_us: i64,
        /// Random bits that tell two openings of copies apart.
        random: u64,
    },
    /// These sequences, both included, are no longer shown.
    Hide {
        /// First sequence.
        first: Sequence,
        /// Last sequence.
        last: Sequence,
    },
    /// These sequences, both included, are shown again.
    Unhide {
        /// First sequence.
        first: Sequence,
        /// Last sequence.
        last: Sequence,
    },
    /// Everything up to this sequence is on stable storage.
    DurableMark {
        /// The sequence.
        durable: Sequence,
    },
    /// These sequences, both included, are not in the store any more.
    Gap {
        /// First sequence.
        first: Sequence,
        /// Last sequence.
        last: Sequence,
        /// Why.
        cause: GapCause,
        /// Tree hashes that stand for the range, from left to right; empty when they are unknown.
        tree: Vec<Digest>,
    },
    /// What a compacted event with an idempotency key left behind.
    KeyFacts(Box<KeyFacts>),
}

/// Why sequences are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// A retention rule removed them.
    Retention,
    /// They could not be salvaged.
    Salvage,
}

impl fmt::Display for GapCause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            GapCause::Retention => "a retention rule removed them",
            GapCause::Salvage => "they could not be salvaged",
        })
    }
}

/// All that a repeated append has to be answered with, and compared to, once the event itself is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFacts {
    /// The epoch in which the event was appended.
    pub epoch: Epoch,
    /// The facts that its hash covers; its id is the key.
    pub facts: EventFacts,
}

/// The kind of a control frame of this type; `None` when it is unknown and may not be passed over.
pub(super) const fn is_known_control(control_type: u16) -> Option<FrameKind> {
    match control_type {
        EPOCH..=KEY_FACTS => Some(FrameKind::Control),
        SKIPPABLE.. => Some(FrameKind::Skippable),
        _ => None,
    }
}

impl ControlFrame {
    /// Greatest number of tree hashes in a gap: two per level of a tree with 64-bit positions.
    pub const MAX_TREE_HASHES: usize = 128;

    /// Appends the whole frame, to be written at `offset`.
    pub fn encode(&self, salt: Salt, offset: Offset, out: &mut Vec<u8>) {
        let (control_type, body) = self.encode_facts();
        encode_plain(FrameKind::Control, control_type, &body, salt, offset, out);
    }

    /// Reads and checks the control frame at the start of `frame`.
    ///
    /// # Errors
    /// [`FrameFault`] when the bytes are not a valid frame here, not a control frame, or of impossible facts.
    pub fn decode(frame: &[u8], salt: Salt, offset: Offset) -> Result<ControlFrame, FrameFault> {
        let (head, body) = verify(frame, salt, offset)?;
        ControlFrame::from_parts(&head, body)
    }

    pub(super) fn from_parts(head: &FrameHead, body: &[u8]) -> Result<ControlFrame, FrameFault> {
        if head.kind != FrameKind::Control {
            return Err(FrameFault::Malformed("frame is not a control frame"));
        }
        let (facts, padding) = body
            .split_at_checked(crate::fixed::size(head.payload_len))
            .ok_or(FrameFault::BadLength)?;
        if !crate::fixed::is_zero(padding) {
            return Err(FrameFault::Malformed("padding is not zero"));
        }
        decode_facts(head.event_kind, facts).ok_or(FrameFault::Malformed(
            "facts of the control frame are impossible",
        ))
    }

    fn encode_facts(&self) -> (u16, Vec<u8>) {
        let range = |first: &Sequence, last: &Sequence| words(&[first.0, last.0]);
        match self {
            ControlFrame::Epoch {
                epoch,
                wall_us,
                random,
            } => {
                let mut body = words(&[epoch.0]);
                body.extend_from_slice(&wall_us.to_le_bytes());
                body.extend_from_slice(&random.to_le_bytes());
                (EPOCH, body)
            }
            ControlFrame::Hide { first, last } => (HIDE, range(first, last)),
            ControlFrame::Unhide { first, last } => (UNHIDE, range(first, last)),
            ControlFrame::DurableMark { durable } => (DURABLE_MARK, words(&[durable.0])),
            ControlFrame::Gap {
                first,
                last,
                cause,
                tree,
            } => {
                let tree = tree.get(..ControlFrame::MAX_TREE_HASHES).unwrap_or(tree);
                let cause = match cause {
                    GapCause::Retention => 1,
                    GapCause::Salvage => 2,
                };
                let mut body = words(&[first.0, last.0, cause, crate::fixed::count(tree.len())]);
                body.extend_from_slice(tree.as_flattened());
                (GAP, body)
            }
            ControlFrame::KeyFacts(key) => {
                let mut body = words(&[key.epoch.0]);
                body.extend_from_slice(&key.facts.to_bytes());
                (KEY_FACTS, body)
            }
        }
    }
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Every type takes exactly the bytes it needs; `None` for any other length or an impossible value.
fn decode_facts(control_type: u16, body: &[u8]) -> Option<ControlFrame> {
    let (whole, rest) = body.as_chunks::<8>();
    let word = |index: usize| whole.get(index).map(|bytes| u64::from_le_bytes(*bytes));
    let range = || {
        let (first, last) = (Sequence(word(0)?), Sequence(word(1)?));
        (!first.is_none() && first <= last).then_some((first, last))
    };
    let exact = |length: usize| (whole.len() == length && rest.is_empty()).then_some(());
    match control_type {
        EPOCH => {
            exact(3)?;
            let wall_us = i64::try_from(word(1)?).ok()?;
            Some(ControlFrame::Epoch {
                epoch: Epoch(word(0)?),
                wall_us,
                random: word(2)?,
            })
        }
        HIDE => {
            exact(2)?;
            range().map(|(first, last)| ControlFrame::Hide { first, last })
        }
        UNHIDE => {
            exact(2)?;
            range().map(|(first, last)| ControlFrame::Unhide { first, last })
        }
        DURABLE_MARK => {
            exact(1)?;
            Some(ControlFrame::DurableMark {
                durable: Sequence(word(0)?),
            })
        }
        GAP => {
            let (first, last) = range()?;
            let cause = match word(2)? {
                1 => GapCause::Retention,
                2 => GapCause::Salvage,
                _ => return None,
            };
            let (tree, rest) = body.get(32..)?.as_chunks::<32>();
            let counted = word(3)? == crate::fixed::count(tree.len()) && rest.is_empty();
            let bounded = tree.len() <= ControlFrame::MAX_TREE_HASHES;
            (counted && bounded).then(|| ControlFrame::Gap {
                first,
                last,
                cause,
                tree: tree.to_vec(),
            })
        }
        KEY_FACTS => {
            let block = <&[u8; EventFacts::LENGTH]>::try_from(body.get(8..)?).ok()?;
            let facts = EventFacts::from_bytes(block);
            Some(ControlFrame::KeyFacts(Box::new(KeyFacts {
                epoch: Epoch(word(0)?),
                facts,
            })))
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "control_tests.rs"]
mod tests;
