//! An organizer's change: the messages it asks for, and the object as it must be stored (RFC 6638 3.2.1).

mod revision;

mod roster;

mod news;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::address::{Addresses, of, uri};
use crate::component::Component;
use crate::fault::Fault;
use crate::limits::PLAN_OCTETS_MAX;
use crate::line::Line;
use crate::message::{Message, Plan, envelope, outward};
use crate::object::{Object, is_cancelled, participant, sequence};
use crate::occurrence::occurrence;
use crate::words::Method;

use self::news::{News, Side};
use self::roster::Roster;

/// What a `PUT` or `DELETE` of the organizer asks for.
///
/// `old` is the stored text (nothing: the object is new), `new` the text that shall be stored (nothing: it is deleted), `who`
/// are all addresses of the organizer, `now` is the time that the messages are stamped with, in seconds.
///
/// # Errors
/// [`Fault::NotOrganizer`] where `new` is organized by somebody else, [`Fault::OrganizerChange`] where another becomes the
/// organizer or the `UID` changes, [`Fault::SameOrganizer`], [`Fault::Malformed`] and [`Fault::TooLarge`] for the text.
pub fn organizer_changed(
    old: Option<&[u8]>,
    new: Option<&[u8]>,
    who: &Addresses,
    now: i64,
) -> Result<Plan, Fault> {
    // What is stored and cannot be scheduled was never sent to anybody.
    let old = old
        .and_then(|text| Object::read(text).ok())
        .filter(Object::is_scheduling);
    let mut new = new.map(Object::read).transpose()?;
    check(old.as_ref(), new.as_ref(), who)?;
    let mut plan = Plan::default();
    let mut forced = Vec::new();
    if let Some(new) = &mut new {
        forced = revision::take_forced(new);
        if revision::revise(old.as_ref(), new, who) || !forced.is_empty() {
            plan.text = Some(new.write());
        }
    }
    plan.messages = messages(old.as_ref(), new.as_ref(), &forced, who, now)?;
    Ok(plan)
}

/// The newest invitation for one participant; nothing where he is not invited. RFC 5546 3.2.6: the answer to a `REFRESH`.
pub(crate) fn invitation(
    object: &Object,
    address: &str,
    now: i64,
) -> Result<Option<Message>, Fault> {
    let who = Addresses::new([address]);
    let invited = object
        .items()
        .filter(|item| participant(item, &who).is_some() && !is_cancelled(item));
    let alive: BTreeSet<Option<i64>> = invited.map(|item| object.instance(item)).collect();
    if alive.is_empty() {
        return Ok(None);
    }
    let text = envelope(object, Method::Request, Side::of(object).view(&alive, now))?;
    let is_whole = alive.contains(&None);
    Ok(Some(Message {
        method: Method::Request,
        from: object.organizer_address().unwrap_or_default(),
        to: address.to_owned(),
        uid: object.uid.clone(),
        instances: alive.into_iter().flatten().filter(|_| !is_whole).collect(),
        text: text.into(),
    }))
}

/// RFC 6638 3.2.4.3: an organizer may not hand the object over by changing it.
fn check(old: Option<&Object>, new: Option<&Object>, who: &Addresses) -> Result<(), Fault> {
    let is_mine = |object: &Object| {
        object
            .organizer_address()
            .is_none_or(|address| who.contains(&address))
    };
    if new.is_some_and(|new| !is_mine(new)) {
        return Err(if old.is_some() {
            Fault::OrganizerChange("ORGANIZER")
        } else {
            Fault::NotOrganizer
        });
    }
    if old.is_some_and(|old| !is_mine(old)) {
        return Err(Fault::NotOrganizer);
    }
    match (old, new) {
        (Some(old), Some(new)) if old.uid != new.uid => Err(Fault::OrganizerChange("UID")),
        _ => Ok(()),
    }
}

fn messages(
    old: Option<&Object>,
    new: Option<&Object>,
    forced: &[String],
    who: &Addresses,
    now: i64,
) -> Result<Vec<Message>, Fault> {
    let before = old.map(Side::of).unwrap_or_default();
    let after = new
        .filter(|object| object.is_scheduling())
        .map(Side::of)
        .unwrap_or_default();
    let roster = Roster::of(&before, &after, forced, who);
    let from = new
        .and_then(Object::organizer_address)
        .or_else(|| old.and_then(Object::organizer_address));
    let from = from.unwrap_or_default();
    let mut writer = Writer {
        before,
        after,
        from,
        now,
        octets: 0,
        cancels: Vec::new(),
        requests: Vec::new(),
    };
    for (group, addresses) in roster.groups() {
        let news = News::between(&writer.before, &writer.after, group);
        writer.cancel(&news, addresses)?;
        writer.request(&news, addresses)?;
    }
    let mut messages = writer.cancels;
    messages.append(&mut writer.requests);
    Ok(messages)
}

struct Writer<'a> {
    before: Side<'a>,
    after: Side<'a>,
    from: String,
    now: i64,
    octets: usize,
    cancels: Vec<Message>,
    requests: Vec<Message>,
}

impl Writer<'_> {
    /// RFC 5546 3.2.5: the participants who lose something stand in the cancellation, with the occurrences they lose.
    fn cancel(&mut self, news: &News, addresses: &[String]) -> Result<(), Fault> {
        let Some(object) = self.before.object.filter(|_| !news.cancelled.is_empty()) else {
            return Ok(());
        };
        let mut items = Vec::new();
        for instance in &news.cancelled {
            items.extend(self.cancelled(object, *instance, addresses));
        }
        if items.is_empty() {
            return Ok(());
        }
        let instances: Vec<i64> = news
            .cancelled
            .iter()
            .filter_map(|instance| *instance)
            .collect();
        let text = self.account(envelope(object, Method::Cancel, items)?)?;
        self.send(Method::Cancel, &object.uid, &instances, &text, addresses);
        Ok(())
    }

    fn cancelled(
        &self,
        object: &Object,
        instance: Option<i64>,
        addresses: &[String],
    ) -> Option<Component> {
        let item = match (object.find(instance), instance) {
            (Some(item), _) => item.clone(),
            (None, Some(original)) => occurrence(object, original)?,
            (None, None) => return None,
        };
        let mut item = outward(&item, self.now);
        item.lines
            .retain(|line| !line.is("ATTENDEE") || addresses.contains(&of(line)));
        let named: Vec<String> = item.all("ATTENDEE").map(of).collect();
        for address in addresses.iter().filter(|address| !named.contains(address)) {
            item.lines.push(Line::new("ATTENDEE", &uri(address)));
        }
        item.set("STATUS", "CANCELLED");
        // RFC 5546 2.1.4: a cancellation is a revision of its own, and never older than what is stored now.
        let stored = self.after.sequence(instance).unwrap_or(0);
        item.set(
            "SEQUENCE",
            &stored.max(sequence(&item).saturating_add(1)).to_string(),
        );
        Some(item)
    }

    fn request(&mut self, news: &News, addresses: &[String]) -> Result<(), Fault> {
        let Some(object) = self.after.object.filter(|_| news.invited) else {
            return Ok(());
        };
        let items = self.after.view(&news.alive, self.now);
        let is_whole = news.alive.contains(&None);
        let instances: Vec<i64> = news
            .alive
            .iter()
            .filter_map(|instance| *instance)
            .filter(|_| !is_whole)
            .collect();
        let text = self.account(envelope(object, Method::Request, items)?)?;
        self.send(Method::Request, &object.uid, &instances, &text, addresses);
        Ok(())
    }

    fn account(&mut self, text: String) -> Result<Arc<str>, Fault> {
        self.octets = self.octets.saturating_add(text.len());
        if self.octets > PLAN_OCTETS_MAX {
            return Err(Fault::TooLarge {
                what: "octets of messages",
                limit: PLAN_OCTETS_MAX,
            });
        }
        Ok(text.into())
    }

    fn send(
        &mut self,
        method: Method,
        uid: &str,
        instances: &[i64],
        text: &Arc<str>,
        addresses: &[String],
    ) {
        let messages = addresses.iter().map(|address| Message {
            method,
            from: self.from.clone(),
            to: address.clone(),
            uid: uid.to_owned(),
            instances: instances.to_vec(),
            text: Arc::clone(text),
        });
        let messages: Vec<Message> = messages.collect();
        if method == Method::Cancel {
            self.cancels.extend(messages)
        } else {
            self.requests.extend(messages)
        }
    }
}

/// Components by the occurrence they are for.
type ByInstance<'a> = HashMap<Option<i64>, &'a Component>;

#[cfg(test)]
mod tests;
