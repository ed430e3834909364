//! One error of every variant and every helper kind, for tests.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use batpak_coordinate::{Coordinate, CoordinateError, EventKind, HlcPoint};
use batpak_event::EventId;
use batpak_platform::{
    LockLeafSymlinkProtection, MmapAdmissionSummary, MmapEvidence, ParentDirSyncAdmissionSummary,
    ParentDirSyncEvidence, StoreLockAdmissionSummary, StorePathStatusEvidence,
};

use super::*;
use crate::append::DurabilityGate;
use crate::{Durability, Store, StoreConfig};

/// How many variants [`ordinal`] numbers.
pub(super) const VARIANTS: usize = 56;

/// Numbers the variants; a new one does not compile until it has a number here.
pub(super) fn ordinal(error: &StoreError) -> usize {
    match error {
        StoreError::Io(_) => 0,
        StoreError::StoreLocked { .. } => 1,
        StoreError::Coordinate(_) => 2,
        StoreError::CheckpointId(_) => 3,
        StoreError::Serialization(_) => 4,
        StoreError::CrcMismatch { .. } => 5,
        StoreError::CorruptSegment { .. } => 6,
        StoreError::NotFound(_) => 7,
        StoreError::SequenceMismatch { .. } => 8,
        StoreError::WriterCrashed => 9,
        StoreError::WaitTimeout { .. } => 10,
        StoreError::CacheFailed(_) => 11,
        StoreError::SequenceGateViolation { .. } => 12,
        StoreError::Configuration(_) => 13,
        StoreError::PlatformProfileInvalid { .. } => 14,
        StoreError::PlatformProfileMismatch { .. } => 15,
        StoreError::PlatformAdmissionFailed { .. } => 16,
        StoreError::EventPayloadRegistry(_) => 17,
        StoreError::IdempotencyRequired => 18,
        StoreError::VisibilityFenceActive => 19,
        StoreError::VisibilityFenceNotActive => 20,
        StoreError::VisibilityFenceCancelled => 21,
        StoreError::BatchFailed { .. } => 22,
        StoreError::BatchSyncFailed { .. } => 23,
        StoreError::IdempotencyPartialBatch { .. } => 24,
        StoreError::CorruptFrame { .. } => 25,
        StoreError::SegmentTooManyEntries { .. } => 26,
        StoreError::DataDirMalformed { .. } => 27,
        StoreError::AncestryCorrupt { .. } => 28,
        StoreError::RangeMalformed { .. } => 29,
        StoreError::InvalidCoordinate { .. } => 30,
        StoreError::InvalidCausation { .. } => 31,
        StoreError::InvalidCommitMetadata { .. } => 32,
        StoreError::CoordinateNulByte => 33,
        StoreError::CoordinatePathTraversal => 34,
        StoreError::CoordinateControlChar => 35,
        StoreError::HiddenRangesCorrupt { .. } => 36,
        StoreError::BatchItemTooLarge { .. } => 37,
        StoreError::EntityClockOverflow { .. } => 38,
        StoreError::InvalidClock { .. } => 39,
        StoreError::CheckpointWriteFailed { .. } => 40,
        StoreError::CursorCheckpointCorrupt { .. } => 41,
        StoreError::CursorCheckpointRegionMismatch { .. } => 42,
        StoreError::InvariantViolation { .. } => 43,
        StoreError::CommitUnknown { .. } => 44,
        StoreError::ReservedKind { .. } => 45,
        StoreError::KeyConflict { .. } => 46,
        StoreError::UnknownCause { .. } => 47,
        StoreError::FutureVersion { .. } => 48,
        StoreError::StoreDamaged { .. } => 49,
        StoreError::NotAStore { .. } => 50,
        StoreError::EventsGone { .. } => 51,
        StoreError::StreamGap { .. } => 52,
        StoreError::Forked { .. } => 53,
        StoreError::ConditionBroken { .. } => 54,
        StoreError::CommittedNotReached { .. } => 55,
    }
}

/// An error of the system with context.
pub(super) fn refused(kind: ErrorKind, text: &'static str, commit: CommitState) -> StoreError {
    IoContext::new("write", "data/000001.fbat", commit, Error::new(kind, text)).into()
}

/// One error for every cause that has a name, in the order of the variants.
pub(super) fn every_cause() -> Vec<StoreError> {
    let full = || {
        refused(
            ErrorKind::StorageFull,
            "no space left",
            CommitState::NotCommitted,
        )
    };
    let mut causes = vec![
        full(),
        StoreError::StoreLocked {
            path: "data".into(),
            mode: StoreLockMode::Mutable,
        },
    ];
    causes.extend(coordinates().map(StoreError::from));
    causes.extend(checkpoint_ids().map(StoreError::from));
    causes.extend([
        StoreError::Serialization("map keys must be text".into()),
        StoreError::CrcMismatch {
            segment_id: 3,
            offset: 4096,
        },
        StoreError::CorruptSegment {
            segment_id: 3,
            detail: Detail::new(DetailCause::BadMagic, "bad magic"),
        },
        StoreError::NotFound(0xBEEF),
        StoreError::SequenceMismatch {
            entity: "order:17".into(),
            expected: 4,
            actual: 6,
        },
        StoreError::WriterCrashed,
        StoreError::WaitTimeout {
            watermark: WatermarkKind::Applied,
            target: point(1_000, 12),
            waited_ms: 75,
        },
        StoreError::CacheFailed(Box::new(Error::new(
            ErrorKind::NotFound,
            "no cache directory",
        ))),
        StoreError::SequenceGateViolation {
            operation: "publish",
            requested: 9,
            allocated: 8,
            visible: 6,
        },
        StoreError::Configuration(Detail::new(
            DetailCause::OutOfRange,
            "segment_max_bytes must be > 0",
        )),
    ]);
    causes.extend(
        profiles()
            .into_iter()
            .map(|kind| StoreError::PlatformProfileInvalid {
                path: "site.profile".into(),
                kind,
            }),
    );
    causes.extend([
        StoreError::PlatformProfileMismatch {
            path: "site.profile".into(),
            reason: "parent_dir_sync: required UnixFsync, observed RenameOnly".into(),
        },
        StoreError::PlatformAdmissionFailed {
            capability: "parent directory sync",
            reason: "evidence is Unknown".into(),
        },
        StoreError::EventPayloadRegistry(EventPayloadRegistryError::new(vec![
            EventPayloadKindCollision {
                category: 0xF,
                type_id: 0x0FE,
                first_type_name: "shop::Placed",
                second_type_name: "bank::Paid",
            },
        ])),
        StoreError::IdempotencyRequired,
        StoreError::VisibilityFenceActive,
        StoreError::VisibilityFenceNotActive,
        StoreError::VisibilityFenceCancelled,
        StoreError::BatchFailed {
            item_index: 5,
            source: Box::new(full()),
        },
        StoreError::BatchSyncFailed {
            item_count: 6,
            source: Box::new(refused(
                ErrorKind::TimedOut,
                "device timed out",
                CommitState::Unknown,
            )),
        },
        StoreError::IdempotencyPartialBatch {
            reason: "2 of 3 keys are already in the store".into(),
        },
        StoreError::CorruptFrame {
            segment_id: 3,
            offset: 512,
            reason: "length 300000000 exceeds MAX_FRAME_PAYLOAD".into(),
        },
        StoreError::SegmentTooManyEntries {
            segment_id: 3,
            count: 1 << 32,
        },
        StoreError::DataDirMalformed {
            path: "data/notes.fbat".into(),
        },
        StoreError::AncestryCorrupt { cycle_at: 0xBEEF },
        StoreError::RangeMalformed { start: 9, end: 3 },
        StoreError::InvalidCoordinate {
            index: Some(2),
            reason: Detail::from(&CoordinateError::EmptyScope),
        },
        StoreError::InvalidCausation {
            prior_idx: 4,
            item_index: 1,
            reason: "a cause comes before its effect".into(),
        },
        StoreError::InvalidCommitMetadata {
            reason: "genesis with sequence 3".into(),
        },
        StoreError::CoordinateNulByte,
        StoreError::CoordinatePathTraversal,
        StoreError::CoordinateControlChar,
    ]);
    causes.extend(
        hidden_ranges()
            .into_iter()
            .map(|kind| StoreError::HiddenRangesCorrupt {
                path: "data/visibility-ranges".into(),
                kind,
            }),
    );
    causes.extend([
        StoreError::BatchItemTooLarge {
            index: 7,
            size: 900,
            limit: 800,
        },
        StoreError::EntityClockOverflow {
            entity: "order:17".into(),
        },
        StoreError::InvalidClock {
            timestamp_us: -5,
            reason: "times before 1970 are not possible".into(),
        },
        StoreError::CheckpointWriteFailed {
            id: "mailer".into(),
            source: Error::new(ErrorKind::PermissionDenied, "not allowed"),
        },
        StoreError::CursorCheckpointCorrupt {
            path: "data/cursors/mailer.ckpt".into(),
            reason: "ends after 3 bytes".into(),
        },
        StoreError::CursorCheckpointRegionMismatch {
            path: "data/cursors/mailer.ckpt".into(),
            stored: Some("entity=a".into()),
            expected: "entity=b".into(),
        },
    ]);
    causes.extend(invariants().map(|kind| StoreError::InvariantViolation { kind }));
    causes.extend([
        StoreError::CommitUnknown {
            first: 41,
            last: 43,
            source: Box::new(refused(
                ErrorKind::TimedOut,
                "device timed out",
                CommitState::Unknown,
            )),
        },
        StoreError::ReservedKind {
            index: Some(1),
            kind: EventKind::SYSTEM_INIT,
        },
        StoreError::KeyConflict {
            key: EventId::from(0xBEEF),
        },
        StoreError::UnknownCause {
            index: None,
            cause: EventId::from(0xBEEF),
        },
        StoreError::FutureVersion {
            path: "data/000009.fbat".into(),
            found: 7,
            supported: 1,
        },
        StoreError::StoreDamaged {
            path: "data/000002.fbat".into(),
            offset: Some(8192),
            first_sequence: Some(100),
            last_sequence: Some(120),
            detail: Detail::new(DetailCause::Truncated, "the file is cut"),
        },
        StoreError::NotAStore {
            path: "photos".into(),
        },
        StoreError::EventsGone {
            first_sequence: 7,
            last_sequence: 9,
            reason: Detail::new(DetailCause::Missing, "they could not be salvaged"),
        },
        StoreError::StreamGap {
            entity: "order:17".into(),
            found: 7,
            expected: 5,
        },
        StoreError::Forked {
            path: "data".into(),
        },
        StoreError::ConditionBroken {
            events: vec![7, 12],
            reason: Detail::new(DetailCause::Unspecified, "events of its region came before"),
        },
        not_reached(),
    ]);
    causes
}

/// A receipt is had of a store alone.
fn not_reached() -> StoreError {
    let disk = batpak_sim::SimDisk::new();
    let config = StoreConfig::new("data").with_durability(Durability::Written);
    let store = Store::open_on(config, disk.platform()).unwrap();
    let coordinate = Coordinate::new("order:17", "shop").unwrap();
    let ticket = store.submit(&coordinate, EventKind::DATA, "lamp").unwrap();
    let gate = DurabilityGate::new(WatermarkKind::Durable, Duration::ZERO);
    ticket.wait_for(gate).unwrap_err()
}

fn point(wall_ms: u64, global_sequence: u64) -> HlcPoint {
    HlcPoint {
        wall_ms,
        global_sequence,
    }
}

/// The rules that stay in `StoreError::Coordinate`.
fn coordinates() -> impl Iterator<Item = CoordinateError> {
    let (len, max) = (2000, 1024);
    [
        CoordinateError::EmptyEntity,
        CoordinateError::EmptyScope,
        CoordinateError::EntityTooLong { len, max },
        CoordinateError::ScopeTooLong { len, max },
        CoordinateError::ForbiddenSeparator,
    ]
    .into_iter()
}

fn checkpoint_ids() -> impl Iterator<Item = CheckpointIdError> {
    [
        CheckpointIdError::Empty,
        CheckpointIdError::TooLong {
            len: 2000,
            max: 1024,
        },
        CheckpointIdError::NulByte,
        CheckpointIdError::ControlChar,
        CheckpointIdError::PathTraversal,
        CheckpointIdError::ForbiddenSeparator,
    ]
    .into_iter()
}

fn profiles() -> Vec<ProfileInvalidKind> {
    vec![
        ProfileInvalidKind::Io(Error::new(ErrorKind::NotFound, "no such file")),
        ProfileInvalidKind::DecodeJson(CodecError::new("expected value at line 1")),
        ProfileInvalidKind::FingerprintEncode(CodecError::new("out of memory")),
        ProfileInvalidKind::UnsupportedSchemaVersion {
            observed: 3,
            expected: 1,
        },
        ProfileInvalidKind::FingerprintMismatch {
            observed: 198_181_095,
            computed: 198_181_094,
        },
        ProfileInvalidKind::InconsistentLockAdmission {
            admission: StoreLockAdmissionSummary::AtomicNoFollow,
            evidence: LockLeafSymlinkProtection::Unknown,
        },
        ProfileInvalidKind::InconsistentParentDirSyncAdmission {
            admission: ParentDirSyncAdmissionSummary::UnixFsync,
            evidence: ParentDirSyncEvidence::ProbeFailed {
                reason: "not allowed".into(),
            },
        },
        ProfileInvalidKind::InconsistentMmapPath {
            field: "mmap_index",
            evidence: Box::new(MmapEvidence::FileBacked),
            expected: Box::new(MmapEvidence::Unknown),
            path_status: Box::new(StorePathStatusEvidence::UnknownMissing),
        },
        ProfileInvalidKind::InconsistentMmapAdmission {
            field: "sealed_segment_mmap",
            admission: MmapAdmissionSummary::FileBacked,
            evidence: MmapEvidence::ObservedUnsupported,
        },
    ]
}

fn hidden_ranges() -> Vec<HiddenRangesCorruption> {
    vec![
        HiddenRangesCorruption::ReadFailed(Error::new(ErrorKind::PermissionDenied, "not allowed")),
        HiddenRangesCorruption::TooShort {
            actual: 5,
            required: 12,
        },
        HiddenRangesCorruption::BadMagic,
        HiddenRangesCorruption::UnsupportedVersion {
            observed: 4,
            expected: 1,
        },
        HiddenRangesCorruption::CrcMismatch {
            stored: 0xAB,
            computed: 0xCD,
        },
        HiddenRangesCorruption::DecodeFailed(CodecError::new("unexpected marker")),
        HiddenRangesCorruption::MalformedEntries {
            source: Box::new(StoreError::RangeMalformed { start: 9, end: 3 }),
        },
    ]
}

fn invariants() -> impl Iterator<Item = StoreInvariant> {
    [
        StoreInvariant::CloseHlcRegression {
            previous: point(900, 7),
            later: point(800, 8),
        },
        StoreInvariant::BootstrapHlcOutOfOrder {
            open_hlc: point(700, 9),
            max_recovered_hlc: point(900, 8),
            last_close_hlc: None,
        },
        StoreInvariant::OpenHlcWallMsOverflow { wall_ms: u64::MAX },
        StoreInvariant::OpenHlcTimestampOutOfRange { wall_ms: u64::MAX },
        StoreInvariant::OpenReceiptNotIndexed { event_id: 0xBEEF },
        StoreInvariant::GateReceiptNotIndexed { event_id: 0xBEEF },
        StoreInvariant::PreparedBatchItemCountDrift {
            expected: 3,
            actual: 2,
        },
    ]
    .into_iter()
}
