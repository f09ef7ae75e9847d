//! Scheduling messages as they are sent: what is told, to whom, about which occurrences.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::component::Component;
use crate::fault::Fault;
use crate::limits::MESSAGE_OCTETS_MAX;
use crate::line::Line;
use crate::object::Object;
use crate::time::utc;
use crate::words::Method;
use crate::zone::{DEFINITIONS_MAX, definition};

/// A message to one address. Messages to several may share their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is for.
    pub method: Method,
    /// Who sends it: the organizer of an invitation, the participant of an answer. Without `mailto:`, in lower case.
    pub from: String,
    /// Whom it goes to, in the same form.
    pub to: String,
    /// The `UID` of the object.
    pub uid: String,
    /// The original starts of the occurrences it is about (seconds since 1970 UTC); empty where it is about the whole.
    pub instances: Vec<i64>,
    /// The iCalendar text with its `METHOD`.
    pub text: Arc<str>,
}

/// What a client or server change asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The text to be stored where it differs from what the client sent.
    ///
    /// RFC 6638 3.2.10: then the answer must not carry an entity tag.
    pub text: Option<String>,
    /// What is to be delivered, cancellations before invitations.
    pub messages: Vec<Message>,
}

/// Puts components into a calendar with a method and the time zones that they name.
pub(crate) fn envelope(
    object: &Object,
    method: Method,
    items: Vec<Component>,
) -> Result<String, Fault> {
    let text = assemble(object, method, items.clone()).write();
    if text.len() <= MESSAGE_OCTETS_MAX {
        return Ok(text);
    }
    // What is attached inside the text stays at home when it is too much for a mail.
    let mut slim = items;
    for item in &mut slim {
        item.lines
            .retain(|line| !(line.is("ATTACH") && line.parameter("ENCODING").is_some()));
    }
    let text = assemble(object, method, slim).write();
    if text.len() <= MESSAGE_OCTETS_MAX {
        Ok(text)
    } else {
        Err(Fault::TooLarge {
            what: "octets of a message",
            limit: MESSAGE_OCTETS_MAX,
        })
    }
}

fn assemble(object: &Object, method: Method, items: Vec<Component>) -> Component {
    let mut root = Component::new("VCALENDAR");
    root.lines = vec![
        Line::new("PRODID", PRODID),
        Line::new("VERSION", "2.0"),
        Line::new("METHOD", method.as_str()),
    ];
    if let Some(scale) = object.root.line("CALSCALE") {
        root.lines.push(scale.clone());
    }
    let named: BTreeSet<String> = items
        .iter()
        .flat_map(|item| &item.lines)
        .filter_map(|line| line.parameter("TZID"))
        .collect();
    let zones = object
        .root
        .children
        .iter()
        .filter(|child| child.is("VTIMEZONE"));
    let used = zones.filter(|zone| {
        zone.value("TZID")
            .is_some_and(|name| named.contains(name.trim()))
    });
    root.children = used.cloned().collect();
    let defined: BTreeSet<&str> = root
        .children
        .iter()
        .filter_map(|zone| zone.value("TZID"))
        .map(str::trim)
        .collect();
    let missing = named.iter().filter(|name| !defined.contains(name.trim()));
    let made: Vec<Component> = missing
        .take(DEFINITIONS_MAX)
        .filter_map(|name| definition(name, object))
        .collect();
    root.children.extend(made);
    root.children.extend(items);
    root
}

/// A component as others may see it.
///
/// RFC 5546 3.2.2: alarms are not sent. RFC 6638 7: neither are the parameters that speak to the server.
pub(crate) fn outward(item: &Component, now: i64) -> Component {
    let mut item = item.clone();
    item.children.retain(|child| !child.is("VALARM"));
    item.lines
        .retain(|line| !is_private(line) && !line.is("REQUEST-STATUS"));
    for line in &mut item.lines {
        if line.is_one_of(&["ATTENDEE", "ORGANIZER"]) {
            strip_server_parameters(line);
        }
    }
    item.set("DTSTAMP", &utc(now));
    item
}

/// Removes what only the server of its owner may read of a participant's or organizer's line.
pub(crate) fn strip_server_parameters(line: &mut Line) {
    line.retain_parameters(|name| !name.starts_with("SCHEDULE-") && name != REPLIED);
}

/// What a program keeps for its owner in the object.
pub(crate) fn is_private(line: &Line) -> bool {
    let upper = line.name().to_ascii_uppercase();
    PRIVATE.iter().any(|start| upper.starts_with(start))
}

/// When a participant's newest answer was made: RFC 5546 2.1.5 wants it remembered per participant.
pub(crate) const REPLIED: &str = "X-WACHPOST-REPLIED";

/// RFC 5545 3.7.3: who made the text.
pub(crate) const PRODID: &str = "-//Wachpost//Scheduling//EN";

/// What Thunderbird and Apple's Calendar keep for their owner in the object.
const PRIVATE: [&str; 4] = [
    "X-MOZ-",
    "X-APPLE-TRAVEL-",
    "X-APPLE-DEFAULT-ALARM",
    "X-CALENDARSERVER-",
];
