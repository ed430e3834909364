//! `batpak log --follow`: what a writer commits, as it commits it.

use std::io;
use std::time::Duration;

use batpak::Store;
use batpak::store::ReadOnly;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Printer;
use crate::failure::{Failure, Result};
use crate::filter::Listing;
use crate::interrupt;

/// Time between two looks at the store.
const INTERVAL: Duration = Duration::from_millis(50);

/// Prints the events of the list that are there, then those that come, until the list has its
/// limit, the user interrupts, or nobody reads any more.
pub(super) fn run(
    printer: &mut Printer<'_>,
    store: &Store<ReadOnly>,
    listing: &Listing,
) -> Result<()> {
    interrupt::watch(|| {})?;
    let mut after = listing.filter.after;
    let mut left = listing.limit();
    let mut first = true;
    while left > 0 {
        let newest = store.stats().global_sequence;
        if newest > after || first {
            let listed = printer.print(store, &mut listing.scan_after(store, after, left));
            printer.output.flush()?;
            let listed = listed?;
            if listed == 0 && first {
                listing.filter.hint_nothing_found(printer.context);
            }
            left -= listed;
            after = after.max(newest);
            first = false;
        } else {
            pause()?;
            store.refresh()?;
        }
    }
    Ok(())
}

/// Waits a moment. A reader that goes away ends the wait, also when there is nothing to print to it.
fn pause() -> Result<()> {
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let interval = Timespec::try_from(INTERVAL).unwrap_or_default();
    match poll(&mut watched, Some(&interval)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(io::Error::from(errno).into()),
    }
    if interrupt::requested() {
        return Err(Failure::Interrupted);
    }
    if watched[0]
        .revents()
        .intersects(PollFlags::ERR | PollFlags::HUP)
    {
        return Err(Failure::ClosedPipe);
    }
    Ok(())
}
