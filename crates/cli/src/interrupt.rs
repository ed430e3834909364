//! Interruption by the user: finish what is begun, report it, end with exit code 130.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{Exit, Failure, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on the first interrupt calls `notify` and only asks the command to stop; the second
/// one ends the process at once, which is safe for the store at any point.
pub(crate) fn watch(notify: impl Fn() + Send + 'static) -> Result<()> {
    let handler = move || {
        if REQUESTED.swap(true, Ordering::SeqCst) {
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
