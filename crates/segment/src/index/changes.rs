//! Which events are shown, as far as the segment says.

use super::tag::Tag;
use super::{IndexFault, SegmentIndex};
use crate::VisibilityChange;

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// What the `hide` and `unhide` frames of the segment say, in their order.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn visibility_changes(&self) -> Result<Vec<VisibilityChange>, IndexFault> {
        let types = self.column(Tag::ChangeTypes)?;
        let mut changes = Vec::new();
        for place in 0..types.len() {
            let control_type = self.number(Tag::ChangeTypes, place)?;
            let first = self.number(Tag::ChangeFirsts, place)?;
            let last = self.number(Tag::ChangeLasts, place)?;
            let change = VisibilityChange::of_facts(control_type, first, last);
            changes.push(change.ok_or(IndexFault::Content(Tag::ChangeTypes.name()))?);
        }
        Ok(changes)
    }
}
