//! Answers: the `REPLY` of a participant, for a series or for single occurrences.

use crate::address::{Addresses, of};
use crate::component::Component;
use crate::fault::Fault;
use crate::line::{Line, escape};
use crate::message::{Message, envelope, strip_server_parameters};
use crate::object::{Object, sequence};
use crate::time::utc;
use crate::words::{Method, PartStat};

/// Makes the component of a reply from one of an object.
///
/// RFC 5546 3.2.3: it names the organizer, only the participant who answers, and the revision that was answered. Start and
/// summary are there for programs that show the mail to people.
pub(crate) fn component(
    item: &Component,
    who: &Addresses,
    answer: PartStat,
    comment: Option<&str>,
    now: i64,
) -> Component {
    let mut out = Component::new(&item.name);
    for line in &item.lines {
        let is_own = line.is("ATTENDEE") && who.contains(&of(line));
        if !is_own && !line.is_one_of(&KEPT) {
            continue;
        }
        let mut line = line.clone();
        if line.is_one_of(&["ATTENDEE", "ORGANIZER"]) {
            strip_server_parameters(&mut line);
        }
        if is_own {
            line.set_parameter("PARTSTAT", Some(answer.as_str()));
            line.set_parameter("RSVP", None);
        }
        out.lines.push(line);
    }
    out.set("DTSTAMP", &utc(now));
    out.set("SEQUENCE", &sequence(item).to_string());
    if let Some(comment) = comment {
        out.remove(&["COMMENT"]);
        out.lines.push(Line::new("COMMENT", &escape(comment)));
    }
    // RFC 5546 3.6: the participant has understood.
    out.lines.push(Line::new("REQUEST-STATUS", "2.0;Success"));
    out
}

/// Puts the components of a reply into a message from the participant to the organizer of `object`.
pub(crate) fn message(
    object: &Object,
    method: Method,
    items: Vec<Component>,
    from: &str,
) -> Result<Message, Fault> {
    let to = object
        .organizer_address()
        .ok_or(Fault::Malformed("there is no organizer"))?;
    let of_series = items
        .iter()
        .any(|item| item.line("RECURRENCE-ID").is_none());
    let instances = items
        .iter()
        .filter_map(|item| object.instance(item))
        .filter(|_| !of_series)
        .collect();
    Ok(Message {
        method,
        from: from.to_owned(),
        to,
        uid: object.uid.clone(),
        instances,
        text: envelope(object, method, items)?.into(),
    })
}

const KEPT: [&str; 15] = [
    "UID",
    "ORGANIZER",
    "RECURRENCE-ID",
    "SEQUENCE",
    "DTSTART",
    "DTEND",
    "DUE",
    "DURATION",
    // They tell the organizer to which times the answer is.
    "RRULE",
    "RDATE",
    "EXRULE",
    "SUMMARY",
    "COMMENT",
    // RFC 5546 3.4.3: how far a task is.
    "PERCENT-COMPLETE",
    "COMPLETED",
];
