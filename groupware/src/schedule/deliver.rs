//! A scheduling message at its recipient: what it changes there, and the copy that lies in the scheduling inbox.

use std::sync::Arc;

use itip::{Effect, Message};
use model::{CollectionKind, PathSegment, Principal};
use store::{Change, Condition, Head, ObjectRow, Request, TagChange};

use crate::Groupware;
use crate::caller::Caller;
use crate::collection::{default_calendar, inbox};
use crate::error::Error;
use crate::object::PreparedObject;

use super::fault::refused;
use super::others::Answered;

/// A text made ready for a collection.
pub(super) type Prepared = PreparedObject;

/// Where a participant's or organizer's copy is, and what it says.
pub(super) struct Copy {
    pub(super) row: ObjectRow,
    pub(super) body: Vec<u8>,
}

/// What a message does in an account.
pub(super) struct Delivered {
    /// What changes there; nothing where it says nothing new.
    pub(super) request: Option<Request>,
    /// What the other participants are to see.
    pub(super) answered: Option<Answered>,
}

impl Groupware {
    /// What a message changes in the account of a person.
    ///
    /// # Errors
    /// The message may not be sent by who sends it, or cannot be read.
    pub(super) async fn delivery(
        &self,
        caller: &Caller,
        principal: &Principal,
        message: &Message,
    ) -> Result<Delivered, Error> {
        let head = self.ensure_collections(principal.id).await?;
        let copy = self.copy_of(&head, &message.uid).await?;
        let who = self.addresses_of(principal).await?;
        let effect = itip::received(
            copy.as_ref().map(|copy| copy.body.as_slice()),
            message.text.as_bytes(),
            &who,
            // Whoever is signed in has the right to speak for the account that the message comes from.
            None,
            self.clock.now().seconds(),
        )
        .map_err(|fault| refused(&fault))?;
        let mut changes = Vec::new();
        self.apply(&head, copy.as_ref(), &effect, &message.uid, &mut changes)
            .await?;
        if effect.shown {
            changes.push(self.inbox_item(&head, message.text.as_bytes()).await?);
        }
        let request = (!changes.is_empty()).then(|| self.request(caller, head.account, changes));
        Ok(Delivered {
            request,
            answered: Answered::of(head.account, copy.as_ref(), &effect),
        })
    }

    /// The changes that an effect asks for.
    pub(super) async fn apply(
        &self,
        head: &Arc<Head>,
        copy: Option<&Copy>,
        effect: &Effect,
        uid: &str,
        changes: &mut Vec<Change>,
    ) -> Result<(), Error> {
        match &effect.change {
            itip::Change::None => {}
            itip::Change::Store(text) => {
                let (collection, name) = match copy {
                    Some(copy) => (copy.row.collection, copy.row.name.clone()),
                    None => {
                        let calendar = default_calendar(head).ok_or(Error::NotFound)?;
                        (calendar.id, name_for(uid.as_bytes())?)
                    }
                };
                let text = text.clone().into_bytes();
                let prepared = self.prepared(head.account, collection, text).await?;
                // RFC 6638 3.2.10: an answer that the server worked in leaves the tag as it is.
                let tag = if effect.significant || copy.is_none() {
                    TagChange::New
                } else {
                    TagChange::Keep
                };
                changes.push(prepared.put(collection, name, tag, None, condition(copy)));
            }
        }
        Ok(())
    }

    /// The account's object with this UID, in whichever of its calendars.
    pub(super) async fn copy_of(&self, head: &Arc<Head>, uid: &str) -> Result<Option<Copy>, Error> {
        let (head, uid) = (Arc::clone(head), uid.to_owned());
        self.blocking(move |engine| {
            let is_calendar = |row: &ObjectRow| {
                let collection = head.collections.get(row.collection);
                collection.is_ok_and(|found| found.kind == CollectionKind::Calendar)
            };
            let mut rows = engine.objects_with_uid(head.account, &uid)?;
            rows.retain(is_calendar);
            // One that is scheduled is there once; a private copy of it does not count.
            rows.sort_by_key(|row| row.schedule_tag.is_none());
            let Some(row) = rows.into_iter().next() else {
                return Ok(None);
            };
            let body = engine.blob(row.blob)?;
            Ok(Some(Copy { row, body }))
        })
        .await
    }

    /// The message as it lies in the scheduling inbox (RFC 6638 2.2).
    pub(super) async fn inbox_item(&self, head: &Arc<Head>, text: &[u8]) -> Result<Change, Error> {
        let inbox = inbox(head).ok_or(Error::NotFound)?;
        let name = name_for(text)?;
        let prepared = self.prepared(head.account, inbox.id, text.to_vec()).await?;
        Ok(prepared.put(inbox.id, name, TagChange::None, None, Condition::Any))
    }

    /// The request that leaves a message in a room's inbox: there it waits until it is answered.
    pub(super) async fn leave_for(
        &self,
        caller: &Caller,
        principal: &Principal,
        message: &Message,
    ) -> Result<Request, Error> {
        let head = self.ensure_collections(principal.id).await?;
        let item = self.inbox_item(&head, message.text.as_bytes()).await?;
        Ok(self.request(caller, head.account, vec![item]))
    }
}

/// What must hold of the copy when what was decided on it is written.
pub(super) fn condition(copy: Option<&Copy>) -> Condition {
    match copy {
        Some(copy) => Condition::Body(vec![copy.row.blob.id]),
        None => Condition::Absent,
    }
}

/// A name that nobody else chose, and the same for the same.
pub(super) fn name_for(bytes: &[u8]) -> Result<PathSegment, Error> {
    let hash = blake3::hash(bytes).to_hex();
    let name = format!("{}.ics", &hash.as_str()[..32]);
    PathSegment::try_from(name.as_str()).map_err(|error| Error::internal(&error))
}
