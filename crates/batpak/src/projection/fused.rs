//! Several states, folded from one replay of a stream.

use super::event_sourced::EventSourced;
use super::fold::Fold;
use crate::error::StoreError;
use crate::store::Store;

/// A state of each of three types, where the stream has one.
type Three<A, B, C> = (Option<A>, Option<B>, Option<C>);

impl<State> Store<State> {
    /// Folds one stream into two states, and reads it once. The states are those that
    /// [`project`](Self::project) gives for [`Freshness::Consistent`](crate::store::Freshness::Consistent), of the same
    /// moment. The cache is neither asked nor filled.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[serde(crate = "batpak::serde")]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct Sold { cents: u64 }
    /// #[derive(Default, Serialize, Deserialize, EventSourced)]
    /// # #[serde(crate = "batpak::serde")]
    /// #[batpak(input = RawMsgpackInput)]
    /// #[batpak(event = Sold, handler = on_sold)]
    /// struct Revenue {
    ///     cents: u64,
    /// }
    /// # impl Revenue { fn on_sold(&mut self, sold: &Sold) { self.cents += sold.cents; } }
    ///
    /// #[derive(Default, Serialize, Deserialize, EventSourced)]
    /// # #[serde(crate = "batpak::serde")]
    /// #[batpak(input = RawMsgpackInput)]
    /// #[batpak(event = Sold, handler = on_sold)]
    /// struct Sales {
    ///     count: u64,
    /// }
    /// # impl Sales { fn on_sold(&mut self, _: &Sold) { self.count += 1; } }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let shop = Coordinate::new("shop:1", "town")?;
    /// store.append_typed(&shop, &Sold { cents: 300 })?;
    /// store.append_typed(&shop, &Sold { cents: 500 })?;
    /// let (revenue, sales) = store.project_fused2::<Revenue, Sales>("shop:1")?;
    /// assert_eq!(revenue.map(|state| state.cents), Some(800));
    /// assert_eq!(sales.map(|state| state.count), Some(2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`project`](Self::project), when one of the types cannot read an event.
    pub fn project_fused2<A: EventSourced, B: EventSourced>(
        &self,
        entity: &str,
    ) -> Result<(Option<A>, Option<B>), StoreError> {
        let (mut a, mut b) = (Fold::<A>::new(), Fold::<B>::new());
        let mut scan = self.scan_entity(entity);
        while let Some(event) = scan.next_event()? {
            a.take(&event)?;
            b.take(&event)?;
        }
        Ok((a.finish(), b.finish()))
    }

    /// Folds one stream into three states, and reads it once: see
    /// [`project_fused2`](Self::project_fused2).
    ///
    /// # Errors
    /// As for [`project_fused2`](Self::project_fused2).
    pub fn project_fused3<A: EventSourced, B: EventSourced, C: EventSourced>(
        &self,
        entity: &str,
    ) -> Result<Three<A, B, C>, StoreError> {
        let (mut a, mut b, mut c) = (Fold::<A>::new(), Fold::<B>::new(), Fold::<C>::new());
        let mut scan = self.scan_entity(entity);
        while let Some(event) = scan.next_event()? {
            a.take(&event)?;
            b.take(&event)?;
            c.take(&event)?;
        }
        Ok((a.finish(), b.finish(), c.finish()))
    }
}
