//! Dates: of a vCard (RFC 6350 4.3) and of JSContact (RFC 9553 1.4.4, 2.8.1).

use serde_json::{Map, Value, json};

/// `19531015T231000Z` as `1953-10-15T23:10:00Z`; nothing but UTC to the second.
pub(super) fn utc_of(value: &str) -> Option<String> {
    let plain: String = value
        .trim()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let (day, time) = plain.split_once('T')?;
    let time = time.strip_suffix('Z')?;
    if !is_digits(day, 8) || !is_digits(time, 6) {
        return None;
    }
    let utc = format!(
        "{}-{}-{}T{}:{}:{}Z",
        day.get(..4)?,
        day.get(4..6)?,
        day.get(6..)?,
        time.get(..2)?,
        time.get(2..4)?,
        time.get(4..)?
    );
    is_utc(&utc).then_some(utc)
}

/// Whether it is a `UTCDateTime` (RFC 9553 1.4.4), whose fractions of a second a vCard has no place for.
pub(super) fn is_utc(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20
        && bytes
            .iter()
            .take(19)
            .enumerate()
            .all(|(at, octet)| match at {
                4 | 7 => *octet == b'-',
                10 => *octet == b'T',
                13 | 16 => *octet == b':',
                _ => octet.is_ascii_digit(),
            })
        && bytes.last() == Some(&b'Z');
    let number = |from: usize| {
        text.get(from..from + 2)
            .and_then(|two| two.parse::<u8>().ok())
    };
    shape
        && number(5).is_some_and(|month| (1..=12).contains(&month))
        && number(8).is_some_and(|day| (1..=31).contains(&day))
        && number(11).is_some_and(|hour| hour < 24)
        && number(14).is_some_and(|minute| minute < 60)
        && number(17).is_some_and(|second| second <= 60)
        && (bytes.len() == 20
            || text
                .get(19..bytes.len() - 1)
                .and_then(|rest| rest.strip_prefix('.'))
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|o| o.is_ascii_digit())))
}

/// `1953-10-15T23:10:00Z` as `19531015T231000Z`.
pub(super) fn basic_of(utc: &str) -> Option<String> {
    is_utc(utc).then(|| {
        let whole = utc.get(..19).unwrap_or_default();
        let plain: String = whole.chars().filter(|c| !matches!(c, '-' | ':')).collect();
        format!("{plain}Z")
    })
}

/// The date of an anniversary (RFC 9555 2.5.1): a `Timestamp`, or a `PartialDate` of what is known of the day.
pub(super) fn anniversary(value: &str) -> Option<Value> {
    if let Some(utc) = utc_of(value) {
        return Some(json!({"@type": "Timestamp", "utc": utc}));
    }
    let day = value.trim().split('T').next().unwrap_or_default();
    let (year, month, date) = match day.strip_prefix("---") {
        Some(date) => ("", "", date),
        None => match day.strip_prefix("--") {
            Some(rest) => {
                let rest = rest.trim_start_matches('-');
                ("", rest.get(..2)?, rest.get(2..)?.trim_start_matches('-'))
            }
            None => {
                let rest = day.get(4..)?;
                let rest = rest.strip_prefix('-').unwrap_or(rest);
                let month = rest.get(..2).unwrap_or_default();
                let date = rest.get(2..).unwrap_or_default();
                (day.get(..4)?, month, date.strip_prefix('-').unwrap_or(date))
            }
        },
    };
    let mut partial = Map::new();
    for (member, digits, length) in [("year", year, 4), ("month", month, 2), ("day", date, 2)] {
        if !digits.is_empty() {
            if !is_digits(digits, length) {
                return None;
            }
            partial.insert(member.into(), digits.parse::<u32>().ok()?.into());
        }
    }
    (!partial.is_empty()).then_some(Value::Object(partial))
}

/// The value of an anniversary's property, if a vCard can say it.
pub(super) fn value_of(date: &Value) -> Option<String> {
    let date = date.as_object()?;
    if let Some(utc) = date.get("utc").and_then(Value::as_str) {
        return basic_of(utc);
    }
    let number = |member: &str, max: u64| {
        let number = date.get(member)?.as_u64()?;
        (number <= max).then_some(number)
    };
    // RFC 6350 4.3.1: `19850412`, `1985-04`, `1985`, `--0412`, `---12`.
    Some(
        match (number("year", 9999), number("month", 12), number("day", 31)) {
            (Some(year), Some(month), Some(day)) => format!("{year:04}{month:02}{day:02}"),
            (Some(year), Some(month), None) => format!("{year:04}-{month:02}"),
            (Some(year), None, None) => format!("{year:04}"),
            (None, Some(month), Some(day)) => format!("--{month:02}{day:02}"),
            (None, Some(month), None) => format!("--{month:02}"),
            (None, None, Some(day)) => format!("---{day:02}"),
            (_, None, Some(_)) | (None, None, None) => return None,
        },
    )
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_back() {
        for value in [
            "19850412",
            "1985-04",
            "1985",
            "--0412",
            "--04",
            "---12",
            "19531015T231000Z",
        ] {
            let date = anniversary(value).unwrap();
            assert_eq!(value_of(&date).as_deref(), Some(value));
        }
        assert_eq!(
            anniversary("1985-04-12"),
            Some(json!({"year": 1985, "month": 4, "day": 12}))
        );
        assert_eq!(anniversary("circa 1800"), None);
    }

    #[test]
    fn moments_come_back() {
        assert_eq!(
            utc_of("1995-10-31T22:27:10Z").as_deref(),
            Some("1995-10-31T22:27:10Z")
        );
        assert_eq!(
            basic_of("1995-10-31T22:27:10.5Z").as_deref(),
            Some("19951031T222710Z")
        );
        assert_eq!(utc_of("19951331T222710Z"), None);
        assert!(!is_utc("1995-10-31T22:27:10ä"));
    }
}
