//! Points in time as text.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

/// Microseconds since the Unix epoch as RFC 3339 in UTC with six digits and `Z`.
///
/// A point that the calendar cannot name is given as `@` and its microseconds.
pub(crate) fn rfc3339_micros(micros: i64) -> String {
    const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
    match Timestamp::from_microsecond(micros) {
        Ok(timestamp) => PRINTER.timestamp_to_string(&timestamp),
        Err(_) => format!("@{micros}"),
    }
}

#[cfg(test)]
mod tests {
    use super::rfc3339_micros;

    #[test]
    fn microseconds_are_always_printed() {
        assert_eq!(rfc3339_micros(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(
            rfc3339_micros(1_700_000_000_000_001),
            "2023-11-14T22:13:20.000001Z"
        );
        assert_eq!(rfc3339_micros(i64::MAX), format!("@{}", i64::MAX));
    }
}
