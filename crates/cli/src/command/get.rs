//! `batpak get`: one event.

use clap::Args;

use crate::context::Context;
use crate::event_name::{EventName, scan_from};
use crate::event_object::EventObject;
use crate::failure::Result;
use crate::output::Output;
use crate::store;

/// Arguments of `get`.
#[derive(Args, Debug)]
pub(crate) struct GetArgs {
    /// A sequence (5 or seq:5), an id (32 hex digits), or key:TEXT
    #[arg(value_name = "EVENT", value_parser = EventName::parse)]
    event: EventName,
}

/// Prints the event object, over several lines for people.
pub(crate) fn run(context: &Context, args: &GetArgs) -> Result<()> {
    let store = store::open_for_reading(context)?;
    let sequence = args.event.locate(&store)?;
    let mut scan = scan_from(&store, sequence);
    let mut output = Output::new(context);
    if let Some(event) = scan.next_event()? {
        let object = EventObject::new(&event);
        if context.global.json {
            output.json(&object)?;
        } else {
            output.json_pretty(&object)?;
        }
    }
    output.finish()
}
