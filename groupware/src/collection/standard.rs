//! The collections that every account starts with.

use std::sync::Arc;

use model::{
    AccountId, Actor, CollectionId, CollectionKind, CollectionRights, Components, PathSegment,
    PrincipalId, PrincipalKind, Properties,
};
use store::{Change, Collection, CollectionChange, Head, Request};

use super::wrap;
use crate::Groupware;
use crate::account::ATTEMPTS_MAX;
use crate::error::Error;

/// The name of the calendar that invitations go to (RFC 6638 9.2 `schedule-default-calendar-URL`).
pub(crate) const DEFAULT_CALENDAR: &str = "calendar";
/// The name of the scheduling inbox.
pub(crate) const SCHEDULE_INBOX: &str = "inbox";

/// The name of the folder that attachments of calendar objects lie in. Nobody has a right on it: whoever may read an object
/// gets its attachments through [`Groupware::attachment`].
pub(crate) const ATTACHMENTS: &str = ".attachments";

/// Kind, name, name people read, and which objects it takes.
const STANDARD: [(CollectionKind, &str, &str, Components); 4] = [
    (
        CollectionKind::ScheduleInbox,
        SCHEDULE_INBOX,
        "Inbox",
        Components::ALL,
    ),
    (
        CollectionKind::Calendar,
        DEFAULT_CALENDAR,
        "Calendar",
        Components::ALL,
    ),
    (
        CollectionKind::Calendar,
        "tasks",
        "Tasks",
        Components::TASKS,
    ),
    (
        CollectionKind::AddressBook,
        "contacts",
        "Contacts",
        Components::ALL,
    ),
];

impl Groupware {
    /// The principal's account with its standard collections, made if there is no scheduling inbox yet.
    pub(crate) async fn ensure_collections(
        &self,
        principal: PrincipalId,
    ) -> Result<Arc<Head>, Error> {
        let account = AccountId::from(principal);
        if let Some(head) = self.store.engine().head(account)?
            && inbox(&head).is_some()
        {
            return Ok(head);
        }
        let known = self.directory.principal(principal).await?;
        // A group has members, and no account of its own.
        if known.is_none_or(|known| matches!(known.kind, PrincipalKind::Group { .. })) {
            return Err(Error::NotFound);
        }
        for _ in 0..ATTEMPTS_MAX {
            let head = self.ensure_account(principal).await?;
            if inbox(&head).is_some() {
                return Ok(head);
            }
            let request = Request {
                account,
                // Whoever is the first to need them does not choose them.
                actor: Actor::system(),
                at: self.clock.now(),
                // The numbers of the new collections are right only in this state.
                if_seq: Some(head.seq),
                changes: standard_collections(&head)?,
            };
            match self.store.commit(request).await {
                // Somebody else was faster: with this, or with something else.
                Ok(_) | Err(store::Error::StateMismatch | store::Error::AlreadyExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::StateMismatch)
    }
}

/// The account's scheduling inbox.
pub(crate) fn inbox(head: &Head) -> Option<&Arc<Collection>> {
    head.collections
        .named(CollectionKind::ScheduleInbox, None, SCHEDULE_INBOX)
}

/// The calendar that invitations go to.
pub(crate) fn default_calendar(head: &Head) -> Option<&Arc<Collection>> {
    head.collections
        .named(CollectionKind::Calendar, None, DEFAULT_CALENDAR)
}

/// The folder that attachments of calendar objects lie in.
pub(crate) fn attachments(head: &Head) -> Option<&Arc<Collection>> {
    head.collections
        .named(CollectionKind::Folder, None, ATTACHMENTS)
}

/// Whether a collection there is the account's own affair. Filters are reached through `filter` alone, records through `record`.
pub(super) fn is_reserved(kind: CollectionKind, parent: Option<CollectionId>, name: &str) -> bool {
    matches!(kind, CollectionKind::Scripts | CollectionKind::Records)
        || kind == CollectionKind::Folder && parent.is_none() && name == ATTACHMENTS
}

/// Whether it is one that the account cannot do without.
pub(super) fn is_standard(collection: &Collection) -> bool {
    match collection.kind {
        CollectionKind::ScheduleInbox => true,
        CollectionKind::Calendar => collection.name.as_str() == DEFAULT_CALENDAR,
        CollectionKind::AddressBook
        | CollectionKind::Folder
        | CollectionKind::Scripts
        | CollectionKind::Records => false,
    }
}

fn standard_collections(head: &Head) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::with_capacity(STANDARD.len() + 1);
    let missing = STANDARD
        .into_iter()
        .filter(|(kind, name, ..)| head.collections.named(*kind, None, name).is_none());
    for ((kind, name, display_name, components), number) in
        missing.zip(head.collections.next_collection.0..)
    {
        changes.push(wrap(CollectionChange::Create {
            parent: None,
            kind,
            name: PathSegment::try_from(name).map_err(|error| Error::internal(&error))?,
            properties: Properties {
                display_name: Some(display_name.to_owned()),
                components,
                ..Properties::default()
            },
        }));
        if kind == CollectionKind::Calendar && name == DEFAULT_CALENDAR {
            // When somebody is busy is known to all colleagues, as they know it from Exchange; what it is, is not.
            changes.push(wrap(CollectionChange::Share {
                collection: CollectionId(number),
                principal: None,
                rights: CollectionRights::FREE_BUSY,
            }));
        }
    }
    Ok(changes)
}
