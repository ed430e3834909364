//! Buffers that a thread uses again, so that an append allocates none.

use std::cell::RefCell;

/// What a thread keeps at most: enough for a unit of some thousand small events.
const MOST_BYTES: usize = 1 << 20;
/// Larger ones are not kept: a small payload would hold on to them.
const LARGEST: usize = 16 << 10;

/// Emptied buffers, and their capacity in all.
struct Spare {
    buffers: Vec<Vec<u8>>,
    bytes: usize,
}

thread_local! {
    static SPARE: RefCell<Spare> = const {
        RefCell::new(Spare {
            buffers: Vec::new(),
            bytes: 0,
        })
    };
}

/// An empty buffer to encode a payload into. The append that the payload goes into gives its memory back to
/// the thread, up to a mebibyte of it.
#[must_use]
pub fn spare_buffer() -> Vec<u8> {
    // A thread that is ending has none.
    let spare = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let buffer = spare.buffers.pop()?;
        spare.bytes -= buffer.capacity();
        Some(buffer)
    });
    spare.ok().flatten().unwrap_or_default()
}

/// Takes a buffer back.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    buffer.clear();
    // A thread that is ending drops it.
    let _kept = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        let bytes = spare.bytes + buffer.capacity();
        if (1..=LARGEST).contains(&buffer.capacity()) && bytes <= MOST_BYTES {
            spare.bytes = bytes;
            spare.buffers.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, MOST_BYTES, give_back, spare_buffer};

    #[test]
    fn a_buffer_is_used_again_and_what_is_kept_is_bounded() {
        give_back(Vec::with_capacity(100));
        assert_eq!(spare_buffer().capacity(), 100);
        assert_eq!(spare_buffer().capacity(), 0);

        give_back(Vec::with_capacity(LARGEST + 1));
        assert_eq!(spare_buffer().capacity(), 0);
        for _ in 0..100 {
            give_back(Vec::with_capacity(LARGEST));
        }
        let kept = std::iter::from_fn(|| Some(spare_buffer()).filter(|kept| kept.capacity() > 0));
        assert_eq!(kept.count(), MOST_BYTES / LARGEST);
    }
}
