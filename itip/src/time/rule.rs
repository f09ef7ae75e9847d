//! A recurrence rule on the clock of the wall, as RFC 5545 3.3.10 counts it: no zone is needed to follow it.

use calcard::icalendar::ICalendar;
use calcard::{Entry, Parser};

use super::utc;
use crate::line::Line;

/// A calendar with one event that follows a rule; `first` is on the clock of the wall.
pub(crate) fn series(rule: &str, first: i64) -> Option<ICalendar> {
    let rule = Line::new("RRULE", rule);
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:{}\r\nDURATION:PT1S\r\nRRULE:{}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n",
        utc(first),
        rule.value()
    );
    if let Entry::ICalendar(calendar) = Parser::new(&text).entry() {
        Some(calendar)
    } else {
        None
    }
}
