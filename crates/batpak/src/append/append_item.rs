//! One event of a batch.

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::encoding;
use batpak_journal::{Draft, spare_buffer};
use serde::Serialize;

use super::append_options::AppendOptions;
use super::bytes::EncodedBytes;
use super::causation::CausationRef;
use super::draft::Asked;
use super::key::ExtensionKey;
use crate::error::{CodecError, StoreError};
use crate::read::check_messagepack;
use crate::typed::EventPayload;

/// One event of a batch, with its payload encoded.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let item = |line: u32, cause| {
///     BatchAppendItem::new(order.clone(), EventKind::DATA, &line, AppendOptions::new(), cause)
/// };
/// let items = vec![item(1, CausationRef::None)?, item(2, CausationRef::PriorItem(0))?];
/// assert_eq!(store.append_batch(items)?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchAppendItem {
    pub(super) coordinate: Coordinate,
    pub(super) kind: EventKind,
    pub(super) payload: Vec<u8>,
    pub(super) payload_version: u16,
    pub(super) options: AppendOptions,
    pub(super) causation: CausationRef,
    pub(super) prior_causes: Vec<usize>,
    /// Whether the store itself writes it, which alone may use reserved kinds.
    pub(super) is_record: bool,
}

impl BatchAppendItem {
    /// An event with a payload, encoded here.
    ///
    /// # Errors
    /// [`StoreError::Serialization`] when the payload's own serialization fails.
    pub fn new(
        coordinate: Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        options: AppendOptions,
        causation: CausationRef,
    ) -> Result<BatchAppendItem, StoreError> {
        let payload = encode(payload)?;
        Ok(Self::from_parts(
            coordinate, kind, payload, 0, options, causation,
        ))
    }

    /// An event whose kind and version are those of its payload.
    ///
    /// # Errors
    /// As for [`BatchAppendItem::new`].
    pub fn typed<T: EventPayload>(
        coordinate: Coordinate,
        payload: &T,
        options: AppendOptions,
        causation: CausationRef,
    ) -> Result<BatchAppendItem, StoreError> {
        let payload = encode(payload)?;
        let version = T::PAYLOAD_VERSION;
        Ok(Self::from_parts(
            coordinate,
            T::KIND,
            payload,
            version,
            options,
            causation,
        ))
    }

    /// An event whose payload is encoded already.
    ///
    /// # Errors
    /// [`StoreError::Serialization`] when the bytes are not exactly one MessagePack value.
    pub fn from_msgpack_bytes(
        coordinate: Coordinate,
        kind: EventKind,
        payload: Vec<u8>,
        options: AppendOptions,
        causation: CausationRef,
    ) -> Result<BatchAppendItem, StoreError> {
        check_messagepack(&payload)
            .map_err(|error| StoreError::Serialization(Box::new(CodecError::new(error))))?;
        Ok(Self::from_parts(
            coordinate, kind, payload, 0, options, causation,
        ))
    }

    /// An event that the store writes about a commit, of a kind that callers cannot use.
    pub(crate) fn record<T: EventPayload>(
        coordinate: Coordinate,
        payload: &T,
        options: AppendOptions,
    ) -> Result<BatchAppendItem, StoreError> {
        let item = Self::typed(coordinate, payload, options, CausationRef::None)?;
        Ok(BatchAppendItem {
            is_record: true,
            ..item
        })
    }

    pub(super) fn from_parts(
        coordinate: Coordinate,
        kind: EventKind,
        payload: Vec<u8>,
        payload_version: u16,
        options: AppendOptions,
        causation: CausationRef,
    ) -> BatchAppendItem {
        BatchAppendItem {
            coordinate,
            kind,
            payload,
            payload_version,
            options,
            causation,
            prior_causes: Vec::new(),
            is_record: false,
        }
    }

    /// What the journal takes of it from the start, and what it asks for beyond that. Its payload is moved.
    pub(super) fn split(&mut self) -> (Draft<'_>, Asked<'_>) {
        let payload = std::mem::take(&mut self.payload);
        let mut draft = Draft::at(&self.coordinate, self.kind, payload);
        draft.payload_version = self.payload_version;
        let asked = Asked {
            options: &mut self.options,
            causation: self.causation,
            prior_causes: &self.prior_causes,
            is_record: self.is_record,
        };
        (draft, asked)
    }

    /// Adds a further cause: an earlier item of the same batch, by its position from 0.
    #[must_use]
    pub fn with_prior_cause(mut self, index: usize) -> BatchAppendItem {
        self.prior_causes.push(index);
        self
    }

    /// Adds opaque bytes under a name.
    #[must_use]
    pub fn with_extension(mut self, key: ExtensionKey, bytes: EncodedBytes) -> BatchAppendItem {
        self.options = self.options.with_extension(key, bytes);
        self
    }

    /// Adds several extensions.
    #[must_use]
    pub fn with_extensions(
        mut self,
        extensions: impl IntoIterator<Item = (ExtensionKey, EncodedBytes)>,
    ) -> BatchAppendItem {
        self.options = self.options.with_extensions(extensions);
        self
    }

    /// Stream and scope.
    #[must_use]
    pub fn coordinate(&self) -> &Coordinate {
        &self.coordinate
    }

    /// Kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// Encoded payload.
    #[must_use]
    pub fn payload_bytes(&self) -> &[u8] {
        &self.payload
    }

    /// What is asked for beyond the payload.
    pub fn options(&self) -> &AppendOptions {
        &self.options
    }

    /// The first cause.
    #[must_use]
    pub fn causation(&self) -> CausationRef {
        self.causation
    }
}

/// Encodes a payload or a map of extensions.
pub(super) fn encode(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, StoreError> {
    let mut buffer = spare_buffer();
    encoding::write_to(&mut buffer, value)?;
    Ok(buffer)
}
