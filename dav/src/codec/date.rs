//! The three ways in which WebDAV and CalDAV write a moment.

use std::fmt::Write as _;

const SECONDS_PER_DAY: i64 = 86_400;
/// Moments are written from year 0 to year 9999; what lies outside is written as the nearer end.
const MOMENT_MIN: i64 = -62_167_219_200;
const MOMENT_MAX: i64 = 253_402_300_799;
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Days since a Thursday, 0 to 6.
    weekday: usize,
}

/// The proleptic Gregorian date of a moment, by the count of days in 400-year eras that begin in March.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the moment is clamped to four-digit years, so every term is far below i64's ends"
)]
fn civil(seconds: i64) -> Civil {
    let seconds = seconds.clamp(MOMENT_MIN, MOMENT_MAX);
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let rest = seconds.rem_euclid(SECONDS_PER_DAY);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: rest / 3_600,
        minute: rest / 60 % 60,
        second: rest % 60,
        weekday: usize::try_from(days.rem_euclid(7)).unwrap_or(0),
    }
}

/// RFC 9110 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, of seconds since 1970 (`getlastmodified`).
#[must_use]
pub fn http_date(seconds: i64) -> String {
    let at = civil(seconds);
    let month = usize::try_from(at.month).unwrap_or(1).saturating_sub(1);
    let mut text = String::with_capacity(29);
    let _ = write!(
        text,
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        DAYS.get(at.weekday).unwrap_or(&"Thu"),
        at.day,
        MONTHS.get(month).unwrap_or(&"Jan"),
        at.year,
        at.hour,
        at.minute,
        at.second
    );
    text
}

/// RFC 3339: `1994-11-06T08:49:37Z`, of seconds since 1970 (`creationdate`).
#[must_use]
pub fn rfc3339(seconds: i64) -> String {
    let at = civil(seconds);
    let mut text = String::with_capacity(20);
    let _ = write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
    text
}

/// RFC 5545 3.3.5: `19941106T084937Z`, of seconds since 1970.
#[must_use]
pub fn utc(seconds: i64) -> String {
    let at = civil(seconds);
    let mut text = String::with_capacity(16);
    let _ = write!(
        text,
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second
    );
    text
}

/// Reads `19941106T084937Z` (RFC 5545 3.3.5, form 2) as seconds since 1970; none if it is anything else.
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "every field has at most four digits, so every term is far below i64's ends"
)]
pub fn parse_utc(text: &str) -> Option<i64> {
    let octets = text.as_bytes();
    if octets.len() != 16 || octets.get(8) != Some(&b'T') || octets.get(15) != Some(&b'Z') {
        return None;
    }
    let number = |from: usize, until: usize| -> Option<i64> {
        octets.get(from..until)?.iter().try_fold(0, |value, octet| {
            octet
                .is_ascii_digit()
                .then(|| value * 10 + i64::from(octet - b'0'))
        })
    };
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
    // RFC 5545 3.3.12: second 60 is a leap second.
    if !(1..=12).contains(&month) || day < 1 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if day > days_of(year, month) {
        return None;
    }
    let year_from_march = year - i64::from(month <= 2);
    let era = year_from_march.div_euclid(400);
    let year_of_era = year_from_march.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100
        + day_of_year
        - 719_468;
    Some(days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second.min(59))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year.rem_euclid(4) == 0
            && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) =>
        {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_written_in_three_ways() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(rfc3339(784_111_777), "1994-11-06T08:49:37Z");
        assert_eq!(utc(784_111_777), "19941106T084937Z");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(i64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(rfc3339(i64::MIN), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn only_a_moment_in_utc_is_read() {
        assert_eq!(parse_utc("19700101T000000Z"), Some(0));
        assert_eq!(parse_utc("20000229T000000Z"), Some(951_782_400));
        for wrong in [
            "20010229T000000Z",
            "19700101T000000",
            "19700101T240000Z",
            "19701301T000000Z",
            "1970010aT000000Z",
            "19700100T000000Z",
            "",
        ] {
            assert_eq!(parse_utc(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(seconds in MOMENT_MIN..=MOMENT_MAX) {
            prop_assert_eq!(parse_utc(&utc(seconds)), Some(seconds));
        }
    }
}
