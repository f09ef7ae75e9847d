//! The head of an account: the part of the folded state that is small enough to be held whole.
//!
//! Counters, mailboxes, keywords and rights; [`Head::apply`] is their fold. It decides nothing: a mutation
//! that does not fit what is there is refused as damage, since only `decide` makes mutations.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, CredentialId, CredentialKind, EmailId, Keyword, Keywords, MailboxId, MailboxName,
    Mutation, PrincipalId, QueueId, Rights, Role, Seq, ThreadId, Timestamp, Totals, Uid,
    UidValidity,
};
use seal::Hash;

use crate::collections::Collections;
use crate::error::Error;

/// One mailbox with its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its number.
    pub id: MailboxId,
    /// Inside which one.
    pub parent: Option<MailboxId>,
    /// Its name there.
    pub name: MailboxName,
    /// What it is for.
    pub role: Option<Role>,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// The UID the next email gets.
    pub uid_next: Uid,
    /// What is in it.
    pub totals: Totals,
    /// The last commit that changed its emails, expunges included (RFC 7162 HIGHESTMODSEQ).
    pub emails_changed: Seq,
    /// The last commit that changed its name, place, role, rights or subscriptions.
    pub changed: Seq,
    /// Who subscribes to it, rising.
    pub subscribers: Vec<PrincipalId>,
    /// Who else may do what with it, rising; none is everybody who can sign in and comes first.
    pub shares: Vec<(Option<PrincipalId>, Rights)>,
}

/// The small part of an account's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose.
    pub account: AccountId,
    /// The last entry.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// Its hash: the end of the account's chain.
    pub link: Hash,
    /// The number the next email gets.
    pub next_email: EmailId,
    /// The number the next thread gets.
    pub next_thread: ThreadId,
    /// The number the next mailbox gets.
    pub next_mailbox: MailboxId,
    /// The number the next queued message gets.
    pub next_queue: QueueId,
    /// The number the next principal gets (directory only).
    pub next_principal: PrincipalId,
    /// The number the next credential gets (directory only).
    pub next_credential: CredentialId,
    /// The last entry that changed more than the renewal of a credential and its last use (directory only).
    pub settled: Seq,
    /// The largest UIDVALIDITY given out.
    pub last_uid_validity: UidValidity,
    /// The account's own keywords, in the order of their bits, from [`Keywords::FIXED_COUNT`] on.
    pub keywords: Arc<Vec<Keyword>>,
    /// Octets it may hold.
    pub quota_octets: Option<u64>,
    /// Its mailboxes.
    pub mailboxes: BTreeMap<MailboxId, Arc<Mailbox>>,
    /// Its calendars, address books and folders.
    pub collections: Arc<Collections>,
}

impl Head {
    /// An account to which nothing was committed yet.
    #[must_use]
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            seq: Seq::START,
            at: Timestamp(i64::MIN),
            link: Hash::ZERO,
            next_email: EmailId(1),
            next_thread: ThreadId(1),
            next_mailbox: MailboxId(1),
            next_queue: QueueId(1),
            next_principal: PrincipalId(1),
            next_credential: CredentialId(1),
            settled: Seq::START,
            last_uid_validity: UidValidity(0),
            keywords: Arc::new(Vec::new()),
            quota_octets: None,
            mailboxes: BTreeMap::new(),
            collections: Arc::default(),
        }
    }

    /// A mailbox.
    ///
    /// # Errors
    /// It is not there.
    pub fn mailbox(&self, id: MailboxId) -> Result<&Arc<Mailbox>, Error> {
        self.mailboxes
            .get(&id)
            .ok_or(Error::NotFound("the mailbox"))
    }

    /// The mailbox of that name in that place.
    #[must_use]
    pub fn child(&self, parent: Option<MailboxId>, name: &str) -> Option<&Arc<Mailbox>> {
        self.mailboxes
            .values()
            .find(|mailbox| mailbox.parent == parent && mailbox.name.as_str() == name)
    }

    /// The mailbox with that role.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Option<&Arc<Mailbox>> {
        self.mailboxes
            .values()
            .find(|mailbox| mailbox.role == Some(role))
    }

    /// Octets in all mailboxes and collections.
    #[must_use]
    pub fn used_octets(&self) -> u64 {
        let emails: u64 = self
            .mailboxes
            .values()
            .map(|mailbox| mailbox.totals.octets)
            .sum();
        emails.saturating_add(self.collections.used_octets())
    }

    /// The bit of a keyword, if the account has used it.
    #[must_use]
    pub fn keyword_bit(&self, keyword: &Keyword) -> Option<u8> {
        keyword.fixed_bit().or_else(|| {
            let own = self.keywords.iter().position(|known| known == keyword)?;
            u8::try_from(own).ok()?.checked_add(Keywords::FIXED_COUNT)
        })
    }

    /// The name of a bit.
    #[must_use]
    pub fn keyword_name(&self, bit: u8) -> Option<&str> {
        match Keyword::FIXED.get(usize::from(bit)) {
            Some(name) => Some(name),
            None => self
                .keywords
                .get(usize::from(bit - Keywords::FIXED_COUNT))
                .map(Keyword::as_str),
        }
    }

    /// Folds one mutation of entry `seq` into the head.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it does not fit what is there; the head is then not to be used any more.
    pub fn apply(&mut self, mutation: &Mutation, seq: Seq) -> Result<(), Error> {
        if self.account == AccountId::DIRECTORY && !self.only_renews(mutation) {
            self.settled = seq;
        }
        match mutation {
            Mutation::CreateMailbox(new) => {
                require(new.mailbox == self.next_mailbox, "a mailbox out of order")?;
                self.next_mailbox = MailboxId(new.mailbox.0.saturating_add(1));
                self.last_uid_validity = new.uid_validity;
                let mailbox = Mailbox {
                    id: new.mailbox,
                    parent: new.parent,
                    name: new.name.clone(),
                    role: new.role,
                    uid_validity: new.uid_validity,
                    uid_next: Uid(1),
                    totals: Totals::default(),
                    emails_changed: seq,
                    changed: seq,
                    subscribers: Vec::new(),
                    shares: Vec::new(),
                };
                self.mailboxes.insert(new.mailbox, Arc::new(mailbox));
            }
            Mutation::UpdateMailbox {
                mailbox,
                parent,
                name,
                role,
            } => {
                let mailbox = self.mailbox_mut(*mailbox)?;
                mailbox.parent = *parent;
                mailbox.name = name.clone();
                mailbox.role = *role;
                mailbox.changed = seq;
            }
            Mutation::DestroyMailbox { mailbox } => {
                let gone = self.mailboxes.remove(mailbox);
                require(
                    gone.is_some_and(|gone| gone.totals.emails == 0),
                    "a mailbox destroyed that is not empty",
                )?;
            }
            Mutation::SetSubscribed {
                mailbox,
                principal,
                subscribed,
            } => {
                let mailbox = self.mailbox_mut(*mailbox)?;
                mailbox.subscribers.retain(|known| known != principal);
                if *subscribed {
                    let place = mailbox
                        .subscribers
                        .partition_point(|known| known < principal);
                    mailbox.subscribers.insert(place, *principal);
                }
                mailbox.changed = seq;
            }
            Mutation::SetShare {
                mailbox,
                principal,
                rights,
            } => {
                let mailbox = self.mailbox_mut(*mailbox)?;
                mailbox.shares.retain(|(known, _)| known != principal);
                if !rights.is_empty() {
                    let place = mailbox
                        .shares
                        .partition_point(|(known, _)| known < principal);
                    mailbox.shares.insert(place, (*principal, *rights));
                }
                mailbox.changed = seq;
            }
            Mutation::DefineKeyword { bit, keyword } => {
                let next = usize::from(Keywords::FIXED_COUNT) + self.keywords.len();
                require(usize::from(*bit) == next, "a keyword out of order")?;
                Arc::make_mut(&mut self.keywords).push(keyword.clone());
            }
            Mutation::AddEmail(new) => {
                require(new.email == self.next_email, "an email out of order")?;
                self.next_email = EmailId(new.email.0.saturating_add(1));
                self.next_thread = self
                    .next_thread
                    .max(ThreadId(new.thread.0.saturating_add(1)));
                let mut totals = Totals::default();
                totals.add(new.keywords, new.size);
                self.gain(new.mailbox, new.uid, totals, seq)?;
            }
            Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            } => {
                let count = u32::try_from(uids.len())
                    .map_err(|_| damaged("more keywords set than emails"))?;
                let mailbox = self.mailbox_mut(*mailbox)?;
                let totals = &mut mailbox.totals;
                let moved = |total: u32, up: bool, down: bool| {
                    let total = if up {
                        total.checked_add(count)
                    } else {
                        Some(total)
                    };
                    if down {
                        total.and_then(|total| total.checked_sub(count))
                    } else {
                        total
                    }
                };
                // What loses `$seen` becomes unseen, and the other way round.
                totals.unseen = moved(
                    totals.unseen,
                    removed.contains(Keywords::SEEN),
                    added.contains(Keywords::SEEN),
                )
                .ok_or_else(|| damaged("more emails seen than unseen"))?;
                totals.deleted = moved(
                    totals.deleted,
                    added.contains(Keywords::DELETED),
                    removed.contains(Keywords::DELETED),
                )
                .ok_or_else(|| damaged("more emails undeleted than deleted"))?;
                mailbox.emails_changed = seq;
            }
            Mutation::CopyEmails(copy) => {
                require(copy.first_email == self.next_email, "a copy out of order")?;
                self.next_email = EmailId(copy.first_email.0.saturating_add(copy.totals.emails));
                self.gain(copy.to, copy.first_uid, copy.totals, seq)?;
            }
            Mutation::MoveEmails(moved) => {
                self.lose(moved.from, moved.totals, seq)?;
                self.gain(moved.to, moved.first_uid, moved.totals, seq)?;
            }
            Mutation::DestroyEmails(gone) => self.lose(gone.mailbox, gone.totals, seq)?,
            Mutation::RestoreEmail(back) => self.gain(back.mailbox, back.uid, back.totals, seq)?,
            Mutation::PurgeEmails { .. }
            | Mutation::Dequeue { .. }
            | Mutation::SetQueued { .. } => {}
            Mutation::Enqueue(item) => {
                require(item.id == self.next_queue, "a queued message out of order")?;
                self.next_queue = QueueId(item.id.0.saturating_add(1));
            }
            Mutation::SetPrincipal(principal) => {
                self.next_principal = self
                    .next_principal
                    .max(PrincipalId(principal.id.0.saturating_add(1)));
            }
            Mutation::SetCredential(credential) => {
                self.next_credential = self
                    .next_credential
                    .max(CredentialId(credential.id.0.saturating_add(1)));
            }
            Mutation::SetQuota { octets } => self.quota_octets = *octets,
            Mutation::SetDomain(_)
            | Mutation::RemoveDomain { .. }
            | Mutation::RemovePrincipal { .. }
            | Mutation::SetAlias(_)
            | Mutation::RemoveAlias { .. }
            | Mutation::RemoveCredential { .. }
            | Mutation::PurgeVersions { .. }
            | Mutation::SetMailSettings { .. }
            | Mutation::SetArchive { .. }
            | Mutation::NoteCredentialUses(_) => {}
            Mutation::CreateCollection(_)
            | Mutation::UpdateCollection { .. }
            | Mutation::DestroyCollection { .. }
            | Mutation::ShareCollection { .. }
            | Mutation::SetDeputy { .. }
            | Mutation::PutObject(_)
            | Mutation::SetObjectProperties { .. }
            | Mutation::MoveObject(_)
            | Mutation::DestroyObjects { .. } => {
                Arc::make_mut(&mut self.collections).apply(mutation, seq)?;
            }
        }
        Ok(())
    }

    /// Whether a mutation of the directory changes nothing about who is there and whose main proof is what: grants come
    /// and are renewed, second factors count on, uses are noted. They do so all the time, and nothing that is remembered
    /// of persons and passwords has to be forgotten for that.
    fn only_renews(&self, mutation: &Mutation) -> bool {
        match mutation {
            Mutation::NoteCredentialUses(_) => true,
            Mutation::SetCredential(credential) => match &credential.kind {
                CredentialKind::Grant(_) => true,
                CredentialKind::Totp(_)
                | CredentialKind::Passkey(_)
                | CredentialKind::RecoveryCodes(_) => credential.id < self.next_credential,
                CredentialKind::Password(_) | CredentialKind::AppPassword(_) => false,
            },
            _ => false,
        }
    }

    fn mailbox_mut(&mut self, id: MailboxId) -> Result<&mut Mailbox, Error> {
        self.mailboxes
            .get_mut(&id)
            .map(Arc::make_mut)
            .ok_or_else(|| damaged("a mailbox that is not there"))
    }

    /// Emails come to a mailbox, from its next UID on.
    fn gain(
        &mut self,
        mailbox: MailboxId,
        first_uid: Uid,
        totals: Totals,
        seq: Seq,
    ) -> Result<(), Error> {
        let mailbox = self.mailbox_mut(mailbox)?;
        require(first_uid == mailbox.uid_next, "a UID out of order")?;
        mailbox.uid_next = Uid(first_uid.0.saturating_add(totals.emails));
        let have = mailbox.totals;
        mailbox.totals = Totals {
            emails: have.emails.saturating_add(totals.emails),
            unseen: have.unseen.saturating_add(totals.unseen),
            deleted: have.deleted.saturating_add(totals.deleted),
            octets: have.octets.saturating_add(totals.octets),
        };
        mailbox.emails_changed = seq;
        Ok(())
    }

    /// Emails leave a mailbox.
    fn lose(&mut self, mailbox: MailboxId, totals: Totals, seq: Seq) -> Result<(), Error> {
        let mailbox = self.mailbox_mut(mailbox)?;
        let have = mailbox.totals;
        let left = || {
            Some(Totals {
                emails: have.emails.checked_sub(totals.emails)?,
                unseen: have.unseen.checked_sub(totals.unseen)?,
                deleted: have.deleted.checked_sub(totals.deleted)?,
                octets: have.octets.checked_sub(totals.octets)?,
            })
        };
        mailbox.totals = left().ok_or_else(|| damaged("a mailbox loses more than it has"))?;
        mailbox.emails_changed = seq;
        Ok(())
    }
}

fn damaged(what: &str) -> Error {
    Error::Damaged(what.into())
}

fn require(holds: bool, what: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(damaged(what)) }
}

#[cfg(test)]
mod tests {
    use model::{BlobId, BlobRef, CreateMailbox, NumberSet, ThreadKeys};

    use super::*;

    fn inbox(head: &mut Head) {
        let create = CreateMailbox {
            mailbox: head.next_mailbox,
            parent: None,
            name: MailboxName::try_from("Inbox").unwrap(),
            role: Some(Role::Inbox),
            uid_validity: UidValidity(7),
        };
        head.apply(&Mutation::CreateMailbox(create), Seq(1))
            .unwrap();
    }

    fn add(head: &Head, uid: u32) -> Mutation {
        Mutation::AddEmail(model::AddEmail {
            mailbox: MailboxId(1),
            uid: Uid(uid),
            email: head.next_email,
            thread: head.next_thread,
            keywords: Keywords::NONE,
            received_at: Timestamp(0),
            sent_at: None,
            size: 10,
            blob: BlobRef {
                id: BlobId([0; 32]),
                at: 1,
            },
            meta: [0; 32],
            thread_keys: ThreadKeys::default(),
        })
    }

    #[test]
    fn counts_what_comes_changes_and_goes() {
        let mut head = Head::new(AccountId(1));
        inbox(&mut head);
        for uid in 1..=3 {
            head.apply(&add(&head, uid), Seq(2)).unwrap();
        }
        let uids = NumberSet::range(1, 2);
        let seen = Mutation::SetKeywords {
            mailbox: MailboxId(1),
            uids,
            added: Keywords::SEEN,
            removed: Keywords::NONE,
        };
        head.apply(&seen, Seq(3)).unwrap();
        let mailbox = head.mailbox(MailboxId(1)).unwrap();
        assert_eq!(
            mailbox.totals,
            Totals {
                emails: 3,
                unseen: 1,
                deleted: 0,
                octets: 30
            }
        );
        assert_eq!((mailbox.uid_next, mailbox.emails_changed), (Uid(4), Seq(3)));
        assert_eq!(head.used_octets(), 30);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let mut head = Head::new(AccountId(1));
        assert!(
            matches!(head.apply(&add(&head, 1), Seq(1)), Err(Error::Damaged(_))),
            "no mailbox"
        );
        let mut head = Head::new(AccountId(1));
        inbox(&mut head);
        assert!(
            matches!(head.apply(&add(&head, 5), Seq(2)), Err(Error::Damaged(_))),
            "UID out of order"
        );
    }
}
