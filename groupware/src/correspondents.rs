//! Correspondents: to whom an account has written, which says who is no stranger to it.
//!
//! Read from the mailbox of sent emails when somebody asks, and kept as sorted hashes; what was sent since is read at the
//! next question. Lost without harm.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{AccountId, Address, EmailId, EmailMeta, MailboxId, NumberSet, PrincipalId, Role, Uid};
use store::{Engine, Head};

use crate::Groupware;
use crate::error::Error;

/// Sent emails that are looked at when an account is asked about for the first time: the newest. Ours.
const SENT_EMAILS_READ_MAX: usize = 1_000;
/// UIDs below the next one in which they are looked for.
const SENT_UIDS_READ_MAX: u32 = 4_000;
/// Addresses that are kept of one account.
const ADDRESSES_MAX: usize = 4_096;
/// Addresses that are kept of all accounts: 16 MiB.
const ADDRESSES_TOTAL_MAX: usize = 2 * 1024 * 1024;

/// What is known of whom.
#[derive(Debug, Default)]
pub(crate) struct Correspondents {
    key: RandomState,
    accounts: Mutex<Accounts>,
}

#[derive(Debug, Default)]
struct Accounts {
    known: HashMap<AccountId, Known>,
    addresses: usize,
}

/// To whom one account has written.
#[derive(Clone, Debug, Default)]
struct Known {
    sent: MailboxId,
    /// Emails from here on were not looked at.
    next: Uid,
    /// Keyed hashes, rising.
    addresses: Vec<u64>,
}

impl Groupware {
    /// Whether the account of a principal has written to an address, as far as its newest sent emails tell.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn has_written_to(
        &self,
        principal: PrincipalId,
        address: &str,
    ) -> Result<bool, Error> {
        let account = AccountId::from(principal);
        let wanted = self.correspondents.hash(address);
        let Some(head) = self.store.engine().head(account)? else {
            return Ok(false);
        };
        let Some(sent) = head.with_role(Role::Sent) else {
            return Ok(false);
        };
        let (mailbox, next) = (sent.id, sent.uid_next);
        let mut known = match self.correspondents.known(account, mailbox) {
            Some(known) if known.next == next => return Ok(known.has(wanted)),
            Some(known) => known,
            None => Known {
                sent: mailbox,
                next: first_looked_at(&head, mailbox),
                addresses: Vec::new(),
            },
        };
        let (from, key) = (known.next, self.correspondents.key.clone());
        let read = move |engine: &dyn Engine| addresses(engine, account, mailbox, from, &key);
        known.add(self.store.read(read).await?);
        known.next = next;
        let has = known.has(wanted);
        self.correspondents.keep(account, known);
        Ok(has)
    }
}

impl Correspondents {
    fn hash(&self, address: &str) -> u64 {
        hash(&self.key, address)
    }

    fn known(&self, account: AccountId, sent: MailboxId) -> Option<Known> {
        let accounts = self.accounts();
        let known = accounts.known.get(&account)?;
        (known.sent == sent).then(|| known.clone())
    }

    fn keep(&self, account: AccountId, known: Known) {
        let mut accounts = self.accounts();
        if accounts.addresses >= ADDRESSES_TOTAL_MAX {
            // It is made again from the store, account by account.
            *accounts = Accounts::default();
        }
        accounts.addresses += known.addresses.len();
        if let Some(before) = accounts.known.insert(account, known) {
            accounts.addresses = accounts.addresses.saturating_sub(before.addresses.len());
        }
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn has(&self, address: u64) -> bool {
        self.addresses.binary_search(&address).is_ok()
    }

    fn add(&mut self, more: Vec<u64>) {
        self.addresses.extend(more);
        self.addresses.sort_unstable();
        self.addresses.dedup();
        self.addresses.truncate(ADDRESSES_MAX);
        self.addresses.shrink_to_fit();
    }
}

/// The first UID that is looked at where nothing is known yet.
fn first_looked_at(head: &Head, sent: MailboxId) -> Uid {
    let next = head
        .mailboxes
        .get(&sent)
        .map_or(1, |mailbox| mailbox.uid_next.0);
    Uid(next.saturating_sub(SENT_UIDS_READ_MAX).max(1))
}

/// The hashes of all addresses that emails from this UID on went to.
fn addresses(
    engine: &dyn Engine,
    account: AccountId,
    mailbox: MailboxId,
    from: Uid,
    key: &RandomState,
) -> Result<Vec<u64>, store::Error> {
    let uids = NumberSet::range(from.0, u32::MAX);
    let rows = engine.rows(account, mailbox, &uids)?;
    let newest = rows.len().saturating_sub(SENT_EMAILS_READ_MAX);
    let emails: Vec<EmailId> = rows.iter().skip(newest).map(|row| row.email).collect();
    let mut found = Vec::new();
    engine.metas(account, &emails, &mut |_, octets| {
        if let Ok(meta) = EmailMeta::decode(octets) {
            let headers = &meta.headers;
            let all = headers.to.iter().chain(&headers.cc).chain(&headers.bcc);
            found.extend(all.filter_map(|address| match address {
                Address::Email { email, .. } => Some(hash(key, email)),
                Address::GroupStart(_) | Address::GroupEnd => None,
            }));
        }
        match found.len() < ADDRESSES_MAX {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    Ok(found)
}

/// Keyed, so that nobody can choose an address that counts for another one.
fn hash(key: &RandomState, address: &str) -> u64 {
    key.hash_one(address.to_lowercase())
}
