//! Making messages ready, and adding them to a mailbox.

use std::sync::Arc;

use model::{AccountId, Keyword, MailboxId, Rights, ThreadKeys, Timestamp};
use store::{Blob, Change, Engine, NewEmail, Outcome, SearchText, Source};

use super::Added;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::mailbox::unexpected;
use crate::message;
use crate::rights::allowed;
use crate::schedule::Invitation;

/// The largest message that is taken at all; a face may take less (RFC 1870, RFC 7889).
pub const MESSAGE_OCTETS_MAX: usize = 256 * 1024 * 1024;

/// Messages up to this size are made ready on the thread that asks: it is soon done, and handing it to another and back
/// takes four changes of thread. (Their bytes go into the journal, so nothing is written to a file.)
const PREPARED_AT_ONCE_OCTETS_MAX: usize = 32 * 1024;

/// A message made ready to be added: parsed, hashed, compressed; as often and to as many accounts as wanted.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Whether it was parsed. What only goes on to others is not, and must not be added anywhere.
    pub(crate) is_parsed: bool,
    /// The message itself: filters look at it.
    pub(crate) octets: Arc<Vec<u8>>,
    pub(crate) blob: Arc<Blob>,
    pub(crate) size: u32,
    pub(crate) sent_at: Option<i64>,
    pub(crate) thread: ThreadKeys,
    pub(crate) text: Arc<SearchText>,
    /// The scheduling message in it.
    pub(crate) invitation: Option<Arc<Invitation>>,
}

impl Prepared {
    /// Octets of the message.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The email it becomes in that mailbox.
    pub(crate) fn email(
        &self,
        mailbox: MailboxId,
        keywords: Vec<Keyword>,
        received_at: Timestamp,
    ) -> Change {
        Change::AddEmail(Box::new(NewEmail {
            mailbox,
            keywords,
            received_at,
            sent_at: self.sent_at,
            size: self.size,
            source: Source::New(Arc::clone(&self.blob)),
            thread: self.thread.clone(),
            text: Some(Arc::clone(&self.text)),
        }))
    }
}

/// A message to be added to a mailbox.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The message.
    pub message: Prepared,
    /// Its keywords.
    pub keywords: Vec<Keyword>,
    /// When it was received; none for now.
    pub received_at: Option<Timestamp>,
}

impl Groupware {
    /// Makes a message ready: parses, hashes and compresses it away from the async threads.
    ///
    /// # Errors
    /// [`Error::TooLarge`] above [`MESSAGE_OCTETS_MAX`]; or the store cannot write it.
    pub async fn prepare(&self, message: Vec<u8>) -> Result<Prepared, Error> {
        self.make_ready(message, true).await
    }

    /// Makes a message ready that is to be sent to others only: hashes and compresses it. Nobody needs to know what is in it;
    /// should somebody of this house get it all the same, [`Groupware::submit`] parses it then.
    ///
    /// # Errors
    /// As [`Groupware::prepare`].
    pub async fn prepare_to_send(&self, message: Vec<u8>) -> Result<Prepared, Error> {
        self.make_ready(message, false).await
    }

    async fn make_ready(&self, message: Vec<u8>, is_parsed: bool) -> Result<Prepared, Error> {
        if message.len() > MESSAGE_OCTETS_MAX {
            return Err(Error::TooLarge);
        }
        let is_small = message.len() <= PREPARED_AT_ONCE_OCTETS_MAX;
        let prepare = move |engine: &dyn Engine| {
            let (parsed, invitation) = match is_parsed {
                true => {
                    let parsed = message::parse(&message);
                    let invitation = Invitation::find(&message, &parsed.meta);
                    (parsed, invitation.map(Arc::new))
                }
                false => Default::default(),
            };
            let blob = engine.prepare(&message, parsed.meta)?;
            Ok(Prepared {
                is_parsed,
                octets: Arc::new(message),
                invitation,
                size: blob.size,
                blob,
                sent_at: parsed.sent_at,
                thread: parsed.thread,
                text: Arc::new(search_text(parsed.text)),
            })
        };
        if is_small {
            return Ok(prepare(&**self.store.engine())?);
        }
        Ok(self.store.read(prepare).await?)
    }

    /// Adds messages to a mailbox, all or none.
    ///
    /// # Errors
    /// RFC 4314 4: `INSERT` is needed; keywords that the caller may not set are left out. [`Error::OverQuota`].
    pub async fn append(
        &self,
        caller: &Caller,
        account: AccountId,
        mailbox: MailboxId,
        messages: Vec<NewMessage>,
    ) -> Result<Vec<Added>, Error> {
        let access = self.access(caller, account).await?;
        let rights = access.rights(access.require(mailbox, Rights::INSERT)?);
        let now = self.clock.now();
        let changes = messages.into_iter().map(|new| {
            let received_at = new.received_at.unwrap_or(now);
            new.message
                .email(mailbox, allowed(new.keywords, rights), received_at)
        });
        let committed = self.change(caller, account, changes.collect()).await?;
        committed.outcomes.iter().map(added).collect()
    }
}

/// The words of a message, as the store indexes them.
pub(crate) fn search_text(text: message::SearchText) -> SearchText {
    SearchText {
        from: text.from,
        to: text.to,
        cc: text.cc,
        bcc: text.bcc,
        subject: text.subject,
        body: text.body,
    }
}

pub(super) fn added(outcome: &Outcome) -> Result<Added, Error> {
    match outcome {
        Outcome::Added {
            email,
            uid,
            uid_validity,
            thread,
        } => Ok(Added {
            email: *email,
            uid: *uid,
            uid_validity: *uid_validity,
            thread: *thread,
        }),
        other => Err(unexpected(Some(other))),
    }
}
