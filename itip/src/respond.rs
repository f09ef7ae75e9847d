//! What people and rooms do with an invitation: answer it, propose something else, ask again.

use crate::address::{Addresses, of, uri};
use crate::answer;
use crate::component::Component;
use crate::fault::Fault;
use crate::limits::{COMMENT_OCTETS_MAX, INSTANCES_MAX};
use crate::line::{Line, escape};
use crate::message::{Message, outward};
use crate::object::{Object, is_cancelled, participant, participant_mut};
use crate::occurrence::{exists, occurrence};
use crate::time::utc;
use crate::words::{Method, PartStat};

/// An answer that somebody gives.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// What is answered.
    pub part_stat: PartStat,
    /// A word to the organizer, as plain text.
    pub comment: Option<&'a str>,
    /// The original start of the occurrence that is answered; nothing for the whole.
    pub instance: Option<i64>,
}

/// Other times that somebody proposes.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// Start in seconds.
    pub start: i64,
    /// End in seconds.
    pub end: i64,
    /// A word to the organizer, as plain text.
    pub comment: Option<&'a str>,
    /// The original start of the occurrence that is meant; nothing for the whole.
    pub instance: Option<i64>,
}

/// What an answer leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// The participant's copy as it is to be stored.
    pub text: String,
    /// The `REPLY` to the organizer.
    pub message: Message,
}

/// Answers an invitation: the participant's copy `stored` gets the answer, and the organizer a message.
///
/// An answer to the whole counts also for the overrides that had the same answer as the series, or none.
///
/// # Errors
/// [`Fault::NotParticipant`] where none of `who` is invited, [`Fault::NoInstance`] where there is no such occurrence,
/// [`Fault::Malformed`] and [`Fault::TooLarge`] for the text.
pub fn reply(
    stored: &[u8],
    who: &Addresses,
    answer: Answer<'_>,
    now: i64,
) -> Result<Replied, Fault> {
    let mut object = Object::read(stored)?;
    let comment = answer.comment.map(bounded);
    let mut items = Vec::new();
    for mut item in targets(&object, who, answer.instance)? {
        let own = participant_mut(&mut item, who).ok_or(Fault::NotParticipant)?;
        own.set_parameter("PARTSTAT", Some(answer.part_stat.as_str()));
        items.push(answer::component(
            &item,
            who,
            answer.part_stat,
            comment,
            now,
        ));
        object.put(item);
    }
    if object.items().count() > INSTANCES_MAX {
        return Err(Fault::TooLarge {
            what: "overrides",
            limit: INSTANCES_MAX,
        });
    }
    let from = items
        .first()
        .and_then(|item| item.line("ATTENDEE"))
        .map(of)
        .ok_or(Fault::NotParticipant)?;
    let message = answer::message(&object, Method::Reply, items, &from)?;
    Ok(Replied {
        text: object.write(),
        message,
    })
}

/// Proposes other times to the organizer (RFC 5546 3.2.7). The own copy stays as it is.
///
/// # Errors
/// As [`reply`]; [`Fault::Malformed`] where the end is before the start.
pub fn counter(
    stored: &[u8],
    who: &Addresses,
    proposal: Proposal<'_>,
    now: i64,
) -> Result<Message, Fault> {
    let object = Object::read(stored)?;
    if proposal.end < proposal.start {
        return Err(Fault::Malformed("the end is before the start"));
    }
    let item = one(&object, proposal.instance)?;
    let from = participant(&item, who)
        .map(of)
        .ok_or(Fault::NotParticipant)?;
    let mut item = outward(&item, now);
    item.lines
        .retain(|line| !line.is("ATTENDEE") || who.contains(&of(line)));
    let start = item
        .line("DTSTART")
        .cloned()
        .ok_or(Fault::Malformed("there is no DTSTART"))?;
    let end = item.line("DTEND").or_else(|| item.line("DUE")).cloned();
    let end_name = if object.kind == "VTODO" {
        "DUE"
    } else {
        "DTEND"
    };
    let end = end.unwrap_or_else(|| start.renamed(end_name, start.value()));
    for (mut line, seconds) in [(start, proposal.start), (end, proposal.end)] {
        let value = object
            .zones
            .value_like(&line, seconds)
            .ok_or(Fault::Malformed("a time that cannot be written"))?;
        line.set_value(&value);
        item.put(line);
    }
    item.remove(&["DURATION", "COMMENT"]);
    item.lines.extend(
        proposal
            .comment
            .map(|comment| Line::new("COMMENT", &escape(bounded(comment)))),
    );
    answer::message(&object, Method::Counter, vec![item], &from)
}

/// Asks the organizer for the newest version (RFC 5546 3.2.6).
///
/// # Errors
/// [`Fault::NotParticipant`] where none of `who` is invited; [`Fault::Malformed`], [`Fault::TooLarge`].
pub fn refresh(stored: &[u8], who: &Addresses, now: i64) -> Result<Message, Fault> {
    refresh_of(&Object::read(stored)?, who, now)
}

pub(crate) fn refresh_of(object: &Object, who: &Addresses, now: i64) -> Result<Message, Fault> {
    let line = object
        .items()
        .find_map(|item| participant(item, who))
        .ok_or(Fault::NotParticipant)?;
    let organizer = object
        .organizer()
        .ok_or(Fault::Malformed("there is no organizer"))?;
    let mut out = Component::new(object.kind);
    out.set("UID", &object.uid);
    out.set("DTSTAMP", &utc(now));
    out.lines.push(Line::new("ORGANIZER", &uri(&of(organizer))));
    out.lines.push(Line::new("ATTENDEE", &uri(&of(line))));
    answer::message(object, Method::Refresh, vec![out], &of(line))
}

/// The components that an answer is about.
fn targets(
    object: &Object,
    who: &Addresses,
    instance: Option<i64>,
) -> Result<Vec<Component>, Fault> {
    if instance.is_some() {
        return one(object, instance).map(|item| vec![item]);
    }
    let said = |item: &Component| {
        participant(item, who).map(|line| {
            line.parameter("PARTSTAT")
                .map(|said| PartStat::parse(&said))
        })
    };
    let of_series = object
        .master()
        .and_then(said)
        .map(Option::unwrap_or_default);
    let is_meant = |item: &&Component| {
        let is_master = item.line("RECURRENCE-ID").is_none();
        let answer = said(item).map(Option::unwrap_or_default);
        !is_cancelled(item)
            && answer.is_some()
            && (is_master
                || answer == Some(PartStat::NeedsAction)
                || of_series.is_none()
                || answer == of_series)
    };
    let items: Vec<Component> = object.items().filter(is_meant).cloned().collect();
    if items.is_empty() {
        Err(Fault::NotParticipant)
    } else {
        Ok(items)
    }
}

fn one(object: &Object, instance: Option<i64>) -> Result<Component, Fault> {
    if let Some(item) = object.find(instance) {
        return Ok(item.clone());
    }
    let original = instance.ok_or(Fault::NoInstance)?;
    exists(object, original)?;
    occurrence(object, original).ok_or(Fault::NoInstance)
}

fn bounded(comment: &str) -> &str {
    comment
        .get(..comment.floor_char_boundary(COMMENT_OCTETS_MAX))
        .unwrap_or(comment)
}
