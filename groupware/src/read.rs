//! Reading metadata and messages of many emails, in chunks of bounded size.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::ops::{ControlFlow, Range};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use model::{AccountId, EmailId, MailboxId, Rights};
use store::{Engine, Store};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Octets of metadata in one chunk, and then to the end of the last one.
const METAS_OCTETS: usize = 512 * 1024;
/// Octets of messages in one chunk, and then to the end of the last one.
const MESSAGES_OCTETS: usize = 1024 * 1024;
/// Emails in one chunk.
const EMAILS_PER_CHUNK_MAX: usize = 2_048;

/// What was read of some emails, in one piece of memory.
#[derive(Debug, Default)]
pub struct Chunk {
    items: Vec<(EmailId, Range<usize>)>,
    bytes: Vec<u8>,
}

impl Chunk {
    /// The emails with their encoded [`model::EmailMeta`] or their message, in the order they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = (EmailId, &[u8])> {
        self.items
            .iter()
            .map(|(email, range)| (*email, self.bytes.get(range.clone()).unwrap_or_default()))
    }

    /// How many emails there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// What is read of emails, chunk by chunk. While one is used, the next is read: so at most two are in memory.
pub struct Chunks {
    store: Store,
    wanted: Arc<Wanted>,
    next: usize,
    reading: VecDeque<Reading>,
}

type Reading = Pin<Box<dyn Future<Output = Result<(Chunk, usize), store::Error>> + Send>>;

struct Wanted {
    account: AccountId,
    emails: Vec<EmailId>,
    /// The mailbox the emails must be in, unless the whole account is the caller's.
    only_in: Option<MailboxId>,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Metas,
    Messages,
}

impl Groupware {
    /// The encoded [`model::EmailMeta`] of emails, in the order given; those that are gone are left out.
    ///
    /// # Errors
    /// RFC 4314 4: `READ` on the mailbox is needed. What is not in the mailbox is passed over in a foreign account.
    pub async fn metas(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        emails: Vec<EmailId>,
    ) -> Result<Chunks, Error> {
        self.chunks(caller, account, mailbox, emails, What::Metas)
            .await
    }

    /// The messages of emails, in the order given; those that are gone are left out.
    ///
    /// # Errors
    /// As [`Groupware::metas`].
    pub async fn messages(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        emails: Vec<EmailId>,
    ) -> Result<Chunks, Error> {
        self.chunks(caller, account, mailbox, emails, What::Messages)
            .await
    }

    async fn chunks(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        emails: Vec<EmailId>,
        what: What,
    ) -> Result<Chunks, Error> {
        let access = self.access(caller, account).await?;
        access.require(mailbox, Rights::READ)?;
        Ok(Chunks {
            store: self.store.clone(),
            wanted: Arc::new(Wanted {
                account,
                emails,
                only_in: (!access.is_owner()).then_some(mailbox),
                what,
            }),
            next: 0,
            reading: VecDeque::new(),
        })
    }
}

impl Chunks {
    /// The next chunk, never empty; none at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        loop {
            if self.reading.is_empty() {
                self.begin();
            }
            let Some(reading) = self.reading.front_mut() else {
                return Ok(None);
            };
            let done = reading.await;
            self.reading.pop_front();
            let (chunk, taken) = match done {
                Ok(done) => done,
                Err(error) => {
                    self.next = self.wanted.emails.len();
                    return Err(error.into());
                }
            };
            self.next += taken.max(1);
            self.begin();
            self.start().await;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    fn begin(&mut self) {
        if self.next >= self.wanted.emails.len() {
            return;
        }
        let (store, wanted, from) = (self.store.clone(), Arc::clone(&self.wanted), self.next);
        self.reading.push_back(Box::pin(async move {
            store.read(move |engine| wanted.read(engine, from)).await
        }));
    }

    /// Lets the read that was begun get to its thread, without waiting for it.
    async fn start(&mut self) {
        let Some(reading) = self.reading.front_mut() else {
            return;
        };
        let early = std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context)));
        if let Poll::Ready(done) = early.await {
            self.reading.pop_front();
            self.reading.push_front(Box::pin(std::future::ready(done)));
        }
    }
}

impl Wanted {
    /// Reads from the email in this place on; says of how many it took care.
    fn read(&self, engine: &dyn Engine, from: usize) -> Result<(Chunk, usize), store::Error> {
        let end = (from + EMAILS_PER_CHUNK_MAX).min(self.emails.len());
        let asked = self.emails.get(from..end).unwrap_or_default();
        let visible = self.visible(engine, asked)?;
        let emails = visible.as_deref().unwrap_or(asked);
        let limit = match self.what {
            What::Metas => METAS_OCTETS,
            What::Messages => MESSAGES_OCTETS,
        };
        let mut chunk = Chunk::default();
        let mut stopped_at = None;
        let mut each = |email: EmailId, bytes: &[u8]| {
            let start = chunk.bytes.len();
            chunk.bytes.extend_from_slice(bytes);
            chunk.items.push((email, start..chunk.bytes.len()));
            if chunk.bytes.len() < limit {
                ControlFlow::Continue(())
            } else {
                stopped_at = Some(email);
                ControlFlow::Break(())
            }
        };
        match self.what {
            What::Metas => engine.metas(self.account, emails, &mut each)?,
            What::Messages => engine.messages(self.account, emails, &mut each)?,
        }
        let taken = stopped_at.and_then(|last| place_of(asked, &chunk.items, last));
        Ok((chunk, taken.unwrap_or(asked.len())))
    }

    /// Those of the emails that are where the caller may read; none if that is everywhere.
    fn visible(
        &self,
        engine: &dyn Engine,
        asked: &[EmailId],
    ) -> Result<Option<Vec<EmailId>>, store::Error> {
        let Some(mailbox) = self.only_in else {
            return Ok(None);
        };
        let mut visible = Vec::with_capacity(asked.len());
        for email in asked {
            let located = engine.locate(self.account, *email)?;
            if located.is_some_and(|located| located.mailbox == mailbox) {
                visible.push(*email);
            }
        }
        Ok(Some(visible))
    }
}

/// How many of the emails asked for lie up to the last one that was given; an email may be asked for twice.
fn place_of(asked: &[EmailId], given: &[(EmailId, Range<usize>)], last: EmailId) -> Option<usize> {
    let mut asked_for = asked.iter().enumerate();
    let mut at = None;
    for (email, _) in given {
        at = asked_for
            .find(|(_, asked)| *asked == email)
            .map(|(at, _)| at + 1);
    }
    at.filter(|at| asked.get(at - 1) == Some(&last))
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("account", &self.wanted.account)
            .field("emails", &self.wanted.emails.len())
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
