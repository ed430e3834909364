//! First appends: what it costs to know that a stream or a key is not there yet.

use std::cell::Cell;

use batpak::prelude::*;

use crate::measure::{Result, Side, alternate, seconds};
use crate::table::{Row, Table, Unit};
use crate::world::{MANY_SEGMENTS, World, config, entity, kind, payload, place, scatter};

/// Appends of one round.
const APPENDS: u64 = 200;

/// An append of the event with an index.
type Append = fn(&Store, u64) -> Result<()>;

/// Appends to new streams and under new keys, in stores of one segment and of many with the same
/// events.
pub(crate) fn first(world: &World, table: &Table) -> Result<()> {
    let [one, many] = world.segmented("append")?;
    let [one, many] = [Store::open(config(&one))?, Store::open(config(&many))?];
    let next = Cell::new(0);
    let round = |store: &Store, append: Append| {
        let first = next.replace(next.get() + APPENDS);
        let mut indices = first..first + APPENDS;
        let seconds = seconds(|| indices.try_for_each(|index| append(store, index)))?;
        Ok(seconds / APPENDS as f64)
    };
    for (what, append) in [("stream", new_stream as Append), ("key", new_key)] {
        let sides: [Side<'_>; 4] = [
            &mut || round(&one, append),
            &mut || round(&one, known_stream),
            &mut || round(&many, append),
            &mut || round(&many, known_stream),
        ];
        let [in_one, known_in_one, in_many, known_in_many] =
            alternate(world.options.rounds(), sides)?;
        let row = |segments: usize, budget, note| {
            Row::new(
                format!("append, new {what}, segments: {segments}"),
                Unit::Time,
                budget,
            )
            .note(note)
        };
        let known = "bare: to a known stream, without a key";
        table.row(&row(1, "", known), &in_one, Some(&known_in_one));
        table.row(
            &row(MANY_SEGMENTS, "", known),
            &in_many,
            Some(&known_in_many),
        );
        let against = row(
            MANY_SEGMENTS,
            "5x of one segment",
            "bare: ours in 1 segment",
        );
        table.row(&against, &in_many, Some(&in_one));
    }
    one.close()?;
    many.close()?;
    Ok(())
}

fn new_stream(store: &Store, index: u64) -> Result<()> {
    let place = place(&format!("fresh:{index:07}"))?;
    store.append(&place, kind(index), &payload(index))?;
    Ok(())
}

fn new_key(store: &Store, index: u64) -> Result<()> {
    let key = u128::from(scatter(index)) << 64 | u128::from(scatter(!index));
    let options = AppendOptions::new().with_idempotency(IdempotencyKey::new(key));
    let place = place(&entity(0))?;
    store.append_with_options(&place, kind(index), &payload(index), options)?;
    Ok(())
}

fn known_stream(store: &Store, index: u64) -> Result<()> {
    store.append(&place(&entity(0))?, kind(index), &payload(index))?;
    Ok(())
}
