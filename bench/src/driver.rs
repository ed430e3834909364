//! Rounds of runs, each in a process of its own, the peers in turn.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::child::Stage;
use crate::machine;
use crate::measure::Figures;
use crate::peer::{self, Entry};
use crate::record::{Record, Results};
use crate::workload::{Effort, Workload};

/// Runs the workloads with the peers, and writes the results.
pub(crate) fn run(
    effort: Effort,
    workloads: &[Workload],
    only: &[String],
    dir: &Path,
    out: &Path,
) -> Result<()> {
    let start = Instant::now();
    let mut results = Results::create(out)?;
    results.add(&Record::Machine(machine::facts(effort, dir)?))?;
    for (number, workload) in workloads.iter().enumerate() {
        results.add(&Record::Workload {
            name: workload.name.clone(),
            title: workload.title.clone(),
            events: workload.events,
            rounds: workload.rounds,
        })?;
        let mut peers = Vec::new();
        for peer in peer::all() {
            if !only.is_empty() && !only.iter().any(|name| name == peer.name) {
                continue;
            }
            match workload.excludes(&peer) {
                None => peers.push(peer),
                Some(reason) => results.add(&absent(workload, &peer, reason))?,
            }
        }
        for round in 1..=workload.rounds {
            let count = peers.len().max(1);
            let mut failed = Vec::new();
            for turn in 0..peers.len() {
                let index = (turn + round - 1) % count;
                let peer = &peers[index];
                let events = workload.events_of(peer);
                let begun = Instant::now();
                let record = match run_one(effort, workload, peer, dir) {
                    Ok(figures) => Record::Run {
                        workload: workload.name.clone(),
                        peer: peer.name.to_owned(),
                        round,
                        events,
                        figures,
                    },
                    Err(error) => {
                        failed.push(index);
                        absent(workload, peer, &error.to_string())
                    }
                };
                results.add(&record)?;
                let place = format!("{}/{}", number + 1, workloads.len());
                tell(
                    start,
                    &place,
                    workload,
                    peer,
                    round,
                    begun.elapsed(),
                    &record,
                );
            }
            // What failed once is not tried again.
            failed.sort_unstable();
            for index in failed.into_iter().rev() {
                peers.remove(index);
            }
        }
    }
    let took = start.elapsed().as_secs();
    eprintln!(
        "{} min {} s; results: {}",
        took / 60,
        took % 60,
        out.display()
    );
    Ok(())
}

fn absent(workload: &Workload, peer: &Entry, reason: &str) -> Record {
    Record::Absent {
        workload: workload.name.clone(),
        peer: peer.name.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A line for people.
fn tell(
    start: Instant,
    place: &str,
    workload: &Workload,
    peer: &Entry,
    round: usize,
    took: Duration,
    record: &Record,
) {
    let says = match record {
        Record::Run { figures, .. } => figures
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "wall_ns" | "open_ns" | "scan_ns"))
            .map(|(name, figure)| format!("{name} {figure:.0}"))
            .collect::<Vec<String>>()
            .join(", "),
        Record::Absent { reason, .. } => format!("absent: {reason}"),
        _ => String::new(),
    };
    let (passed, took) = (start.elapsed().as_secs(), took.as_secs_f64());
    let (workload, peer) = (&workload.name, peer.name);
    eprintln!(
        "{passed:>5} s  {place:>6}  {workload:<20} round {round}  {peer:<11} {took:>6.1} s  {says}"
    );
}

/// All parts of one run in a fresh directory.
fn run_one(effort: Effort, workload: &Workload, peer: &Entry, dir: &Path) -> Result<Figures> {
    let dir = dir.join(format!("run-{}", std::process::id()));
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir(&dir)?;
    let mut figures = Figures::new();
    let mut parts = Ok(());
    for stage in Stage::of(workload.kind) {
        parts = run_part(effort, workload, peer, *stage, &dir, &mut figures);
        if parts.is_err() {
            break;
        }
    }
    fs::remove_dir_all(&dir)?;
    parts.map(|()| figures)
}

fn run_part(
    effort: Effort,
    workload: &Workload,
    peer: &Entry,
    stage: Stage,
    dir: &Path,
    figures: &mut Figures,
) -> Result<()> {
    let name = clap::ValueEnum::to_possible_value(&stage).ok_or("a stage has no name")?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["child", &workload.name, peer.name, name.get_name()])
        .arg(workload.events.to_string())
        .arg("--dir")
        .arg(dir)
        .args((effort == Effort::Full).then_some("--full"))
        .stdin(Stdio::null());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    if stage == Stage::FillKilled && status.signal() == Some(9) {
        return Ok(());
    }
    if !status.success() {
        let stderr = String::from_utf8_lossy(&stderr);
        let said = stderr.trim().lines().last().unwrap_or("it said nothing");
        return Err(format!("{name} ended with {status}: {said}", name = name.get_name()).into());
    }
    let more: Figures = serde_json::from_slice(&stdout)?;
    figures.extend(more);
    Ok(())
}
