//! The first cause of a batch item.

/// The first cause of a batch item.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let placed = store.append(&order, EventKind::DATA, &"placed")?;
/// let cause = CausationRef::Absolute(placed.event_id.as_u128());
/// let item = BatchAppendItem::new(order, EventKind::DATA, &"paid", AppendOptions::new(), cause)?;
/// let paid = &store.append_batch(vec![item])?[0];
/// let header = store.read_raw(paid.event_id)?.event.header;
/// assert_eq!(header.causation_id, Some(placed.event_id.into()));
/// # Ok(())
/// # }
/// ```
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
