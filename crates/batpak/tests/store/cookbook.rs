//! The programs of the cookbook run, and are those that it shows.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use batpak::guard::{Denial, Gate, GateSet, Proposal};
use batpak::outcome::Outcome;
use batpak::prelude::*;
use batpak::store::{
    AppendCondition, CommitState, EncodedBytes, ExtensionKey, HandlingClass, RetryAdvice,
    SigningKey,
};
use batpak_sim::SimDisk;
use tempfile::tempdir;

type Tried = Result<(), Box<dyn Error>>;

#[derive(Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Deposited {
    cents: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Withdrawn {
    cents: u64,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput, cache_version = 1)]
#[batpak(event = Deposited, handler = on_deposited)]
#[batpak(event = Withdrawn, handler = on_withdrawn)]
struct Balance {
    cents: u64,
}

impl Balance {
    fn on_deposited(&mut self, deposited: &Deposited) {
        self.cents += deposited.cents;
    }

    fn on_withdrawn(&mut self, withdrawn: &Withdrawn) {
        self.cents = self.cents.saturating_sub(withdrawn.cents);
    }
}

fn opened() -> Result<(tempfile::TempDir, Store, Coordinate), Box<dyn Error>> {
    let directory = tempdir()?;
    let store = Store::open(StoreConfig::new(directory.path()))?;
    Ok((directory, store, Coordinate::new("account:ada", "bank")?))
}

#[test]
fn open_a_store() -> Tried {
    let directory = tempdir()?;
    let directory = directory.path();
    {
        let store = Store::open(StoreConfig::new(directory))?;
        println!("{} events", store.stats().event_count);
        store.close()?;
    }
    let store = Store::open(StoreConfig::new(directory).with_durability(Durability::Written))?;
    assert_eq!(store.config().durability(), Durability::Written);
    Ok(())
}

#[test]
fn say_what_caused_an_event() -> Tried {
    let (_directory, store, account) = opened()?;
    let deposited = store.append_typed(&account, &Deposited { cents: 500 })?;
    let because = AppendOptions::new()
        .with_cause(deposited.event_id)
        .with_correlation(deposited.correlation_id());
    store.append_typed_with_options(&account, &Withdrawn { cents: 20 }, because)?;
    let found = store.scan_correlation(deposited.correlation_id());
    assert_eq!(found.events().count(), 1);
    Ok(())
}

#[test]
fn append_all_or_nothing() -> Tried {
    let (_directory, store, ada) = opened()?;
    let ben = Coordinate::new("account:ben", "bank")?;
    let (cents, options) = (300, AppendOptions::new);
    let taken = BatchAppendItem::typed(ada, &Withdrawn { cents }, options(), CausationRef::None)?;
    let given = BatchAppendItem::typed(
        ben,
        &Deposited { cents },
        options(),
        CausationRef::PriorItem(0),
    )?;
    let receipts = store.append_batch(vec![taken, given])?;
    assert_eq!(receipts.len(), 2);
    Ok(())
}

#[test]
fn append_many_fast() -> Tried {
    let (_directory, store, account) = opened()?;
    let mut tickets = Vec::new();
    for cents in 1..=1_000 {
        tickets.push(store.submit_typed(&account, &Deposited { cents })?);
    }
    for ticket in tickets {
        ticket.wait()?;
    }
    assert_eq!(store.stats().event_count, 1_000);
    Ok(())
}

#[test]
fn repeat_without_doing_it_twice() -> Tried {
    let (_directory, store, account) = opened()?;
    let key = IdempotencyKey::for_operation("deposit", &["account:ada", "transfer 4711"]);
    let options = || AppendOptions::new().with_idempotency(key);
    let first = store.append_typed_with_options(&account, &Deposited { cents: 5 }, options())?;
    let again = store.append_typed_with_options(&account, &Deposited { cents: 5 }, options())?;
    assert!(again.is_duplicate() && again.sequence == first.sequence);
    Ok(())
}

#[test]
fn notice_that_somebody_was_faster() -> Tried {
    let (_directory, store, account) = opened()?;
    let seen = store.append_typed(&account, &Deposited { cents: 5 })?;
    store.append_typed(&account, &Deposited { cents: 6 })?;
    let unchanged = ExpectedSequence::Exact(batpak::StreamSequence(seen.stream_sequence()));
    let options = AppendOptions::new().with_expected(unchanged);
    match store.append_typed_with_options(&account, &Withdrawn { cents: 5 }, options) {
        Err(StoreError::SequenceMismatch { actual, .. }) => println!("{actual} events by now"),
        other => println!("{other:?}"),
    }
    assert_eq!(store.stats().event_count, 2);
    Ok(())
}

#[test]
fn decide_on_what_was_read() -> Tried {
    let (_directory, store, ada) = opened()?;
    store.append_typed(&ada, &Deposited { cents: 500 })?;
    let seen = store.stats().global_sequence;
    let accounts = Region::entity("account").with_scope("bank");
    let total: u64 = store.by_fact_typed::<Deposited>().len() as u64;
    let condition = AppendCondition::new().nothing_after(accounts, seen);
    let fact = Withdrawn { cents: total };
    let item = BatchAppendItem::typed(ada, &fact, AppendOptions::new(), CausationRef::None)?;
    match store.append_if(&condition, vec![item]) {
        Ok(receipts) => println!("event {}", receipts[0].sequence),
        Err(StoreError::ConditionBroken { events, .. }) => println!("{events:?} came between"),
        Err(error) => return Err(error.into()),
    }
    assert_eq!(store.stats().event_count, 2);
    Ok(())
}

#[test]
fn decide_and_append_in_one_step() -> Tried {
    let (_directory, store, ada) = opened()?;
    store.append_typed(&ada, &Deposited { cents: 500 })?;
    let cents = 300;
    let withdrawn = store.append_decided(|view| {
        let balance: Balance = view.project("account:ada")?.unwrap_or_default();
        if balance.cents < cents {
            return Err(Denial::new("cover", format!("only {} left", balance.cents)).into());
        }
        let (at, fact, options) = (ada.clone(), Withdrawn { cents }, AppendOptions::new());
        let item = BatchAppendItem::typed(at, &fact, options, CausationRef::None)?;
        Ok(vec![item])
    });
    assert_eq!(withdrawn?.len(), 1);
    Ok(())
}

#[test]
fn do_not_wait_for_a_busy_disk() -> Tried {
    let (_directory, store, account) = opened()?;
    match store.try_submit_typed(&account, &Deposited { cents: 5 })? {
        Outcome::Ok(ticket) => println!("event {}", ticket.wait()?.sequence),
        Outcome::Retry {
            after_ms, reason, ..
        } => println!("in {after_ms} ms: {reason}"),
        other => println!("{other:?}"),
    }
    Ok(())
}

#[test]
fn prove_what_was_acknowledged() -> Tried {
    let directory = tempdir()?;
    let directory = directory.path();
    let account = Coordinate::new("account:ada", "bank")?;
    let key = SigningKey::from_bytes([7; 32]);
    let public = key.verifying_key();
    let store = Store::open(StoreConfig::new(directory).with_signing_key(key))?;
    let receipt = store.append_typed(&account, &Deposited { cents: 5 })?;
    let sent = serde_json::to_string(&receipt)?;
    let received: AppendReceipt = serde_json::from_str(&sent)?;
    assert_eq!(received.verify(&[public]), ReceiptVerification::Signed);
    Ok(())
}

struct AtMost(u64);

impl Gate<u64> for AtMost {
    fn name(&self) -> &'static str {
        "at-most"
    }

    fn evaluate(&self, cents: &u64) -> Result<(), Denial> {
        if *cents <= self.0 {
            return Ok(());
        }
        Err(Denial::new(self.name(), format!("{cents} is above {}", self.0)).with_code("LIMIT"))
    }
}

#[test]
fn ask_a_rule_first() -> Tried {
    let (_directory, store, account) = opened()?;
    let mut gates = GateSet::new();
    gates.push(AtMost(1_000));
    let cents = 4_000;
    match gates.evaluate(&cents, Proposal::new(Withdrawn { cents })) {
        Ok(permitted) => {
            let (withdrawn, _gates) = permitted.into_parts();
            store.append_typed(&account, &withdrawn)?;
        }
        Err(denial) => {
            let (kind, options) = (Withdrawn::KIND, AppendOptions::new());
            store.append_denial(&account, kind, &gates, &denial, None, None, options)?;
        }
    }
    let denials = store.by_fact(EventKind::SYSTEM_DENIAL);
    assert_eq!(denials.len(), 1);
    Ok(())
}

#[test]
fn read_events() -> Tried {
    let (_directory, store, account) = opened()?;
    let receipt = store.append_typed(&account, &Deposited { cents: 5 })?;
    let deposited = store.get_typed::<Deposited>(receipt.event_id)?;
    assert_eq!(deposited.event.payload.cents, 5);
    let mut scan = store.scan_entity("account:ada");
    while let Some(event) = scan.next_event()? {
        if event.kind() == Deposited::KIND {
            println!("{}: {:?}", event.sequence(), event.decode::<Deposited>()?);
        }
    }
    let newest = store.scan(&Region::scope("bank")).rev().limit(10);
    assert_eq!(newest.events().count(), 1);
    let mut seen = None;
    loop {
        let page = store.query_entries_after(&Region::all(), seen, 100);
        let Some(last) = page.last() else { break };
        seen = Some(last.global_sequence());
    }
    assert_eq!(seen, Some(1));
    Ok(())
}

#[test]
fn follow_a_writer_in_another_process() -> Tried {
    let (directory, store, account) = opened()?;
    store.append_typed(&account, &Deposited { cents: 5 })?;
    store.close()?;
    let directory = directory.path();
    let reader = Store::open_read_only(StoreConfig::new(directory))?;
    let mut seen = 0;
    loop {
        reader.refresh()?;
        for event in reader.scan(&Region::all()).after(seen).events() {
            seen = event?.global_sequence().get();
        }
        if !reader.is_live()? {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(seen, 1);
    Ok(())
}

#[test]
fn ask_why() -> Tried {
    let (_directory, store, account) = opened()?;
    let deposited = store.append_typed(&account, &Deposited { cents: 5 })?;
    let because = AppendOptions::new().with_cause(deposited.event_id);
    let withdrawn = store.append_typed_with_options(&account, &Withdrawn { cents: 5 }, because)?;
    let graph = store.graph();
    let event = graph.source().node(withdrawn.event_id)?;
    for cause in graph.ancestors([event]) {
        let cause = store.event_at(cause?.0)?;
        println!("{} {}", cause.global_sequence(), cause.coordinate);
    }
    assert_eq!(graph.ancestors([event]).count(), 1);
    Ok(())
}

#[test]
fn fold_a_state() -> Tried {
    let directory = tempdir()?;
    let (events, states) = (
        directory.path().join("events"),
        directory.path().join("states"),
    );
    let store = Store::open_with_native_cache(StoreConfig::new(events), states)?;
    let account = Coordinate::new("account:ada", "bank")?;
    store.append_typed(&account, &Deposited { cents: 700 })?;
    store.append_typed(&account, &Withdrawn { cents: 200 })?;
    let balance = store.project::<Balance>("account:ada", &Freshness::Consistent)?;
    assert_eq!(balance, Some(Balance { cents: 500 }));
    Ok(())
}

#[test]
fn keep_a_proof() -> Tried {
    let (directory, store, account) = opened()?;
    store.append_typed(&account, &Deposited { cents: 700 })?;
    let kept = store.head()?.to_string();
    store.append_typed(&account, &Deposited { cents: 1 })?;
    store.close()?;
    let directory = directory.path();
    let report = batpak::store::verify_against(directory, Some(kept.parse()?), &mut |_| {})?;
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    Ok(())
}

#[test]
fn carry_a_trace_context() -> Tried {
    let (_directory, store, account) = opened()?;
    let key = ExtensionKey::new("trace.parent")?;
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let options = AppendOptions::new().with_extension(key, EncodedBytes::new(context));
    store.append_typed_with_options(&account, &Deposited { cents: 7 }, options)?;
    let mut scan = store.scan(&Region::all());
    let event = scan.next_event()?.ok_or("no event")?;
    assert_eq!(event.extension("trace.parent"), Some(context.into()));
    Ok(())
}

fn advice(error: &StoreError) -> &'static str {
    match error.commit_state() {
        CommitState::Committed => return "it is in the log: do not append it again",
        CommitState::Unknown => return "open the store again and look for it, by id or key",
        CommitState::NotCommitted => {}
    }
    match (error.class(), error.retry()) {
        (HandlingClass::Domain, RetryAdvice::AfterRead) => "read again, and decide again",
        (HandlingClass::Domain, _) => "tell the caller",
        (HandlingClass::RetryableOperational, _) => "try again, later each time",
        (HandlingClass::FailClosedOperational, _) => "stop, and look",
    }
}

#[test]
fn handle_an_error() -> Tried {
    let (directory, store, account) = opened()?;
    store.append_typed(&account, &Deposited { cents: 7 })?;
    let stale = AppendOptions::new().with_cas(0);
    let refused = store.append_typed_with_options(&account, &Deposited { cents: 7 }, stale);
    assert_eq!(
        advice(&refused.unwrap_err()),
        "read again, and decide again"
    );
    let locked = Store::open(StoreConfig::new(directory.path())).err();
    assert_eq!(advice(&locked.unwrap()), "tell the caller");
    Ok(())
}

#[test]
fn test_a_crash() -> Tried {
    let disk = SimDisk::new();
    let config = || StoreConfig::new("simulated");
    let store = Store::open_on(config(), disk.platform())?;
    let account = Coordinate::new("account:ada", "bank")?;
    store.append_typed(&account, &Deposited { cents: 7 })?;
    disk.crash_keep_nothing();
    drop(store);
    let store = Store::open_on(config(), disk.platform())?;
    assert_eq!(store.by_entity("account:ada").len(), 1);
    Ok(())
}

#[test]
fn share_a_store_between_threads() -> Tried {
    let (_directory, store, account) = opened()?;
    let store = Arc::new(store);
    let threads: Vec<_> = (0..4)
        .map(|cents| {
            let (store, account) = (Arc::clone(&store), account.clone());
            std::thread::spawn(move || store.append_typed(&account, &Deposited { cents }))
        })
        .collect();
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    assert_eq!(store.by_entity("account:ada").len(), 4);
    Ok(())
}

/// Every block of Rust in the cookbook is in this file, line for line.
#[test]
fn the_cookbook_shows_these_programs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let lines =
        |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let (cookbook, here) = (
        read("../../docs/cookbook.md"),
        read("tests/store/cookbook.rs"),
    );
    let here = lines(&here);
    let blocks: Vec<&str> = cookbook.split("```rust,ignore\n").skip(1).collect();
    assert!(blocks.len() > 15, "{}", blocks.len());
    for block in blocks {
        let (program, _) = block.split_once("```\n").unwrap();
        let program = lines(program);
        let is_here = here.windows(program.len()).any(|part| part == program);
        assert!(is_here, "not among the tests:\n{}", program.join("\n"));
    }
}
