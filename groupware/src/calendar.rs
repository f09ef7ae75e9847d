//! Calendars asked: which objects match, and when somebody is busy.

mod free_busy;

mod parsed;

mod query;

pub(crate) use parsed::{ParsedBudget, ParsedSlot};

use crate::error::Error;
use crate::refusal::Refusal;

impl From<icalendar::Fault> for Error {
    fn from(fault: icalendar::Fault) -> Self {
        match fault {
            icalendar::Fault::TooLarge { .. } => Self::TooLarge,
            icalendar::Fault::Data { .. } => Refusal::CalendarData.into(),
            icalendar::Fault::Object { .. } => Refusal::CalendarObject.into(),
            icalendar::Fault::Component => Refusal::CalendarComponent.into(),
            icalendar::Fault::TooManyInstances { .. } => Refusal::Occurrences.into(),
        }
    }
}
