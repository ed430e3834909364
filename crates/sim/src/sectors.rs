//! The bytes of one file in sectors of which only those that are not zero are kept, with a hash
//! that is kept up to date: a copy, a hash and a hole cost nothing in proportion to the length.

use std::sync::Arc;

/// Bytes that reach the disk together, unless a profile tears them.
pub(crate) const SECTOR: usize = 512;

pub(crate) type Block = [u8; SECTOR];

const ZEROS: Block = [0; SECTOR];

/// One sector that is not all zeros.
#[derive(Clone, Debug)]
pub(crate) struct Sector {
    bytes: Arc<Block>,
    hash: u64,
}

impl Sector {
    /// A sector of these bytes; none when they are all zero.
    pub(crate) fn of(bytes: Block) -> Option<Self> {
        (bytes != ZEROS).then(|| Self {
            hash: hash_bytes(&bytes),
            bytes: Arc::new(bytes),
        })
    }

    pub(crate) fn bytes(&self) -> &Block {
        &self.bytes
    }
}

impl PartialEq for Sector {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes) || self.bytes == other.bytes
    }
}

/// A file's content; copies share sectors until one side changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sectors {
    len: usize,
    /// By index, ascending.
    sectors: Arc<Vec<(usize, Sector)>>,
    /// Sum over the sectors, each mixed with its index.
    sum: u64,
}

impl Sectors {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut sectors = Self {
            len: bytes.len(),
            ..Self::default()
        };
        for (index, chunk) in bytes.chunks(SECTOR).enumerate() {
            let mut block = ZEROS;
            for (target, source) in block.iter_mut().zip(chunk) {
                *target = *source;
            }
            sectors.put(index, Sector::of(block));
        }
        sectors
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Equal for equal lengths and bytes, whatever the calls that made them.
    pub(crate) fn hash(&self) -> u64 {
        mix(self.sum, self.len as u64)
    }

    /// The sector at an index; none when it is all zeros.
    pub(crate) fn get(&self, index: usize) -> Option<&Sector> {
        let at = self.find(index).ok()?;
        self.sectors.get(at).map(|(_, sector)| sector)
    }

    /// The bytes of a sector.
    pub(crate) fn block(&self, index: usize) -> &Block {
        self.get(index).map_or(&ZEROS, |sector| &sector.bytes)
    }

    /// Puts a sector at an index, which may lie beyond the length.
    pub(crate) fn put(&mut self, index: usize, sector: Option<Sector>) {
        let found = self.find(index);
        if let Some((_, before)) = found.ok().and_then(|at| self.sectors.get(at)) {
            self.sum = self.sum.wrapping_sub(mix(before.hash, index as u64));
        } else if sector.is_none() {
            return;
        }
        let sectors = Arc::make_mut(&mut self.sectors);
        match (found, sector) {
            (Ok(at), Some(sector)) => {
                self.sum = self.sum.wrapping_add(mix(sector.hash, index as u64));
                if let Some(slot) = sectors.get_mut(at) {
                    slot.1 = sector;
                }
            }
            (Err(at), Some(sector)) => {
                self.sum = self.sum.wrapping_add(mix(sector.hash, index as u64));
                sectors.insert(at, (index, sector));
            }
            (Ok(at), None) => {
                sectors.remove(at);
            }
            (Err(_), None) => {}
        }
    }

    /// Sets the length. What lies beyond it is gone, and reads as zeros should the file grow again.
    pub(crate) fn cut(&mut self, len: usize) {
        self.len = len;
        let inside = len % SECTOR;
        let last = len / SECTOR;
        if inside > 0 && self.get(last).is_some() {
            let mut block = *self.block(last);
            block.iter_mut().skip(inside).for_each(|byte| *byte = 0);
            self.put(last, Sector::of(block));
        }
        let first_beyond = len.div_ceil(SECTOR);
        while let Some((index, _)) = self.sectors.last().filter(|(at, _)| *at >= first_beyond) {
            let index = *index;
            self.put(index, None);
        }
    }

    /// Makes the file at least this long; what is new reads as zeros.
    pub(crate) fn grow(&mut self, len: usize) {
        self.len = self.len.max(len);
    }

    /// Copies what is at an offset; returns how many bytes there were.
    pub(crate) fn read(&self, offset: usize, target: &mut [u8]) -> usize {
        let count = target.len().min(self.len.saturating_sub(offset));
        let mut done = 0;
        while done < count {
            let at = offset + done;
            let inside = at % SECTOR;
            let part = (SECTOR - inside).min(count - done);
            let source = self.block(at / SECTOR).get(inside..inside + part);
            if let (Some(target), Some(source)) = (target.get_mut(done..done + part), source) {
                target.copy_from_slice(source);
            }
            done += part;
        }
        count
    }

    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.read(0, &mut bytes);
        bytes
    }

    fn find(&self, index: usize) -> Result<usize, usize> {
        // Files are mostly written at their end.
        match self.sectors.last() {
            Some((last, _)) if *last < index => Err(self.sectors.len()),
            None => Err(0),
            _ => self.sectors.binary_search_by_key(&index, |(at, _)| *at),
        }
    }
}

/// A hash of two numbers.
pub(crate) fn mix(one: u64, two: u64) -> u64 {
    let product = u128::from(one ^ 0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(u128::from(two.rotate_left(32) ^ 0xd1b5_4a32_d192_ed03));
    let folded = (product ^ product >> 64).to_le_bytes();
    let folded = folded.iter().take(8).rev();
    let folded = folded.fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    scramble(folded ^ one.wrapping_add(two.wrapping_mul(0xbf58_476d_1ce4_e5b9)))
}

/// A hash of bytes.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let word = chunk
            .iter()
            .fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash.rotate_left(23) ^ word).wrapping_mul(0x9fb2_1c65_1e98_df25);
        hash ^= hash >> 29;
    }
    scramble(hash)
}

fn scramble(mut mixed: u64) -> u64 {
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::{SECTOR, Sector, Sectors};

    #[test]
    fn equal_bytes_have_equal_hashes_whatever_the_calls() {
        let mut bytes = vec![0; 3 * SECTOR + 5];
        bytes[SECTOR..2 * SECTOR].fill(7);
        let direct = Sectors::of(&bytes);
        let mut other = Sectors::default();
        other.put(2, Sector::of([9; SECTOR]));
        other.put(1, Sector::of([7; SECTOR]));
        other.put(2, None);
        other.grow(bytes.len());
        assert_eq!(direct.hash(), other.hash());
        assert_eq!(other.to_vec(), bytes);
        assert_eq!(Sectors::default().hash(), Sectors::of(&[]).hash());
        assert_ne!(Sectors::of(&[0]).hash(), Sectors::of(&[]).hash());
        assert_ne!(Sectors::of(&[1, 0]).hash(), Sectors::of(&[0, 1]).hash());
    }

    #[test]
    fn swapped_sectors_have_another_hash() {
        let two = |first, second| {
            let bytes = [[first; SECTOR], [second; SECTOR]].concat();
            Sectors::of(&bytes).hash()
        };
        assert_ne!(two(1, 2), two(2, 1));
        assert_ne!(two(1, 1), two(2, 2));
    }

    #[test]
    fn zeros_take_no_room_and_a_cut_forgets() {
        let mut file = Sectors::of(&[0; 1 << 20]);
        assert!(file.sectors.is_empty());
        file.put(1, Sector::of([7; SECTOR]));
        file.cut(SECTOR + 3);
        file.grow(2 * SECTOR);
        let mut expected = vec![0; 2 * SECTOR];
        expected[SECTOR..SECTOR + 3].fill(7);
        assert_eq!(file.to_vec(), expected);
        file.cut(SECTOR);
        assert_eq!(file.hash(), Sectors::of(&[0; SECTOR]).hash());
    }
}
