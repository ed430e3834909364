//! Two deciders race for one seat, a gate reads the log, and what did not get in is recorded.
//!
//! ```sh
//! cargo run -p batpak --example conditional_append
//! ```

use std::error::Error;
use std::sync::Barrier;
use std::thread;

use batpak::guard::{Denial, DenialPayload, Gate, GateSet};
use batpak::prelude::*;
use batpak::store::{AppendCondition, DecisionError, DecisionView};

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Booked {
    guest: String,
}

/// A show has two seats.
struct SeatsLeft;

impl Gate<DecisionView> for SeatsLeft {
    fn name(&self) -> &'static str {
        "seats-left"
    }

    fn evaluate(&self, view: &DecisionView) -> Result<(), Denial> {
        let seats = view.query(&Region::scope("show:7").with_fact(KindFilter::Exact(Booked::KIND)));
        match seats.map(|seats| seats.len()) {
            Ok(0 | 1) => Ok(()),
            Ok(taken) => Err(Denial::new(self.name(), "the show is sold out")
                .with_code("SOLD_OUT")
                .with_context("taken", taken.to_string())),
            Err(error) => Err(Denial::new(self.name(), error.to_string())),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let store = Store::open(StoreConfig::new(temp.path()))?;

    // Both find the seat free before one of them appends.
    let both_have_read = Barrier::new(2);
    let book = |guest: &'static str| {
        let mut reads = 0;
        let outcome = store.append_decided(|view| {
            let is_free = view.stream_sequence("seat:12")? == 0;
            reads += 1;
            if reads == 1 {
                both_have_read.wait();
            }
            if is_free {
                return Ok(vec![booked("seat:12", guest)?]);
            }
            Err(Denial::new("one-guest", "the seat is taken").into())
        });
        (reads, outcome)
    };
    let mut outcomes = thread::scope(|scope| {
        let deciders = ["ada", "ben"].map(|guest| scope.spawn(move || book(guest)));
        deciders.map(|decider| decider.join())
    });
    // Either of them may be the first.
    outcomes.sort_by_key(|outcome| !matches!(outcome, Ok((_, Ok(_)))));
    for outcome in outcomes {
        match outcome.map_err(|_| "a decider panicked")? {
            (1, Ok(receipts)) => println!("one has the seat: {} event", receipts.len()),
            (reads, Ok(_)) => println!("one has the seat, and looked {reads} times"),
            (reads, Err(error)) => println!("the other one has looked {reads} times: {error}"),
        }
    }

    // A gate and a condition, at the very place that the event gets.
    let mut gates = GateSet::new();
    gates.push(SeatsLeft);
    let not_cancelled = AppendCondition::new().stream_at("cancelled:7", 0);
    for (seat, guest) in [("seat:13", "eve"), ("seat:14", "kim")] {
        match store.append_gated(&gates, &not_cancelled, vec![booked(seat, guest)?]) {
            Ok(_) => println!("{guest} has {seat}"),
            Err(error) => {
                println!("{guest} does not get {seat}: {error}");
                record(&store, &gates, &error)?;
            }
        }
    }
    let cancelled = Coordinate::new("cancelled:7", "show:7")?;
    store.append(&cancelled, EventKind::DATA, "the singer is ill")?;
    let empty = GateSet::new();
    if let Err(error) = store.append_gated(&empty, &not_cancelled, vec![booked("seat:15", "lou")?])
    {
        println!("lou does not get seat:15: {error}");
        record(&store, &empty, &error)?;
    }
    Ok(())
}

fn booked(seat: &str, guest: &str) -> Result<BatchAppendItem, StoreError> {
    let guest = guest.to_owned();
    let (seat, options) = (Coordinate::new(seat, "show:7")?, AppendOptions::new());
    BatchAppendItem::typed(seat, &Booked { guest }, options, CausationRef::None)
}

/// Records what did not get in, and reads back what is in the log.
fn record(
    store: &Store,
    gates: &GateSet<DecisionView>,
    error: &DecisionError,
) -> Result<(), Box<dyn Error>> {
    let denial = error.denial().ok_or("not a refusal")?;
    let (desk, options) = (Coordinate::new("desk", "show:7")?, AppendOptions::new());
    let receipt = store.append_denial(&desk, Booked::KIND, gates, &denial, None, None, options)?;
    let record = store.get_typed::<DenialPayload>(receipt.event_id)?;
    for answer in record.event.payload.evaluations {
        println!("  recorded: {} {:?}", answer.gate_id, answer.verdict);
    }
    Ok(())
}
