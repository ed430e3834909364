//! Looking for a frame where the chain of lengths is broken.

use super::{ByteSource, WINDOW};
use crate::fixed::{count, size};
use crate::frame::layout::FRAME_KIND;
use crate::frame::{check_parts, is_possible_length};
use crate::{FRAME_FIXED, FrameHead, FrameKind, Offset, Salt};

/// The first valid frame at or after `from` that ends by `end` and that `accept` takes.
///
/// Every position that is a multiple of 8 is tried. `accept` sees every valid frame up to the one it takes, so
/// refusing all of them visits them all. Cost: one comparison per position, one header check per position that
/// could hold a frame, and the body only behind a header that verifies.
///
/// # Errors
/// Those of the source.
pub fn search<S: ByteSource>(
    source: &mut S,
    salt: Salt,
    from: Offset,
    end: Offset,
    mut accept: impl FnMut(&FrameHead) -> bool,
) -> Result<Option<(Offset, FrameHead)>, S::Error> {
    let end = end.0.min(source.len());
    let Some(mut position) = from.0.checked_next_multiple_of(8) else {
        return Ok(None);
    };
    while end.saturating_sub(position) >= count(FRAME_FIXED) {
        let window = usize::try_from(WINDOW.min(end - position)).unwrap_or(0);
        let bytes = source.window(position, window)?;
        let found = look(bytes, position, salt, end, &mut accept);
        match found {
            Found::Taken(offset, head) => return Ok(Some((offset, head))),
            Found::Nothing { next } => position = next,
            Found::Longer(offset, head) => {
                let frame = source.window(offset.0, size(head.length))?;
                if check_parts(&head, frame, salt, offset).is_ok() && accept(&head) {
                    return Ok(Some((offset, head)));
                }
                position = offset.0 + 8;
            }
        }
    }
    Ok(None)
}

enum Found {
    /// A valid frame that was accepted.
    Taken(Offset, FrameHead),
    /// A verified head whose frame reaches past the window.
    Longer(Offset, FrameHead),
    /// Every position of the window was tried; go on at `next`.
    Nothing { next: u64 },
}

fn look(
    window: &[u8],
    start: u64,
    salt: Salt,
    end: u64,
    accept: &mut impl FnMut(&FrameHead) -> bool,
) -> Found {
    let mut at = 0;
    while let Some(fixed) = window
        .get(at..)
        .and_then(<[u8]>::first_chunk::<FRAME_FIXED>)
    {
        let offset = Offset(start + count(at));
        if let Some(head) = plausible_head(fixed, end - offset.0, salt, offset) {
            let Some(frame) = window.get(at..at.saturating_add(size(head.length))) else {
                return Found::Longer(offset, head);
            };
            if check_parts(&head, frame, salt, offset).is_ok() && accept(&head) {
                return Found::Taken(offset, head);
            }
        }
        at += 8;
    }
    // At least one position was tried unless the source broke its promise; then the search ends.
    Found::Nothing {
        next: if at == 0 { end } else { start + count(at) },
    }
}

/// Decodes only where length and kind could be those of a frame that ends in time.
fn plausible_head(
    fixed: &[u8; FRAME_FIXED],
    left: u64,
    salt: Salt,
    offset: Offset,
) -> Option<FrameHead> {
    let [a, b, c, d, ..] = *fixed;
    let length = u32::from_le_bytes([a, b, c, d]);
    let plausible = is_possible_length(length)
        && u64::from(length) <= left
        && FrameKind::from_byte(fixed[FRAME_KIND]).is_some();
    if !plausible {
        return None;
    }
    FrameHead::decode(fixed, salt, offset).ok()
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
