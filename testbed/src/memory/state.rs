//! The state as a fold of the journal: ordered maps, and one arm for every mutation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{
    AccountId, BlobRef, Commit, CopyEmails, Credential, CredentialId, CredentialUse, Domain,
    EmailId, Keywords, MailSettings, MailboxId, Mutation, Principal, PrincipalId, PrincipalKind,
    QueueId, QueueStanding, Queued, Seq, ThreadId, Timestamp, Totals, Uid,
};
use seal::Link;
use store::{Destroyed, EmailRow, Error, Head, Located};

use super::account_of;
use super::objects::Objects;

/// Everything that is folded from the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    accounts: BTreeMap<AccountId, Account>,
    pub(super) directory: Directory,
}

/// What is folded from one account's entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    head: Arc<Head>,
    /// Emails in mailboxes.
    pub(super) rows: BTreeMap<(MailboxId, u32), EmailRow>,
    /// Emails that can be restored.
    pub(super) destroyed: BTreeMap<EmailId, Destroyed>,
    /// What is held of both.
    held: BTreeMap<EmailId, Held>,
    /// The thread of a message id with a base subject.
    pub(super) threads: BTreeMap<(u64, u64), ThreadId>,
    pub(super) queue: BTreeMap<QueueId, Queued>,
    pub(super) objects: Objects,
}

/// Where an email's bytes and metadata are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) blob: BlobRef,
    pub(super) meta: [u8; 32],
}

/// What is folded from the directory's entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) domains: BTreeMap<String, Domain>,
    pub(super) principals: BTreeMap<PrincipalId, Principal>,
    pub(super) aliases: BTreeMap<String, PrincipalId>,
    pub(super) credentials: BTreeMap<CredentialId, Credential>,
    pub(super) credential_uses: BTreeMap<CredentialId, CredentialUse>,
    pub(super) mail_settings: BTreeMap<PrincipalId, MailSettings>,
    /// By domain; none is all mail.
    pub(super) archives: BTreeMap<Option<String>, String>,
}

impl State {
    /// Folds one entry.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it does not fit.
    pub(super) fn fold(&mut self, link: &Link, commit: &Commit) -> Result<(), Error> {
        let id = account_of(link);
        let account = self.accounts.entry(id).or_insert_with(|| Account {
            head: Arc::new(Head::new(id)),
            rows: BTreeMap::new(),
            destroyed: BTreeMap::new(),
            held: BTreeMap::new(),
            threads: BTreeMap::new(),
            queue: BTreeMap::new(),
            objects: Objects::default(),
        });
        let (seq, at) = (Seq(link.number), Timestamp(link.at_ms));
        if seq != account.head.seq.next() {
            return Err(damaged("an entry out of order"));
        }
        for mutation in &commit.mutations {
            Arc::make_mut(&mut account.head).apply(mutation, seq)?;
            account.fold(mutation, seq, at)?;
            account.objects.fold(mutation, seq, at)?;
            self.directory.fold(mutation);
        }
        let head = Arc::make_mut(&mut account.head);
        head.seq = seq;
        head.at = at;
        head.link = link.hash();
        Ok(())
    }

    /// Compares the counters of every mailbox and collection with its rows.
    pub(super) fn recount(&self) -> Result<(), Error> {
        for account in self.accounts.values() {
            account.objects.recount(&account.head.collections)?;
            for mailbox in account.head.mailboxes.values() {
                let mut totals = Totals::default();
                let rows = account.rows.iter();
                rows.filter(|((place, _), _)| *place == mailbox.id)
                    .for_each(|(_, row)| totals.add(row.keywords, row.size));
                if totals != mailbox.totals {
                    return Err(damaged("a counter is not what a recount gives"));
                }
            }
        }
        Ok(())
    }

    pub(super) fn account(&self, account: AccountId) -> Option<&Account> {
        self.accounts.get(&account)
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.accounts.keys().copied()
    }

    pub(super) fn head(&self, account: AccountId) -> Option<&Arc<Head>> {
        self.account(account).map(|account| &account.head)
    }

    /// The emails of an account that are in a mailbox, rising.
    pub(super) fn emails(&self, account: AccountId) -> impl Iterator<Item = EmailId> + '_ {
        let rows = self.account(account).map(|account| &account.rows);
        let emails: BTreeSet<EmailId> = rows
            .into_iter()
            .flatten()
            .map(|(_, row)| row.email)
            .collect();
        emails.into_iter()
    }

    pub(super) fn locate(&self, account: AccountId, email: EmailId) -> Option<Located> {
        let ((mailbox, uid), _) = self
            .account(account)?
            .rows
            .iter()
            .find(|(_, row)| row.email == email)?;
        Some(Located {
            mailbox: *mailbox,
            uid: Uid(*uid),
        })
    }

    pub(super) fn held(&self, account: AccountId, email: EmailId) -> Option<&Held> {
        self.account(account)?.held.get(&email)
    }

    pub(super) fn destroyed(&self, account: AccountId) -> Vec<Destroyed> {
        self.account(account)
            .map(|account| account.destroyed.values().copied().collect())
            .unwrap_or_default()
    }

    pub(super) fn queue(&self) -> Vec<Queued> {
        let accounts = self.accounts.values();
        accounts
            .flat_map(|account| account.queue.values().cloned())
            .collect()
    }

    pub(super) fn queued(&self, account: AccountId, id: QueueId) -> Option<Queued> {
        self.account(account)?.queue.get(&id).cloned()
    }

    pub(super) fn shared_with(&self, principals: &[Option<PrincipalId>]) -> Vec<AccountId> {
        let shares = |account: &Account| {
            let collections = &account.head.collections;
            let mailboxes = account.head.mailboxes.values();
            let mut with = mailboxes
                .flat_map(|mailbox| mailbox.shares.iter().map(|(with, _)| *with))
                .chain(
                    collections
                        .all
                        .values()
                        .flat_map(|collection| collection.shares.iter().map(|(with, _)| *with)),
                )
                .chain(collections.deputies.iter().map(|(with, _)| Some(*with)));
            with.any(|with| principals.contains(&with))
        };
        self.accounts
            .iter()
            .filter(|(_, account)| shares(account))
            .map(|(id, _)| *id)
            .collect()
    }

    /// The places of bytes and the hashes of metadata that something names.
    pub(super) fn named(&self) -> (BTreeSet<u64>, BTreeSet<[u8; 32]>) {
        let accounts = || self.accounts.values();
        let held = || accounts().flat_map(|account| account.held.values());
        let queued = accounts().flat_map(|account| account.queue.values());
        let objects = || accounts().flat_map(|account| account.objects.named());
        let blobs = held()
            .map(|held| held.blob.at)
            .chain(queued.map(|queued| queued.item.blob.at))
            .chain(objects().map(|(blob, _)| blob.at));
        let metas = held().map(|held| held.meta);
        (
            blobs.collect(),
            metas.chain(objects().map(|(_, meta)| meta)).collect(),
        )
    }
}

impl Account {
    fn fold(&mut self, mutation: &Mutation, seq: Seq, at: Timestamp) -> Result<(), Error> {
        match mutation {
            Mutation::AddEmail(new) => {
                let row = EmailRow {
                    uid: new.uid,
                    email: new.email,
                    thread: new.thread,
                    size: new.size,
                    keywords: new.keywords,
                    changed: seq,
                    received_at: new.received_at,
                    sent_at: new.sent_at,
                };
                self.rows.insert((new.mailbox, new.uid.0), row);
                let held = Held {
                    blob: new.blob,
                    meta: new.meta,
                };
                self.held.insert(new.email, held);
                let keys = &new.thread_keys;
                for id in &keys.message_ids {
                    // The first to bear a message id keeps it.
                    self.threads
                        .entry((*id, keys.subject))
                        .or_insert(new.thread);
                }
            }
            Mutation::SetKeywords {
                mailbox,
                uids,
                added,
                removed,
            } => {
                for uid in uids.iter() {
                    let row = self.rows.get_mut(&(*mailbox, uid)).ok_or_else(no_row)?;
                    row.keywords = row.keywords.with(*added).without(*removed);
                    row.changed = seq;
                }
            }
            Mutation::CopyEmails(copy) => self.copy(copy, seq)?,
            Mutation::MoveEmails(moved) => {
                let mut rows = Vec::new();
                for (uid, email) in moved.uids.iter().zip(&moved.emails) {
                    rows.push(self.take(moved.from, uid, *email)?);
                }
                for (uid, row) in (moved.first_uid.0..).zip(rows) {
                    let row = EmailRow {
                        uid: Uid(uid),
                        changed: seq,
                        ..row
                    };
                    self.rows.insert((moved.to, uid), row);
                }
            }
            Mutation::DestroyEmails(gone) => {
                for (uid, email) in gone.uids.iter().zip(&gone.emails) {
                    let row = self.take(gone.mailbox, uid, *email)?;
                    let destroyed = Destroyed {
                        email: row.email,
                        mailbox: gone.mailbox,
                        destroyed_at: at,
                        thread: row.thread,
                        size: row.size,
                        keywords: row.keywords,
                        received_at: row.received_at,
                        sent_at: row.sent_at,
                    };
                    self.destroyed.insert(row.email, destroyed);
                }
            }
            Mutation::RestoreEmail(back) => {
                let gone = self.destroyed.remove(&back.email).ok_or_else(no_row)?;
                let row = EmailRow {
                    uid: back.uid,
                    email: gone.email,
                    thread: gone.thread,
                    size: gone.size,
                    keywords: gone.keywords.without(Keywords::DELETED),
                    changed: seq,
                    received_at: gone.received_at,
                    sent_at: gone.sent_at,
                };
                self.rows.insert((back.mailbox, back.uid.0), row);
            }
            Mutation::PurgeEmails { emails } => {
                for email in emails.iter().map(EmailId) {
                    self.destroyed.remove(&email).ok_or_else(no_row)?;
                    self.held.remove(&email).ok_or_else(no_row)?;
                }
            }
            Mutation::Enqueue(item) => {
                let queued = Queued {
                    account: self.head.account,
                    item: item.clone(),
                    standing: QueueStanding::default(),
                };
                self.queue.insert(item.id, queued);
            }
            Mutation::SetQueued { id, standing } => {
                let queued = self.queue.get_mut(id).ok_or_else(no_row)?;
                queued.standing.clone_from(standing);
            }
            Mutation::Dequeue { id } => {
                self.queue.remove(id).ok_or_else(no_row)?;
            }
            // The head, the objects and the directory fold these.
            Mutation::CreateMailbox(_)
            | Mutation::UpdateMailbox { .. }
            | Mutation::DestroyMailbox { .. }
            | Mutation::SetSubscribed { .. }
            | Mutation::SetShare { .. }
            | Mutation::DefineKeyword { .. }
            | Mutation::SetQuota { .. }
            | Mutation::SetDomain(_)
            | Mutation::RemoveDomain { .. }
            | Mutation::SetPrincipal(_)
            | Mutation::RemovePrincipal { .. }
            | Mutation::SetAlias(_)
            | Mutation::RemoveAlias { .. }
            | Mutation::SetCredential(_)
            | Mutation::RemoveCredential { .. }
            | Mutation::SetMailSettings { .. }
            | Mutation::SetArchive { .. }
            | Mutation::NoteCredentialUses(_)
            | Mutation::CreateCollection(_)
            | Mutation::UpdateCollection { .. }
            | Mutation::DestroyCollection { .. }
            | Mutation::ShareCollection { .. }
            | Mutation::SetDeputy { .. }
            | Mutation::PutObject(_)
            | Mutation::SetObjectProperties { .. }
            | Mutation::MoveObject(_)
            | Mutation::DestroyObjects { .. }
            | Mutation::PurgeVersions { .. } => {}
        }
        Ok(())
    }

    fn copy(&mut self, copy: &CopyEmails, seq: Seq) -> Result<(), Error> {
        for (step, uid) in (0u32..).zip(copy.uids.iter()) {
            let row = *self.rows.get(&(copy.from, uid)).ok_or_else(no_row)?;
            let held = *self.held.get(&row.email).ok_or_else(no_row)?;
            let row = EmailRow {
                uid: Uid(copy.first_uid.0 + step),
                email: EmailId(copy.first_email.0 + step),
                changed: seq,
                ..row
            };
            self.rows.insert((copy.to, row.uid.0), row);
            self.held.insert(row.email, held);
        }
        Ok(())
    }

    fn take(&mut self, mailbox: MailboxId, uid: u32, email: EmailId) -> Result<EmailRow, Error> {
        self.rows
            .remove(&(mailbox, uid))
            .filter(|row| row.email == email)
            .ok_or_else(no_row)
    }
}

impl Directory {
    fn fold(&mut self, mutation: &Mutation) {
        match mutation {
            Mutation::SetDomain(domain) => {
                self.domains.insert(domain.name.clone(), domain.clone());
            }
            Mutation::RemoveDomain { name } => {
                self.domains.remove(name);
                self.archives.remove(&Some(name.clone()));
            }
            Mutation::SetPrincipal(principal) => {
                self.aliases.remove(&principal.address);
                self.principals.insert(principal.id, principal.clone());
            }
            Mutation::RemovePrincipal { principal } => {
                self.principals.remove(principal);
                self.mail_settings.remove(principal);
                self.aliases.retain(|_, owner| owner != principal);
                self.credentials
                    .retain(|_, known| known.principal != *principal);
                let left = &self.credentials;
                self.credential_uses.retain(|id, _| left.contains_key(id));
                for other in self.principals.values_mut() {
                    if let PrincipalKind::Group { members } = &mut other.kind {
                        members.retain(|member| member != principal);
                    }
                }
                for domain in self.domains.values_mut() {
                    domain.catch_all = domain.catch_all.filter(|known| known != principal);
                }
            }
            Mutation::SetAlias(alias) => {
                self.aliases.insert(alias.address.clone(), alias.principal);
            }
            Mutation::RemoveAlias { address } => drop(self.aliases.remove(address)),
            Mutation::SetCredential(credential) => {
                self.credentials.insert(credential.id, credential.clone());
            }
            Mutation::RemoveCredential { credential } => {
                self.credentials.remove(credential);
                self.credential_uses.remove(credential);
            }
            Mutation::NoteCredentialUses(uses) => {
                let uses = uses.iter().map(|one| (one.credential, *one));
                self.credential_uses.extend(uses);
            }
            Mutation::SetMailSettings {
                principal,
                settings,
            } => {
                self.mail_settings.remove(principal);
                if **settings != MailSettings::default() {
                    self.mail_settings.insert(*principal, (**settings).clone());
                }
            }
            Mutation::SetArchive { domain, address } => {
                self.archives.remove(domain);
                if let Some(address) = address {
                    self.archives.insert(domain.clone(), address.clone());
                }
            }
            _ => {}
        }
    }

    /// The groups with this direct member, rising.
    pub(super) fn groups_of(&self, principal: PrincipalId) -> Vec<PrincipalId> {
        let has = |group: &&Principal| match &group.kind {
            PrincipalKind::Group { members } => members.contains(&principal),
            PrincipalKind::Person
            | PrincipalKind::Shared
            | PrincipalKind::Room { .. }
            | PrincipalKind::Equipment => false,
        };
        let groups = self.principals.values().filter(has);
        groups.map(|group| group.id).collect()
    }
}

pub(super) fn damaged(what: &str) -> Error {
    Error::Damaged(what.into())
}

fn no_row() -> Error {
    damaged("a mutation names an email or message that is not there")
}
