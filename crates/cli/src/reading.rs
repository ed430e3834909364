//! Reading many events, with damage reported at the end instead of hiding what follows it.

use batpak::store::EventRef;
use batpak::{Scan, StoreError};

use crate::failure::{Failure, Result};
use crate::output::counted;

/// Hands every event of `scan` to `take`, and returns how many there were.
///
/// Damaged places are passed over: the failure for them comes when everything else was handed
/// over, so that a damaged store still gives away all it has. Any other failure ends the reading.
pub(crate) fn each(
    scan: &mut Scan<'_>,
    mut take: impl FnMut(&EventRef<'_>) -> Result<()>,
) -> Result<u64> {
    let mut events = 0;
    let mut damage = Damage::default();
    loop {
        match scan.next_event() {
            Ok(Some(event)) => {
                take(&event)?;
                events += 1;
            }
            Ok(None) => break,
            Err(error) => damage.pass_over(error)?,
        }
    }
    damage.into_result().map(|()| events)
}

/// The damaged places that were passed over.
#[derive(Default)]
struct Damage {
    first: Option<Failure>,
    latest: String,
    further: u64,
}

impl Damage {
    /// Remembers a damaged place. An error that is no damage, or the same one again, is final.
    fn pass_over(&mut self, error: StoreError) -> Result<()> {
        let text = error.to_string();
        if !Failure::is_damage(&error) || text == self.latest {
            return Err(error.into());
        }
        self.latest = text;
        if self.first.is_none() {
            self.first = Some(Failure::from(error));
        } else {
            self.further += 1;
        }
        Ok(())
    }

    fn into_result(self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some(failure) if self.further == 0 => Err(failure),
            Some(failure) => {
                let places = counted(self.further, "further damaged place");
                Err(failure.and(&places))
            }
        }
    }
}
