//! What became of a step that need not be over yet.
//!
//! A `Result` knows two answers. A step of a longer process has more: it is to be tried again, it
//! waits for something, it was cancelled, or it was several steps. [`Outcome`] has a variant for
//! each, and combinators that keep them apart:
//!
//! ```
//! use batpak::outcome::{ErrorKind, Outcome, OutcomeError, zip};
//!
//! fn reserve(places: u32) -> Outcome<u32> {
//!     if places > 4 {
//!         return Outcome::Err(OutcomeError::new(ErrorKind::Validation, "at most 4 places"));
//!     }
//!     Outcome::Ok(places)
//! }
//!
//! assert_eq!(reserve(2).map(|places| places * 30), Outcome::Ok(60));
//! assert_eq!(zip(reserve(1), reserve(2)), Outcome::Ok((1, 2)));
//! let error = zip(reserve(9), reserve(2)).into_result().unwrap_err();
//! assert_eq!(error.to_string(), "[Validation] at most 4 places");
//! ```
//!
//! # Laws
//!
//! `map` is a functor: `o.map(|x| x) == o`, and `o.map(f).map(g) == o.map(|x| g(f(x)))`.
//! `and_then` is a monad with [`Outcome::Ok`] as its unit, and `flatten` its join. [`zip`] has
//! `Ok(())` as its unit and is associative as long as batches have one length. [`join_all`] of two
//! outcomes agrees with [`zip`]; [`join_any`] prefers in the opposite order. All of them go through
//! a [`Outcome::Batch`] to what is inside.

mod bytes;
mod combine;
mod compensation;
mod failure;
mod join;
#[cfg(test)]
mod laws;
mod wait;

pub use compensation::CompensationAction;
pub use failure::{ErrorKind, OutcomeError};
pub use join::{join_all, join_any, zip};
pub use wait::WaitCondition;

use serde::{Deserialize, Serialize};

/// What became of a step.
///
/// Serializes as `{"type": "Ok", "data": ..}`, with the name of the variant.
///
/// ```
/// use batpak::outcome::Outcome;
///
/// let later: Outcome<u32> = Outcome::Retry {
///     after_ms: 250,
///     attempt: 1,
///     max_attempts: 3,
///     reason: "busy".into(),
/// };
/// let json = serde_json::to_string(&later)?;
/// assert!(json.starts_with(r#"{"type":"Retry","data":{"after_ms":250"#));
/// assert_eq!(serde_json::from_str::<Outcome<u32>>(&json)?, later);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
#[must_use]
#[non_exhaustive]
pub enum Outcome<T> {
    /// It is done.
    Ok(T),
    /// It failed.
    Err(OutcomeError),
    /// It is to be tried again.
    Retry {
        /// After so many milliseconds.
        after_ms: u64,
        /// Which attempt this was, from 1.
        attempt: u32,
        /// How many attempts there are.
        max_attempts: u32,
        /// Why it did not come to an end.
        reason: String,
    },
    /// It goes on when a condition holds.
    Pending {
        /// What it waits for.
        condition: WaitCondition,
        /// Names the step to whoever resumes it.
        #[serde(with = "bytes::number")]
        resume_token: u128,
    },
    /// It was given up.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// It was several steps, each with its own outcome.
    Batch(Vec<Outcome<T>>),
}
