//! tephra: one tag for the entity; the id of an event is its position.

use std::path::Path;
use std::sync::Mutex;

use tephra::{
    AppendCondition, Event, EventType, Position, Query, QueryItem, SegmentConfig, SegmentSet, Tag,
    Tags, WriteCoordinator, WriteHandle, WriterConfig,
};

use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events, encode};

struct Tephra {
    coordinator: WriteCoordinator,
    handle: WriteHandle,
    kind: EventType,
    tags: Vec<Tags>,
    /// The newest position of every entity, for conditions.
    last: Vec<Mutex<(u64, Position)>>,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    if level == Level::Written {
        return Err("tephra acknowledges nothing before a sync".into());
    }
    let set = SegmentSet::open(dir, SegmentConfig::new(256 << 20))?;
    let (coordinator, handle) = WriteCoordinator::start(set, WriterConfig::default())?;
    let names = events.names();
    let tags = names.iter().map(|name| tags(name)).collect::<Result<_>>()?;
    let last = names.iter().map(|_| Mutex::new((0, Position::ZERO)));
    Ok(Box::new(Tephra {
        coordinator,
        handle,
        kind: EventType::new("payment")?,
        tags,
        last: last.collect(),
    }))
}

fn tags(name: &str) -> Result<Tags> {
    Ok(Tags::new([Tag::new(name)?])?)
}

impl Tephra {
    fn event(&self, draft: &Draft<'_>, scratch: &mut Scratch) -> Result<Event> {
        scratch.bytes.clear();
        encode(&draft.payload, &mut scratch.bytes)?;
        let tags = &self.tags[draft.entity];
        Ok(Event::new(&self.kind, tags, &scratch.bytes)?)
    }

    fn read(&self, query: &Query, each: Each<'_>) -> Result<()> {
        let mut reads = self.handle.read(query, Position::ZERO, None);
        while let Some(found) = reads.next() {
            each(found?.event.data())?;
        }
        Ok(())
    }
}

impl Peer for Tephra {
    fn append(&self, event: &Draft<'_>, scratch: &mut Scratch) -> Result<()> {
        self.handle
            .append(vec![self.event(event, scratch)?], None)?;
        Ok(())
    }

    fn append_expected(
        &self,
        draft: &Draft<'_>,
        expected: u64,
        scratch: &mut Scratch,
    ) -> Result<bool> {
        let mut last = self.last[draft.entity]
            .lock()
            .map_err(|_| "a writer panicked")?;
        if last.0 != expected {
            return Ok(false);
        }
        // Its condition is that no event of the tag is behind a position, not a count.
        let query = Query::item(QueryItem::with_tags(self.tags[draft.entity].clone()));
        let condition = AppendCondition::new(query).after(last.1);
        let event = self.event(draft, scratch)?;
        let range = self.handle.append(vec![event], Some(condition))?;
        *last = (expected + 1, range.last);
        Ok(true)
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        scratch: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        let made = events.iter().map(|event| self.event(event, scratch));
        let range = self.handle.append(made.collect::<Result<_>>()?, None)?;
        ids.extend((range.first.get()..=range.last.get()).map(u128::from));
        Ok(())
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        let before = Position::new(u64::try_from(id)? - 1);
        let mut reads = self.handle.read(&Query::all(), before, Some(1));
        let found = reads.next().ok_or("no such event")??;
        each(found.event.data())
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        self.read(&Query::item(QueryItem::with_tags(tags(entity)?)), each)
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        // A query names whole tags, so a group is one item for each of its entities.
        let first = group * event::GROUP;
        let item = |number| Ok(QueryItem::with_tags(tags(&event::entity(number))?));
        let items = (first..first + event::GROUP).map(item);
        let items = items.collect::<Result<Vec<QueryItem>>>()?;
        self.read(&Query::items(items), each)
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        self.read(&Query::all(), each)
    }

    fn close(self: Box<Self>) -> Result<()> {
        drop(self.handle);
        drop(self.coordinator.shutdown());
        Ok(())
    }
}
