//! Why a gate denied.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::trace::GateEvaluation;

/// The code of the denial that a panic of a gate becomes.
pub const GATE_DEFECT: &str = "GATE_DEFECT";

/// Why a gate denied.
///
/// It can be written and not be read back, because its gate is a name in the program: what is
/// recorded of it is a [`DenialPayload`](super::DenialPayload).
///
/// ```
/// use batpak::guard::Denial;
///
/// let denial = Denial::new("limit", "above 1000")
///     .with_code("LIMIT")
///     .with_context("total", "1200");
/// assert_eq!(denial.to_string(), "[limit] above 1000");
/// assert_eq!(denial.context, [("total".to_owned(), "1200".to_owned())]);
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Denial {
    /// The gate that denied.
    pub gate: &'static str,
    /// What programs compare; empty unless the gate sets it.
    pub code: String,
    /// What people read.
    pub message: String,
    /// What led to it, by name.
    pub context: Vec<(String, String)>,
    /// What every gate of the set answered, when a set was asked.
    #[serde(skip)]
    pub(super) evaluations: Option<Arc<[GateEvaluation]>>,
}

impl Denial {
    /// A denial without code and context.
    ///
    /// ```
    /// use batpak::guard::Denial;
    ///
    /// assert!(Denial::new("limit", "above 1000").code.is_empty());
    /// ```
    #[must_use]
    pub fn new(gate: &'static str, message: impl Into<String>) -> Denial {
        Denial {
            gate,
            code: String::new(),
            message: message.into(),
            context: Vec::new(),
            evaluations: None,
        }
    }

    /// Sets what programs compare.
    ///
    /// ```
    /// use batpak::guard::Denial;
    ///
    /// assert_eq!(Denial::new("limit", "above 1000").with_code("LIMIT").code, "LIMIT");
    /// ```
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Denial {
        self.code = code.into();
        self
    }

    /// Adds something that led to it.
    ///
    /// ```
    /// use batpak::guard::Denial;
    ///
    /// let denial = Denial::new("limit", "above 1000").with_context("total", "1200");
    /// assert_eq!(denial.context.len(), 1);
    /// ```
    #[must_use]
    pub fn with_context(mut self, name: impl Into<String>, value: impl Into<String>) -> Denial {
        self.context.push((name.into(), value.into()));
        self
    }

    /// What a panic of `gate` means: nothing was permitted.
    pub(super) fn defect(gate: &'static str, panic: &(dyn Any + Send)) -> Denial {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("without a message");
        Denial::new(gate, format!("the gate panicked: {text}")).with_code(GATE_DEFECT)
    }
}

/// Two denials are equal when they say the same, whatever other gates answered.
impl PartialEq for Denial {
    fn eq(&self, other: &Self) -> bool {
        self.gate == other.gate
            && self.code == other.code
            && self.message == other.message
            && self.context == other.context
    }
}

impl Eq for Denial {}

impl fmt::Display for Denial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}", self.gate, self.message)
    }
}

impl Error for Denial {}
