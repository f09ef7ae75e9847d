//! Dates on the wire (RFC 8620 1.4): RFC 3339 with all letters in upper case.

use model::Timestamp;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Reads a date: `2026-05-01T12:00:00Z`, also with fractions of a second and with an offset.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let octets = text.as_bytes();
    if !text.is_ascii() || octets.len() < 20 {
        return None;
    }
    let (head, mut rest) = text.split_at(19);
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let head = head.as_bytes();
    if separators
        .iter()
        .any(|(at, octet)| head.get(*at) != Some(octet))
    {
        return None;
    }
    let number = |from: usize, to: usize| digits(head.get(from..to)?);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    // RFC 3339 5.7: a leap second is the first of the next minute to us.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut fraction_ms = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, after) = fraction.split_at(length);
        if fraction.is_empty() {
            return None;
        }
        let thousandths: String = fraction.chars().chain("00".chars()).take(3).collect();
        fraction_ms = digits(thousandths.as_bytes())?;
        rest = after;
    }
    let time_ms = ((hour * 60 + minute) * 60 + second) * 1_000 + fraction_ms;
    let local_ms = days_since_epoch(year, month, day) * DAY_MS + time_ms;
    Some(Timestamp(local_ms - offset_ms(rest)?))
}

/// Writes a date without fractions of a second, as most properties want it.
pub(crate) fn write(at: Timestamp) -> String {
    let seconds = at.seconds();
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date_of(days);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn offset_ms(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let octets = text.as_bytes();
    let sign = match octets.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    if octets.len() != 6 || octets.get(3) != Some(&b':') {
        return None;
    }
    let (hours, minutes) = (digits(octets.get(1..3)?)?, digits(octets.get(4..6)?)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn digits(octets: &[u8]) -> Option<i64> {
    octets.iter().try_fold(0, |number: i64, octet| {
        octet
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(octet - b'0'))
    })
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01; years are counted from March, so that the leap day is a year's last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719_468
}

fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let in_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// # Panics
/// If a date that is written is read as another one.
pub(crate) fn fuzz(text: &str) {
    if let Some(at) = read(text) {
        let whole = Timestamp::from_seconds(at.seconds());
        let written = write(whole);
        // Offsets may lead out of the years that have four digits.
        assert!(written.len() != 20 || read(&written) == Some(whole));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_with_fractions_and_offsets() {
        assert_eq!(read("1970-01-01T00:00:00Z"), Some(Timestamp(0)));
        assert_eq!(read("1970-01-01T00:00:00.5Z"), Some(Timestamp(500)));
        assert_eq!(read("1970-01-01T02:00:00+02:00"), Some(Timestamp(0)));
        assert_eq!(
            read("2026-05-01T12:00:00Z"),
            Some(Timestamp(1_777_636_800_000))
        );
        assert_eq!(read("1969-12-31T23:59:59Z"), Some(Timestamp(-1_000)));
        for wrong in [
            "2026-02-29T00:00:00Z",
            "2026-05-01",
            "2026-05-01T12:00:00",
            "2026-05-01t12:00:00z",
            "2026-05-01T24:00:00Z",
            "2026-05-01T12:00:00.Z",
            "2026-05-01T12:00:00+0200",
            "2026-13-01T12:00:00Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in -62_000_000_000_i64..250_000_000_000) {
            let at = Timestamp::from_seconds(seconds);
            prop_assert_eq!(read(&write(at)), Some(at));
        }
    }
}
