//! Dates of the wire: a search's calendar day and a message's internal date and time (RFC 9051 9).

use super::lexer::{Lexer, Parsed};

/// A calendar day without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    days: i32,
}

impl Date {
    /// Days since 1 January 1970.
    #[must_use]
    pub fn days_since_epoch(self) -> i32 {
        self.days
    }

    /// The day that is this many days after 1 January 1970.
    #[must_use]
    pub fn from_days_since_epoch(days: i32) -> Self {
        Self { days }
    }
}

/// `date-time`: a moment and the zone it was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Seconds since the epoch, UTC.
    pub unix_seconds: i64,
    /// Minutes east of UTC.
    pub zone_minutes: i16,
}

impl DateTime {
    /// A moment shown in UTC.
    #[must_use]
    pub fn utc(unix_seconds: i64) -> Self {
        Self {
            unix_seconds,
            zone_minutes: 0,
        }
    }

    /// Appends it as `date-time` with its quotes, such as `"17-Jul-1996 02:44:25 -0700"`.
    ///
    /// Years outside 0 to 9999, which the grammar cannot say, are shown as their nearest bound.
    pub(super) fn encode(self, out: &mut Vec<u8>) {
        let zone_seconds = i64::from(self.zone_minutes).saturating_mul(60);
        let local = self
            .unix_seconds
            .saturating_add(zone_seconds)
            .clamp(LOCAL_MIN, LOCAL_MAX);
        let (days, second) = (local.div_euclid(DAY_SECONDS), local.rem_euclid(DAY_SECONDS));
        let (year, month, day) = civil(days);
        let month = usize::try_from(month.saturating_sub(1))
            .ok()
            .and_then(|at| MONTHS.get(at));
        out.push(b'"');
        padded(out, day, b' ');
        out.push(b'-');
        out.extend_from_slice(month.unwrap_or(&"Jan").as_bytes());
        out.push(b'-');
        padded(out, year.div_euclid(100), b'0');
        padded(out, year.rem_euclid(100), b'0');
        out.push(b' ');
        padded(out, second.div_euclid(3_600), b'0');
        out.push(b':');
        padded(out, second.div_euclid(60).rem_euclid(60), b'0');
        out.push(b':');
        padded(out, second.rem_euclid(60), b'0');
        out.push(b' ');
        out.push(if self.zone_minutes < 0 { b'-' } else { b'+' });
        let zone = i64::from(self.zone_minutes.unsigned_abs());
        padded(out, zone.div_euclid(60).min(99), b'0');
        padded(out, zone.rem_euclid(60), b'0');
        out.push(b'"');
    }
}

/// `date`: `date-text` with or without quotes.
pub(super) fn date(lexer: &mut Lexer<'_>) -> Parsed<Date> {
    let start = lexer.clone();
    let quoted = lexer.eat(b'"');
    let day = i64::from(lexer.number()?);
    let (year, month) = month_and_year(lexer)?;
    if quoted {
        lexer.octet(b'"', "a closing quote")?;
    }
    let days = days_of(year, month, day).ok_or_else(|| start.expected("a day of the calendar"))?;
    i32::try_from(days)
        .map(|days| Date { days })
        .map_err(|_| start.expected("a date"))
}

/// `date-time`: `"dd-Mon-yyyy hh:mm:ss +zone"`, where the day may be padded with a space.
pub(super) fn date_time(lexer: &mut Lexer<'_>) -> Parsed<DateTime> {
    let start = lexer.clone();
    let invalid = || start.expected("a date and time");
    lexer.octet(b'"', "a quoted date and time")?;
    lexer.eat(b' ');
    let day = i64::from(lexer.number()?);
    let (year, month) = month_and_year(lexer)?;
    lexer.space()?;
    let hour = two_digits(lexer)?;
    lexer.octet(b':', "a colon")?;
    let minute = two_digits(lexer)?;
    lexer.octet(b':', "a colon")?;
    let second = two_digits(lexer)?;
    lexer.space()?;
    let west = lexer.eat(b'-');
    if !west {
        lexer.octet(b'+', "a time zone")?;
    }
    let zone = two_digits(lexer)?
        .saturating_mul(60)
        .saturating_add(two_digits(lexer)?);
    lexer.octet(b'"', "a closing quote")?;
    // A leap second is taken as the second after it.
    if hour > 23 || minute > 59 || second > 60 {
        return Err(invalid());
    }
    let days = days_of(year, month, day).ok_or_else(invalid)?;
    let seconds = hour
        .saturating_mul(3_600)
        .saturating_add(minute.saturating_mul(60))
        .saturating_add(second);
    let zone = if west { zone.saturating_neg() } else { zone };
    Ok(DateTime {
        unix_seconds: days
            .saturating_mul(DAY_SECONDS)
            .saturating_add(seconds)
            .saturating_sub(zone.saturating_mul(60)),
        zone_minutes: i16::try_from(zone).map_err(|_| invalid())?,
    })
}

fn month_and_year(lexer: &mut Lexer<'_>) -> Parsed<(i64, i64)> {
    lexer.octet(b'-', "a hyphen")?;
    let word = lexer.take_while(|octet| octet.is_ascii_alphabetic());
    let month = MONTHS
        .iter()
        .zip(1_i64..)
        .find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))
        .map(|(_, month)| month)
        .ok_or_else(|| lexer.expected("a month"))?;
    lexer.octet(b'-', "a hyphen")?;
    let start = lexer.clone();
    match lexer.take_while(|octet| octet.is_ascii_digit()) {
        digits @ [_, _, _, _] => Ok((decimal(digits), month)),
        _ => Err(start.expected("a year of four digits")),
    }
}

fn two_digits(lexer: &mut Lexer<'_>) -> Parsed<i64> {
    let mut value = 0_i64;
    for _ in 0..2 {
        match lexer.peek() {
            Some(digit) if digit.is_ascii_digit() && lexer.eat(digit) => {
                value = value
                    .saturating_mul(10)
                    .saturating_add(i64::from(digit.saturating_sub(b'0')));
            }
            _ => return Err(lexer.expected("two digits")),
        }
    }
    Ok(value)
}

fn decimal(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |value: i64, digit| {
        value
            .saturating_mul(10)
            .saturating_add(i64::from(digit.saturating_sub(b'0')))
    })
}

fn padded(out: &mut Vec<u8>, value: i64, pad: u8) {
    let value = u8::try_from(value.clamp(0, 99)).unwrap_or(0);
    let (tens, ones) = (value.div_euclid(10), value.rem_euclid(10));
    out.push(if tens == 0 {
        pad
    } else {
        b'0'.saturating_add(tens)
    });
    out.push(b'0'.saturating_add(ones));
}

/// Days from 1 January 1970 to a day of the proleptic Gregorian calendar, if there is such a day.
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years are counted from March, so that the leap day is the last of its year.
    let from_march = month.saturating_add(9).rem_euclid(12);
    let year_from_march = if month <= 2 {
        year.saturating_sub(1)
    } else {
        year
    };
    let (era, year_of_era) = (
        year_from_march.div_euclid(400),
        year_from_march.rem_euclid(400),
    );
    let day_of_year = from_march
        .saturating_mul(153)
        .saturating_add(2)
        .div_euclid(5)
        .saturating_add(day)
        .saturating_sub(1);
    let days = era
        .saturating_mul(ERA_DAYS)
        .saturating_add(year_of_era.saturating_mul(365))
        .saturating_add(year_of_era.div_euclid(4))
        .saturating_sub(year_of_era.div_euclid(100))
        .saturating_add(day_of_year)
        .saturating_sub(EPOCH_DAYS);
    (civil(days) == (year, month, day)).then_some(days)
}

/// Year, month and day of a number of days since 1 January 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(EPOCH_DAYS);
    let (era, day_of_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    let year_of_era = day_of_era
        .saturating_sub(day_of_era.div_euclid(1_460))
        .saturating_add(day_of_era.div_euclid(36_524))
        .saturating_sub(day_of_era.div_euclid(146_096))
        .div_euclid(365);
    let day_of_year = day_of_era
        .saturating_sub(year_of_era.saturating_mul(365))
        .saturating_sub(year_of_era.div_euclid(4))
        .saturating_add(year_of_era.div_euclid(100));
    let from_march = day_of_year
        .saturating_mul(5)
        .saturating_add(2)
        .div_euclid(153);
    let day = day_of_year
        .saturating_sub(
            from_march
                .saturating_mul(153)
                .saturating_add(2)
                .div_euclid(5),
        )
        .saturating_add(1);
    let month = from_march
        .saturating_add(2)
        .rem_euclid(12)
        .saturating_add(1);
    let year = era.saturating_mul(400).saturating_add(year_of_era);
    (
        if month <= 2 {
            year.saturating_add(1)
        } else {
            year
        },
        month,
        day,
    )
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY_SECONDS: i64 = 86_400;
/// Days in 400 years.
const ERA_DAYS: i64 = 146_097;
/// Days from 1 March of the year 0 to 1 January 1970.
const EPOCH_DAYS: i64 = 719_468;
/// 1 January of the year 0 and the last second of the year 9999.
const LOCAL_MIN: i64 = -62_167_219_200;
const LOCAL_MAX: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TextForm;
    use super::*;

    fn parse_date_time(text: &str) -> Parsed<DateTime> {
        date_time(&mut Lexer::new(text.as_bytes(), TextForm::Ascii))
    }

    fn parse_date(text: &str) -> Parsed<i32> {
        date(&mut Lexer::new(text.as_bytes(), TextForm::Ascii)).map(Date::days_since_epoch)
    }

    #[test]
    fn date_times_of_the_standard() {
        // RFC 9051 7.5.2 and 6.3.12.
        let expected = DateTime {
            unix_seconds: 837_596_665,
            zone_minutes: -420,
        };
        assert_eq!(
            parse_date_time("\"17-Jul-1996 02:44:25 -0700\""),
            Ok(expected)
        );
        assert_eq!(
            parse_date_time("\" 1-Jan-1970 01:00:00 +0100\"").map(|date| date.unix_seconds),
            Ok(0)
        );
        let mut out = Vec::new();
        expected.encode(&mut out);
        DateTime::utc(0).encode(&mut out);
        assert_eq!(
            out,
            b"\"17-Jul-1996 02:44:25 -0700\"\" 1-Jan-1970 00:00:00 +0000\""
        );
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(parse_date("1-Jan-1970"), Ok(0));
        assert_eq!(parse_date("\"29-FEB-2000\""), Ok(11_016));
        assert_eq!(parse_date("31-Dec-1969"), Ok(-1));
        for text in [
            "29-Feb-1900",
            "31-Apr-2020",
            "0-Jan-2020",
            "1-Foo-2020",
            "1-Jan-20",
            "1-Jan-20200",
            "1 Jan 2020",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }

    #[test]
    fn impossible_times_are_refused() {
        for time in [
            "24:00:00 +0000",
            "00:60:00 +0000",
            "00:00:61 +0000",
            "00:00:00 0000",
            "0:00:00 +0000",
        ] {
            assert!(
                parse_date_time(&format!("\"01-Jan-2020 {time}\"")).is_err(),
                "{time}"
            );
        }
    }

    proptest! {
        #[test]
        fn date_time_round_trip(unix_seconds in LOCAL_MIN + 200_000..LOCAL_MAX - 200_000, zone in -1_439_i16..1_440) {
            let date = DateTime { unix_seconds, zone_minutes: zone };
            let mut out = Vec::new();
            date.encode(&mut out);
            prop_assert_eq!(parse_date_time(&String::from_utf8_lossy(&out)), Ok(date));
        }

        #[test]
        fn encoding_never_panics(unix_seconds: i64, zone: i16) {
            DateTime { unix_seconds, zone_minutes: zone }.encode(&mut Vec::new());
        }
    }
}
