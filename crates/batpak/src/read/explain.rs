//! How a scan gets at its events.

use batpak_coordinate::{Region, Sequence};
use batpak_journal::{Chunk, FrameBuffer, ReadError, View};

use super::failure::read_error;
use super::scan::Scan;
use crate::error::StoreError;
use crate::store::Store;

/// What a scan costs before it reads its events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// Segments that were passed over, because their index or a directory of several says that they
    /// hold nothing.
    pub segments_skipped: u64,
    /// Segments that were looked at, by what was used of their index.
    pub used: Vec<(Chunk, u64)>,
    /// Events that were looked at in the index.
    pub touched: u64,
    /// Events that match.
    pub matching: u64,
    /// Ranges of lost events that the scan comes to, whether or not they would match; of one stream, how
    /// often events are missing from it.
    pub lost_ranges: u64,
}

impl<State> Store<State> {
    /// How a scan of a region would get at its events. Reads none of them, unless the region has a range
    /// of stream sequences, which no list in an index answers. [`Scan::explain`] explains other scans.
    ///
    /// # Errors
    /// When an index cannot be read and not be made again, or an event that has to be read is damaged.
    pub fn explain(&self, region: &Region) -> Result<Explanation, StoreError> {
        self.scan(region).explain()
    }
}

impl Scan<'_> {
    /// How the rest of this scan would get at its events.
    ///
    /// # Errors
    /// As for [`Store::explain`].
    pub fn explain(self) -> Result<Explanation, StoreError> {
        let request = self.request();
        let Scan {
            view,
            origin,
            clocks,
            mut left,
            running,
            ..
        } = self;
        let mut running = running.unwrap_or_else(|| view.scan(request));
        let mut buffer = FrameBuffer::new();
        let (mut matching, mut lost_ranges) = (0, 0);
        while left > 0 {
            let next = match running.next_sequence() {
                Ok(next) => next,
                Err(ReadError::Lost { .. } | ReadError::StreamGap { .. }) => {
                    lost_ranges += 1;
                    continue;
                }
                Err(error) => return Err(read_error(error, &origin)),
            };
            let Some(sequence) = next else { break };
            let wanted = within(&view, sequence, clocks, &mut buffer);
            if wanted.map_err(|error| read_error(error, &origin))? {
                matching += 1;
                left -= 1;
            }
        }
        let plan = running.plan();
        Ok(Explanation {
            segments_skipped: plan.skipped,
            used: plan.used.clone(),
            touched: plan.touched,
            matching,
            lost_ranges,
        })
    }
}

/// Whether the stream sequence of an event is in the range.
fn within(
    view: &View,
    sequence: Sequence,
    clocks: Option<(u32, u32)>,
    buffer: &mut FrameBuffer,
) -> Result<bool, ReadError> {
    let Some((first, last)) = clocks else {
        return Ok(true);
    };
    let frame = view.read(sequence, buffer)?;
    let range = u64::from(first)..=u64::from(last);
    Ok(range.contains(&frame.head.stream_sequence.get()))
}
