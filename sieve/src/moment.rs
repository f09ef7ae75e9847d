//! Moments and the parts of them that tests compare (RFC 5260 4.2).

/// A moment, told in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Seconds since 1970 in the zone, as if it were UTC.
    local: i64,
    offset_minutes: i32,
}

/// Seconds of the years 0 to 9999: what is beyond has no date in mail.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;
const DAY_SECONDS: i64 = 86_400;

impl Moment {
    pub(crate) fn new(seconds: i64, offset_minutes: i32) -> Self {
        let offset_minutes = offset_minutes.clamp(-24 * 60, 24 * 60);
        let local = seconds.saturating_add(i64::from(offset_minutes) * 60);
        Self {
            local: local.clamp(*SECONDS.start(), *SECONDS.end()),
            offset_minutes,
        }
    }

    /// RFC 5260 4.2: date-part; none if there is no such part.
    pub(crate) fn part(self, name: &str) -> Option<String> {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        Some(match name.to_ascii_lowercase().as_str() {
            "year" => format!("{year:04}"),
            "month" => format!("{month:02}"),
            "day" => format!("{day:02}"),
            "date" => format!("{year:04}-{month:02}-{day:02}"),
            // The Modified Julian Day: days since 17 November 1858.
            "julian" => (self.days() + 40_587).to_string(),
            "hour" => format!("{hour:02}"),
            "minute" => format!("{minute:02}"),
            "second" => format!("{second:02}"),
            "time" => format!("{hour:02}:{minute:02}:{second:02}"),
            "iso8601" => {
                // RFC 5260 4.2: no offset is `Z`.
                let zone = if self.offset_minutes == 0 {
                    "Z".to_owned()
                } else {
                    self.zone(":")
                };
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
            }
            "std11" => self.rfc_5322(),
            "zone" => self.zone(""),
            // Sunday is 0; 1 January 1970 was a Thursday.
            "weekday" => self.weekday().to_string(),
            _ => return None,
        })
    }

    /// RFC 5322 3.3: date-time.
    pub(crate) fn rfc_5322(self) -> String {
        const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        let weekday = usize::try_from(self.weekday())
            .ok()
            .and_then(|day| WEEKDAYS.get(day));
        let month = usize::try_from(month - 1)
            .ok()
            .and_then(|month| MONTHS.get(month));
        let (weekday, month) = (weekday.unwrap_or(&"Sun"), month.unwrap_or(&"Jan"));
        let zone = self.zone("");
        format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} {zone}")
    }

    fn days(self) -> i64 {
        self.local.div_euclid(DAY_SECONDS)
    }

    fn weekday(self) -> i64 {
        (self.days() + 4).rem_euclid(7)
    }

    fn time(self) -> (i64, i64, i64) {
        let second = self.local.rem_euclid(DAY_SECONDS);
        (second / 3_600, second / 60 % 60, second % 60)
    }

    fn zone(self, between: &str) -> String {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.abs();
        format!("{sign}{:02}{between}{:02}", minutes / 60, minutes % 60)
    }

    /// Year, month and day of the Gregorian calendar, by eras of 400 years that begin in March.
    fn date(self) -> (i64, i64, i64) {
        let days = self.days() + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year, month, day)
    }
}

/// RFC 5260 4.1: a zone such as `+0100`, in minutes.
pub(crate) fn offset_minutes(zone: &str) -> Option<i32> {
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    (number % 100 < 60).then(|| sign * (number / 100 * 60 + number % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_in_their_zone() {
        // Wed, 7 Dec 2005 05:08:02 -0500
        let moment = Moment::new(1_133_950_082, -300);
        for (part, value) in [
            ("year", "2005"),
            ("MONTH", "12"),
            ("day", "07"),
            ("date", "2005-12-07"),
            ("julian", "53711"),
            ("hour", "05"),
            ("minute", "08"),
            ("second", "02"),
            ("time", "05:08:02"),
            ("iso8601", "2005-12-07T05:08:02-05:00"),
            ("std11", "Wed, 07 Dec 2005 05:08:02 -0500"),
            ("zone", "-0500"),
            ("weekday", "3"),
        ] {
            assert_eq!(moment.part(part).as_deref(), Some(value), "{part}");
        }
        assert_eq!(moment.part("century"), None);
    }

    #[test]
    fn days_before_1970_and_leap_days_are_right() {
        assert_eq!(
            Moment::new(-1, 0).part("iso8601").unwrap(),
            "1969-12-31T23:59:59Z"
        );
        assert_eq!(
            Moment::new(951_782_400, 0).part("date").unwrap(),
            "2000-02-29"
        );
        assert_eq!(
            Moment::new(i64::MAX, 1_000_000).part("year").unwrap(),
            "9999"
        );
        assert_eq!(Moment::new(i64::MIN, 0).part("date").unwrap(), "0000-01-01");
    }

    #[test]
    fn zones_are_read() {
        assert_eq!(offset_minutes("+0100"), Some(60));
        assert_eq!(offset_minutes("-0530"), Some(-330));
        for bad in ["0100", "+100", "+01:00", "+0160", "UTC", "+ 100"] {
            assert_eq!(offset_minutes(bad), None, "{bad}");
        }
    }
}
