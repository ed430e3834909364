//! The hash of what surrounds a payload: stream, causes and extensions.

use super::Digest;
use super::hashed::Hashed;
use crate::Cause;

/// What surrounds a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// Entity of the stream.
    pub entity: &'a str,
    /// Scope of the stream.
    pub scope: &'a str,
    /// Causes in the order of the frame.
    pub causes: &'a [Cause],
    /// Extension map as stored, empty when there is none.
    pub extensions: &'a [u8],
}

impl Context<'_> {
    /// The context hash; the same for all events of a stream that have neither causes nor extensions.
    #[must_use]
    pub fn hash(&self) -> Digest {
        context_hash(
            self.entity,
            self.scope,
            self.causes.iter().copied(),
            self.extensions,
        )
    }
}

/// The context hash over causes that are not a slice, as when they are read in place from a frame.
///
/// Cost: one BLAKE3 over all parts, no allocation.
#[must_use]
pub fn context_hash(
    entity: &str,
    scope: &str,
    causes: impl ExactSizeIterator<Item = Cause>,
    extensions: &[u8],
) -> Digest {
    let mut hashed = Hashed::new();
    let lengths = [entity.len(), scope.len(), causes.len(), extensions.len()];
    let mut bytes = [0; 16];
    for (place, length) in bytes.as_chunks_mut().0.iter_mut().zip(lengths) {
        // A part that does not fit is refused long before it is hashed, so saturation joins no two contexts.
        *place = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    }
    hashed.add(&bytes);
    hashed.add(entity.as_bytes());
    hashed.add(scope.as_bytes());
    for cause in causes {
        hashed.add(&cause.id().as_u128().to_le_bytes());
        hashed.add(&[cause.mark()]);
    }
    hashed.add(extensions);
    hashed.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventId;

    const LOCAL: Cause = Cause::Local(EventId::new(0x0102));
    const FOREIGN: Cause = Cause::Foreign(EventId::new(0x0102));

    #[test]
    fn the_hashed_bytes_are_lengths_then_parts() {
        let mut bytes = Vec::new();
        for length in [2_u32, 3, 2, 1] {
            bytes.extend_from_slice(&length.to_le_bytes());
        }
        bytes.extend_from_slice(b"user1");
        bytes.extend_from_slice(&[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend_from_slice(&[2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.push(0x80);
        let context = Context {
            entity: "us",
            scope: "er1",
            causes: &[LOCAL, FOREIGN],
            extensions: &[0x80],
        };
        assert_eq!(context.hash(), *blake3::hash(&bytes).as_bytes());
    }

    #[test]
    fn every_part_and_every_boundary_counts() {
        let base = Context {
            entity: "ab",
            scope: "c",
            causes: &[LOCAL],
            extensions: &[],
        };
        let others = [
            Context {
                entity: "a",
                scope: "bc",
                ..base
            },
            Context {
                entity: "ab",
                scope: "d",
                ..base
            },
            Context {
                causes: &[FOREIGN],
                ..base
            },
            Context {
                causes: &[],
                ..base
            },
            Context {
                causes: &[LOCAL, LOCAL],
                ..base
            },
            Context {
                extensions: &[0x80],
                ..base
            },
        ];
        for other in others {
            assert_ne!(base.hash(), other.hash(), "{other:?}");
        }
    }
}
