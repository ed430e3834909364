//! The entropy port: all randomness a store ever reads.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `buffer` with random bytes.
    ///
    /// # Errors
    /// When the source fails; what `buffer` then holds is unspecified.
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()>;
}

/// The operating system's generator, fit for keys and identities.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        use rustix::rand::{GetRandomFlags, getrandom};

        fill_in_parts(buffer, |part| Ok(getrandom(part, GetRandomFlags::empty())?))
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        use std::io::Read;

        std::fs::File::open("/dev/urandom")?.read_exact(buffer)
    }
}

/// Calls a source that may be interrupted, or give less than asked, until `buffer` is full.
#[cfg(any(target_os = "linux", target_os = "android", test))]
fn fill_in_parts(
    mut buffer: &mut [u8],
    mut source: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> io::Result<()> {
    while !buffer.is_empty() {
        match source(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(filled) => buffer = buffer.get_mut(filled..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A repeatable stream of bytes for tests and simulation; never for keys.
///
/// The stream is that of splitmix64 over the seed, eight bytes at a time: a call that asks for
/// fewer drops the rest of its last eight, so the bytes of a call depend only on the seed and on
/// the sizes of the calls before it.
#[derive(Debug)]
pub struct FixedEntropy {
    state: AtomicU64,
}

impl FixedEntropy {
    /// The stream of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
        }
    }

    /// The next eight bytes of the stream as a number.
    pub fn next_u64(&self) -> u64 {
        const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let before = self.state.fetch_add(GOLDEN_GAMMA, Ordering::SeqCst);
        let mut mixed = before.wrapping_add(GOLDEN_GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// A copy goes on from the same place, independently.
impl Clone for FixedEntropy {
    fn clone(&self) -> Self {
        Self::new(self.state.load(Ordering::SeqCst))
    }
}

impl Entropy for FixedEntropy {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(bytes.get(..chunk.len()).unwrap_or_default());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::{Entropy, FixedEntropy, SystemEntropy, fill_in_parts};

    #[test]
    fn the_fixed_stream_is_splitmix64() {
        let entropy = FixedEntropy::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        for number in expected {
            assert_eq!(entropy.next_u64(), number);
        }
    }

    #[test]
    fn equal_seeds_give_equal_bytes_and_a_copy_goes_on_alike() {
        let mut one = [0; 21];
        let mut two = [0; 21];
        let first = FixedEntropy::new(9);
        let second = FixedEntropy::new(9);
        first.fill(&mut one).unwrap();
        second.fill(&mut two).unwrap();
        assert_eq!(one, two);
        assert_ne!(one, [0; 21]);
        let copy = first.clone();
        first.fill(&mut one).unwrap();
        copy.fill(&mut two).unwrap();
        assert_eq!(one, two);
        FixedEntropy::new(10).fill(&mut two).unwrap();
        assert_ne!(one, two);
    }

    #[test]
    fn a_source_that_is_interrupted_or_short_is_asked_again() {
        let mut answers = [
            Err(ErrorKind::Interrupted),
            Ok(2),
            Err(ErrorKind::Interrupted),
            Ok(1),
        ]
        .into_iter()
        .cycle();
        let mut next = 0;
        let mut buffer = [0; 7];
        let source = |part: &mut [u8]| {
            let count = answers.next().unwrap()?;
            for byte in part.iter_mut().take(count) {
                next += 1;
                *byte = next;
            }
            Ok(count.min(part.len()))
        };
        fill_in_parts(&mut buffer, source).unwrap();
        assert_eq!(buffer, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn a_source_that_fails_or_gives_nothing_is_an_error() {
        for (answer, kind) in [
            (Ok(0), ErrorKind::UnexpectedEof),
            (Err(ErrorKind::Unsupported), ErrorKind::Unsupported),
        ] {
            let error = fill_in_parts(&mut [0; 4], |_| Ok(answer?)).unwrap_err();
            assert_eq!(error.kind(), kind);
        }
    }

    #[test]
    fn the_system_fills_a_buffer_to_both_ends() {
        let mut buffer = vec![0; 1 << 20];
        SystemEntropy.fill(&mut buffer).unwrap();
        for part in [&buffer[..64], &buffer[buffer.len() - 64..]] {
            assert!(part.iter().any(|byte| *byte != 0));
        }
        SystemEntropy.fill(&mut []).unwrap();
    }
}
