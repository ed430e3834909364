//! A bare log that is opened again: one pass over the mapped file with every checksum makes the index.

use std::path::Path;

use batpak_event::EventId;
use batpak_platform::{Access, FileBytes, RealDirectory, Storage};
use batpak_segment::{
    EventFrame, FrameKind, Offset, SEGMENT_HEADER, Salt, Scanner, SegmentHeader, Step,
};
use hashbrown::HashMap;

use crate::Result;
use crate::event::{self, Draft};
use crate::peer::{Each, Peer, Scratch};

/// The file and its index.
pub(super) struct Stored {
    bytes: FileBytes,
    salt: Salt,
    /// Where frames begin and end: event `n` lies between entries `n - 1` and `n`.
    offsets: Vec<u64>,
    streams: HashMap<Box<str>, Vec<u32>>,
}

impl Stored {
    /// Maps the file and walks over it.
    pub(super) fn open(dir: &Path, name: &str) -> Result<Stored> {
        let file = RealDirectory::open(dir)?.open(name, Access::Read)?;
        let bytes = file.map(file.len()?)?;
        let (header, _) = bytes
            .as_ref()
            .split_first_chunk::<SEGMENT_HEADER>()
            .ok_or("the log is shorter than its header")?;
        let salt = SegmentHeader::decode(header)?.salt;
        let start = Offset(SEGMENT_HEADER as u64);
        let mut scanner = Scanner::new(bytes.as_ref(), salt, start, Offset(u64::MAX));
        let (mut offsets, mut streams) = (vec![start.0], HashMap::<Box<str>, Vec<u32>>::new());
        while let Step::Frame {
            head,
            bytes,
            offset,
        } = scanner.next()?
        {
            if head.kind != FrameKind::Event {
                continue;
            }
            let event = EventFrame::from_verified(head, bytes)?;
            let sequence = u32::try_from(offsets.len())?;
            match streams.get_mut(event.entity()) {
                Some(sequences) => sequences.push(sequence),
                None => {
                    streams.insert(event.entity().into(), vec![sequence]);
                }
            }
            offsets.push(offset.0 + bytes.len() as u64);
        }
        Ok(Stored {
            bytes: bytes.clone(),
            salt,
            offsets,
            streams,
        })
    }

    /// Checks the frame of an event in place.
    fn frame(&self, sequence: usize) -> Result<EventFrame<'_>> {
        let start = sequence.checked_sub(1).and_then(|at| self.offsets.get(at));
        let (start, end) = start
            .zip(self.offsets.get(sequence))
            .ok_or("there is no such event")?;
        let frame = &self.bytes.as_ref()[*start as usize..*end as usize];
        Ok(EventFrame::decode(frame, self.salt, Offset(*start))?)
    }

    fn each_of(&self, sequences: &[u32], each: Each<'_>) -> Result<()> {
        for sequence in sequences {
            each(self.frame(*sequence as usize)?.payload())?;
        }
        Ok(())
    }
}

impl Peer for Stored {
    fn append(&self, _: &Draft<'_>, _: &mut Scratch) -> Result<()> {
        not_written().map(|_| ())
    }

    fn append_expected(&self, _: &Draft<'_>, _: u64, _: &mut Scratch) -> Result<bool> {
        not_written()
    }

    fn append_batch(&self, _: &[Draft<'_>], _: &mut Scratch, _: &mut Vec<u128>) -> Result<()> {
        not_written().map(|_| ())
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        let sequence = usize::try_from(EventId::new(id).sequence_hint())?;
        let event = self.frame(sequence)?;
        match event.head.event_id.as_u128() == id {
            true => each(event.payload()),
            false => Err("there is no such event".into()),
        }
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        let sequences = self.streams.get(entity).ok_or("there is no such stream")?;
        self.each_of(sequences, each)
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let prefix = event::group(group) + ":";
        let streams = self.streams.iter();
        let matching = streams.filter(|(name, _)| name.starts_with(&prefix));
        let mut sequences: Vec<u32> = matching.flat_map(|(_, all)| all).copied().collect();
        sequences.sort_unstable();
        self.each_of(&sequences, each)
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        for sequence in 1..self.offsets.len() {
            each(self.frame(sequence)?.payload())?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

fn not_written() -> Result<bool> {
    Err("a bare log that was opened again is only read".into())
}
