//! Notices of shares: what somebody is told when another person lets them into something, or takes that back (RFC 9670 3).

use std::collections::BTreeSet;

use model::{
    AccountId, CollectionKind, CollectionRights, ObjectId, PrincipalId, PrincipalKind, Rights,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use store::{Collection, Mailbox};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::record::RecordKind;

/// Members of a group that are told of one share; ours.
const TOLD_MAX: usize = 200;

/// What was shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SharedThing {
    /// A mailbox; the rights are [`model::Rights`].
    Mailbox,
    /// A calendar; the rights are [`model::CollectionRights`], as of all that follow.
    Calendar,
    /// An address book.
    AddressBook,
    /// A folder of files.
    Folder,
}

/// That somebody's rights changed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareNote {
    /// Who changed them; none if the house did.
    pub by: Option<u32>,
    /// Their name at that time.
    pub by_name: String,
    /// Their address at that time.
    pub by_address: String,
    /// What was shared.
    pub what: SharedThing,
    /// In which account.
    pub account: u32,
    /// Its number there.
    pub number: u32,
    /// What it was called.
    pub name: String,
    /// The rights before, as a set of bits.
    pub old_rights: u16,
    /// The rights after.
    pub new_rights: u16,
}

/// A notice in somebody's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareNotice {
    /// Its number.
    pub id: ObjectId,
    /// When it happened.
    pub at: Timestamp,
    /// What.
    pub note: ShareNote,
}

impl Groupware {
    /// The notices of shares in an account, the oldest first.
    ///
    /// # Errors
    /// Only the account's owner reads them.
    pub async fn share_notices(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<Vec<ShareNotice>, Error> {
        let records = self
            .records(caller, account, RecordKind::ShareNotification)
            .await?;
        let notices = records.all.into_iter().filter_map(|record| {
            Some(ShareNotice {
                id: record.id,
                at: record.created_at,
                note: serde_json::from_str(&record.text).ok()?,
            })
        });
        Ok(notices.collect())
    }

    /// Tells of a share of a collection that had other shares before.
    pub(crate) async fn tell_of_collection(
        &self,
        caller: &Caller,
        account: AccountId,
        before: &Collection,
        to: PrincipalId,
        rights: CollectionRights,
    ) {
        let Some(what) = SharedThing::of(before.kind) else {
            return;
        };
        let known = before.shares.iter().find(|(known, _)| *known == Some(to));
        let name = before.properties.display_name.as_deref();
        let note = ShareNote {
            number: before.id.0,
            name: name.unwrap_or(before.name.as_str()).to_owned(),
            old_rights: known.map_or(0, |(_, rights)| rights.0).into(),
            new_rights: rights.0.into(),
            ..ShareNote::of(what, account)
        };
        self.tell_of_share(caller, to, note).await;
    }

    /// Tells of a share of a mailbox that had other shares before.
    pub(crate) async fn tell_of_mailbox(
        &self,
        caller: &Caller,
        account: AccountId,
        before: &Mailbox,
        to: PrincipalId,
        rights: Rights,
    ) {
        let known = before.shares.iter().find(|(known, _)| *known == Some(to));
        let note = ShareNote {
            number: before.id.0,
            name: before.name.as_str().to_owned(),
            old_rights: known.map_or(0, |(_, rights)| rights.0),
            new_rights: rights.0,
            ..ShareNote::of(SharedThing::Mailbox, account)
        };
        self.tell_of_share(caller, to, note).await;
    }

    /// Tells a principal, or the members of a group, that its rights changed. A notice that cannot be left is not worth
    /// undoing the share.
    async fn tell_of_share(&self, caller: &Caller, to: PrincipalId, note: ShareNote) {
        if note.old_rights == note.new_rights {
            return;
        }
        if let Err(error) = self.leave_notices(caller, to, note).await {
            tracing::warn!(%error, "a share was not told to those it is with");
        }
    }

    async fn leave_notices(
        &self,
        caller: &Caller,
        to: PrincipalId,
        mut note: ShareNote,
    ) -> Result<(), Error> {
        if let Some(by) = caller.actor.principal
            && let Some(principal) = self.directory.principal(by).await?
        {
            note.by = Some(by.0);
            note.by_name.clone_from(&principal.name);
            note.by_address.clone_from(&principal.address);
        }
        let mut told: BTreeSet<PrincipalId> = BTreeSet::new();
        match self
            .directory
            .principal(to)
            .await?
            .map(|principal| principal.kind.clone())
        {
            Some(PrincipalKind::Person) => {
                told.insert(to);
            }
            Some(PrincipalKind::Group { members }) => {
                for member in members.into_iter().take(TOLD_MAX) {
                    let principal = self.directory.principal(member).await?;
                    if principal.is_some_and(|one| one.kind == PrincipalKind::Person) {
                        told.insert(member);
                    }
                }
            }
            Some(PrincipalKind::Shared | PrincipalKind::Room { .. } | PrincipalKind::Equipment)
            | None => {}
        }
        let text = serde_json::to_string(&note).map_err(|error| Error::internal(&error))?;
        // Nobody is told what they did themselves.
        let others = told
            .into_iter()
            .filter(|one| caller.actor.principal != Some(*one));
        for principal in others {
            let account = AccountId::from(principal);
            let kind = RecordKind::ShareNotification;
            self.leave_record(&caller.actor, account, kind, text.clone())
                .await?;
        }
        Ok(())
    }
}

impl ShareNote {
    fn of(what: SharedThing, account: AccountId) -> Self {
        Self {
            by: None,
            by_name: String::new(),
            by_address: String::new(),
            what,
            account: account.0,
            number: 0,
            name: String::new(),
            old_rights: 0,
            new_rights: 0,
        }
    }
}

impl SharedThing {
    /// What a collection of that kind is; none of those that are never shared.
    fn of(kind: CollectionKind) -> Option<Self> {
        match kind {
            CollectionKind::Calendar => Some(Self::Calendar),
            CollectionKind::AddressBook => Some(Self::AddressBook),
            CollectionKind::Folder => Some(Self::Folder),
            CollectionKind::ScheduleInbox | CollectionKind::Scripts | CollectionKind::Records => {
                None
            }
        }
    }
}
