//! Why a gate denied.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::trace::GateEvaluation;
use crate::error::StoreError;

/// The code of the denial that a panic of a gate becomes.
pub const GATE_DEFECT: &str = "GATE_DEFECT";

/// The gate that a denial names when it was the log that did not let events in.
const APPEND: &str = "append";

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

    /// The denial that says why the log did not let events in, for [`Store::append_denial`](crate::Store::append_denial):
    /// of a condition that was broken, or of a stream that was not as expected, also inside a batch. `None`
    /// for every other error.
    ///
    /// Its code is that of the error ([`StoreError::code`]), and its context has the `sequences` of the
    /// events that were in the way, or `entity`, `expected` and `actual` of the stream.
    ///
    /// ```
    /// use batpak::StoreError;
    /// use batpak::guard::Denial;
    ///
    /// let entity = "seat:12".to_owned();
    /// let error = StoreError::SequenceMismatch { entity, expected: 0, actual: 1 };
    /// let denial = Denial::from_refusal(&error).ok_or("a refusal")?;
    /// assert_eq!((denial.gate, denial.code.as_str()), ("append", "sequence-mismatch"));
    /// assert_eq!(denial.context[2], ("actual".to_owned(), "1".to_owned()));
    /// assert_eq!(Denial::from_refusal(&StoreError::WriterCrashed), None);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn from_refusal(error: &StoreError) -> Option<Denial> {
        let denial = Denial::new(APPEND, error.to_string()).with_code(error.code());
        match error {
            StoreError::ConditionBroken { events, .. } => {
                let sequences: Vec<String> = events.iter().map(u64::to_string).collect();
                Some(denial.with_context("sequences", sequences.join(", ")))
            }
            StoreError::SequenceMismatch {
                entity,
                expected,
                actual,
            } => Some(
                denial
                    .with_context("entity", entity)
                    .with_context("expected", expected.to_string())
                    .with_context("actual", actual.to_string()),
            ),
            StoreError::BatchFailed { item_index, source } => {
                let denial = Denial::from_refusal(source)?;
                Some(denial.with_context("item", item_index.to_string()))
            }
            _ => None,
        }
    }

    /// What a panic of `gate` means: nothing was permitted.
    pub(crate) fn defect(gate: &'static str, panic: &(dyn Any + Send)) -> Denial {
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
