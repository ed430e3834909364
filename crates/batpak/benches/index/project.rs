//! Folding a stream into a state.

use std::hint::black_box;

use batpak::encoding;
use batpak::event::ReplayBuffer;
use batpak::prelude::*;
use batpak::store::{DiskPos, EventRef};
use stats_alloc::INSTRUMENTED_SYSTEM;

use crate::bare::Files;
use crate::measure::{Result, Side, alternate, seconds};
use crate::table::{Row, Table, Unit};
use crate::world::{World, config, place, scatter};

/// Events of the stream.
const EVENTS: usize = 1_000;
/// Streams that take turns in the log.
const STREAMS: usize = 10;

/// A payload of about 100 bytes, one of its fields on the heap.
#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Metered {
    meter: u64,
    watt_hours: u64,
    temperature: i32,
    valid: bool,
    remark: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Metered, handler = on_metered)]
struct Consumption {
    watt_hours: u64,
    coldest: i32,
    remarks: usize,
}

impl Consumption {
    fn on_metered(&mut self, metered: &Metered) {
        self.watt_hours = self.watt_hours.wrapping_add(metered.watt_hours);
        self.coldest = self.coldest.min(metered.temperature);
        self.remarks += metered.remark.len();
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = JsonValueInput)]
#[batpak(event = Metered, handler = on_metered)]
struct ConsumptionOfJson {
    watt_hours: u64,
}

impl ConsumptionOfJson {
    fn on_metered(&mut self, metered: &Metered) {
        self.watt_hours = self.watt_hours.wrapping_add(metered.watt_hours);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Metered, handler = on_metered)]
struct Validity {
    valid: u64,
}

impl Validity {
    fn on_metered(&mut self, metered: &Metered) {
        self.valid += u64::from(metered.valid);
    }
}

/// What the derive writes for [`Consumption`], written by hand.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "batpak::serde")]
struct ByHand(Consumption);

impl EventSourced for ByHand {
    type Input = RawMsgpackInput;

    fn from_events(_: &[ProjectionEvent<Self>]) -> Option<Self> {
        None
    }

    fn apply_event(&mut self, _: &ProjectionEvent<Self>) {}

    fn relevant_event_kinds() -> &'static [EventKind] {
        &[Metered::KIND]
    }

    fn initial_state() -> Option<Self> {
        Some(ByHand(Consumption::default()))
    }

    #[inline]
    fn replay_event(
        &mut self,
        event: &EventRef<'_>,
        _: &mut ReplayBuffer<Self::Input>,
    ) -> std::result::Result<(), TypedDecodeError> {
        if event.kind() == Metered::KIND {
            self.0.on_metered(&event.decode::<Metered>()?);
        }
        Ok(())
    }
}

/// Folds a stream, raw and as JSON, twice in one replay, and from a cache.
pub(crate) fn project(world: &World, table: &Table) -> Result<()> {
    let dir = world.path("project");
    let places = fill(&dir)?;
    let files = Files::open(&dir)?;
    let store = Store::open(config(&dir))?;
    let entity = &entity(0);
    let expected = Some(fold_frames(&files, &places)?);
    let bare = || same(&Some(fold_frames(&files, &places)?), &expected);

    let ours = || same(&store.project(entity, &Freshness::Consistent)?, &expected);
    let before = INSTRUMENTED_SYSTEM.stats().allocations;
    ours()?;
    let allocations = INSTRUMENTED_SYSTEM.stats().allocations - before;
    let each = allocations as f64 / EVENTS as f64;
    let work = format!("projection of a stream of {EVENTS}");
    let row = Row::new(&*work, Unit::Rate, "1.5 M/s");
    let row = row.note(format!("{each:.1} allocations each, 1 in the payload"));
    table.compare(&row, EVENTS, ours, bare)?;
    let by_hand = || {
        let state = store.project::<ByHand>(entity, &Freshness::Consistent)?;
        same(&state.map(|state| state.0), &expected)
    };
    let row = Row::new("the same, derived against by hand", Unit::Rate, "");
    table.compare(&row, EVENTS, ours, by_hand)?;

    let json = || {
        let state = store.project::<ConsumptionOfJson>(entity, &Freshness::Consistent)?;
        let watt_hours = state.map(|state| state.watt_hours);
        let expected = expected.as_ref().map(|state| state.watt_hours);
        same(&watt_hours, &expected)
    };
    let row = Row::new(format!("{work}, as JSON"), Unit::Rate, "");
    table.compare(&row, EVENTS, json, bare)?;

    let fused = || {
        let (state, other) = store.project_fused2::<Consumption, Validity>(entity)?;
        black_box(other);
        same(&state, &expected)
    };
    let row = Row::new("two projections, one replay", Unit::Rate, "");
    table.compare(&row, EVENTS, fused, bare)?;

    let ids: Vec<EventId> = store
        .by_entity(entity)
        .iter()
        .map(|e| e.event_id())
        .collect();
    let typed = || {
        ids.iter().try_for_each(|id| {
            black_box(store.get_typed::<Metered>(*id)?);
            Ok(())
        })
    };
    let row = Row::new("typed read by id", Unit::Time, "1.5 us");
    table.compare(&row, EVENTS, typed, bare)?;
    store.close()?;

    let states = world.path("project-states");
    let store = Store::open_with_native_cache(config(&dir), states)?;
    let cached = || same(&store.project(entity, &Freshness::Consistent)?, &expected);
    let row = Row::new(format!("{work}, cached"), Unit::Time, "");
    table.compare(&row, 1, cached, bare)?;

    let mut advanced = || {
        store.append_typed(&place(entity)?, &metered(0, EVENTS)?)?;
        seconds(|| {
            black_box(store.project::<Consumption>(entity, &Freshness::Consistent)?);
            Ok(())
        })
    };
    let mut from_frames = || seconds(bare);
    let sides: [Side<'_>; 2] = [&mut advanced, &mut from_frames];
    let [ours, from_frames] = alternate(world.options.rounds(), sides)?;
    let report = store.cache_report();
    if (report.absent, report.stale) != (1, 0) {
        return Err(format!("a state was folded from the start: {report:?}").into());
    }
    let row = Row::new(
        format!("{work}, one event after the cached state"),
        Unit::Time,
        "",
    );
    table.row(&row, &ours, Some(&from_frames));
    store.close()?;
    Ok(())
}

/// Streams that take turns; where the events of the first one are.
fn fill(dir: &std::path::Path) -> Result<Vec<DiskPos>> {
    let store = Store::open(config(dir))?;
    let mut places = Vec::with_capacity(EVENTS);
    for number in 0..EVENTS {
        let items = (0..STREAMS).map(|stream| {
            let metered = metered(stream, number)?;
            let place = place(&entity(stream))?;
            let (options, causes) = (AppendOptions::new(), CausationRef::None);
            BatchAppendItem::typed(place, &metered, options, causes).map_err(Into::into)
        });
        let receipts = store.append_batch(items.collect::<Result<_>>()?)?;
        places.extend(receipts.first().map(AppendReceipt::disk_pos));
    }
    store.close()?;
    Ok(places)
}

fn metered(stream: usize, number: usize) -> Result<Metered> {
    let random = scatter((number * STREAMS + stream) as u64);
    Ok(Metered {
        meter: stream as u64,
        watt_hours: random >> 32,
        temperature: i32::try_from(random % 60)? - 20,
        valid: random.is_multiple_of(2),
        remark: format!("read by the reader of round {:>4}", random % 9_999),
    })
}

fn entity(stream: usize) -> String {
    format!("meter:{stream:07}")
}

fn fold_frames(files: &Files, places: &[DiskPos]) -> Result<Consumption> {
    let (mut state, mut buffer) = (Consumption::default(), Vec::new());
    for place in places {
        let frame = files.frame(place, &mut buffer)?;
        state.on_metered(&encoding::from_bytes::<Metered>(frame.payload())?);
    }
    Ok(state)
}

fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{found:?} in place of {expected:?}").into()),
    }
}
