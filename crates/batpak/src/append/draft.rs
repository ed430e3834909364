//! From items and options to drafts of the journal: reserved kinds, limits, keys, causes and extensions.

use std::collections::HashSet;

use batpak_event::{Cause, Digest, EventId, receipt};
use batpak_journal::{Draft, DraftCause};
use batpak_segment::MAX_CAUSES;

use super::append_item::{BatchAppendItem, encode};
use super::append_options::AppendOptions;
use super::bytes::Extensions;
use super::causation::CausationRef;
use super::failure::Scope;
use crate::config::StoreConfig;
use crate::error::{Detail, DetailCause, StoreError};

/// The events of a batch, ready for the journal, with what their receipts repeat.
pub(super) struct Drafts<'a> {
    pub(super) drafts: Vec<Draft<'a>>,
    pub(super) repeated: Vec<Repeated>,
}

/// What is asked for beside what a draft has from the start.
pub(super) struct Asked<'a> {
    pub(super) options: &'a mut AppendOptions,
    pub(super) causation: CausationRef,
    pub(super) prior_causes: &'a [usize],
    pub(super) is_record: bool,
}

/// The extensions of an event that has some: its receipt repeats them.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    /// Position of the event in its unit.
    pub(crate) index: usize,
    pub(crate) extensions: Extensions,
    /// Hash of the extensions as they are stored.
    pub(crate) hash: Digest,
}

impl<'a> Drafts<'a> {
    /// Drafts of a batch. Takes the payloads of the items.
    pub(super) fn of_batch(
        items: &'a mut [BatchAppendItem],
        config: &StoreConfig,
    ) -> Result<Drafts<'a>, StoreError> {
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
        check_keys(items)?;
        let mut drafts = Vec::with_capacity(items.len());
        let mut repeated = Vec::new();
        let mut total = 0_usize;
        for (index, item) in items.iter_mut().enumerate() {
            let (mut draft, asked) = item.split();
            complete(&mut draft, asked, index, scope, &mut repeated)?;
            let (size, limit) = (counted_bytes(&draft), config.single_append_max_bytes());
            if exceeds(size, limit) {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                return Err(StoreError::BatchItemTooLarge { index, size, limit });
            }
            total = total.saturating_add(size);
            drafts.push(draft);
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

/// Completes the draft of an event that is appended for itself.
pub(super) fn complete_one(
    draft: &mut Draft<'_>,
    asked: Asked<'_>,
    config: &StoreConfig,
    repeated: &mut Vec<Repeated>,
) -> Result<(), StoreError> {
    if config.batch().requires_keys() && asked.options.key.is_none() {
        return Err(StoreError::IdempotencyRequired);
    }
    complete(draft, asked, 0, Scope::Single, repeated)?;
    let (size, limit) = (counted_bytes(draft), config.single_append_max_bytes());
    if exceeds(size, limit) {
        return Err(limit_exceeded(format!(
            "single append bytes {size} exceed the limit of {limit}"
        )));
    }
    Ok(())
}

/// Adds to a draft what is asked for; takes the extensions out of the options, for its receipt.
fn complete(
    draft: &mut Draft<'_>,
    asked: Asked<'_>,
    index: usize,
    scope: Scope,
    repeated: &mut Vec<Repeated>,
) -> Result<(), StoreError> {
    let kind = draft.kind;
    if kind.is_reserved() && !asked.is_record {
        return Err(StoreError::ReservedKind {
            index: scope.position(index),
            kind,
        });
    }
    draft.causes = causes(&asked, index, scope)?;
    let options = asked.options;
    if options.key.is_some_and(|key| key.is_nil()) {
        let text = "idempotency key 0 names no event";
        let error = StoreError::Configuration(Detail::new(DetailCause::OutOfRange, text));
        return Err(scope.item(index, error));
    }
    let extensions = std::mem::take(&mut options.extensions);
    draft.flags = options.flags;
    draft.lane = options.position.lane;
    draft.depth = options.position.depth;
    draft.correlation = options
        .correlation
        .filter(|correlation| !correlation.is_nil());
    draft.key = options.key;
    draft.expected = options.expected;
    if !extensions.is_empty() {
        draft.extensions = encode(&extensions).map_err(|error| scope.item(index, error))?;
        repeated.push(Repeated {
            index,
            extensions,
            hash: receipt::extensions_hash(&draft.extensions),
        });
    }
    Ok(())
}

/// All causes in order: that of the item, that of its options, the further ones of both.
fn causes(asked: &Asked<'_>, index: usize, scope: Scope) -> Result<Vec<DraftCause>, StoreError> {
    let local = |id: u128| DraftCause::Known(Cause::Local(EventId::new(id)));
    let first = match asked.causation {
        CausationRef::None | CausationRef::Absolute(0) => None,
        CausationRef::Absolute(id) => Some(local(id)),
        CausationRef::PriorItem(prior) => Some(DraftCause::Prior(prior)),
    };
    let causation = asked
        .options
        .causation
        .filter(|cause| !cause.is_nil())
        .map(|cause| local(cause.as_u128()))
        .filter(|cause| Some(*cause) != first);
    let causes: Vec<DraftCause> = first
        .into_iter()
        .chain(causation)
        .chain(asked.options.causes.iter().copied().map(DraftCause::Known))
        .chain(asked.prior_causes.iter().copied().map(DraftCause::Prior))
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
fn counted_bytes(draft: &Draft<'_>) -> usize {
    draft.payload.len().saturating_add(draft.extensions.len())
}

fn exceeds(size: usize, limit: u32) -> bool {
    u32::try_from(size).map_or(true, |size| size > limit)
}

fn limit_exceeded(text: String) -> StoreError {
    StoreError::Configuration(Detail::new(DetailCause::LimitExceeded, text))
}
