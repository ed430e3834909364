//! The `batpak` command: record, read, verify and import event histories.
//!
//! Standard output carries data only; progress, hints and errors go to standard error.
//! Every command is one file in `command`; what commands share is in the modules beside it:
//! choosing a store, naming an event, the event object, tables, failures and progress.
#![forbid(unsafe_code)]

mod args;
mod command;
mod context;
mod event_name;
mod event_object;
mod failure;
mod filter;
mod git;
mod groups;
mod input;
mod interrupt;
mod kind;
mod lines;
mod output;
mod progress;
mod reading;
mod store;
mod text;
mod text_key;
mod time;
mod usage;
mod value;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
