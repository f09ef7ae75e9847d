//! Moments as text: RFC 3339 in and out, always UTC going out.

use model::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;

/// The moment as RFC 3339 text in UTC, with milliseconds.
#[must_use]
pub fn to_text(at: Timestamp) -> String {
    let seconds = at.seconds();
    let (days, of_day) = (
        seconds.div_euclid(SECONDS_PER_DAY),
        seconds.rem_euclid(SECONDS_PER_DAY),
    );
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let milliseconds = at.0.rem_euclid(1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// Reads RFC 3339 text; also a date alone, which is its first moment in UTC, and a space for the `T`.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let days = days_of(parse_date(date)?);
    if rest.is_empty() {
        return Some(Timestamp::from_seconds(days * SECONDS_PER_DAY));
    }
    // RFC 3339 5.6: `T` may be lower case, and for readability a space.
    let time = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, minute, second) = (
        digits(time, 0..2)?,
        digits(time, 3..5)?,
        digits(time, 6..8)?,
    );
    let colons = time.as_bytes().get(2) == Some(&b':') && time.as_bytes().get(5) == Some(&b':');
    // RFC 3339 5.7: a leap second is written as second 60; we have no such second and take the next.
    if !colons || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (milliseconds, zone) = fraction(time.get(8..)?)?;
    let offset = offset(zone)?;
    let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp::from_seconds(seconds).plus_ms(milliseconds))
}

fn parse_date(text: &str) -> Option<(i64, i64, i64)> {
    let (year, month, day) = (
        digits(text, 0..4)?,
        digits(text, 5..7)?,
        digits(text, 8..10)?,
    );
    let dashes = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    let exists =
        (1..=12).contains(&month) && date_of(days_of((year, month, day))) == (year, month, day);
    (dashes && exists).then_some((year, month, day))
}

fn digits(text: &str, range: std::ops::Range<usize>) -> Option<i64> {
    let text = text.get(range)?;
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Milliseconds of a second, and what stands behind them.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(text) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, zone) = text.split_at(count);
    let mut milliseconds = 0;
    for place in 0..3 {
        let digit = fraction
            .as_bytes()
            .get(place)
            .map_or(0, |digit| digit - b'0');
        milliseconds = milliseconds * 10 + i64::from(digit);
    }
    (count > 0).then_some((milliseconds, zone))
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = (digits(zone, 1..3)?, digits(zone, 4..6)?);
    let fits = zone.len() == 6 && zone.as_bytes().get(3) == Some(&b':');
    (fits && hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Year, month and day of a count of days since 1970-01-01, in the Gregorian calendar. Years are counted from March on,
/// so that a leap day is the last of its year.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_of((year, month, day): (i64, i64, i64)) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        assert_eq!(to_text(Timestamp(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(to_text(Timestamp(-1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(
            to_text(Timestamp(951_827_696_789)),
            "2000-02-29T12:34:56.789Z"
        );
        assert_eq!(
            parse("2000-02-29 13:34:56.789+01:00"),
            Some(Timestamp(951_827_696_789))
        );
        assert_eq!(parse("1970-01-02"), Some(Timestamp(86_400_000)));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-02-01T",
            "2026-02-01T25:00:00Z",
            "2026-02-01T10:00:00",
            "2026-02-01T10:00:00.Z",
            "2026-02-01T10:00:00+1:00",
            "2026-02-01T10-00-00Z",
            "２０２６-02-01",
            "+026-02-01",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_reads_as_what_was_written(ms in -62_135_596_800_000i64..253_402_300_800_000) {
            prop_assert_eq!(parse(&to_text(Timestamp(ms))), Some(Timestamp(ms)));
        }

        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
