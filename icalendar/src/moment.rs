//! Moment: a DATE or DATE-TIME with its zone, so with a place on the time line.

use crate::civil::DAY;
use crate::value::{Duration, Stamp, StampForm, stamp, write_date, write_time};
use crate::zone::Zone;

/// A point of time as a calendar says it (RFC 5545 3.3.4, 3.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds on the wall clock since 1970; in UTC for [`Form::Utc`].
    local: i64,
    form: Form,
}

/// The four ways to say a point of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A day, wherever one is.
    Date,
    /// A time of the wall clock, wherever one is.
    Floating,
    /// A time in UTC.
    Utc,
    /// A time of the wall clock of a place.
    Zoned(Zone),
}

impl Moment {
    /// Reads a value; `zone` is what its TZID parameter stands for.
    pub(crate) fn read(text: &str, zone: Option<&Zone>) -> Option<Self> {
        Some(Self::of(stamp(text)?, zone))
    }

    pub(crate) fn of(stamp: Stamp, zone: Option<&Zone>) -> Self {
        let form = match (stamp.form, zone) {
            (StampForm::Date, _) => Form::Date,
            // RFC 5545 3.2.19: TZID is not for times in UTC.
            (StampForm::Utc, _) => Form::Utc,
            (StampForm::Local, Some(zone)) => Form::Zoned(zone.clone()),
            (StampForm::Local, None) => Form::Floating,
        };
        Self {
            local: stamp.local,
            form,
        }
    }

    /// What the wall clock shows, as seconds since its 1970.
    #[must_use]
    pub const fn local(&self) -> i64 {
        self.local
    }

    /// How it is said.
    #[must_use]
    pub const fn form(&self) -> &Form {
        &self.form
    }

    /// Whether it is a day without a time.
    #[must_use]
    pub const fn is_date(&self) -> bool {
        matches!(self.form, Form::Date)
    }

    /// Whether it is on the time line only for somebody at a place.
    #[must_use]
    pub const fn is_floating(&self) -> bool {
        matches!(self.form, Form::Date | Form::Floating)
    }

    /// Its instant in seconds since 1970 UTC; `floating` is the zone for what has none (RFC 4791 5.2.2, 7.3).
    #[must_use]
    pub fn instant(&self, floating: &Zone) -> i64 {
        self.zone(floating).to_utc(self.local)
    }

    /// The same way of saying it for another wall clock time.
    pub(crate) fn at(&self, local: i64) -> Self {
        Self {
            local,
            form: self.form.clone(),
        }
    }

    /// The zone its wall clock time is in.
    pub(crate) fn zone<'zone>(&'zone self, floating: &'zone Zone) -> &'zone Zone {
        match &self.form {
            Form::Date | Form::Floating => floating,
            Form::Utc => &Zone::UTC,
            Form::Zoned(zone) => zone,
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        let form = match self.form {
            Form::Date => StampForm::Date,
            Form::Utc => StampForm::Utc,
            Form::Floating | Form::Zoned(_) => StampForm::Local,
        };
        Stamp {
            local: self.local,
            form,
        }
    }

    /// The instant a duration later. RFC 5545 3.3.6: days go by the wall clock, seconds by the stopwatch.
    pub(crate) fn instant_after(&self, duration: Duration, floating: &Zone) -> i64 {
        let local = self.local.saturating_add(duration.days.saturating_mul(DAY));
        self.zone(floating)
            .to_utc(local)
            .saturating_add(duration.seconds)
    }

    /// Parameters and value of a content line that says it without a zone: days and floating times stay, all else is UTC.
    ///
    /// RFC 4791 9.6.5: expanded occurrences refer to no time zone.
    pub(crate) fn without_zone(&self) -> String {
        match &self.form {
            Form::Date => format!(";VALUE=DATE:{}", write_date(self.local)),
            Form::Floating => format!(":{}", write_time(self.local)),
            Form::Utc => format!(":{}Z", write_time(self.local)),
            Form::Zoned(zone) => format!(":{}Z", write_time(zone.to_utc(self.local))),
        }
    }
}
