//! A participant's change of his copy: what he may change, and the answer it gives (RFC 6638 3.2.2).

mod allowed;

use std::collections::{BTreeSet, HashMap};

use crate::address::{Addresses, of};
use crate::answer;
use crate::component::Component;
use crate::difference::is_inherited;
use crate::fault::Fault;
use crate::line::Line;
use crate::message::{Message, Plan};
use crate::object::{Object, is_cancelled, participant, said};
use crate::occurrence::occurrence;
use crate::words::{Method, PartStat, ScheduleAgent};

/// Whether a deletion is told to the organizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attendance {
    /// RFC 6638 8.1: `Schedule-Reply: T`, or no such header.
    #[default]
    Told,
    /// RFC 6638 8.1: `Schedule-Reply: F`.
    Silent,
}

/// What a `PUT` or `DELETE` of a participant asks for: at most one message, to the organizer.
///
/// `old` is the stored text (nothing: the copy is new), `new` what shall be stored (nothing: the copy is deleted), `who` are all
/// addresses of the participant.
///
/// # Errors
/// [`Fault::ParticipantChange`] where something changes that is the organizer's, [`Fault::SameOrganizer`], and
/// [`Fault::Malformed`] and [`Fault::TooLarge`] for the text.
pub fn attendee_changed(
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    who: &Addresses,
    attendance: Attendance,
    now: i64,
) -> Result<Plan, Fault> {
    let old = old
        .and_then(|text| Object::read(text).ok())
        .filter(Object::is_scheduling);
    let mut new = new.map(Object::read).transpose()?;
    let mut plan = Plan::default();
    let is_forced = new.as_mut().is_some_and(take_forced);
    if is_forced && let Some(new) = &new {
        plan.text = Some(new.write());
    }
    let is_server = |object: &Object| is_scheduled_by_server(object, who);
    if let (Some(old), Some(new)) = (&old, &new)
        && is_server(old)
    {
        allowed::check(old, new, who)?;
    }
    let items = match (&old, &new) {
        (_, Some(new)) if is_server(new) => answers(old.as_ref(), new, who, is_forced, now),
        (Some(old), None) if is_server(old) && attendance == Attendance::Told => {
            refusals(old, who, now)
        }
        _ => Vec::new(),
    };
    if let Some(object) = new.as_ref().or(old.as_ref()).filter(|_| !items.is_empty()) {
        plan.messages.push(reply(object, items)?);
    }
    Ok(plan)
}

fn reply(object: &Object, items: Vec<Component>) -> Result<Message, Fault> {
    let from = items
        .first()
        .and_then(|item| item.line("ATTENDEE"))
        .map(of)
        .unwrap_or_default();
    answer::message(object, Method::Reply, items, &from)
}

/// RFC 6638 7.1: on the copy of a participant the organizer's line says who sends the answer.
fn is_scheduled_by_server(object: &Object, who: &Addresses) -> bool {
    let agent = object
        .organizer()
        .and_then(|line| line.parameter("SCHEDULE-AGENT"));
    object.is_scheduling()
        && agent.is_none_or(|agent| ScheduleAgent::parse(&agent) == ScheduleAgent::Server)
        && object
            .organizer_address()
            .is_some_and(|organizer| !who.contains(&organizer))
}

/// RFC 6638 7.2: the participant wants the organizer to be told in any case. The wish is not stored.
fn take_forced(new: &mut Object) -> bool {
    let mut is_forced = false;
    for line in new
        .items_mut()
        .flat_map(|item| &mut item.lines)
        .filter(|line| line.is("ORGANIZER"))
    {
        is_forced |= line.set_parameter("SCHEDULE-FORCE-SEND", None);
    }
    is_forced
}

/// RFC 6638 3.2.2.3: one component for the series or an occurrence where the answer differs from the stored one.
fn answers(
    old: Option<&Object>,
    new: &Object,
    who: &Addresses,
    is_forced: bool,
    now: i64,
) -> Vec<Component> {
    let before: HashMap<Option<i64>, &Component> = old
        .into_iter()
        .flat_map(|old| old.items().map(|item| (old.instance(item), item)))
        .collect();
    let mut out = Vec::new();
    for item in new.items() {
        let Some(answer) = participant(item, who).map(said) else {
            continue;
        };
        let instance = new.instance(item);
        let stored = before.get(&instance).or_else(|| before.get(&None));
        let was = stored.and_then(|item| Some((participant(item, who).map(said)?, comments(item))));
        let is_new = match was {
            Some((was, comments_then)) => {
                was != answer
                    || (answer != PartStat::NeedsAction && comments_then != comments(item))
            }
            None => answer != PartStat::NeedsAction,
        };
        if is_new || is_forced {
            out.push(answer::component(item, who, answer, None, now));
        }
    }
    stand_by(new, who, now, &mut out);
    out.extend(old.into_iter().flat_map(|old| left_out(old, new, who, now)));
    out
}

/// Whoever reads an answer to the series takes it for all occurrences; those with another answer are named again.
fn stand_by(new: &Object, who: &Addresses, now: i64, out: &mut Vec<Component>) {
    let Some(master) = new
        .master()
        .filter(|_| out.iter().any(|item| item.line("RECURRENCE-ID").is_none()))
    else {
        return;
    };
    let of_series = participant(master, who).map(said);
    let named: BTreeSet<i64> = out.iter().filter_map(|item| new.instance(item)).collect();
    for item in new.items() {
        let Some(original) = new
            .instance(item)
            .filter(|original| !named.contains(original))
        else {
            continue;
        };
        let answer = participant(item, who)
            .map(said)
            .filter(|answer| Some(*answer) != of_series);
        if let Some(answer) = answer.filter(|_| is_inherited(item, master, original, &new.zones)) {
            out.push(answer::component(item, who, answer, None, now));
        }
    }
}

/// RFC 6638 3.2.2.1: an occurrence that the participant takes out of his copy is one that he declines.
fn left_out(old: &Object, new: &Object, who: &Addresses, now: i64) -> Vec<Component> {
    let originals: BTreeSet<i64> = new
        .excluded()
        .difference(&old.excluded())
        .copied()
        .collect();
    let mut out = Vec::new();
    for original in originals {
        let item = old.find(Some(original)).cloned();
        let item = item.or_else(|| occurrence(old, original));
        let said = item
            .as_ref()
            .and_then(|item| participant(item, who))
            .map(said);
        if let Some(item) = item.filter(|item| {
            said.is_some_and(|said| said != PartStat::Declined) && !is_cancelled(item)
        }) {
            out.push(answer::component(&item, who, PartStat::Declined, None, now));
        }
    }
    out
}

/// RFC 6638 3.2.2.4: to delete is to decline; for who has declined or whom the organizer has cancelled there is nothing to say.
fn refusals(old: &Object, who: &Addresses, now: i64) -> Vec<Component> {
    let open = |item: &&Component| {
        participant(item, who).is_some_and(|line| said(line) != PartStat::Declined)
            && !is_cancelled(item)
    };
    let refuse = |item: &Component| answer::component(item, who, PartStat::Declined, None, now);
    match old.master().filter(|item| participant(item, who).is_some()) {
        Some(master) => Some(master).filter(open).map(refuse).into_iter().collect(),
        None => old.items().filter(open).map(refuse).collect(),
    }
}

fn comments(item: &Component) -> Vec<&str> {
    item.all("COMMENT").map(Line::value).collect()
}
