//! One round of scheduling: the change itself, its messages, and what they change, as one write.

use std::collections::BTreeMap;
use std::sync::Arc;

use itip::{Addresses, Attendance, Message, Party, Plan, Scheduled};
use model::{AccountId, CollectionId, CollectionRights, Principal, PrincipalId};
use store::{Change, CollectionChange, Condition, Request, TagChange};

use super::deliver::Prepared;
use super::fault::refused;
use super::others::Answered;
use super::party::Way;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::caller::Caller;
use crate::collection::wrap;
use crate::error::Error;
use crate::object::{Object, ObjectPlace, ObjectPut, object_put};

/// Accounts whose rooms are booked at the same time; two bookings of one room take turns.
const TURNS: usize = 64;

/// RFC 6638 3.2.9: what became of a message to a participant.
mod status {
    /// It was sent, and nothing is known of its fate.
    pub(super) const SENT: &str = "1.1";
    /// It was delivered.
    pub(super) const DELIVERED: &str = "1.2";
    /// There is nobody with this address.
    pub(super) const UNKNOWN: &str = "3.7";
    /// It could not be delivered.
    pub(super) const FAILED: &str = "5.1";
}

/// The turns that bookings take.
#[derive(Debug)]
pub(crate) struct Turns([tokio::sync::Mutex<()>; TURNS]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::new(())))
    }
}

impl Turns {
    /// Waits for the account's turn.
    pub(super) async fn of(&self, account: AccountId) -> tokio::sync::MutexGuard<'_, ()> {
        self.0[account.0 as usize % TURNS].lock().await
    }
}

/// What the caller wants of an object.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its body from now on; none destroys it.
    pub(super) body: Option<Vec<u8>>,
    /// What must hold.
    pub(super) condition: Condition,
    /// Whether the organizer hears that a participant declines by destroying.
    pub(super) tell_organizer: bool,
    /// What else changes in the account with the same write.
    pub(super) also: Vec<Change>,
}

/// The owner of the object that changes.
struct Owner {
    principal: Arc<Principal>,
    addresses: Addresses,
    /// The address of who acts in the owner's place.
    deputy: Option<String>,
}

/// What goes out with the change.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Changes of the account itself, beside the object: mail that waits to be sent, attachments.
    pub(super) own: Vec<Change>,
    /// What other accounts get, one request each, and the addresses it was for.
    others: Vec<(Request, Vec<String>)>,
    /// Rooms that have something to answer now.
    pub(super) resources: Vec<PrincipalId>,
    /// Answers that the other participants see once all is written.
    pub(super) answered: Vec<Answered>,
    /// What became of the messages, by address.
    pub(super) statuses: BTreeMap<String, &'static str>,
}

impl Outgoing {
    /// Adds what another account gets.
    pub(super) fn add(&mut self, request: Request, address: &str) {
        let known = self
            .others
            .iter_mut()
            .find(|(known, _)| known.account == request.account);
        match known {
            Some((known, addresses)) => {
                known.changes.extend(request.changes);
                addresses.push(address.to_owned());
            }
            None => self.others.push((request, vec![address.to_owned()])),
        }
    }

    /// All requests, the given one of the account itself first, and the addresses of the others.
    pub(super) fn requests(self, mut own: Request) -> (Vec<Request>, Vec<Vec<String>>) {
        own.changes.extend(self.own);
        let (to_self, others): (Vec<_>, Vec<_>) = self
            .others
            .into_iter()
            .partition(|(request, _)| request.account == own.account);
        own.changes
            .extend(to_self.into_iter().flat_map(|(request, _)| request.changes));
        let (others, addresses): (Vec<_>, Vec<_>) = others.into_iter().unzip();
        (std::iter::once(own).chain(others).collect(), addresses)
    }
}

impl Groupware {
    /// Changes the object and tells those who take part; tells what became of it, nothing where it was destroyed.
    pub(super) async fn reschedule(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        wanted: Wanted,
    ) -> Result<Option<ObjectPut>, Error> {
        let owner = self.owner(caller, place.account).await?;
        let mut failed: BTreeMap<String, &'static str> = BTreeMap::new();
        for _ in 0..ATTEMPTS_MAX {
            let access = self.collection_access(caller, place.account).await?;
            access.require(place.collection, CollectionRights::WRITE)?;
            let view = self.object_view(&access.head, place.collection).await?;
            let stands = view.get(&place.name).cloned();
            wanted
                .condition
                .check(stands.as_ref().map(|object| &object.row))?;
            let old = match &stands {
                Some(object) => Some(self.body(object).await?),
                None if wanted.body.is_none() => return Err(Error::NotFound),
                None => None,
            };
            let (text, plan) = self.plan(&owner, old.as_deref(), &wanted)?;
            let mut outgoing = Outgoing {
                own: wanted.also.clone(),
                ..Outgoing::default()
            };
            for message in &plan.messages {
                self.route(caller, &mut outgoing, &failed, message).await?;
            }
            let text = text.map(|text| noted(text, &outgoing.statuses));
            let altered = match (&text, &wanted.body) {
                (Some(text), Some(body)) => text != body,
                _ => false,
            };
            let own = self
                .own_request(caller, place, stands.as_deref(), text)
                .await?;
            let resources = std::mem::take(&mut outgoing.resources);
            let answered = std::mem::take(&mut outgoing.answered);
            let (requests, addresses) = outgoing.requests(own);
            match self.store.commit_together(requests).await {
                Ok(done) => {
                    let first = done.first().and_then(|done| done.outcomes.first());
                    let put = match wanted.body {
                        Some(_) => Some(object_put(first, altered)?),
                        None => None,
                    };
                    for resource in resources {
                        self.answer_as_resource(resource).await;
                    }
                    self.tell_others(&caller.actor, answered).await;
                    return Ok(put);
                }
                // Somebody was faster: all is looked at again.
                Err((_, store::Error::StateMismatch)) => {}
                Err((0, error)) => return Err(error.into()),
                Err((at, error)) => match addresses.get(at - 1) {
                    // One who cannot be told does not keep the others from it.
                    Some(addresses) => {
                        tracing::info!(%error, "a scheduling message could not be delivered");
                        let all = addresses.iter().cloned();
                        failed.extend(all.map(|address| (address, status::FAILED)));
                    }
                    None => return Err(error.into()),
                },
            }
        }
        Err(Error::StateMismatch)
    }

    async fn owner(&self, caller: &Caller, account: AccountId) -> Result<Owner, Error> {
        let principal = self.known_principal(account.into()).await?;
        let addresses = self.addresses_of(&principal).await?;
        let deputy = if caller.owns(account) {
            None
        } else {
            let deputy = self.known_principal(caller.principal()?).await?;
            Some(deputy.address.clone())
        };
        Ok(Owner {
            principal,
            addresses,
            deputy,
        })
    }

    /// The text to be stored, and the messages it asks for.
    fn plan(
        &self,
        owner: &Owner,
        old: Option<&[u8]>,
        wanted: &Wanted,
    ) -> Result<(Option<Vec<u8>>, Plan), Error> {
        let now = self.clock.now().seconds();
        let who = &owner.addresses;
        let mut text = wanted.body.clone();
        // The new text tells who is who; where there is none, the old one does.
        let subject = text.as_deref().or(old).unwrap_or_default();
        let scheduled = Scheduled::read(subject).map_err(|fault| refused(&fault))?;
        let of_old = old.and_then(|old| Scheduled::read(old).ok());
        let organized = scheduled.is_organized_by(who)
            || of_old.as_ref().is_some_and(|old| old.is_organized_by(who));
        if let (Some(body), Some(deputy)) = (&text, &owner.deputy) {
            // RFC 5545 3.2.18: whoever acts in somebody's place is named beside them.
            let party = if organized {
                Party::Organizer
            } else {
                Party::Participant(who.main().unwrap_or(&owner.principal.address))
            };
            if let Ok(named) = itip::set_sent_by(body, party, Some(deputy)) {
                text = Some(named.into_bytes());
            }
        }
        let plan = if organized {
            itip::organizer_changed(old, text.as_deref(), who, now)
        } else if scheduled.is_attended_by(who)
            || of_old.as_ref().is_some_and(|old| old.is_attended_by(who))
        {
            let attendance = if wanted.tell_organizer {
                Attendance::Told
            } else {
                Attendance::Silent
            };
            itip::attendee_changed(old, text.as_deref(), who, attendance, now)
        } else {
            // Somebody else's meeting, kept for information: nobody is told anything.
            Ok(Plan::default())
        };
        let mut plan = plan.map_err(|fault| refused(&fault))?;
        if text.is_some()
            && let Some(changed) = plan.text.take()
        {
            text = Some(changed.into_bytes());
        }
        Ok((text, plan))
    }

    /// Finds out where a message goes and prepares what it does there.
    pub(super) async fn route(
        &self,
        caller: &Caller,
        outgoing: &mut Outgoing,
        failed: &BTreeMap<String, &'static str>,
        message: &Message,
    ) -> Result<(), Error> {
        let status = match failed.get(&message.to) {
            Some(code) => code,
            None => match self.way_to(&message.to).await? {
                Way::Account(principal) => match self.delivery(caller, &principal, message).await {
                    Ok(delivered) => {
                        outgoing.answered.extend(delivered.answered);
                        if let Some(request) = delivered.request {
                            outgoing.add(request, &message.to);
                        }
                        status::DELIVERED
                    }
                    Err(Error::Unavailable { retry_after }) => {
                        return Err(Error::Unavailable { retry_after });
                    }
                    Err(_) => status::FAILED,
                },
                Way::Resource(principal) => {
                    let request = self.leave_for(caller, &principal, message).await?;
                    outgoing.add(request, &message.to);
                    outgoing.resources.push(principal.id);
                    status::DELIVERED
                }
                Way::Mail => {
                    self.mail(caller, outgoing, message).await?;
                    status::SENT
                }
                Way::Nowhere => status::UNKNOWN,
            },
        };
        outgoing.statuses.insert(message.to.clone(), status);
        Ok(())
    }

    /// The request that changes the object itself.
    async fn own_request(
        &self,
        caller: &Caller,
        place: &ObjectPlace,
        stands: Option<&Object>,
        text: Option<Vec<u8>>,
    ) -> Result<Request, Error> {
        // What was decided was decided on what stood there.
        let condition = match stands {
            Some(object) => Condition::Body(vec![object.row.blob.id]),
            None => Condition::Absent,
        };
        let change = match text {
            Some(text) => {
                let prepared = self.prepared(place.account, place.collection, text).await?;
                let tag = if prepared.scheduled {
                    TagChange::New
                } else if stands.is_some_and(|object| object.row.schedule_tag.is_some()) {
                    TagChange::Keep
                } else {
                    TagChange::None
                };
                prepared.put(place.collection, place.name.clone(), tag, None, condition)
            }
            None => wrap(CollectionChange::DestroyObject {
                collection: place.collection,
                name: place.name.clone(),
                scheduled: true,
                condition,
            }),
        };
        Ok(self.request(caller, place.account, vec![change]))
    }

    /// A text made ready for a collection.
    pub(super) async fn prepared(
        &self,
        account: AccountId,
        collection: CollectionId,
        text: Vec<u8>,
    ) -> Result<Prepared, Error> {
        let head = self.store.engine().head(account)?.ok_or(Error::NotFound)?;
        let into = Arc::clone(head.collections.get(collection)?);
        self.blocking(move |engine| crate::object::prepare(engine, &into, &text))
            .await
    }

    pub(super) fn request(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: Vec<Change>,
    ) -> Request {
        Request {
            account,
            actor: caller.actor.clone(),
            at: self.clock.now(),
            if_seq: None,
            changes,
        }
    }
}

/// RFC 6638 7.3: the stored object tells what became of the messages.
fn noted(text: Vec<u8>, statuses: &BTreeMap<String, &'static str>) -> Vec<u8> {
    if statuses.is_empty() {
        return text;
    }
    let statuses: Vec<(&str, &str)> = statuses
        .iter()
        .map(|(address, code)| (address.as_str(), *code))
        .collect();
    match itip::schedule_statuses(&text, &statuses) {
        Ok(noted) => noted.into_bytes(),
        // Nobody of them is in the object any more.
        Err(_) => text,
    }
}
