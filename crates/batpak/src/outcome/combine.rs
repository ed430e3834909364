//! What is done with one outcome.

use super::{ErrorKind, Outcome, OutcomeError};

impl<T> Outcome<T> {
    /// Applies a function to every value.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let both = Outcome::Batch(vec![Outcome::Ok(1), Outcome::Ok(2)]);
    /// let doubled = Outcome::Batch(vec![Outcome::Ok(2), Outcome::Ok(4)]);
    /// assert_eq!(both.map(|number| number * 2), doubled);
    /// ```
    pub fn map<U>(self, mut function: impl FnMut(T) -> U) -> Outcome<U> {
        self.bind(&mut |value| Outcome::Ok(function(value)))
    }

    /// Goes on with the next step from every value.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let half = |number: u32| match number % 2 {
    ///     0 => Outcome::Ok(number / 2),
    ///     _ => Outcome::Cancelled { reason: "odd".into() },
    /// };
    /// assert_eq!(Outcome::Ok(8).and_then(half).and_then(half), Outcome::Ok(2));
    /// assert!(Outcome::Ok(6).and_then(half).and_then(half).is_cancelled());
    /// ```
    pub fn and_then<U>(self, mut next: impl FnMut(T) -> Outcome<U>) -> Outcome<U> {
        self.bind(&mut next)
    }

    /// Goes on from the values that a predicate holds for, and keeps the others.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let capped = |number: u32| Outcome::Ok(number).and_then_if(|n| *n > 10, |_| Outcome::Ok(10));
    /// assert_eq!((capped(7), capped(70)), (Outcome::Ok(7), Outcome::Ok(10)));
    /// ```
    pub fn and_then_if(
        self,
        mut predicate: impl FnMut(&T) -> bool,
        mut next: impl FnMut(T) -> Outcome<T>,
    ) -> Outcome<T> {
        self.bind(&mut |value| {
            if predicate(&value) {
                next(value)
            } else {
                Outcome::Ok(value)
            }
        })
    }

    /// Applies a function to every error.
    ///
    /// ```
    /// use batpak::outcome::{ErrorKind, Outcome, OutcomeError};
    ///
    /// let failed = Outcome::<u32>::Err(OutcomeError::new(ErrorKind::NotFound, "order 17"));
    /// let told = failed.map_err(|error| OutcomeError::new(error.kind, "no such order"));
    /// assert_eq!(told.into_result().unwrap_err().message, "no such order");
    /// ```
    pub fn map_err(self, mut function: impl FnMut(OutcomeError) -> OutcomeError) -> Outcome<T> {
        self.recover(&mut |error| Outcome::Err(function(error)))
    }

    /// Goes on from every error.
    ///
    /// ```
    /// use batpak::outcome::{ErrorKind, Outcome, OutcomeError};
    ///
    /// let failed = Outcome::<u32>::Err(OutcomeError::new(ErrorKind::NotFound, "no record yet"));
    /// assert_eq!(failed.or_else(|_| Outcome::Ok(0)), Outcome::Ok(0));
    /// ```
    pub fn or_else(self, mut next: impl FnMut(OutcomeError) -> Outcome<T>) -> Outcome<T> {
        self.recover(&mut next)
    }

    /// Shows every value to a function.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let mut seen = Vec::new();
    /// let outcome = Outcome::Ok(3).inspect(|number| seen.push(*number));
    /// assert_eq!((outcome, seen), (Outcome::Ok(3), vec![3]));
    /// ```
    pub fn inspect(self, mut function: impl FnMut(&T)) -> Outcome<T> {
        self.map(|value| {
            function(&value);
            value
        })
    }

    /// Shows every error to a function.
    ///
    /// ```
    /// use batpak::outcome::{ErrorKind, Outcome, OutcomeError};
    ///
    /// let mut seen = Vec::new();
    /// let failed = Outcome::<u32>::Err(OutcomeError::new(ErrorKind::Conflict, "taken"));
    /// assert!(failed.inspect_err(|error| seen.push(error.kind)).is_err());
    /// assert_eq!(seen, [ErrorKind::Conflict]);
    /// ```
    pub fn inspect_err(self, mut function: impl FnMut(&OutcomeError)) -> Outcome<T> {
        self.map_err(|error| {
            function(&error);
            error
        })
    }

    /// The value, or an error for everything that is no single value: [`ErrorKind::Cancelled`],
    /// [`ErrorKind::Timeout`] for a retry, [`ErrorKind::Pending`], [`ErrorKind::BatchCollapse`].
    ///
    /// # Errors
    /// When this is not [`Outcome::Ok`].
    ///
    /// ```
    /// use batpak::outcome::{ErrorKind, Outcome};
    ///
    /// assert_eq!(Outcome::Ok(3).into_result(), Ok(3));
    /// let batch = Outcome::Batch(vec![Outcome::Ok(3)]);
    /// assert_eq!(batch.into_result().unwrap_err().kind, ErrorKind::BatchCollapse);
    /// ```
    pub fn into_result(self) -> Result<T, OutcomeError> {
        let error = match self {
            Outcome::Ok(value) => return Ok(value),
            Outcome::Err(error) => error,
            Outcome::Cancelled { reason } => {
                OutcomeError::new(ErrorKind::Cancelled, format!("cancelled: {reason}"))
            }
            Outcome::Retry {
                after_ms,
                attempt,
                max_attempts,
                reason,
            } => OutcomeError::new(
                ErrorKind::Timeout,
                format!("retry after {after_ms}ms (attempt {attempt} of {max_attempts}): {reason}"),
            ),
            Outcome::Pending {
                condition,
                resume_token,
            } => OutcomeError::new(
                ErrorKind::Pending,
                format!("pending until {condition}, resume with {resume_token:032x}"),
            ),
            Outcome::Batch(outcomes) => OutcomeError::new(
                ErrorKind::BatchCollapse,
                format!("a batch of {} outcomes is no single value", outcomes.len()),
            ),
        };
        Err(error)
    }

    /// The value, or another one for everything that is no single value.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let cancelled = Outcome::Cancelled { reason: "closed".into() };
    /// assert_eq!((Outcome::Ok(3).unwrap_or(0), cancelled.unwrap_or(0)), (3, 0));
    /// ```
    pub fn unwrap_or(self, default: T) -> T {
        self.into_result().unwrap_or(default)
    }

    /// The value, or one that is made of the error that [`Outcome::into_result`] gives.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// let cancelled = Outcome::Cancelled { reason: "closed".into() };
    /// assert_eq!(cancelled.unwrap_or_else(|error| error.message), "cancelled: closed");
    /// ```
    pub fn unwrap_or_else(self, default: impl FnOnce(OutcomeError) -> T) -> T {
        self.into_result().unwrap_or_else(default)
    }

    /// Whether this is a single value.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert!(Outcome::Ok(1).is_ok());
    /// assert!(!Outcome::Batch(vec![Outcome::Ok(1)]).is_ok());
    /// ```
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Outcome::Ok(_))
    }

    /// Whether this is a single error.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert!(!Outcome::Ok(1).is_err());
    /// ```
    #[must_use]
    pub fn is_err(&self) -> bool {
        matches!(self, Outcome::Err(_))
    }

    /// Whether it is to be tried again.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert!(!Outcome::Ok(1).is_retry());
    /// ```
    #[must_use]
    pub fn is_retry(&self) -> bool {
        matches!(self, Outcome::Retry { .. })
    }

    /// Whether it waits for something.
    ///
    /// ```
    /// use batpak::outcome::{Outcome, WaitCondition};
    ///
    /// let condition = WaitCondition::Timeout { resume_at_ms: 5 };
    /// assert!(Outcome::<u32>::Pending { condition, resume_token: 7 }.is_pending());
    /// ```
    #[must_use]
    pub fn is_pending(&self) -> bool {
        matches!(self, Outcome::Pending { .. })
    }

    /// Whether it was given up.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert!(Outcome::<u32>::Cancelled { reason: "closed".into() }.is_cancelled());
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Outcome::Cancelled { .. })
    }

    /// Whether it was several steps.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert!(Outcome::<u32>::Batch(vec![]).is_batch());
    /// ```
    #[must_use]
    pub fn is_batch(&self) -> bool {
        matches!(self, Outcome::Batch(_))
    }

    fn bind<U>(self, next: &mut impl FnMut(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Outcome::Ok(value) => next(value),
            Outcome::Batch(outcomes) => {
                let bound = outcomes.into_iter().map(|outcome| outcome.bind(next));
                Outcome::Batch(bound.collect())
            }
            Outcome::Err(error) => Outcome::Err(error),
            Outcome::Cancelled { reason } => Outcome::Cancelled { reason },
            Outcome::Retry {
                after_ms,
                attempt,
                max_attempts,
                reason,
            } => Outcome::Retry {
                after_ms,
                attempt,
                max_attempts,
                reason,
            },
            Outcome::Pending {
                condition,
                resume_token,
            } => Outcome::Pending {
                condition,
                resume_token,
            },
        }
    }

    fn recover(self, next: &mut impl FnMut(OutcomeError) -> Outcome<T>) -> Outcome<T> {
        match self {
            Outcome::Err(error) => next(error),
            Outcome::Batch(outcomes) => {
                let recovered = outcomes.into_iter().map(|outcome| outcome.recover(next));
                Outcome::Batch(recovered.collect())
            }
            other => other,
        }
    }
}

impl<T> Outcome<Outcome<T>> {
    /// Takes one layer away.
    ///
    /// ```
    /// use batpak::outcome::Outcome;
    ///
    /// assert_eq!(Outcome::Ok(Outcome::Ok(3)).flatten(), Outcome::Ok(3));
    /// ```
    pub fn flatten(self) -> Outcome<T> {
        self.and_then(|inner| inner)
    }
}

impl<T> From<Result<T, OutcomeError>> for Outcome<T> {
    fn from(result: Result<T, OutcomeError>) -> Outcome<T> {
        result.map_or_else(Outcome::Err, Outcome::Ok)
    }
}
