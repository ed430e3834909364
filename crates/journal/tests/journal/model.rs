//! A log as a plain list of events, and every question to a log answered by going through it.

use std::collections::BTreeMap;
use std::sync::Arc;

use batpak_coordinate::{Coordinate, EventKind, KindFilter, Region, Selector, Sequence};
use batpak_event::tree::{Frontier, TreeHead, UNKNOWN_EVENT_HASH, leaf_hash};
use batpak_event::{Cause, CorrelationId, Digest, EventId, IdempotencyKey};
use batpak_journal::{
    Committed, Draft, DraftCause, Durability, FrameBuffer, Journal, ReadError, ScanRequest,
    Selection, View,
};
use batpak_platform::FixedEntropy;

const ENTITIES: [&str; 8] = [
    "user", "user:1", "user:2", "user:1:a", "users", "order:1", "order:2", "a",
];
const SCOPES: [&str; 2] = ["s", "scope"];

/// An event of the list.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence: u64,
    pub(crate) id: EventId,
    draft: Draft<'static>,
    correlation: CorrelationId,
    /// Sequences of the events of the log that caused it.
    causes: Vec<u64>,
    pub(crate) receipt: Committed,
    /// Whether the log says that it is not in it any more.
    pub(crate) gone: bool,
}

impl Event {
    fn entity(&self) -> &str {
        self.draft.coordinate.entity()
    }
}

/// The list.
pub(crate) struct Model {
    random: FixedEntropy,
    pub(crate) events: Vec<Event>,
}

impl Model {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: FixedEntropy::new(seed),
            events: Vec::new(),
        }
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.random.next_u64() % limit
    }

    fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// Appends `count` units of one to four events and compares each receipt with the list.
    pub(crate) fn append(&mut self, journal: &Journal, count: usize) {
        for _ in 0..count {
            let unit = self.unit();
            let receipts = journal
                .append_unit(unit.clone(), Durability::Synced)
                .unwrap();
            let first = self.events.len();
            for (draft, receipt) in unit.into_iter().zip(receipts) {
                self.add(draft, receipt, first);
            }
        }
    }

    fn unit(&self) -> Vec<Draft<'static>> {
        let count = if self.below(3) == 0 {
            1 + self.below(4)
        } else {
            1
        };
        let keyed = self.below(4) == 0;
        (0..count)
            .map(|position| self.draft(position, keyed))
            .collect()
    }

    fn draft(&self, position: u64, keyed: bool) -> Draft<'static> {
        let coordinate = Coordinate::new(*self.pick(&ENTITIES), *self.pick(&SCOPES)).unwrap();
        let category = 1 + u8::try_from(self.below(2)).unwrap();
        let kind = EventKind::custom(category, u16::try_from(self.below(3)).unwrap());
        let payload = self.random.next_u64().to_le_bytes().to_vec();
        let mut draft = Draft::new(coordinate, kind, payload);
        let present: Vec<&Event> = self.events.iter().filter(|event| !event.gone).collect();
        for _ in 0..self.below(4).saturating_sub(1) {
            if present.is_empty() || self.below(4) == 0 {
                let id = EventId::from(IdempotencyKey::new(7));
                draft.causes.push(DraftCause::Known(Cause::Foreign(id)));
            } else {
                let cause = self.pick(&present).id;
                draft.causes.push(DraftCause::Known(Cause::Local(cause)));
            }
        }
        if position > 0 && self.below(2) == 0 {
            let prior = usize::try_from(self.below(position)).unwrap();
            draft.causes.push(DraftCause::Prior(prior));
        }
        if keyed {
            // Some look like the identifier of an early event.
            let hint = u128::from(self.below(40)) << 32;
            draft.key = Some(IdempotencyKey::new(
                hint | u128::from(self.random.next_u64()) << 64 | 1,
            ));
        }
        draft.correlation = match self.below(6) {
            0 => Some(CorrelationId::from(EventId::from(IdempotencyKey::new(
                1 + u128::from(self.below(4)),
            )))),
            1 if !present.is_empty() => Some(CorrelationId::from(self.pick(&present).id)),
            _ => None,
        };
        draft
    }

    fn add(&mut self, draft: Draft<'static>, receipt: Committed, first: usize) {
        let before = self
            .events
            .iter()
            .rev()
            .find(|event| event.entity() == draft.coordinate.entity() && !event.gone);
        let causes: Vec<u64> = draft
            .causes
            .iter()
            .filter_map(|cause| match *cause {
                DraftCause::Known(Cause::Local(id)) => self.find(id),
                DraftCause::Known(Cause::Foreign(_)) => None,
                DraftCause::Prior(position) => Some((first + position + 1) as u64),
            })
            .collect();
        let generation = |sequence: &u64| {
            let place = usize::try_from(*sequence).unwrap() - 1;
            self.events[place].receipt.generation.get()
        };
        let above = causes.iter().map(generation).max();
        let above = above.max(before.map(|event| event.receipt.generation.get()));
        assert_eq!(receipt.sequence.get(), self.events.len() as u64 + 1);
        assert_eq!(receipt.generation.get(), above.unwrap_or_default() + 1);
        let (stream_sequence, hash) = before.map_or((0, [0; 32]), |event| {
            let receipt = &event.receipt;
            (receipt.stream_sequence.get(), receipt.event_hash)
        });
        assert_eq!(receipt.stream_sequence.get(), stream_sequence + 1);
        assert_eq!(receipt.previous_hash, hash);
        assert!(!receipt.duplicate);
        self.events.push(Event {
            sequence: receipt.sequence.get(),
            id: receipt.event_id,
            correlation: receipt.correlation,
            draft,
            causes,
            receipt,
            gone: false,
        });
    }

    fn find(&self, id: EventId) -> Option<u64> {
        let mut events = self.events.iter();
        let found = events.find(|event| event.id == id && !event.gone);
        found.map(|event| event.sequence)
    }

    pub(crate) fn last(&self) -> u64 {
        self.events.len() as u64
    }

    fn sequences(&self, matches: impl Fn(&Event) -> bool) -> Vec<u64> {
        let present = self.events.iter().filter(|event| !event.gone);
        let matching = present.filter(|event| matches(event));
        matching.map(|event| event.sequence).collect()
    }

    /// The heads of the tree over the events, from that over none on.
    fn tree_heads(&self) -> Vec<TreeHead> {
        let mut tree = Frontier::new();
        let mut heads = vec![tree.head()];
        for event in &self.events {
            let hash = if event.gone {
                UNKNOWN_EVENT_HASH
            } else {
                event.receipt.event_hash
            };
            tree.push_leaf(leaf_hash(&hash));
            heads.push(tree.head());
        }
        heads
    }

    /// Asks a log everything, and compares with the list.
    pub(crate) fn compare(&self, view: &View, context: &str) {
        assert_eq!(view.visible().get(), self.last(), "{context}");
        let present = self.sequences(|_| true);
        assert_eq!(view.event_count(), present.len() as u64, "{context}");
        let begun = self.sequences(|event| event.receipt.stream_sequence.get() == 1);
        let streams = view.stream_count().unwrap();
        assert_eq!(streams, begun.len() as u64, "{context}: streams");
        self.compare_events(view, context);
        self.compare_links(view, context);
        self.compare_scans(view, context);
        let heads = self.tree_heads();
        for (size, head) in heads.iter().enumerate() {
            let tile = size % 256;
            if !(2..=254).contains(&tile) || size % 61 == 0 || size + 1 == heads.len() {
                let found = view.tree_head(Sequence(size as u64)).unwrap();
                assert_eq!(found, *head, "{context}: tree of {size}");
            }
        }
        let beyond = view.tree_head(Sequence(self.last() + 1));
        assert!(matches!(beyond, Err(ReadError::NotFound)), "{context}");
    }

    fn compare_events(&self, view: &View, context: &str) {
        let mut buffer = FrameBuffer::new();
        for event in &self.events {
            let context = format!("{context}: event {}", event.sequence);
            let sequence = Sequence(event.sequence);
            let found = view.find(event.id).unwrap();
            if event.gone {
                assert_eq!(found, None, "{context}");
                let error = view.read(sequence, &mut buffer).unwrap_err();
                assert!(
                    matches!(error, ReadError::Gone { first, last, .. }
                        if first <= sequence && sequence <= last),
                    "{context}: {error:?}"
                );
                continue;
            }
            assert_eq!(found, Some(sequence), "{context}");
            let frame = view.read(sequence, &mut buffer).unwrap();
            assert_eq!(frame.head.event_id, event.id, "{context}");
            assert_eq!(frame.payload(), event.draft.payload, "{context}");
            let frame = view.read_id(event.id, &mut buffer).unwrap().unwrap();
            assert_eq!(frame.head.sequence, sequence, "{context}");
        }
        for beyond in [0, self.last() + 1, u64::MAX] {
            let error = view.read(Sequence(beyond), &mut buffer).unwrap_err();
            assert!(matches!(error, ReadError::NotFound), "{context}");
        }
        for stranger in [1_u128, 77 << 32, u128::MAX] {
            let id = EventId::from(IdempotencyKey::new(stranger));
            assert_eq!(view.find(id).unwrap(), None, "{context}");
            assert!(view.read_id(id, &mut buffer).unwrap().is_none());
        }
    }

    fn compare_links(&self, view: &View, context: &str) {
        let mut effects: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for event in self.events.iter().filter(|event| !event.gone) {
            let mut causes = event.causes.clone();
            causes.sort_unstable();
            causes.dedup();
            for cause in causes {
                effects.entry(cause).or_default().push(event.sequence);
            }
        }
        for event in &self.events {
            let found = view.effects(Sequence(event.sequence)).unwrap();
            let found: Vec<u64> = found.into_iter().map(Sequence::get).collect();
            let mut expected = effects.remove(&event.sequence).unwrap_or_default();
            if event.gone {
                expected.clear();
            }
            assert_eq!(found, expected, "{context}: effects of {}", event.sequence);
        }
        let mut correlations: Vec<_> = (1..6_u128)
            .map(|number| CorrelationId::from(EventId::from(IdempotencyKey::new(number))))
            .collect();
        let own = self.events.iter().step_by(5);
        correlations.extend(own.map(|event| CorrelationId::from(event.id)));
        for correlation in correlations {
            let expected = self.sequences(|event| {
                event.correlation == correlation && CorrelationId::from(event.id) != correlation
            });
            let selection = Selection::Correlated(correlation);
            self.compare_scan(view, &selection, &expected, context);
        }
    }

    fn compare_scans(&self, view: &View, context: &str) {
        let all = self.sequences(|_| true);
        self.compare_scan(view, &Selection::All, &all, context);
        for entity in ENTITIES.iter().chain(&["nobody", "use"]) {
            let expected = self.sequences(|event| event.entity() == *entity);
            let selection = Selection::Stream((*entity).into());
            self.compare_scan(view, &selection, &expected, context);
        }
        let mut selectors: Vec<Arc<dyn Selector + Send + Sync>> = vec![
            Arc::new(Region::all()),
            Arc::new(Region::entity("")),
            Arc::new(Coordinate::new("user:1", "s").unwrap()),
            Arc::new(KindFilter::Exact(EventKind::custom(3, 0))),
        ];
        for prefix in ["user", "user:1", "user:", "order", "nobody"] {
            selectors.push(Arc::new(Region::entity(prefix)));
            selectors.push(Arc::new(Region::entity(prefix).with_scope("s")));
            selectors.push(Arc::new(Region::entity(prefix).with_fact_category(2)));
        }
        for scope in ["s", "scope", "none"] {
            selectors.push(Arc::new(Region::scope(scope)));
        }
        for number in 0..3 {
            let kind = KindFilter::Exact(EventKind::custom(1, number));
            selectors.push(Arc::new(Region::scope("s").with_fact(kind)));
            selectors.push(Arc::new(Region::all().with_fact(kind)));
        }
        for category in [1, 2, 3] {
            selectors.push(Arc::new(Region::all().with_fact_category(category)));
        }
        for selector in selectors {
            let expected = self.sequences(|event| {
                let scope = event.draft.coordinate.scope();
                selector.matches(event.entity(), scope, event.draft.kind)
            });
            self.compare_scan(view, &Selection::Matching(selector), &expected, context);
        }
    }

    /// Scans forward and backward, from the end and from behind some event.
    fn compare_scan(&self, view: &View, selection: &Selection, expected: &[u64], context: &str) {
        let middle = expected.get(expected.len() / 2).copied();
        let afters = [Some(0), middle, Some(self.below(self.last() + 2))];
        for (number, after) in afters.into_iter().enumerate() {
            let Some(after) = after else { continue };
            for reverse in [false, true] {
                let mut wanted: Vec<u64> = expected.to_vec();
                wanted.retain(|sequence| *sequence > after);
                if reverse {
                    wanted.reverse();
                }
                let request = ScanRequest {
                    selection: selection.clone(),
                    after: Sequence(after),
                    reverse,
                };
                let mut scan = view.scan(request);
                let mut found = Vec::new();
                if number == 0 {
                    while let Some(frame) = scan.next_frame().unwrap() {
                        found.push(frame.head.sequence.get());
                    }
                } else {
                    while let Some(sequence) = scan.next_sequence().unwrap() {
                        found.push(sequence.get());
                    }
                }
                assert_eq!(
                    found, wanted,
                    "{context}: {selection:?} after {after}, reverse: {reverse}"
                );
            }
        }
    }

    /// Appends events whose keys are there already: each receipt is the original one.
    pub(crate) fn compare_retries(&self, journal: &Journal, context: &str) {
        let keyed = self.events.iter().filter(|event| {
            let prior = |cause: &DraftCause| matches!(cause, DraftCause::Prior(_));
            event.draft.key.is_some() && !event.gone && !event.draft.causes.iter().any(prior)
        });
        for event in keyed {
            let again = journal.append(event.draft.clone(), Durability::Synced);
            let again = again.unwrap();
            let original = Committed {
                duplicate: true,
                branch: again.branch,
                segment: again.segment,
                offset: again.offset,
                length: again.length,
                ..event.receipt.clone()
            };
            assert_eq!(again, original, "{context}: event {}", event.sequence);
        }
    }

    pub(crate) fn hash(&self, sequence: u64) -> Digest {
        self.events[usize::try_from(sequence).unwrap() - 1]
            .receipt
            .event_hash
    }
}
