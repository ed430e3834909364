//! One stream of choices that drives everything in a test: operations, faults, crash points, survivors.
//!
//! A program that draws every decision from [`Choices`] can be run at random, through every decision
//! there is, from the bytes of a fuzzer, and again from a line of text; and a failure can be made
//! small by making the list of its choices small, whatever they decide.

mod shrink;
mod text;

use batpak_platform::FixedEntropy;

pub use shrink::shrink;
pub use text::ParseChoicesError;

/// Where decisions come from, and which were made.
///
/// ```
/// use batpak_sim::Choices;
///
/// // Every pair of a digit below 2 and one below 3, in order.
/// let mut choices = Choices::enumerate();
/// let mut seen = Vec::new();
/// loop {
///     seen.push((choices.below(2), choices.below(3)));
///     if choices.advance().is_none() {
///         break;
///     }
/// }
/// assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]);
/// ```
#[derive(Clone, Debug)]
pub struct Choices {
    /// Made before any that the source gives.
    first: Vec<u32>,
    source: Source,
    made: Vec<Choice>,
}

#[derive(Clone, Debug)]
enum Source {
    /// These, and zeros behind them.
    Given(Vec<u32>),
    Random(FixedEntropy),
    Bytes {
        bytes: Vec<u8>,
        at: usize,
    },
}

/// A number below a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    value: u32,
    bound: u32,
}

impl Choices {
    /// These choices, and zeros behind them. One that is too large for its question is the largest.
    #[must_use]
    pub fn given(choices: impl Into<Vec<u32>>) -> Self {
        Self::of(Source::Given(choices.into()))
    }

    /// The first of all sequences of choices; [`advance`](Self::advance) goes to the next.
    #[must_use]
    pub fn enumerate() -> Self {
        Self::given([])
    }

    /// Random choices, the same for equal seeds.
    #[must_use]
    pub fn random(seed: u64) -> Self {
        Self::of(Source::Random(FixedEntropy::new(seed)))
    }

    /// Choices from bytes, as a fuzzer gives them: one for each choice, two for one with more than
    /// 256 outcomes, four for one with more than 65,536. Behind the bytes every choice is 0.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::of(Source::Bytes { bytes, at: 0 })
    }

    /// These choices first, then those of `others`.
    #[must_use]
    pub fn behind(first: impl Into<Vec<u32>>, others: Self) -> Self {
        Self {
            first: first.into(),
            ..others
        }
    }

    fn of(source: Source) -> Self {
        Self {
            first: Vec::new(),
            source,
            made: Vec::new(),
        }
    }

    /// A number below `bound`; 0 when there is only one, or none.
    pub fn below(&mut self, bound: u32) -> u32 {
        let bound = bound.max(1);
        let at = self.made.len();
        if let Some(value) = self.first.get(at) {
            let value = (*value).min(bound - 1);
            self.made.push(Choice { value, bound });
            return value;
        }
        let value = match &mut self.source {
            Source::Given(given) => given.get(at - self.first.len()).copied().unwrap_or(0),
            Source::Random(random) => {
                u32::try_from(random.next_u64() % u64::from(bound)).unwrap_or(0)
            }
            Source::Bytes { bytes, at } => {
                let width = match bound {
                    0..=256 => 1,
                    257..=65_536 => 2,
                    _ => 4,
                };
                let drawn = bytes.iter().skip(*at).take(width);
                let number = drawn.fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
                *at += width;
                number % bound
            }
        };
        let value = value.min(bound - 1);
        self.made.push(Choice { value, bound });
        value
    }

    /// An index into something of this length.
    pub fn index(&mut self, len: usize) -> usize {
        let bound = u32::try_from(len).unwrap_or(u32::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    /// One of these, which must not be empty.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let index = self.index(of.len());
        of.get(index)
    }

    /// Yes once in `times`; for 0 and 1 always. The first outcome of an enumeration is no.
    pub fn once_in(&mut self, times: u32) -> bool {
        let times = times.max(1);
        self.below(times) + 1 == times
    }

    /// How many choices were made.
    #[must_use]
    pub fn count(&self) -> usize {
        self.made.len()
    }

    /// The choices that were made; [`given`](Self::given) makes them again.
    #[must_use]
    pub fn made(&self) -> Vec<u32> {
        self.made.iter().map(|choice| choice.value).collect()
    }

    /// Goes to the next sequence in the order of an odometer whose last digit turns fastest. Tells
    /// which choice is the first that differs, and makes no choice yet; none when this was the last.
    pub fn advance(&mut self) -> Option<usize> {
        while let Some(last) = self.made.pop() {
            if last.value + 1 < last.bound {
                let mut given = self.made();
                let changed = given.len();
                given.push(last.value + 1);
                *self = Self::given(given);
                return Some(changed);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Choices;

    /// A program whose number of choices depends on the choices.
    fn tree(choices: &mut Choices) -> Vec<u32> {
        let count = choices.below(3);
        (0..count).map(|_| choices.below(2)).collect()
    }

    #[test]
    fn an_enumeration_reaches_every_sequence_once_in_order() {
        let mut choices = Choices::enumerate();
        let mut seen = Vec::new();
        let mut changes = Vec::new();
        loop {
            seen.push(tree(&mut choices));
            match choices.advance() {
                Some(changed) => changes.push(changed),
                None => break,
            }
        }
        let expected: [&[u32]; 7] = [&[], &[0], &[1], &[0, 0], &[0, 1], &[1, 0], &[1, 1]];
        assert_eq!(seen, expected);
        assert_eq!(changes, [0, 1, 0, 2, 1, 2]);
    }

    #[test]
    fn what_was_made_can_be_given_again() {
        let draw = |choices: &mut Choices| [3, 1000, 1, 70_000].map(|bound| choices.below(bound));
        let mut random = Choices::random(7);
        let drawn = draw(&mut random);
        assert_eq!(draw(&mut Choices::random(7)), drawn);
        assert_ne!(draw(&mut Choices::random(8)), drawn);
        assert_eq!(draw(&mut Choices::given(random.made())), drawn);
        assert_eq!(draw(&mut Choices::given([9, 2000])), [2, 999, 0, 0]);
    }

    #[test]
    fn bytes_decide_as_many_outcomes_as_there_are() {
        let mut choices = Choices::from_bytes([5, 1, 0, 0, 1, 0, 0, 9]);
        let drawn = [4, 300, 1 << 20, 10].map(|bound| choices.below(bound));
        assert_eq!(drawn, [1, 256, 65_536, 9]);
        assert_eq!(choices.below(7), 0);
    }

    #[test]
    fn nothing_to_choose_from_is_no_choice_that_fails() {
        let mut choices = Choices::random(1);
        assert_eq!((choices.below(0), choices.index(0)), (0, 0));
        assert_eq!(choices.pick::<u8>(&[]), None);
        assert!(choices.once_in(0) && choices.once_in(1));
    }
}
