//! `batpak tour`: a git history in a fresh store, verified, replayed and reopened.

mod place;
mod replay;
mod screen;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use batpak::store::{Durability, VerifyReport};
use clap::Args;
use serde::{Serialize, Serializer};

use crate::command::import::Imported;
use crate::command::import_git;
use crate::command::stats::Stats;
use crate::command::verify;
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::git::{Repository, Unusable};
use crate::interrupt;
use crate::output::counted;
use crate::store;

use replay::{Busiest, Replayed};
use screen::Screen;

/// Arguments of `tour`.
#[derive(Args, Debug)]
pub(crate) struct TourArgs {
    /// The repository [default: the one around this directory]
    #[arg(long, value_name = "PATH")]
    repo: Option<PathBuf>,
    /// A new or empty directory for the store, which is kept
    /// [default: one in the temporary directory]
    #[arg(long, value_name = "DIR", verbatim_doc_comment)]
    dir: Option<PathBuf>,
}

/// Everything that the tour measured; the order of the fields is the order of the JSON keys.
#[derive(Serialize)]
pub(crate) struct Report {
    #[serde(serialize_with = "as_text")]
    dir: PathBuf,
    #[serde(serialize_with = "as_text")]
    repository: PathBuf,
    imported: Imported,
    import_seconds: f64,
    #[serde(skip)]
    verified: VerifyReport,
    whole: bool,
    verify_seconds: f64,
    replayed: Option<Replayed>,
    close_seconds: f64,
    open_seconds: f64,
    stats: Stats,
}

/// Runs the tour; a store that is not whole fails it.
pub(crate) fn run(context: &Context, args: &TourArgs) -> Result<()> {
    if context.global.store.is_some() {
        return Err(Failure::usage("usage", "the tour makes a store of its own")
            .with_hint("--dir DIR says where"));
    }
    let repository = repository(args.repo.as_deref())?;
    let dir = place::fresh_directory(args.dir.as_deref())?;
    if let Some(kind) = place::in_memory(&dir) {
        context.warn(&format!(
            "{} is in memory ({kind}), so this shows nothing about a disk; choose one with --dir",
            dir.display()
        ));
    }
    interrupt::watch(|| {})?;
    let mut screen = Screen::new(context);
    screen.title(repository.path(), &dir)?;
    let report = steps(context, &mut screen, &repository, &dir)?;
    screen.finish(&report)?;
    verify::outcome(&dir, &report.verified)
}

/// The repository to import; none is wrong usage.
fn repository(path: Option<&Path>) -> Result<Repository> {
    let place = path.unwrap_or(Path::new("."));
    Repository::at(place).map_err(|unusable| match unusable {
        Unusable::Refused(words) => {
            let unknown = words.starts_with("fatal: not a git repository");
            let what = if unknown {
                "not a git repository".to_owned()
            } else {
                words
            };
            let hint = match path {
                Some(_) => "--repo PATH takes the path of a git repository",
                None => "run it inside a git repository, or name one with --repo PATH",
            };
            Failure::usage("no-repository", what)
                .with_path(&canonical(place))
                .with_hint(hint)
        }
        no_git => no_git.into_failure(place),
    })
}

fn steps(
    context: &Context,
    screen: &mut Screen<'_>,
    repository: &Repository,
    dir: &Path,
) -> Result<Report> {
    let (store, _) = timed(|| store::open_or_create(dir, Durability::Synced))?;
    let imported = timed(|| import_git::import(context, &store, repository, repository.name()));
    let closed = timed(|| Ok(store.close()?));
    let (imported, import_time) = imported?;
    let (_, close_time) = closed?;
    let committed = format!("{} committed", counted(imported.new, "event"));
    interrupt::end_at_once(&committed, context.global.json)?;
    screen.imported(&imported, import_time)?;

    let (verified, verify_time) = verify::check(context, dir, None)?;
    screen.verified(&verified, verify_time)?;

    let store = store::open_read_only(dir)?;
    let replayed = Busiest::find(&store)?
        .map(|busiest| busiest.replay(&store))
        .transpose()?;
    if let Some(replayed) = &replayed {
        screen.replayed(replayed)?;
    }
    drop(store);

    let (store, open_time) = timed(|| store::open_or_create(dir, Durability::Synced))?;
    let events = store.stats().global_sequence;
    store.close()?;
    screen.reopened(events, open_time)?;
    // Sizes after the last close: an open writer has space in hand.
    let stats = Stats::of(&store::open_read_only(dir)?)?;

    Ok(Report {
        dir: dir.to_owned(),
        repository: canonical(repository.path()),
        imported,
        import_seconds: import_time.as_secs_f64(),
        whole: verified.findings.is_empty(),
        verified,
        verify_seconds: verify_time.as_secs_f64(),
        replayed,
        close_seconds: close_time.as_secs_f64(),
        open_seconds: open_time.as_secs_f64(),
        stats,
    })
}

/// The path without links and relative parts, where the system can tell.
fn canonical(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or(path.to_owned())
}

/// A path as text, with a mark in place of what is not text.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let started = Instant::now();
    let done = work()?;
    Ok((done, started.elapsed()))
}
