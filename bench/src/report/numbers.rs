//! Figures as people read them.

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nanoseconds.
    Time,
    /// Bytes.
    Bytes,
}

/// Median, least and greatest of the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) greatest: f64,
}

impl Spread {
    /// Of one or more figures; `None` of none.
    pub(super) fn of(mut figures: Vec<f64>) -> Option<Spread> {
        figures.sort_by(f64::total_cmp);
        let middle = figures.len() / 2;
        let upper = *figures.get(middle)?;
        let median = match figures.len() % 2 {
            0 => (figures.get(middle - 1)? + upper) / 2.0,
            _ => upper,
        };
        Some(Spread {
            median,
            least: *figures.first()?,
            greatest: *figures.last()?,
        })
    }

    /// The median, and the spread where there is one.
    pub(super) fn shown(&self, unit: Unit) -> String {
        let median = shown(unit, self.median);
        if self.least == self.greatest {
            return median;
        }
        let (least, greatest) = (shown(unit, self.least), shown(unit, self.greatest));
        format!("{median} [{least} .. {greatest}]")
    }
}

/// A figure in the unit that suits it.
pub(super) fn shown(unit: Unit, figure: f64) -> String {
    let scales: &[(f64, &str)] = match unit {
        Unit::Time => &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
        Unit::Bytes => &[
            (1_073_741_824.0, "GiB"),
            (1_048_576.0, "MiB"),
            (1_024.0, "KiB"),
            (1.0, "B"),
        ],
    };
    if !figure.is_finite() {
        return "?".to_owned();
    }
    let scale = scales.iter().find(|(scale, _)| figure.abs() >= *scale);
    let (scale, name) = scale.or(scales.last()).copied().unwrap_or((1.0, ""));
    format!("{} {name}", digits(figure / scale))
}

/// Three digits that count, or all before the point.
pub(super) fn digits(figure: f64) -> String {
    match figure.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.001 => format!("{figure:.4}"),
        size if size < 0.1 => format!("{figure:.3}"),
        size if size < 9.995 => format!("{figure:.2}"),
        size if size < 99.95 => format!("{figure:.1}"),
        _ => grouped(figure.round()),
    }
}

/// A whole number with commas between groups of three digits.
pub(super) fn grouped(figure: f64) -> String {
    let digits = format!("{:.0}", figure.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if figure < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(shown(Unit::Time, 1_234.0), "1.23 µs");
        assert_eq!(shown(Unit::Time, 999.7), "1,000 ns");
        assert_eq!(shown(Unit::Time, 0.26), "0.26 ns");
        assert_eq!(shown(Unit::Time, 123_456_789.0), "123 ms");
        assert_eq!(shown(Unit::Bytes, 1_536.0), "1.50 KiB");
        assert_eq!(shown(Unit::Bytes, f64::NAN), "?");
        assert_eq!(grouped(543_890.4), "543,890");
        assert_eq!(digits(12.34), "12.3");
        assert_eq!(grouped(-1_000.0), "-1,000");
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_ones() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]);
        let expected = Spread {
            median: 2.5,
            least: 1.0,
            greatest: 4.0,
        };
        assert_eq!(spread, Some(expected));
        assert_eq!(Spread::of(Vec::new()), None);
        assert_eq!(expected.shown(Unit::Bytes), "2.50 B [1.00 B .. 4.00 B]");
    }
}
