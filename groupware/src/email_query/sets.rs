//! What rows do not tell of emails, looked up at once for a whole account: sets of emails and of threads.

use std::sync::atomic::AtomicBool;

use model::{EmailId, Keywords, MailboxId, NumberSet, ThreadId};
use store::{Engine, Error, Field, TextQuery};

use crate::catalogue::Catalogue;
use crate::search::{Columns, Filter, Finder, Scope, has_word, scope};

/// Emails whose text is read again to see whether several words stand there one behind the other.
const PHRASE_EMAILS_MAX: usize = 256;
/// Messages whose header one condition looks at, since there is no index of all header fields.
const HEADER_MESSAGES_MAX: usize = 200_000;

/// Where a query looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) engine: &'a dyn Engine,
    pub(super) columns: &'a Columns,
    /// Set when nobody waits for the answer any more.
    pub(super) cancelled: &'a AtomicBool,
}

/// A set of small numbers, one bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    words: Vec<u64>,
    len: usize,
}

impl Numbers {
    pub(super) fn insert(&mut self, number: u32) {
        let (word, bit) = (number as usize / 64, number % 64);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            self.len += usize::from(*word >> bit & 1 == 0);
            *word |= 1 << bit;
        }
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        let word = self.words.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.words).flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.checked_sub(1)?;
                Some(at * 64 + bit)
            })
        })
    }
}

impl FromIterator<EmailId> for Numbers {
    fn from_iter<I: IntoIterator<Item = EmailId>>(emails: I) -> Self {
        let mut numbers = Self::default();
        emails.into_iter().for_each(|email| numbers.insert(email.0));
        numbers
    }
}

impl<'a> Place<'a> {
    /// What a search in one mailbox may look at.
    pub(super) fn scope(self, mailbox: MailboxId) -> Option<Scope<'a>> {
        let view = self.catalogue.inner.view(mailbox)?;
        Some(scope(view, self.engine, self.cancelled))
    }

    /// The emails that have these words in this field; perhaps also some that the caller may not read.
    pub(super) fn with_words(self, field: Field, text: &str) -> Result<Numbers, Error> {
        if !has_word(text) {
            return Ok(Numbers::default());
        }
        let query = TextQuery {
            account: self.catalogue.account(),
            field,
            text: text.to_owned(),
        };
        Ok(self.engine.search(&query)?.into_iter().collect())
    }

    /// The emails that have these words one behind the other, as long as few have them all.
    pub(super) fn with_phrase(self, field: Field, text: &str) -> Result<Numbers, Error> {
        let filter = Filter::Text {
            field,
            text: text.to_owned(),
        };
        if !matches!(field, Field::Any | Field::Body) {
            return self.in_each_mailbox(&filter);
        }
        let words = self.with_words(field, text)?;
        let is_known = |email: &u32| self.catalogue.email(EmailId(*email)).is_some();
        let visible: NumberSet = words.iter().filter(is_known).collect();
        if visible.len() > PHRASE_EMAILS_MAX as u64 {
            return Ok(words);
        }
        self.in_each_mailbox(&Filter::And(vec![Filter::Emails(visible), filter]))
    }

    /// The emails that have this text in a header field of that name.
    pub(super) fn with_header(
        self,
        name: &str,
        text: &str,
        reads_messages: bool,
    ) -> Result<Numbers, Error> {
        if reads_messages && self.catalogue.len() > HEADER_MESSAGES_MAX {
            return Err(Error::Limit(
                "there are too many emails to look for that header field",
            ));
        }
        self.in_each_mailbox(&Filter::Header {
            name: name.to_owned(),
            text: text.to_owned(),
        })
    }

    /// The emails for which a condition holds that each mailbox decides for itself.
    pub(super) fn in_each_mailbox(self, filter: &Filter) -> Result<Numbers, Error> {
        let mut found = Numbers::default();
        for mailbox in self.catalogue.mailboxes() {
            let Some(scope) = self.scope(mailbox) else {
                continue;
            };
            let finder = Finder {
                scope: &scope,
                columns: self.columns,
            };
            let bits = finder.find(filter)?;
            for (_, row) in scope.rows_at(&bits) {
                found.insert(row.email.0);
            }
        }
        Ok(found)
    }

    /// The threads in which some email has the keyword, and those in which some has not.
    pub(super) fn threads_by_keyword(self, keyword: Keywords) -> (Numbers, Numbers) {
        let (mut having, mut lacking) = (Numbers::default(), Numbers::default());
        for (_, view) in self.catalogue.inner.views() {
            for row in view.iter() {
                let ThreadId(thread) = row.thread;
                if row.keywords.intersects(keyword) {
                    having.insert(thread);
                } else {
                    lacking.insert(thread);
                }
            }
        }
        (having, lacking)
    }
}
