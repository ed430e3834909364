//! What an open found and did.

use batpak_coordinate::Sequence;

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
    /// Damaged ranges that a read-only open serves around.
    pub lost: Vec<LostRange>,
}

/// Events that cannot be read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostRange {
    /// File.
    pub file: String,
    /// Where in the file the damage starts.
    pub offset: u64,
    /// First event lost.
    pub first: Sequence,
    /// Last event lost.
    pub last: Sequence,
}
