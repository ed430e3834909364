//! What a stream ends with.

use std::sync::Arc;

use batpak_coordinate::{Sequence, StreamSequence};

use super::View;
use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::history;
use crate::live::Head;
use crate::scan::{ScanRequest, Selection};

impl View {
    /// Stream sequence of the newest visible event of a stream, hidden ones included; 0 for a stream without
    /// events. Costs a few look-ups and the read of one event.
    ///
    /// # Errors
    /// As for a scan of the stream, newest first.
    pub fn stream_sequence(&self, entity: &str) -> Result<StreamSequence, ReadError> {
        let request = ScanRequest {
            selection: Selection::Stream(Arc::from(entity)),
            after: Sequence::NONE,
            reverse: true,
        };
        let mut newest_first = self.scan(request).with_hidden();
        let newest = newest_first.next_frame()?;
        Ok(newest.map_or(StreamSequence(0), |frame| frame.head.stream_sequence))
    }

    /// Newest event of a stream, staged ones included, with its event hash unless its frame is still to
    /// be written; `written` tells the newest written event.
    pub(crate) fn head(
        &self,
        entity: &str,
        written: impl Fn() -> Sequence,
    ) -> Result<Head, ReadError> {
        let mut head = self.asking(|parts| history::head(parts, entity))?;
        if head.hash.is_none() && !head.sequence.is_none() && head.sequence <= written() {
            head.hash = self.hash_of_head(head)?;
        }
        Ok(head)
    }

    fn hash_of_head(&self, head: Head) -> Result<Option<batpak_event::Digest>, ReadError> {
        let Some(row) = self.event(head.sequence)? else {
            return Ok(None);
        };
        let mut buffer = FrameBuffer::new();
        let frame = self.read_place(head.sequence, row.place, &mut buffer)?;
        Ok(Some(frame.event_hash(&self.shared.key)))
    }
}
