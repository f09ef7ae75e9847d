//! Notices of events and tasks: what others did with those of an account (JMAP Calendars draft -26 6, JMAP Tasks draft -06 5), for
//! its owner to read and take away.

use model::{AccountId, ObjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::RecordKind;

/// Octets of both texts that a notice keeps; larger ones are left out. A record has 64 KiB.
const TEXTS_OCTETS_MAX: usize = 48 * 1024;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// An event.
    Event,
    /// A task.
    Task,
}

impl ItemKind {
    /// The records that its notices are.
    #[must_use]
    pub fn notices(self) -> RecordKind {
        match self {
            Self::Event => RecordKind::EventNotification,
            Self::Task => RecordKind::TaskNotification,
        }
    }
}

/// What was done with an event or task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was destroyed.
    Destroyed,
}

/// What somebody did with an event or task of another's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemNote {
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
    pub deed: Deed,
    /// The number of the event or task.
    #[serde(rename = "event")]
    pub item: u32,
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
pub struct ItemNotice {
    /// Its number.
    pub id: ObjectId,
    /// What it says.
    pub note: ItemNote,
}

impl ItemNote {
    /// When it was.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        Timestamp(self.at_ms)
    }
}

/// An event or task that somebody did something with, for a note.
#[derive(Clone, Copy, Debug)]
pub struct NotedItem<'a> {
    /// Which of the two.
    pub kind: ItemKind,
    /// What was done.
    pub deed: Deed,
    /// Its number.
    pub item: ObjectId,
    /// Whether it is a draft.
    pub is_draft: bool,
    /// Its text: as it was made, or as it was before.
    pub text: &'a [u8],
    /// Its text after it was changed.
    pub after: Option<&'a [u8]>,
}

impl Groupware {
    /// The notices of events, or of tasks, that lie in an account.
    ///
    /// # Errors
    /// As [`Groupware::records`].
    pub async fn item_notices(
        &self,
        caller: &Caller,
        account: AccountId,
        kind: ItemKind,
    ) -> Result<Vec<ItemNotice>, Error> {
        let records = self.records(caller, account, kind.notices()).await?;
        let notices = records.all.into_iter().filter_map(|record| {
            Some(ItemNotice {
                id: record.id,
                note: serde_json::from_str(&record.text).ok()?,
            })
        });
        Ok(notices.collect())
    }

    /// Leaves a notice for the owner of an account of what the caller did with one of its events or tasks; none for what
    /// people do in their own.
    ///
    /// # Errors
    /// The store cannot take it.
    pub async fn note_item(
        &self,
        caller: &Caller,
        account: AccountId,
        noted: NotedItem<'_>,
    ) -> Result<(), Error> {
        if caller.owns(account) {
            return Ok(());
        }
        let by = caller.principal()?;
        let who = self.directory.principal(by).await?;
        let octets = noted.text.len() + noted.after.map_or(0, <[u8]>::len);
        let kept = |text: &[u8]| {
            let text = (octets <= TEXTS_OCTETS_MAX).then(|| String::from_utf8(text.to_vec()));
            text.and_then(Result::ok)
        };
        let note = ItemNote {
            at_ms: self.clock.now().0,
            by: who.as_ref().map(|who| who.id.0),
            name: who.as_ref().map(|who| who.name.clone()).unwrap_or_default(),
            address: who
                .as_ref()
                .map(|who| who.address.clone())
                .unwrap_or_default(),
            deed: noted.deed,
            item: noted.item.0,
            is_draft: noted.is_draft,
            text: kept(noted.text),
            after: noted.after.and_then(kept),
        };
        let text = serde_json::to_string(&note).map_err(|error| Error::internal(&error))?;
        self.leave_record(&caller.actor, account, noted.kind.notices(), text)
            .await
    }
}
