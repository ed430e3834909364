//! `batpak append`: one event from the command line, or one per line of standard input.

use batpak::store::{AppendOptions, AppendReceipt, Durability, ExpectedSequence};
use batpak::{EventKind, StreamSequence};
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::command::append_lines;
use crate::context::Context;
use crate::event_name::EventName;
use crate::failure::{Failure, Result};
use crate::input;
use crate::kind::parse_kind;
use crate::output::Output;
use crate::store;
use crate::text_key::with_text_key;

/// Arguments of `append`.
#[derive(Args, Debug)]
pub(crate) struct AppendArgs {
    /// Read one JSON object a line from standard input
    #[arg(long, conflicts_with_all = ["entity", "scope", "kind", "payload", "key", "causes", "expect"])]
    stdin: bool,
    /// Entity of the event
    #[arg(long, value_name = "ENTITY", required_unless_present = "stdin")]
    entity: Option<String>,
    /// Scope of the event
    #[arg(long, value_name = "SCOPE", required_unless_present = "stdin")]
    scope: Option<String>,
    /// Kind of the event
    #[arg(long, value_name = "C:T", required_unless_present = "stdin", value_parser = parse_kind)]
    kind: Option<EventKind>,
    /// Payload of the event
    #[arg(
        long,
        value_name = "JSON",
        required_unless_present = "stdin",
        allow_hyphen_values = true
    )]
    payload: Option<String>,
    /// Key: with it, appending the same again is harmless
    #[arg(long, value_name = "TEXT")]
    key: Option<String>,
    /// A cause (repeatable): sequence, id or key:TEXT
    #[arg(long = "cause", value_name = "EVENT", value_parser = EventName::parse)]
    causes: Vec<EventName>,
    /// Last stream sequence that must hold now
    #[arg(long, value_name = "N|none", value_parser = parse_expected)]
    expect: Option<ExpectedSequence>,
    /// What an acknowledgement survives: a power cut
    /// (synced) or a kill of the process (written)
    /// [default: synced]
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = Level::Synced)]
    #[arg(hide_default_value = true)]
    #[arg(verbatim_doc_comment, hide_possible_values = true)]
    durability: Level,
    /// Most lines that wait for an acknowledgement
    /// [default: 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    #[arg(verbatim_doc_comment)]
    in_flight: Option<u32>,
}

/// Lines that may wait for an acknowledgement when nothing else is asked for.
const IN_FLIGHT: u32 = 1024;

/// What an acknowledgement waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Level {
    /// The event is on stable storage: it survives a power cut
    Synced,
    /// The operating system has the event: it survives a kill of the process
    Written,
}

impl From<Level> for Durability {
    fn from(level: Level) -> Durability {
        match level {
            Level::Synced => Durability::Synced,
            Level::Written => Durability::Written,
        }
    }
}

/// One acknowledged event.
#[derive(Debug, Serialize)]
pub(crate) struct Acknowledgement {
    /// Its sequence.
    pub(crate) sequence: u64,
    /// Its id in hex.
    pub(crate) id: String,
}

impl Acknowledgement {
    /// Of the event with this receipt.
    pub(crate) fn of(receipt: &AppendReceipt) -> Acknowledgement {
        Acknowledgement {
            sequence: receipt.sequence,
            id: receipt.event_id.hex(),
        }
    }
}

/// Appends, and prints what is acknowledged.
pub(crate) fn run(context: &Context, args: AppendArgs) -> Result<()> {
    if args.stdin {
        let in_flight = args.in_flight.unwrap_or(IN_FLIGHT);
        return append_lines::run(context, args.durability.into(), in_flight);
    }
    if args.in_flight.is_some() {
        return Err(Failure::usage("usage", "--in-flight needs --stdin"));
    }
    append_one(context, args)
}

fn append_one(context: &Context, args: AppendArgs) -> Result<()> {
    let (Some(entity), Some(scope), Some(kind), Some(json)) =
        (args.entity, args.scope, args.kind, args.payload)
    else {
        return Err(Failure::usage(
            "usage",
            "an event needs entity, scope, kind and payload",
        ));
    };
    let bad = |message: String| Failure::usage("bad-event", message);
    let coordinate = input::coordinate(&entity, &scope).map_err(bad)?;
    let payload =
        input::parse_payload_value(&json).map_err(|error| bad(format!("payload: {error}")))?;

    let mut options = AppendOptions::new();
    if let Some(text) = &args.key {
        options = with_text_key(options, text)?;
    }
    if let Some(expected) = args.expect {
        options = options.with_expected(expected);
    }
    store::write(context, args.durability.into(), |store| {
        for name in &args.causes {
            let cause = name
                .locate_id(store)
                .map_err(|failure| failure.within("cause"))?;
            options = options.with_cause(cause);
        }
        let receipt = store.append_with_options(&coordinate, kind, &payload, options)?;
        let mut output = Output::new(context);
        output
            .json(&Acknowledgement::of(&receipt))
            .and_then(|()| output.finish())
            .map_err(Failure::once_committed)
    })
}

fn parse_expected(text: &str) -> std::result::Result<ExpectedSequence, String> {
    if text == "none" {
        return Ok(ExpectedSequence::NoStream);
    }
    match text.parse() {
        Ok(0) => Ok(ExpectedSequence::NoStream),
        Ok(sequence) => Ok(ExpectedSequence::Exact(StreamSequence(sequence))),
        Err(_) => Err("expected a stream sequence or \"none\"".to_owned()),
    }
}
