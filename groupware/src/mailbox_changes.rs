//! What changed in an account's mailboxes (RFC 8621 2.2): their names and places, and the counts of what is in them.

use std::collections::BTreeSet;

use model::{AccountId, EmailId, Keywords, MailboxId, Mutation, PrincipalId, Rights, Seq, Uid};
use store::{Engine, Entry};

use crate::Groupware;
use crate::caller::Caller;
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::rights::Access;
use crate::sync::CHANGES_ENTRIES_MAX;

/// Entries of the journal that are looked at; behind more, whoever asked must look at everything.
const ENTRIES_MAX: usize = 20_000;

/// What changed in the mailboxes between two entries of the journal (RFC 8620 5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxChanges {
    /// New since then.
    pub created: Vec<MailboxId>,
    /// There before, and with another name, place, role, share or subscription.
    pub updated: Vec<MailboxId>,
    /// There before, not among the updated, and perhaps with other counts of emails and threads.
    pub counted: Vec<MailboxId>,
    /// There before, and gone.
    pub destroyed: Vec<MailboxId>,
}

/// What happened to mailboxes.
#[derive(Debug, Default)]
struct Sum {
    created: BTreeSet<MailboxId>,
    updated: BTreeSet<MailboxId>,
    counted: BTreeSet<MailboxId>,
    destroyed: BTreeSet<MailboxId>,
    /// Emails whose threads may show differently in other mailboxes.
    emails: BTreeSet<EmailId>,
    /// The same, where only the number in the mailbox is known.
    uids: Vec<(MailboxId, Uid)>,
    /// Whether somebody else than the owner may see other mailboxes than before.
    changes_sight: bool,
    /// Whether threads may show differently everywhere.
    changes_trash: bool,
}

impl Groupware {
    /// What changed in the mailboxes that the caller can see after the entry `since`, all of it.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] if entries after `since` were dropped or are too many, if there is no such entry yet, or if what
    /// the caller may see changed in between. [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn mailbox_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        since: Seq,
    ) -> Result<MailboxChanges, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        let until = access.head.seq;
        if since.is_after(until) {
            return Err(Error::CannotCalculate);
        }
        if since == until {
            return Ok(MailboxChanges::default());
        }
        let principal = caller.principal()?;
        let is_owner = access.is_owner();
        let read = move |engine: &dyn Engine| read(engine, account, since, until, principal);
        let sum = self.store.read(read).await?.ok_or(Error::CannotCalculate)?;
        if sum.changes_sight && !is_owner {
            return Err(Error::CannotCalculate);
        }
        let catalogue = self.catalogue_for(access.clone()).await?;
        Ok(sum.told(&access, &catalogue))
    }
}

/// Adds up the entries after `since` up to `until`; none if some are missing or they are too many.
fn read(
    engine: &dyn Engine,
    account: AccountId,
    since: Seq,
    until: Seq,
    principal: PrincipalId,
) -> Result<Option<Sum>, store::Error> {
    let (mut sum, mut after, mut looked_at) = (Sum::default(), since, 0);
    while until.is_after(after) {
        let entries = engine.journal(account, after, CHANGES_ENTRIES_MAX)?;
        looked_at += entries.len();
        if entries.is_empty() || looked_at > ENTRIES_MAX {
            return Ok(None);
        }
        for Entry { seq, commit, .. } in entries {
            let Some(commit) = commit.filter(|_| seq == after.next()) else {
                return Ok(None);
            };
            after = seq;
            if seq.is_after(until) {
                break;
            }
            for mutation in &commit.mutations {
                sum.add(mutation, principal);
            }
        }
    }
    Ok(Some(sum))
}

impl Sum {
    fn add(&mut self, mutation: &Mutation, principal: PrincipalId) {
        match mutation {
            Mutation::CreateMailbox(new) => {
                self.created.insert(new.mailbox);
            }
            Mutation::UpdateMailbox { mailbox, .. } => {
                self.updated.insert(*mailbox);
                // Which one is the trash decides how threads show everywhere.
                self.changes_trash = true;
            }
            Mutation::SetSubscribed {
                mailbox,
                principal: who,
                ..
            } if *who == principal => {
                self.updated.insert(*mailbox);
            }
            Mutation::SetShare { mailbox, .. } => {
                self.updated.insert(*mailbox);
                self.changes_sight = true;
            }
            Mutation::DestroyMailbox { mailbox } => {
                self.changes_sight = true;
                self.updated.remove(mailbox);
                self.counted.remove(mailbox);
                if !self.created.remove(mailbox) {
                    self.destroyed.insert(*mailbox);
                }
            }
            other => self.add_emails(other),
        }
    }

    fn add_emails(&mut self, mutation: &Mutation) {
        /// RFC 8621 2: without both an email is unread.
        const READ: Keywords = Keywords(Keywords::SEEN.0 | Keywords::DRAFT.0);
        match mutation {
            Mutation::AddEmail(new) => {
                self.counted.insert(new.mailbox);
                self.emails.insert(new.email);
            }
            Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            } if added.with(*removed).intersects(READ) => {
                self.counted.insert(*mailbox);
                self.uids
                    .extend(uids.iter().map(|uid| (*mailbox, Uid(uid))));
            }
            Mutation::CopyEmails(copy) => {
                self.counted.insert(copy.to);
                let first = copy.first_email.0;
                let copies = first..first.saturating_add(copy.totals.emails);
                self.emails.extend(copies.map(EmailId));
            }
            Mutation::MoveEmails(moved) => {
                self.counted.extend([moved.from, moved.to]);
                self.emails.extend(&moved.emails);
            }
            Mutation::DestroyEmails(gone) => {
                self.counted.insert(gone.mailbox);
                self.emails.extend(&gone.emails);
            }
            Mutation::RestoreEmail(back) => {
                self.counted.insert(back.mailbox);
                self.emails.insert(back.email);
            }
            _ => {}
        }
    }

    /// What of it the one who asked may know.
    fn told(mut self, access: &Access, catalogue: &Catalogue) -> MailboxChanges {
        self.count_others(catalogue);
        let visible = |mailbox: &MailboxId| access.require(*mailbox, Rights::LOOKUP).is_ok();
        let created: Vec<MailboxId> = self.created.iter().copied().filter(visible).collect();
        let is_old = |mailbox: &MailboxId| !self.created.contains(mailbox) && visible(mailbox);
        let counted = self.counted.difference(&self.updated).copied();
        MailboxChanges {
            created,
            updated: self.updated.iter().copied().filter(is_old).collect(),
            counted: counted.filter(is_old).collect(),
            destroyed: self.destroyed.iter().copied().collect(),
        }
    }

    /// RFC 8621 2 `unreadThreads`: an email counts in every mailbox that another one of its thread is in.
    fn count_others(&mut self, catalogue: &Catalogue) {
        let inner = &catalogue.inner;
        let mut threads = BTreeSet::new();
        let mut all_known = true;
        for email in &self.emails {
            let thread = inner.row(*email).map(|(_, row)| row.thread);
            match thread.or_else(|| inner.departed(*email)) {
                Some(thread) => {
                    threads.insert(thread);
                }
                None => all_known = false,
            }
        }
        for (mailbox, uid) in &self.uids {
            // One that is not there any more left after that, and is among the emails.
            let row = inner.view(*mailbox).and_then(|view| view.row_of(*uid));
            threads.extend(row.map(|row| row.thread));
        }
        let trash_is_gone = inner.trash().is_none() && !self.destroyed.is_empty();
        if all_known && !self.changes_trash && !trash_is_gone {
            for thread in threads {
                let mailboxes = inner.thread(thread).map(|found| found.mailbox);
                self.counted.extend(mailboxes);
            }
        } else {
            self.counted.extend(catalogue.mailboxes());
        }
    }
}
