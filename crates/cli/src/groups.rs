//! Counting events by something they have in common.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use batpak::Scan;
use batpak::store::EventRef;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;
use crate::progress::{Progress, Unit};
use crate::reading;
use crate::time::rfc3339_micros;

/// What is known of events that have something in common.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Group {
    /// How many there are.
    pub(crate) events: u64,
    /// Bytes of their payloads.
    pub(crate) payload_bytes: u64,
    /// Sequence of the oldest.
    pub(crate) first: u64,
    /// Sequence of the newest.
    pub(crate) last: u64,
    /// When the newest was appended.
    pub(crate) last_time: String,
    #[serde(skip)]
    last_micros: i64,
}

/// Groups in the order of what their events have in common.
pub(crate) struct Groups<K>(BTreeMap<K, Group>);

impl<K: Ord> Groups<K> {
    /// Groups the events of a scan; `add` calls [`Groups::add`] with what they have in common. Damage
    /// that was passed over is the second result, since what is left can be shown all the same.
    pub(crate) fn of(
        context: &Context,
        scan: &mut Scan<'_>,
        add: impl Fn(&mut Groups<K>, &EventRef<'_>),
    ) -> (BTreeMap<K, Group>, Result<()>) {
        let mut groups = Groups(BTreeMap::new());
        let mut progress = Progress::new(context, "count", Unit::Things("events"), None);
        let mut counted = 0;
        let result = reading::each(scan, |event| {
            add(&mut groups, event);
            counted += 1;
            progress.set(counted);
            Ok(())
        });
        for group in groups.0.values_mut() {
            group.last_time = rfc3339_micros(group.last_micros);
        }
        (groups.0, result.map(|_| ()))
    }

    /// Counts an event in the group of `key`, which is made with `own` when the group is new.
    pub(crate) fn add<Q: Ord + ?Sized>(
        &mut self,
        key: &Q,
        own: impl FnOnce() -> K,
        event: &EventRef<'_>,
    ) where
        K: Borrow<Q>,
    {
        match self.0.get_mut(key) {
            Some(group) => group.add(event),
            None => self.0.entry(own()).or_default().add(event),
        }
    }
}

impl Group {
    fn add(&mut self, event: &EventRef<'_>) {
        if self.events == 0 {
            self.first = event.sequence();
        }
        self.events += 1;
        self.payload_bytes += u64::try_from(event.payload().len()).unwrap_or(u64::MAX);
        self.last = event.sequence();
        self.last_micros = event.timestamp_us();
    }
}
