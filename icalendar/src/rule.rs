//! Recurrence rule: RFC 5545 3.3.10, read and made ready to be expanded.

mod expansion;

pub(crate) use expansion::Expansion;

use crate::civil::{DAY, weekday};
use crate::limit::{COUNT_STEPS_MAX, RULE_VALUES_MAX};
use crate::value::{Stamp, StampForm, stamp};

/// A recurrence rule whose end is known, if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) freq: Frequency,
    pub(crate) interval: i64,
    count: Option<u32>,
    until: Option<Stamp>,
    /// The last local second at which it may have an occurrence, from UNTIL or COUNT; set by [`Rule::settle`].
    pub(crate) last: Option<i64>,
    pub(crate) by_second: Vec<i64>,
    pub(crate) by_minute: Vec<i64>,
    pub(crate) by_hour: Vec<i64>,
    /// Ordinal (0 for every) and day of the week, Monday 0.
    pub(crate) by_day: Vec<(i64, i64)>,
    pub(crate) by_month_day: Vec<i64>,
    pub(crate) by_year_day: Vec<i64>,
    pub(crate) by_week: Vec<i64>,
    pub(crate) by_month: Vec<i64>,
    pub(crate) by_position: Vec<i64>,
    pub(crate) week_start: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// COUNT is beyond what may be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Rule {
    /// The `recur` of RFC 5545.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let mut rule = Self::every(Frequency::Daily);
        let mut freq = None;
        for part in text.trim().trim_end_matches(';').split(';') {
            let (name, value) = part
                .split_once('=')
                .ok_or("a part of a recurrence rule without `=`")?;
            let value = value.trim();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => freq = Some(frequency(value).ok_or("an unknown frequency")?),
                "UNTIL" => rule.until = Some(stamp(value).ok_or("UNTIL is no date")?),
                "COUNT" => {
                    rule.count = Some(
                        value
                            .parse()
                            .ok()
                            .filter(|count| *count > 0)
                            .ok_or("COUNT is no number")?,
                    )
                }
                "INTERVAL" => {
                    let interval: u32 = value.parse().map_err(|_| "INTERVAL is no number")?;
                    rule.interval = i64::from(interval.clamp(1, INTERVAL_MAX));
                }
                "BYSECOND" => rule.by_second = numbers(value, 0, 60).ok_or("BYSECOND")?,
                "BYMINUTE" => rule.by_minute = numbers(value, 0, 59).ok_or("BYMINUTE")?,
                "BYHOUR" => rule.by_hour = numbers(value, 0, 23).ok_or("BYHOUR")?,
                "BYDAY" => rule.by_day = days(value).ok_or("BYDAY")?,
                "BYMONTHDAY" => rule.by_month_day = signed(value, 31).ok_or("BYMONTHDAY")?,
                "BYYEARDAY" => rule.by_year_day = signed(value, 366).ok_or("BYYEARDAY")?,
                "BYWEEKNO" => rule.by_week = signed(value, 53).ok_or("BYWEEKNO")?,
                "BYMONTH" => rule.by_month = numbers(value, 1, 12).ok_or("BYMONTH")?,
                "BYSETPOS" => rule.by_position = signed(value, 366).ok_or("BYSETPOS")?,
                "WKST" => rule.week_start = day_name(value).ok_or("WKST")?,
                // RFC 7529 4.1: a calendar scale that is not known cannot be guessed; the Gregorian one is what we have.
                "RSCALE" if !value.eq_ignore_ascii_case("GREGORIAN") => {
                    return Err("a calendar scale other than GREGORIAN");
                }
                "SKIP" if !value.eq_ignore_ascii_case("OMIT") => {
                    return Err("SKIP other than OMIT");
                }
                // RFC 5545 3.3.10 has no other parts, but vendors' `X-` parts are harmless.
                _ => {}
            }
        }
        rule.freq = freq.ok_or("a recurrence rule without FREQ")?;
        // A leap second is taken as the one before it, as in values.
        rule.by_second
            .iter_mut()
            .for_each(|second| *second = (*second).min(59));
        for list in [
            &mut rule.by_second,
            &mut rule.by_minute,
            &mut rule.by_hour,
            &mut rule.by_month,
        ] {
            list.sort_unstable();
            list.dedup();
        }
        rule.by_day.sort_unstable();
        rule.by_day.dedup();
        Ok(rule)
    }

    /// A rule without any restriction.
    pub(crate) const fn every(freq: Frequency) -> Self {
        Self {
            freq,
            interval: 1,
            count: None,
            until: None,
            last: None,
            by_second: Vec::new(),
            by_minute: Vec::new(),
            by_hour: Vec::new(),
            by_day: Vec::new(),
            by_month_day: Vec::new(),
            by_year_day: Vec::new(),
            by_week: Vec::new(),
            by_month: Vec::new(),
            by_position: Vec::new(),
            week_start: 0,
        }
    }

    /// Finds where the rule ends for a series that starts at this local second; `to_local` turns UTC into its zone's time.
    ///
    /// A rule with COUNT is counted once, here, so that every later question may begin where it likes.
    pub(crate) fn settle(
        &mut self,
        start: Stamp,
        to_local: impl FnOnce(i64) -> i64,
    ) -> Result<(), TooMany> {
        if let Some(until) = self.until {
            // RFC 5545 3.3.10: UNTIL is inclusive. A DATE bounds a series of times at the end of its day; a time
            // bounds a series of days on its day (both are mixed up by clients, and both are plain to understand).
            self.last = Some(match until.form {
                StampForm::Date => until.local + DAY - 1,
                StampForm::Utc if start.form == StampForm::Local => to_local(until.local),
                StampForm::Utc | StampForm::Local => until.local,
            });
        }
        if let Some(count) = self.count {
            let counted = self.counted(start.local, count)?;
            self.last = Some(self.last.map_or(counted, |last| last.min(counted)));
        }
        self.normalize(start.local);
        Ok(())
    }

    /// RFC 5545 3.3.10: what the rule leaves open is taken from DTSTART.
    fn normalize(&mut self, start: i64) {
        let no_day =
            self.by_day.is_empty() && self.by_month_day.is_empty() && self.by_year_day.is_empty();
        if !no_day {
            return;
        }
        let day = start.div_euclid(DAY);
        let date = crate::civil::date_of(day);
        match self.freq {
            Frequency::Yearly if !self.by_week.is_empty() => self.by_day = vec![(0, weekday(day))],
            Frequency::Yearly => {
                if self.by_month.is_empty() {
                    self.by_month = vec![date.month];
                }
                self.by_month_day = vec![date.day];
            }
            Frequency::Monthly => self.by_month_day = vec![date.day],
            Frequency::Weekly => self.by_day = vec![(0, weekday(day))],
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely | Frequency::Secondly => {}
        }
    }

    /// The local second of the occurrence that is the last of `count`.
    fn counted(&self, start: i64, count: u32) -> Result<i64, TooMany> {
        if let Some(unit) = self.plain_unit() {
            let span = i64::from(count - 1)
                .saturating_mul(self.interval)
                .saturating_mul(unit);
            return Ok(start.saturating_add(span).min(crate::civil::LAST));
        }
        let mut ready = self.clone();
        ready.normalize(start);
        let mut expansion = Expansion::new(&ready, start, start);
        // RFC 5545 3.3.10: DTSTART always counts as the first occurrence, in the pattern or not.
        let mut left = i64::from(count);
        let mut last = start;
        if expansion.peek() != Some(start) {
            left -= 1;
        }
        while left > 0 {
            if expansion.steps() > COUNT_STEPS_MAX {
                return Err(TooMany);
            }
            let Some((of_period, at)) = expansion.skip_period(left) else {
                break;
            };
            left -= of_period;
            last = at;
        }
        Ok(last)
    }

    /// Seconds between two occurrences, where all are alike.
    fn plain_unit(&self) -> Option<i64> {
        let plain = self.by_second.is_empty()
            && self.by_minute.is_empty()
            && self.by_hour.is_empty()
            && self.by_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_year_day.is_empty()
            && self.by_week.is_empty()
            && self.by_month.is_empty()
            && self.by_position.is_empty();
        let unit = match self.freq {
            Frequency::Secondly => 1,
            Frequency::Minutely => 60,
            Frequency::Hourly => 3_600,
            Frequency::Daily => DAY,
            Frequency::Weekly => 7 * DAY,
            Frequency::Monthly | Frequency::Yearly => return None,
        };
        plain.then_some(unit)
    }
}

/// Periods between two of a rule: more would leave the calendar.
const INTERVAL_MAX: u32 = 1_000_000_000;

fn frequency(name: &str) -> Option<Frequency> {
    Some(match name.to_ascii_uppercase().as_str() {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn numbers(list: &str, least: i64, most: i64) -> Option<Vec<i64>> {
    let mut found = Vec::new();
    for item in list.split(',') {
        let number: i64 = item.trim().parse().ok()?;
        if !(least..=most).contains(&number) || found.len() >= RULE_VALUES_MAX {
            return None;
        }
        found.push(number);
    }
    Some(found)
}

/// Numbers from 1 to `most`, or as many from the end.
fn signed(list: &str, most: i64) -> Option<Vec<i64>> {
    numbers(list, -most, most).filter(|found| !found.contains(&0))
}

fn days(list: &str) -> Option<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    for item in list.split(',') {
        let item = item.trim();
        let split = item
            .len()
            .checked_sub(2)
            .filter(|place| item.is_char_boundary(*place))?;
        let (ordinal, name) = item.split_at(split);
        let ordinal: i64 = match ordinal.trim() {
            "" => 0,
            ordinal => ordinal.parse().ok().filter(|number| *number != 0)?,
        };
        if !(-53..=53).contains(&ordinal) || found.len() >= RULE_VALUES_MAX {
            return None;
        }
        found.push((ordinal, day_name(name)?));
    }
    Some(found)
}

fn day_name(name: &str) -> Option<i64> {
    let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    (0..)
        .zip(names)
        .find(|(_, known)| name.trim().eq_ignore_ascii_case(known))
        .map(|(day, _)| day)
}

#[cfg(test)]
mod tests;
