//! What is wrong with a platform profile.

use std::error::Error;
use std::fmt;
use std::io;

use batpak_platform::{
    LockLeafSymlinkProtection, MmapAdmissionSummary, MmapEvidence, ParentDirSyncAdmissionSummary,
    ParentDirSyncEvidence, StoreLockAdmissionSummary, StorePathStatusEvidence,
};

use super::CodecError;

/// What is wrong with a platform profile.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProfileInvalidKind {
    /// The file cannot be read.
    Io(io::Error),
    /// The file is not JSON of the expected shape.
    DecodeJson(CodecError),
    /// The fingerprint of its values cannot be computed.
    FingerprintEncode(CodecError),
    /// It has a schema version that is not known.
    UnsupportedSchemaVersion {
        /// Its version.
        observed: u16,
        /// The version that is known.
        expected: u16,
    },
    /// Its fingerprint is not that of its values.
    FingerprintMismatch {
        /// Fingerprint in the file.
        observed: u32,
        /// Fingerprint of the values.
        computed: u32,
    },
    /// The lock file is admitted otherwise than its evidence allows.
    InconsistentLockAdmission {
        /// Admission in the file.
        admission: StoreLockAdmissionSummary,
        /// Evidence in the file.
        evidence: LockLeafSymlinkProtection,
    },
    /// Directory sync is admitted otherwise than its evidence allows.
    InconsistentParentDirSyncAdmission {
        /// Admission in the file.
        admission: ParentDirSyncAdmissionSummary,
        /// Evidence in the file.
        evidence: ParentDirSyncEvidence,
    },
    /// Mapping is said to be observed where the path allows no observation.
    InconsistentMmapPath {
        /// Which value.
        field: &'static str,
        /// Evidence in the file.
        evidence: Box<MmapEvidence>,
        /// The only evidence that the path allows.
        expected: Box<MmapEvidence>,
        /// What the file says is at the path.
        path_status: Box<StorePathStatusEvidence>,
    },
    /// Mapping is admitted otherwise than its evidence allows.
    InconsistentMmapAdmission {
        /// Which value.
        field: &'static str,
        /// Admission in the file.
        admission: MmapAdmissionSummary,
        /// Evidence in the file.
        evidence: MmapEvidence,
    },
}

impl ProfileInvalidKind {
    /// The stable name of the cause.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "platform-profile-unreadable",
            Self::DecodeJson(_) => "platform-profile-json",
            Self::FingerprintEncode(_) => "platform-profile-fingerprint-encode",
            Self::UnsupportedSchemaVersion { .. } => "platform-profile-schema",
            Self::FingerprintMismatch { .. } => "platform-profile-fingerprint",
            Self::InconsistentLockAdmission { .. } => "platform-profile-lock-admission",
            Self::InconsistentParentDirSyncAdmission { .. } => {
                "platform-profile-directory-sync-admission"
            }
            Self::InconsistentMmapPath { .. } => "platform-profile-mmap-path",
            Self::InconsistentMmapAdmission { .. } => "platform-profile-mmap-admission",
        }
    }
}

impl fmt::Display for ProfileInvalidKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "read failed: {error}"),
            Self::DecodeJson(error) => write!(f, "not a profile in JSON: {error}"),
            Self::FingerprintEncode(error) => write!(f, "fingerprint not computable: {error}"),
            Self::UnsupportedSchemaVersion { observed, expected } => {
                write!(f, "schema_version {observed}, expected {expected}")
            }
            Self::FingerprintMismatch { observed, computed } => write!(
                f,
                "fingerprint_crc32 is {observed}, its values give {computed}"
            ),
            Self::InconsistentLockAdmission {
                admission,
                evidence,
            } => write!(f, "store_lock admits {admission:?} on {evidence:?}"),
            Self::InconsistentParentDirSyncAdmission {
                admission,
                evidence,
            } => write!(f, "parent_dir_sync admits {admission:?} on {evidence:?}"),
            Self::InconsistentMmapPath {
                field,
                evidence,
                expected,
                path_status,
            } => write!(
                f,
                "{field} is {evidence:?}, path_status {path_status:?} allows only {expected:?}"
            ),
            Self::InconsistentMmapAdmission {
                field,
                admission,
                evidence,
            } => write!(f, "{field} admits {admission:?} on {evidence:?}"),
        }
    }
}

impl Error for ProfileInvalidKind {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::DecodeJson(error) | Self::FingerprintEncode(error) => Some(error),
            Self::UnsupportedSchemaVersion { .. }
            | Self::FingerprintMismatch { .. }
            | Self::InconsistentLockAdmission { .. }
            | Self::InconsistentParentDirSyncAdmission { .. }
            | Self::InconsistentMmapPath { .. }
            | Self::InconsistentMmapAdmission { .. } => None,
        }
    }
}
