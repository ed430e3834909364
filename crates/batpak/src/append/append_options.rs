//! What an append may ask for beyond its payload.

use batpak_coordinate::StreamSequence;
use batpak_event::{CausationId, Cause, CorrelationId, EventId, IdempotencyKey};
use batpak_journal::{Durability, ExpectedSequence};

use super::bytes::{EncodedBytes, Extensions};
use super::causation::CausationRef;
use super::draft::Asked;
use super::durability_gate::DurabilityGate;
use super::key::ExtensionKey;

/// Lane and depth of an event, hints for readers that draw branches; the store only keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AppendPositionHint {
    /// Lane.
    pub lane: u32,
    /// How many forks lie above.
    pub depth: u32,
}

impl AppendPositionHint {
    /// A hint of both.
    #[must_use]
    pub const fn new(lane: u32, depth: u32) -> AppendPositionHint {
        AppendPositionHint { lane, depth }
    }
}

/// What an append asks for beyond its payload. The default asks for nothing.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let placed = store.append(&order, EventKind::DATA, &"placed")?;
/// let options = AppendOptions::new().with_cause(placed.event_id).with_cas(1);
/// let paid = store.append_with_options(&order, EventKind::DATA, &"paid", options)?;
/// assert_eq!(store.read_raw(paid.event_id)?.causes(), [Cause::Local(placed.event_id)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct AppendOptions {
    pub(super) expected: ExpectedSequence,
    pub(super) key: Option<IdempotencyKey>,
    pub(super) correlation: Option<CorrelationId>,
    pub(super) causation: Option<CausationId>,
    pub(super) causes: Vec<Cause>,
    pub(super) position: AppendPositionHint,
    pub(super) flags: u8,
    pub(super) durability: Option<Durability>,
    pub(super) gate: Option<DurabilityGate>,
    pub(super) extensions: Extensions,
}

impl AppendOptions {
    /// What an event asks for that has no causes beside those in here.
    pub(super) fn asked(&mut self) -> Asked<'_> {
        Asked {
            options: self,
            causation: CausationRef::None,
            prior_causes: &[],
            is_record: false,
        }
    }

    /// Asks for nothing.
    pub fn new() -> AppendOptions {
        AppendOptions::default()
    }

    /// Appends only if the newest event of the stream has this stream sequence; 0 means that
    /// there is no event yet. [`AppendOptions::with_expected`] reaches every sequence.
    pub fn with_cas(self, expected: u32) -> AppendOptions {
        self.with_expected(ExpectedSequence::Exact(StreamSequence(u64::from(expected))))
    }

    /// Appends only if the stream is as expected. In a batch the items before it count.
    pub fn with_expected(mut self, expected: ExpectedSequence) -> AppendOptions {
        self.expected = expected;
        self
    }

    /// Makes the append repeatable: the event takes the key as its id, and appending the same
    /// body with the same key again returns the first receipt and writes nothing.
    pub fn with_idempotency(mut self, key: IdempotencyKey) -> AppendOptions {
        self.key = Some(key);
        self
    }

    /// Sets the conversation that the event belongs to; without one it is the event's own id.
    pub fn with_correlation(mut self, correlation: CorrelationId) -> AppendOptions {
        self.correlation = Some(correlation);
        self
    }

    /// Sets the first cause, an event of this store; nil means none.
    pub fn with_causation(mut self, cause: CausationId) -> AppendOptions {
        self.causation = Some(cause);
        self
    }

    /// Adds a cause, an event of this store. There may be 4096.
    pub fn with_cause(mut self, cause: EventId) -> AppendOptions {
        self.causes.push(Cause::Local(cause));
        self
    }

    /// Adds a cause that is an event of another store, taken on trust.
    pub fn with_foreign_cause(mut self, cause: EventId) -> AppendOptions {
        self.causes.push(Cause::Foreign(cause));
        self
    }

    /// Sets lane and depth.
    pub fn with_position_hint(mut self, hint: AppendPositionHint) -> AppendOptions {
        self.position = hint;
        self
    }

    /// Sets the flags, which the store only keeps: see the constants of
    /// [`EventHeader`](crate::event::EventHeader).
    pub fn with_flags(mut self, flags: u8) -> AppendOptions {
        self.flags = flags;
        self
    }

    /// Asks for a level at which the append is acknowledged; the store's level if that is higher.
    pub fn with_durability(mut self, durability: Durability) -> AppendOptions {
        self.durability = Some(durability);
        self
    }

    /// Waits for a watermark after the commit. In a batch only that of
    /// [`Store::append_batch_with_options`](crate::Store::append_batch_with_options) counts.
    pub fn with_gate(mut self, gate: DurabilityGate) -> AppendOptions {
        self.gate = Some(gate);
        self
    }

    /// Adds opaque bytes under a name, stored with the event and covered by its hash. A name that
    /// is there already gets the new bytes.
    pub fn with_extension(mut self, key: ExtensionKey, bytes: EncodedBytes) -> AppendOptions {
        self.extensions.insert(key, bytes);
        self
    }

    /// Adds several extensions.
    pub fn with_extensions(
        mut self,
        extensions: impl IntoIterator<Item = (ExtensionKey, EncodedBytes)>,
    ) -> AppendOptions {
        self.extensions.extend(extensions);
        self
    }

    /// What the record beside an event asks for that is appended with these options. `domain` tells
    /// the key of the record from that of the event.
    pub(crate) fn of_record(&self, domain: &str) -> AppendOptions {
        let key_of = |key: IdempotencyKey| IdempotencyKey::for_operation(domain, &[&key.hex()]);
        AppendOptions {
            key: self.key.map(key_of),
            correlation: self.correlation,
            durability: self.durability,
            ..AppendOptions::default()
        }
    }

    /// The gate alone, for a unit that the event is part of.
    pub(crate) fn of_unit(&self) -> AppendOptions {
        AppendOptions {
            gate: self.gate,
            ..AppendOptions::default()
        }
    }

    /// The level to acknowledge at, the weakest when none is asked for.
    pub(super) fn level(&self) -> Durability {
        self.durability.unwrap_or(Durability::Written)
    }
}
