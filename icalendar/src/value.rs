//! Values: dates, times, durations, periods and texts as RFC 5545 3.3 spells them.

use std::borrow::Cow;

use crate::civil::{DAY, date_of, day_of, days_in_month};

/// A DATE or DATE-TIME as it stands, before a zone gives it a place on the time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Seconds on the wall clock since 1970; midnight for a DATE.
    pub(crate) local: i64,
    /// What was written.
    pub(crate) form: StampForm,
}

/// How a [`Stamp`] was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StampForm {
    Date,
    Local,
    Utc,
}

/// RFC 5545 3.3.6: days are of the calendar, seconds of the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duration {
    /// Days as the calendar counts them; a day with a clock change is one, too.
    pub days: i64,
    /// Seconds as a stopwatch counts them.
    pub seconds: i64,
}

impl Duration {
    /// Seconds, if every day has 24 hours.
    #[must_use]
    pub const fn approximate(self) -> i64 {
        self.days.saturating_mul(DAY).saturating_add(self.seconds)
    }
}

/// RFC 5545 3.3.4, 3.3.5: `19980119` or `19980119T020000` with `Z` for UTC.
pub(crate) fn stamp(text: &str) -> Option<Stamp> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let day = date(bytes.get(..8)?)?;
    match bytes.len() {
        // Google's birthday calendars mark days as UTC, which RFC 5545 3.3.4 does not know.
        9 if bytes[8] == b'Z' => Some(Stamp {
            local: day * DAY,
            form: StampForm::Date,
        }),
        8 => Some(Stamp {
            local: day * DAY,
            form: StampForm::Date,
        }),
        15 | 16 => {
            if !bytes[8].eq_ignore_ascii_case(&b'T') {
                return None;
            }
            let form = match bytes.get(15) {
                None => StampForm::Local,
                Some(b'Z' | b'z') => StampForm::Utc,
                Some(_) => return None,
            };
            Some(Stamp {
                local: day * DAY + time(&bytes[9..15])?,
                form,
            })
        }
        _ => None,
    }
}

fn date(digits: &[u8]) -> Option<i64> {
    let year = number(&digits[..4])?;
    let month = number(&digits[4..6])?;
    let day = number(&digits[6..8])?;
    let exists =
        year >= 1 && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| day_of(year, month, day))
}

fn time(digits: &[u8]) -> Option<i64> {
    let (hour, minute, second) = (
        number(&digits[..2])?,
        number(&digits[2..4])?,
        number(&digits[4..6])?,
    );
    // RFC 5545 3.3.12: second 60 is a leap second; clocks that know none take it as 59.
    (hour < 24 && minute < 60 && second <= 60).then(|| hour * 3600 + minute * 60 + second.min(59))
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

/// Longest run of digits in a duration: more would be longer than the calendar.
const DURATION_DIGITS_MAX: usize = 10;

/// RFC 5545 3.3.6: `[+-]P` and weeks, or days and a time.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let rest = rest.strip_prefix(['P', 'p'])?;
    let (mut found, mut of_time) = (Duration::default(), false);
    let (mut digits, mut sum, mut parts) = (0, 0_i64, 0);
    for byte in rest.bytes() {
        if byte.is_ascii_digit() {
            digits += 1;
            if digits > DURATION_DIGITS_MAX {
                return None;
            }
            sum = sum * 10 + i64::from(byte - b'0');
            continue;
        }
        match (byte.to_ascii_uppercase(), of_time) {
            (b'T', false) if digits == 0 => {
                of_time = true;
                continue;
            }
            _ if digits == 0 => return None,
            // Synology writes `PT1W`; there is nothing else it could mean.
            (b'W', _) => found.days += sum * 7,
            (b'D', _) => found.days += sum,
            (b'H', true) => found.seconds += sum * 3600,
            (b'M', true) => found.seconds += sum * 60,
            (b'S', true) => found.seconds += sum,
            _ => return None,
        }
        (digits, sum) = (0, 0);
        parts += 1;
    }
    (digits == 0 && parts > 0).then_some(Duration {
        days: found.days * sign,
        seconds: found.seconds * sign,
    })
}

/// RFC 5545 3.3.14: `+0100`, `-050000`, as seconds east of UTC.
pub(crate) fn utc_offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let sign = match text.as_bytes().first()? {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let digits = &text.as_bytes()[1..];
    if digits.len() != 4 && digits.len() != 6 {
        return None;
    }
    let seconds = if digits.len() == 6 {
        number(&digits[4..6])?
    } else {
        0
    };
    let offset = number(&digits[..2])? * 3600 + number(&digits[2..4])? * 60 + seconds;
    // No place on earth is a day away from UTC.
    (offset < DAY).then(|| sign * i32::try_from(offset).unwrap_or(0))
}

/// A DATE as text.
pub(crate) fn write_date(local: i64) -> String {
    let date = date_of(local.div_euclid(DAY));
    format!("{:04}{:02}{:02}", date.year, date.month, date.day)
}

/// A DATE-TIME as text, without `Z`.
pub(crate) fn write_time(local: i64) -> String {
    let of_day = local.rem_euclid(DAY);
    format!(
        "{}T{:02}{:02}{:02}",
        write_date(local),
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// RFC 5545 3.3.11: a TEXT without its escapes.
pub(crate) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for character in text.chars() {
        match (escaped, character) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n' | 'N') => plain.push('\n'),
            (_, other) => plain.push(other),
        }
        escaped = false;
    }
    Cow::Owned(plain)
}

/// RFC 5545 3.3.11: a TEXT with its escapes.
pub(crate) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => written.extend(['\\', character]),
            '\n' => written.push_str("\\n"),
            other if other.is_control() && other != '\t' => {}
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_and_durations_of_the_standard_are_read() {
        let utc = stamp("19980119T070000Z").unwrap();
        assert_eq!((utc.local, utc.form), (885_193_200, StampForm::Utc));
        assert_eq!(stamp("19980118").unwrap().form, StampForm::Date);
        assert_eq!(write_time(utc.local), "19980119T070000");
        for wrong in [
            "19980230",
            "1998011",
            "19980118T230000-0800",
            "19980118X230000",
            "19980118T250000",
            "äöüßäöüß",
        ] {
            assert_eq!(stamp(wrong), None, "{wrong}");
        }
        assert_eq!(
            duration("P15DT5H0M20S"),
            Some(Duration {
                days: 15,
                seconds: 18_020
            })
        );
        assert_eq!(
            duration("-P7W"),
            Some(Duration {
                days: -49,
                seconds: 0
            })
        );
        for wrong in ["P", "PT", "15M", "P5H", "PT5", "P99999999999D", "-"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(utc_offset("-0500"), Some(-18_000));
        assert_eq!(utc_offset("+013045"), Some(5_445));
        assert_eq!(utc_offset("0100"), None);
    }

    #[test]
    fn texts_are_escaped_and_back() {
        for text in ["a;b,c\\d\ne", "", "\\\\n", "ä\\"] {
            assert_eq!(unescaped(&escaped(text)), text);
        }
    }
}
