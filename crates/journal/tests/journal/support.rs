//! What the tests share: drafts, a world, and everything a log shows.

use batpak_coordinate::{Coordinate, EventKind, Sequence};
use batpak_event::{Cause, EventId};
use batpak_journal::{
    Draft, Durability, Journal, Options, Reader, ScanRequest, Selection, View, verify,
};
use batpak_platform::Platform;
use batpak_segment::EventFrame;

pub(crate) fn draft(entity: &str, payload: &[u8]) -> Draft<'static> {
    let coordinate = Coordinate::new(entity, "scope").unwrap();
    Draft::new(coordinate, EventKind::DATA, payload.to_vec())
}

/// Small segments, so that a few events rotate.
pub(crate) fn small(durability: Durability) -> Options {
    Options {
        durability,
        segment_max_bytes: 2048,
        ..Options::default()
    }
}

/// An event as a log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) sequence: u64,
    pub(crate) id: EventId,
    pub(crate) entity: String,
    pub(crate) stream_sequence: u64,
    pub(crate) payload: Vec<u8>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) hash: [u8; 32],
}

impl Shown {
    pub(crate) fn of(frame: &EventFrame<'_>, view: &View) -> Self {
        Self {
            sequence: frame.head.sequence.get(),
            id: frame.head.event_id,
            entity: frame.entity().to_owned(),
            stream_sequence: frame.head.stream_sequence.get(),
            payload: frame.payload().to_vec(),
            causes: frame.causes().collect(),
            hash: frame.event_hash(view.key()),
        }
    }
}

pub(crate) fn shown(view: &View) -> Vec<Shown> {
    scanned(view, Selection::All, false)
}

pub(crate) fn scanned(view: &View, selection: Selection, reverse: bool) -> Vec<Shown> {
    let mut scan = view.scan(ScanRequest {
        selection,
        after: Sequence::NONE,
        reverse,
    });
    let mut events = Vec::new();
    while let Some(frame) = scan.next_frame().unwrap() {
        events.push(Shown::of(&frame, view));
    }
    events
}

pub(crate) fn open(platform: &Platform, options: &Options) -> Journal {
    Journal::open(platform, options.clone()).unwrap().0
}

/// Findings of a whole verification, as text.
pub(crate) fn findings(platform: &Platform) -> Vec<String> {
    let report = verify(platform, &mut |_| {}).unwrap();
    report
        .findings
        .iter()
        .map(|finding| format!("{finding:?}"))
        .collect()
}

pub(crate) fn read_only(platform: &Platform) -> Vec<Shown> {
    shown(Reader::open(platform).unwrap().0.view())
}
