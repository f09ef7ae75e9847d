//! Part: one component of a calendar object with what it says about time, read and checked.

mod reading;

pub(crate) use reading::Reader;

use crate::moment::Moment;
use crate::rule::Rule;
use crate::value::Duration;
use crate::zone::Zone;

/// What a calendar object is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Kind {
    /// VEVENT.
    Event,
    /// VTODO.
    Task,
    /// VJOURNAL.
    Journal,
    /// VFREEBUSY.
    FreeBusy,
    /// VAVAILABILITY (RFC 7953).
    Availability,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Event,
        Self::Task,
        Self::Journal,
        Self::FreeBusy,
        Self::Availability,
    ];

    /// The component's name in iCalendar.
    #[must_use]
    pub const fn component(self) -> &'static str {
        match self {
            Self::Event => "VEVENT",
            Self::Task => "VTODO",
            Self::Journal => "VJOURNAL",
            Self::FreeBusy => "VFREEBUSY",
            Self::Availability => "VAVAILABILITY",
        }
    }

    /// The kind of a component, by name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| name.eq_ignore_ascii_case(kind.component()))
    }
}

/// One component: the master of a series, a single event, or an override.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// Its number in the tree.
    pub(crate) component: usize,
    pub(crate) kind: Kind,
    pub(crate) start: Option<Moment>,
    pub(crate) end: End,
    pub(crate) recurrence_id: Option<Moment>,
    /// RFC 5545 3.2.13: the override holds for later occurrences, too.
    pub(crate) this_and_future: bool,
    pub(crate) rules: Vec<Rule>,
    /// RFC 2445 4.8.5.2; RFC 5545 has dropped it, files have not.
    pub(crate) except_rules: Vec<Rule>,
    pub(crate) dates: Vec<AddedDate>,
    /// Whether any of them has an end of its own.
    pub(crate) has_periods: bool,
    pub(crate) except_dates: Vec<Moment>,
    /// Of a task (RFC 4791 9.9).
    pub(crate) completed: Option<i64>,
    pub(crate) created: Option<i64>,
}

/// How a component's end is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Not at all.
    Open,
    /// DTEND or DUE.
    At(Moment),
    /// DURATION.
    After(Duration),
}

/// One value of RDATE.
#[derive(Clone, Debug)]
pub(crate) struct AddedDate {
    pub(crate) start: Moment,
    /// What the value itself says about its end; [`End::Open`]: as long as all the others.
    pub(crate) end: End,
}

/// How long each occurrence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// By the stopwatch.
    Exact(i64),
    /// By the calendar.
    Nominal(Duration),
}

impl Length {
    /// The instant at which an occurrence ends that starts at this moment.
    pub(crate) fn end_of(self, start: &Moment, instant: i64, floating: &Zone) -> i64 {
        match self {
            Self::Exact(seconds) => instant.saturating_add(seconds),
            Self::Nominal(duration) => start.instant_after(duration, floating),
        }
    }

    /// Seconds it cannot exceed, the hours of a clock change included.
    pub(crate) fn seconds_max(self) -> i64 {
        match self {
            Self::Exact(seconds) => seconds.max(0),
            Self::Nominal(duration) => duration.approximate().max(0).saturating_add(3 * 3_600),
        }
    }
}

impl Part {
    /// Whether it stands for more than one occurrence.
    pub(crate) const fn is_recurring(&self) -> bool {
        !self.rules.is_empty() || !self.dates.is_empty()
    }

    /// How long it takes from its start on.
    pub(crate) fn length(&self, floating: &Zone) -> Length {
        let Some(start) = &self.start else {
            return Length::Exact(0);
        };
        length_of(start, &self.end, floating)
    }
}

/// RFC 5545 3.6.1: without an end a day lasts a day, and a time no time. RFC 5545 3.8.5.3: an end that is said as a time
/// gives each occurrence the same exact length, a duration the same nominal one.
pub(crate) fn length_of(start: &Moment, end: &End, floating: &Zone) -> Length {
    match end {
        End::At(end) if start.is_date() && end.is_date() => {
            let days = (end.local() - start.local())
                .div_euclid(crate::civil::DAY)
                .max(0);
            Length::Nominal(Duration { days, seconds: 0 })
        }
        // RFC 5545 3.8.2.2: an end lies after the start; where it does not, the occurrence takes no time.
        End::At(end) => Length::Exact(
            end.instant(floating)
                .saturating_sub(start.instant(floating))
                .max(0),
        ),
        End::After(duration) if duration.approximate() >= 0 => Length::Nominal(*duration),
        End::Open if start.is_date() => Length::Nominal(Duration {
            days: 1,
            seconds: 0,
        }),
        End::After(_) | End::Open => Length::Exact(0),
    }
}
