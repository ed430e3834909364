//! Many processes at one directory: one of them writes.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};

use super::machine::{again, directory};
use super::*;

const PROCESSES: usize = 8;
const ROUNDS: u64 = 40;

/// A process that opens and lets go of the store as it is told.
struct Racer {
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Racer {
    fn say(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    fn answer(&mut self) -> String {
        let answers = self.answers.by_ref().map(Result::unwrap);
        let mut answers = answers.filter_map(|line| Some(line.strip_prefix("racer ")?.to_owned()));
        answers.next().unwrap_or_else(|| "gone".to_owned())
    }
}

#[test]
fn of_many_processes_that_open_at_once_exactly_one_wins() {
    const TEST: &str = "crowd::of_many_processes_that_open_at_once_exactly_one_wins";
    if let Some(dir) = directory() {
        return race(&dir);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut racers: Vec<Racer> = (0..PROCESSES)
        .map(|_| {
            let mut child = again(&["env"], TEST, dir.path()).spawn().unwrap();
            let answers = BufReader::new(child.stdout.take().unwrap()).lines();
            let orders = child.stdin.take().unwrap();
            Racer {
                child,
                orders,
                answers,
            }
        })
        .collect();
    for round in 0..ROUNDS {
        for racer in &mut racers {
            racer.say("open");
        }
        let answers: Vec<String> = racers.iter_mut().map(Racer::answer).collect();
        let won = answers.iter().filter(|answer| *answer == "won").count();
        let lost = answers.iter().filter(|answer| *answer == "lost").count();
        assert_eq!((won, lost), (1, PROCESSES - 1), "{round}: {answers:?}");
        for racer in &mut racers {
            racer.say(if round % 2 == 0 { "close" } else { "drop" });
        }
        for racer in &mut racers {
            assert_eq!(racer.answer(), "done");
        }
    }
    for racer in racers {
        drop(racer.orders);
        let mut child = racer.child;
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(
        numbers(&open_read_only(&dir)),
        (0..ROUNDS).collect::<Vec<_>>()
    );
}

fn race(dir: &std::path::Path) {
    let mut store = None;
    // The harness has begun a line of its own.
    println!();
    for order in std::io::stdin().lines() {
        let answer = match order.unwrap().as_str() {
            "open" => match Store::open(StoreConfig::new(dir)) {
                Ok(opened) => {
                    let number = opened.stats().event_count as u64;
                    opened.append(&place("a"), KIND, &number).unwrap();
                    store = Some(opened);
                    "won".to_owned()
                }
                Err(StoreError::StoreLocked { .. }) => "lost".to_owned(),
                Err(error) => format!("{error:?}"),
            },
            "close" => {
                store.take().map(|store: Store| store.close().unwrap());
                "done".to_owned()
            }
            _ => {
                drop(store.take());
                "done".to_owned()
            }
        };
        println!("racer {answer}");
    }
}
