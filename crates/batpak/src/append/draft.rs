//! From items to drafts of the journal: reserved kinds, limits, keys, causes and extensions.

use std::collections::HashSet;

use batpak_coordinate::EventKind;
use batpak_event::{Cause, Digest, EventId, receipt};
use batpak_journal::{Draft, DraftCause};
use batpak_segment::MAX_CAUSES;
use smallvec::{SmallVec, smallvec};

use super::append_item::{BatchAppendItem, encode};
use super::bytes::Extensions;
use super::causation::CausationRef;
use super::failure::Scope;
use crate::config::StoreConfig;
use crate::error::{Detail, DetailCause, StoreError};

/// A unit ready for the journal, with what its receipts repeat.
pub(super) struct Drafts {
    pub(super) drafts: batpak_journal::Drafts,
    pub(super) repeated: SmallVec<[Repeated; 1]>,
}

/// What the receipt of an event repeats of what was to be appended.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    pub(crate) kind: EventKind,
    pub(crate) extensions: Extensions,
    /// Hash of the extensions as they are stored; none where there are none.
    pub(crate) extensions_hash: Option<Digest>,
}

impl Drafts {
    /// Drafts of one event.
    pub(super) fn of_one(
        item: BatchAppendItem,
        config: &StoreConfig,
    ) -> Result<Drafts, StoreError> {
        if config.batch().requires_keys() && item.options.key.is_none() {
            return Err(StoreError::IdempotencyRequired);
        }
        let (draft, repeated) = draft(item, 0, Scope::Single)?;
        let (size, limit) = (counted_bytes(&draft), config.single_append_max_bytes());
        if exceeds(size, limit) {
            return Err(limit_exceeded(format!(
                "single append bytes {size} exceed the limit of {limit}"
            )));
        }
        Ok(Drafts {
            drafts: smallvec![draft],
            repeated: smallvec![repeated],
        })
    }

    /// Drafts of a batch.
    pub(super) fn of_batch(
        items: Vec<BatchAppendItem>,
        config: &StoreConfig,
    ) -> Result<Drafts, StoreError> {
        let scope = Scope::Batch(items.len());
        let limits = config.batch();
        if exceeds(items.len(), limits.max_size) {
            let text = format!(
                "batch of {} items exceeds batch.max_size {}",
                items.len(),
                limits.max_size
            );
            return Err(scope.whole(limit_exceeded(text)));
        }
        check_keys(&items)?;
        let (mut drafts, mut repeated) = (
            batpak_journal::Drafts::with_capacity(items.len()),
            SmallVec::with_capacity(items.len()),
        );
        let mut total = 0_usize;
        for (index, item) in items.into_iter().enumerate() {
            let (draft, own) = draft(item, index, scope)?;
            let (size, limit) = (counted_bytes(&draft), config.single_append_max_bytes());
            if exceeds(size, limit) {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                return Err(StoreError::BatchItemTooLarge { index, size, limit });
            }
            total = total.saturating_add(size);
            drafts.push(draft);
            repeated.push(own);
        }
        if drafts.len() > 1 && exceeds(total, limits.max_bytes) {
            let text = format!(
                "batch of {total} bytes exceeds batch.max_bytes {}",
                limits.max_bytes
            );
            return Err(scope.whole(limit_exceeded(text)));
        }
        Ok(Drafts { drafts, repeated })
    }
}

/// One event as the journal takes it.
fn draft(
    item: BatchAppendItem,
    index: usize,
    scope: Scope,
) -> Result<(Draft, Repeated), StoreError> {
    if item.kind.is_reserved() && !item.is_record {
        return Err(StoreError::ReservedKind {
            index: scope.position(index),
            kind: item.kind,
        });
    }
    let causes = causes(&item, index, scope)?;
    let options = item.options;
    if options.key.is_some_and(|key| key.is_nil()) {
        let text = "idempotency key 0 names no event";
        let error = StoreError::Configuration(Detail::new(DetailCause::OutOfRange, text));
        return Err(scope.item(index, error));
    }
    let (kind, extensions) = (item.kind, options.extensions);
    let mut draft = Draft::new(item.coordinate, kind, item.payload);
    draft.payload_version = item.payload_version;
    draft.flags = options.flags;
    draft.lane = options.position.lane;
    draft.depth = options.position.depth;
    draft.correlation = options
        .correlation
        .filter(|correlation| !correlation.is_nil());
    draft.causes = causes;
    draft.key = options.key;
    draft.expected = options.expected;
    let mut extensions_hash = None;
    if !extensions.is_empty() {
        draft.extensions = encode(&extensions).map_err(|error| scope.item(index, error))?;
        extensions_hash = Some(receipt::extensions_hash(&draft.extensions));
    }
    let repeated = Repeated {
        kind,
        extensions,
        extensions_hash,
    };
    Ok((draft, repeated))
}

/// All causes in order: that of the item, that of its options, the further ones of both.
fn causes(
    item: &BatchAppendItem,
    index: usize,
    scope: Scope,
) -> Result<Vec<DraftCause>, StoreError> {
    let local = |id: u128| DraftCause::Known(Cause::Local(EventId::new(id)));
    let first = match item.causation {
        CausationRef::None | CausationRef::Absolute(0) => None,
        CausationRef::Absolute(id) => Some(local(id)),
        CausationRef::PriorItem(prior) => Some(DraftCause::Prior(prior)),
    };
    let causation = item
        .options
        .causation
        .filter(|cause| !cause.is_nil())
        .map(|cause| local(cause.as_u128()))
        .filter(|cause| Some(*cause) != first);
    let causes: Vec<DraftCause> = first
        .into_iter()
        .chain(causation)
        .chain(item.options.causes.iter().copied().map(DraftCause::Known))
        .chain(item.prior_causes.iter().copied().map(DraftCause::Prior))
        .collect();
    if causes.len() > usize::from(MAX_CAUSES) {
        let text = format!("{} causes exceed the limit of {MAX_CAUSES}", causes.len());
        return Err(scope.item(index, limit_exceeded(text)));
    }
    Ok(causes)
}

/// One answer for the whole batch needs a key on every item or on none, and no key twice.
fn check_keys(items: &[BatchAppendItem]) -> Result<(), StoreError> {
    let refused = |cause, text| {
        Err(StoreError::IdempotencyPartialBatch {
            reason: Detail::new(cause, text),
        })
    };
    let mut seen = HashSet::new();
    for key in items.iter().filter_map(|item| item.options.key) {
        if !seen.insert(key) {
            let text = format!("{key} is the key of two items");
            return refused(DetailCause::RepeatedKey, text);
        }
    }
    if seen.is_empty() || seen.len() == items.len() {
        return Ok(());
    }
    let text = format!(
        "{} of {} items have an idempotency key",
        seen.len(),
        items.len()
    );
    refused(DetailCause::MixedKeys, text)
}

/// Bytes that count against the limits.
fn counted_bytes(draft: &Draft) -> usize {
    draft.payload.len().saturating_add(draft.extensions.len())
}

fn exceeds(size: usize, limit: u32) -> bool {
    u32::try_from(size).map_or(true, |size| size > limit)
}

fn limit_exceeded(text: String) -> StoreError {
    StoreError::Configuration(Detail::new(DetailCause::LimitExceeded, text))
}
