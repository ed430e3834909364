//! Groups of bars on a logarithmic scale.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::Group;
use super::style::{GRID, INK, RATES, colour, decades, done, head, short, text};
use crate::Result;
use crate::report::results::{Measured, Seen};

const SIZE: (u32, u32) = (1200, 520);
/// Left, top, right and bottom of the bars.
const FRAME: (i32, i32, i32, i32) = (84, 112, 1180, 456);

/// One bar: the store, and its events a second.
struct Bar {
    peer: &'static str,
    rate: f64,
}

/// Draws the groups that have figures; `false` when none has.
pub(super) fn draw(
    measured: &Measured,
    path: &Path,
    title: &str,
    groups: &[Group],
) -> Result<bool> {
    let groups: Vec<(&str, Vec<Bar>)> = groups
        .iter()
        .filter_map(|(label, workload, figure)| {
            let bars = bars(measured, workload_of(measured, workload)?, figure);
            (!bars.is_empty()).then_some((*label, bars))
        })
        .collect();
    let rates = groups.iter().flat_map(|(_, bars)| bars).map(|bar| bar.rate);
    let (least, greatest) = rates.fold((f64::INFINITY, 0.0), |(least, greatest), rate| {
        (rate.min(least), rate.max(greatest))
    });
    if groups.is_empty() {
        return Ok(false);
    }
    let (lower, upper) = decades(least, greatest);
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let stores: Vec<(&str, &str)> = measured
        .peers
        .iter()
        .filter(|entry| {
            let mut bars = groups.iter().flat_map(|(_, bars)| bars);
            bars.any(|bar| bar.peer == entry.name)
        })
        .map(|entry| (entry.name, entry.title))
        .collect();
    let note = "Logarithmic scale: each line is ten times the one below. Taller is faster.";
    head(&area, title, note, &stores)?;
    let height = |rate: f64| {
        let share = (rate.log10() - f64::from(lower)) / f64::from(upper - lower);
        FRAME.3 - (share * f64::from(FRAME.3 - FRAME.1)) as i32
    };
    for power in lower..=upper {
        let rate = 10_f64.powi(power);
        let y = height(rate);
        area.draw(&PathElement::new(vec![(FRAME.0, y), (FRAME.2, y)], GRID))?;
        let style = text(14, INK, HPos::Right, VPos::Center);
        area.draw(&Text::new(short(rate, &RATES), (FRAME.0 - 8, y), style))?;
    }
    let room = f64::from(FRAME.2 - FRAME.0) / groups.len() as f64;
    for (number, (label, bars)) in groups.iter().enumerate() {
        let left = f64::from(FRAME.0) + room * number as f64;
        let width = (room * 0.84 / stores.len() as f64).min(22.0);
        let start = left + (room - width * bars.len() as f64) / 2.0;
        for (place, bar) in bars.iter().enumerate() {
            let x = start + width * place as f64;
            let (from, to) = (x as i32, (x + width) as i32 - 1);
            let top = height(bar.rate);
            let filled = colour(bar.peer).filled();
            area.draw(&Rectangle::new([(from, top), (to, FRAME.3)], filled))?;
            if bar.peer == "batpak" {
                // The bars to the right may be taller; to the left there is room.
                let style = text(13, colour(bar.peer), HPos::Right, VPos::Bottom);
                let label = short(bar.rate, &RATES);
                area.draw(&Text::new(label, (to, top - 3), style))?;
            }
        }
        for (line, words) in label.split('\n').enumerate() {
            let style = text(14, INK, HPos::Center, VPos::Top);
            let at = ((left + room / 2.0) as i32, FRAME.3 + 10 + 18 * line as i32);
            area.draw(&Text::new(words.to_owned(), at, style))?;
        }
    }
    area.draw(&PathElement::new(
        vec![(FRAME.0, FRAME.3), (FRAME.2, FRAME.3)],
        INK,
    ))?;
    done(&area)?;
    Ok(true)
}

/// The workload with this name, or the largest up to a million events whose name starts so.
fn workload_of<'m>(measured: &'m Measured, name: &str) -> Option<&'m Seen> {
    if !name.ends_with('-') {
        return measured.named(name);
    }
    let mut sizes = measured.sizes(name).into_iter();
    sizes.rfind(|seen| seen.events <= 1_000_000)
}

fn bars(measured: &Measured, seen: &Seen, figure: &str) -> Vec<Bar> {
    let bar = |entry: &crate::peer::Entry| {
        let time = seen.figure(entry.name, figure)?.median;
        (time > 0.0).then_some(Bar {
            peer: entry.name,
            rate: 1e9 / time,
        })
    };
    measured.peers.iter().filter_map(bar).collect()
}
