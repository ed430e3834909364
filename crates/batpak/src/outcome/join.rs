//! What is done with several outcomes.

use super::{ErrorKind, Outcome, OutcomeError};

/// Both values, or the less favorable of the two outcomes.
///
/// From the least favorable on: error, cancelled, retry, pending; of two alike the left one. A
/// batch meets a batch of the same length one by one, and a single value meets each of a batch.
/// Batches of different lengths are an [`ErrorKind::Internal`] error.
///
/// ```
/// use batpak::outcome::{Outcome, zip};
///
/// let batch = Outcome::Batch(vec![Outcome::Ok(1), Outcome::Ok(2)]);
/// let with = Outcome::Batch(vec![Outcome::Ok((1, 'a')), Outcome::Ok((2, 'a'))]);
/// assert_eq!(zip(batch, Outcome::Ok('a')), with);
/// ```
pub fn zip<T: Clone, U: Clone>(left: Outcome<T>, right: Outcome<U>) -> Outcome<(T, U)> {
    let (standing, other) = (left.standing(), right.standing());
    if standing.is_stopped() || other.is_stopped() {
        return if standing >= other {
            left.stopped()
        } else {
            right.stopped()
        };
    }
    match (left, right) {
        (Outcome::Ok(left), right) => right.map(|right| (left.clone(), right)),
        (left, Outcome::Ok(right)) => left.map(|left| (left, right.clone())),
        (Outcome::Batch(left), Outcome::Batch(right)) if left.len() == right.len() => {
            let pairs = left.into_iter().zip(right);
            Outcome::Batch(pairs.map(|(left, right)| zip(left, right)).collect())
        }
        (left, right) => Outcome::Err(OutcomeError::new(
            ErrorKind::Internal,
            format!(
                "batches of {} and {} outcomes cannot be paired",
                left.width(),
                right.width()
            ),
        )),
    }
}

/// All values in order, those of batches as well, or the first of the least favorable outcomes:
/// error, cancelled, retry, pending. Of no outcomes it is the empty list.
///
/// ```
/// use batpak::outcome::{Outcome, join_all};
///
/// let batch = Outcome::Batch(vec![Outcome::Ok(2), Outcome::Ok(3)]);
/// assert_eq!(join_all(vec![Outcome::Ok(1), batch]), Outcome::Ok(vec![1, 2, 3]));
/// ```
pub fn join_all<T>(outcomes: Vec<Outcome<T>>) -> Outcome<Vec<T>> {
    let mut values = Vec::new();
    let mut worst: Option<Outcome<T>> = None;
    each(outcomes, &mut |outcome| match outcome {
        Outcome::Ok(value) => values.push(value),
        stopped => {
            let replaces = |known: &Outcome<T>| known.standing() < stopped.standing();
            if worst.as_ref().is_none_or(replaces) {
                worst = Some(stopped);
            }
        }
    });
    worst.map_or_else(|| Outcome::Ok(values), Outcome::stopped)
}

/// The first value, those of batches as well. Without one, the first outcome that may still give
/// one, pending before retry; then the first cancelled one; then the last error. Of no outcomes it
/// is an [`ErrorKind::NotFound`] error.
///
/// ```
/// use batpak::outcome::{ErrorKind, Outcome, OutcomeError, join_any};
///
/// let failed = Outcome::Err(OutcomeError::new(ErrorKind::NotFound, "not here"));
/// assert_eq!(join_any(vec![failed, Outcome::Ok(2), Outcome::Ok(3)]), Outcome::Ok(2));
/// ```
pub fn join_any<T>(outcomes: Vec<Outcome<T>>) -> Outcome<T> {
    let mut best: Option<Outcome<T>> = None;
    each(outcomes, &mut |outcome| {
        let replaces = |known: &Outcome<T>| {
            known.standing() > outcome.standing() || (known.is_err() && outcome.is_err())
        };
        if best.as_ref().is_none_or(replaces) {
            best = Some(outcome);
        }
    });
    best.unwrap_or_else(|| {
        let message = "there is no outcome to choose from";
        Outcome::Err(OutcomeError::new(ErrorKind::NotFound, message))
    })
}

/// Gives every outcome that is not a batch to `take`, in order.
fn each<T>(outcomes: Vec<Outcome<T>>, take: &mut impl FnMut(Outcome<T>)) {
    for outcome in outcomes {
        match outcome {
            Outcome::Batch(inner) => each(inner, take),
            single => take(single),
        }
    }
}

/// How far an outcome is from a value, nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Value,
    Several,
    Pending,
    Retry,
    Cancelled,
    Error,
}

impl Standing {
    /// Whether there is no value in it.
    fn is_stopped(self) -> bool {
        self > Standing::Several
    }
}

impl<T> Outcome<T> {
    fn standing(&self) -> Standing {
        match self {
            Outcome::Ok(_) => Standing::Value,
            Outcome::Batch(_) => Standing::Several,
            Outcome::Pending { .. } => Standing::Pending,
            Outcome::Retry { .. } => Standing::Retry,
            Outcome::Cancelled { .. } => Standing::Cancelled,
            Outcome::Err(_) => Standing::Error,
        }
    }

    /// An outcome without a value as one of another type.
    fn stopped<U>(self) -> Outcome<U> {
        self.and_then(|_| Outcome::Batch(Vec::new()))
    }

    /// How many outcomes it is.
    fn width(&self) -> usize {
        match self {
            Outcome::Batch(outcomes) => outcomes.len(),
            _ => 1,
        }
    }
}
