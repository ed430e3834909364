//! Lines: latency by percentile, and time as a store grows.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::style::{Area, GRID, INK, TIMES, colour, decades, done, head, short, text};
use crate::Result;
use crate::report::results::{Measured, Seen};
use crate::report::table::steps;

const SIZE: (u32, u32) = (1200, 520);

/// Percentiles of the curves, with their labels, at equal distances: each is ten times rarer.
const MARKS: [(&str, &str); 5] = [
    ("p50_ns", "50 %"),
    ("p90_ns", "90 %"),
    ("p99_ns", "99 %"),
    ("p99.9_ns", "99.9 %"),
    ("p99.99_ns", "99.99 %"),
];

/// One line: the store, and its times at places from 0 on.
struct Line {
    peer: &'static str,
    times: Vec<f64>,
}

/// A panel: its place, its title, the labels below, and its lines.
struct Panel<'p> {
    left: i32,
    right: i32,
    title: &'p str,
    labels: Vec<String>,
    lines: Vec<Line>,
}

const TOP: i32 = 136;
const BOTTOM: i32 = 462;

/// Two panels of latency; `false` without figures.
pub(super) fn latency(measured: &Measured, path: &Path, title: &str) -> Result<bool> {
    let labels: Vec<String> = MARKS.iter().map(|(_, label)| (*label).to_owned()).collect();
    let panel = |name: &str, title, left, right| {
        let seen = measured.named(name)?;
        let lines = lines(measured, |peer| {
            // A percentile with fewer than two events beyond it says nothing.
            let events = seen.events_of(peer)? as f64;
            let marks = MARKS.iter().zip(1..);
            let told = marks.take_while(|(_, nines)| events * beyond(*nines) >= 2.0);
            let times = told.map(|((mark, _), _)| seen.figure(peer, mark));
            times.map(|time| time.map(|time| time.median)).collect()
        });
        let told = lines.iter().map(|line| line.times.len()).max()?;
        let labels = labels.iter().take(told).cloned().collect();
        (!lines.is_empty()).then_some(Panel {
            left,
            right,
            title,
            labels,
            lines,
        })
    };
    let panels: Vec<Panel<'_>> = [
        panel("append-1-written", "1 thread, Written", 84, 590),
        panel("append-8-synced", "8 threads, Synced", 684, 1180),
    ]
    .into_iter()
    .flatten()
    .collect();
    let note =
        "Share of the appends that took at most so long; logarithmic scale. Lower is faster.";
    draw(measured, path, title, note, &panels)
}

/// Share of the events beyond a mark.
fn beyond(mark: i32) -> f64 {
    if mark == 1 {
        0.5
    } else {
        0.1_f64.powi(mark - 1)
    }
}

/// One panel of growth; `false` without figures.
pub(super) fn growth(measured: &Measured, path: &Path, title: &str) -> Result<bool> {
    let sizes = measured.sizes("growth");
    let Some(most) = sizes.last() else {
        return Ok(false);
    };
    let steps = steps(most);
    // A store that was given the larger run has its line from there.
    let lines = lines(measured, |peer| {
        let of = |seen: &&Seen| -> Option<Vec<f64>> {
            let times = steps
                .iter()
                .map_while(|step| seen.figure(peer, &format!("at_{step}_ns")));
            let times: Vec<f64> = times.map(|time| time.median).collect();
            (!times.is_empty()).then_some(times)
        };
        sizes.iter().rev().find_map(of)
    });
    let panel = Panel {
        left: 84,
        right: 1180,
        title: "1 thread, Written; events in the store",
        labels: steps
            .iter()
            .map(|step| super::super::numbers::grouped(*step as f64))
            .collect(),
        lines,
    };
    if panel.lines.is_empty() || panel.labels.len() < 2 {
        return Ok(false);
    }
    let note = "Time of an event over the second half of the way there; logarithmic scales. Lower is faster, flat is steady.";
    draw(measured, path, title, note, &[panel])
}

fn lines(measured: &Measured, times: impl Fn(&str) -> Option<Vec<f64>>) -> Vec<Line> {
    let line = |entry: &crate::peer::Entry| {
        let times = times(entry.name)?;
        let is_drawn = !times.is_empty() && times.iter().all(|time| *time > 0.0);
        is_drawn.then_some(Line {
            peer: entry.name,
            times,
        })
    };
    let mut lines: Vec<Line> = measured.peers.iter().filter_map(line).collect();
    // Ours is drawn last, above the others.
    lines.sort_by_key(|line| line.peer == "batpak");
    lines
}

fn draw(
    measured: &Measured,
    path: &Path,
    title: &str,
    note: &str,
    panels: &[Panel<'_>],
) -> Result<bool> {
    if panels.is_empty() {
        return Ok(false);
    }
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let entries = measured.peers.iter().filter(|entry| {
        let mut lines = panels.iter().flat_map(|panel| &panel.lines);
        lines.any(|line| line.peer == entry.name)
    });
    let stores: Vec<(&str, &str)> = entries.map(|entry| (entry.name, entry.title)).collect();
    head(&area, title, note, &stores)?;
    for panel in panels {
        draw_panel(&area, panel)?;
    }
    done(&area)?;
    Ok(true)
}

fn draw_panel(area: &Area<'_>, panel: &Panel<'_>) -> Result<()> {
    let times = panel
        .lines
        .iter()
        .flat_map(|line| line.times.iter().copied());
    let (least, greatest) = times.fold((f64::INFINITY, 0.0), |(least, greatest), time| {
        (time.min(least), time.max(greatest))
    });
    let (lower, upper) = decades(least, greatest);
    let height = |time: f64| {
        let share = (time.log10() - f64::from(lower)) / f64::from(upper - lower);
        BOTTOM - (share * f64::from(BOTTOM - TOP)) as i32
    };
    let gaps = panel.labels.len().saturating_sub(1).max(1) as f64;
    // The first and the last label need room at the sides.
    let (from, to) = (f64::from(panel.left + 24), f64::from(panel.right - 32));
    let across = |place: usize| (from + (to - from) * place as f64 / gaps) as i32;
    let style = text(15, BLACK, HPos::Left, VPos::Bottom);
    area.draw(&Text::new(
        panel.title.to_owned(),
        (panel.left, TOP - 12),
        style,
    ))?;
    for power in lower..=upper {
        let time = 10_f64.powi(power);
        let y = height(time);
        area.draw(&PathElement::new(
            vec![(panel.left, y), (panel.right, y)],
            GRID,
        ))?;
        let style = text(14, INK, HPos::Right, VPos::Center);
        area.draw(&Text::new(short(time, &TIMES), (panel.left - 8, y), style))?;
    }
    for (place, label) in panel.labels.iter().enumerate() {
        let style = text(14, INK, HPos::Center, VPos::Top);
        area.draw(&Text::new(
            label.clone(),
            (across(place), BOTTOM + 10),
            style,
        ))?;
    }
    for line in &panel.lines {
        let is_ours = line.peer == "batpak";
        let points = line.times.iter().enumerate();
        let points: Vec<(i32, i32)> = points
            .map(|(place, time)| (across(place), height(*time)))
            .collect();
        let stroke = colour(line.peer).stroke_width(if is_ours { 4 } else { 2 });
        area.draw(&PathElement::new(points.clone(), stroke))?;
        for point in points {
            let dot = Circle::new(
                point,
                if is_ours { 5 } else { 3 },
                colour(line.peer).filled(),
            );
            area.draw(&dot)?;
        }
    }
    Ok(())
}
