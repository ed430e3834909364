//! A state that is not what was put into the cache.

use thiserror::Error;

use crate::error::StoreError;

/// A state in a cache that is not what was put there. Inside [`StoreError::CacheFailed`].
///
/// ```
/// use batpak::store::CacheDamage;
///
/// let damage = CacheDamage::new("the file of order:7", "its checksum does not match");
/// assert_eq!(damage.to_string(), "the file of order:7 is damaged: its checksum does not match");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place} is damaged: {reason}")]
#[non_exhaustive]
pub struct CacheDamage {
    /// The file, or what else the cache keeps the state in.
    pub place: String,
    /// What is wrong.
    pub reason: &'static str,
}

impl CacheDamage {
    /// Damage at a place.
    #[must_use]
    pub fn new(place: impl Into<String>, reason: &'static str) -> CacheDamage {
        CacheDamage {
            place: place.into(),
            reason,
        }
    }
}

impl From<CacheDamage> for StoreError {
    fn from(damage: CacheDamage) -> StoreError {
        StoreError::CacheFailed(Box::new(damage))
    }
}
