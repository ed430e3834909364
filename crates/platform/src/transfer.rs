//! Whole transfers over a file whose reads and writes may be short or interrupted.

use std::io;

use rustix::io::Errno;

use crate::storage::StorageFile;

/// How many times in a row a call may be interrupted before the interruption is reported.
const MAX_INTERRUPTIONS: u32 = 128;

/// Whether an error says that the medium cannot give the bytes: damage, where others may be the
/// state of a moment.
#[must_use]
pub fn is_media_error(error: &io::Error) -> bool {
    let numbers = [Errno::IO, Errno::BADMSG].map(Errno::raw_os_error);
    error
        .raw_os_error()
        .is_some_and(|number| numbers.contains(&number))
}

/// Writes all of `bytes` at `offset`, continuing after short writes and interruptions.
///
/// # Errors
/// `WriteZero` when the file accepts nothing; `Interrupted` after many interruptions in a row;
/// otherwise the first error of the file. What was written before the error is unspecified.
pub fn write_all_at(file: &dyn StorageFile, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    let mut interruptions = 0;
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::WriteZero,
                    "the file accepted no byte",
                ));
            }
            Ok(written) => {
                interruptions = 0;
                bytes = bytes.get(written..).unwrap_or_default();
                offset = offset.saturating_add(written as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                interruptions += 1;
                if interruptions > MAX_INTERRUPTIONS {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills `buffer` from `offset`, continuing after short reads and interruptions.
///
/// # Errors
/// `UnexpectedEof` when the file ends first; `Interrupted` after many interruptions in a row;
/// otherwise the first error of the file.
pub fn read_exact_at(file: &dyn StorageFile, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let filled = read_up_to_at(file, buffer, offset)?;
    if filled == buffer.len() {
        return Ok(());
    }
    Err(ends_at(offset.saturating_add(filled as u64)))
}

/// The error of a file that is shorter than what is asked of it.
pub(crate) fn ends_at(end: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the file ends at byte {end}"),
    )
}

/// Reads from `offset` until `buffer` is full or the file ends, continuing after short reads and
/// interruptions; returns how many bytes that were.
///
/// # Errors
/// `Interrupted` after many interruptions in a row; otherwise the first error of the file.
pub fn read_up_to_at(file: &dyn StorageFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    read_up_to(file, buffer, offset)
}

/// [`read_up_to_at`], for the provided methods of [`StorageFile`] as well.
pub(crate) fn read_up_to<F: StorageFile + ?Sized>(
    file: &F,
    buffer: &mut [u8],
    offset: u64,
) -> io::Result<usize> {
    let mut filled = 0;
    let mut interruptions = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(read) => {
                interruptions = 0;
                filled += read;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                interruptions += 1;
                if interruptions > MAX_INTERRUPTIONS {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io::{self, ErrorKind};
    use std::sync::Mutex;

    use super::{MAX_INTERRUPTIONS, read_exact_at, write_all_at};
    use crate::storage::StorageFile;

    /// What the next read or write does.
    #[derive(Clone, Copy, Debug)]
    enum Answer {
        AtMost(usize),
        Fails(ErrorKind),
    }
    use Answer::{AtMost, Fails};

    /// A file in memory that answers its calls from a script, then serves what is asked.
    #[derive(Debug)]
    struct Hostile {
        bytes: Mutex<Vec<u8>>,
        script: Mutex<VecDeque<Answer>>,
    }

    impl Hostile {
        fn new(bytes: &[u8], script: impl IntoIterator<Item = Answer>) -> Self {
            Self {
                bytes: Mutex::new(bytes.to_vec()),
                script: Mutex::new(script.into_iter().collect()),
            }
        }

        fn allowed(&self, asked: usize) -> io::Result<usize> {
            match self.script.lock().unwrap().pop_front() {
                None => Ok(asked),
                Some(AtMost(count)) => Ok(asked.min(count)),
                Some(Fails(kind)) => Err(kind.into()),
            }
        }
    }

    impl StorageFile for Hostile {
        fn len(&self) -> io::Result<u64> {
            Ok(self.bytes.lock().unwrap().len() as u64)
        }

        fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
            let bytes = self.bytes.lock().unwrap();
            let rest = bytes
                .get(usize::try_from(offset).unwrap()..)
                .unwrap_or_default();
            let count = self.allowed(buffer.len().min(rest.len()))?;
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }

        fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
            let count = self.allowed(bytes.len())?;
            let start = usize::try_from(offset).unwrap();
            let mut held = self.bytes.lock().unwrap();
            let end = held.len().max(start + count);
            held.resize(end, 0);
            held[start..start + count].copy_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn set_len(&self, _: u64) -> io::Result<()> {
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn interruptions(count: u32) -> Vec<Answer> {
        (0..count).map(|_| Fails(ErrorKind::Interrupted)).collect()
    }

    /// Scripts after which the whole transfer still happens.
    fn bearable() -> Vec<Vec<Answer>> {
        let almost = interruptions(MAX_INTERRUPTIONS);
        let twice = [almost.clone(), vec![AtMost(1)], almost.clone()].concat();
        vec![
            vec![],
            vec![AtMost(1); 9],
            vec![AtMost(8), AtMost(1)],
            vec![
                Fails(ErrorKind::Interrupted),
                AtMost(3),
                Fails(ErrorKind::Interrupted),
            ],
            almost,
            twice,
        ]
    }

    /// Scripts that end the transfer, and the kind of error it ends with; `None` for no progress.
    fn unbearable() -> Vec<(Vec<Answer>, Option<ErrorKind>)> {
        vec![
            (vec![AtMost(0)], None),
            (vec![AtMost(4), AtMost(0)], None),
            (
                vec![AtMost(4), Fails(ErrorKind::StorageFull)],
                Some(ErrorKind::StorageFull),
            ),
            (
                interruptions(MAX_INTERRUPTIONS + 1),
                Some(ErrorKind::Interrupted),
            ),
            (
                [vec![AtMost(2)], interruptions(1000)].concat(),
                Some(ErrorKind::Interrupted),
            ),
        ]
    }

    #[test]
    fn a_write_continues_after_short_writes_and_interruptions() {
        for script in bearable() {
            let file = Hostile::new(b"..", script.clone());
            write_all_at(&file, b"123456789", 1).unwrap();
            assert_eq!(*file.bytes.lock().unwrap(), b".123456789", "{script:?}");
        }
    }

    #[test]
    fn a_read_continues_after_short_reads_and_interruptions() {
        for script in bearable() {
            let file = Hostile::new(b".123456789.", script.clone());
            let mut buffer = [0; 9];
            read_exact_at(&file, &mut buffer, 1).unwrap();
            assert_eq!(&buffer, b"123456789", "{script:?}");
        }
    }

    #[test]
    fn a_transfer_without_progress_ends_with_a_typed_error() {
        for (script, kind) in unbearable() {
            let file = Hostile::new(b"123456789", script.clone());
            let error = write_all_at(&file, b"abcdefghi", 0).unwrap_err();
            assert_eq!(
                error.kind(),
                kind.unwrap_or(ErrorKind::WriteZero),
                "write {script:?}"
            );
            let file = Hostile::new(b"123456789", script.clone());
            let error = read_exact_at(&file, &mut [0; 9], 0).unwrap_err();
            assert_eq!(
                error.kind(),
                kind.unwrap_or(ErrorKind::UnexpectedEof),
                "read {script:?}"
            );
        }
    }

    #[test]
    fn a_read_past_the_end_says_where_the_file_ends() {
        let file = Hostile::new(b"12345", []);
        let error = read_exact_at(&file, &mut [0; 4], 3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert!(error.to_string().contains("byte 5"), "{error}");
    }

    #[test]
    fn a_view_of_a_file_that_is_not_mapped_is_read_whole() {
        for script in bearable() {
            let file = Hostile::new(b"123456789.", script.clone());
            let view = file.map(9).unwrap();
            assert_eq!(view.as_ref(), b"123456789", "{script:?}");
        }
        for (script, kind) in unbearable() {
            let file = Hostile::new(b"123456789.", script.clone());
            let error = file.map(9).unwrap_err();
            let kind = kind.unwrap_or(ErrorKind::UnexpectedEof);
            assert_eq!(error.kind(), kind, "{script:?}");
        }
    }

    #[test]
    fn an_empty_transfer_makes_no_call() {
        let file = Hostile::new(b"", [Fails(ErrorKind::Other)]);
        write_all_at(&file, b"", 7).unwrap();
        read_exact_at(&file, &mut [], 7).unwrap();
        assert_eq!(file.script.lock().unwrap().len(), 1);
    }
}
