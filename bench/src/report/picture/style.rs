//! Colours, text and the list of stores above a picture.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;

/// What is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Lines and text that are not data.
pub(super) const INK: RGBColor = RGBColor(60, 64, 67);
/// Lines of the grid.
pub(super) const GRID: RGBColor = RGBColor(222, 224, 226);

/// The colour of a store: ours stands out, the bare loops are grey, the others are muted.
pub(super) fn colour(peer: &str) -> RGBColor {
    match peer {
        "batpak" => RGBColor(214, 40, 40),
        "bare" => RGBColor(70, 74, 78),
        "bare-write" => RGBColor(176, 180, 184),
        "published" => RGBColor(232, 172, 128),
        "redb" => RGBColor(120, 178, 210),
        "fjall" => RGBColor(128, 190, 150),
        "lmdb" => RGBColor(64, 118, 170),
        "sqlite" => RGBColor(150, 130, 190),
        _ => RGBColor(200, 190, 110),
    }
}

/// Text of a size, set against a point.
pub(super) fn text(size: i32, colour: RGBColor, across: HPos, down: VPos) -> TextStyle<'static> {
    TextStyle {
        font: ("sans-serif", size).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(across, down),
    }
}

/// Draws the title and the stores with their colours, in one row.
pub(super) fn head(
    area: &Area<'_>,
    title: &str,
    note: &str,
    stores: &[(&str, &str)],
) -> Result<()> {
    let left = text(22, BLACK, HPos::Left, VPos::Top);
    area.draw(&Text::new(title.to_owned(), (24, 14), left))?;
    let small = text(14, INK, HPos::Left, VPos::Top);
    area.draw(&Text::new(note.to_owned(), (24, 44), small.clone()))?;
    let mut x = 24;
    for (peer, name) in stores {
        let square = Rectangle::new([(x, 72), (x + 13, 85)], colour(peer).filled());
        area.draw(&square)?;
        area.draw(&Text::new((*name).to_owned(), (x + 19, 71), small.clone()))?;
        // Letters of this size are some 7.5 wide.
        x += 44 + (name.chars().count() * 15 / 2) as i32;
    }
    Ok(())
}

/// A number of events or of nanoseconds as a short label.
pub(super) fn short(figure: f64, units: &[(f64, &str)]) -> String {
    let scale = units.iter().find(|(scale, _)| figure >= *scale * 0.999);
    let (scale, name) = scale.or(units.last()).copied().unwrap_or((1.0, ""));
    let figure = figure / scale;
    match figure {
        figure if figure >= 9.95 => format!("{figure:.0}{name}"),
        figure if (figure - figure.round()).abs() < 0.05 => format!("{figure:.0}{name}"),
        figure => format!("{figure:.1}{name}"),
    }
}

/// Units of events a second.
pub(super) const RATES: [(f64, &str); 3] = [(1e6, " M"), (1e3, " k"), (1.0, "")];
/// Units of time.
pub(super) const TIMES: [(f64, &str); 4] = [(1e9, " s"), (1e6, " ms"), (1e3, " µs"), (1.0, " ns")];

/// The powers of ten from the one below the least, with some room, to the one above the greatest.
pub(super) fn decades(least: f64, greatest: f64) -> (i32, i32) {
    let lower = (least / 1.3).log10().floor() as i32;
    let upper = greatest.log10().ceil() as i32;
    (lower, upper.max(lower + 1))
}

/// Turns a drawing error, which borrows from what was drawn, into one that does not.
pub(super) fn done(area: &Area<'_>) -> Result<()> {
    area.present().map_err(|error| error.to_string().into())
}
