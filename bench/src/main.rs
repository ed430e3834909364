//! The store beside others, and beside a bare loop over the same bytes: `batpak-bench --help`.

mod child;
mod driver;
mod event;
mod machine;
mod measure;
mod peer;
mod record;
mod report;
mod workload;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use child::Stage;
use workload::{Effort, Workload};

/// What a part of the program gives, or why it could not.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Measures batpak beside other stores, and beside a bare loop that writes the same bytes.
#[derive(Debug, Parser)]
#[command(name = "batpak-bench")]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All workloads with small sizes, in less than five minutes.
    Quick(Where),
    /// All workloads with large sizes, in less than an hour.
    Full(Where),
    /// The workloads whose names start so.
    Run(Run),
    /// Makes a page and pictures from a file of results.
    Report {
        /// The file of results.
        results: PathBuf,
        /// Where `benchmarks.md` and `pictures/` are written.
        #[arg(long)]
        out: PathBuf,
    },
    /// One part of one run, in this process.
    #[command(hide = true)]
    Child(Child),
}

#[derive(Debug, Args)]
struct Where {
    /// Where stores are made: an absolute path on the disk in question; below `bench/target` by default.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// File of results, one object a line; `results.jsonl` in that directory by default.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Run {
    /// A workload, or the start of the names of several.
    workload: String,
    /// Only these peers; may be given several times.
    #[arg(long)]
    peer: Vec<String>,
    /// Events of a run, in place of those of the workload.
    #[arg(long)]
    events: Option<u64>,
    /// Rounds, in place of those of the workload.
    #[arg(long)]
    rounds: Option<usize>,
    /// The sizes of `full` in place of those of `quick`.
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Child {
    workload: String,
    peer: String,
    #[arg(value_enum)]
    stage: Stage,
    events: u64,
    #[arg(long)]
    full: bool,
    #[arg(long)]
    dir: PathBuf,
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("batpak-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command.what {
        What::Quick(place) => measure(Effort::Quick, &workload::all(Effort::Quick), &[], &place),
        What::Full(place) => measure(Effort::Full, &workload::all(Effort::Full), &[], &place),
        What::Run(run) => {
            let effort = effort(run.full);
            let mut chosen = workload::all(effort);
            chosen.retain(|workload| workload.name.starts_with(&run.workload));
            if chosen.is_empty() {
                return Err(no_workload(&run.workload).into());
            }
            for workload in &mut chosen {
                workload.events = run.events.unwrap_or(workload.events);
                workload.rounds = run.rounds.unwrap_or(workload.rounds);
            }
            for name in &run.peer {
                peer::named(name)?;
            }
            measure(effort, &chosen, &run.peer, &run.place)
        }
        What::Report { results, out } => report::write(&results, &out),
        What::Child(child) => {
            let mut workload = named(effort(child.full), &child.workload)?;
            workload.events = child.events;
            let figures = child::run(&workload, &child.peer, child.stage, &child.dir)?;
            println!("{}", serde_json::to_string(&figures)?);
            Ok(())
        }
    }
}

fn effort(full: bool) -> Effort {
    if full { Effort::Full } else { Effort::Quick }
}

fn named(effort: Effort, name: &str) -> Result<Workload> {
    let mut all = workload::all(effort).into_iter();
    let found = all.find(|workload| workload.name == name);
    found.ok_or_else(|| no_workload(name).into())
}

fn no_workload(name: &str) -> String {
    let names = workload::all(Effort::Full)
        .into_iter()
        .map(|workload| workload.name);
    let names = names.collect::<Vec<String>>().join(", ");
    format!("there is no workload {name}; there are: {names}")
}

fn measure(effort: Effort, workloads: &[Workload], only: &[String], place: &Where) -> Result<()> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target")
        .join("stores");
    let dir = place.dir.clone().unwrap_or(default);
    if !dir.is_absolute() {
        return Err(format!("--dir {} is not an absolute path", dir.display()).into());
    }
    std::fs::create_dir_all(&dir)?;
    machine::warn_of_memory(&dir);
    let out = place
        .out
        .clone()
        .unwrap_or_else(|| dir.join("results.jsonl"));
    driver::run(effort, workloads, only, &dir, &out)
}
