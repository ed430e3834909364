//! Reading lines of an input on a thread of its own, so that waiting for input never delays
//! anything else: an acknowledgement, an interrupt.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::failure::{Exit, Failure, Result};
use crate::input::LineError;

/// Bytes of the longest line that is read; a longer one is bad, and bounds what memory it takes.
/// The largest event that a store can be made to hold fits, with every byte of it escaped.
const LONGEST_LINE: u64 = 512 * 1024 * 1024;
/// Lines that are read ahead.
const READ_AHEAD: usize = 256;

/// Where lines come from.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    /// Bytes that there are, where that is known.
    pub(crate) bytes: Option<u64>,
}

impl Input {
    /// Standard input.
    pub(crate) fn stdin() -> Input {
        Input {
            reader: Box::new(io::stdin()),
            bytes: None,
        }
    }

    /// The file at `path`, or standard input when that is `-`.
    pub(crate) fn open(path: &Path) -> Result<Input> {
        if path.as_os_str() == "-" {
            return Ok(Input::stdin());
        }
        let refused = |error: io::Error| Failure::io("cannot read the input", path, &error);
        let file = File::open(path).map_err(refused)?;
        let metadata = file.metadata().map_err(refused)?;
        if metadata.is_dir() {
            return Err(refused(io::ErrorKind::IsADirectory.into()));
        }
        Ok(Input {
            bytes: metadata.is_file().then_some(metadata.len()),
            reader: Box::new(file),
        })
    }
}

/// A line of input, or what is wrong with it.
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Bytes of the input up to its end.
    pub(crate) end: u64,
    /// Its text without the line end.
    pub(crate) text: std::result::Result<String, LineError>,
}

enum Message {
    Line(Line),
    End,
    Wake,
}

/// The lines of an input, in order.
pub(crate) struct Lines {
    inbox: Receiver<Message>,
    wake: Waker,
}

/// Makes whoever waits for a line look whether it should stop.
#[derive(Clone)]
pub(crate) struct Waker(SyncSender<Message>);

impl Waker {
    /// Wakes.
    pub(crate) fn wake(&self) {
        // A full inbox wakes as well, and nobody is left to wake when it is gone.
        let _ = self.0.try_send(Message::Wake);
    }
}

impl Lines {
    /// Starts reading. The thread is left behind at the end of the process, since nothing ends a
    /// read of standard input.
    pub(crate) fn read(input: Input) -> Lines {
        let (messages, inbox) = mpsc::sync_channel(READ_AHEAD);
        let wake = Waker(messages.clone());
        thread::spawn(move || send_lines(input, &messages));
        Lines { inbox, wake }
    }

    /// What wakes a caller of [`Lines::next`].
    pub(crate) fn waker(&self) -> Waker {
        self.wake.clone()
    }

    /// The next line; `None` at the end of the input, and as soon as `stop` holds.
    pub(crate) fn next(&self, stop: impl Fn() -> bool) -> Option<Line> {
        loop {
            let message = self.inbox.recv().ok()?;
            if stop() {
                return None;
            }
            match message {
                Message::Line(line) => return Some(line),
                Message::End => return None,
                Message::Wake => {}
            }
        }
    }
}

fn send_lines(input: Input, messages: &SyncSender<Message>) {
    let mut reader = BufReader::with_capacity(64 * 1024, input.reader);
    let mut end = 0;
    for number in 1.. {
        let Some(text) = read_line(&mut reader, LONGEST_LINE, &mut end) else {
            break;
        };
        let last = matches!(text, Err(LineError::Failed(_)));
        let line = Line { number, end, text };
        if messages.send(Message::Line(line)).is_err() || last {
            break;
        }
    }
    // Nobody listens any more when the command is ending for another reason.
    let _ = messages.send(Message::End);
}

/// The next line, with its bytes added to `end`. What is wrong with a line leaves the reader
/// behind it; a failed read is final.
fn read_line(
    reader: &mut impl BufRead,
    longest: u64,
    end: &mut u64,
) -> Option<std::result::Result<String, LineError>> {
    let mut bytes = Vec::new();
    match reader.take(longest).read_until(b'\n', &mut bytes) {
        Ok(0) => return None,
        Ok(read) => *end += u64::try_from(read).unwrap_or(u64::MAX),
        Err(error) => return Some(Err(unreadable(&error))),
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else if u64::try_from(bytes.len()).is_ok_and(|length| length >= longest) {
        return Some(match skip_line(reader) {
            Ok(skipped) => {
                *end += skipped;
                Err(LineError::Bad(format!("longer than {longest} bytes")))
            }
            Err(error) => Err(unreadable(&error)),
        });
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Some(String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        LineError::Bad(format!("not UTF-8 at byte {at}"))
    }))
}

/// Passes over the rest of a line, and says how many bytes that are.
fn skip_line(reader: &mut impl BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let found = buffer.iter().position(|byte| *byte == b'\n');
        let used = found.map_or(buffer.len(), |at| at + 1);
        let done = found.is_some() || used == 0;
        reader.consume(used);
        skipped += u64::try_from(used).unwrap_or(u64::MAX);
        if done {
            return Ok(skipped);
        }
    }
}

fn unreadable(error: &io::Error) -> LineError {
    let what = format!("cannot read the input: {error}");
    let failure = Failure::new(Exit::Error, "input", what);
    LineError::Failed(failure.with_class("retryable_operational"))
}

#[cfg(test)]
mod tests {
    use super::{LineError, read_line};
    use std::result::Result;

    /// The lines of `input`, each with its end.
    fn lines(mut input: &[u8], longest: u64) -> Vec<(Result<String, String>, u64)> {
        let (mut lines, mut end) = (Vec::new(), 0);
        while let Some(text) = read_line(&mut input, longest, &mut end) {
            let text = text.map_err(|error| match error {
                LineError::Bad(message) => message,
                LineError::Failed(_) => "failed".to_owned(),
            });
            lines.push((text, end));
        }
        lines
    }

    #[test]
    fn lines_end_at_line_feeds_and_must_be_text() {
        let found = lines(b"one\r\n\nab\xffc\nlast", 100);
        assert_eq!(
            found,
            [
                (Ok("one".to_owned()), 5),
                (Ok(String::new()), 6),
                (Err("not UTF-8 at byte 3".to_owned()), 11),
                (Ok("last".to_owned()), 15),
            ]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_as_a_whole() {
        let long = || Err("longer than 4 bytes".to_owned());
        assert_eq!(
            lines(b"abc\nabcd\nabcdefgh\nx", 4),
            [
                (Ok("abc".to_owned()), 4),
                (long(), 9),
                (long(), 18),
                (Ok("x".to_owned()), 19),
            ]
        );
        assert_eq!(lines(b"abcdefgh", 4), [(long(), 8)]);
    }
}
