//! The command line: global options and the list of commands.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::command::{
    append, completions, export, get, graph, head, import, kinds, log, repair, salvage, stats,
    streams, tour, verify,
};
use crate::filter::Listing;

/// What `--version` prints after the name.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (package, format) = (env!("CARGO_PKG_VERSION"), batpak::FORMAT_VERSION);
    format!("{package} (format version {format})")
});

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "batpak", version = VERSION.as_str(), about = ABOUT, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true, disable_help_flag = true)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Global {
    /// Directory of the store [default: the variable BATPAK_STORE]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Global options"
    )]
    pub(crate) store: Option<PathBuf>,
    /// Print JSON, one object a line; errors too
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Print no progress and no remarks, only errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Print help
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = "Global options")]
    help: Option<bool>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See a git history imported, verified and replayed
    Tour(tour::TourArgs),
    /// Import events from elsewhere
    #[command(subcommand)]
    Import(import::Source),
    /// Append one event, or one per line of standard input
    Append(append::AppendArgs),
    /// List events, one line each
    Log(log::LogArgs),
    /// Print one event
    Get(get::GetArgs),
    /// Ask why something happened and what it led to
    Graph(graph::GraphArgs),
    /// List the streams: one for each entity
    Streams(streams::StreamsArgs),
    /// List the kinds of events
    Kinds(kinds::KindsArgs),
    /// Count events, and what they cost on disk
    Stats(stats::StatsArgs),
    /// Print the head: one hash of all events and their order
    Head(head::HeadArgs),
    /// Say how a listing gets at its events, without reading them
    Explain(Listing),
    /// Check every byte of the store
    Verify(verify::VerifyArgs),
    /// Copy what can be read of a damaged store into a new one
    Salvage(salvage::SalvageArgs),
    /// Make a store whole again from what is left of it
    #[command(subcommand)]
    Repair(repair::What),
    /// Export events
    #[command(subcommand)]
    Export(export::Format),
    /// Print a script that completes this command's words in a shell
    Completions(completions::CompletionsArgs),
}

const ABOUT: &str = "\
Record, read, verify and import event histories.
A store is one directory: name it with --store DIR or the variable BATPAK_STORE.";

const EXIT_CODES: &str = "\
Exit codes:
  0 done   1 error   2 wrong usage   3 the store is not whole
  4 conflict   5 locked by another process   130 interrupted";
