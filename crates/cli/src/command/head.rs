//! `batpak head`: one hash of all events and their order.

use batpak::StoreError;
use batpak::store::TreeHead;
use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Output, count, counted};
use crate::store;

/// Arguments of `head`.
#[derive(Args, Debug)]
pub(crate) struct HeadArgs {
    /// The head as it was when the store had this many events,
    /// gone ones included
    #[arg(long, value_name = "N", verbatim_doc_comment)]
    at: Option<u64>,
}

/// A head as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct HeadObject {
    size: u64,
    root: String,
}

impl From<TreeHead> for HeadObject {
    fn from(head: TreeHead) -> HeadObject {
        HeadObject {
            size: head.size,
            root: head.root.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Prints the head of what is visible, or an earlier one.
pub(crate) fn run(context: &Context, args: &HeadArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let head = match args.at {
        None => store.head()?,
        Some(size) => store.head_at(size).map_err(|error| match error {
            StoreError::NotFound(_) => beyond(size, store.stats().global_sequence),
            other => other.into(),
        })?,
    };
    if !store.open_report().damage.is_empty() {
        context.warn(
            "the store is damaged: events that are lost stand in the head as unknown; \
             `batpak verify` lists them",
        );
    }
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&HeadObject::from(head))?;
    } else {
        output.line(&head.to_string())?;
    }
    output.finish()
}

fn beyond(size: u64, visible: u64) -> Failure {
    let message = format!(
        "no head at {}: the store has {}",
        count(size),
        counted(visible, "event")
    );
    Failure::new(Exit::Error, "head-beyond", message)
}
