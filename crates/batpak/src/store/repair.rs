//! Repair of a store whose identity is lost.

use std::path::Path;

use batpak_platform::Platform;

use super::damage::open_error;
use super::open::{canonical, open_directory};
use crate::error::{StoreError, StoreLockMode};
use crate::origin::Origin;

/// Writes the identity of a store anew from its segments, when it is missing or damaged beyond
/// reading; `Ok(false)` when it is whole and nothing was changed.
///
/// What only the identity knew is lost: a newest segment that is missing as well is not noticed.
/// [`verify`](super::verify) tells whether the rest is whole.
///
/// # Errors
/// [`StoreError::StoreLocked`] beside a writer, [`StoreError::NotAStore`], and the error of the
/// segment that is missing, damaged or cut where its neighbors say so.
pub fn repair_identity(dir: impl AsRef<Path>) -> Result<bool, StoreError> {
    let dir = dir.as_ref();
    let platform = Platform::real(open_directory(dir)?);
    batpak_journal::repair_identity(&platform).map_err(|error| {
        let origin = Origin::new(canonical(dir));
        open_error(error, &origin, StoreLockMode::Mutable)
    })
}
