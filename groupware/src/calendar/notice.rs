//! Notices of events: what others did with the events of an account (JMAP Calendars 7), for its owner to read and take away.

use model::{AccountId, ObjectId, PrincipalId, Seq, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::RecordKind;

/// Octets of both texts that a notice keeps; larger ones are left out. A record has 64 KiB.
const TEXTS_OCTETS_MAX: usize = 48 * 1024;

/// What was done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventDeed {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was destroyed.
    Destroyed,
}

/// What somebody did with an event of another's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNote {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who, if it is somebody of the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u32>,
    /// Their name.
    pub name: String,
    /// Their address.
    pub address: String,
    /// What.
    pub deed: EventDeed,
    /// The number of the event.
    pub event: u32,
    /// Whether it is a draft.
    #[serde(default)]
    pub is_draft: bool,
    /// Its text: as it was made, or as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its text after it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventNotice {
    /// Its number.
    pub id: ObjectId,
    /// What it says.
    pub note: EventNote,
}

impl EventNote {
    /// When it was.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        Timestamp(self.at_ms)
    }
}

/// An event that somebody did something with, for a note.
#[derive(Clone, Copy, Debug)]
pub struct NotedEvent<'a> {
    /// What was done.
    pub deed: EventDeed,
    /// The number of the event.
    pub event: ObjectId,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Its text: as it was made, or as it was before.
    pub text: &'a [u8],
    /// Its text after it was changed.
    pub after: Option<&'a [u8]>,
}

impl Groupware {
    /// The notices of events that lie in an account, and their state.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn event_notices(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(Vec<EventNotice>, Seq), Error> {
        let kind = RecordKind::EventNotification;
        let records = self.records(caller, account, kind).await?;
        let read = |record: crate::record::Record| {
            let note = serde_json::from_str(&record.text).ok()?;
            Some(EventNotice {
                id: record.id,
                note,
            })
        };
        let notices = records.all.into_iter().filter_map(read).collect();
        Ok((notices, records.until))
    }

    /// Leaves a notice for the owner of an account of what the caller did with one of its events; none for what
    /// people do in their own.
    ///
    /// # Errors
    /// The store cannot take it.
    pub async fn note_event(
        &self,
        caller: &Caller,
        account: AccountId,
        noted: NotedEvent<'_>,
    ) -> Result<(), Error> {
        if caller.owns(account) {
            return Ok(());
        }
        let by = caller.principal()?;
        self.leave_event_note(caller, by, account, noted).await
    }

    /// The same of whoever it is that did it.
    pub(crate) async fn leave_event_note(
        &self,
        caller: &Caller,
        by: PrincipalId,
        account: AccountId,
        noted: NotedEvent<'_>,
    ) -> Result<(), Error> {
        let who = self.directory.principal(by).await?;
        let octets = noted.text.len() + noted.after.map_or(0, <[u8]>::len);
        let kept = |text: &[u8]| {
            let text = (octets <= TEXTS_OCTETS_MAX).then(|| String::from_utf8(text.to_vec()));
            text.and_then(Result::ok)
        };
        let note = EventNote {
            at_ms: self.clock.now().0,
            by: who.as_ref().map(|who| who.id.0),
            name: who.as_ref().map(|who| who.name.clone()).unwrap_or_default(),
            address: who
                .as_ref()
                .map(|who| who.address.clone())
                .unwrap_or_default(),
            deed: noted.deed,
            event: noted.event.0,
            is_draft: noted.is_draft,
            text: kept(noted.text),
            after: noted.after.and_then(kept),
        };
        let text = serde_json::to_string(&note).map_err(|error| Error::internal(&error))?;
        let kind = RecordKind::EventNotification;
        self.leave_record(&caller.actor, account, kind, text).await
    }
}
