//! Rules before a commit, a denial that is recorded, and a bypass that leaves a trace.
//!
//! ```sh
//! cargo run -p batpak --example gates_and_denials
//! ```

use std::error::Error;

use batpak::StreamSequence;
use batpak::guard::{Denial, DenialPayload, Gate, GateSet, Proposal};
use batpak::pipeline::{BypassPayload, BypassReason, CommitMetadata, Pipeline};
use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Withdrawn {
    cents: u64,
}

/// What the gates look at.
struct Case {
    cents: u64,
    /// What was withdrawn before, and how many events the stream has.
    before: u64,
    events: u64,
}

struct NotZero;

impl Gate<Case> for NotZero {
    fn name(&self) -> &'static str {
        "not-zero"
    }

    fn evaluate(&self, case: &Case) -> Result<(), Denial> {
        match case.cents {
            0 => Err(Denial::new(self.name(), "nothing is withdrawn")),
            _ => Ok(()),
        }
    }
}

struct Limit {
    cents: u64,
}

impl Gate<Case> for Limit {
    fn name(&self) -> &'static str {
        "limit"
    }

    fn evaluate(&self, case: &Case) -> Result<(), Denial> {
        let total = case.before + case.cents;
        if total <= self.cents {
            return Ok(());
        }
        let denial = Denial::new(self.name(), format!("{total} is above {}", self.cents));
        Err(denial
            .with_code("LIMIT")
            .with_context("total", total.to_string()))
    }
}

/// A reason to go around the gates is part of the program.
struct CourtOrder;

impl BypassReason for CourtOrder {
    fn name(&self) -> &'static str {
        "court-order"
    }

    fn justification(&self) -> &'static str {
        "a court can order what the limit forbids"
    }

    fn approved_by(&self) -> Option<&'static str> {
        Some("legal")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let store = Store::open(StoreConfig::new(temp.path()))?;
    let account = Coordinate::new("account:ada", "bank")?;

    let mut gates = GateSet::new();
    gates.push(NotZero);
    gates.push(Limit { cents: 1_000 });
    let pipeline = Pipeline::new(gates);

    for cents in [600, 300, 400] {
        let case = case(&store, &account, cents)?;
        match pipeline.evaluate(&case, Proposal::new(Withdrawn { cents })) {
            Ok(receipt) => {
                let passed = receipt.gates_passed().join(", ");
                let committed = pipeline.commit(receipt, |withdrawn| {
                    // What the gates saw holds only as long as nobody else has appended.
                    let seen = ExpectedSequence::Exact(StreamSequence(case.events));
                    let options = AppendOptions::new().with_expected(seen);
                    let receipt = store.append_typed_with_options(&account, withdrawn, options)?;
                    CommitMetadata::from_append_receipt(&receipt)
                })?;
                let sequence = committed.metadata().sequence();
                println!("{cents} is event {sequence}; passed {passed}");
            }
            Err(denial) => {
                println!("{cents} is denied: {denial}");
                record(&store, &account, pipeline.gates(), &denial)?;
            }
        }
    }

    let receipt = pipeline.bypass(Proposal::new(Withdrawn { cents: 400 }), &CourtOrder);
    let committed = store.append_bypassed_typed(&account, receipt, AppendOptions::new())?;
    let sequence = committed.metadata().sequence();
    println!("400 is event {sequence}, around the gates");
    for entry in store.by_fact(EventKind::SYSTEM_BYPASS) {
        let audit = store
            .get_typed::<BypassPayload>(entry.event_id())?
            .event
            .payload
            .audit;
        println!("  recorded: {}: {}", audit.reason, audit.justification);
    }
    store.close()?;
    Ok(())
}

/// Reads what the gates look at.
fn case(store: &Store, account: &Coordinate, cents: u64) -> Result<Case, StoreError> {
    let (mut before, mut events) = (0, 0);
    for entry in store.by_entity(account.entity()) {
        events = entry.stream_sequence();
        if entry.event_kind() == Withdrawn::KIND {
            before += store
                .get_typed::<Withdrawn>(entry.event_id())?
                .event
                .payload
                .cents;
        }
    }
    Ok(Case {
        cents,
        before,
        events,
    })
}

/// Records a denial, and reads back what is in the log.
fn record(
    store: &Store,
    account: &Coordinate,
    gates: &GateSet<Case>,
    denial: &Denial,
) -> Result<(), StoreError> {
    let (kind, name, options) = (Withdrawn::KIND, Some("withdrawals"), AppendOptions::new());
    let receipt = store.append_denial(account, kind, gates, denial, None, name, options)?;
    let record = store.get_typed::<DenialPayload>(receipt.event_id)?;
    for answer in record.event.payload.evaluations {
        println!("  recorded: {} {:?}", answer.gate_id, answer.verdict);
    }
    Ok(())
}
