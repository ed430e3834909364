//! Appending what is decided by what the log says.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use batpak::guard::{Denial, GATE_DEFECT, GateSet};
use batpak::store::{AppendCondition, DecisionError, DecisionView, DetailCause};
use batpak_sim::{Fault, Operation};

use super::gated::Rule;
use super::*;

pub(super) const BOTH: [Durability; 2] = [Durability::Synced, Durability::Written];

#[derive(Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x4, type_id = 0x001)]
struct Moved {
    cents: i64,
}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Moved, handler = on_moved)]
struct Balance {
    cents: i64,
}

impl Balance {
    fn on_moved(&mut self, moved: &Moved) {
        self.cents += moved.cents;
    }
}

fn moved(account: &str, cents: i64) -> BatchAppendItem {
    let options = AppendOptions::new();
    BatchAppendItem::typed(
        place(account),
        &Moved { cents },
        options,
        CausationRef::None,
    )
    .unwrap()
}

pub(super) fn plain(entity: &str) -> BatchAppendItem {
    item(entity, 1, AppendOptions::new())
}

pub(super) fn at_level(durability: Durability) -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path()).with_durability(durability);
    let store = Store::open(config).unwrap();
    (dir, store)
}

/// The events that a refusal names, when it is one because others were first.
fn overtaken<T: std::fmt::Debug>(result: Result<T, DecisionError>) -> Vec<u64> {
    match result {
        Err(DecisionError::Store(StoreError::ConditionBroken { events, reason })) => {
            assert_eq!(reason.cause(), DetailCause::Overtaken, "{reason}");
            events
        }
        other => panic!("{other:?}"),
    }
}

pub(super) fn denied<T: std::fmt::Debug>(result: Result<T, DecisionError>) -> Denial {
    match result {
        Err(DecisionError::Denied(denial)) => denial,
        other => panic!("{other:?}"),
    }
}

#[test]
fn of_eight_threads_that_book_one_seat_one_does() {
    for durability in BOTH {
        let (_dir, store) = at_level(durability);
        let (rounds, wins) = (40, AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 0..8 {
                let (store, wins) = (&store, &wins);
                scope.spawn(move || {
                    for round in 0..rounds {
                        let seat = format!("seat:{round}");
                        let booked = store.append_decided(|view| {
                            // By each kind of question in turn.
                            let is_free = match (thread + round) % 4 {
                                0 => view.stream_sequence(&seat)? == 0,
                                1 => view.by_entity(&seat)?.is_empty(),
                                2 => view.query(&Region::entity(&seat))?.is_empty(),
                                _ => view.project::<Balance>(&seat)?.is_none(),
                            };
                            if is_free {
                                return Ok(vec![moved(&seat, 1)]);
                            }
                            Err(Denial::new("seat", "taken").into())
                        });
                        match booked {
                            Ok(_) => _ = wins.fetch_add(1, Ordering::Relaxed),
                            Err(DecisionError::Denied(_)) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), rounds);
        assert_eq!(store.stats().event_count, rounds);
    }
}

#[test]
fn an_account_is_never_overdrawn_whoever_withdraws() {
    for durability in BOTH {
        for cached in [false, true] {
            let (dir, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let config = StoreConfig::new(dir.path()).with_durability(durability);
            let store = if cached {
                Store::open_with_native_cache(config, cache.path()).unwrap()
            } else {
                Store::open(config).unwrap()
            };
            store.append_batch(vec![moved("rich", 500)]).unwrap();
            let (withdrawn, overtaken) = (AtomicU64::new(0), AtomicU64::new(0));
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        loop {
                            let outcome = store.append_decided(|view| {
                                let balance = view.project::<Balance>("rich")?;
                                let cents = balance.map_or(0, |balance| balance.cents);
                                assert!(cents >= 0, "{cents}");
                                if cents < 7 {
                                    return Err(Denial::new("balance", "too little").into());
                                }
                                // Over two streams.
                                Ok(vec![moved("rich", -7), moved("poor", 7)])
                            });
                            match outcome {
                                Ok(receipts) => {
                                    assert_eq!(receipts.len(), 2);
                                    withdrawn.fetch_add(7, Ordering::Relaxed);
                                }
                                Err(DecisionError::Denied(denial)) => {
                                    assert_eq!(denial.gate, "balance", "{denial}");
                                    return;
                                }
                                Err(DecisionError::Store(StoreError::ConditionBroken {
                                    events,
                                    ..
                                })) => {
                                    assert!(!events.is_empty());
                                    overtaken.fetch_add(1, Ordering::Relaxed);
                                }
                                Err(error) => panic!("{error}"),
                            }
                        }
                    });
                }
            });
            let cents = |account| {
                let balance = store.project::<Balance>(account, &Freshness::Consistent);
                balance.unwrap().unwrap().cents
            };
            assert_eq!((cents("rich"), cents("poor")), (500 % 7, 500 - 500 % 7));
            assert_eq!(withdrawn.into_inner(), 500 - 500 % 7);
        }
    }
}

/// What nobody asked for breaks nothing, however much of it there is.
#[test]
fn appends_elsewhere_do_not_disturb_a_decision() {
    for durability in BOTH {
        let (_dir, store) = at_level(durability);
        store.append_batch(vec![moved("user", 9)]).unwrap();
        let decisions = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (stop, stopped) = channel::<()>();
            let store = &store;
            scope.spawn(move || {
                // Below the entity, of its name's beginning, and elsewhere.
                while stopped.try_recv().is_err() {
                    let others = ["user:1", "users", "other"].map(plain);
                    store.append_batch(others.to_vec()).unwrap();
                }
            });
            for _ in 0..60 {
                let appended = store.append_decided(|view| {
                    decisions.fetch_add(1, Ordering::Relaxed);
                    assert!(view.project::<Balance>("user")?.is_some());
                    let absent = view.get(EventId::new(0xABC));
                    assert!(matches!(absent, Err(StoreError::NotFound(_))));
                    Ok(vec![moved("user", 1)])
                });
                appended.unwrap();
            }
            stop.send(()).unwrap();
        });
        assert_eq!(decisions.into_inner(), 60);
    }
}

/// A gate that appends to what it reads overtakes itself: it is asked four times, and not for ever.
#[test]
fn a_decision_that_overtakes_itself_is_refused() {
    for durability in BOTH {
        let (_dir, store) = at_level(durability);
        let mut asked = 0;
        let outcome = store.append_decided(|view| {
            asked += 1;
            assert_eq!(view.by_entity("a")?.len(), asked - 1);
            store.append(&place("a"), KIND, &1_u64)?;
            Ok(vec![plain("decided")])
        });
        assert_eq!((overtaken(outcome), asked), (vec![4], 4));
        assert_eq!(store.stats().event_count, 4);
        // Once is no hindrance.
        let mut asked = 0;
        let outcome = store.append_decided(|view| {
            asked += 1;
            let events = view.by_entity("a")?.len();
            if events == 4 {
                store.submit(&place("a"), KIND, &1_u64)?;
            }
            Ok(vec![item("decided", events as u64, AppendOptions::new())])
        });
        assert_eq!((outcome.unwrap()[0].sequence, asked), (6, 2));
        assert_eq!(numbers(&store), [1, 1, 1, 1, 1, 5]);
    }
}

/// An event that was only staged, and fails, has overtaken nobody.
#[test]
fn an_event_that_fails_overtakes_nobody() {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    store.append(&place("a"), KIND, &1_u64).unwrap();
    let submitted = store.submit(&place("a"), KIND, &2_u64).unwrap();
    let mut asked = 0;
    let outcome = store.append_decided(|view| {
        asked += 1;
        disk.fail_operation(Operation::WriteAt, 0, Fault::NoSpace);
        Ok(vec![item(
            "b",
            view.stream_sequence("a")?,
            AppendOptions::new(),
        )])
    });
    assert_eq!((outcome.unwrap()[0].sequence, asked), (2, 1));
    assert!(submitted.wait().is_err());
    assert_eq!(numbers(&store), [1, 1]);
}

#[test]
fn a_panic_denies_and_leaves_the_store_as_it_was() {
    let (_dir, store) = new_store();
    let outcome = store.append_decided(|view| {
        assert!(view.by_entity("a")?.is_empty());
        panic!("the seat map is upside down");
    });
    let denial = denied(outcome);
    assert_eq!((denial.gate, &*denial.code), ("decision", GATE_DEFECT));
    assert!(denial.message.contains("upside down"), "{denial}");
    let mut gates = GateSet::new();
    gates.push(Rule(|_: &DecisionView| panic!("in the gate")));
    let condition = AppendCondition::new();
    let denial = denied(store.append_gated(&gates, &condition, vec![plain("a")]));
    assert_eq!((denial.gate, &*denial.code), ("rule", GATE_DEFECT));
    assert_eq!(store.stats().event_count, 0);
    store.append_decided(|_| Ok(vec![plain("a")])).unwrap();
    assert_eq!(store.stats().event_count, 1);
}

/// While one decides, everybody else goes on: also those who append to what it has read, and those who
/// decide themselves.
#[test]
fn a_slow_decision_stops_nobody() {
    for durability in BOTH {
        let (_dir, store) = at_level(durability);
        let (arrived, has_arrived) = channel();
        let (go_on, may_go_on) = channel();
        thread::scope(|scope| {
            let slow = scope.spawn(|| {
                let (mut asked, store) = (0, &store);
                let outcome = store.append_decided(move |view| {
                    asked += 1;
                    let seen = view.by_entity("a")?.len() as u64;
                    if asked == 1 {
                        arrived.send(()).unwrap();
                        may_go_on.recv().unwrap();
                        assert_eq!(view.by_entity("a")?.len() as u64, seen);
                    }
                    Ok(vec![item("slow", seen, AppendOptions::new())])
                });
                outcome.unwrap()
            });
            has_arrived.recv().unwrap();
            for _ in 0..20 {
                store.append(&place("a"), KIND, &0_u64).unwrap();
                store
                    .append_decided(|view| {
                        let seen = view.stream_sequence("a")?;
                        Ok(vec![item("b", seen, AppendOptions::new())])
                    })
                    .unwrap();
            }
            store.sync().unwrap();
            assert!(store.writer_pressure().is_idle());
            go_on.send(()).unwrap();
            slow.join().unwrap();
        });
        assert_eq!(numbers(&store).last(), Some(&20));
    }
}

#[test]
fn decisions_may_be_made_inside_decisions() {
    let (_dir, store) = new_store();
    let outcome = store.append_decided(|view| {
        let before = view.stream_sequence("outer")?;
        store.append_decided(|view| {
            let inner = view.stream_sequence("inner")?;
            Ok(vec![item("inner", inner, AppendOptions::new())])
        })?;
        store.sync()?;
        Ok(vec![item("outer", before, AppendOptions::new())])
    });
    assert_eq!(outcome.unwrap()[0].sequence, 2);
}

/// A view shows one moment, whatever happens meanwhile; and what happens to what it has shown, also that
/// it is hidden, has the decision made again.
#[test]
fn a_view_is_one_moment() {
    let (_dir, store) = new_store();
    let first = store.append(&place("a"), KIND, &1_u64).unwrap();
    store.append(&place("a"), KIND, &2_u64).unwrap();
    store.append(&place("c"), KIND, &3_u64).unwrap();
    let mut asked = 0;
    let outcome = store.append_decided(|view| {
        asked += 1;
        if asked == 2 {
            let absent = view.get(first.event_id);
            assert!(matches!(absent, Err(StoreError::NotFound(_))));
            // It keeps its place in the stream.
            assert_eq!(view.stream_sequence("a")?, 2);
            return Ok(vec![item(
                "b",
                view.by_entity("a")?.len() as u64,
                AppendOptions::new(),
            )]);
        }
        let scan = view.scan(&Region::all());
        store.hide_range(1, 1)?;
        store.append(&place("c"), KIND, &4_u64)?;
        assert_eq!(view.position(), 3);
        assert_eq!(view.by_entity("a")?.len(), 2);
        assert_eq!(view.query(&Region::scope("test"))?.len(), 3);
        assert_eq!(scan.entries().count(), 3);
        assert_eq!(view.scan_entity("c").rev().limit(1).events().count(), 1);
        assert_eq!(view.stream_sequence("c")?, 1);
        assert!(view.get(first.event_id).is_ok());
        let late = store.by_entity("c")[1].event_id();
        assert!(matches!(view.get(late), Err(StoreError::NotFound(_))));
        Ok(vec![plain("b")])
    });
    assert_eq!((outcome.unwrap()[0].sequence, asked), (5, 2));
    assert_eq!(numbers(&store), [2, 3, 4, 1]);
    // Who asked for nothing is disturbed by nothing.
    let mut asked = 0;
    store
        .append_decided(|_| {
            asked += 1;
            store.unhide_range(1, 1)?;
            Ok(vec![plain("b")])
        })
        .unwrap();
    assert_eq!(asked, 1);
}

/// That an event is not there is an answer as well.
#[test]
fn an_event_that_comes_breaks_that_it_was_not_there() {
    let (_dir, store) = new_store();
    let key = IdempotencyKey::for_operation("order", &["17"]);
    let mut asked = 0;
    store
        .append_decided(|view| {
            asked += 1;
            match view.get_typed::<Moved>(key.into()) {
                Err(StoreError::NotFound(_)) if asked == 1 => {
                    let options = AppendOptions::new().with_idempotency(key);
                    store.append_typed_with_options(&place("a"), &Moved { cents: 7 }, options)?;
                    Ok(vec![moved("b", 0)])
                }
                found => Ok(vec![moved("b", found?.event.payload.cents)]),
            }
        })
        .unwrap();
    assert_eq!(asked, 2);
    let balance = store
        .project::<Balance>("b", &Freshness::Consistent)
        .unwrap();
    assert_eq!(balance.unwrap().cents, 7);
}

#[test]
fn a_decision_on_nothing_appends_nothing_and_a_bad_item_is_refused() {
    let (_dir, store) = new_store();
    let nothing = store.append_decided(|view| {
        store.append(&place("a"), KIND, &1_u64)?;
        view.by_entity("a")?;
        Ok(Vec::new())
    });
    assert!(nothing.unwrap().is_empty());
    let reserved = store.append_decided(|_| {
        let (at, kind) = (place("a"), EventKind::SYSTEM_DENIAL);
        let options = AppendOptions::new();
        let item = BatchAppendItem::new(at, kind, &1_u64, options, CausationRef::None)?;
        Ok(vec![item])
    });
    let error = reserved.unwrap_err();
    assert!(
        matches!(error, DecisionError::Store(StoreError::ReservedKind { .. })),
        "{error}"
    );
    assert_eq!(store.stats().event_count, 1);
}

/// The view crosses threads: a gate may read with several.
#[test]
fn a_view_may_be_read_by_several_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<DecisionView>();
    shared::<DecisionError>();
    let (_dir, store) = new_store();
    let outcome = store.append_decided(|view| {
        thread::scope(|scope| {
            for name in ["a", "b", "c"] {
                scope.spawn(move || view.stream_sequence(name).unwrap());
            }
        });
        store.append(&place("c"), KIND, &1_u64)?;
        thread::sleep(Duration::from_millis(1));
        Ok(vec![plain("d")])
    });
    assert_eq!(overtaken(outcome), [4]);
}
