//! What is checked of a disk that does not give back what it was given.

use batpak_coordinate::Sequence;
use batpak_journal::{Journal, Reader, ScanRequest, Selection, View};
use batpak_sim::{Choices, Profile, SimDisk};

use crate::case::MOST_CALLS;
use crate::clause::{Clause, Failure};
use crate::model::End;
use crate::oracle::Oracle;
use crate::story::tell;
use crate::visibility::hidden_by;

/// What happens to a disk after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    None,
    /// Bits of one byte.
    Flip,
    /// A sector, or two.
    Sectors,
    /// An index file, which is derived: nothing that is promised depends on it.
    Index,
}

/// Draws what happens to a disk, and lets it happen.
pub(crate) fn damage(disk: &SimDisk, choices: &mut Choices) -> Damage {
    let (what, damage) = match choices.below(8) {
        5 => (Profile::BitRot.damage(disk, choices), Damage::Flip),
        6 => (
            Profile::MisdirectedWrite.damage(disk, choices),
            Damage::Sectors,
        ),
        7 => (index(disk, choices), Damage::Index),
        _ => (None, Damage::None),
    };
    let Some(what) = what else {
        return Damage::None;
    };
    tell(|| what.clone());
    match damage {
        Damage::Flip if what.ends_with("zeros") => Damage::Sectors,
        damage => damage,
    }
}

fn index(disk: &SimDisk, choices: &mut Choices) -> Option<String> {
    let mut names = disk.names();
    names.retain(|name| name.ends_with(".fidx"));
    let name = choices.pick(&names)?;
    let mut bytes = disk.contents(name)?;
    let what = match choices.below(4) {
        0 => {
            let other = choices.pick(&names)?;
            bytes = disk.contents(other)?;
            format!("{name} is a copy of {other}")
        }
        1 => {
            let at = choices.index(bytes.len());
            *bytes.get_mut(at)? ^= 1 << choices.below(8);
            format!("{name} is flipped at {at}")
        }
        2 => {
            bytes.truncate(choices.index(bytes.len()));
            format!("{name} is cut to {}", bytes.len())
        }
        _ => {
            disk.delete(name);
            return Some(format!("{name} is gone"));
        }
    };
    disk.put(name, bytes);
    Some(what)
}

impl Oracle<'_> {
    /// Judges a damaged disk: what is missing is refused or reported, unless it can be a torn end.
    pub(crate) fn judge_damaged(
        &mut self,
        disk: &SimDisk,
        end: End,
        damage: Damage,
        honest: bool,
    ) -> Result<(), Failure> {
        let disk = &disk.clone().with_seed(disk.fingerprint());
        disk.evict();
        disk.limit_calls(MOST_CALLS);
        disk.set_capacity(None);
        disk.lie_about_syncs(false);
        let units = self.model.required(end);
        let attested = self.model.attested(end);
        let required = move |clean: bool| match damage {
            _ if !honest => 0,
            _ if clean => units,
            // What became durable last and nothing was written after looks like a torn end when it is hit.
            Damage::Flip => attested,
            Damage::Sectors => 0,
            Damage::None | Damage::Index => units,
        };
        let before = disk.state_hash();
        if let Ok((reader, report)) = Reader::open(&disk.platform()) {
            let told = !report.damage.is_empty();
            let exact = honest && report.clean && !told;
            self.genuine(reader.view(), required(report.clean), told, exact, honest)?;
        }
        let opened = Journal::open(&disk.platform(), self.options.clone());
        let (journal, report) = match opened {
            Ok(opened) => opened,
            Err(_) => {
                return self
                    .clauses
                    .check(Clause::Damage, disk.state_hash() == before, || {
                        "a refused open has changed something".to_owned()
                    });
            }
        };
        let exact = honest && report.clean;
        self.genuine(journal.view(), required(report.clean), false, exact, honest)
    }

    /// Checks that a log shows nothing but what was submitted, each event in its place, and that what it
    /// does not show is hidden or an error. Where `exact`, it hides what must be hidden; a change that became
    /// durable last may be lost otherwise, as an event may. A disk that is not `honest` may give back what it
    /// had been told to lose.
    fn genuine(
        &mut self,
        view: &View,
        required: usize,
        told: bool,
        exact: bool,
        honest: bool,
    ) -> Result<(), Failure> {
        let hidden = hidden_by(view);
        let mut hidden_before = hidden.iter();
        let alien = hidden_before.find(|sequence| !self.model.hidden.was_hidden(**sequence));
        self.clauses.check(Clause::Damage, alien.is_none(), || {
            format!("event {alien:?} is hidden, and nobody asked for it")
        })?;
        let drafts = || self.model.units.iter().flat_map(|unit| &unit.unit.drafts);
        let needed = self.model.units.iter().take(required);
        let needed: usize = needed.map(|unit| unit.unit.drafts.len()).sum();
        let mut scan = view.scan(ScanRequest {
            selection: Selection::All,
            after: Sequence::NONE,
            reverse: false,
        });
        let hidden_of_needed = hidden.iter().filter(|sequence| **sequence <= needed as u64);
        let mut shown = hidden_of_needed.count();
        let (mut errors, mut alien) = (0, None);
        loop {
            match scan.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    let place = usize::try_from(frame.head.sequence.get()).unwrap_or(0);
                    let draft = drafts().nth(place.saturating_sub(1));
                    let mut lost = self.model.gone.iter().flat_map(|(unit, _)| &unit.drafts);
                    let genuine = draft.is_some_and(|draft| draft.payload == frame.payload())
                        || !honest && lost.any(|draft| draft.payload == frame.payload());
                    alien = alien.or((!genuine).then_some(frame.head.sequence));
                    shown += usize::from(place <= needed);
                }
                // A run of lost events is told once.
                Err(error) => {
                    tell(|| format!("reading: {error}"));
                    errors += 1;
                    if errors > needed + 8 {
                        break;
                    }
                }
            }
        }
        self.clauses.check(Clause::Damage, alien.is_none(), || {
            format!("event {alien:?} was never submitted in this place")
        })?;
        let lost = exact && errors == 0 && !self.model.hidden.allows(&hidden);
        self.clauses.check(Clause::Damage, !lost, || {
            format!("{hidden:?} are hidden, and no error")
        })?;
        let silent = shown < needed && errors == 0 && !told;
        self.clauses.check(Clause::Damage, !silent, || {
            format!("{shown} of {needed} events are shown, and no error")
        })
    }
}
