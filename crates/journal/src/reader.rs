//! Reading a directory without taking it: beside a writer, after one, on read-only media.

use std::sync::{Arc, Mutex, PoisonError};

use batpak_coordinate::Sequence;
use batpak_platform::{Access, Platform};
use batpak_segment::identity::Identity;
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentId, VisibilityChange};

use crate::error::{FileError, OpenError};
use crate::headers::{identity_from_headers, identity_is_lost};
use crate::history;
use crate::live::{Live, Ordinal};
use crate::part::Part;
use crate::recover::{Ground, Mode, Recovered, recover};
use crate::report::OpenReport;
use crate::sabotage::{Bug, planted};
use crate::seal;
use crate::survey::{check_predecessor, identity, identity_beside, names, open_segment};
use crate::view::{Origin, View};
use crate::walk::{Stopped, Walk, Walked};

/// How often an open beside a writer is tried again when a rotation came in between.
const ATTEMPTS: u32 = 8;

/// A log opened for reading. Takes no lock and changes nothing.
#[derive(Debug)]
pub struct Reader {
    platform: Platform,
    /// Whether index files are mapped.
    mapping: bool,
    view: View,
    /// Where a refresh goes on in the newest segment; none when it has to begin anew.
    resume: Mutex<Option<u64>>,
}

impl Reader {
    /// Reads the directory as it is now. Beside a writer it sees the events that the files attest
    /// to be durable; without one, every whole unit. A store whose identity is lost is read from its
    /// segment headers, and the report says so.
    ///
    /// Costs a look at each segment and its index, and a walk over the frames of the newest segment and
    /// of those whose index is not the one that the identity knows.
    ///
    /// # Errors
    /// `NotAStore` where there is none, and what a newer version wrote. Damage is served around and
    /// reported.
    pub fn open(platform: &Platform) -> Result<(Self, OpenReport), OpenError> {
        Self::open_with(platform, true)
    }

    /// As [`open`](Self::open), with index files mapped or read into memory.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(platform: &Platform, mapping: bool) -> Result<(Self, OpenReport), OpenError> {
        if planted(Bug::ReaderClearsAway) {
            let leftovers = names(&*platform.storage)?.temporary;
            let _removed: Vec<_> = leftovers
                .iter()
                .map(|name| platform.storage.remove(name))
                .collect();
        }
        let (mut recovered, live) = read(platform, mapping)?;
        let visible = visible(&recovered, live);
        let resume = resume_at(&recovered, visible);
        let parts = shown(std::mem::take(&mut recovered.parts), visible);
        let mut report = std::mem::take(&mut recovered.report);
        report.set_aside = recovered.orphans.iter().map(|id| id.file_name()).collect();
        let counts = parts.iter().map(|part| part.count_up_to(visible));
        report.events = counts.sum();
        let origin = Origin {
            lineage: recovered.identity.lineage,
            branch: recovered.identity.branch,
            branches: recovered.identity.branches,
            epoch: recovered.identity.epoch,
        };
        let view = View::new(origin, parts, visible, mapping);
        let reader = Self {
            platform: platform.clone(),
            mapping,
            view,
            resume: Mutex::new(resume),
        };
        Ok((reader, report))
    }

    /// What the log shows.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Whether a writer holds the directory now.
    ///
    /// # Errors
    /// What trying its lock says.
    pub fn is_live(&self) -> Result<bool, OpenError> {
        writer_present(&self.platform)
    }

    /// Moves forward to what the directory holds now, and returns the newest event that is visible
    /// then. What was visible stays so.
    ///
    /// Costs a look at the identity and a walk over the frames that are new; a scan of everything
    /// after damage, and when another writer put a new file in the place of the newest segment.
    ///
    /// # Errors
    /// As for [`open`](Self::open); the view is as it was then.
    pub fn refresh(&self) -> Result<Sequence, OpenError> {
        let mut resume = self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let live = writer_present(&self.platform)?;
            match self.follow(&mut resume, live) {
                Ok(true) => return Ok(self.view.visible()),
                // A rotation came in between.
                Err(_) if live && attempt < ATTEMPTS => {}
                Ok(false) | Err(_) => break,
            }
        }
        let (recovered, live) = read(&self.platform, self.mapping)?;
        if recovered.identity.lineage != self.view.lineage() {
            return Err(OpenError::Foreign {
                name: batpak_segment::names::IDENTITY.to_owned(),
                found: recovered.identity.lineage,
                expected: self.view.lineage(),
            });
        }
        let visible = visible(&recovered, live);
        if visible >= self.view.visible() {
            *resume = resume_at(&recovered, visible);
            self.view.replace(shown(recovered.parts, visible), visible);
        }
        Ok(self.view.visible())
    }

    /// Walks on in the newest segment known, and over the segments behind it; false when the log has
    /// to be read anew.
    fn follow(&self, resume: &mut Option<u64>, live: bool) -> Result<bool, OpenError> {
        let storage = &*self.platform.storage;
        let Some((found, _, false)) = identity(storage, &names(storage)?)? else {
            return Ok(false);
        };
        let Some(known) = self.view.newest() else {
            return Ok(false);
        };
        let lineage = self.view.lineage();
        let now = open_segment(storage, known.file.id, Access::Read, lineage)?;
        if now.0.salt != known.file.salt {
            return Ok(false);
        }
        self.take_indexes(&found);
        let mut part = known;
        while let Some(from) = *resume {
            let indexed = part.closed().copied().filter(|_| part.columns().is_none());
            let close = match indexed {
                // It has its index: nothing is added to it.
                Some(close) => close,
                None => match self.walk_on(&part, from, &found, live)? {
                    WalkedOn::Ended(close) => {
                        part.close_with(close);
                        close
                    }
                    WalkedOn::Shown(to) => {
                        *resume = Some(to);
                        return Ok(true);
                    }
                    WalkedOn::Otherwise => return Ok(false),
                },
            };
            self.view.raise_visible(close.last_sequence);
            *resume = Some(close.end.0);
            let Some(next) = segment_after(&found, &close) else {
                return Ok(true);
            };
            part = self.next_part(next, &close)?;
            *resume = Some(SEGMENT_HEADER as u64);
        }
        Ok(false)
    }

    /// Walks over what is new in a segment, and shows as much of it as is there for certain.
    fn walk_on(
        &self,
        part: &Part,
        from: u64,
        found: &Identity,
        live: bool,
    ) -> Result<WalkedOn, OpenError> {
        let segment = Arc::clone(&part.file);
        let ordinal = self.view.parts().len().saturating_sub(1);
        let ordinal = Ordinal(u32::try_from(ordinal).unwrap_or(u32::MAX));
        let closed = found.closed.iter();
        let close = closed
            .map(|closed| closed.close)
            .find(|close| close.segment == segment.id);
        let len = segment
            .file
            .len()
            .map_err(|source| segment.error("measure", source))?;
        let walk = Walk {
            segment: Arc::clone(&segment),
            ordinal,
            to: Offset(close.map_or(len, |close| close.end.0)),
            tolerant: true,
            committed: false,
        };
        let visible = self.view.visible();
        let Some(columns) = part.columns() else {
            // The part has its index already: nothing is added to it.
            return Ok(WalkedOn::Otherwise);
        };
        // What is new is looked at beside the columns, and given to them once it is known how much of
        // it is there for certain.
        let mut new = Live::after(columns.last());
        if let Some(epoch) = columns.newest_epoch() {
            new.begin_epoch(epoch);
        }
        let walked = walk.run(Offset(from), &mut new)?;
        if let Some(close) = close {
            let as_recorded = walked.end == close.end.0 && walked.last == close.last_sequence;
            return Ok(if as_recorded {
                self.give(&new, columns, walked.last);
                WalkedOn::Ended(close)
            } else {
                WalkedOn::Otherwise
            });
        }
        let attested = attested(found, &walked);
        let torn = matches!(walked.stop, Stopped::At { .. });
        if !live && (attested > walked.last || torn) {
            return Ok(WalkedOn::Otherwise);
        }
        let visible = if live {
            attested.min(walked.last).max(visible)
        } else {
            walked.last
        };
        self.give(&new, columns, visible);
        self.view.raise_visible(visible);
        let behind = new.entry(visible.next()).map(|entry| entry.offset.0);
        Ok(WalkedOn::Shown(behind.unwrap_or(walked.end)))
    }

    /// Adds what is new up to `last` to the columns, and hides what it hides.
    fn give(&self, new: &Live, columns: &Live, last: Sequence) {
        for (before, fact) in new.facts() {
            if *before <= last
                && let Some(change) = VisibilityChange::of(fact)
            {
                self.view.apply(change);
            }
        }
        new.give(columns, last);
    }

    /// Takes the index files that a writer has made of closed segments.
    fn take_indexes(&self, found: &Identity) {
        let storage = &*self.platform.storage;
        for part in self.view.parts().iter().filter(|part| part.awaits_index()) {
            let mut closed = found.closed.iter();
            let entry = closed.find(|entry| entry.close.segment == part.file.id);
            let index =
                entry.and_then(|entry| seal::load(storage, entry, found.lineage, self.mapping));
            if let Some(index) = index {
                self.view.note_change();
                self.view.seal(part, index);
            }
        }
    }

    fn next_part(&self, id: SegmentId, before: &CloseFacts) -> Result<Arc<Part>, OpenError> {
        let storage = &*self.platform.storage;
        let (segment, header) = open_segment(storage, id, Access::Read, self.view.lineage())?;
        check_predecessor(&header, before)?;
        let live = Live::after(before.last_sequence);
        live.begin_epoch(header.epoch);
        let part = Part::live(segment, live);
        self.view.push_part(&part);
        Ok(part)
    }
}

/// What a walk over the new frames of a segment came to.
enum WalkedOn {
    /// The segment has ended, as the identity says.
    Ended(CloseFacts),
    /// It goes on; the next walk begins here.
    Shown(u64),
    /// It is not a continuation of what is known.
    Otherwise,
}

/// The segment behind a closed one; none when every segment is closed.
fn segment_after(found: &Identity, close: &CloseFacts) -> Option<SegmentId> {
    let mut closed = found.closed.iter().map(|closed| closed.close.segment);
    let next = closed.find(|id| *id > close.segment);
    next.or(Some(found.highest).filter(|id| *id > close.segment))
}

/// Highest sequence that the identity and the frames walked over attest to be durable.
fn attested(found: &Identity, walked: &Walked) -> Sequence {
    let record = found
        .clean_close
        .filter(|record| record.epoch == found.epoch && record.segment == found.highest);
    let closed = record.map_or(Sequence::NONE, |record| record.last_sequence);
    walked.attested.max(found.durable).max(closed)
}

/// Newest event that is shown: beside a writer the newest that the files attest to be durable.
fn visible(recovered: &Recovered, live: bool) -> Sequence {
    let last = recovered.last();
    if live {
        recovered.report.attested.min(last)
    } else {
        last
    }
}

/// The parts with what is shown of them.
fn shown(mut parts: Vec<Arc<Part>>, visible: Sequence) -> Vec<Arc<Part>> {
    for part in &mut parts {
        if let Some(kept) = part.up_to(visible) {
            *part = kept;
        }
    }
    parts
}

/// Where the next refresh goes on, when it can go on without beginning anew: at the first frame that
/// is not shown yet.
fn resume_at(recovered: &Recovered, visible: Sequence) -> Option<u64> {
    if !recovered.report.damage.is_empty() || recovered.report.identity_slot_damaged {
        return None;
    }
    let Some(newest) = &recovered.newest else {
        return recovered
            .identity
            .closed
            .last()
            .map(|last| last.close.end.0);
    };
    let behind = history::event(&recovered.parts, visible.next()).ok()?;
    Some(behind.map_or(newest.end, |row| row.place.offset.0))
}

fn writer_present(platform: &Platform) -> Result<bool, OpenError> {
    platform
        .storage
        .writer_present()
        .map_err(|source| FileError::new("look for a writer of", ".", source).into())
}

/// Recovers the log for reading; whether a writer holds the directory meanwhile.
fn read(platform: &Platform, mapping: bool) -> Result<(Recovered, bool), OpenError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let live = writer_present(platform)?;
        let mode = if live { Mode::Follow } else { Mode::Read };
        match read_once(platform, mode, mapping) {
            Err(_) if live && attempt < ATTEMPTS => {}
            // A writer came meanwhile: what did not verify may have been half written.
            Ok(_) if !live && attempt < ATTEMPTS && writer_present(platform)? => {}
            result => return result.map(|recovered| (recovered, live)),
        }
    }
}

/// Recovers the log for reading, from its identity or without one.
pub(crate) fn read_once(
    platform: &Platform,
    mode: Mode,
    mapping: bool,
) -> Result<Recovered, OpenError> {
    let storage = &*platform.storage;
    let names = names(storage)?;
    let live_writer = matches!(mode, Mode::Follow);
    let (found, other_bad) = match identity_beside(live_writer, storage, &names) {
        Ok(found) => found
            .map(|(found, _, bad)| (found, bad))
            .ok_or(OpenError::NotAStore)?,
        Err(error) if identity_is_lost(&error) => (identity_from_headers(storage, &names)?, true),
        Err(error) => return Err(error),
    };
    let ground = Ground {
        storage,
        names: &names,
        mode,
        mapping,
    };
    recover(ground, found, other_bad)
}
