//! Queries for the emails of an account (RFC 8621 4.4): which, in which order, and which part of them.
//!
//! Emails of one or all mailboxes by time of reception, what clients show first, are read off the catalogue, whose orders
//! are kept. Everything else is decided by a walk over the rows of all mailboxes; what rows do not tell is looked up before, in the
//! full-text index and the columns of [`crate::search`], and handed to the walk as sets.

mod changes;

mod condition;

mod kept;

mod sets;

mod sort;

mod test;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use model::{AccountId, EmailId, Keyword, ThreadId};

use crate::Groupware;
use crate::caller::Caller;
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::search::GivenUp;

pub use changes::{EmailQueryChanges, QueryPlace};
pub use condition::{EMAIL_CONDITIONS_MAX, EMAIL_FILTER_DEPTH_MAX, EmailFilter};
use sort::sorted;
use test::Test;

/// Comparators of one order; there are as many properties, and keywords beside them.
pub const EMAIL_COMPARATORS_MAX: usize = 16;
/// Rows that are looked at without going to another thread: a tenth of a millisecond's work.
const ROWS_AT_ONCE_MAX: usize = 20_000;

/// What is compared (RFC 8621 4.4.2). Texts compare without regard to letter case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailSortBy {
    /// When it was received.
    ReceivedAt,
    /// Its `Date`, or when it was received where that is not readable.
    SentAt,
    /// Its size.
    Size,
    /// First name in `From`, or the address where there is none.
    From,
    /// First name in `To`, or the address where there is none.
    To,
    /// Its subject without what replies add (RFC 5256 2.1).
    Subject,
    /// Whether it has the keyword.
    HasKeyword(Keyword),
    /// Whether all emails of its thread have the keyword.
    AllInThreadHaveKeyword(Keyword),
    /// Whether some email of its thread has the keyword.
    SomeInThreadHaveKeyword(Keyword),
}

/// One step of a comparison; what is equal in all stands by time of reception and number, in the direction of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailComparator {
    /// What is compared.
    pub by: EmailSortBy,
    /// The largest first.
    pub descending: bool,
}

/// Which emails, in which order. Without a comparator the newest come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailQuery {
    /// Which.
    pub filter: EmailFilter,
    /// In which order.
    pub sort: Vec<EmailComparator>,
    /// Of each thread only the first (RFC 8621 4.4.3).
    pub collapse_threads: bool,
}

/// Which part of the result (RFC 8620 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub start: WindowStart,
    /// How many emails it has at most.
    pub limit: usize,
    /// Whether the number of all is to be told.
    pub total: bool,
}

/// Where a part of the result begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowStart {
    /// At this place from 0; a negative one counts from the end.
    Position(i64),
    /// So many places behind this email, or before it if negative.
    Anchor(EmailId, i64),
}

/// A part of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailsFound {
    /// The emails.
    pub emails: Vec<EmailId>,
    /// The place of the first in the whole result.
    pub position: usize,
    /// How many there are in all, if that was asked for.
    pub total: Option<usize>,
}

/// An email in a result.
pub(crate) type Hit = (EmailId, ThreadId);

impl Groupware {
    /// The part of the emails asked for; none if the anchor is not among them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account. [`Error::Limit`] if the filter is too large, or asks for a
    /// header field of too many emails.
    pub async fn query_emails(
        &self,
        caller: &Caller,
        account: AccountId,
        query: &EmailQuery,
        window: Window,
    ) -> Result<Option<EmailsFound>, Error> {
        check(query)?;
        let catalogue = self.catalogue(caller, account).await?;
        let found = match kept::plan(query) {
            Some(plan) => kept::window(&catalogue, plan, window),
            None => {
                let hits = self.hits(catalogue, query).await?;
                cut(&hits, window)
            }
        };
        Ok(found.map(|(emails, position, total)| EmailsFound {
            emails,
            position,
            total,
        }))
    }

    /// All emails of the result in their order.
    pub(crate) async fn hits(
        &self,
        catalogue: Catalogue,
        query: &EmailQuery,
    ) -> Result<Vec<Hit>, Error> {
        if query.needs_rows_only() && catalogue.len() <= ROWS_AT_ONCE_MAX {
            let never = AtomicBool::new(false);
            let at = sets::Place {
                catalogue: &catalogue,
                engine: &**self.store.engine(),
                columns: self.searches.columns(),
                cancelled: &never,
            };
            return Ok(found(at, query)?);
        }
        let query = query.clone();
        let searches = Arc::clone(&self.searches);
        let given_up = GivenUp::default();
        let cancelled = given_up.flag();
        let turn = self.searches.turn().await;
        let outcome = self.store.read(move |engine| {
            // The turn goes along with the work, which may go on for a moment after nobody waits for it.
            let _turn = turn;
            let at = sets::Place {
                catalogue: &catalogue,
                engine,
                columns: searches.columns(),
                cancelled: &cancelled,
            };
            found(at, &query)
        });
        Ok(outcome.await?)
    }
}

impl EmailQuery {
    /// Whether the rows of the emails tell all that it asks for.
    fn needs_rows_only(&self) -> bool {
        self.filter.needs_rows_only()
            && !self.sort.iter().any(|comparator| {
                matches!(
                    comparator.by,
                    EmailSortBy::From | EmailSortBy::To | EmailSortBy::Subject
                )
            })
    }

    /// Whether an email's place depends on others of its thread.
    fn depends_on_threads(&self) -> bool {
        let by_thread = |comparator: &EmailComparator| {
            matches!(
                comparator.by,
                EmailSortBy::AllInThreadHaveKeyword(_) | EmailSortBy::SomeInThreadHaveKeyword(_)
            )
        };
        self.collapse_threads || self.filter.depends_on_threads() || self.sort.iter().any(by_thread)
    }

    /// Whether an email, once it is there, never changes its place among others.
    fn is_immutable(&self) -> bool {
        let is_mutable = |comparator: &EmailComparator| {
            matches!(
                comparator.by,
                EmailSortBy::HasKeyword(_)
                    | EmailSortBy::AllInThreadHaveKeyword(_)
                    | EmailSortBy::SomeInThreadHaveKeyword(_)
            )
        };
        !self.collapse_threads && self.filter.is_immutable() && !self.sort.iter().any(is_mutable)
    }
}

fn check(query: &EmailQuery) -> Result<(), Error> {
    query.filter.check()?;
    if query.sort.len() > EMAIL_COMPARATORS_MAX {
        return Err(Error::Limit("there are too many comparators"));
    }
    Ok(())
}

fn found(at: sets::Place<'_>, query: &EmailQuery) -> Result<Vec<Hit>, store::Error> {
    let test = Test::of(&query.filter, at)?;
    let rows = test.select(at)?;
    let mut hits = sorted(at, rows, &query.sort)?;
    if query.collapse_threads {
        let mut seen = HashSet::with_capacity(hits.len());
        hits.retain(|(_, thread)| seen.insert(*thread));
    }
    Ok(hits)
}

/// The emails, the place of the first and the number of all.
type Part = (Vec<EmailId>, usize, Option<usize>);

/// The part of a result; none if the anchor is not in it.
fn cut(hits: &[Hit], window: Window) -> Option<Part> {
    let start = match window.start {
        WindowStart::Position(position) => place(position, hits.len()),
        WindowStart::Anchor(anchor, offset) => {
            let at = hits.iter().position(|(email, _)| *email == anchor)?;
            shifted(at, offset)
        }
    };
    let part = hits.iter().skip(start).take(window.limit);
    let emails = part.map(|(email, _)| *email).collect();
    Some((emails, start, window.total.then_some(hits.len())))
}

/// RFC 8620 5.5: a negative position counts from the end, and is 0 where that lies before the start.
fn place(position: i64, total: usize) -> usize {
    if position < 0 {
        shifted(total, position)
    } else {
        usize::try_from(position).unwrap_or(usize::MAX)
    }
}

/// RFC 8620 5.5: what the offset leads before the start begins at the start.
fn shifted(at: usize, offset: i64) -> usize {
    let distance = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
    if offset < 0 {
        at.saturating_sub(distance)
    } else {
        at.saturating_add(distance)
    }
}
