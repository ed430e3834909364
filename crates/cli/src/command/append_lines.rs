//! `batpak append --stdin`: one event per line, acknowledged in the order of the lines.
//!
//! Three threads. One reads lines, so that waiting for input never delays anything else. The main
//! one parses and submits. One waits for each submitted event in turn and prints its
//! acknowledgement at once. [`Window`] bounds what lies between the last two and knows which
//! event a label of an earlier line means.

mod lines;
mod window;

use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread;

use batpak::store::{AppendOptions, AppendTicket, BatchAppendItem, CausationRef, Durability, Open};
use batpak::{CorrelationId, EventId, Store};

use crate::command::append::Acknowledgement;
use crate::context::Context;
use crate::event_name::{EventName, id_at};
use crate::failure::{Exit, Failure, Result};
use crate::input::{InputEvent, Label, parse_line};
use crate::interrupt;
use crate::output::{Output, counted};
use crate::store;
use crate::text_key::with_text_key;

use lines::Line;
use window::Window;

/// What the main thread reacts to.
enum Message {
    /// A line of input.
    Line(Line),
    /// The input has ended.
    End,
    /// The user interrupted, or acknowledging failed: look at the shared state.
    Wake,
}

/// An event that is submitted and not yet acknowledged.
struct Submitted {
    line: u64,
    labels: Vec<Label>,
    ticket: AppendTicket,
}

/// Appends every line of standard input, with at most `in_flight` events unacknowledged.
pub(crate) fn run(context: &Context, durability: Durability, in_flight: u32) -> Result<()> {
    let (messages, inbox) = mpsc::sync_channel(256);
    let wake = messages.clone();
    interrupt::watch(move || {
        // A full inbox wakes the main thread as well.
        let _ = wake.try_send(Message::Wake);
    })?;
    let window = Window::new(in_flight);
    store::write(context, durability, |store| {
        lines::spawn_reader(messages.clone());
        let result = append_all(context, store, &window, messages, &inbox);
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
    messages: SyncSender<Message>,
    inbox: &Receiver<Message>,
) -> Result<()> {
    thread::scope(|scope| {
        let (tickets, submitted) = mpsc::channel();
        let acknowledging = scope.spawn(move || acknowledge(context, window, submitted, &messages));
        let submitting = submit_all(store, window, inbox, &tickets);
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
    inbox: &Receiver<Message>,
    tickets: &Sender<Submitted>,
) -> Result<()> {
    while let Ok(message) = inbox.recv() {
        if interrupt::requested() || window.is_stopped() {
            break;
        }
        let line = match message {
            Message::Line(line) => line,
            Message::End => break,
            Message::Wake => continue,
        };
        let number = line.number;
        let text = line.text.map_err(|failure| failure.at_line(number))?;
        if text.trim().is_empty() {
            continue;
        }
        let submitted =
            submit(store, window, number, &text).map_err(|failure| failure.at_line(number))?;
        let Some(submitted) = submitted else { break };
        if tickets.send(submitted).is_err() {
            break;
        }
    }
    Ok(())
}

/// Submits one line, or nothing when acknowledging has stopped.
fn submit(
    store: &Store<Open>,
    window: &Window,
    line: u64,
    text: &str,
) -> Result<Option<Submitted>> {
    let event = parse_line(text).map_err(bad_line)?;
    let labels = event.labels.clone();
    let item = item(store, window, event)?;
    if !window.admit(line, &labels) {
        return Ok(None);
    }
    let ticket = store.submit_item(item)?;
    Ok(Some(Submitted {
        line,
        labels,
        ticket,
    }))
}

fn item(store: &Store<Open>, window: &Window, event: InputEvent) -> Result<BatchAppendItem> {
    let mut options = AppendOptions::new();
    if let Some(text) = &event.key {
        options = with_text_key(options, text)?;
    }
    for cause in &event.causes {
        let id = resolve(store, window, cause)?
            .ok_or_else(|| bad_line(format!("causes: no event {cause}")))?;
        options = options.with_cause(id);
    }
    if let Some(label) = &event.correlation {
        let id = resolve_correlation(store, window, label)?;
        options = options.with_correlation(id);
    }
    BatchAppendItem::from_msgpack_bytes(
        event.coordinate,
        event.kind,
        event.payload,
        options,
        CausationRef::None,
    )
    .map_err(|error| bad_line(format!("payload: {error}")))
}

/// The event that `label` names: an earlier line, else an event of the store.
fn resolve(store: &Store<Open>, window: &Window, label: &Label) -> Result<Option<EventId>> {
    if let Some(id) = window.labelled(label) {
        return Ok(Some(id));
    }
    let name = match label {
        Label::Sequence(sequence) => EventName::Sequence(*sequence),
        Label::Id(id) => EventName::Id(*id),
        Label::Text(text) => match EventName::parse(text) {
            Ok(name) => name,
            Err(_) => return Ok(None),
        },
    };
    if let Some(sequence) = name.find(store)? {
        return id_at(store, sequence);
    }
    // It may be an earlier line, by its sequence or its key, that is not committed yet.
    window.drain();
    match name.find(store)? {
        Some(sequence) => id_at(store, sequence),
        None => Ok(None),
    }
}

/// Like [`resolve`], but an id need not be that of an event.
fn resolve_correlation(
    store: &Store<Open>,
    window: &Window,
    label: &Label,
) -> Result<CorrelationId> {
    if let Some(id) = window.labelled(label) {
        return Ok(CorrelationId::from(id));
    }
    if let Label::Id(id) = label {
        return Ok(CorrelationId::from(*id));
    }
    let id = resolve(store, window, label)?
        .ok_or_else(|| bad_line(format!("correlation: no event {label}")))?;
    Ok(CorrelationId::from(id))
}

/// Waits for submitted events in order and prints one line for each.
fn acknowledge(
    context: &Context,
    window: &Window,
    submitted: Receiver<Submitted>,
    messages: &SyncSender<Message>,
) -> Result<()> {
    let mut output = Output::new(context);
    let result = submitted
        .into_iter()
        .try_for_each(|submitted| acknowledge_one(&mut output, window, submitted));
    if result.is_err() {
        window.stop();
        let _ = messages.try_send(Message::Wake);
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

fn bad_line(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Error, "bad-line", message)
        .with_hint("every event before this line is committed; continue with this line")
}
