//! `batpak repair`: what can be made whole again from the rest of a store.

use clap::Subcommand;
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::Output;
use crate::store;

/// What to repair.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Write a missing or damaged store identity again from the segments
    Identity,
}

#[derive(Serialize)]
struct Repaired {
    repaired: bool,
}

/// Repairs, and says whether there was anything to repair.
pub(crate) fn run(context: &Context, what: &What) -> Result<()> {
    let dir = store::named(context)?;
    let What::Identity = what;
    let repaired = batpak::store::repair_identity(&dir).map_err(Failure::opening)?;
    let mut output = Output::new(context);
    if context.global.json {
        output.json(&Repaired { repaired })?;
    } else if repaired {
        output.line("The identity is written again from the segments. Run verify next.")?;
    } else {
        output.line("The identity is whole; nothing was changed.")?;
    }
    output.finish()
}
