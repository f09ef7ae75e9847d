//! Definitions of time zones that an object names and does not bring.

use calcard::{Entry, Parser};

use crate::component::Component;
use crate::object::Object;
use crate::occurrence::span;

/// RFC 7809 3.1.2: clients leave out the definitions of zones that everybody knows; RFC 5546 wants them in messages. Makes the
/// `VTIMEZONE` of an IANA or Windows zone for the years of the object and ten more.
pub(crate) fn definition(name: &str, object: &Object) -> Option<Component> {
    let spans = object.items().filter_map(|item| span(item, &object.zones));
    let (first, last) = spans.fold((i64::MAX, i64::MIN), |(first, last), (start, end)| {
        (first.min(start), last.max(end))
    });
    if first > last {
        return None;
    }
    let from = first.max(EARLIEST).saturating_sub(YEAR);
    let to = last.min(LATEST).max(from).saturating_add(10 * YEAR);
    if to.saturating_sub(from) > SPAN_MAX {
        return None;
    }
    let Entry::ICalendar(mut calendar) =
        Parser::new("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n").entry()
    else {
        return None;
    };
    calendar.add_timezone(name, from, to)?;
    let root = Component::read(calendar.to_string().as_bytes(), OCTETS_MAX).ok()?;
    root.children
        .into_iter()
        .find(|child| child.is("VTIMEZONE"))
}

/// Zones that are made for one message.
pub(crate) const DEFINITIONS_MAX: usize = 8;

const YEAR: i64 = 366 * 86_400;
/// 1970: rules before that interest no calendar.
const EARLIEST: i64 = 0;
/// 2100.
const LATEST: i64 = 4_102_444_800;
/// More than a working life of changes of the clock is not worked out.
const SPAN_MAX: i64 = 60 * YEAR;
/// A zone of sixty years has some 130 changes of about 120 octets each.
const OCTETS_MAX: usize = 128 * 1024;
