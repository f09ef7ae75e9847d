//! Civil time: days and seconds of the proleptic Gregorian calendar as plain numbers.
//!
//! A *day* is counted from 1970-01-01; a *local second* from its midnight on the wall clock, whatever the zone.

/// Seconds of one day.
pub(crate) const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00, the first second any calendar can speak of.
pub(crate) const FIRST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59, the last one. RFC 5545 3.3.4: a year has four digits.
pub(crate) const LAST: i64 = 253_402_300_799;

/// A day as year, month and day of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

/// The number of a day; months count from 1. The date must exist.
pub(crate) const fn day_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + days - 719_468
}

/// The date of a day.
pub(crate) const fn date_of(day: i64) -> Date {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    Date {
        year: year + era * 400 + if month <= 2 { 1 } else { 0 },
        month,
        day: of_year - (153 * shifted_month + 2) / 5 + 1,
    }
}

/// Days of a month.
pub(crate) const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of a year.
pub(crate) const fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// The day of the week, Monday 0 to Sunday 6.
pub(crate) const fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of the week a day lies in and of the weeks of that week's year.
///
/// RFC 5545 3.3.10: week 1 is the first with at least four days in the year (ISO 8601, with any first day).
pub(crate) const fn week_of(day: i64, week_start: i64) -> (i64, i64) {
    let monday = day - (weekday(day) - week_start).rem_euclid(7);
    // The year that holds the week's fourth day is the week's year.
    let year = date_of(monday + 3).year;
    let first = first_week(year, week_start);
    let weeks = (first_week(year + 1, week_start) - first) / 7;
    ((monday - first) / 7 + 1, weeks)
}

/// The first day of week 1.
const fn first_week(year: i64, week_start: i64) -> i64 {
    let fourth = day_of(year, 1, 4);
    fourth - (weekday(fourth) - week_start).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(day_of(1970, 1, 1), 0);
        assert_eq!(day_of(2000, 3, 1), 11_017);
        let mut day = day_of(1, 1, 1);
        assert_eq!(day * DAY, FIRST);
        for year in 1..=2400 {
            for month in 1..=12 {
                for date in 1..=days_in_month(year, month) {
                    assert_eq!(day_of(year, month, date), day);
                    assert_eq!(
                        date_of(day),
                        Date {
                            year,
                            month,
                            day: date
                        }
                    );
                    day += 1;
                }
            }
        }
        assert_eq!(day_of(10_000, 1, 1) * DAY - 1, LAST);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        assert_eq!(weekday(day_of(2026, 11, 22)), 6);
        assert_eq!(week_of(day_of(2026, 1, 1), 0), (1, 53));
        assert_eq!(week_of(day_of(2027, 1, 1), 0), (53, 53));
        assert_eq!(week_of(day_of(2024, 12, 30), 0), (1, 52));
        // RFC 5545 3.8.5.3: with weeks from Monday, week 20 of 1997 begins on 12 May.
        assert_eq!(week_of(day_of(1997, 5, 12), 0).0, 20);
    }
}
