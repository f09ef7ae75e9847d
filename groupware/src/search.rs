//! Looking for emails in a mailbox, putting them in order, and making conversations of them.
//!
//! A [`Filter`] is decided on a [`View`]: what its rows tell is a walk over them. For the addresses and subject, short texts of all
//! emails are kept side by side in memory once they were asked for (a *column*), so that substrings are found in
//! milliseconds and exactly as RFC 9051 6.4.4 has it. Text in the body is found by the full-text index, which knows words.
//!
//! What may take long runs on the threads for blocking work, few at a time, and is given up when nobody waits any more.

mod bits;

mod rows;

pub(crate) mod fold;

mod key;

mod filter;

mod scope;

mod column;

mod columns;

mod header;

mod find;

mod sort;

mod threads;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{NumberSet, Rights, Uid};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::view::View;

use columns::COLUMNS_OCTETS_MAX;
use filter::Cost;
use rows::Rows;

pub(crate) use bits::Bits;
pub(crate) use columns::Columns;
pub(crate) use find::Finder;
pub(crate) use fold::has_word;
pub(crate) use key::is_column_header;
pub(crate) use scope::Scope;
pub(crate) use sort::{sent_ms, texts};

pub use filter::{FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, FILTER_TEXT_OCTETS_MAX, Field, Filter};
pub use sort::{COMPARATORS_MAX, Comparator, SortBy};
pub use threads::{Node, Threading, Threads};

/// Searches that run at the same time; more wait their turn, and other reads go on.
const SEARCHES_AT_ONCE_MAX: usize = 8;
/// Rows that are looked at without going to another thread: a tenth of a millisecond's work.
const ROWS_AT_ONCE_MAX: usize = 100_000;

/// What all searches share.
#[derive(Debug)]
pub(crate) struct Searches {
    columns: Columns,
    turns: Arc<Semaphore>,
}

impl Default for Searches {
    fn default() -> Self {
        Self {
            columns: Columns::new(COLUMNS_OCTETS_MAX),
            turns: Arc::new(Semaphore::new(SEARCHES_AT_ONCE_MAX)),
        }
    }
}

impl Searches {
    /// What is kept of the headers of mailboxes that were searched.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Waits for one's turn; it ends when the answer is dropped.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

impl Groupware {
    /// The UIDs of the emails in the view for which the filter holds.
    ///
    /// # Errors
    /// RFC 4314 4: `READ` is needed. [`Error::Limit`] if the filter is too large, or if it asks for a header field of too many emails.
    pub async fn find(
        &self,
        caller: &Caller,
        view: &Arc<View>,
        filter: &Filter,
    ) -> Result<NumberSet, Error> {
        self.may_search(caller, view).await?;
        let steps = filter.conditions()?.saturating_mul(view.len());
        if steps <= ROWS_AT_ONCE_MAX && filter.cost() == Cost::Row {
            let never = AtomicBool::new(false);
            let scope = scope(view, &**self.store.engine(), &never);
            let found = finder(&scope, &self.searches).find(filter)?;
            return Ok(uids(&scope, &found).map(|uid| uid.0).collect());
        }
        let filter = filter.clone();
        self.search(view, move |finder| {
            let found = finder.find(&filter)?;
            Ok(uids(finder.scope, &found).map(|uid| uid.0).collect())
        })
        .await
    }

    /// The UIDs of the emails for which the filter holds, in this order; what is equal stands by UID.
    ///
    /// # Errors
    /// As [`Groupware::find`]; [`Error::Limit`] for more than [`COMPARATORS_MAX`] comparators.
    pub async fn sort(
        &self,
        caller: &Caller,
        view: &Arc<View>,
        filter: &Filter,
        comparators: &[Comparator],
    ) -> Result<Vec<Uid>, Error> {
        self.may_search(caller, view).await?;
        let (filter, comparators) = (filter.clone(), comparators.to_vec());
        self.search(view, move |finder| {
            let found = finder.find(&filter)?;
            let sorted = sort::sorted(finder.scope, finder.columns, &found, &comparators)?;
            let rows = &finder.scope.rows;
            Ok(sorted
                .into_iter()
                .filter_map(|at| Some(rows.get(at)?.uid))
                .collect())
        })
        .await
    }

    /// The conversations that the emails make for which the filter holds.
    ///
    /// # Errors
    /// As [`Groupware::find`].
    pub async fn thread(
        &self,
        caller: &Caller,
        view: &Arc<View>,
        filter: &Filter,
        threading: Threading,
    ) -> Result<Threads, Error> {
        self.may_search(caller, view).await?;
        let filter = filter.clone();
        self.search(view, move |finder| {
            let found = finder.find(&filter)?;
            threads::threads(finder.scope, finder.columns, &found, threading)
        })
        .await
    }

    async fn may_search(&self, caller: &Caller, view: &View) -> Result<(), Error> {
        let access = self.access(caller, view.account()).await?;
        access.require(view.mailbox(), Rights::READ)?;
        Ok(())
    }

    /// Runs a search on a thread for blocking work. It ends soon after this future is dropped.
    async fn search<T, W>(&self, view: &Arc<View>, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(Finder<'_>) -> Result<T, store::Error> + Send + 'static,
    {
        let searches = Arc::clone(&self.searches);
        let given_up = GivenUp::default();
        let cancelled = given_up.flag();
        let view = Arc::clone(view);
        let turn = self.searches.turn().await;
        let outcome = self.store.read(move |engine| {
            // The turn goes along with the work, which may go on for a moment after nobody waits for it.
            let _turn = turn;
            let scope = scope(&view, engine, &cancelled);
            work(finder(&scope, &searches))
        });
        Ok(outcome.await?)
    }
}

/// Tells the search on the other thread to stop when the one who waits for it is dropped.
#[derive(Debug, Default)]
pub(crate) struct GivenUp(Arc<AtomicBool>);

impl GivenUp {
    /// What is set then.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a search in the view's mailbox may look at.
pub(crate) fn scope<'a>(
    view: &'a View,
    engine: &'a dyn store::Engine,
    cancelled: &'a AtomicBool,
) -> Scope<'a> {
    Scope {
        account: view.account(),
        mailbox: view.mailbox(),
        uid_validity: view.uid_validity(),
        rows: Rows::new(view.slices()),
        keywords: view.keywords(),
        engine,
        cancelled,
    }
}

fn finder<'a>(scope: &'a Scope<'a>, searches: &'a Searches) -> Finder<'a> {
    Finder {
        scope,
        columns: &searches.columns,
    }
}

fn uids<'a>(scope: &'a Scope<'_>, found: &'a Bits) -> impl Iterator<Item = Uid> + 'a {
    scope.rows_at(found).map(|(_, row)| row.uid)
}
