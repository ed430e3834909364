//! Everything that a log shows, in a form to be compared.

use batpak_coordinate::{Region, Sequence};
use batpak_event::tree::TreeHead;
use batpak_event::{Cause, Digest, EventId};
use batpak_journal::{ReadError, ScanRequest, Selection, View};
use std::sync::Arc;

use crate::model::ENTITIES;
use crate::visibility::{hidden_by, placeholder};

/// An event with all of its facts; of one that is hidden only where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) hidden: bool,
    pub(crate) sequence: u64,
    pub(crate) id: EventId,
    pub(crate) entity: String,
    pub(crate) scope: String,
    pub(crate) kind: u16,
    pub(crate) flags: u8,
    pub(crate) payload: Vec<u8>,
    pub(crate) stream_sequence: u64,
    pub(crate) generation: u32,
    pub(crate) wall_us: i64,
    pub(crate) counter: u16,
    pub(crate) causes: Vec<Cause>,
    pub(crate) previous_hash: Digest,
    /// Of the bytes, where they were asked for.
    pub(crate) hashes: Option<Hashes>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashes {
    pub(crate) content: Digest,
    pub(crate) event: Digest,
}

impl Shown {
    /// The hash of all facts; zeros where it was not asked for.
    pub(crate) fn event_hash(&self) -> Digest {
        self.hashes.map_or([0; 32], |hashes| hashes.event)
    }
}

impl Shown {
    /// Whether this can be the same event, as far as both are shown. Hashes are those of the facts: equal
    /// facts have equal ones.
    fn agrees(&self, other: &Self) -> bool {
        if self.hidden || other.hidden {
            return self.sequence == other.sequence;
        }
        self.sequence == other.sequence
            && self.id == other.id
            && self.entity == other.entity
            && self.scope == other.scope
            && self.kind == other.kind
            && self.flags == other.flags
            && self.payload == other.payload
            && self.stream_sequence == other.stream_sequence
            && self.generation == other.generation
            && self.wall_us == other.wall_us
            && self.counter == other.counter
            && self.causes == other.causes
            && self.previous_hash == other.previous_hash
    }
}

/// Whether two logs can be the same, as far as both show it.
pub(crate) fn same(one: &[Shown], two: &[Shown]) -> bool {
    one.len() == two.len() && begins_with(one, two)
}

/// Whether a log can begin with another.
pub(crate) fn begins_with(log: &[Shown], other: &[Shown]) -> bool {
    let events = log.iter().zip(other);
    log.len() >= other.len() && events.into_iter().all(|(one, two)| one.agrees(two))
}

/// All events in order, with their hashes.
pub(crate) fn hashed_events(view: &View) -> Result<Vec<Shown>, ReadError> {
    read(view, true)
}

/// All events in order.
pub(crate) fn events(view: &View) -> Result<Vec<Shown>, ReadError> {
    read(view, false)
}

fn read(view: &View, hashed: bool) -> Result<Vec<Shown>, ReadError> {
    let mut scan = view.scan(request(Selection::All, false));
    let mut events = Vec::new();
    let last = view.visible().get();
    let mut hidden = hidden_by(view).into_iter().peekable();
    while let Some(frame) = scan.next_frame()? {
        let sequence = frame.head.sequence.get();
        while let Some(before) = hidden.next_if(|hidden| *hidden < sequence) {
            events.push(placeholder(before));
        }
        events.push(Shown {
            hidden: false,
            sequence,
            id: frame.head.event_id,
            entity: frame.entity().to_owned(),
            scope: frame.scope().to_owned(),
            kind: frame.head.event_kind,
            flags: frame.head.caller_flags,
            payload: frame.payload().to_vec(),
            stream_sequence: frame.head.stream_sequence.get(),
            generation: frame.head.generation.get(),
            wall_us: frame.head.wall_us,
            counter: frame.head.counter,
            causes: frame.causes().collect(),
            previous_hash: frame.head.previous_hash,
            hashes: hashed.then(|| Hashes {
                content: frame.content_hash(),
                event: frame.event_hash(view.key()),
            }),
        });
    }
    let shown = events.last().map_or(0, |event| event.sequence);
    let behind = hidden.filter(|sequence| (shown + 1..=last).contains(sequence));
    events.extend(behind.map(placeholder));
    Ok(events)
}

/// What a log answers when it is asked by stream, by region, backward, by id, for effects and for heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    scans: Vec<Vec<u64>>,
    found: Vec<Option<Sequence>>,
    effects: Vec<Vec<Sequence>>,
    heads: Vec<TreeHead>,
    streams: u64,
    events: u64,
}

pub(crate) fn answers(view: &View, log: &[Shown]) -> Result<Answers, ReadError> {
    let mut scans = vec![sequences(view, request(Selection::All, true))?];
    for entity in ENTITIES {
        let stream = Selection::Stream(entity.into());
        scans.push(sequences(view, request(stream, false))?);
    }
    let region = Selection::Matching(Arc::new(Region::entity("a")));
    scans.push(sequences(view, request(region, false))?);
    let mut found = Vec::with_capacity(log.len());
    let mut effects = Vec::with_capacity(log.len());
    for event in log {
        found.push(view.find(event.id)?);
        effects.push(view.effects(Sequence(event.sequence))?);
    }
    let last = view.visible().get();
    let sizes = [last / 2, last];
    let heads = sizes.into_iter().map(|size| view.tree_head(Sequence(size)));
    Ok(Answers {
        scans,
        found,
        effects,
        heads: heads.collect::<Result<_, _>>()?,
        streams: view.stream_count()?,
        events: view.event_count(),
    })
}

pub(crate) fn sequences(view: &View, request: ScanRequest) -> Result<Vec<u64>, ReadError> {
    let mut scan = view.scan(request);
    let mut found = Vec::new();
    while let Some(frame) = scan.next_frame()? {
        found.push(frame.head.sequence.get());
    }
    Ok(found)
}

fn request(selection: Selection, reverse: bool) -> ScanRequest {
    ScanRequest {
        selection,
        after: Sequence::NONE,
        reverse,
    }
}
