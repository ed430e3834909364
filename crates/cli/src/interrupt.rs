//! Interruption by the user: finish what is begun, report it, end with exit code 130.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Exit, Failure, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);
/// What is committed, and whether to say it as JSON, when nothing that an interrupt ends is left
/// to finish.
static DONE: OnceLock<(String, bool)> = OnceLock::new();

/// From now on the first interrupt calls `notify` and only asks the command to stop; the second
/// one ends the process at once, which is safe for the store at any point.
pub(crate) fn watch(notify: impl Fn() + Send + 'static) -> Result<()> {
    let handler = move || {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        if let Some((committed, json)) = DONE.get() {
            failure(committed).print(*json);
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
        notify();
    };
    ctrlc::set_handler(handler).map_err(|error| {
        Failure::new(
            Exit::Error,
            "signal",
            format!("cannot watch for interrupts: {error}"),
        )
    })
}

/// From now on an interrupt reports what is committed and ends the process at once. Fails when
/// there was one before.
pub(crate) fn end_at_once(committed: &str, json: bool) -> Result<()> {
    // A command says this once; what it said first stays true.
    let _ = DONE.set((committed.to_owned(), json));
    if requested() {
        return Err(failure(committed));
    }
    Ok(())
}

/// Whether the user asked to stop.
pub(crate) fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// The failure that reports what is committed.
pub(crate) fn failure(committed: &str) -> Failure {
    Failure::new(
        Exit::Interrupted,
        "interrupted",
        format!("interrupted: {committed}"),
    )
}
