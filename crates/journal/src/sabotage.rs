//! Bugs that are planted to see whether the crash explorer finds them.
//!
//! Each place that keeps a promise has a hook that asks whether its bug is planted. Without the feature
//! `sabotage` the answer is a constant, and nothing of a hook is left in the program.

/// Defines the bugs with a visibility: they can be seen from outside with the feature only.
macro_rules! bugs {
    ($visibility:vis) => {
        bugs! { $visibility,
            /// A sync of a segment is not made.
            SkipSync,
            /// What is only written counts as durable.
            AcknowledgeBeforeSync,
            /// A store that was opened again does not sync what is appended.
            SkipSyncOfLaterEpochs,
            /// Making everything durable does nothing.
            SyncNothing,
            /// A failed sync is made again, and its success is believed.
            RetryFailedSync,
            /// A rotation does not sync the segment that it ends.
            SkipSyncOfOldSegment,
            /// The header of a new segment is not synced before the segment gets its name.
            SkipSyncOfHeader,
            /// The name of a new segment is not synced.
            SkipSyncOfName,
            /// The name of a new segment is synced after the identity names it.
            NameAfterIdentity,
            /// What an open reads and nothing attests is not written again.
            TrustPageCache,
            /// Names that an open sees after an unclean end are not synced.
            SkipSyncOfSeenNames,
            /// An adopted segment does not get its name again.
            SkipNamingAgain,
            /// The identity slot that an open read is not written again.
            SkipSlotThatWasRead,
            /// An open that goes on in the newest segment does not write the identity.
            SkipEpoch,
            /// The identity is always written to the same slot.
            OneSlot,
            /// A close vouches for control frames that were not synced.
            CloseBeforeSync,
            /// A close cuts the newest segment before it records that.
            CutBeforeRecord,
            /// What a failed write has left is not overwritten.
            KeepFailedWrite,
            /// Units of a failed write stay in the index.
            KeepFailedUnits,
            /// Writing goes on where a write has failed, over what it has left.
            WriteWhereAWriteFailed,
            /// Nothing behind a bad frame is looked at.
            StopAtFirstBadFrame,
            /// Writing goes on in a segment that has a torn end.
            GoOnBehindTornEnd,
            /// Recovery takes every event for the last of its unit.
            IgnoreCommit,
            /// Every event of a batch says that it is the last.
            CommitEveryFrame,
            /// Two events of a batch change places.
            SwapInBatch,
            /// An open leaves out a sequence.
            Renumber,
            /// A frame says that all before it, and itself, is durable.
            AttestTooMuch,
            /// Keys of segments with an index are not found.
            ForgetSealedKeys,
            /// The hash of the newest event of a stream is forgotten with its segment.
            ForgetPreviousHash,
            /// A receipt has another time than its event.
            WrongTimeInReceipt,
            /// An index is believed whatever the identity knows of it.
            TrustIndex,
            /// An index that is made again knows no causes in earlier segments.
            IndexOneSegmentAlone,
            /// A reader removes what a crash has left.
            ReaderClearsAway,
            /// The directory is listed over and over.
            ListOverAndOver,
            /// Recovery panics at a torn end.
            PanicAtTornEnd,
            /// A change that hides events is not synced.
            HideWithoutSync,
            /// An index does not say which events its segment hides.
            IndexShowsAll,
        }
    };
    ($visibility:vis, $($(#[$text:meta])* $bug:ident,)*) => {
        /// One mistake at one place.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        $visibility enum Bug {
            $($(#[$text])* $bug,)*
        }

        #[cfg(feature = "sabotage")]
        impl Bug {
            /// Every bug.
            pub const ALL: &[Self] = &[$(Self::$bug),*];
        }
    };
}

#[cfg(feature = "sabotage")]
bugs!(pub);

#[cfg(not(feature = "sabotage"))]
bugs!(pub(crate));

/// Whether a bug is planted: none ever is.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn planted(_: Bug) -> bool {
    false
}

#[cfg(feature = "sabotage")]
pub use with_feature::plant;
#[cfg(feature = "sabotage")]
pub(crate) use with_feature::planted;

#[cfg(feature = "sabotage")]
mod with_feature {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Plants a bug in all journals as far as this thread works for them, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether a bug is planted.
    pub(crate) fn planted(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}
