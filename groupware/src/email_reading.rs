//! Reading metadata and messages of emails wherever they are in an account, some at a time.

use std::ops::{ControlFlow, Range};

use model::EmailId;

use crate::Groupware;
use crate::catalogue::Catalogue;
use crate::error::Error;

/// Emails of which something is read at once.
const EMAILS_AT_ONCE_MAX: usize = 64;
/// Octets of messages that are read at once; one that is larger is read alone.
const MESSAGES_AT_ONCE_OCTETS_MAX: u64 = 8 * 1024 * 1024;

/// What was read of some emails, in one piece of memory.
#[derive(Debug, Default)]
pub struct EmailBytes {
    /// By number.
    items: Vec<(EmailId, Range<usize>)>,
    bytes: Vec<u8>,
}

/// What is read of an email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailContent {
    /// Its encoded [`model::EmailMeta`].
    Meta,
    /// The message itself.
    Message,
}

impl EmailBytes {
    /// What was read of the email; none if it is gone or was not asked for.
    #[must_use]
    pub fn get(&self, email: EmailId) -> Option<&[u8]> {
        let at = self.items.binary_search_by_key(&email, |item| item.0);
        let (_, range) = self.items.get(at.ok()?)?;
        self.bytes.get(range.clone())
    }
}

impl Catalogue {
    /// How many of these emails, from the first on, are few and small enough to be read at once; at least one.
    #[must_use]
    pub fn readable_at_once(&self, emails: &[EmailId], what: EmailContent) -> usize {
        let emails = emails.iter().take(EMAILS_AT_ONCE_MAX);
        if what == EmailContent::Meta {
            return emails.count().max(1);
        }
        let mut octets: u64 = 0;
        let fits = |email: &&EmailId| {
            let size = self.email(**email).map_or(0, |found| found.row.size);
            octets += u64::from(size);
            octets <= MESSAGES_AT_ONCE_OCTETS_MAX
        };
        emails.take_while(fits).count().max(1)
    }
}

impl Groupware {
    /// Something of emails in the catalogue; of the first ones only, if they are more than
    /// [`Catalogue::readable_at_once`] says. Those that are not in it are left out.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn read_emails(
        &self,
        catalogue: &Catalogue,
        emails: &[EmailId],
        what: EmailContent,
    ) -> Result<EmailBytes, Error> {
        let count = catalogue.readable_at_once(emails, what);
        let known = |email: &EmailId| catalogue.email(*email).is_some();
        let wanted = emails.iter().take(count).copied().filter(known);
        let mut wanted: Vec<EmailId> = wanted.collect();
        // Neighbours are read with one step.
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(EmailBytes::default());
        }
        let account = catalogue.account();
        let read = self.store.read(move |engine| {
            let mut found = EmailBytes::default();
            let mut each = |email: EmailId, bytes: &[u8]| {
                let start = found.bytes.len();
                found.bytes.extend_from_slice(bytes);
                found.items.push((email, start..found.bytes.len()));
                ControlFlow::Continue(())
            };
            match what {
                EmailContent::Meta => engine.metas(account, &wanted, &mut each)?,
                EmailContent::Message => engine.messages(account, &wanted, &mut each)?,
            }
            Ok(found)
        });
        Ok(read.await?)
    }
}
