//! How other errors become store errors.

use std::io;

use batpak_coordinate::CoordinateError;
use batpak_event::encoding::{DecodeError, EncodeError};

use super::{CheckpointIdError, EventPayloadRegistryError, IoContext, StoreError};

impl From<CoordinateError> for StoreError {
    /// The three rules that keep names harmless have variants of their own.
    fn from(error: CoordinateError) -> StoreError {
        match error {
            CoordinateError::NulByte => StoreError::CoordinateNulByte,
            CoordinateError::ControlChar => StoreError::CoordinateControlChar,
            CoordinateError::PathTraversal => StoreError::CoordinatePathTraversal,
            other => StoreError::Coordinate(other),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> StoreError {
        StoreError::Io(error)
    }
}

impl From<IoContext> for StoreError {
    fn from(context: IoContext) -> StoreError {
        StoreError::Io(context.into_io_error())
    }
}

impl From<CheckpointIdError> for StoreError {
    fn from(error: CheckpointIdError) -> StoreError {
        StoreError::CheckpointId(error)
    }
}

impl From<EventPayloadRegistryError> for StoreError {
    fn from(error: EventPayloadRegistryError) -> StoreError {
        StoreError::EventPayloadRegistry(error)
    }
}

impl From<EncodeError> for StoreError {
    fn from(error: EncodeError) -> StoreError {
        StoreError::Serialization(Box::new(error))
    }
}

impl From<DecodeError> for StoreError {
    fn from(error: DecodeError) -> StoreError {
        StoreError::Serialization(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io::ErrorKind;

    use batpak_event::encoding::from_bytes;

    use super::*;

    #[test]
    fn a_system_error_keeps_its_kind_and_payload() {
        let routed = StoreError::from(io::Error::new(ErrorKind::TimedOut, "disk timed out"));
        let StoreError::Io(kept) = routed else {
            unreachable!("an io error stays one")
        };
        assert_eq!(kept.kind(), ErrorKind::TimedOut);
        assert_eq!(kept.to_string(), "disk timed out");
    }

    #[test]
    fn an_encoding_error_keeps_its_type_in_the_chain() {
        let refused = from_bytes::<u8>(b"").unwrap_err();
        let error = StoreError::from(refused);
        assert_eq!(error.code(), "serialization");
        assert!(
            error
                .source()
                .is_some_and(|source| source.is::<DecodeError>())
        );
    }

    #[test]
    fn helper_errors_keep_their_cause() {
        let error = StoreError::from(CheckpointIdError::Empty);
        assert_eq!(error.code(), "checkpoint-id-empty");
        let error = StoreError::from(EventPayloadRegistryError::new(Vec::new()));
        assert_eq!(error.code(), "event-payload-registry");
    }
}
