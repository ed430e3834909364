//! A colour for each group.

/// Hues that are easy to tell apart, in degrees; further groups go round the circle.
const HUES: [f64; 10] = [
    212.0, 28.0, 145.0, 345.0, 265.0, 185.0, 48.0, 310.0, 95.0, 8.0,
];
/// The part of a circle that, taken again and again, keeps the hues apart.
const GOLDEN_ANGLE: f64 = 137.508;

/// The colour of the background of a group's boxes.
pub(super) fn fill(group: usize) -> String {
    hex(hue(group), 0.72, 0.93)
}

/// The colour of the border of a group's boxes, and of the edges that leave them.
pub(super) fn stroke(group: usize) -> String {
    let lightness = [0.42, 0.32, 0.52][group / HUES.len() % 3];
    hex(hue(group), 0.62, lightness)
}

fn hue(group: usize) -> f64 {
    let further = |number: usize| (number as f64 * GOLDEN_ANGLE + 20.0) % 360.0;
    let known = HUES.get(group).copied();
    known.unwrap_or_else(|| further(group - HUES.len()))
}

/// A hue with saturation and lightness, as red, green and blue.
fn hex(hue: f64, saturation: f64, lightness: f64) -> String {
    let reach = saturation * lightness.min(1.0 - lightness);
    let channel = |shift: f64| {
        let at = (shift + hue / 30.0) % 12.0;
        let value = lightness - reach * (at - 3.0).min(9.0 - at).clamp(-1.0, 1.0);
        format!("{:02x}", byte(value))
    };
    format!("#{}{}{}", channel(0.0), channel(8.0), channel(4.0))
}

/// A part of one as a part of 255.
fn byte(value: f64) -> u8 {
    let steps = (0..=u8::MAX).rev();
    let mut below = steps.skip_while(|step| f64::from(*step) > value * 255.0 + 0.5);
    below.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn primary_hues_are_primary_colours() {
        for (hue, expected) in [(0.0, "#ff0000"), (120.0, "#00ff00"), (240.0, "#0000ff")] {
            assert_eq!(hex(hue, 1.0, 0.5), expected);
        }
        assert_eq!(hex(77.0, 0.0, 1.0), "#ffffff");
        assert_eq!(hex(77.0, 1.0, 0.0), "#000000");
    }

    #[test]
    fn groups_have_colours_of_their_own() {
        let strokes: BTreeSet<String> = (0..100).map(stroke).collect();
        assert_eq!(strokes.len(), 100);
    }
}
