//! Emails added each to a mailbox of its own, many at once: new ones, and copies from another account.

use std::ops::ControlFlow;

use model::{AccountId, EmailId, Keyword, MailboxId, Rights, ThreadKeys, Timestamp};
use store::{Change, EmailRow, Engine, NewEmail, Request, Source};

use super::append::{NewMessage, added};
use super::keywords::names;
use super::set::no_mailbox;
use super::{Added, COPY_ACROSS_EMAILS_MAX};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::message;
use crate::rights::{Access, right_for};

/// An email to be copied from another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailCopy {
    /// Its number there.
    pub email: EmailId,
    /// To which mailbox.
    pub mailbox: MailboxId,
    /// The copy's keywords; none for those it has there.
    pub keywords: Option<Vec<Keyword>>,
    /// When the copy was received; none for when the email was.
    pub received_at: Option<Timestamp>,
}

/// An email that was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopiedEmail {
    /// The copy.
    pub added: Added,
    /// Its octets.
    pub size: u32,
}

/// An email as it is to be copied: its row, where its bytes are, and what ties it to a thread.
pub(crate) type Gathered = (EmailRow, Source, ThreadKeys);

impl Groupware {
    /// Adds messages, each to its mailbox; each succeeds or fails for itself, all with one durable write.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the whole if the caller sees nothing of the account. For each: `INSERT` is needed, and the
    /// right that each keyword needs (RFC 4314 4); [`Error::OverQuota`]; [`Error::Limit`] for too many keywords.
    pub async fn add_emails(
        &self,
        caller: &Caller,
        account: AccountId,
        emails: Vec<(MailboxId, NewMessage)>,
    ) -> Result<Vec<Result<Added, Error>>, Error> {
        let access = self.access(caller, account).await?;
        access.require_any()?;
        let now = self.clock.now();
        let changes = emails.into_iter().map(|(mailbox, new)| {
            may_add(&access, mailbox, &new.keywords)?;
            let received_at = new.received_at.unwrap_or(now);
            Ok(new.message.email(mailbox, new.keywords, received_at))
        });
        Ok(self.add_each(caller, account, changes.collect()).await)
    }

    /// Copies emails from one account to another; each succeeds or fails for itself, all with one durable write.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the whole if the caller sees nothing of one of the accounts; [`Error::Limit`] above
    /// [`COPY_ACROSS_EMAILS_MAX`]. For each: [`Error::NotFound`] where it may not read; else as
    /// [`Groupware::add_emails`].
    pub async fn copy_emails(
        &self,
        caller: &Caller,
        from: AccountId,
        to: AccountId,
        copies: Vec<EmailCopy>,
    ) -> Result<Vec<Result<CopiedEmail, Error>>, Error> {
        if copies.len() > COPY_ACROSS_EMAILS_MAX {
            return Err(Error::Limit(
                "too many emails to copy to another account at once",
            ));
        }
        let source = self.access(caller, from).await?;
        source.require_any()?;
        let target = self.access(caller, to).await?;
        target.require_any()?;
        let emails: Vec<EmailId> = copies.iter().map(|copy| copy.email).collect();
        let there = source.clone();
        let gathered = self
            .store
            .read(move |engine| {
                emails
                    .iter()
                    .map(|email| gather(engine, &there, *email))
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        let sizes: Vec<u32> = gathered
            .iter()
            .map(|found| found.as_ref().map_or(0, |(row, ..)| row.size))
            .collect();
        let changes = copies.into_iter().zip(gathered).map(|(copy, found)| {
            let gathered = found.ok_or(Error::NotFound)?;
            let row = gathered.0;
            let keywords = copy
                .keywords
                .unwrap_or_else(|| names(&source.head, row.keywords));
            may_add(&target, copy.mailbox, &keywords)?;
            let received_at = copy.received_at.unwrap_or(row.received_at);
            Ok(copy_of(gathered, copy.mailbox, keywords, received_at))
        });
        let added = self.add_each(caller, to, changes.collect()).await;
        let added = added.into_iter().zip(sizes);
        Ok(added
            .map(|(added, size)| added.map(|added| CopiedEmail { added, size }))
            .collect())
    }

    /// Commits each change as an entry of its own, all with one durable write.
    async fn add_each(
        &self,
        caller: &Caller,
        account: AccountId,
        changes: Vec<Result<Change, Error>>,
    ) -> Vec<Result<Added, Error>> {
        let mut answers = Vec::with_capacity(changes.len());
        let mut requests = Vec::with_capacity(changes.len());
        let at = self.clock.now();
        for change in changes {
            answers.push(change.map(|change| {
                requests.push(Request {
                    account,
                    actor: caller.actor.clone(),
                    at,
                    if_seq: None,
                    changes: vec![change],
                });
            }));
        }
        if requests.is_empty() {
            return answers
                .into_iter()
                .map(|answer| answer.and(Err(Error::NotFound)))
                .collect();
        }
        let mut done = self.store.commit_all(requests).await.into_iter();
        let mut next = || {
            let done = done.next().ok_or_else(|| Error::internal(&TOO_FEW))??;
            let outcome = done.outcomes.first();
            added(outcome.ok_or_else(|| Error::internal(&TOO_FEW))?)
        };
        answers
            .into_iter()
            .map(|answer| answer.and_then(|()| next()))
            .collect()
    }
}

const TOO_FEW: &str = "the store gave too few answers";

/// Whether the caller may add an email with these keywords.
fn may_add(access: &Access, mailbox: MailboxId, keywords: &[Keyword]) -> Result<(), Error> {
    let mailbox = access.require(mailbox, Rights::INSERT);
    let rights = access.rights(mailbox.map_err(no_mailbox)?);
    // RFC 8621 2 maySetSeen, maySetKeywords: what a client asks for is done as a whole or refused.
    if keywords
        .iter()
        .all(|keyword| rights.contains(right_for(keyword)))
    {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// The copy of an email in a mailbox of another account.
pub(crate) fn copy_of(
    (row, source, thread): Gathered,
    mailbox: MailboxId,
    keywords: Vec<Keyword>,
    received_at: Timestamp,
) -> Change {
    Change::AddEmail(Box::new(NewEmail {
        mailbox,
        keywords,
        received_at,
        sent_at: row.sent_at,
        size: row.size,
        source,
        thread,
        text: None,
    }))
}

/// An email that the caller may read, ready to be copied; one message in memory at a time.
pub(crate) fn gather(
    engine: &dyn Engine,
    access: &Access,
    email: EmailId,
) -> Result<Option<Gathered>, store::Error> {
    let account = access.head.account;
    let Some(at) = engine.locate(account, email)? else {
        return Ok(None);
    };
    if access.require(at.mailbox, Rights::READ).is_err() {
        return Ok(None);
    }
    let uids = model::NumberSet::range(at.uid.0, at.uid.0);
    let rows = engine.rows(account, at.mailbox, &uids)?;
    let Some(row) = rows.first().filter(|row| row.email == email) else {
        return Ok(None);
    };
    let Some(stored) = engine.source(account, email)? else {
        return Ok(None);
    };
    let mut thread = None;
    engine.messages(account, &[email], &mut |_, message| {
        thread = Some(message::parse(message).thread);
        ControlFlow::Continue(())
    })?;
    Ok(thread.map(|thread| {
        let source = Source::Stored {
            blob: stored.blob,
            meta: stored.meta,
        };
        (*row, source, thread)
    }))
}
