//! Where scanner and search read from.

use std::convert::Infallible;

/// A file, or a part of one, that can be looked at piece by piece.
pub trait ByteSource {
    /// What can go wrong when bytes are fetched.
    type Error;

    /// Length in bytes; does not change while somebody scans.
    fn len(&self) -> u64;

    /// Whether there is nothing to look at.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Exactly `length` bytes from `offset`; the caller guarantees that they lie within [`ByteSource::len`].
    ///
    /// # Errors
    /// The source's own, when the bytes cannot be fetched.
    fn window(&mut self, offset: u64, length: usize) -> Result<&[u8], Self::Error>;
}

impl ByteSource for &[u8] {
    type Error = Infallible;

    fn len(&self) -> u64 {
        crate::fixed::count(<[u8]>::len(self))
    }

    fn window(&mut self, offset: u64, length: usize) -> Result<&[u8], Infallible> {
        let window = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..start.checked_add(length)?));
        Ok(window.unwrap_or_default())
    }
}

impl<S: ByteSource> ByteSource for &mut S {
    type Error = S::Error;

    fn len(&self) -> u64 {
        (**self).len()
    }

    fn window(&mut self, offset: u64, length: usize) -> Result<&[u8], S::Error> {
        (**self).window(offset, length)
    }
}
