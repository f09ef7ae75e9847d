//! Where people want their mailboxes to stand among each other, their own and those of others (RFC 8621 2 `sortOrder`).
//!
//! Each person has an order of their own, kept as records in their own account.

use std::collections::BTreeMap;

use model::{AccountId, MailboxId, ObjectId, Rights, Seq};
use serde::{Deserialize, Serialize};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::{RecordChange, RecordKind};

/// The places that one person gave to the mailboxes of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxOrder {
    places: BTreeMap<MailboxId, Kept>,
}

/// What is kept of one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    record: ObjectId,
    /// None once it is to stand where it would without.
    place: Option<u32>,
    changed: Seq,
}

/// As it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Text {
    account: u32,
    mailbox: u32,
    place: Option<u32>,
}

impl MailboxOrder {
    /// The place of a mailbox, if it was given one; smaller numbers come first.
    #[must_use]
    pub fn place(&self, mailbox: MailboxId) -> Option<u32> {
        self.places.get(&mailbox)?.place
    }

    /// The mailboxes whose places changed after an entry of the person's own account.
    pub fn changed_after(&self, since: Seq) -> impl Iterator<Item = MailboxId> + '_ {
        let places = self.places.iter();
        let changed = places.filter(move |(_, kept)| kept.changed.is_after(since));
        changed.map(|(mailbox, _)| *mailbox)
    }
}

impl Groupware {
    /// The last entry of the caller's own account that changed the place of a mailbox; [`Seq::START`] if none ever did.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in.
    pub async fn mailbox_order_state(&self, caller: &Caller) -> Result<Seq, Error> {
        let own = AccountId::from(caller.principal()?);
        self.records_state(caller, own, RecordKind::MailboxOrder)
            .await
    }

    /// Where the caller wants the mailboxes of an account to stand.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in.
    pub async fn mailbox_order(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<MailboxOrder, Error> {
        let own = AccountId::from(caller.principal()?);
        let records = self.records(caller, own, RecordKind::MailboxOrder).await?;
        let mut order = MailboxOrder::default();
        for record in records.all {
            let text = serde_json::from_str::<Text>(&record.text);
            if let Some(text) = text.ok().filter(|text| text.account == account.0) {
                let kept = Kept {
                    record: record.id,
                    place: text.place,
                    changed: record.changed,
                };
                order.places.insert(MailboxId(text.mailbox), kept);
            }
        }
        Ok(order)
    }

    /// Gives a mailbox a place, or takes the one away that it was given.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller cannot see it.
    pub async fn set_mailbox_place(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        place: Option<u32>,
    ) -> Result<(), Error> {
        let access = self.access(caller, account).await?;
        access.require(mailbox, Rights::LOOKUP)?;
        let order = self.mailbox_order(caller, account).await?;
        if order.place(mailbox) == place {
            return Ok(());
        }
        let text = Text {
            account: account.0,
            mailbox: mailbox.0,
            place,
        };
        let text = serde_json::to_string(&text).map_err(|error| Error::internal(&error))?;
        let change = match order.places.get(&mailbox) {
            Some(kept) => RecordChange::Update(kept.record, text),
            None => RecordChange::Create(text),
        };
        let gone = |id: &MailboxId| !access.head.mailboxes.contains_key(id);
        let gone = order.places.iter().filter(|(id, _)| gone(id));
        let mut changes: Vec<RecordChange> = gone
            .map(|(_, kept)| RecordChange::Destroy(kept.record))
            .collect();
        changes.push(change);
        let own = AccountId::from(caller.principal()?);
        let mut done = self
            .change_records(caller, own, RecordKind::MailboxOrder, None, &changes)
            .await?;
        done.records.pop().map_or(Ok(()), |record| record.map(drop))
    }
}
