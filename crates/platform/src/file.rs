//! The real file: positioned reads and writes over one handle of the operating system.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use crate::mapping::{self, FileBytes};
use crate::storage::{StorageFile, check_file_name};

/// One regular file, open.
#[derive(Debug)]
pub(crate) struct RealFile {
    handle: OwnedFd,
}

impl AsFd for RealFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl StorageFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        let stat = rustix::fs::fstat(&self.handle)?;
        u64::try_from(stat.st_size).map_err(|_| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the file reports a negative length",
            )
        })
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pread(&self.handle, buffer, offset)?)
    }

    fn map(&self, len: u64) -> io::Result<FileBytes> {
        mapping::map(&self.handle, self.len()?, len)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwrite(&self.handle, bytes, offset)?)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        retry_on_intr(|| rustix::fs::ftruncate(&self.handle, len))?;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        sync_handle_data(self.as_fd())
    }
}

/// Opens `name` in `directory` with `flags`, unless it is anything but a regular file, or it is to
/// be written and has another name: writing would change what the other name shows.
///
/// A link is not followed. Opening never waits (a FIFO without a peer would) and never makes a
/// terminal the controlling one; what was opened is looked at before anything is read from it.
pub(crate) fn open_regular(
    directory: BorrowedFd<'_>,
    name: &str,
    flags: OFlags,
    mode: Mode,
) -> io::Result<RealFile> {
    check_file_name(name)?;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let handle = match retry_on_intr(|| rustix::fs::openat(directory, name, flags, mode)) {
        Ok(handle) => handle,
        // A symbolic link, a directory opened for writing, a socket or an absent device.
        Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => return Err(not_regular(name)),
        Err(error) => return Err(error.into()),
    };
    let stat = rustix::fs::fstat(&handle)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(not_regular(name));
    }
    if stat.st_nlink > 1 && !flags.intersection(OFlags::RWMODE).is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "{name:?} is a hard link, and writing would change the file's other names as well; \
                 put a copy of the file in its place"
            ),
        ));
    }
    Ok(RealFile { handle })
}

/// Makes everything about a directory or a file durable.
pub(crate) fn sync_handle(handle: BorrowedFd<'_>) -> io::Result<()> {
    // An interrupted sync has not failed: nothing was reported as lost, so it is asked again.
    #[cfg(target_vendor = "apple")]
    retry_on_intr(|| rustix::fs::fcntl_fullfsync(handle))?;
    #[cfg(not(target_vendor = "apple"))]
    retry_on_intr(|| rustix::fs::fsync(handle))?;
    Ok(())
}

/// Makes a file's bytes and length durable.
fn sync_handle_data(handle: BorrowedFd<'_>) -> io::Result<()> {
    // A plain sync on this vendor's systems leaves the data in the drive's volatile cache.
    #[cfg(target_vendor = "apple")]
    return sync_handle(handle);
    #[cfg(not(target_vendor = "apple"))]
    {
        retry_on_intr(|| rustix::fs::fdatasync(handle))?;
        Ok(())
    }
}

fn not_regular(name: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{name:?} is not a regular file"),
    )
}
