//! The commands, one file each, and the way from the command line to an exit code.

pub(crate) mod append;
pub(crate) mod append_lines;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod get;
pub(crate) mod graph;
pub(crate) mod head;
pub(crate) mod import;
pub(crate) mod import_git;
pub(crate) mod import_ndjson;
pub(crate) mod kinds;
pub(crate) mod log;
pub(crate) mod repair;
pub(crate) mod salvage;
pub(crate) mod stats;
pub(crate) mod streams;
pub(crate) mod tour;
pub(crate) mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command, Global};
use crate::context::Context;
use crate::failure::Result;
use crate::output;
use crate::usage::{self, NotRun};

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => {
            let json = cli.global.json;
            let context = Context::new(cli.global);
            end(run(&context, cli.command), json)
        }
        Err(error) => {
            let color = Context::new(Global::default()).color;
            match usage::classify(&error, color) {
                NotRun::Information(text) => end(output::print(text.as_bytes()), false),
                NotRun::Failure(failure) => end(Err(failure), json_was_asked_for()),
            }
        }
    }
}

fn run(context: &Context, command: Command) -> Result<()> {
    match command {
        Command::Tour(args) => tour::run(context, &args),
        Command::Import(source) => import::run(context, &source),
        Command::Append(args) => append::run(context, args),
        Command::Log(args) => log::run(context, &args),
        Command::Get(args) => get::run(context, &args),
        Command::Graph(args) => graph::run(context, &args),
        Command::Streams(args) => streams::run(context, &args),
        Command::Kinds(args) => kinds::run(context, &args),
        Command::Stats(args) => stats::run(context, &args),
        Command::Head(args) => head::run(context, &args),
        Command::Explain(args) => explain::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Salvage(args) => salvage::run(context, &args),
        Command::Repair(what) => repair::run(context, &what),
        Command::Export(format) => export::run(context, &format),
        Command::Completions(args) => completions::run(&args),
    }
}

fn end(result: Result<()>, json: bool) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print(json);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Looks for `--json` in a command line that could not be parsed.
fn json_was_asked_for() -> bool {
    std::env::args_os()
        .skip(1)
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json")
}
