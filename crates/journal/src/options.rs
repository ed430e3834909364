//! What a caller may choose: durability levels, limits and thresholds.

use batpak_coordinate::StreamSequence;

use crate::report::DamageDigest;

/// Most events in one segment, unless a single unit has more.
pub(crate) const SEGMENT_EVENTS: u64 = 65_536;

/// When an append is acknowledged, and what an acknowledged event survives.
///
/// ```
/// use batpak_journal::Durability;
///
/// assert!(Durability::Written < Durability::Synced);
/// assert_eq!(Durability::default(), Durability::Synced);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// With the operating system: survives the end of the process, not a power cut.
    Written,
    /// On stable storage: survives a power cut.
    #[default]
    Synced,
}

/// What the stream of an event must look like for the event to be appended.
///
/// ```
/// use batpak_coordinate::StreamSequence;
/// use batpak_journal::ExpectedSequence;
///
/// // The stream has three events, as it had when the decision was made.
/// let unchanged = ExpectedSequence::Exact(StreamSequence(3));
/// assert_ne!(unchanged, ExpectedSequence::NoStream);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpectedSequence {
    /// Anything.
    #[default]
    Any,
    /// No event yet.
    NoStream,
    /// Exactly this stream sequence at its newest event; 0 means no event yet.
    Exact(StreamSequence),
}

impl ExpectedSequence {
    /// The stream sequence that the newest event must have, 0 for an absent stream; `None` when
    /// anything will do.
    pub(crate) fn required(self) -> Option<StreamSequence> {
        match self {
            Self::Any => None,
            Self::NoStream => Some(StreamSequence(0)),
            Self::Exact(sequence) => Some(sequence),
        }
    }
}

/// Limits and thresholds of one journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The level of the store: it fixes when events become visible, and is the weakest level an
    /// append is acknowledged at.
    pub durability: Durability,
    /// Bytes at which a segment is closed and the next one begun; a threshold, not a limit.
    pub segment_max_bytes: u64,
    /// Events at which a segment is closed and the next one begun; a unit with more still lies in
    /// one segment. It bounds the memory of the index of the newest segment, the time to recover,
    /// and the time to close.
    pub segment_max_events: u64,
    /// Whether closed segments and their indexes are mapped. A mapped file that another program
    /// shortens can end the process; indexes that are read into memory instead cost memory.
    pub mapping: bool,
    /// Most bytes of payload and extensions together in one event.
    pub single_append_max_bytes: usize,
    /// Most events in one unit.
    pub batch_max_events: usize,
    /// Most bytes of payloads and extensions in one unit.
    pub batch_max_bytes: usize,
    /// At level `Written`: sync in the background when this many events are not yet durable.
    /// Bytes (8 MiB) and time (1 s) trigger it as well.
    pub sync_every_events: Option<u32>,
    /// Most bytes that may be staged before whoever stages the next unit writes first.
    pub staged_max_bytes: u64,
    /// Most events that may be staged before whoever stages the next unit writes first. A unit with more
    /// is staged alone.
    pub staged_max_events: u64,
    /// The digest of the damage that a writable open accepts instead of refusing it: the events in
    /// it stay lost, everything else goes on. Other damage is refused as ever.
    pub accept_damage: Option<DamageDigest>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Synced,
            segment_max_bytes: 256 << 20,
            segment_max_events: SEGMENT_EVENTS,
            mapping: true,
            single_append_max_bytes: 16 << 20,
            batch_max_events: 4096,
            batch_max_bytes: 16 << 20,
            sync_every_events: None,
            staged_max_bytes: 8 << 20,
            staged_max_events: u64::MAX,
            accept_damage: None,
        }
    }
}
