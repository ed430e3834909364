//! Arrays of numbers, read in place.

use std::ops::Range;

/// Numbers of one width, each stored less a base.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column<'a> {
    cells: Cells<'a>,
    base: u64,
}

#[derive(Debug, Clone, Copy)]
enum Cells<'a> {
    One(&'a [u8]),
    Two(&'a [[u8; 2]]),
    Four(&'a [[u8; 4]]),
    Eight(&'a [[u8; 8]]),
}

impl<'a> Column<'a> {
    /// No numbers.
    pub(super) const EMPTY: Column<'static> = Column {
        cells: Cells::One(&[]),
        base: 0,
    };

    /// The numbers in these bytes; `None` for a width that numbers do not have.
    pub(super) fn new(bytes: &'a [u8], width: u32, base: u64) -> Option<Column<'a>> {
        let cells = match width {
            1 => Cells::One(bytes),
            2 => Cells::Two(bytes.as_chunks().0),
            4 => Cells::Four(bytes.as_chunks().0),
            8 => Cells::Eight(bytes.as_chunks().0),
            _ => return None,
        };
        Some(Column { cells, base })
    }

    pub(super) fn len(&self) -> usize {
        match self.cells {
            Cells::One(cells) => cells.len(),
            Cells::Two(cells) => cells.len(),
            Cells::Four(cells) => cells.len(),
            Cells::Eight(cells) => cells.len(),
        }
    }

    /// The number at a place; sums beyond 64 bits wrap.
    #[inline]
    pub(super) fn get(&self, place: usize) -> Option<u64> {
        let stored = match self.cells {
            Cells::One(cells) => u64::from(*cells.get(place)?),
            Cells::Two(cells) => u64::from(u16::from_le_bytes(*cells.get(place)?)),
            Cells::Four(cells) => u64::from(u32::from_le_bytes(*cells.get(place)?)),
            Cells::Eight(cells) => u64::from_le_bytes(*cells.get(place)?),
        };
        Some(self.base.wrapping_add(stored))
    }

    /// The number at a place, as a place in another array; nothing stands at one that does not fit.
    #[inline]
    pub(super) fn place(&self, place: usize) -> Option<usize> {
        usize::try_from(self.get(place)?).ok()
    }

    /// The first place in `range` whose number is not before what is looked for.
    pub(super) fn partition(&self, range: Range<usize>, before: impl Fn(u64) -> bool) -> usize {
        partition(range, |place| self.get(place).is_some_and(&before))
    }
}

/// The first place in `range` that is not `before`, by halves.
pub(super) fn partition(range: Range<usize>, before: impl Fn(usize) -> bool) -> usize {
    let Range { mut start, mut end } = range;
    while start < end {
        let middle = start + (end - start) / 2;
        if before(middle) {
            start = middle + 1;
        } else {
            end = middle;
        }
    }
    start
}

/// The places of the numbers that equal `wanted` in an ascending array.
pub(super) fn equal_ids(ids: &[[u8; 16]], wanted: u128) -> Range<usize> {
    let start = ids.partition_point(|id| u128::from_le_bytes(*id) < wanted);
    let end = ids.partition_point(|id| u128::from_le_bytes(*id) <= wanted);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_base() {
        let bytes = [1, 0, 0, 0, 0, 0, 0, 0x80, 9];
        for (width, expected) in [
            (1, vec![11, 10, 10, 10, 10, 10, 10, 138, 19]),
            (2, vec![11, 10, 10, 0x8000 + 10]),
            (4, vec![11, 0x8000_0000 + 10]),
            (8, vec![(1 << 63) + 11]),
        ] {
            let column = Column::new(&bytes, width, 10).unwrap();
            let read: Vec<_> = (0..column.len()).filter_map(|at| column.get(at)).collect();
            assert_eq!(read, expected);
            assert_eq!(column.get(expected.len()), None);
        }
        assert!(Column::new(&bytes, 3, 0).is_none());
        assert_eq!((Column::EMPTY.len(), Column::EMPTY.get(0)), (0, None));
        assert_eq!(Column::new(&[3], 1, u64::MAX).unwrap().get(0), Some(2));
    }

    #[test]
    fn halving_finds_the_first_that_is_not_before() {
        for wanted in 0..12 {
            assert_eq!(partition(2..9, |at| at < wanted), wanted.clamp(2, 9));
        }
        assert_eq!(partition(0..usize::MAX, |_| true), usize::MAX);
    }
}
