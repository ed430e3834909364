//! A guarantee of the store that does not hold.

use batpak_coordinate::HlcPoint;
use thiserror::Error;

/// A guarantee of the store that does not hold.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreInvariant {
    /// A later close is recorded at an earlier point of the clock.
    #[error("close HLC regressed from {previous} to {later}")]
    CloseHlcRegression {
        /// The earlier close.
        previous: HlcPoint,
        /// The later close.
        later: HlcPoint,
    },
    /// The clock of an open is before what is already recorded.
    #[error(
        "open HLC {open_hlc} is before the recovered {max_recovered_hlc} or the last close, {}",
        last_close_hlc.map_or_else(|| String::from("not recorded"), |point| point.to_string())
    )]
    BootstrapHlcOutOfOrder {
        /// The point of the open.
        open_hlc: HlcPoint,
        /// The latest point recorded with an event.
        max_recovered_hlc: HlcPoint,
        /// The point of the last close, if one is recorded.
        last_close_hlc: Option<HlcPoint>,
    },
    /// The clock of an open cannot be given in microseconds.
    #[error("open HLC wall time {wall_ms}ms does not fit in microseconds")]
    OpenHlcWallMsOverflow {
        /// Wall time in milliseconds since 1970.
        wall_ms: u64,
    },
    /// The clock of an open is outside the times that an event can have.
    #[error("open HLC wall time {wall_ms}ms is outside the range of a timestamp")]
    OpenHlcTimestampOutOfRange {
        /// Wall time in milliseconds since 1970.
        wall_ms: u64,
    },
    /// The event that records the open is committed and cannot be found.
    #[error("open event {event_id:032x} is committed and not in the index")]
    OpenReceiptNotIndexed {
        /// The event.
        event_id: u128,
    },
    /// An event that a durability gate waits for is committed and cannot be found.
    #[error("event {event_id:032x} of a durability gate is committed and not in the index")]
    GateReceiptNotIndexed {
        /// The event.
        event_id: u128,
    },
    /// A batch was prepared with another number of items than it has.
    #[error("prepared {actual} items of a batch of {expected}")]
    PreparedBatchItemCountDrift {
        /// Items of the batch.
        expected: usize,
        /// Items prepared.
        actual: usize,
    },
}

impl StoreInvariant {
    /// The stable name of the cause.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::CloseHlcRegression { .. } => "invariant-close-clock-regression",
            Self::BootstrapHlcOutOfOrder { .. } => "invariant-open-clock-order",
            Self::OpenHlcWallMsOverflow { .. } => "invariant-open-clock-overflow",
            Self::OpenHlcTimestampOutOfRange { .. } => "invariant-open-clock-range",
            Self::OpenReceiptNotIndexed { .. } => "invariant-open-event-not-indexed",
            Self::GateReceiptNotIndexed { .. } => "invariant-gate-event-not-indexed",
            Self::PreparedBatchItemCountDrift { .. } => "invariant-batch-item-count",
        }
    }
}
