//! `C:calendar-query`, `C:calendar-multiget` and `C:free-busy-query` (RFC 4791 7.8 to 7.10).

use std::ops::Range;

use icalendar::Filter;

use super::filter::{calendar_filter, time_range};
use super::{hrefs, selection};
use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::precondition::Precondition;
use crate::codec::request::Selection;
use crate::codec::xml::Element;

/// A calendar-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarQuery {
    /// What to say of each object that fits.
    pub selection: Selection,
    /// What fits.
    pub filter: Filter,
    /// The zone of floating times.
    pub timezone: Option<TimezoneSource>,
}

/// The zone of floating times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimezoneSource {
    /// An iCalendar text with one `VTIMEZONE` (RFC 4791 9.8).
    Text(String),
    /// A name (RFC 7809 4.3.3).
    Id(String),
}

/// A calendar-multiget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarMultiget {
    /// What to say of each object.
    pub selection: Selection,
    /// Which, as written: percent-encoded paths or URIs.
    pub hrefs: Vec<String>,
}

/// A free-busy-query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeBusyQuery {
    /// When: seconds since 1970; an end that is not said is `i64`'s.
    pub range: Range<i64>,
}

impl CalendarQuery {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let space = &Namespace::CalDav;
        let filter = root.child(space, "filter");
        // RFC 4791 7.8: a filter without the calendar itself says nothing sensible.
        let filter = filter
            .and_then(|filter| filter.child(space, "comp-filter"))
            .ok_or(Fault::Refused(Precondition::ValidFilter))?;
        let text = root.child(space, "timezone").map(Element::text);
        let id = root.child(space, "timezone-id").map(Element::word);
        Ok(Self {
            selection: selection(root)?,
            filter: calendar_filter(filter)?,
            timezone: match (text, id) {
                (Some(text), _) => Some(TimezoneSource::Text(text)),
                (None, Some(id)) => Some(TimezoneSource::Id(id)),
                (None, None) => None,
            },
        })
    }
}

impl CalendarMultiget {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        Ok(Self {
            selection: selection(root)?,
            hrefs: hrefs(root)?,
        })
    }
}

impl FreeBusyQuery {
    pub(super) fn read(root: &Element) -> Result<Self, Fault> {
        let range = root.child(&Namespace::CalDav, "time-range");
        let range = range.ok_or(Fault::Expected("`C:time-range`"))?;
        Ok(Self {
            range: time_range(range)?,
        })
    }
}
