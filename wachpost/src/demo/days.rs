//! Days around the day on which the demonstration is made, as iCalendar writes them.

use model::Timestamp;

const DAY_SECONDS: i64 = 86_400;
/// 1970-01-01 was a Thursday: three days after a Monday.
const FIRST_DAY_AFTER_MONDAY: i64 = 3;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
}

impl Weekday {
    pub(super) const ALL: [Self; 5] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
    ];
}

/// Counts days from the day it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Days {
    now: Timestamp,
}

impl Days {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { now }
    }

    fn today(self) -> i64 {
        self.now.seconds().div_euclid(DAY_SECONDS)
    }

    /// RFC 5545 3.3.4: the day so many days from today, such as `20261122`.
    pub(super) fn day(self, from_today: i64) -> String {
        let seconds = (self.today() + from_today) * DAY_SECONDS;
        let text = admin::moment::to_text(Timestamp(seconds * 1_000));
        text.chars()
            .take(10)
            .filter(|character| *character != '-')
            .collect()
    }

    /// How many days from today this weekday is, so many weeks from the current one.
    pub(super) fn weekday(self, day: Weekday, weeks: i64) -> i64 {
        let since_monday = (self.today() + FIRST_DAY_AFTER_MONDAY).rem_euclid(7);
        weeks * 7 + day as i64 - since_monday
    }

    /// RFC 5545 3.3.5: the moment it is, in UTC.
    pub(super) fn stamp(self) -> String {
        let text = admin::moment::to_text(self.now);
        let digits: String = text
            .chars()
            .take(19)
            .filter(|character| !matches!(character, '-' | ':'))
            .collect();
        format!("{digits}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_months_and_weeks() {
        // Sunday, 2026-11-22.
        let days = Days::new(Timestamp(1_795_306_496_789));
        assert_eq!(days.stamp(), "20261122T001456Z");
        assert_eq!(days.day(0), "20261122");
        assert_eq!(days.day(9), "20261201");
        assert_eq!(days.day(days.weekday(Weekday::Monday, 0)), "20261116");
        assert_eq!(days.day(days.weekday(Weekday::Friday, 1)), "20261127");
    }
}
