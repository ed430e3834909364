//! Rounds that alternate between what is compared, and the figures they give.

use std::error::Error;
use std::time::Instant;

/// What a part of the program gives, or why it could not.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The figures of one side of a row, sorted.
#[derive(Clone, Debug)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    /// A series of one or more figures.
    pub(crate) fn new(mut figures: Vec<f64>) -> Series {
        figures.sort_by(f64::total_cmp);
        Series(figures)
    }

    /// A figure that does not vary.
    pub(crate) fn one(figure: f64) -> Series {
        Series(vec![figure])
    }

    /// The figure in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The least and the greatest.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let ends = self.0.first().copied().zip(self.0.last().copied());
        ends.unwrap_or((f64::NAN, f64::NAN))
    }
}

/// One side of a comparison: does its work once and gives its figure.
pub(crate) type Side<'a> = &'a mut dyn FnMut() -> Result<f64>;

/// Runs the sides in turn, `rounds` times after a turn that is not counted.
pub(crate) fn alternate<const N: usize>(
    rounds: usize,
    mut sides: [Side<'_>; N],
) -> Result<[Series; N]> {
    let mut figures = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for (side, figures) in sides.iter_mut().zip(&mut figures) {
            let figure = side()?;
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    Ok(figures.map(Series::new))
}

/// How long the work takes, in seconds, and what it gives.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let result = work()?;
    Ok((start.elapsed().as_secs_f64(), result))
}

/// How long the work takes, in seconds.
pub(crate) fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    timed(work).map(|(seconds, ())| seconds)
}
