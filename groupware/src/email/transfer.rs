//! Copying and moving emails, within an account and from one to another.

use std::ops::ControlFlow;

use model::{NumberSet, Rights, ThreadKeys};
use store::{Change, EmailRow, Engine, NewEmail, Outcome, Source};

use super::append::added;
use super::keywords::names;
use super::{Copied, Place};
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::mailbox::unexpected;
use crate::message;
use crate::rights::{KEYWORD_RIGHTS, allowed};

/// Emails that one operation copies to another account: their metadata is held in memory meanwhile.
pub const COPY_ACROSS_EMAILS_MAX: usize = 10_000;

impl Groupware {
    /// Copies emails; those that are not there are passed over. All are copied or none.
    ///
    /// # Errors
    /// RFC 4314 4: `READ` is needed on the one mailbox, `INSERT` on the other; keywords the caller may not set there
    /// are left out. [`Error::OverQuota`]; [`Error::Limit`] above [`COPY_ACROSS_EMAILS_MAX`] to another account.
    pub async fn copy(
        &self,
        caller: &Caller,
        from: Place,
        uids: NumberSet,
        to: Place,
    ) -> Result<Copied, Error> {
        self.access(caller, from.account)
            .await?
            .require(from.mailbox, Rights::READ)?;
        if self.is_plain(caller, from, to).await? {
            let change = Change::CopyEmails {
                from: from.mailbox,
                uids,
                to: to.mailbox,
            };
            let done = self.change(caller, to.account, vec![change]).await?;
            return copied(done.outcomes.first());
        }
        let (sources, there, changes) = self.add_again(caller, from, uids, to).await?;
        if sources.is_empty() {
            return Ok(there);
        }
        let done = self.change(caller, to.account, changes).await?;
        Ok(Copied {
            uids: sources,
            first_uid: first_uid(&done.outcomes)?,
            ..there
        })
    }

    /// Moves emails; those that are not there are passed over.
    ///
    /// Within an account this is one step. To another account the emails are there before they go here, so that a
    /// failure in between leaves both.
    ///
    /// # Errors
    /// RFC 6851 4.2: what copying, marking as deleted and expunging need: `READ`, `DELETE_EMAIL` and `EXPUNGE` on the one
    /// mailbox, `INSERT` on the other. Else as [`Groupware::copy`].
    pub async fn move_emails(
        &self,
        caller: &Caller,
        from: Place,
        uids: NumberSet,
        to: Place,
    ) -> Result<Copied, Error> {
        let needed = Rights::READ
            .with(Rights::DELETE_EMAIL)
            .with(Rights::EXPUNGE);
        self.access(caller, from.account)
            .await?
            .require(from.mailbox, needed)?;
        if self.is_plain(caller, from, to).await? {
            let change = Change::MoveEmails {
                from: from.mailbox,
                uids,
                to: to.mailbox,
            };
            let done = self.change(caller, to.account, vec![change]).await?;
            return copied(done.outcomes.first());
        }
        let (sources, there, mut changes) = self.add_again(caller, from, uids, to).await?;
        if sources.is_empty() {
            return Ok(there);
        }
        let destroy = Change::DestroyEmails {
            mailbox: from.mailbox,
            uids: sources.clone(),
            only_deleted: false,
        };
        let within = from.account == to.account;
        if within {
            changes.push(destroy.clone());
        }
        let done = self.change(caller, to.account, changes).await?;
        if !within {
            self.change(caller, from.account, vec![destroy]).await?;
        }
        Ok(Copied {
            uids: sources,
            first_uid: first_uid(&done.outcomes)?,
            ..there
        })
    }

    /// Whether the store can do it by itself: within one account, with every keyword allowed at the target.
    async fn is_plain(&self, caller: &Caller, from: Place, to: Place) -> Result<bool, Error> {
        let access = self.access(caller, to.account).await?;
        let rights = access.rights(access.require(to.mailbox, Rights::INSERT)?);
        Ok(from.account == to.account && rights.contains(KEYWORD_RIGHTS))
    }

    /// What adds the emails to the other mailbox as new ones with the same bytes; which they are; and where they will be.
    async fn add_again(
        &self,
        caller: &Caller,
        from: Place,
        uids: NumberSet,
        to: Place,
    ) -> Result<(NumberSet, Copied, Vec<Change>), Error> {
        let source_head = self.access(caller, from.account).await?.head;
        let access = self.access(caller, to.account).await?;
        let target = access.require(to.mailbox, Rights::INSERT)?;
        let rights = access.rights(target);
        let there = Copied {
            uids: NumberSet::new(),
            first_uid: target.uid_next,
            uid_validity: target.uid_validity,
        };
        let emails = self
            .store
            .read(move |engine| {
                let rows = engine.rows(from.account, from.mailbox, &uids)?;
                if rows.len() > COPY_ACROSS_EMAILS_MAX {
                    return Err(store::Error::Limit(
                        "too many emails to copy to another account at once",
                    ));
                }
                gather(engine, from, &rows)
            })
            .await?;
        let sources = emails.iter().map(|(row, ..)| row.uid.0).collect();
        let changes = emails
            .into_iter()
            .map(|(row, source, thread)| {
                let keywords = allowed(names(&source_head, row.keywords), rights);
                again(&row, source, thread, keywords, to)
            })
            .collect();
        Ok((sources, there, changes))
    }
}

type Gathered = Vec<(EmailRow, Source, ThreadKeys)>;

/// Where the bytes of these emails are, and what ties them to threads; one message in memory at a time.
fn gather(engine: &dyn Engine, from: Place, rows: &[EmailRow]) -> Result<Gathered, store::Error> {
    let mut gathered = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(stored) = engine.source(from.account, row.email)? else {
            continue;
        };
        let mut thread = None;
        engine.messages(from.account, &[row.email], &mut |_, message| {
            thread = Some(message::parse(message).thread);
            ControlFlow::Continue(())
        })?;
        let Some(thread) = thread else { continue };
        let source = Source::Stored {
            blob: stored.blob,
            meta: stored.meta,
        };
        gathered.push((*row, source, thread));
    }
    Ok(gathered)
}

fn again(
    row: &EmailRow,
    source: Source,
    thread: ThreadKeys,
    keywords: Vec<model::Keyword>,
    to: Place,
) -> Change {
    Change::AddEmail(Box::new(NewEmail {
        mailbox: to.mailbox,
        keywords,
        received_at: row.received_at,
        sent_at: row.sent_at,
        size: row.size,
        source,
        thread,
        text: None,
    }))
}

fn first_uid(outcomes: &[Outcome]) -> Result<model::Uid, Error> {
    let first = outcomes.first().ok_or_else(|| unexpected(None))?;
    Ok(added(first)?.uid)
}

fn copied(outcome: Option<&Outcome>) -> Result<Copied, Error> {
    match outcome {
        Some(Outcome::Copied {
            uids,
            first_uid,
            uid_validity,
        }) => Ok(Copied {
            uids: uids.clone(),
            first_uid: *first_uid,
            uid_validity: *uid_validity,
        }),
        other => Err(unexpected(other)),
    }
}
