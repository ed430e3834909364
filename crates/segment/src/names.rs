//! The names of files in a store directory, and what each class of name means.

use crate::SegmentId;

/// The identity of a store.
pub const IDENTITY: &str = "store.fbatm";
/// Facts about the owner of the lock.
pub const LOCK: &str = ".batpak.lock";
/// The ranges that maintenance calls have hidden.
pub const HIDDEN_RANGES: &str = "visibility_ranges.fbv";
/// Suffix of a segment.
pub const SEGMENT_SUFFIX: &str = ".fbat";
/// Suffix of the index of a segment.
pub const INDEX_SUFFIX: &str = ".fidx";
/// Suffix of a file that is still being made, and that anybody who holds the lock may remove.
pub const TEMPORARY_SUFFIX: &str = ".tmp";
/// Suffix of a file that recovery moved out of the way and never reads.
pub const SET_ASIDE_SUFFIX: &str = ".aside";

/// What a name in a store directory stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameClass {
    /// A segment.
    Segment(SegmentId),
    /// The index of a segment.
    Index(SegmentId),
    /// The identity file.
    Identity,
    /// The lock file.
    Lock,
    /// A file that was being made when somebody stopped.
    Temporary,
    /// The hidden ranges.
    HiddenRanges,
    /// A name that ends like a segment's and is not the one way to write any segment id.
    MalformedSegment,
    /// A file that recovery set aside.
    SetAside,
    /// Anything else: never parsed because it looks close.
    Other,
}

/// The class of a file name. Suffixes are compared byte by byte, case included.
#[must_use]
pub fn classify(name: &str) -> NameClass {
    match name {
        IDENTITY => NameClass::Identity,
        LOCK => NameClass::Lock,
        HIDDEN_RANGES => NameClass::HiddenRanges,
        _ if name.ends_with(TEMPORARY_SUFFIX) => NameClass::Temporary,
        _ if name.ends_with(SET_ASIDE_SUFFIX) => NameClass::SetAside,
        _ => classify_numbered(name),
    }
}

fn classify_numbered(name: &str) -> NameClass {
    if let Some(digits) = name.strip_suffix(SEGMENT_SUFFIX) {
        parse_id(digits).map_or(NameClass::MalformedSegment, NameClass::Segment)
    } else if let Some(digits) = name.strip_suffix(INDEX_SUFFIX) {
        parse_id(digits).map_or(NameClass::Other, NameClass::Index)
    } else {
        NameClass::Other
    }
}

/// Takes only the canonical spelling, so that two names never stand for one segment.
fn parse_id(digits: &str) -> Option<SegmentId> {
    let canonical = digits.len() == 6 || (digits.len() > 6 && !digits.starts_with('0'));
    if !canonical || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let id = SegmentId(digits.parse().ok()?);
    (!id.is_none()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_exactly_or_not_at_all() {
        use NameClass::*;
        let cases = [
            ("store.fbatm", Identity),
            (".batpak.lock", Lock),
            ("visibility_ranges.fbv", HiddenRanges),
            ("000001.fbat", Segment(SegmentId(1))),
            ("1234567.fbat", Segment(SegmentId(1_234_567))),
            ("18446744073709551615.fbat", Segment(SegmentId(u64::MAX))),
            ("000001.fidx", Index(SegmentId(1))),
            ("000000.fbat", MalformedSegment),
            ("0000001.fbat", MalformedSegment),
            ("00001.fbat", MalformedSegment),
            ("18446744073709551616.fbat", MalformedSegment),
            (".fbat", MalformedSegment),
            ("+00001.fbat", MalformedSegment),
            ("-00001.fbat", MalformedSegment),
            ("00000a.fbat", MalformedSegment),
            ("00000٣.fbat", MalformedSegment),
            ("copy of 000001.fbat", MalformedSegment),
            ("000001.fbat.tmp", Temporary),
            ("store.fbatm.tmp", Temporary),
            ("000002.fbat.aside", SetAside),
            ("0000001.fidx", Other),
            ("000001.FBAT", Other),
            ("000001.fbat~", Other),
            ("store.fbatm2", Other),
            ("cursors", Other),
            ("", Other),
        ];
        for (name, expected) in cases {
            assert_eq!(classify(name), expected, "{name:?}");
        }
    }

    #[test]
    fn every_name_that_is_made_is_recognized() {
        for id in [1, 9, 999_999, 1_000_000, u64::MAX].map(SegmentId) {
            assert_eq!(classify(&id.file_name()), NameClass::Segment(id));
            assert_eq!(classify(&id.index_name()), NameClass::Index(id));
        }
    }
}
