//! What the derives cost beside code that is written by hand: instructions, counted.
//!
//! ```sh
//! cargo bench -p batpak --bench derive
//! ```
//!
//! Each side of a row does its work on the same 10,000 events in a process of its own under
//! `valgrind --tool=callgrind`, which counts the instructions of that work alone: the same in every run of one
//! build, whatever else the machine does. Fails when a derive takes more than 3 % more. Says SKIPPED and
//! succeeds where there is no valgrind.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::{Command, ExitCode};

use batpak::encoding;
use batpak::event::{DecodeSource, ReplayBuffer, StoredPayload};
use batpak::prelude::*;
use batpak::serde::de::DeserializeOwned;
use batpak::store::EventRef;
use batpak_sim::SimDisk;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Events that each side works on.
const EVENTS: u64 = 10_000;
/// Events of one batch while the store is filled.
const BATCH: u64 = 250;
/// How many instructions a derive may take for a hundred of the code by hand.
const MOST_PERCENT: u64 = 103;
/// The stream.
const ENTITY: &str = "meter:0000001";

/// What a row is called, and its two sides.
type Row = (
    &'static str,
    fn(&Store) -> Result<()>,
    fn(&Store) -> Result<()>,
);

const ROWS: [Row; 5] = [
    ("project, raw", project::<Raw>, project::<RawByHand>),
    ("project, JSON", project::<Json>, project::<JsonByHand>),
    (
        "fold in memory, raw",
        fold_raw::<Raw>,
        fold_raw::<RawByHand>,
    ),
    (
        "fold in memory, JSON",
        fold_json::<Json>,
        fold_json::<JsonByHand>,
    ),
    ("decode, with upcast", decode::<Paid>, decode::<PaidByHand>),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [child, row, side] if child == "--child" => child_of(row, side).map(|()| true),
        _ => compare_all(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints every row; whether all are within the limit.
fn compare_all() -> Result<bool> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("SKIPPED: there is no valgrind to count instructions");
        return Ok(true);
    }
    println!("instructions for {EVENTS} events | derived | by hand | ratio");
    let mut within = true;
    for (row, (name, ..)) in ROWS.iter().enumerate() {
        let [derived, by_hand] = [count(row, "derived")?, count(row, "by-hand")?];
        let ratio = derived as f64 / by_hand as f64;
        println!("{name} | {derived} | {by_hand} | {ratio:.4}");
        if derived * 100 > by_hand * MOST_PERCENT {
            println!("  more than {MOST_PERCENT} %");
            within = false;
        }
    }
    Ok(within)
}

/// The instructions of one side of a row, in a process of its own.
fn count(row: usize, side: &str) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(["--collect-atstart=no", "--toggle-collect=*counted*"])
        .arg(env::current_exe()?)
        .args(["--child", &row.to_string(), side])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    match collected.and_then(|(_, number)| number.trim().parse().ok()) {
        Some(counted) if output.status.success() && counted > 0 => Ok(counted),
        _ => Err(format!("row {row}, {side}: {said}").into()),
    }
}

fn child_of(row: &str, side: &str) -> Result<()> {
    let (_, derived, by_hand) = ROWS.get(row.parse::<usize>()?).ok_or("no such row")?;
    let store = fill()?;
    match side {
        "derived" => derived(&store),
        _ => by_hand(&store),
    }
}

/// What is counted: the work in here and nothing else. Its name is what the counter is switched by.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

/// A store in memory with one stream of events of two kinds.
fn fill() -> Result<Store> {
    let config = StoreConfig::new("/sim").with_durability(Durability::Written);
    let store = Store::open_on(config, SimDisk::new().platform())?;
    for batch in 0..EVENTS / BATCH {
        let items = (batch * BATCH..(batch + 1) * BATCH).map(item);
        store.append_batch(items.collect::<Result<_>>()?)?;
    }
    Ok(store)
}

fn item(number: u64) -> Result<BatchAppendItem> {
    let place = Coordinate::new(ENTITY, "house")?;
    let (options, causes) = (AppendOptions::new(), CausationRef::None);
    let item = if number.is_multiple_of(4) {
        let read = Read {
            by: format!("reader {number}"),
        };
        BatchAppendItem::typed(place, &read, options, causes)
    } else {
        let metered = Metered {
            meter: number % 7,
            watt_hours: number * 31,
            remark: format!("round {number:>6}"),
        };
        BatchAppendItem::typed(place, &metered, options, causes)
    };
    item.map_err(Into::into)
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Metered {
    meter: u64,
    watt_hours: u64,
    remark: String,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Read {
    by: String,
}

/// A payload of two versions, which nothing else here decodes: what is compiled into one place only costs less.
#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x003, version = 2, upcast(1 = PaidV1))]
struct Paid {
    cents: u64,
    currency: String,
}

/// The same, written by hand.
#[derive(Serialize, Deserialize)]
#[serde(crate = "batpak::serde")]
struct PaidByHand {
    cents: u64,
    currency: String,
}

impl EventPayload for PaidByHand {
    const KIND: EventKind = EventKind::custom(0x1, 0x003);
    const PAYLOAD_VERSION: u16 = 2;

    fn upcast(version: u16, stored: StoredPayload<'_>) -> std::result::Result<Self, DecodeSource> {
        if version > 1 {
            return stored.decode();
        }
        let older: PaidV1 = stored.decode()?;
        Ok(PaidByHand {
            cents: older.euros * 100,
            currency: String::new(),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "batpak::serde")]
struct PaidV1 {
    euros: u64,
}

impl From<PaidV1> for Paid {
    fn from(older: PaidV1) -> Paid {
        Paid {
            cents: older.euros * 100,
            currency: String::new(),
        }
    }
}

/// The state that every projection here folds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(crate = "batpak::serde")]
struct Totals {
    watt_hours: u64,
    remarks: usize,
    readers: usize,
}

impl Totals {
    fn on_metered(&mut self, metered: &Metered) {
        self.watt_hours = self
            .watt_hours
            .wrapping_add(metered.watt_hours ^ metered.meter);
        self.remarks += metered.remark.len();
    }

    fn on_read(&mut self, read: &Read) {
        self.readers += read.by.len();
    }
}

/// A derived projection of the totals.
macro_rules! derived {
    ($name:ident, $input:ident) => {
        #[derive(Default, Serialize, Deserialize, EventSourced)]
        #[serde(crate = "batpak::serde")]
        #[batpak(input = $input)]
        #[batpak(event = Metered, handler = on_metered)]
        #[batpak(event = Read, handler = on_read)]
        struct $name {
            totals: Totals,
        }

        impl $name {
            fn on_metered(&mut self, metered: &Metered) {
                self.totals.on_metered(metered);
            }

            fn on_read(&mut self, read: &Read) {
                self.totals.on_read(read);
            }
        }
    };
}

derived!(Raw, RawMsgpackInput);
derived!(Json, JsonValueInput);

/// The same by hand, as far as the code is the same for both forms of payloads.
macro_rules! by_hand {
    ($name:ident, $input:ident { $($replay:item)? }) => {
        #[derive(Default, Serialize, Deserialize)]
        #[serde(crate = "batpak::serde")]
        struct $name {
            totals: Totals,
        }

        impl EventSourced for $name {
            type Input = $input;

            fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self> {
                let mut state = Self::default();
                for event in events {
                    state.try_apply_event(event).ok()?;
                }
                (!events.is_empty()).then_some(state)
            }

            fn apply_event(&mut self, event: &ProjectionEvent<Self>) {
                let _ = self.try_apply_event(event);
            }

            fn relevant_event_kinds() -> &'static [EventKind] {
                &[Metered::KIND, Read::KIND]
            }

            fn initial_state() -> Option<Self> {
                Some(Self::default())
            }

            fn try_apply_event(
                &mut self,
                event: &ProjectionEvent<Self>,
            ) -> std::result::Result<(), TypedDecodeError> {
                match event.event_kind() {
                    Metered::KIND => self.totals.on_metered(&event.decode_typed()?),
                    Read::KIND => self.totals.on_read(&event.decode_typed()?),
                    _ => {}
                }
                Ok(())
            }

            $($replay)?
        }
    };
}

by_hand!(RawByHand, RawMsgpackInput {
    #[inline]
    fn replay_event(
        &mut self,
        event: &EventRef<'_>,
        _: &mut ReplayBuffer<Self::Input>,
    ) -> std::result::Result<(), TypedDecodeError> {
        match event.kind() {
            Metered::KIND => self.totals.on_metered(&event.decode()?),
            Read::KIND => self.totals.on_read(&event.decode()?),
            _ => {}
        }
        Ok(())
    }
});
by_hand!(JsonByHand, JsonValueInput {});

fn project<T>(store: &Store) -> Result<()>
where
    T: EventSourced + Serialize + DeserializeOwned + 'static,
{
    let state = counted(|| store.project::<T>(ENTITY, &Freshness::Consistent))?;
    state.map(drop).ok_or_else(|| "nothing is folded".into())
}

fn fold_raw<T: EventSourced<Input = RawMsgpackInput>>(store: &Store) -> Result<()> {
    let events = store.scan_entity(ENTITY).events();
    let events: Vec<_> = events
        .map(|event| Ok(event?.event))
        .collect::<Result<_>>()?;
    let state = counted(|| T::from_events(&events));
    state.map(drop).ok_or_else(|| "nothing is folded".into())
}

fn fold_json<T: EventSourced<Input = JsonValueInput>>(store: &Store) -> Result<()> {
    let entries = store.by_entity(ENTITY);
    let events: Vec<_> = entries
        .iter()
        .map(|entry| Ok(store.get(entry.event_id())?.event))
        .collect::<Result<_>>()?;
    let state = counted(|| T::from_events(&events));
    state.map(drop).ok_or_else(|| "nothing is folded".into())
}

/// Decodes payloads, every other one of the older version.
fn decode<T: EventPayload>(_: &Store) -> Result<()> {
    let event = |number: u64| {
        let (version, bytes) = if number.is_multiple_of(2) {
            (1, encoding::to_bytes(&PaidV1 { euros: number })?)
        } else {
            let (cents, currency) = (number, "EUR".into());
            (2, encoding::to_bytes(&Paid { cents, currency })?)
        };
        let position = DagPosition::root();
        let (id, size) = (u128::from(number) + 1, u32::try_from(bytes.len())?);
        let header = EventHeader::new(id, id, None, 0, position, size, T::KIND);
        Ok(Event::new(header.with_payload_version(version), bytes))
    };
    let events = (0..EVENTS).map(event).collect::<Result<Vec<_>>>()?;
    counted(|| {
        for event in &events {
            black_box(event.decode_typed::<T>()?);
        }
        Ok(())
    })
}
