//! The first cause of a batch item.

/// The first cause of a batch item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CausationRef {
    /// None, or those that the item's options name.
    #[default]
    None,
    /// An event of the store by its id; 0 means none.
    Absolute(u128),
    /// An earlier item of the same batch, by its position from 0.
    PriorItem(usize),
}
