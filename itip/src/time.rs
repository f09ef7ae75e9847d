//! Times of properties as seconds since 1970 UTC, and back into the form of another property.
//!
//! Dates and floating times count as if they were UTC: inside of one object that is enough to tell occurrences apart.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

mod onsets;
mod rule;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use calcard::common::timezone::Tz;
use chrono::{
    DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
};

use crate::component::Component;
use crate::line::Line;

use self::onsets::Onsets;

pub(crate) use self::rule::series;

/// The time zones that an object defines, by their `TZID`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zones(HashMap<String, Zone>);

/// A time zone.
#[derive(Clone, Debug)]
enum Zone {
    /// That of the database.
    Known(Tz),
    /// One whose name says nothing, as its definition has it.
    Defined(Arc<Onsets>),
}

impl Zones {
    pub(crate) fn of(calendar: &Component) -> Self {
        let zones = calendar
            .children
            .iter()
            .filter(|child| child.is("VTIMEZONE"));
        Self(
            zones
                .filter_map(|zone| Some((zone.value("TZID")?.trim().to_owned(), defined(zone)?)))
                .collect(),
        )
    }

    fn resolve(&self, name: &str) -> Option<Zone> {
        self.0
            .get(name.trim())
            .cloned()
            .or_else(|| Tz::from_str(name).ok().map(Zone::Known))
    }

    /// RFC 5545 3.3.4, 3.3.5: the first value of a `DATE` or `DATE-TIME` property.
    pub(crate) fn seconds(&self, line: &Line) -> Option<i64> {
        self.seconds_of(line.value().split(',').next()?, line)
    }

    /// All values of `RDATE` or `EXDATE`; of periods the start.
    pub(crate) fn all_seconds(&self, line: &Line) -> Vec<i64> {
        line.value()
            .split(',')
            .filter_map(|value| self.seconds_of(value.split('/').next()?, line))
            .collect()
    }

    /// One value, in the zone that `line` names.
    pub(crate) fn seconds_of(&self, value: &str, line: &Line) -> Option<i64> {
        let value = value.trim();
        let naive = naive(value)?;
        if value.ends_with(['Z', 'z']) {
            return Some(naive.and_utc().timestamp());
        }
        match line.parameter("TZID").and_then(|name| self.resolve(&name)) {
            Some(zone) => Some(zone.to_utc(naive)),
            None => Some(naive.and_utc().timestamp()),
        }
    }

    /// The value that stands for `seconds` in the form of `line`: a date, UTC, or local in its zone.
    pub(crate) fn value_like(&self, line: &Line, seconds: i64) -> Option<String> {
        let moment = DateTime::from_timestamp(seconds, 0)?;
        let value = line.value().trim();
        if is_date(line) {
            return Some(moment.format("%Y%m%d").to_string());
        }
        if value.ends_with(['Z', 'z']) {
            return Some(utc(seconds));
        }
        let naive = match line.parameter("TZID").and_then(|name| self.resolve(&name)) {
            Some(zone) => zone.to_local(moment.naive_utc())?,
            None => moment.naive_utc(),
        };
        Some(naive.format("%Y%m%dT%H%M%S").to_string())
    }

    /// The seconds on the clock of the wall where `line` is at home, as if they were UTC.
    pub(crate) fn wall(&self, line: &Line) -> Option<i64> {
        naive(line.value().split(',').next()?.trim()).map(|naive| naive.and_utc().timestamp())
    }
}

impl Zone {
    fn to_utc(&self, local: NaiveDateTime) -> i64 {
        match self {
            Self::Known(zone) => in_zone(local, *zone),
            Self::Defined(onsets) => onsets.to_utc(local.and_utc().timestamp()),
        }
    }

    fn to_local(&self, moment: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Known(zone) => {
                moment.checked_add_offset(zone.offset_from_utc_datetime(&moment).fix())
            }
            Self::Defined(onsets) => {
                let offset = onsets.offset_at(moment.and_utc().timestamp());
                moment.checked_add_signed(TimeDelta::seconds(offset))
            }
        }
    }
}

/// Whether the property has a date without a time.
pub(crate) fn is_date(line: &Line) -> bool {
    !line.value().contains(['T', 't'])
}

/// RFC 5545 3.3.5, form 2. Times outside of what four digits of a year can say are cut to the nearest that can.
pub(crate) fn utc(seconds: i64) -> String {
    let seconds = seconds.clamp(FIRST_SECOND, LAST_SECOND);
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .format("%Y%m%dT%H%M%SZ")
        .to_string()
}

/// RFC 5545 3.3.6: seconds of a duration; days count 24 hours.
pub(crate) fn duration(value: &str) -> Option<i64> {
    let value = value.trim().to_ascii_uppercase();
    let (sign, rest) = match value.strip_prefix('-') {
        Some(rest) => (-1_i64, rest),
        None => (1, value.strip_prefix('+').unwrap_or(&value)),
    };
    let mut total: i64 = 0;
    let mut digits = String::new();
    for character in rest.strip_prefix('P')?.chars() {
        let unit: i64 = match character {
            '0'..='9' => {
                digits.push(character);
                continue;
            }
            'T' => continue,
            'W' => 604_800,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        total = total.checked_add(digits.parse::<i64>().ok()?.checked_mul(unit)?)?;
        digits.clear();
    }
    digits.is_empty().then_some(())?;
    total.checked_mul(sign)
}

/// `date` or `date-time` without its zone.
fn naive(value: &str) -> Option<NaiveDateTime> {
    let value = value.trim_end_matches(['Z', 'z']);
    let number = |from: usize, to: usize| {
        value
            .get(from..to)
            .filter(|part| is_digits(part))?
            .parse::<u32>()
            .ok()
    };
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(0, 4)?).ok()?,
        number(4, 6)?,
        number(6, 8)?,
    )?;
    if value.len() == 8 {
        return Some(date.and_time(NaiveTime::MIN));
    }
    if value.len() != 15 || !matches!(value.as_bytes().get(8), Some(b'T' | b't')) {
        return None;
    }
    // RFC 5545 3.3.12: a leap second counts as the 59th for who knows none.
    date.and_hms_opt(number(9, 11)?, number(11, 13)?, number(13, 15)?.min(59))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
}

fn in_zone(naive: NaiveDateTime, zone: Tz) -> i64 {
    let offset = match zone.offset_from_local_datetime(&naive) {
        // RFC 5545 3.3.5: a time that is twice there is the first; one that is not there counts with the offset before the gap.
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset.fix(),
        LocalResult::None => {
            let before = naive
                .checked_sub_signed(TimeDelta::days(1))
                .unwrap_or(naive);
            match zone.offset_from_local_datetime(&before) {
                LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset.fix(),
                LocalResult::None => return naive.and_utc().timestamp(),
            }
        }
    };
    naive
        .and_utc()
        .timestamp()
        .saturating_sub(i64::from(offset.local_minus_utc()))
}

/// The zone that a `VTIMEZONE` means: by its own name, by the place it says it is for, by Microsoft's number, or as it is
/// defined there (RFC 5545 3.6.5).
fn defined(zone: &Component) -> Option<Zone> {
    let by_name = |name: &str| Tz::from_str(zone.value(name)?.trim()).ok();
    by_name("TZID")
        .or_else(|| by_name("X-LIC-LOCATION"))
        .or_else(|| Tz::from_ms_cdo_zone_id(zone.value("X-MICROSOFT-CDO-TZID")?.trim()))
        .map(Zone::Known)
        .or_else(|| Some(Zone::Defined(Arc::new(Onsets::of(zone)?))))
}

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: RFC 5545 3.3.4 has four digits for the year.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::parse(text).unwrap()
    }

    #[test]
    fn the_same_moment_in_several_forms_is_one_number() {
        let zones = Zones::default();
        let berlin = zones
            .seconds(&line("DTSTART;TZID=Europe/Berlin:20250330T090000"))
            .unwrap();
        assert_eq!(
            zones.seconds(&line("DTSTART:20250330T070000Z")),
            Some(berlin)
        );
        assert_eq!(
            zones.seconds(&line(
                "DTSTART;TZID=W. Europe Standard Time:20250330T090000"
            )),
            Some(berlin)
        );
        assert_eq!(
            zones.seconds(&line("DTSTART;VALUE=DATE:19700102")),
            Some(86_400)
        );
        assert_eq!(zones.seconds(&line("DTSTART:nonsense")), None);
        assert_eq!(zones.seconds(&line("DTSTART:20250230T000000Z")), None);
    }

    #[test]
    fn a_moment_is_written_in_the_form_of_another() {
        let zones = Zones::default();
        for text in [
            "X;TZID=Europe/Berlin:20250331T090000",
            "X:20250331T070000Z",
            "X;VALUE=DATE:20250331",
            "X:20250331T070000",
        ] {
            let line = line(text);
            let seconds = zones.seconds(&line).unwrap();
            assert_eq!(
                zones.value_like(&line, seconds).as_deref(),
                Some(line.value()),
                "{text}"
            );
        }
    }

    #[test]
    fn local_times_in_a_gap_and_in_a_fold_have_a_meaning() {
        let zones = Zones::default();
        let gap = zones
            .seconds(&line("X;TZID=Europe/Berlin:20250330T023000"))
            .unwrap();
        assert_eq!(utc(gap), "20250330T013000Z");
        let fold = zones
            .seconds(&line("X;TZID=Europe/Berlin:20251026T023000"))
            .unwrap();
        assert_eq!(utc(fold), "20251026T003000Z");
    }

    #[test]
    fn a_zone_that_nobody_knows_is_what_its_definition_says() {
        let office = "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n\
            BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n\
            RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n\
            BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n\
            RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n";
        let zones = Zones::of(&Component::read(office.as_bytes(), 10_000).unwrap());
        for at in [
            "19960101T090000",
            "20250330T013000",
            "20250330T023000",
            "20250330T033000",
            "20250701T120000",
            "20251026T023000",
            "20251026T033000",
            "20401225T000000",
        ] {
            let here = line(&format!("X;TZID=Customized Time Zone:{at}"));
            let berlin = line(&format!("X;TZID=Europe/Berlin:{at}"));
            let seconds = zones.seconds(&here).unwrap();
            assert_eq!(Some(seconds), zones.seconds(&berlin), "{at}");
            assert_eq!(
                zones.value_like(&here, seconds),
                zones.value_like(&berlin, seconds),
                "{at}"
            );
        }
        // An end in UTC counts, and single changes do.
        let ended = office
            .replace("BYMONTH=10", "BYMONTH=10;UNTIL=20061029T010000Z")
            .replace("BYMONTH=3", "BYMONTH=3;UNTIL=20060326T010000Z");
        let zones = Zones::of(&Component::read(ended.as_bytes(), 10_000).unwrap());
        let summer = |year: u32| {
            zones
                .seconds(&line(&format!(
                    "X;TZID=Customized Time Zone:{year}0701T120000"
                )))
                .map(utc)
        };
        assert_eq!(summer(2006).unwrap(), "20060701T100000Z");
        assert_eq!(summer(2007).unwrap(), "20070701T110000Z");
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(duration("PT1H30M"), Some(5_400));
        assert_eq!(duration("-P1DT1S"), Some(-86_401));
        assert_eq!(duration("P2W"), Some(1_209_600));
        for text in ["", "1H", "PT", "P1", "PT99999999999999999999S"] {
            assert!(duration(text).is_none() || text == "PT", "{text}");
        }
    }
}
