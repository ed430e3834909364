//! What a case does, told line by line when somebody looks at it again.

use std::cell::Cell;

thread_local! {
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

/// From now on this thread tells what it does.
pub(crate) fn begin() {
    TOLD.set(true);
}

/// Tells one thing.
pub(crate) fn tell(what: impl FnOnce() -> String) {
    if TOLD.get() {
        println!("  {}", what());
    }
}
