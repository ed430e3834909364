//! The store: opening it, its options and reports, and the types of its calls.

mod close;
mod damage;
mod head;
mod hide;
mod open;
mod repair;
mod report;
mod salvage;
mod state;
mod usage;
mod verify;

pub use batpak_coordinate::HlcPoint;
#[cfg(feature = "signatures")]
pub use batpak_event::receipt::{InvalidVerifyingKey, SigningKey};
pub use batpak_event::receipt::{
    Provenance, ReceiptVerification, ReceiptVerificationError, VerifyingKey,
};
pub use batpak_event::tree::{TreeHead, TreeHeadParseError};
pub use batpak_journal::{
    Chunk, Damage, DamageDigest, DamagedRange, Durability, ExpectedSequence, OpenReport,
    ParseDigestError,
};
pub use batpak_platform::{
    ActiveSegmentReadEvidence, Clock, ClockEvidence, FixedClock, LockLeafSymlinkProtection,
    LockOwner, MmapAdmissionSummary, MmapEvidence, ParentDirSyncAdmissionSummary,
    ParentDirSyncEvidence, Platform, StoreLockAdmissionSummary, StorePathStatusEvidence,
    SystemClock, lock_owner,
};

pub use crate::append::{
    AppendCondition, AppendOptions, AppendPositionHint, AppendTicket, BatchAppendItem,
    BatchAppendTicket, CausationRef, DecisionError, DecisionView, DurabilityGate, EncodedBytes,
    ExtensionKey, ExtensionKeyError, MAX_EXTENSION_KEY_LEN, WriterPressure,
};
pub use crate::config::{
    BatchConfig, RestartPolicy, StoreConfig, SyncConfig, SyncMode, WriterConfig,
};
pub use crate::error::{
    CheckpointIdError, CodecError, CommitState, Detail, DetailCause, HandlingClass,
    HiddenRangesCorruption, IoContext, Locus, ProfileInvalidKind, RetryAdvice, StoreError,
    StoreInvariant, StoreLockMode, WatermarkKind,
};
#[doc(no_inline)]
pub use batpak_journal::FrameBuffer as EventBuffer;

pub use crate::guard::DenialReceipt;
pub use crate::projection::{
    CacheCapabilities, CacheDamage, CacheMeta, CacheReport, Freshness, NativeCache, NoCache,
    ProjectionCache, ProjectionError,
};
pub use crate::read::{
    AncestorWalk, Entries, EventRef, Events, Explanation, IndexEntry, NamedEvent, Scan, WalkStop,
};
pub use crate::receipt::{AppendReceipt, DiskPos};
pub use repair::repair_identity;
pub use report::StoreStats;
pub use salvage::{SalvageReport, salvage};
pub(crate) use state::Pinned;
pub use state::{Closed, Open, ReadOnly, Store};
pub use usage::{FileClass, FileUsage, StoreUsage};
pub use verify::{Finding, VerifyProgress, VerifyReport, verify, verify_against};
