//! The trait of rules.

use std::sync::Arc;

use super::denial::Denial;

/// A rule that a proposal has to pass.
///
/// It is asked in the thread of the caller, while no lock of the store is held.
///
/// ```
/// use batpak::guard::{Denial, Gate};
///
/// struct NotEmpty;
///
/// impl Gate<str> for NotEmpty {
///     fn name(&self) -> &'static str {
///         "not-empty"
///     }
///
///     fn evaluate(&self, text: &str) -> Result<(), Denial> {
///         match text {
///             "" => Err(Denial::new(self.name(), "there is no text")),
///             _ => Ok(()),
///         }
///     }
/// }
///
/// assert!(NotEmpty.evaluate("lamp").is_ok() && NotEmpty.evaluate("").is_err());
/// ```
pub trait Gate<Ctx: ?Sized>: Send + Sync {
    /// Its name, not empty and in ASCII: records of denials refer to it.
    fn name(&self) -> &'static str;

    /// Permits or denies, by what the context says.
    ///
    /// # Errors
    /// The denial, if it denies.
    fn evaluate(&self, ctx: &Ctx) -> Result<(), Denial>;

    /// What it demands, for people; nothing unless it is overridden.
    fn description(&self) -> &'static str {
        ""
    }
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        impl<Ctx: ?Sized, G: Gate<Ctx> + ?Sized> Gate<Ctx> for $pointer<G> {
            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn evaluate(&self, ctx: &Ctx) -> Result<(), Denial> {
                (**self).evaluate(ctx)
            }

            fn description(&self) -> &'static str {
                (**self).description()
            }
        }
    )+};
}

forward!(Box, Arc);
