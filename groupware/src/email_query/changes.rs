//! What changed in the result of a query (RFC 8620 5.6), from the journal and the result as it is now.

use std::collections::BTreeSet;

use model::{AccountId, EmailId, Seq};

use super::{EmailQuery, check, kept};
use crate::Groupware;
use crate::caller::Caller;
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::sync::Changes;
use crate::thread_changes::Touched;

/// Attempts to find the catalogue as it was after the last of the changes.
const ATTEMPTS_MAX: usize = 4;

/// How an older result becomes the newer: first all of `removed` are taken out, then those of `added` put in, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailQueryChanges {
    /// Emails that may have been in the older result and are not there any more, or at another place. Some of them may not have
    /// been in it.
    pub removed: Vec<EmailId>,
    /// Emails of the newer result with their places in it, rising.
    pub added: Vec<QueryPlace>,
    /// How many the newer result has in all, if that was asked for.
    pub total: Option<usize>,
}

/// An email in a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryPlace {
    /// Its place, from 0.
    pub index: usize,
    /// Which.
    pub email: EmailId,
}

impl Groupware {
    /// What changed in the result of a query since it was current as the entry `since`. What stands behind `up_to` may be left out
    /// where no email changes its place.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] where [`Groupware::changes`] says so, or where too much changed; otherwise as
    /// [`Groupware::query_emails`].
    pub async fn query_emails_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        query: &EmailQuery,
        since: Seq,
        up_to: Option<EmailId>,
        total: bool,
    ) -> Result<EmailQueryChanges, Error> {
        check(query)?;
        let (catalogue, changes) = self.changes_now(caller, account, since).await?;
        let affected = self.affected(&catalogue, query, &changes).await?;
        let current: Vec<EmailId> = affected
            .iter()
            .copied()
            .filter(|email| catalogue.email(*email).is_some())
            .collect();
        let up_to = up_to.filter(|_| query.is_immutable());
        let (mut added, up_to, count) = match kept::plan(query) {
            Some(plan) => {
                let up_to = up_to.map(|email| kept::places(&catalogue, plan, &[email]));
                (
                    kept::places(&catalogue, plan, &current),
                    up_to.and_then(|places| Some(places.first()?.0)),
                    total.then(|| kept::count(&catalogue, plan)),
                )
            }
            None => {
                let hits = self.hits(catalogue, query).await?;
                let place = |email| hits.iter().position(|hit| hit.0 == email);
                let up_to = up_to.and_then(place);
                let places = hits.iter().enumerate();
                let places = places.map(|(at, hit)| (at, hit.0));
                (
                    places
                        .filter(|(_, email)| affected.contains(email))
                        .collect(),
                    up_to,
                    total.then_some(hits.len()),
                )
            }
        };
        if let Some(up_to) = up_to {
            added.retain(|(at, _)| *at <= up_to);
        }
        let removed = affected
            .into_iter()
            .filter(|email| !changes.created.contains(email.0));
        Ok(EmailQueryChanges {
            removed: removed.collect(),
            added: added
                .into_iter()
                .map(|(index, email)| QueryPlace { index, email })
                .collect(),
            total: count,
        })
    }

    /// The catalogue, and what changed since then until just that.
    pub(crate) async fn changes_now(
        &self,
        caller: &Caller,
        account: AccountId,
        since: Seq,
    ) -> Result<(Catalogue, Changes), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let changes = self.changes_until_now(caller, account, since).await?;
            let catalogue = self.catalogue(caller, account).await?;
            if catalogue.until() == changes.until {
                return Ok((catalogue, changes));
            }
        }
        Err(Error::CannotCalculate)
    }

    /// The emails whose place in the result may be another one.
    async fn affected(
        &self,
        catalogue: &Catalogue,
        query: &EmailQuery,
        changes: &Changes,
    ) -> Result<BTreeSet<EmailId>, Error> {
        let mut affected: BTreeSet<EmailId> = changes
            .created
            .iter()
            .chain(changes.destroyed.iter())
            .map(EmailId)
            .collect();
        if !query.is_immutable() {
            affected.extend(changes.updated.iter().map(EmailId));
        }
        if query.depends_on_threads() {
            let touched = self.touched_threads(catalogue, changes, Touched::ByAll);
            for thread in touched.await? {
                let emails = catalogue.inner.thread(thread);
                affected.extend(emails.map(|found| found.row.email));
            }
        }
        Ok(affected)
    }
}
