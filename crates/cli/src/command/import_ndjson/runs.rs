//! Ids of events that have no key of their own, by which a later import finds them again.
//!
//! A unit of the store takes keys for all of its events or for none, so an event without one gets
//! one here. It is made of the place of the first such event of the import in the store, of the number
//! of the line and of its text. No two imports have the same place, so a line that is imported twice is two
//! events. An import that continues an earlier one finds its events all the same, because the
//! first of them shows that an import began there.

use std::cell::OnceCell;

use batpak::store::Open;
use batpak::{EventId, IdempotencyKey, Region, Store};

use crate::input::{LineError, holds};

/// A line: its number and a hash of its text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Fingerprint {
    line: u64,
    text: IdempotencyKey,
}

impl Fingerprint {
    /// Of the line with this number and text.
    pub(super) fn of(line: u64, text: &str) -> Fingerprint {
        Fingerprint {
            line,
            text: IdempotencyKey::for_operation("batpak.import.text", &[text]),
        }
    }
}

/// The imports into a store: this one, and those before.
pub(super) struct Runs<'a> {
    store: &'a Store<Open>,
    lineage: String,
    /// Newest sequence before this import.
    newest: u64,
    /// Where this import begins, once it has an event without a key.
    begin: Option<u64>,
    /// Where the earlier imports begin, once somebody asks.
    earlier: OnceCell<Vec<u64>>,
}

/// Bits of an id that tell the import; the others tell the line.
const IMPORT_BITS: u128 = 0xffff_ffff << 96;

impl<'a> Runs<'a> {
    /// Begins an import.
    pub(super) fn begin(store: &'a Store<Open>) -> Runs<'a> {
        Runs {
            store,
            lineage: store.lineage().to_string(),
            newest: store.stats().global_sequence,
            begin: None,
            earlier: OnceCell::new(),
        }
    }

    /// The key of a line in this import, of which the event will have this sequence.
    pub(super) fn key(&self, line: Fingerprint, sequence: u64) -> IdempotencyKey {
        self.key_in(self.begin.unwrap_or(sequence), line)
    }

    /// Says that an event without a key of its own will have this sequence. The first one is where
    /// this import begins.
    pub(super) fn has(&mut self, sequence: u64) {
        self.begin.get_or_insert(sequence);
    }

    /// The event that an earlier import made of a line.
    pub(super) fn find(&self, line: Fingerprint) -> Result<Option<EventId>, LineError> {
        for begin in self.earlier()?.iter().rev() {
            let id = EventId::from(self.key_in(*begin, line));
            if holds(self.store, id)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn earlier(&self) -> Result<&[u64], LineError> {
        if self.earlier.get().is_none() {
            let mut begins = Vec::new();
            let everything = Region::all();
            let mut scan = self.store.scan(&everything);
            while let Some(event) = scan.next_event()? {
                let sequence = event.sequence();
                let id = event.event_id().as_u128();
                if sequence <= self.newest && id & IMPORT_BITS == self.import_bits(sequence) {
                    begins.push(sequence);
                }
            }
            // Nothing else sets it.
            let _ = self.earlier.set(begins);
        }
        Ok(self.earlier.get().map_or(&[], Vec::as_slice))
    }

    fn key_in(&self, begin: u64, line: Fingerprint) -> IdempotencyKey {
        let parts = [
            &*self.lineage,
            &begin.to_string(),
            &line.line.to_string(),
            &line.text.hex(),
        ];
        let key = IdempotencyKey::for_operation("batpak.import.line", &parts).as_u128();
        IdempotencyKey::new(self.import_bits(begin) | key & !IMPORT_BITS)
    }

    fn import_bits(&self, begin: u64) -> u128 {
        let parts = [&*self.lineage, &begin.to_string()];
        IdempotencyKey::for_operation("batpak.import.begin", &parts).as_u128() & IMPORT_BITS
    }
}
