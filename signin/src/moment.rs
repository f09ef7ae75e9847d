//! Moments as text: RFC 3339, in UTC, to the second.

use chrono::{DateTime, SecondsFormat};
use model::Timestamp;

/// The text of a moment; empty for one that no calendar reaches.
pub(crate) fn to_text(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.0)
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}

/// The moment of a text.
pub(crate) fn from_text(text: &str) -> Option<Timestamp> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Timestamp(at.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        let text = "2027-01-31T12:00:00Z";
        assert_eq!(from_text(text).map(to_text).as_deref(), Some(text));
        assert_eq!(from_text("tomorrow"), None);
    }
}
