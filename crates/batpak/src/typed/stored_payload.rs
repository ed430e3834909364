//! A payload as it is stored, or as it was handed out.

use std::error::Error;

use batpak_event::encoding::{self, DecodeError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use crate::error::CodecError;

/// Why a payload of the right kind cannot be read as a type.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeSource {
    /// The JSON value does not fit the type.
    #[error(transparent)]
    Json(CodecError),
    /// The MessagePack bytes do not fit the type.
    #[error(transparent)]
    Msgpack(DecodeError),
    /// The payload is of an older version, and the step to the next one refused it.
    #[error("the older payload cannot become the newer one: {0}")]
    Upcast(CodecError),
}

impl DecodeSource {
    /// A step from one version to the next that refused what it was given, for chains that are written
    /// by hand.
    ///
    /// ```
    /// use batpak::event::DecodeSource;
    ///
    /// let refused = DecodeSource::upcast("the currency is not known");
    /// assert!(refused.to_string().ends_with("the currency is not known"));
    /// ```
    #[must_use]
    pub fn upcast(refused: impl Into<Box<dyn Error + Send + Sync>>) -> DecodeSource {
        DecodeSource::Upcast(CodecError::new(refused))
    }
}

/// A payload that is still to be read: MessagePack as it is stored, or the JSON value of an event
/// that was handed out as one.
///
/// ```
/// use batpak::event::{DecodeSource, StoredPayload};
/// use batpak::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// # #[serde(crate = "batpak::serde")]
/// struct Paid {
///     cents: u64,
/// }
///
/// impl EventPayload for Paid {
///     const KIND: EventKind = EventKind::custom(0x1, 0x001);
///     const PAYLOAD_VERSION: u16 = 2;
///
///     // The first version was the bare number of euros.
///     fn upcast(_version: u16, stored: StoredPayload<'_>) -> Result<Paid, DecodeSource> {
///         let euros: u64 = stored.decode()?;
///         let cents = euros.checked_mul(100).ok_or_else(|| DecodeSource::upcast("too much"))?;
///         Ok(Paid { cents })
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StoredPayload<'a>(Form<'a>);

#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    Msgpack(&'a [u8]),
    Json(&'a Value),
}

impl<'a> StoredPayload<'a> {
    #[inline]
    pub(crate) fn msgpack(bytes: &'a [u8]) -> StoredPayload<'a> {
        StoredPayload(Form::Msgpack(bytes))
    }

    pub(crate) fn json(value: &'a Value) -> StoredPayload<'a> {
        StoredPayload(Form::Json(value))
    }

    /// Reads the payload as a type, whatever its version.
    ///
    /// # Errors
    /// [`DecodeSource::Json`] or [`DecodeSource::Msgpack`] when it does not fit.
    #[inline]
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, DecodeSource> {
        match self.0 {
            Form::Msgpack(bytes) => encoding::from_bytes(bytes).map_err(DecodeSource::Msgpack),
            Form::Json(value) => {
                T::deserialize(value).map_err(|error| DecodeSource::Json(CodecError::new(error)))
            }
        }
    }
}

/// One step of a chain that the derive writes: `From` is a `TryFrom` that cannot fail, so one form
/// serves both.
///
/// # Errors
/// [`DecodeSource::Upcast`] when the step refuses what it is given.
#[inline]
pub fn upcast_step<Older, Newer>(older: Older) -> Result<Newer, DecodeSource>
where
    Newer: TryFrom<Older>,
    Newer::Error: Into<Box<dyn Error + Send + Sync>>,
{
    Newer::try_from(older).map_err(DecodeSource::upcast)
}
