//! Moment: a point in time as evidence writes it, in milliseconds UTC.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;
/// Milliseconds in an hour.
const HOUR_MS: i64 = 3_600_000;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Written as in RFC 3339, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment of a date and time of day in UTC; nothing for what no calendar has.
    #[must_use]
    pub fn from_civil(year: i64, month: i64, day: i64, time_ms: i64) -> Option<Self> {
        if !(1..=12).contains(&month)
            || !(1..=31).contains(&day)
            || !(1601..=9999).contains(&year)
            || !(0..=DAY_MS).contains(&time_ms)
        {
            return None;
        }
        Some(Self(days_of(year, month, day) * DAY_MS + time_ms))
    }

    /// Reads `2021-03-03T04:05:06.789Z`, with a blank for the `T`, any number of decimals, and no zone, `Z` or `+01:00` at the
    /// end; what has no zone is taken as UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_octets(text.as_bytes())
    }

    /// As [`Moment::parse`], on what may not be text.
    #[must_use]
    pub fn parse_octets(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        if text.len() < 10 || text[4] != b'-' || text[7] != b'-' {
            return None;
        }
        let (year, month, day) = (
            digits(&text[..4])?,
            digits(&text[5..7])?,
            digits(&text[8..10])?,
        );
        if text.len() == 10 {
            return Self::from_civil(year, month, day, 0);
        }
        if text.len() < 16 || !matches!(text[10], b'T' | b' ') || text[13] != b':' {
            return None;
        }
        let mut time = digits(&text[11..13])? * HOUR_MS + digits(&text[14..16])? * 60_000;
        let mut rest = &text[16..];
        if rest.len() >= 3 && rest[0] == b':' {
            time += digits(&rest[1..3])? * 1000;
            rest = &rest[3..];
        }
        if let [b'.' | b',', fraction @ ..] = rest {
            let length = fraction
                .iter()
                .take_while(|octet| octet.is_ascii_digit())
                .count();
            for (at, digit) in fraction[..length.min(3)].iter().enumerate() {
                time += i64::from(digit - b'0') * [100, 10, 1][at];
            }
            rest = &fraction[length..];
        }
        let moment = Self::from_civil(year, month, day, time)?;
        Some(Self(moment.0 - zone(rest)?))
    }

    /// Reads the time stamps of Windows: 100 ns since 1601-01-01.
    #[must_use]
    pub fn from_filetime(ticks: u64) -> Option<Self> {
        let since_1601 = i64::try_from(ticks / 10_000).ok()?;
        Some(Self(since_1601 + days_of(1601, 1, 1) * DAY_MS))
    }

    /// The number of the hour since 1970.
    #[must_use]
    pub fn hour(self) -> i64 {
        self.0.div_euclid(HOUR_MS)
    }

    /// The first moment of the hour with a number.
    #[must_use]
    pub fn of_hour(hour: i64) -> Self {
        Self(hour.saturating_mul(HOUR_MS))
    }

    /// The moment that many milliseconds later.
    #[must_use]
    pub fn plus_ms(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_of(self.0.div_euclid(DAY_MS));
        let time = self.0.rem_euclid(DAY_MS);
        let (hour, minute) = (time / HOUR_MS, time / 60_000 % 60);
        let (second, fraction) = (time / 1000 % 60, time % 1000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if fraction != 0 {
            write!(f, ".{fraction:03}")?;
        }
        f.write_str("Z")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a date and time"))
    }
}

/// The number that decimal digits write; nothing for anything else.
pub(crate) fn digits(text: &[u8]) -> Option<i64> {
    let mut number = 0_i64;
    for octet in text {
        if !octet.is_ascii_digit() {
            return None;
        }
        number = number
            .checked_mul(10)?
            .checked_add(i64::from(octet - b'0'))?;
    }
    (!text.is_empty()).then_some(number)
}

/// What a zone at the end of a time stamp adds, in milliseconds.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest.get(..2)?, rest.get(rest.len() - 2..)?),
        [b'-', rest @ ..] => (-1, rest.get(..2)?, rest.get(rest.len() - 2..)?),
        _ => return None,
    };
    Some(sign * (digits(hours)? * HOUR_MS + digits(minutes)? * 60_000))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, by eras of 400 years that begin on a first of March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "2021-03-03T04:05:06.789Z",
            "1601-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
        ] {
            assert_eq!(Moment::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn zones_blanks_and_decimals_are_understood() {
        let at = Moment::parse("2021-03-14T06:39:30.227Z");
        assert_eq!(Moment::parse("2021-03-14 06:39:30.2271234"), at);
        assert_eq!(Moment::parse("2021-03-14T01:39:30.227-05:00"), at);
        assert_eq!(Moment::parse("2021-03-14T07:39:30.227+0100"), at);
        assert_eq!(
            Moment::from_filetime(132_601_775_702_270_000),
            Moment::parse("2021-03-14T06:39:30.227Z")
        );
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        for text in [
            "",
            "2021-13-01",
            "2021-03-03T",
            "2021-03-03T04:05:06X",
            "2021-03-03T0é:05:06",
            "0000-01-01",
            "2021/03/03",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
