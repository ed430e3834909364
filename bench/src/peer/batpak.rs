//! This store.

use std::path::Path;

use batpak::prelude::*;
use batpak::store::EventBuffer;

use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events, SCOPE};

const KIND: EventKind = EventKind::custom(0x1, 1);

struct Batpak {
    store: Store,
    places: Vec<Coordinate>,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let durability = match level {
        Level::Written => Durability::Written,
        Level::Synced => Durability::Synced,
    };
    let config = StoreConfig::new(dir)
        .with_durability(durability)
        .with_batch_max_size(4096)
        .with_batch_max_bytes(16 << 20);
    let names = events.names().iter();
    let places = names.map(|name| Coordinate::new(name.as_str(), SCOPE));
    let places = places.collect::<std::result::Result<_, _>>()?;
    Ok(Box::new(Batpak {
        store: Store::open(config)?,
        places,
    }))
}

impl Peer for Batpak {
    fn append(&self, event: &Draft<'_>, _: &mut Scratch) -> Result<()> {
        let place = &self.places[event.entity];
        self.store.append(place, KIND, &event.payload)?;
        Ok(())
    }

    fn append_expected(&self, event: &Draft<'_>, expected: u64, _: &mut Scratch) -> Result<bool> {
        let place = &self.places[event.entity];
        let options = AppendOptions::new().with_cas(u32::try_from(expected)?);
        let appended = self
            .store
            .append_with_options(place, KIND, &event.payload, options);
        match appended {
            Ok(_) => Ok(true),
            Err(StoreError::SequenceMismatch { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        _: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        let item = |event: &Draft<'_>| {
            let place = self.places[event.entity].clone();
            let (options, cause) = (AppendOptions::new(), CausationRef::None);
            BatchAppendItem::new(place, KIND, &event.payload, options, cause)
        };
        let items = events.iter().map(item);
        let items = items.collect::<std::result::Result<_, _>>()?;
        let receipts = self.store.append_batch(items)?;
        ids.extend(receipts.iter().map(|receipt| receipt.event_id.as_u128()));
        Ok(())
    }

    fn append_pipelined(&self, events: &[Draft<'_>], _: &mut Scratch) -> Result<()> {
        let submit = |event: &Draft<'_>| {
            let place = &self.places[event.entity];
            self.store.submit(place, KIND, &event.payload)
        };
        let tickets: Vec<AppendTicket> = events
            .iter()
            .map(submit)
            .collect::<std::result::Result<_, _>>()?;
        for ticket in tickets {
            ticket.wait()?;
        }
        Ok(())
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        thread_local! {
            static BUFFER: std::cell::RefCell<EventBuffer> = std::cell::RefCell::default();
        }
        BUFFER
            .with_borrow_mut(|buffer| each(self.store.get_ref(EventId::new(id), buffer)?.payload()))
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        let mut scan = self.store.scan_entity(entity);
        while let Some(event) = scan.next_event()? {
            each(event.payload())?;
        }
        Ok(())
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let mut scan = self.store.scan(&Region::entity(event::group(group)));
        while let Some(event) = scan.next_event()? {
            each(event.payload())?;
        }
        Ok(())
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        let mut scan = self.store.scan(&Region::all());
        while let Some(event) = scan.next_event()? {
            each(event.payload())?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.store.close()?;
        Ok(())
    }
}
