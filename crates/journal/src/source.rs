//! A byte source over a file: positioned reads into one reused window.
//!
//! A tolerant source gives filler for blocks that the medium refuses to read: no frame verifies in
//! it, and those around it are found.

use std::io;
use std::sync::Arc;

use batpak_platform::{StorageFile, is_media_error, read_exact_at};
use batpak_segment::ByteSource;

/// Smallest number of bytes read at a time when a file is read from front to back, and when only a
/// few frames are.
const WINDOW: usize = 1 << 20;
const SMALL_WINDOW: usize = 8 << 10;
/// Bytes that a medium is taken to refuse together.
const BLOCK: usize = 4 << 10;
/// Stands for bytes that cannot be read: no length of a frame, and not the zeros of a clean end.
const FILLER: u8 = 0xff;

/// Reads a file through one window that slides forward.
#[derive(Debug)]
pub(crate) struct FileSource {
    file: Arc<dyn StorageFile>,
    len: u64,
    start: u64,
    window: Vec<u8>,
    least: usize,
    tolerant: bool,
}

impl FileSource {
    /// A source over the first `len` bytes of a file.
    pub(crate) fn new(file: Arc<dyn StorageFile>, len: u64) -> Self {
        Self {
            file,
            len,
            start: 0,
            window: Vec::new(),
            least: WINDOW,
            tolerant: false,
        }
    }

    /// The same, for reading a few frames.
    pub(crate) fn small(file: Arc<dyn StorageFile>, len: u64) -> Self {
        Self {
            least: SMALL_WINDOW,
            ..Self::new(file, len)
        }
    }

    /// The same, with filler in place of what the medium refuses to read.
    pub(crate) fn tolerant(file: Arc<dyn StorageFile>, len: u64) -> Self {
        Self {
            tolerant: true,
            ..Self::new(file, len)
        }
    }

    fn fetch(&mut self, offset: u64) -> io::Result<()> {
        match read_exact_at(&*self.file, &mut self.window, offset) {
            Err(error) if self.tolerant && is_media_error(&error) => {
                let mut at = offset;
                for block in self.window.chunks_mut(BLOCK) {
                    match read_exact_at(&*self.file, block, at) {
                        Err(error) if is_media_error(&error) => block.fill(FILLER),
                        read => read?,
                    }
                    at += block.len() as u64;
                }
                Ok(())
            }
            read => read,
        }
    }

    fn held(&self, offset: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let to = from.checked_add(len)?;
        (to <= self.window.len()).then_some(from..to)
    }
}

impl ByteSource for FileSource {
    type Error = io::Error;

    fn len(&self) -> u64 {
        self.len
    }

    fn window(&mut self, offset: u64, len: usize) -> Result<&[u8], io::Error> {
        if self.held(offset, len).is_none() {
            let left = self.len.saturating_sub(offset);
            let want = (len.max(self.least) as u64).min(left);
            let want = usize::try_from(want).unwrap_or(len);
            self.window.resize(want, 0);
            self.start = offset;
            if let Err(error) = self.fetch(offset) {
                self.window.clear();
                return Err(error);
            }
        }
        let range = self.held(offset, len).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "a window past the end of the file",
            )
        })?;
        Ok(self.window.get(range).unwrap_or_default())
    }
}
