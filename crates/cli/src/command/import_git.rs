//! `batpak import git`: one event per commit of all refs, parents before children.

use std::collections::HashSet;
use std::path::PathBuf;

use batpak::store::{AppendOptions, BatchAppendItem, CausationRef, Durability, Open};
use batpak::{Coordinate, EventId, EventKind, Store, StoreError};
use clap::Args;

use crate::command::import::Imported;
use crate::context::Context;
use crate::failure::{Exit, Failure, Result};
use crate::git::{Commit, History, Repository, component};
use crate::input::holds;
use crate::interrupt;
use crate::output::counted;
use crate::progress::{Progress, Unit};
use crate::store;
use crate::text_key;

/// Arguments of `import git`.
#[derive(Args, Debug)]
pub(crate) struct GitArgs {
    /// The repository
    #[arg(value_name = "REPO")]
    repository: PathBuf,
    /// Name of the repository in the scope "repo:NAME"
    /// [default: its directory]
    #[arg(long, value_name = "NAME", verbatim_doc_comment)]
    name: Option<String>,
}

/// Events that become one unit.
const BATCH_EVENTS: usize = 1000;
/// Bytes of payload after which a unit is closed earlier; one more commit may follow, for which
/// the store's own limit leaves room.
const BATCH_BYTES: usize = 1024 * 1024;

/// Imports into the named store and prints the report.
pub(crate) fn run(context: &Context, args: &GitArgs) -> Result<()> {
    let repository = Repository::at(&args.repository)
        .map_err(|unusable| unusable.into_failure(&args.repository))?;
    let name = args.name.as_deref().unwrap_or(repository.name());
    interrupt::watch(|| {})?;
    let imported = store::write(context, Durability::Synced, |store| {
        import(context, store, &repository, name)
    })?;
    imported.print(context)
}

/// Imports all commits of `repository` that `store` lacks, under the scope of `name`.
pub(crate) fn import(
    context: &Context,
    store: &Store<Open>,
    repository: &Repository,
    name: &str,
) -> Result<Imported> {
    let total = if Progress::wants_total(context) {
        Some(repository.count()?)
    } else {
        None
    };
    let mut progress = Progress::new(context, "import", Unit::Things("commits"), total);
    let mut importer = Importer::new(store, component("repo", name))?;
    let result = importer.all(repository, &mut progress);
    drop(progress);
    let committed = format!("{} committed", counted(importer.imported.new, "event"));
    // An interrupt on a terminal ends git as well: then that is why git failed.
    if interrupt::requested() {
        return Err(interrupt::failure(&committed)
            .with_hint("the same command again continues where this one stopped"));
    }
    result
        .map(|()| importer.imported)
        .map_err(|failure| failure.and(&committed))
}

struct Importer<'a> {
    store: &'a Store<Open>,
    scope: String,
    kind: EventKind,
    /// Whether the store held anything before, so that a commit may be present.
    may_be_present: bool,
    batch: Vec<BatchAppendItem>,
    batch_ids: HashSet<EventId>,
    batch_bytes: usize,
    batch_replaced: u64,
    imported: Imported,
}

impl<'a> Importer<'a> {
    fn new(store: &'a Store<Open>, scope: String) -> Result<Importer<'a>> {
        let kind = EventKind::try_custom(1, 1)
            .map_err(|error| Failure::new(Exit::Error, "kind", format!("kind 1:1: {error}")))?;
        Ok(Importer {
            store,
            scope,
            kind,
            may_be_present: store.stats().global_sequence > 0,
            batch: Vec::new(),
            batch_ids: HashSet::new(),
            batch_bytes: 0,
            batch_replaced: 0,
            imported: Imported {
                replaced: Some(0),
                ..Imported::default()
            },
        })
    }

    fn all(&mut self, repository: &Repository, progress: &mut Progress) -> Result<()> {
        let mut history = History::read(repository)?;
        let mut seen = 0;
        while let Some(commit) = history.next_commit()? {
            if interrupt::requested() {
                break;
            }
            self.take(&commit)
                .map_err(|failure| failure.within(&format!("commit {}", commit.sha)))?;
            if self.batch.len() >= BATCH_EVENTS || self.batch_bytes >= BATCH_BYTES {
                self.flush()?;
            }
            seen += 1;
            progress.set(seen);
        }
        // Also what was gathered before an interrupt: parents come first, so it is whole.
        self.flush()
    }

    fn take(&mut self, commit: &Commit) -> Result<()> {
        let id = text_key::event_id(&commit.sha);
        if self.may_be_present && holds(self.store, id)? {
            self.imported.present += 1;
            return Ok(());
        }
        let mut options = text_key::with_text_key(AppendOptions::new(), &commit.sha)?;
        for parent in &commit.parents {
            let cause = text_key::event_id(parent);
            options = if self.batch_ids.contains(&cause) || holds(self.store, cause)? {
                options.with_cause(cause)
            } else {
                options.with_foreign_cause(cause)
            };
        }
        let entity = component("author", &commit.author_email);
        let coordinate = Coordinate::new(&entity, &self.scope).map_err(StoreError::from)?;
        let payload = rmp_serde::to_vec_named(commit)
            .map_err(|error| Failure::new(Exit::Error, "payload", error.to_string()))?;
        self.batch_bytes += payload.len();
        self.batch_ids.insert(id);
        self.batch_replaced += u64::from(commit.replaced);
        self.batch.push(BatchAppendItem::from_msgpack_bytes(
            coordinate,
            self.kind,
            payload,
            options,
            CausationRef::None,
        )?);
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let receipts = self.store.append_batch(std::mem::take(&mut self.batch))?;
        self.imported.new += u64::try_from(receipts.len()).unwrap_or(u64::MAX);
        let replaced = self.imported.replaced.unwrap_or_default();
        self.imported.replaced = Some(replaced + self.batch_replaced);
        self.batch_ids.clear();
        self.batch_bytes = 0;
        self.batch_replaced = 0;
        Ok(())
    }
}
