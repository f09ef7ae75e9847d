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
/// Octets of messages in one chunk, and then to the end of the last one: few enough that what one core unpacks and
/// another writes stays in their caches. A client that reads nothing holds no more than a chunk and those read ahead.
const MESSAGES_OCTETS: usize = 1024 * 1024;
/// Emails whose metadata one read is begun for.
const METAS_PER_READ: usize = 1_024;
/// Emails whose messages one read is begun for: with half as many, changing threads costs 5 to 9 % of the whole.
const MESSAGES_PER_READ: usize = 64;
/// Reads under way at once: unpacking messages is work for more than one core, and some of them wait for the disk.
const READS_AHEAD: usize = 4;
/// Memory of a chunk that is used again; what a very large message needed is given back.
const CHUNK_OCTETS_KEPT_MAX: usize = 2 * 1024 * 1024;

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

    fn clear(&mut self) {
        self.items.clear();
        self.bytes.clear();
    }
}

/// What is read of emails, chunk by chunk. While one is used, the next few are read.
pub struct Chunks {
    store: Store,
    wanted: Arc<Wanted>,
    /// The one that is used.
    current: Chunk,
    /// Those that were used: their memory serves the next reads.
    used: Vec<Chunk>,
    /// The first email that no read was begun for.
    next: usize,
    /// The reads under way, in the order of their emails, each with its end.
    reading: VecDeque<(usize, Reading)>,
}

/// The chunk, and the place of the first email that it has no room for.
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
            current: Chunk::default(),
            used: Vec::new(),
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
    pub async fn next(&mut self) -> Result<Option<&Chunk>, Error> {
        self.give_back();
        loop {
            self.read_ahead().await;
            let Some((end, reading)) = self.reading.front_mut() else {
                return Ok(None);
            };
            let (end, done) = (*end, reading.await);
            self.reading.pop_front();
            let (chunk, upto) = match done {
                Ok(done) => done,
                Err(error) => {
                    self.next = self.wanted.emails.len();
                    self.reading.clear();
                    return Err(error.into());
                }
            };
            self.current = chunk;
            if upto < end {
                let rest = self.read(upto, end);
                self.reading.push_front((end, rest));
            }
            self.read_ahead().await;
            if !self.current.is_empty() {
                return Ok(Some(&self.current));
            }
        }
    }

    /// Keeps the memory of the chunk that was used.
    fn give_back(&mut self) {
        let mut used = std::mem::take(&mut self.current);
        if used.bytes.capacity() <= CHUNK_OCTETS_KEPT_MAX {
            used.clear();
            self.used.push(used);
        }
    }

    /// Begins as many reads as may be under way, and lets each get to its thread without waiting for it.
    async fn read_ahead(&mut self) {
        let count = match self.wanted.what {
            What::Metas => METAS_PER_READ,
            What::Messages => MESSAGES_PER_READ,
        };
        while self.reading.len() < READS_AHEAD && self.next < self.wanted.emails.len() {
            let end = (self.next + count).min(self.wanted.emails.len());
            let reading = self.read(self.next, end);
            self.reading.push_back((end, reading));
            self.next = end;
        }
        for (_, reading) in &mut self.reading {
            let early = std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context)));
            if let Poll::Ready(done) = early.await {
                *reading = Box::pin(std::future::ready(done));
            }
        }
    }

    fn read(&mut self, from: usize, end: usize) -> Reading {
        let (store, wanted) = (self.store.clone(), Arc::clone(&self.wanted));
        let chunk = self.used.pop().unwrap_or_default();
        Box::pin(async move {
            store
                .read(move |engine| wanted.read(engine, from, end, chunk))
                .await
        })
    }
}

impl Wanted {
    /// Reads the emails in these places into an empty chunk; says how far it got, since a chunk has a limit.
    fn read(
        &self,
        engine: &dyn Engine,
        from: usize,
        end: usize,
        mut chunk: Chunk,
    ) -> Result<(Chunk, usize), store::Error> {
        let asked = self.emails.get(from..end).unwrap_or_default();
        let visible = self.visible(engine, asked)?;
        let emails = visible.as_deref().unwrap_or(asked);
        let limit = match self.what {
            What::Metas => METAS_OCTETS,
            What::Messages => MESSAGES_OCTETS,
        };
        let Chunk { items, bytes } = &mut chunk;
        let mut stopped_at = None;
        let mut note = |email: EmailId, range: Range<usize>| {
            let end = range.end;
            items.push((email, range));
            if end < limit {
                ControlFlow::Continue(())
            } else {
                stopped_at = Some(email);
                ControlFlow::Break(())
            }
        };
        match self.what {
            What::Metas => engine.metas(self.account, emails, &mut |email, meta| {
                let start = bytes.len();
                bytes.extend_from_slice(meta);
                note(email, start..bytes.len())
            })?,
            What::Messages => engine.messages_into(self.account, emails, bytes, &mut note)?,
        }
        let taken = stopped_at.and_then(|last| place_of(asked, &chunk.items, last));
        Ok((chunk, from + taken.unwrap_or(asked.len()).max(1)))
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
