//! The golden store: every part of the format that exists, in a few dozen events.
//!
//! Time, randomness and background steps are fixed, so the bytes are a function of this file and
//! of the engine.

use std::error::Error;
use std::sync::Arc;

use batpak_coordinate::{Coordinate, EventKind, StreamSequence};
use batpak_event::{Cause, CorrelationId, EventId, IdempotencyKey};
use batpak_journal::{Draft, DraftCause, Durability, ExpectedSequence, Journal, Options};
use batpak_platform::{FixedClock, FixedEntropy, InlineTasks, Platform, RealDirectory, Storage};

/// Microseconds since 1970 at which the first epoch starts.
pub(crate) const START_US: i64 = 1_750_000_000_000_000;
/// What the clock moves on by with every reading.
const STEP_US: u32 = 250;
/// How long after the start of the first epoch the second one starts.
pub(crate) const LATER_US: i64 = 3_600_000_000;
/// Threshold at which segments are closed.
pub(crate) const SEGMENT_MAX_BYTES: u64 = 4096;
/// Events of the streams `sensor:0` to `sensor:3` in the first and in the second epoch.
pub(crate) const READINGS: [u8; 2] = [40, 12];
/// An event of another store.
pub(crate) const FOREIGN: EventId = EventId::new(0x0190_0000_0000_7000_8000_0000_0000_0001);

/// Writes the store into an empty directory and closes it.
pub(crate) fn write(directory: RealDirectory) -> Result<(), Box<dyn Error>> {
    if !directory.list()?.is_empty() {
        return Err("the directory is not empty".into());
    }
    let clock = Arc::new(FixedClock::new(START_US, STEP_US));
    let tasks = InlineTasks::new();
    let platform = Platform {
        storage: Arc::new(directory),
        clock: clock.clone(),
        entropy: Arc::new(FixedEntropy::new(1)),
        tasks: Arc::new(tasks.clone()),
    };
    let (journal, _) = Journal::open(&platform, options())?;
    first_epoch(&journal)?;
    // The first run of the background step sees the events, the second one marks them durable.
    tasks.run_pending();
    tasks.expire_delays();
    tasks.run_pending();
    journal.close()?;

    // A clock that went back must not take event times with it.
    clock.set(START_US - LATER_US);
    let (journal, _) = Journal::open(&platform, options())?;
    second_epoch(&journal, &clock)?;
    journal.close()?;
    Ok(())
}

/// Options under which the store is written; small segments, so that there are several.
pub(crate) fn options() -> Options {
    Options {
        segment_max_bytes: SEGMENT_MAX_BYTES,
        ..Options::default()
    }
}

fn first_epoch(journal: &Journal) -> Result<(), Box<dyn Error>> {
    let opened = journal.append(
        Draft {
            payload_version: 1,
            ..draft("order:1", 1, 1, b"\x81\xa4item\xa4lamp")?
        },
        Durability::Synced,
    )?;
    journal.append(keyed_order()?, Durability::Synced)?;
    journal.append(
        Draft {
            correlation: Some(CorrelationId::from(opened.event_id)),
            causes: vec![
                DraftCause::Known(Cause::Local(opened.event_id)),
                DraftCause::Known(Cause::Foreign(FOREIGN)),
            ],
            ..draft("order:1", 2, 7, b"\x92\x01\x02")?
        },
        Durability::Synced,
    )?;
    journal.append_unit(
        vec![
            Draft {
                lane: 3,
                depth: 1,
                ..draft("payment:1", 4, 1, b"\xc0")?
            },
            Draft {
                causes: vec![DraftCause::Prior(0)],
                ..draft("order:1", 1, 2, b"\xc3")?
            },
            Draft {
                causes: vec![
                    DraftCause::Prior(1),
                    DraftCause::Known(Cause::Local(opened.event_id)),
                    DraftCause::Prior(0),
                ],
                payload_version: 7,
                ..draft("payment:1", 4, 2, b"\xc2")?
            },
        ],
        Durability::Synced,
    )?;
    journal.append_unit(
        vec![
            Draft {
                key: Some(key("parcel-1")),
                ..draft("shipment:1", 0xE, 0, b"\x01")?
            },
            Draft {
                key: Some(key("parcel-2")),
                causes: vec![DraftCause::Prior(0)],
                ..draft("shipment:2", 0xE, 0xFFF, b"\x02")?
            },
        ],
        Durability::Synced,
    )?;
    for number in 0..READINGS[0] {
        journal.append(reading(number)?, Durability::Synced)?;
    }
    journal.append(
        draft("document:1", 5, 1, &large_payload())?,
        Durability::Synced,
    )?;
    let unicode = Coordinate::new("straße:München", "größe→∞")?;
    journal.append(
        Draft::new(unicode, EventKind::DATA, b"\xa0".to_vec()),
        Durability::Synced,
    )?;
    Ok(())
}

fn second_epoch(journal: &Journal, clock: &FixedClock) -> Result<(), Box<dyn Error>> {
    journal.append(
        Draft {
            expected: ExpectedSequence::Exact(StreamSequence(3)),
            ..draft("order:1", 1, 3, b"\xa4done")?
        },
        Durability::Synced,
    )?;
    clock.set(START_US + LATER_US);
    let again = journal.append(keyed_order()?, Durability::Synced)?;
    if !again.duplicate {
        return Err("a repeated key was appended again".into());
    }
    // Staged together, written by one call and made durable by one sync.
    for number in READINGS[0]..READINGS[0] + READINGS[1] {
        journal.submit(vec![reading(number)?])?;
    }
    journal.sync()?;
    Ok(())
}

/// A keyed event with an empty payload, flags and an extension.
pub(crate) fn keyed_order() -> Result<Draft<'static>, Box<dyn Error>> {
    Ok(Draft {
        flags: 0b101,
        extensions: b"\x81\xa7cli.key\xc4\x07order-2".to_vec(),
        key: Some(key("order-2")),
        expected: ExpectedSequence::NoStream,
        ..draft("order:2", 1, 1, b"")?
    })
}

/// The key of an operation that tests repeat.
pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::for_operation("batpak.key", &[text])
}

/// An event of a sensor: as many bytes, in a MessagePack bin, as its number says, five times over.
pub(crate) fn reading(number: u8) -> Result<Draft<'static>, Box<dyn Error>> {
    draft(
        &format!("sensor:{}", number % 4),
        3,
        0x7A,
        &reading_payload(number),
    )
}

/// The payload of that event.
pub(crate) fn reading_payload(number: u8) -> Vec<u8> {
    let len = number % 51 * 5;
    [&[0xc4, len][..], &vec![number; usize::from(len)]].concat()
}

/// Larger than a segment.
pub(crate) fn large_payload() -> Vec<u8> {
    let body: Vec<u8> = (0..=250).cycle().take(4997).collect();
    [&[0xc5, 0x13, 0x85][..], &body].concat()
}

fn draft(
    entity: &str,
    category: u8,
    type_id: u16,
    payload: &[u8],
) -> Result<Draft<'static>, Box<dyn Error>> {
    Ok(Draft::new(
        Coordinate::new(entity, "golden")?,
        EventKind::try_custom(category, type_id)?,
        payload.to_vec(),
    ))
}
