//! Which of the two slots holds.

use super::{Identity, IdentityFault, SlotPair};

/// What the two slots say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One identity holds.
    Current {
        /// The identity.
        identity: Identity,
        /// The fault of the other slot when it is bad; an empty one is not.
        bad: Option<IdentityFault>,
    },
    /// Neither slot was ever written.
    Empty,
    /// A newer format wrote at least one slot: nothing may be changed, whatever the other one holds.
    Future(IdentityFault),
    /// No slot can be used, and at least one is damaged.
    Damaged {
        /// The fault of the first slot.
        first: IdentityFault,
        /// The fault of the second slot.
        second: IdentityFault,
    },
}

/// Decides between the slots as decoded, the first slot of the file first.
///
/// The greater generation holds. An identity in the slot that its generation does not belong to is damage.
#[must_use]
pub fn choose(
    first: Result<Identity, IdentityFault>,
    second: Result<Identity, IdentityFault>,
) -> Choice {
    match (in_its_place(first, 0), in_its_place(second, 1)) {
        (Err(fault), _) | (_, Err(fault)) if is_future(&fault) => Choice::Future(fault),
        (Ok(first), Ok(second)) => {
            let identity = if first.generation > second.generation {
                first
            } else {
                second
            };
            Choice::Current {
                identity,
                bad: None,
            }
        }
        (Ok(identity), Err(fault)) | (Err(fault), Ok(identity)) => {
            let bad = (fault != IdentityFault::Empty).then_some(fault);
            Choice::Current { identity, bad }
        }
        (Err(IdentityFault::Empty), Err(IdentityFault::Empty)) => Choice::Empty,
        (Err(first), Err(second)) => Choice::Damaged { first, second },
    }
}

fn in_its_place(
    slot: Result<Identity, IdentityFault>,
    index: usize,
) -> Result<Identity, IdentityFault> {
    match slot {
        Ok(identity) if SlotPair::index_of(identity.generation) != index => Err(
            IdentityFault::Malformed("generation belongs to the other slot"),
        ),
        slot => slot,
    }
}

fn is_future(fault: &IdentityFault) -> bool {
    matches!(
        fault,
        IdentityFault::FutureVersion { .. } | IdentityFault::UnknownFeature { .. }
    )
}
