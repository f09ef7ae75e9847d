//! Values: times, durations and ids as JSCalendar and iCalendar spell them.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// RFC 8620 1.2: characters of an id.
const ID_CHARACTERS_MAX: usize = 255;

/// Digits of one part of a duration.
const DURATION_DIGITS_MAX: usize = 10;

/// Days, which are as long as they are where one is, and seconds beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) days: i64,
    pub(crate) seconds: i64,
}

/// RFC 8984 1.4.4 LocalDateTime: seconds on the wall clock since 1970.
pub(crate) fn local_time(local: i64) -> String {
    let (year, month, day) = civil(local.div_euclid(DAY));
    let of_day = local.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60
    )
}

/// RFC 8984 1.4.3 UTCDateTime.
pub(crate) fn utc_time(instant: i64) -> String {
    format!("{}Z", local_time(instant))
}

pub(crate) fn parse_local(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 {
        return None;
    }
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
        return None;
    }
    let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
    instant(
        [number(0, 4)?, number(5, 7)?, number(8, 10)?],
        [number(11, 13)?, number(14, 16)?, number(17, 19)?],
    )
}

/// Also with a fraction, which is left out.
pub(crate) fn parse_utc(text: &str) -> Option<i64> {
    let local = text.strip_suffix('Z')?;
    match local.split_once('.') {
        None => parse_local(local),
        Some((whole, fraction)) => {
            let is_fraction =
                !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
            parse_local(whole).filter(|_| is_fraction)
        }
    }
}

/// RFC 5545 3.3.5: `19980119T020000`.
pub(crate) fn stamp(local: i64) -> String {
    local_time(local).replace(['-', ':'], "")
}

/// RFC 5545 3.3.4: `19980119`.
pub(crate) fn date_stamp(local: i64) -> String {
    stamp(local).chars().take(8).collect()
}

/// A DATE or DATE-TIME (RFC 5545 3.3.4, 3.3.5): seconds on the wall clock, whether it is a date, whether it is UTC.
pub(crate) fn parse_stamp(text: &str) -> Option<(i64, bool, bool)> {
    let bytes = text.trim().as_bytes();
    let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
    let date = [number(0, 4)?, number(4, 6)?, number(6, 8)?];
    match bytes.len() {
        8 => Some((instant(date, [0; 3])?, true, false)),
        // Google's birthday calendars mark days as UTC, which RFC 5545 3.3.4 does not know.
        9 if bytes.get(8) == Some(&b'Z') => Some((instant(date, [0; 3])?, true, false)),
        15 | 16 => {
            let utc = match bytes.get(15) {
                None => false,
                Some(b'Z' | b'z') => true,
                Some(_) => return None,
            };
            let time = [number(9, 11)?, number(11, 13)?, number(13, 15)?.min(59)];
            let marked = bytes
                .get(8)
                .is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
            Some((instant(date, time).filter(|_| marked)?, false, utc))
        }
        _ => None,
    }
}

/// RFC 8984 1.4.6 Duration and 1.4.7 SignedDuration; RFC 5545 3.3.6 spells the same.
pub(crate) fn parse_span(text: &str) -> Option<Span> {
    let text = text.trim();
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let rest = rest.strip_prefix(['P', 'p'])?;
    let mut span = Span::default();
    let (mut of_time, mut count, mut sum, mut parts) = (false, 0, 0_i64, 0);
    for byte in rest.bytes() {
        if byte.is_ascii_digit() {
            count += 1;
            if count > DURATION_DIGITS_MAX {
                return None;
            }
            sum = sum * 10 + i64::from(byte - b'0');
            continue;
        }
        match (byte.to_ascii_uppercase(), of_time) {
            (b'T', false) if count == 0 => {
                of_time = true;
                continue;
            }
            _ if count == 0 => return None,
            (b'W', _) => span.days += sum * 7,
            (b'D', _) => span.days += sum,
            (b'H', true) => span.seconds += sum * 3_600,
            (b'M', true) => span.seconds += sum * 60,
            (b'S', true) => span.seconds += sum,
            _ => return None,
        }
        (count, sum) = (0, 0);
        parts += 1;
    }
    (count == 0 && parts > 0).then_some(Span {
        days: span.days * sign,
        seconds: span.seconds * sign,
    })
}

/// A span as both formats spell it; the sign is of the whole.
pub(crate) fn write_span(span: Span) -> String {
    let mut written = String::new();
    let negative = span.days < 0 || span.seconds < 0;
    let (days, seconds) = (span.days.abs(), span.seconds.abs());
    if negative {
        written.push('-');
    }
    written.push('P');
    if days > 0 && days % 7 == 0 && seconds == 0 {
        return format!("{written}{}W", days / 7);
    }
    if days > 0 {
        written.push_str(&format!("{days}D"));
    }
    if seconds > 0 || days == 0 {
        written.push('T');
        let parts = [
            (seconds / 3_600, 'H'),
            (seconds / 60 % 60, 'M'),
            (seconds % 60, 'S'),
        ];
        for (number, unit) in parts {
            if number > 0 {
                written.push_str(&format!("{number}{unit}"));
            }
        }
        if seconds == 0 {
            written.push_str("0S");
        }
    }
    written
}

/// RFC 8620 1.2 Id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_CHARACTERS_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn instant([year, month, day]: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<i64> {
    let exists = year >= 1
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    exists.then(|| day_of(year, month, day) * DAY + hour * 3_600 + minute * 60 + second)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date of the Gregorian calendar, by counting from the first of March.
fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        for local in (-62_000_000_000..253_000_000_000_i64).step_by(977_777_777) {
            assert_eq!(parse_local(&local_time(local)), Some(local));
            assert_eq!(parse_stamp(&stamp(local)), Some((local, false, false)));
        }
        assert_eq!(parse_utc("2024-02-29T12:00:00.5Z"), Some(1_709_208_000));
        for wrong in [
            "2024-02-30T12:00:00",
            "2024-02-29T12:00:60",
            "2024-02-29 12:00:00",
            "2024-2-29T12:00:00",
            "2024-02-29T12:00:00Z",
            "ä",
        ] {
            assert_eq!(parse_local(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn spans_are_read_as_they_are_written() {
        for text in ["P1D", "PT1H30M", "P2W", "-PT15M", "P1DT2H", "PT0S", "PT36H"] {
            assert_eq!(write_span(parse_span(text).unwrap()), text);
        }
        for wrong in ["P", "1D", "PT", "P1H", "", "P1Y"] {
            assert_eq!(parse_span(wrong), None, "{wrong}");
        }
    }
}
