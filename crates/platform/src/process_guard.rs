//! Whether this is the process that a value was made in, or a child that a fork made of it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Remembers the process it was made in.
///
/// A fork copies every value of a process, with locks as they were at that moment and without the
/// threads that would release them. What must act in one process only asks its guard first.
///
/// On Linux asking is one load from a page that the kernel empties in a child; elsewhere, and
/// where the kernel refuses such a page, process ids are compared.
#[derive(Clone, Copy, Debug)]
pub struct ProcessGuard(Mark);

#[derive(Clone, Copy, Debug)]
enum Mark {
    /// The word that is zero after a fork, and what it held when the guard was made.
    Word(&'static AtomicU64, u64),
    /// The process id.
    Id(u32),
}

impl ProcessGuard {
    /// A guard of the process that runs now.
    #[must_use]
    pub fn new() -> Self {
        Self(match wiped_word() {
            Some(word) => Mark::Word(word, number_of_this_process(word)),
            None => Mark::Id(std::process::id()),
        })
    }

    /// Whether this is the process that the guard was made in. Takes no lock.
    #[must_use]
    pub fn is_home(&self) -> bool {
        match self.0 {
            Mark::Word(word, number) => word.load(Ordering::Acquire) == number,
            Mark::Id(id) => std::process::id() == id,
        }
    }
}

impl Default for ProcessGuard {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of this process in the word, given with its first guard. A child counts on from
/// where its parent was at the fork, so it never gets a number that a guard it inherited holds.
fn number_of_this_process(word: &AtomicU64) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let found = word.load(Ordering::Acquire);
    if found != 0 {
        return found;
    }
    let number = NEXT.fetch_add(1, Ordering::AcqRel);
    match word.compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => number,
        Err(of_another_thread) => of_another_thread,
    }
}

/// The word that a fork empties in the child, one for the whole process.
fn wiped_word() -> Option<&'static AtomicU64> {
    static WORD: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    *WORD.get_or_init(map_wiped_word)
}

#[cfg(not(target_os = "linux"))]
fn map_wiped_word() -> Option<&'static AtomicU64> {
    None
}

/// Maps a page of zeros that reads as zeros again in every child. It stays mapped for the life of
/// the process: guards are copied freely and may be the last thing that is asked.
#[cfg(target_os = "linux")]
fn map_wiped_word() -> Option<&'static AtomicU64> {
    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    const LEN: usize = size_of::<AtomicU64>();
    // justifies: INV-UNSAFE-PLATFORM; std maps no memory that a fork empties
    // SAFETY: the kernel chooses the address of a new mapping, so no memory in use is touched.
    #[expect(unsafe_code)]
    let page = unsafe {
        mmap_anonymous(
            std::ptr::null_mut(),
            LEN,
            ProtFlags::READ | ProtFlags::WRITE,
            MapFlags::PRIVATE,
        )
    };
    let page = page.ok()?;
    // justifies: INV-UNSAFE-PLATFORM; only this advice makes the kernel tell a child from its parent
    // SAFETY: the range is the mapping made above, which nothing refers to yet.
    #[expect(unsafe_code)]
    let wiped = unsafe { madvise(page, LEN, Advice::LinuxWipeOnFork) };
    if wiped.is_err() {
        // justifies: INV-UNSAFE-PLATFORM; a page that a fork copies is of no use and given back
        // SAFETY: the range is the mapping made above, which nothing refers to.
        #[expect(unsafe_code)]
        let _kept_if_refused = unsafe { munmap(page, LEN) };
        return None;
    }
    // justifies: INV-UNSAFE-PLATFORM; the mapped page can be named only by its address
    // SAFETY: the mapping is readable and writable, aligned to a page, zeroed, never unmapped, and
    // reached through this atomic alone.
    #[expect(unsafe_code)]
    let word = unsafe { AtomicU64::from_ptr(page.cast()) };
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::ProcessGuard;

    #[test]
    fn every_thread_of_a_process_is_at_home() {
        let guard = ProcessGuard::new();
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(move || guard.is_home() && ProcessGuard::new().is_home()))
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_system_call_is_made_where_the_kernel_empties_the_page() {
        assert!(
            matches!(ProcessGuard::new().0, super::Mark::Word(..)),
            "this kernel refuses a page that is emptied by a fork"
        );
    }
}
