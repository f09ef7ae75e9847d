//! What changed in an account's threads (RFC 8621 3.2): read off what changed in its emails.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{AccountId, EmailId, NumberSet, Seq, ThreadId};

use crate::Groupware;
use crate::caller::Caller;
use crate::catalogue::Catalogue;
use crate::error::Error;
use crate::sync::{Changes, Scope};

/// Rounds of [`Groupware::changes`] that are added up; behind more, whoever asked must look at everything.
const ROUNDS_MAX: usize = 20;

/// What changed in the threads between two entries of the journal (RFC 8620 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadChanges {
    /// New since then.
    pub created: Vec<ThreadId>,
    /// With other emails than then.
    pub updated: Vec<ThreadId>,
    /// Without any email now.
    pub destroyed: Vec<ThreadId>,
}

/// Which changes of emails are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// All of them.
    ByAll,
    /// Those by which a thread gains or loses an email.
    ByMembers,
}

impl Groupware {
    /// What changed in the threads after the entry `since`, all of it.
    ///
    /// # Errors
    /// [`Error::CannotCalculate`] where [`Groupware::changes`] says so, if too much changed, or if the thread of an email that is
    /// gone is not known any more.
    pub async fn thread_changes(
        &self,
        caller: &Caller,
        account: AccountId,
        since: Seq,
    ) -> Result<ThreadChanges, Error> {
        let (catalogue, changes) = self.changes_now(caller, account, since).await?;
        let touched = self.touched_threads(&catalogue, &changes, Touched::ByMembers);
        let touched = touched.await?;
        let lost: BTreeSet<ThreadId> = {
            let gone = changes.destroyed.iter().map(EmailId).collect();
            let threads = self.threads_of_gone(&catalogue, gone).await?;
            threads.into_iter().collect()
        };
        let mut result = ThreadChanges {
            created: Vec::new(),
            updated: Vec::new(),
            destroyed: Vec::new(),
        };
        for thread in touched {
            let (mut is_there, mut was_there) = (false, lost.contains(&thread));
            for found in catalogue.inner.thread(thread) {
                is_there = true;
                was_there |= !changes.created.contains(found.row.email.0);
            }
            match (was_there, is_there) {
                (false, true) => result.created.push(thread),
                (true, true) => result.updated.push(thread),
                (true, false) => result.destroyed.push(thread),
                (false, false) => {}
            }
        }
        Ok(result)
    }

    /// All that changed in the emails after the entry `since`, in one.
    pub(crate) async fn changes_until_now(
        &self,
        caller: &Caller,
        account: AccountId,
        since: Seq,
    ) -> Result<Changes, Error> {
        let mut all = self.changes(caller, account, Scope::Account, since).await?;
        for _ in 0..ROUNDS_MAX {
            if !all.more {
                return Ok(all);
            }
            let next = self.changes(caller, account, Scope::Account, all.until);
            all = sum(&all, &next.await?);
        }
        Err(Error::CannotCalculate)
    }

    /// The threads of the emails that changed.
    pub(crate) async fn touched_threads(
        &self,
        catalogue: &Catalogue,
        changes: &Changes,
        which: Touched,
    ) -> Result<BTreeSet<ThreadId>, Error> {
        let mut emails: Vec<EmailId> = changes.created.iter().map(EmailId).collect();
        emails.extend(changes.destroyed.iter().map(EmailId));
        if which == Touched::ByAll {
            emails.extend(changes.updated.iter().map(EmailId));
        }
        let (mut threads, mut gone) = (BTreeSet::new(), Vec::new());
        for email in emails {
            match catalogue.email(email) {
                Some(found) => {
                    threads.insert(found.row.thread);
                }
                None => gone.push(email),
            }
        }
        threads.extend(self.threads_of_gone(catalogue, gone).await?);
        Ok(threads)
    }

    /// The threads of emails that are not in the catalogue any more.
    async fn threads_of_gone(
        &self,
        catalogue: &Catalogue,
        emails: Vec<EmailId>,
    ) -> Result<Vec<ThreadId>, Error> {
        let known: Option<Vec<ThreadId>> = emails
            .iter()
            .map(|email| catalogue.inner.departed(*email))
            .collect();
        if let Some(known) = known {
            return Ok(known);
        }
        let account = catalogue.account();
        let read = self.store.read(move |engine| engine.destroyed(account));
        let restorable: HashMap<EmailId, ThreadId> = read
            .await?
            .into_iter()
            .map(|destroyed| (destroyed.email, destroyed.thread))
            .collect();
        emails
            .iter()
            .map(|email| {
                let departed = catalogue.inner.departed(*email);
                departed.or_else(|| restorable.get(email).copied())
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(Error::CannotCalculate)
    }
}

/// What became of an email.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Created,
    Updated,
    Destroyed,
}

/// Earlier changes and the later ones that follow them, as one.
fn sum(earlier: &Changes, later: &Changes) -> Changes {
    let mut fates: BTreeMap<u32, Option<Fate>> = BTreeMap::new();
    let parts = |changes: &Changes| {
        [
            (changes.created.clone(), Fate::Created),
            (changes.updated.clone(), Fate::Updated),
            (changes.destroyed.clone(), Fate::Destroyed),
        ]
    };
    for (numbers, fate) in parts(earlier).into_iter().chain(parts(later)) {
        for number in numbers.iter() {
            let before = fates.get(&number).copied().flatten();
            let now = match (before, fate) {
                (Some(Fate::Created), Fate::Destroyed) => None,
                (Some(Fate::Created), _) => Some(Fate::Created),
                // It was there before, went, and came back.
                (Some(Fate::Destroyed), Fate::Created) => Some(Fate::Updated),
                (_, fate) => Some(fate),
            };
            fates.insert(number, now);
        }
    }
    let those = |wanted: Fate| -> NumberSet {
        let found = fates.iter().filter(|(_, fate)| **fate == Some(wanted));
        found.map(|(number, _)| *number).collect()
    };
    Changes {
        created: those(Fate::Created),
        updated: those(Fate::Updated),
        destroyed: those(Fate::Destroyed),
        until: later.until,
        more: later.more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(created: &[u32], updated: &[u32], destroyed: &[u32], until: u64) -> Changes {
        let set = |numbers: &[u32]| numbers.iter().copied().collect();
        Changes {
            created: set(created),
            updated: set(updated),
            destroyed: set(destroyed),
            until: Seq(until),
            more: false,
        }
    }

    #[test]
    fn later_changes_join_earlier_ones() {
        let earlier = changes(&[1, 2, 3], &[10, 11, 12], &[20, 21], 5);
        let later = changes(&[4, 20], &[1, 10, 30], &[2, 11, 31], 9);
        let both = sum(&earlier, &later);
        assert_eq!(
            both,
            changes(&[1, 3, 4], &[10, 12, 20, 30], &[11, 21, 31], 9)
        );
    }
}
