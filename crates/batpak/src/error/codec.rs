//! An encoding error whose library is not part of the interface.

use std::error::Error;
use std::fmt;

/// Why bytes could not be encoded or decoded. Hides which library said so.
#[derive(Debug)]
pub struct CodecError(Box<dyn Error + Send + Sync>);

impl CodecError {
    /// Wraps the error of an encoding library, or plain text.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> CodecError {
        CodecError(error.into())
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for CodecError {
    // The wrapped error prints the same text, so the chain goes on below it.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
