//! What is known of a machine's abilities, and what a store may rely on because of it.
//!
//! *Evidence* is what was observed of one ability, including that nothing could be observed.
//! *Admission* is what a store may do with it: a pure function of the evidence, so that the same
//! evidence always gives the same decision. Evidence that is not known is never admissible.
//! The names of types, values and fields are the serialized form of platform profiles.

use serde::{Deserialize, Serialize};

/// What is at the path of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum StorePathStatusEvidence {
    /// A directory.
    ObservedDirectory,
    /// Nothing, so that nothing more can be known.
    UnknownMissing,
    /// Something that is not a directory.
    ObservedUnsupportedNotDirectory,
    /// The path could not be looked at.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

/// What the monotonic clock counts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum ClockEvidence {
    /// From a moment in the life of this process.
    ProcessLocalInstantAnchor,
    /// Not known.
    Unknown,
    /// The clock could not be read.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

/// How a new name in a directory becomes durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum ParentDirSyncEvidence {
    /// By syncing the directory.
    UnixFsync,
    /// By the rename itself, as far as the system promises.
    RenameOnly,
    /// Not known.
    Unknown,
    /// It could not be tried.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

impl ParentDirSyncEvidence {
    /// What a store may rely on.
    pub fn admission(&self) -> ParentDirSyncAdmissionSummary {
        match self {
            Self::UnixFsync => ParentDirSyncAdmissionSummary::UnixFsync,
            Self::RenameOnly => ParentDirSyncAdmissionSummary::RenameOnly,
            Self::Unknown | Self::ProbeFailed { .. } => ParentDirSyncAdmissionSummary::Rejected,
        }
    }
}

/// How opening the lock file is protected from a symbolic link at its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum LockLeafSymlinkProtection {
    /// The open itself refuses a link.
    AtomicNoFollow,
    /// The name is looked at before it is opened; it can change in between.
    BestEffortCheckThenOpen,
    /// Not known.
    Unknown,
    /// The system has no such protection.
    ObservedUnsupported,
    /// It could not be tried.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

impl LockLeafSymlinkProtection {
    /// What a store may rely on.
    pub fn admission(&self) -> StoreLockAdmissionSummary {
        match self {
            Self::AtomicNoFollow => StoreLockAdmissionSummary::AtomicNoFollow,
            Self::BestEffortCheckThenOpen => StoreLockAdmissionSummary::BestEffortCheckThenOpen,
            Self::Unknown | Self::ObservedUnsupported | Self::ProbeFailed { .. } => {
                StoreLockAdmissionSummary::Rejected
            }
        }
    }
}

/// Whether files of the store's directory can be mapped into memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum MmapEvidence {
    /// A file was mapped.
    FileBacked,
    /// Not known.
    Unknown,
    /// The system refuses.
    ObservedUnsupported,
    /// It could not be tried.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

impl MmapEvidence {
    /// What a store may rely on.
    pub fn admission(&self) -> MmapAdmissionSummary {
        match self {
            Self::FileBacked => MmapAdmissionSummary::FileBacked,
            Self::Unknown | Self::ObservedUnsupported | Self::ProbeFailed { .. } => {
                MmapAdmissionSummary::Rejected
            }
        }
    }
}

/// How the file that is being written is read. Evidence only: every way is admissible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum ActiveSegmentReadEvidence {
    /// By reads at a position, without a shared cursor.
    UnixReadAt,
    /// By moving a shared cursor under a lock.
    LockedSeekRead,
    /// Not known.
    Unknown,
    /// It could not be tried.
    ProbeFailed {
        /// What the system answered.
        reason: String,
    },
}

/// How a store may open its lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum StoreLockAdmissionSummary {
    /// With an open that refuses a link.
    AtomicNoFollow,
    /// With a look before the open.
    BestEffortCheckThenOpen,
    /// Not at all.
    Rejected,
}

/// How a store may make a new name durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum ParentDirSyncAdmissionSummary {
    /// By syncing the directory.
    UnixFsync,
    /// By renaming.
    RenameOnly,
    /// Not at all.
    Rejected,
}

/// Whether a store may map files into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
#[non_exhaustive]
pub enum MmapAdmissionSummary {
    /// Yes.
    FileBacked,
    /// No.
    Rejected,
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error as ValueError;

    use super::*;

    fn failed() -> String {
        "permission denied".to_owned()
    }

    #[test]
    fn only_known_lock_protection_is_admitted() {
        use LockLeafSymlinkProtection as Evidence;
        use StoreLockAdmissionSummary as Admission;
        let probe_failed = Evidence::ProbeFailed { reason: failed() };
        for (evidence, expected) in [
            (probe_failed, Admission::Rejected),
            (Evidence::Unknown, Admission::Rejected),
            (Evidence::ObservedUnsupported, Admission::Rejected),
            (Evidence::AtomicNoFollow, Admission::AtomicNoFollow),
            (
                Evidence::BestEffortCheckThenOpen,
                Admission::BestEffortCheckThenOpen,
            ),
        ] {
            assert_eq!(evidence.admission(), expected, "{evidence:?}");
        }
    }

    #[test]
    fn only_known_directory_sync_is_admitted() {
        use ParentDirSyncAdmissionSummary as Admission;
        use ParentDirSyncEvidence as Evidence;
        let probe_failed = Evidence::ProbeFailed { reason: failed() };
        for (evidence, expected) in [
            (probe_failed, Admission::Rejected),
            (Evidence::Unknown, Admission::Rejected),
            (Evidence::UnixFsync, Admission::UnixFsync),
            (Evidence::RenameOnly, Admission::RenameOnly),
        ] {
            assert_eq!(evidence.admission(), expected, "{evidence:?}");
        }
    }

    #[test]
    fn only_an_observed_mapping_is_admitted() {
        use MmapAdmissionSummary as Admission;
        use MmapEvidence as Evidence;
        let probe_failed = Evidence::ProbeFailed { reason: failed() };
        for (evidence, expected) in [
            (probe_failed, Admission::Rejected),
            (Evidence::Unknown, Admission::Rejected),
            (Evidence::ObservedUnsupported, Admission::Rejected),
            (Evidence::FileBacked, Admission::FileBacked),
        ] {
            assert_eq!(evidence.admission(), expected, "{evidence:?}");
        }
    }

    /// Reads a value by its serialized name.
    fn named<'de, T: Deserialize<'de>>(name: &'de str) -> Result<T, ValueError> {
        T::deserialize(IntoDeserializer::<ValueError>::into_deserializer(name))
    }

    #[test]
    fn serialized_names_are_those_of_profiles() {
        assert_eq!(
            named("ObservedUnsupportedNotDirectory"),
            Ok(StorePathStatusEvidence::ObservedUnsupportedNotDirectory)
        );
        assert_eq!(
            named("UnknownMissing"),
            Ok(StorePathStatusEvidence::UnknownMissing)
        );
        assert_eq!(
            named("ObservedDirectory"),
            Ok(StorePathStatusEvidence::ObservedDirectory)
        );
        assert_eq!(
            named("ProcessLocalInstantAnchor"),
            Ok(ClockEvidence::ProcessLocalInstantAnchor)
        );
        assert_eq!(named("UnixFsync"), Ok(ParentDirSyncEvidence::UnixFsync));
        assert_eq!(
            named("BestEffortCheckThenOpen"),
            Ok(LockLeafSymlinkProtection::BestEffortCheckThenOpen)
        );
        assert_eq!(named("FileBacked"), Ok(MmapEvidence::FileBacked));
        assert_eq!(
            named("LockedSeekRead"),
            Ok(ActiveSegmentReadEvidence::LockedSeekRead)
        );
        assert_eq!(named("Rejected"), Ok(StoreLockAdmissionSummary::Rejected));
        assert_eq!(
            named("RenameOnly"),
            Ok(ParentDirSyncAdmissionSummary::RenameOnly)
        );
        assert_eq!(named("Rejected"), Ok(MmapAdmissionSummary::Rejected));
        assert!(named::<MmapEvidence>("file_backed").is_err());
    }
}
