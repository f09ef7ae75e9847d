//! What one search may look at: the rows of a mailbox, and the engine for what they do not tell.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{AccountId, EmailId, Headers, Keyword, Keywords, MailboxId, UidValidity};
use store::{EmailRow, Engine, Error};

use super::bits::Bits;
use super::rows::Rows;

/// Emails whose metadata is read with one call, between which a search can be given up.
const METAS_AT_ONCE: usize = 4_096;
/// Messages that are read with one call.
const MESSAGES_AT_ONCE: usize = 64;

/// A mailbox as one search sees it.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) account: AccountId,
    pub(crate) mailbox: MailboxId,
    pub(crate) uid_validity: UidValidity,
    pub(crate) rows: Rows<'a>,
    /// The account's own keywords in the order of their bits, from [`Keywords::FIXED_COUNT`] on.
    pub(crate) keywords: &'a [Keyword],
    pub(crate) engine: &'a dyn Engine,
    /// Set when nobody waits for the answer any more.
    pub(crate) cancelled: &'a AtomicBool,
}

impl<'a> Scope<'a> {
    /// Fails once nobody waits for the answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) fn go_on(&self) -> Result<(), Error> {
        if self.cancelled.load(Ordering::Relaxed) {
            Err(Error::Unavailable("the search was given up".into()))
        } else {
            Ok(())
        }
    }

    /// The set of just this keyword; empty if no email has it.
    pub(super) fn keyword(&self, keyword: &Keyword) -> Keywords {
        let own = || self.keywords.iter().position(|known| known == keyword);
        let bit = keyword.fixed_bit().or_else(|| {
            u8::try_from(own()?)
                .ok()?
                .checked_add(Keywords::FIXED_COUNT)
        });
        bit.map_or(Keywords::NONE, Keywords::bit)
    }

    /// The positions among these whose rows pass.
    pub(super) fn select(&self, among: &Bits, pass: impl Fn(&EmailRow) -> bool) -> Bits {
        let mut found = Bits::none(among.len());
        for (at, row) in self.rows_at(among) {
            if pass(row) {
                found.insert(at);
            }
        }
        found
    }

    /// The rows at these positions.
    pub(crate) fn rows_at<'b>(
        &'b self,
        among: &'b Bits,
    ) -> impl Iterator<Item = (usize, &'a EmailRow)> + 'b {
        // A walk over all rows is fast, a jump to each of few is faster.
        let jumps = among.count() < among.len() / 64;
        let walk = (0..)
            .zip(self.rows.iter())
            .take(if jumps { 0 } else { among.len() })
            .filter(|(at, _)| among.contains(*at));
        let jump = among
            .iter()
            .take(if jumps { among.len() } else { 0 })
            .filter_map(|at| Some((at, self.rows.get(at)?)));
        walk.chain(jump)
    }

    /// Calls `each` with the header fields of these emails, in their order; passes over those that are gone.
    /// Damaged ones are empty.
    pub(super) fn headers(
        &self,
        rows: impl Iterator<Item = (usize, &'a EmailRow)>,
        mut each: impl FnMut(usize, &EmailRow, &Headers<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let read =
            |emails: &[EmailId], each: &mut Each<'_>| self.engine.metas(self.account, emails, each);
        in_chunks(rows, METAS_AT_ONCE, self, read, |at, row, meta| {
            each(at, row, &Headers::decode(meta).unwrap_or_default())
        })
    }

    /// Calls `each` with the messages of these emails, in their order; passes over those that are gone.
    pub(super) fn messages(
        &self,
        rows: impl Iterator<Item = (usize, &'a EmailRow)>,
        mut each: impl FnMut(usize, &[u8]),
    ) -> Result<(), Error> {
        let read = |emails: &[EmailId], each: &mut Each<'_>| {
            self.engine.messages(self.account, emails, each)
        };
        in_chunks(rows, MESSAGES_AT_ONCE, self, read, |at, _, message| {
            each(at, message);
            Ok(())
        })
    }
}

/// What the engine calls with what it read.
type Each<'e> = dyn FnMut(EmailId, &[u8]) -> ControlFlow<()> + 'e;

/// Reads something of each email, so many with one call, until that fails or nobody waits any more.
fn in_chunks<'a>(
    mut rows: impl Iterator<Item = (usize, &'a EmailRow)>,
    at_once: usize,
    scope: &Scope<'_>,
    read: impl Fn(&[EmailId], &mut Each<'_>) -> Result<(), Error>,
    mut each: impl FnMut(usize, &EmailRow, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    loop {
        let chunk: Vec<(usize, &EmailRow)> = rows.by_ref().take(at_once).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let emails: Vec<EmailId> = chunk.iter().map(|(_, row)| row.email).collect();
        let mut expected = chunk.iter();
        let mut outcome = Ok(());
        read(&emails, &mut |email, octets| {
            let Some((at, row)) = expected.find(|(_, row)| row.email == email) else {
                return ControlFlow::Break(());
            };
            outcome = scope.go_on().and_then(|()| each(*at, row, octets));
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        outcome?;
    }
}
