//! Reading lines of standard input on a thread of its own.

use std::io::{self, BufRead, Read as _};
use std::sync::mpsc::SyncSender;
use std::thread;

use super::{Message, bad_line};
use crate::failure::{Exit, Failure, Result};

/// Bytes of the longest line that is read; a longer one is bad, and bounds what memory it takes.
const LONGEST_LINE: u64 = 256 * 1024 * 1024;

/// A line of input, or what is wrong with it.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text without the line end.
    pub(super) text: Result<String>,
}

/// Sends every line, then the end. The thread is left behind at the end of the process, since
/// nothing ends a read of standard input.
pub(super) fn spawn_reader(messages: SyncSender<Message>) {
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        for number in 1.. {
            let Some(text) = read_line(&mut input) else {
                break;
            };
            let last = text.is_err();
            if messages.send(Message::Line(Line { number, text })).is_err() || last {
                break;
            }
        }
        // Nobody listens any more when the command is ending for another reason.
        let _ = messages.send(Message::End);
    });
}

fn read_line(input: &mut impl BufRead) -> Option<Result<String>> {
    let mut bytes = Vec::new();
    match input.take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
        Ok(0) => return None,
        Ok(_) => {}
        Err(error) => {
            let what = format!("cannot read standard input: {error}");
            let failure = Failure::new(Exit::Error, "input", what);
            return Some(Err(failure.with_class("retryable_operational")));
        }
    }
    let longest = usize::try_from(LONGEST_LINE).unwrap_or(usize::MAX);
    if bytes.len() >= longest && bytes.last() != Some(&b'\n') {
        return Some(Err(bad_line(format!("longer than {LONGEST_LINE} bytes"))));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Some(String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        bad_line(format!("not UTF-8 at byte {at}"))
    }))
}

#[cfg(test)]
mod tests {
    use super::read_line;

    #[test]
    fn lines_end_at_line_feeds_and_must_be_text() {
        let mut input: &[u8] = b"one\r\n\nab\xffc\nlast";
        let mut next = || read_line(&mut input).map(Result::ok);
        assert_eq!(next(), Some(Some("one".to_owned())));
        assert_eq!(next(), Some(Some(String::new())));
        assert_eq!(next(), Some(None));
        assert_eq!(next(), Some(Some("last".to_owned())));
        assert_eq!(next(), None);
    }
}
