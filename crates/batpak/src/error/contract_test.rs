//! The contract of the error: class, code, commit, cause and message of every variant.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::io::ErrorKind;

use batpak_coordinate::{Coordinate, CoordinateError};

use super::example::{VARIANTS, every_cause, ordinal, refused};
use super::*;

use CommitState::{Committed, NotCommitted, Unknown};
use HandlingClass::{Domain, FailClosedOperational as Closed, RetryableOperational as Retryable};

/// Code, class, commit state, words of the source (empty: no source), words of the message.
type Row = (
    &'static str,
    HandlingClass,
    CommitState,
    &'static str,
    &'static [&'static str],
);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("io", Retryable, NotCommitted, "no space left", &["IO error: write data/000001.fbat: no space left"]),
    ("store-locked", Domain, NotCommitted, "", &["store at data is locked", "mutable", "in this process or another", "ending that process releases"]),
    ("coordinate-empty-entity", Domain, NotCommitted, "entity cannot be empty", &["coordinate error", "entity cannot be empty"]),
    ("coordinate-empty-scope", Domain, NotCommitted, "scope cannot be empty", &["coordinate error", "scope cannot be empty"]),
    ("coordinate-entity-too-long", Domain, NotCommitted, "2000", &["coordinate error", "entity", "2000", "1024"]),
    ("coordinate-scope-too-long", Domain, NotCommitted, "2000", &["coordinate error", "scope", "2000", "1024"]),
    ("coordinate-separator", Domain, NotCommitted, "separator", &["coordinate error", "`|` or `=`"]),
    ("checkpoint-id-empty", Domain, NotCommitted, "empty", &["checkpoint id error", "empty"]),
    ("checkpoint-id-too-long", Domain, NotCommitted, "2000", &["checkpoint id error", "2000", "1024"]),
    ("checkpoint-id-nul-byte", Domain, NotCommitted, "NUL", &["checkpoint id error", "NUL"]),
    ("checkpoint-id-control-char", Domain, NotCommitted, "control", &["checkpoint id error", "control character"]),
    ("checkpoint-id-path-traversal", Domain, NotCommitted, "path-traversal", &["checkpoint id error", "path-traversal"]),
    ("checkpoint-id-separator", Domain, NotCommitted, "separator", &["checkpoint id error", "`|` or `=`"]),
    ("serialization", Closed, NotCommitted, "map keys", &["serialization error: map keys must be text"]),
    ("crc-mismatch", Closed, NotCommitted, "", &["CRC mismatch", "segment 3", "4096"]),
    ("corrupt-segment", Closed, NotCommitted, "", &["corrupt segment 3", "bad magic"]),
    ("not-found", Domain, NotCommitted, "", &["0000000000000000000000000000beef", "not found"]),
    ("sequence-mismatch", Domain, NotCommitted, "", &["CAS failed", "order:17", "4", "6"]),
    ("writer-crashed", Closed, NotCommitted, "", &["writer", "crash"]),
    ("wait-timeout", Retryable, Committed, "", &["Applied", "1000", "12", "75ms", "timed out"]),
    ("cache-failed", Retryable, NotCommitted, "no cache directory", &["cache error: no cache directory"]),
    ("sequence-gate-violation", Closed, Unknown, "", &["publish(9)", "allocated=8", "visible=6", "in publish"]),
    ("configuration", Domain, NotCommitted, "", &["invalid config", "segment_max_bytes"]),
    ("platform-profile-unreadable", Closed, NotCommitted, "no such file", &["site.profile", "invalid", "no such file"]),
    ("platform-profile-json", Closed, NotCommitted, "expected value", &["site.profile", "invalid", "JSON", "line 1"]),
    ("platform-profile-fingerprint-encode", Closed, NotCommitted, "out of memory", &["site.profile", "invalid", "fingerprint"]),
    ("platform-profile-schema", Closed, NotCommitted, "", &["site.profile", "invalid", "schema_version 3", "expected 1"]),
    ("platform-profile-fingerprint", Closed, NotCommitted, "", &["site.profile", "invalid", "198181095", "198181094"]),
    ("platform-profile-lock-admission", Closed, NotCommitted, "", &["site.profile", "invalid", "AtomicNoFollow", "Unknown"]),
    ("platform-profile-directory-sync-admission", Closed, NotCommitted, "", &["site.profile", "invalid", "UnixFsync", "not allowed"]),
    ("platform-profile-mmap-path", Closed, NotCommitted, "", &["mmap_index", "invalid", "FileBacked", "Unknown", "UnknownMissing"]),
    ("platform-profile-mmap-admission", Closed, NotCommitted, "", &["sealed_segment_mmap", "invalid", "FileBacked", "ObservedUnsupported"]),
    ("platform-profile-mismatch", Closed, NotCommitted, "", &["site.profile", "does not match", "RenameOnly"]),
    ("platform-admission-failed", Closed, NotCommitted, "", &["admission failed", "parent directory sync", "Unknown"]),
    ("event-payload-registry", Closed, NotCommitted, "duplicate kind", &["duplicate kind assignment", "category=0xF", "type_id=0x0FE", "shop::Placed", "bank::Paid"]),
    ("idempotency-required", Domain, NotCommitted, "", &["group commit", "idempotency key"]),
    ("visibility-fence-active", Domain, NotCommitted, "", &["fence", "active"]),
    ("visibility-fence-not-active", Domain, NotCommitted, "", &["no matching", "fence"]),
    ("visibility-fence-cancelled", Domain, NotCommitted, "", &["fence", "cancelled before"]),
    ("batch-failed", Retryable, NotCommitted, "IO error: write data/000001.fbat: no space left", &["batch failed at item 5", "no space left"]),
    ("batch-sync-failed", Retryable, Unknown, "IO error: write data/000001.fbat: device timed out", &["batch sync failed after writing 6 items", "device timed out"]),
    ("idempotency-partial-batch", Domain, NotCommitted, "", &["batch rejected", "2 of 3 keys"]),
    ("corrupt-frame", Closed, NotCommitted, "", &["corrupt frame", "segment 3", "512", "exceeds MAX_FRAME_PAYLOAD"]),
    ("segment-too-many-entries", Closed, NotCommitted, "", &["segment 3", "4294967296", "4294967295"]),
    ("data-dir-malformed", Closed, NotCommitted, "", &["data/notes.fbat"]),
    ("ancestry-corrupt", Closed, NotCommitted, "", &["cycle", "0000000000000000000000000000beef"]),
    ("range-malformed", Domain, NotCommitted, "", &["start=9", "end=3"]),
    ("invalid-coordinate", Domain, NotCommitted, "", &["invalid coordinate", "batch item 2", "scope cannot be empty"]),
    ("invalid-causation", Domain, NotCommitted, "", &["item 1", "item 4", "before its effect"]),
    ("invalid-commit-metadata", Domain, NotCommitted, "", &["commit metadata", "genesis with sequence 3"]),
    ("coordinate-nul-byte", Domain, NotCommitted, "", &["coordinate component contains forbidden NUL byte"]),
    ("coordinate-path-traversal", Domain, NotCommitted, "", &["coordinate component contains forbidden path-traversal substring"]),
    ("coordinate-control-char", Domain, NotCommitted, "", &["coordinate component contains forbidden ASCII control character"]),
    ("hidden-ranges-unreadable", Closed, NotCommitted, "not allowed", &["data/visibility-ranges", "corrupt", "not allowed"]),
    ("hidden-ranges-too-short", Closed, NotCommitted, "", &["data/visibility-ranges", "corrupt", "5", "12"]),
    ("hidden-ranges-magic", Closed, NotCommitted, "", &["data/visibility-ranges", "corrupt", "magic"]),
    ("hidden-ranges-version", Closed, NotCommitted, "", &["data/visibility-ranges", "corrupt", "version 4", "expected 1"]),
    ("hidden-ranges-checksum", Closed, NotCommitted, "", &["data/visibility-ranges", "corrupt", "000000ab", "000000cd"]),
    ("hidden-ranges-undecodable", Closed, NotCommitted, "unexpected marker", &["data/visibility-ranges", "corrupt", "unexpected marker"]),
    ("hidden-ranges-entries", Closed, NotCommitted, "start=9", &["data/visibility-ranges", "corrupt", "start=9"]),
    ("batch-item-too-large", Domain, NotCommitted, "", &["batch item 7", "900", "800"]),
    ("entity-clock-overflow", Domain, NotCommitted, "", &["order:17", "full"]),
    ("invalid-clock", Domain, NotCommitted, "", &["invalid", "timestamp_us", "-5", "before 1970"]),
    ("checkpoint-write-failed", Retryable, NotCommitted, "not allowed", &["mailer", "write failed", "not allowed"]),
    ("cursor-checkpoint-corrupt", Closed, NotCommitted, "", &["data/cursors/mailer.ckpt", "corrupt", "3 bytes"]),
    ("cursor-checkpoint-region-mismatch", Closed, NotCommitted, "", &["mailer.ckpt", "belongs to region", "entity=a", "entity=b"]),
    ("invariant-close-clock-regression", Closed, NotCommitted, "", &["invariant violation", "HLC regressed", "900", "800"]),
    ("invariant-open-clock-order", Closed, NotCommitted, "", &["invariant violation", "open HLC", "700", "900"]),
    ("invariant-open-clock-overflow", Closed, NotCommitted, "", &["invariant violation", "18446744073709551615", "microseconds"]),
    ("invariant-open-clock-range", Closed, NotCommitted, "", &["invariant violation", "18446744073709551615", "timestamp"]),
    ("invariant-open-event-not-indexed", Closed, Committed, "", &["invariant violation", "beef", "committed"]),
    ("invariant-gate-event-not-indexed", Closed, Committed, "", &["invariant violation", "beef", "committed"]),
    ("invariant-batch-item-count", Closed, NotCommitted, "", &["invariant violation", "2 items", "3"]),
    ("commit-unknown", Closed, Unknown, "IO error: write data/000001.fbat: device timed out", &["events 41 to 43", "unknown", "device timed out"]),
    ("reserved-kind", Domain, NotCommitted, "", &["0x0001", "reserved", "batch item 1"]),
    ("key-conflict", Domain, NotCommitted, "", &["idempotency key", "0000beef", "another body"]),
    ("unknown-cause", Domain, NotCommitted, "", &["cause", "0000beef", "not in the store"]),
    ("future-version", Closed, NotCommitted, "", &["data/000009.fbat", "version 7", "up to 1"]),
    ("store-damaged", Closed, NotCommitted, "", &["damaged", "data/000002.fbat", "offset 8192", "100 to 120", "the file is cut"]),
    ("not-a-store", Domain, NotCommitted, "", &["photos", "not a store"]),
    ("events-gone", Domain, NotCommitted, "", &["7 to 9", "not in the store any more", "salvaged"]),
    ("stream-gap", Closed, NotCommitted, "", &["order:17", "missing", "expected stream sequence 5", "found 7"]),
    ("forked", Closed, NotCommitted, "", &["data", "cannot be appended to", "fork"]),
    ("condition-broken", Domain, NotCommitted, "", &["condition", "does not hold", "7, 12"]),
    ("committed-not-reached", Retryable, Committed, "wait timed out", &["event 1 is committed", "Durable", "sequence 1", "0ms"]),
];

#[test]
fn every_cause_keeps_its_contract() {
    let causes = every_cause();
    assert_eq!(causes.len(), TABLE.len());
    for (error, (code, class, commit, source, needles)) in causes.iter().zip(TABLE) {
        let text = error.to_string();
        assert_eq!(&error.code(), code, "{text}");
        assert_eq!(&error.class(), class, "{text}");
        assert_eq!(&error.commit_state(), commit, "{text}");
        for needle in *needles {
            assert!(text.contains(needle), "{text:?} lacks {needle:?}");
        }
        match error.source() {
            Some(found) => assert!(
                !source.is_empty() && found.to_string().contains(source),
                "source of {text:?}: {found:?}"
            ),
            None => assert_eq!(*source, "", "{text:?} has no source"),
        }
    }
}

#[test]
fn every_variant_is_in_the_table() {
    let seen: BTreeSet<usize> = every_cause().iter().map(ordinal).collect();
    assert_eq!(seen, (0..VARIANTS).collect());
}

#[test]
fn codes_are_unique_and_in_kebab_case() {
    let mut seen = BTreeSet::new();
    for error in every_cause() {
        let code = error.code();
        assert!(seen.insert(code), "{code} names two causes");
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(code.split('-').all(plain), "{code}");
    }
}

#[test]
fn messages_are_one_line_without_a_final_period() {
    for error in every_cause() {
        let text = error.to_string();
        assert!(!text.contains('\n') && !text.ends_with('.'), "{text:?}");
        assert!(!text.contains("  "), "{text:?}");
    }
}

#[test]
fn no_advice_names_a_removal_and_no_doubtful_commit_is_repeated() {
    let full = |commit| refused(ErrorKind::StorageFull, "no space left", commit);
    let system = [NotCommitted, Committed, Unknown].map(full);
    for error in every_cause().into_iter().chain(system) {
        let words = format!("{error} {}", error.hint().unwrap_or_default());
        for dangerous in [
            "delete",
            " rm ",
            "remove the",
            "truncate",
            "overwrite",
            "unlock",
        ] {
            assert!(!words.contains(dangerous), "{words:?} says {dangerous:?}");
        }
        let says = |needle| words.contains(needle);
        match error.commit_state() {
            NotCommitted => {}
            Committed => assert!(says("committed") && says("do not append"), "{words:?}"),
            Unknown => assert!(says("before appending them anew"), "{words:?}"),
        }
        let repeats = matches!(
            error.retry(),
            RetryAdvice::Backoff | RetryAdvice::AfterSpace | RetryAdvice::AfterRead
        );
        assert!(!repeats || error.commit_state() == NotCommitted, "{error}");
    }
}

#[test]
fn a_batch_error_has_the_class_of_the_error_inside() {
    for inner in every_cause() {
        let (class, retry, commit) = (inner.class(), inner.retry(), inner.commit_state());
        let outer = StoreError::BatchFailed {
            item_index: 0,
            source: Box::new(StoreError::BatchFailed {
                item_index: 1,
                source: Box::new(inner),
            }),
        };
        assert_eq!(
            (outer.class(), outer.retry(), outer.commit_state()),
            (class, retry, commit)
        );
        assert_eq!(outer.locus().item, Some(0));
    }
}

#[test]
fn a_wrapped_store_error_can_be_recovered_from_the_chain() {
    let outer = StoreError::BatchFailed {
        item_index: 0,
        source: Box::new(StoreError::WriterCrashed),
    };
    let inner = outer.source().and_then(|error| error.downcast_ref());
    assert!(matches!(inner, Some(StoreError::WriterCrashed)));
}

#[test]
fn names_that_break_a_rule_route_to_their_variant() {
    for (entity, code) in [
        ("a\0", "coordinate-nul-byte"),
        ("a\n", "coordinate-control-char"),
        ("a/b", "coordinate-path-traversal"),
        ("a=b", "coordinate-separator"),
        ("", "coordinate-empty-entity"),
    ] {
        let inner = Coordinate::new(entity, "scope").unwrap_err();
        let routed = StoreError::from(inner.clone());
        assert_eq!(routed.code(), code);
        assert_eq!(StoreError::Coordinate(inner).code(), code);
        let own = !matches!(routed, StoreError::Coordinate(_));
        assert_eq!(own, code != "coordinate-separator" && !entity.is_empty());
    }
    let kept = StoreError::from(CoordinateError::EmptyScope);
    assert!(matches!(
        kept,
        StoreError::Coordinate(CoordinateError::EmptyScope)
    ));
}
