//! The bare loops: straight code over the files of a store, without a store.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use batpak::store::DiskPos;
use batpak_segment::names::{self, NameClass};
use batpak_segment::{
    ByteSource, EventFrame, FrameKind, Offset, SEGMENT_HEADER, Salt, Scanner, SegmentHeader, Step,
};

use crate::measure::Result;

const WINDOW: usize = 1 << 20;

/// The segment files of a store, in order.
pub(crate) fn segments(store: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(store)? {
        let entry = entry?;
        if let NameClass::Segment(id) = names::classify(&entry.file_name().to_string_lossy()) {
            found.push((id, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Opens and reads the identity file and the header of every segment.
pub(crate) fn read_headers(store: &Path) -> Result<()> {
    black_box(fs::read(store.join(names::IDENTITY))?);
    for path in segments(store)? {
        black_box(header(&File::open(path)?)?);
    }
    Ok(())
}

/// Reads a file from front to back with a checksum over it.
pub(crate) fn checksum(path: &Path) -> Result<()> {
    let (mut file, mut buffer) = (File::open(path)?, vec![0; WINDOW]);
    let mut sum = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => sum = crc32c::crc32c_append(sum, &buffer[..length]),
        }
    }
    black_box(sum);
    Ok(())
}

/// The files of a store, open for reads at known places.
#[derive(Debug)]
pub(crate) struct Files(Vec<(File, Salt)>);

impl Files {
    /// Opens the segments of a store whose ids run from 1 without a gap.
    pub(crate) fn open(store: &Path) -> Result<Files> {
        let mut files = Vec::new();
        for path in segments(store)? {
            let file = File::open(path)?;
            let salt = header(&file)?.salt;
            files.push((file, salt));
        }
        Ok(Files(files))
    }

    /// Reads one frame into a buffer that is used again, and checks it.
    pub(crate) fn frame<'b>(
        &self,
        place: &DiskPos,
        buffer: &'b mut Vec<u8>,
    ) -> Result<EventFrame<'b>> {
        let number = usize::try_from(place.segment_id)?;
        let (file, salt) = self
            .0
            .get(number.wrapping_sub(1))
            .ok_or("no such segment")?;
        buffer.resize(usize::try_from(place.length)?, 0);
        file.read_exact_at(buffer, place.offset)?;
        Ok(EventFrame::decode(buffer, *salt, Offset(place.offset))?)
    }

    /// Walks over all frames, and counts the events.
    pub(crate) fn scan(&self) -> Result<usize> {
        let mut events = 0;
        for (file, salt) in &self.0 {
            let source = Window {
                file,
                len: file.metadata()?.len(),
                start: 0,
                held: Vec::new(),
            };
            let start = Offset(SEGMENT_HEADER as u64);
            let mut scanner = Scanner::new(source, *salt, start, Offset(u64::MAX));
            while let Step::Frame { head, bytes, .. } = scanner.next()? {
                black_box(bytes);
                events += usize::from(head.kind == FrameKind::Event);
            }
        }
        Ok(events)
    }
}

fn header(file: &File) -> Result<SegmentHeader> {
    let mut bytes = [0; SEGMENT_HEADER];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(SegmentHeader::decode(&bytes)?)
}

/// A file seen through one window that slides forward.
struct Window<'f> {
    file: &'f File,
    len: u64,
    start: u64,
    held: Vec<u8>,
}

impl ByteSource for Window<'_> {
    type Error = io::Error;

    fn len(&self) -> u64 {
        self.len
    }

    fn window(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let end = offset + length as u64;
        if offset < self.start || end > self.start + self.held.len() as u64 {
            let left = usize::try_from(self.len - offset).unwrap_or(usize::MAX);
            self.held.resize(length.max(WINDOW).min(left), 0);
            self.start = offset;
            self.file.read_exact_at(&mut self.held, offset)?;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX);
        let bytes = self.held.get(from..).and_then(|rest| rest.get(..length));
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
