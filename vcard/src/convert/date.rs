//! Dates: 4.0 writes ISO 8601's basic format (RFC 6350 4.3), 3.0 the extended one (RFC 2426 4), and Apple a year that is none.

use crate::convert::without;
use crate::property::Property;

/// A birthday or the like of 3.0 as 4.0 says it.
pub(super) fn day_to_four(mut property: Property) -> Property {
    if is_text(&property) {
        return property;
    }
    let Some(basic) = basic(property.value.trim()) else {
        return as_text(property);
    };
    // Apple writes a birthday without a year with the year 1604 and says so in a parameter.
    let omitted = property
        .param("X-APPLE-OMIT-YEAR")
        .next()
        .is_some_and(|year| basic.starts_with(year.trim()));
    property.value = match basic.get(4..8) {
        Some(day) if omitted => format!("--{day}"),
        _ => basic,
    };
    without(&mut property, &["VALUE", "X-APPLE-OMIT-YEAR"]);
    property
}

/// A birthday or the like of 4.0 as 3.0 says it.
pub(super) fn day_to_three(mut property: Property) -> Property {
    if is_text(&property) {
        return property;
    }
    let value = property.value.trim().to_owned();
    let without_year = value.strip_prefix("--").filter(|day| is_digits(day, 4));
    if let Some((month, day)) = without_year.and_then(|day| day.split_at_checked(2)) {
        without(&mut property, &["VALUE"]);
        property.value = format!("{NO_YEAR}-{month}-{day}");
        return property
            .with("X-APPLE-OMIT-YEAR", NO_YEAR)
            .with("VALUE", "date");
    }
    let Some(extended) = extended(&value) else {
        return as_text(property);
    };
    without(&mut property, &["VALUE"]);
    // RFC 2426 3.1.5: a date unless it says that it is a moment.
    let moment = extended.contains('T');
    property.value = extended;
    if moment {
        property.with("VALUE", "date-time")
    } else {
        property
    }
}

/// `REV` of 3.0 as 4.0 says it: a timestamp, never a date alone (RFC 6350 6.7.4).
pub(super) fn moment_to_four(mut property: Property) -> Property {
    if let Some(basic) = basic(property.value.trim()) {
        property.value = if basic.contains('T') {
            basic
        } else {
            format!("{basic}T000000Z")
        };
        without(&mut property, &["VALUE"]);
    }
    property
}

/// `REV` of 4.0 as 3.0 says it.
pub(super) fn moment_to_three(mut property: Property) -> Property {
    if let Some(extended) = extended(property.value.trim()) {
        property.value = extended;
        without(&mut property, &["VALUE"]);
    }
    property
}

/// An offset from UTC without its colon, if it is one.
pub(super) fn basic_offset(value: &str) -> Option<String> {
    let plain: String = value.trim().chars().filter(|c| *c != ':').collect();
    let digits = plain.strip_prefix(['+', '-'])?;
    (is_digits(digits, 4) || is_digits(digits, 2)).then_some(plain)
}

/// An offset from UTC with its colon, if it is one.
pub(super) fn extended_offset(value: &str) -> Option<String> {
    let basic = basic_offset(value)?;
    let (hours, minutes) = basic.split_at_checked(3)?;
    Some(format!(
        "{hours}:{}",
        if minutes.is_empty() { "00" } else { minutes }
    ))
}

fn is_text(property: &Property) -> bool {
    property
        .param("VALUE")
        .any(|value| value.eq_ignore_ascii_case("text"))
}

fn as_text(mut property: Property) -> Property {
    without(&mut property, &["VALUE"]);
    if property.is_blank() {
        property
    } else {
        property.with("VALUE", "text")
    }
}

/// `19960415` or `19960415T102233Z` of a date in either format.
fn basic(value: &str) -> Option<String> {
    let (day, time) = parts(value);
    let day: String = match day.strip_prefix("--") {
        Some(rest) => format!("--{}", rest.replace('-', "")),
        None => day.replace('-', ""),
    };
    if !is_digits(&day, 8)
        && !day
            .strip_prefix("--")
            .is_some_and(|rest| is_digits(rest, 4))
    {
        return None;
    }
    match time {
        None => Some(day),
        Some(time) => {
            let (clock, zone) = clock_and_zone(time);
            let clock: String = clock.chars().filter(|c| *c != ':').collect();
            // RFC 6350 4.3: no fractions of a second.
            let clock = clock.split(['.', ',']).next().unwrap_or_default();
            (is_digits(clock, 6) || is_digits(clock, 4))
                .then(|| format!("{day}T{clock}{}", zone.basic()))
        }
    }
}

/// `1996-04-15` or `1996-04-15T10:22:33Z` of a whole date in either format.
fn extended(value: &str) -> Option<String> {
    let basic = basic(value)?;
    let (day, time) = parts(&basic);
    let (year, rest) = day.split_at_checked(4).filter(|_| is_digits(day, 8))?;
    let (month, day) = rest.split_at_checked(2)?;
    let day = format!("{year}-{month}-{day}");
    let Some(time) = time else { return Some(day) };
    let (clock, zone) = clock_and_zone(time);
    let (hours, rest) = clock.split_at_checked(2)?;
    let (minutes, seconds) = rest.split_at_checked(2)?;
    let seconds = if seconds.is_empty() { "00" } else { seconds };
    Some(format!(
        "{day}T{hours}:{minutes}:{seconds}{}",
        zone.extended()
    ))
}

fn parts(value: &str) -> (&str, Option<&str>) {
    match value.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (value, None),
    }
}

enum Zone {
    None,
    Utc,
    Offset(String),
}

impl Zone {
    fn basic(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Utc => "Z".into(),
            Self::Offset(offset) => offset.clone(),
        }
    }

    fn extended(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Utc => "Z".into(),
            Self::Offset(offset) => extended_offset(offset).unwrap_or_default(),
        }
    }
}

fn clock_and_zone(time: &str) -> (&str, Zone) {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return (clock, Zone::Utc);
    }
    let sign = time.find(['+', '-']);
    let halves = sign.and_then(|at| time.split_at_checked(at));
    match halves.and_then(|(clock, offset)| Some((clock, basic_offset(offset)?))) {
        Some((clock, offset)) => (clock, Zone::Offset(offset)),
        None => (time, Zone::None),
    }
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// The year that Apple's programs write where there is none.
const NO_YEAR: &str = "1604";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_of_a_date() {
        let pairs = [
            ("1996-04-15", "19960415"),
            ("1996-04-15T10:22:33Z", "19960415T102233Z"),
            ("1996-04-15T10:22:33-05:00", "19960415T102233-0500"),
            ("1996-04-15T10:22:33", "19960415T102233"),
        ];
        for (long, short) in pairs {
            assert_eq!(basic(long).as_deref(), Some(short));
            assert_eq!(extended(short).as_deref(), Some(long));
            assert_eq!(basic(short).as_deref(), Some(short));
        }
        assert_eq!(
            basic("2012-03-05T13:32:54.123Z").as_deref(),
            Some("20120305T133254Z")
        );
        assert_eq!(basic("--04-15").as_deref(), Some("--0415"));
        for odd in [
            "",
            "70-7-14",
            "circa 1800",
            "1985",
            "2012-03-05Tnow",
            "ä996-04-15",
        ] {
            assert_eq!(basic(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_birthday_without_a_year() {
        let four = Property::new("BDAY", "--0415");
        let three = day_to_three(four.clone());
        assert_eq!(three.value, "1604-04-15");
        assert_eq!(day_to_four(three), four);
    }
}
