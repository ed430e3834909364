//! The bytes of a file that are read in place: a mapping, or a copy in memory.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use std::sync::Arc;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::storage::StorageFile;
use crate::transfer::{ends_at, read_up_to};

/// The first bytes of a file, read-only; clones share them.
#[derive(Clone)]
pub struct FileBytes(Bytes);

#[derive(Clone)]
enum Bytes {
    Mapped(Arc<Mapping>),
    Copied(Arc<Vec<u8>>),
}

impl FileBytes {
    /// Copies the first `len` bytes of a file into memory, for callers that do not want a mapping.
    ///
    /// # Errors
    /// Those of [`StorageFile::map`]; `OutOfMemory` when there is no room for the copy.
    pub fn read(file: &dyn StorageFile, len: u64) -> io::Result<Self> {
        copy(file, len)
    }
}

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Bytes::Copied(Arc::new(bytes)))
    }
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Bytes::Mapped(mapping) => mapping.bytes(),
            Bytes::Copied(bytes) => bytes,
        }
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.0 {
            Bytes::Mapped(_) => "mapped",
            Bytes::Copied(_) => "copied",
        };
        write!(f, "FileBytes({} bytes, {how})", self.as_ref().len())
    }
}

/// Checks how many bytes are to be mapped, or copied instead: the one rule of every storage.
///
/// # Errors
/// `InvalidInput` for 0 and for more bytes than memory can address.
pub fn check_mapped_length(len: u64) -> io::Result<usize> {
    match isize::try_from(len).map(isize::unsigned_abs) {
        Ok(len) if len > 0 => Ok(len),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{len} bytes of a file cannot be mapped"),
        )),
    }
}

/// Maps the first `len` bytes of a file that is `end` bytes long.
pub(crate) fn map(handle: &OwnedFd, end: u64, len: u64) -> io::Result<FileBytes> {
    let mapped = check_mapped_length(len)?;
    if end < len {
        return Err(ends_at(end));
    }
    Ok(FileBytes(Bytes::Mapped(Arc::new(Mapping::new(
        handle, mapped,
    )?))))
}

/// Pages of a file, from its first byte on, until dropped.
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// justifies: INV-UNSAFE-PLATFORM; a mapping is named by its address, which the compiler keeps to one thread
// SAFETY: the pages are read-only and belong to the process; which thread reads or frees them is all one.
#[expect(unsafe_code)]
unsafe impl Send for Mapping {}

// justifies: INV-UNSAFE-PLATFORM; clones of a view are read by many threads at once
// SAFETY: nothing behind a shared reference changes, neither these fields nor the pages.
#[expect(unsafe_code)]
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes, which are not 0 and not more than the file has.
    fn new(handle: &OwnedFd, len: usize) -> io::Result<Self> {
        // justifies: INV-UNSAFE-PLATFORM; std has no call that maps a file
        // SAFETY: the kernel chooses the address of a new mapping, so no memory in use is touched.
        #[expect(unsafe_code)]
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                len,
                ProtFlags::READ,
                MapFlags::SHARED,
                handle,
                0,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, len })
    }

    fn bytes(&self) -> &[u8] {
        // justifies: INV-UNSAFE-PLATFORM; mapped pages can be named only by their address and length
        // SAFETY: the mapping is readable, `len` bytes long, at most `isize::MAX`, and lives as long as
        // `self`. `StorageFile::map` is for bytes that are complete: nobody who keeps to that contract
        // writes them or cuts them off afterwards. Against a program that does so all the same, no
        // check here can help; the limits of the crate say what it risks.
        #[expect(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.start.as_ptr(), self.len)
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // justifies: INV-UNSAFE-PLATFORM; pages of a file are given back by their address
        // SAFETY: the range is the mapping of this value, and no reference outlives it.
        #[expect(unsafe_code)]
        let _kept_if_refused = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Copies the first `len` bytes of a file.
pub(crate) fn copy<F: StorageFile + ?Sized>(file: &F, len: u64) -> io::Result<FileBytes> {
    let copied = check_mapped_length(len)?;
    let end = file.len()?;
    if end < len {
        return Err(ends_at(end));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(copied)?;
    bytes.resize(copied, 0);
    let filled = read_up_to(file, &mut bytes, 0)?;
    if filled < copied {
        return Err(ends_at(filled as u64));
    }
    Ok(FileBytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::{Bytes, FileBytes, check_mapped_length};
    use crate::{RealDirectory, Storage, write_all_at};

    #[test]
    fn a_real_file_is_mapped_and_can_be_copied_instead() {
        let temp = tempfile::tempdir().unwrap();
        let directory = RealDirectory::open(temp.path()).unwrap();
        let file = directory.create("file").unwrap();
        write_all_at(&*file, &[7; 9000], 0).unwrap();
        let mapped = file.map(8999).unwrap();
        let copied = FileBytes::read(&*file, 8999).unwrap();
        assert!(matches!(mapped.0, Bytes::Mapped(_)));
        assert!(matches!(copied.0, Bytes::Copied(_)));
        assert_eq!(mapped.as_ref(), [7; 8999]);
        assert_eq!(mapped.as_ref(), copied.as_ref());
        assert_eq!(format!("{mapped:?}"), "FileBytes(8999 bytes, mapped)");
        assert_eq!(format!("{copied:?}"), "FileBytes(8999 bytes, copied)");
        let error = FileBytes::read(&*file, 9001).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn lengths_that_no_slice_has_are_refused() {
        assert_eq!(check_mapped_length(1).unwrap(), 1);
        for len in [0, 1 << 63, u64::MAX] {
            let error = check_mapped_length(len).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{len}");
        }
    }

    #[test]
    fn views_can_be_kept_and_shared() {
        fn kept<T: AsRef<[u8]> + Clone + Send + Sync + 'static>(view: &T) -> T {
            view.clone()
        }
        let view = FileBytes::from(b"bytes".to_vec());
        assert_eq!(kept(&view).as_ref(), b"bytes");
    }
}
