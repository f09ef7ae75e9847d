//! Taking back what one entry of the journal did, as far as nothing later came to it.

use model::{
    AccountId, CollectionKind, EmailId, Keyword, Keywords, MailboxId, Mutation, NumberSet,
    ObjectId, Seq,
};
use store::{Engine, Entry, Head};

use super::entry_at;
use crate::Groupware;
use crate::caller::Caller;
use crate::email::{EmailChanges, EmailUpdate, KeywordUpdate, MailboxWish};
use crate::error::Error;
use crate::object::VersionId;

/// Things of one entry that are taken back at once.
pub const HISTORY_UNDO_MAX: u64 = 10_000;

/// What was taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// How many things are as they were.
    pub done: u64,
    /// How many were left as they are: changed since, gone for good, or of a kind that cannot be taken back.
    pub left: u64,
}

impl Undone {
    fn note<T>(&mut self, result: Result<T, Error>) -> Result<(), Error> {
        match result {
            Ok(_) => self.done += 1,
            Err(error @ (Error::Unavailable { .. } | Error::Internal(_))) => return Err(error),
            Err(_) => self.left += 1,
        }
        Ok(())
    }
}

/// Whether something of an entry can be taken back, if nothing later came to it.
pub(super) fn can_undo(entry: &Entry, head: &Head) -> bool {
    let mutations = entry.commit.iter().flat_map(|commit| &commit.mutations);
    mutations
        .into_iter()
        .any(|mutation| is_undoable(mutation, head))
}

fn is_undoable(mutation: &Mutation, head: &Head) -> bool {
    match mutation {
        Mutation::SetKeywords { mailbox, .. } => head.mailboxes.contains_key(mailbox),
        Mutation::MoveEmails(moved) => {
            head.mailboxes.contains_key(&moved.from) && head.mailboxes.contains_key(&moved.to)
        }
        Mutation::DestroyEmails(_) => true,
        Mutation::DestroyObjects { collection, .. } => {
            // What the account keeps for itself is changed where it belongs to.
            let found = head.collections.get(*collection);
            found.map_or(true, |found| is_of_people(found.kind))
        }
        Mutation::PutObject(put) => {
            put.replaces.is_some()
                && head
                    .collections
                    .get(put.collection)
                    .is_ok_and(|found| is_of_people(found.kind))
        }
        _ => false,
    }
}

fn is_of_people(kind: CollectionKind) -> bool {
    matches!(
        kind,
        CollectionKind::Calendar | CollectionKind::AddressBook | CollectionKind::Folder
    )
}

impl Groupware {
    /// Takes back what an entry of the account's journal did, now and by the caller: moved emails go back, keywords are as
    /// they were, what was destroyed returns, and objects get the body that they had. What was changed since stays.
    ///
    /// # Errors
    /// As [`Groupware::history_entries`]; [`Error::NotFound`] if there is no such entry; [`Error::Limit`] if it did more
    /// than [`HISTORY_UNDO_MAX`] things.
    pub async fn undo_history(
        &self,
        caller: &Caller,
        account: AccountId,
        seq: Seq,
    ) -> Result<Undone, Error> {
        let head = self.history_head(caller, account).await?;
        let read = move |engine: &dyn Engine| entry_at(engine, account, seq);
        let entry = self.store.read(read).await?.ok_or(Error::NotFound)?;
        let commit = entry.commit.ok_or(Error::NotFound)?;
        let count: u64 = commit.mutations.iter().map(things).sum();
        if count > HISTORY_UNDO_MAX {
            return Err(Error::Limit(
                "That were too many things to take back at once.",
            ));
        }
        let mut undone = Undone::default();
        // The last step first.
        for mutation in commit.mutations.iter().rev() {
            if !is_undoable(mutation, &head) {
                undone.left += 1;
                continue;
            }
            match mutation {
                Mutation::SetKeywords {
                    mailbox,
                    uids,
                    added,
                    removed,
                } => {
                    let wish = EmailUpdate {
                        keywords: Some(KeywordUpdate::Patch {
                            add: keywords(&head, *removed),
                            remove: keywords(&head, *added),
                        }),
                        mailbox: None,
                    };
                    let emails = self.emails_at(account, *mailbox, uids.clone()).await?;
                    undone.left += uids.len().saturating_sub(emails.len() as u64);
                    self.wish_all(caller, account, &emails, &wish, &mut undone)
                        .await?;
                }
                Mutation::MoveEmails(moved) => {
                    let located = self.located(account, moved.emails.clone()).await?;
                    let there = moved.emails.iter().zip(located);
                    let emails: Vec<EmailId> = there
                        .filter(|(_, at)| at.is_some_and(|at| at.mailbox == moved.to))
                        .map(|(email, _)| *email)
                        .collect();
                    undone.left += moved.emails.len().saturating_sub(emails.len()) as u64;
                    let wish = EmailUpdate {
                        keywords: None,
                        mailbox: Some(MailboxWish::Only(moved.from)),
                    };
                    self.wish_all(caller, account, &emails, &wish, &mut undone)
                        .await?;
                }
                Mutation::DestroyEmails(gone) => {
                    self.undo_destroyed(caller, account, &gone.emails, &mut undone)
                        .await?;
                }
                Mutation::DestroyObjects { objects, .. } => {
                    for object in objects.iter().map(ObjectId) {
                        let id = VersionId { object, until: seq };
                        let back = self.bring_back(caller, account, id).await;
                        undone.note(back)?;
                    }
                }
                Mutation::PutObject(put) => {
                    let view = self.object_view(&head, put.collection).await?;
                    let now = view.by_id(put.object).map(|object| object.row.changed);
                    if now == Some(seq) {
                        let id = VersionId {
                            object: put.object,
                            until: seq,
                        };
                        let back = self.bring_back(caller, account, id).await;
                        undone.note(back)?;
                    } else {
                        undone.left += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(undone)
    }

    async fn emails_at(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: NumberSet,
    ) -> Result<Vec<EmailId>, Error> {
        let read = move |engine: &dyn Engine| engine.rows(account, mailbox, &uids);
        let rows = self.store.read(read).await?;
        Ok(rows.iter().map(|row| row.email).collect())
    }

    async fn wish_all(
        &self,
        caller: &Caller,
        account: AccountId,
        emails: &[EmailId],
        wish: &EmailUpdate,
        undone: &mut Undone,
    ) -> Result<(), Error> {
        if emails.is_empty() {
            return Ok(());
        }
        let changes = EmailChanges {
            update: emails.iter().map(|email| (*email, wish.clone())).collect(),
            destroy: Vec::new(),
        };
        let changed = self.change_emails(caller, account, &changes).await?;
        for result in changed.updated {
            undone.note(result)?;
        }
        Ok(())
    }

    async fn undo_destroyed(
        &self,
        caller: &Caller,
        account: AccountId,
        emails: &[EmailId],
        undone: &mut Undone,
    ) -> Result<(), Error> {
        let there = self.destroyed(caller, account).await?;
        let is_there = |email: &EmailId| {
            there
                .binary_search_by_key(email, |destroyed| destroyed.email)
                .is_ok()
        };
        let back: Vec<EmailId> = emails.iter().copied().filter(is_there).collect();
        undone.left += emails.len().saturating_sub(back.len()) as u64;
        let count = back.len() as u64;
        if count > 0 {
            self.restore(caller, account, back, None).await?;
            undone.done += count;
        }
        Ok(())
    }
}

/// How many things a step touched.
fn things(mutation: &Mutation) -> u64 {
    match mutation {
        Mutation::SetKeywords { uids, .. } => uids.len(),
        Mutation::MoveEmails(moved) => moved.emails.len() as u64,
        Mutation::DestroyEmails(gone) => gone.emails.len() as u64,
        Mutation::DestroyObjects { objects, .. } => objects.len(),
        _ => 1,
    }
}

fn keywords(head: &Head, keywords: Keywords) -> Vec<Keyword> {
    let names = keywords.bits().filter_map(|bit| head.keyword_name(bit));
    names
        .filter_map(|name| Keyword::try_from(name).ok())
        .collect()
}
