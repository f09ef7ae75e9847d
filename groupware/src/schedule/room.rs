//! Rooms and equipment: they answer invitations by themselves, and are never booked twice.
//!
//! A message to a room lies in its scheduling inbox until a booking takes it from there: the answer, what it changes in the
//! room's calendar, and the message's end are one write, which is refused if the calendar changed in between. Bookings of
//! one room take turns, and each takes all that wait.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use icalendar::{CalendarObject, Status, Zone};
use itip::{Addresses, Answer, Kind, PartStat};
use model::{AccountId, Actor, PathSegment, Principal, PrincipalId};
use store::{Change, CollectionChange, Condition, Head, Request, TagChange};

use super::deliver::{Copy, condition};
use super::fault::refused;
use super::others::Answered;
use super::round::Outgoing;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::collection::{default_calendar, inbox, wrap};
use crate::error::Error;
use crate::object::{Object, ObjectView};

/// Messages a booking takes at once.
const MESSAGES_AT_ONCE: usize = 32;
/// Occurrences of one booking that are looked at; a room that is asked for more declines.
const OCCURRENCES_MAX: usize = 2_000;
/// How far an endless series is looked at, in seconds: two years. Exchange looks half a year ahead.
const HORIZON_SECONDS: i64 = 2 * 366 * 86_400;

/// When the room is taken, and by which object.
type Taken = Vec<(Range<i64>, String)>;

impl Groupware {
    /// Lets a room or a piece of equipment answer all that waits in its inbox. What cannot be answered now stays there
    /// and is answered next time.
    pub(super) async fn answer_as_resource(&self, resource: PrincipalId) {
        if let Err(error) = self.answer_all(resource).await {
            tracing::warn!(%error, account = %resource, "a room could not answer its invitations yet");
        }
    }

    /// Answers what waits in the inboxes of rooms: after a crash a message may lie there that nobody asks for again.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub async fn answer_waiting_invitations(&self) -> Result<(), Error> {
        for principal in self.directory.resources().await? {
            let head = self.store.engine().head(principal.id.into())?;
            let waits = |head: &Arc<Head>| inbox(head).is_some_and(|inbox| inbox.objects > 0);
            if head.as_ref().is_some_and(waits) {
                self.answer_as_resource(principal.id).await;
            }
        }
        Ok(())
    }

    async fn answer_all(&self, resource: PrincipalId) -> Result<(), Error> {
        let account = AccountId::from(resource);
        let principal = self.known_principal(resource).await?;
        let who = self.addresses_of(&principal).await?;
        let _turn = self.turns.of(account).await;
        let mut at_once = MESSAGES_AT_ONCE;
        let mut attempts = 0;
        while attempts < ATTEMPTS_MAX {
            let head = self.ensure_collections(resource).await?;
            let inbox = inbox(&head).ok_or(Error::NotFound)?;
            let waiting = self.object_view(&head, inbox.id).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            let (requests, answered) = self
                .bookings(&principal, &who, &head, &waiting, at_once)
                .await?;
            match self.store.commit_together(requests).await {
                Ok(_) => {
                    attempts = 0;
                    self.tell_others(&as_resource(&principal), answered).await;
                }
                Err((_, error)) => {
                    // Somebody's object changed in between: those who are not concerned shall not wait for it.
                    tracing::debug!(%error, "bookings are tried again");
                    at_once = 1;
                    attempts += 1;
                }
            }
        }
        Err(Error::StateMismatch)
    }

    /// The requests that answer the first messages which wait, and what the other participants are to see of it.
    async fn bookings(
        &self,
        principal: &Arc<Principal>,
        who: &Addresses,
        head: &Arc<Head>,
        waiting: &ObjectView,
        at_once: usize,
    ) -> Result<(Vec<Request>, Vec<Answered>), Error> {
        let calendar = default_calendar(head).ok_or(Error::NotFound)?;
        let view = self.object_view(head, calendar.id).await?;
        let mut messages: Vec<Arc<Object>> = waiting.iter().cloned().collect();
        messages.sort_by_key(|object| (object.row.changed, object.row.object));
        messages.truncate(at_once);
        let bodies = self.bodies(&messages).await?;
        let mut booking = Booking {
            groupware: self,
            head,
            who,
            caller: Caller::new(as_resource(principal)),
            view: &view,
            changes: vec![wrap(CollectionChange::Unchanged {
                collection: calendar.id,
                since: view.until(),
            })],
            outgoing: Outgoing::default(),
            own: Vec::new(),
            touched: Vec::new(),
            replaced: Vec::new(),
        };
        for (object, body) in messages.iter().zip(bodies) {
            let uid = &object.row.uid;
            // Two messages about one object are answered one after the other.
            if booking.touched.contains(uid) {
                continue;
            }
            booking.touched.push(uid.clone());
            if let Some(body) = body
                && let Err(error) = booking.message(uid, &body).await
            {
                tracing::info!(%error, "a message to a room is not understood");
            }
            booking.changes.push(wrap(CollectionChange::DestroyObject {
                collection: object.row.collection,
                name: object.row.name.clone(),
                scheduled: true,
                condition: Condition::Any,
            }));
        }
        let own = self.request(&booking.caller, head.account, booking.changes);
        let answered = std::mem::take(&mut booking.outgoing.answered);
        Ok((booking.outgoing.requests(own).0, answered))
    }
}

/// A room that acts by itself.
fn as_resource(principal: &Principal) -> Actor {
    Actor {
        principal: Some(principal.id),
        ..Actor::system()
    }
}

/// Messages being answered.
struct Booking<'a> {
    groupware: &'a Groupware,
    head: &'a Arc<Head>,
    who: &'a Addresses,
    caller: Caller,
    view: &'a ObjectView,
    /// What changes in the room's account.
    changes: Vec<Change>,
    outgoing: Outgoing,
    /// What these messages book themselves.
    own: Taken,
    /// The objects that these messages were about.
    touched: Vec<String>,
    /// Those of them that are not as the view has them any more.
    replaced: Vec<String>,
}

impl Booking<'_> {
    async fn message(&mut self, uid: &str, body: &[u8]) -> Result<(), Error> {
        let groupware = self.groupware;
        let now = groupware.clock.now().seconds();
        let copy = groupware.copy_of(self.head, uid).await?;
        let stored = copy.as_ref().map(|copy| copy.body.as_slice());
        let effect =
            itip::received(stored, body, self.who, None, now).map_err(|fault| refused(&fault))?;
        let itip::Change::Store(text) = effect.change else {
            return Ok(());
        };
        if effect.kind == Kind::Cancelled {
            let is_over = effect.instances.is_empty();
            return self.keep(uid, copy, (!is_over).then_some(text)).await;
        }
        if !effect.invited {
            return Ok(());
        }
        let times = times(&text, now)?;
        let is_free = match &times {
            Some(times) => self.is_free(uid, times).await?,
            None => false,
        };
        let part_stat = if is_free {
            PartStat::Accepted
        } else {
            PartStat::Declined
        };
        let answer = Answer {
            part_stat,
            comment: None,
            instance: None,
        };
        let replied =
            itip::reply(text.as_bytes(), self.who, answer, now).map_err(|fault| refused(&fault))?;
        groupware
            .route(
                &self.caller,
                &mut self.outgoing,
                &BTreeMap::new(),
                &replied.message,
            )
            .await?;
        if is_free {
            self.keep(uid, copy, Some(replied.text)).await
        } else {
            // Who moves a meeting to where the room is taken has it no longer at the old time.
            self.keep(uid, copy, None).await
        }
    }

    /// Stores the room's copy, or takes it away.
    async fn keep(
        &mut self,
        uid: &str,
        copy: Option<Copy>,
        text: Option<String>,
    ) -> Result<(), Error> {
        self.replaced.push(uid.to_owned());
        let Some(text) = text else {
            if let Some(copy) = copy {
                self.changes.push(wrap(CollectionChange::DestroyObject {
                    collection: copy.row.collection,
                    name: copy.row.name.clone(),
                    scheduled: true,
                    condition: condition(Some(&copy)),
                }));
            }
            return Ok(());
        };
        let times = times(&text, self.groupware.clock.now().seconds())?.unwrap_or_default();
        self.own
            .extend(times.into_iter().map(|time| (time, uid.to_owned())));
        let (collection, name) = match &copy {
            Some(copy) => (copy.row.collection, copy.row.name.clone()),
            None => (
                self.view.collection().id,
                super::deliver::name_for(uid.as_bytes())?,
            ),
        };
        let prepared = self
            .groupware
            .prepared(self.head.account, collection, text.into_bytes())
            .await?;
        let put = prepared.put(
            collection,
            PathSegment::clone(&name),
            TagChange::New,
            None,
            condition(copy.as_ref()),
        );
        self.changes.push(put);
        Ok(())
    }

    /// Whether nothing else takes the room at these times.
    async fn is_free(&self, uid: &str, times: &[Range<i64>]) -> Result<bool, Error> {
        let Some(span) = span(times) else {
            return Ok(true);
        };
        let overlaps = |taken: &Range<i64>| {
            // `times` is in order: the first that ends behind the begin decides.
            let first = times.partition_point(|time| time.end <= taken.start);
            times.get(first).is_some_and(|time| time.start < taken.end)
        };
        let by_others = self.own.iter().filter(|(_, by)| by != uid);
        if by_others.into_iter().any(|(taken, _)| overlaps(taken)) {
            return Ok(false);
        }
        let candidates = self.view.iter().filter(|object| {
            object.row.uid != uid
                && !self.replaced.contains(&object.row.uid)
                && object.summary.calendar().is_none_or(|summary| {
                    summary.status != Status::Cancelled && summary.may_overlap(&span)
                })
        });
        let candidates: Vec<Arc<Object>> = candidates.cloned().collect();
        for (_, object) in self.groupware.read_objects(candidates).await? {
            let Some(object) = object else {
                return Ok(false);
            };
            match object.occurrences(span.clone(), &Zone::UTC, OCCURRENCES_MAX) {
                Ok(found) => {
                    if found.iter().any(|time| overlaps(&(time.start..time.end))) {
                        return Ok(false);
                    }
                }
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }
}

/// When an object takes place, in order; none where that is too often to be looked at.
fn times(text: &str, now: i64) -> Result<Option<Vec<Range<i64>>>, Error> {
    let object = CalendarObject::read(text.as_bytes())?;
    let summary = object.summary();
    let last = summary.last.unwrap_or(i64::MAX);
    let range = summary.first.unwrap_or(i64::MIN)
        ..last.saturating_add(1).min(
            now.max(summary.first.unwrap_or(now))
                .saturating_add(HORIZON_SECONDS),
        );
    Ok(object
        .occurrences(range, &Zone::UTC, OCCURRENCES_MAX)
        .ok()
        .map(|found| {
            let mut times: Vec<Range<i64>> =
                found.iter().map(|time| time.start..time.end).collect();
            times.sort_by_key(|time| (time.start, time.end));
            times
        }))
}

fn span(times: &[Range<i64>]) -> Option<Range<i64>> {
    let start = times.iter().map(|time| time.start).min()?;
    let end = times.iter().map(|time| time.end).max()?;
    Some(start..end)
}
