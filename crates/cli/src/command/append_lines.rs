//! `batpak append --stdin`: one event per line, acknowledged in the order of the lines.
//!
//! Three threads. One reads lines. The main one parses and submits. One waits for each submitted event in turn and prints its
//! acknowledgement at once. [`Window`] bounds what lies between the last two and knows which
//! event a label of an earlier line means.

mod window;

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use batpak::store::{AppendTicket, Durability, Open};
use batpak::{EventId, Store};

use crate::command::append::Acknowledgement;
use crate::context::Context;
use crate::failure::{Exit, Failure, Result};
use crate::input::{Foreign, Label, Labels, LineError, draft, find_in_store, parse_line};
use crate::interrupt;
use crate::lines::{Input, Lines, Waker};
use crate::output::{Output, counted};
use crate::store;

use window::Window;

/// An event that is submitted and not yet acknowledged.
struct Submitted {
    line: u64,
    labels: Vec<Label>,
    ticket: AppendTicket,
}

/// Appends every line of standard input, with at most `in_flight` events unacknowledged.
pub(crate) fn run(context: &Context, durability: Durability, in_flight: u32) -> Result<()> {
    let lines = Lines::read(Input::stdin());
    let waker = lines.waker();
    interrupt::watch(move || waker.wake())?;
    let window = Window::new(in_flight);
    store::write(context, durability, |store| {
        let result = append_all(context, store, &window, &lines);
        let report = format!("{} committed", counted(window.committed(), "event"));
        match result {
            Ok(()) if interrupt::requested() => Err(interrupt::failure(&report)),
            Ok(()) => Ok(()),
            Err(failure) => Err(failure.and(&report)),
        }
    })
}

/// Submits and acknowledges, each on a thread, until both are done.
fn append_all(
    context: &Context,
    store: &Store<Open>,
    window: &Window,
    lines: &Lines,
) -> Result<()> {
    thread::scope(|scope| {
        let (tickets, submitted) = mpsc::channel();
        let waker = lines.waker();
        let acknowledging = scope.spawn(move || acknowledge(context, window, submitted, &waker));
        let submitting = submit_all(store, window, lines, &tickets);
        drop(tickets);
        let acknowledged = acknowledging.join().unwrap_or_else(|_| {
            Err(Failure::new(
                Exit::Error,
                "internal",
                "the acknowledging thread panicked",
            ))
        });
        // What went wrong with an earlier line comes first.
        acknowledged.and(submitting)
    })
}

/// Submits line after line until the input ends, a line is bad, or somebody says stop.
fn submit_all(
    store: &Store<Open>,
    window: &Window,
    lines: &Lines,
    tickets: &Sender<Submitted>,
) -> Result<()> {
    while let Some(line) = lines.next(|| interrupt::requested() || window.is_stopped()) {
        let submitted = line
            .text
            .and_then(|text| submit(store, window, line.number, &text))
            .map_err(|error| failure(error).at_line(line.number))?;
        match submitted {
            Line::Blank => {}
            Line::Stopped => break,
            Line::Submitted(submitted) => {
                if tickets.send(*submitted).is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// What became of a line.
enum Line {
    Blank,
    Submitted(Box<Submitted>),
    /// Nothing: acknowledging has stopped.
    Stopped,
}

fn submit(
    store: &Store<Open>,
    window: &Window,
    line: u64,
    text: &str,
) -> std::result::Result<Line, LineError> {
    if text.trim().is_empty() {
        return Ok(Line::Blank);
    }
    let event = parse_line(text)?;
    let labels = event.labels.clone();
    let known = Known { store, window };
    let draft = draft(event, None, Foreign::Refused, &known)?;
    if !window.admit(line, &labels) {
        return Ok(Line::Stopped);
    }
    let ticket = store.submit_item(draft.item)?;
    Ok(Line::Submitted(Box::new(Submitted {
        line,
        labels,
        ticket,
    })))
}

/// What labels mean while earlier lines are being committed.
struct Known<'a> {
    store: &'a Store<Open>,
    window: &'a Window,
}

impl Labels for Known<'_> {
    fn of_line(&self, label: &Label) -> std::result::Result<Option<EventId>, LineError> {
        Ok(self.window.labelled(label))
    }

    fn of_store(&self, label: &Label) -> std::result::Result<Option<EventId>, LineError> {
        if let Some(id) = find_in_store(self.store, label)? {
            return Ok(Some(id));
        }
        // It may be an earlier line, by its sequence or its key, that is not committed yet.
        self.window.drain();
        find_in_store(self.store, label)
    }
}

/// Waits for submitted events in order and prints one line for each.
fn acknowledge(
    context: &Context,
    window: &Window,
    submitted: Receiver<Submitted>,
    waker: &Waker,
) -> Result<()> {
    let mut output = Output::new(context);
    let result = submitted
        .into_iter()
        .try_for_each(|submitted| acknowledge_one(&mut output, window, submitted));
    if result.is_err() {
        window.stop();
        waker.wake();
    }
    result
}

fn acknowledge_one(output: &mut Output, window: &Window, submitted: Submitted) -> Result<()> {
    let receipt = submitted
        .ticket
        .wait()
        .map_err(|error| Failure::from(error).at_line(submitted.line))?;
    window.acknowledge(submitted.line, &submitted.labels, receipt.event_id);
    output
        .json(&Acknowledgement::of(&receipt))
        .and_then(|()| output.flush())
        .map_err(Failure::once_committed)
}

/// The failure that ends the input.
fn failure(error: LineError) -> Failure {
    match error {
        LineError::Failed(failure) => failure,
        LineError::Bad(message) => Failure::new(Exit::Error, "bad-line", message)
            .with_hint("every event before this line is committed; continue with this line"),
    }
}
