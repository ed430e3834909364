//! Which events a listing command prints.

use batpak::store::{ReadOnly, Scan};
use batpak::{KindFilter, Region, Store};
use clap::Args;

use crate::context::Context;
use crate::kind::parse_kind_filter;

/// The filters that listing commands share.
#[derive(Args, Clone, Debug)]
pub(crate) struct Filter {
    /// Only entities with this prefix of whole parts:
    /// "user" matches "user" and "user:1", not "users"
    #[arg(long, value_name = "PREFIX", verbatim_doc_comment)]
    entity: Option<String>,
    /// Only this scope, exactly
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Only this kind, or this category of kinds
    #[arg(long, value_name = "C[:T]", value_parser = parse_kind_filter)]
    kind: Option<KindFilter>,
    /// Only events after this sequence
    #[arg(
        long,
        value_name = "SEQUENCE",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(crate) after: u64,
}

impl Filter {
    /// The region of the store that the filters describe.
    pub(crate) fn region(&self) -> Region {
        let mut region = match &self.entity {
            Some(prefix) => Region::entity(prefix),
            None => Region::all(),
        };
        if let Some(scope) = &self.scope {
            region = region.with_scope(scope);
        }
        if let Some(kind) = &self.kind {
            region = region.with_fact(*kind);
        }
        region
    }

    /// Explains the prefix when a filter by entity matched nothing.
    pub(crate) fn hint_nothing_found(&self, context: &Context) {
        if let Some(prefix) = &self.entity {
            context.hint(&format!(
                "nothing matches; --entity takes a prefix of whole parts: \"{prefix}\" matches \
                 \"{prefix}\" and \"{prefix}:1\", not \"{prefix}s\""
            ));
        }
    }
}

/// What `log` lists, and `explain` explains.
#[derive(Args, Debug)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// At most this many events, from 1
    #[arg(long, value_name = "N", value_parser = parse_limit)]
    limit: Option<u64>,
    /// Newest first
    #[arg(long)]
    pub(crate) reverse: bool,
}

fn parse_limit(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number from 1".to_owned()),
        Ok(limit) => Ok(limit),
    }
}

impl Listing {
    /// The scan over the events of the list.
    pub(crate) fn scan<'s>(&self, store: &'s Store<ReadOnly>) -> Scan<'s> {
        self.scan_after(store, self.filter.after, self.limit())
    }

    /// The part of the list after a sequence, with at most `limit` events.
    pub(crate) fn scan_after<'s>(
        &self,
        store: &'s Store<ReadOnly>,
        after: u64,
        limit: u64,
    ) -> Scan<'s> {
        let mut scan = store.scan(&self.filter.region()).after(after);
        if self.reverse {
            scan = scan.rev();
        }
        scan.limit(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// The most events that are listed.
    pub(crate) fn limit(&self) -> u64 {
        self.limit.unwrap_or(u64::MAX)
    }
}
