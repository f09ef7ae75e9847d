//! What Wachpost does by itself: destroyed emails, and bodies of objects that were replaced or destroyed, go for good when their retention time is over.

use std::time::Duration;

use model::{AccountId, Actor};
use store::{Change, CollectionChange, Outcome, Request};

use crate::Groupware;
use crate::error::Error;

/// Accounts that are looked at with one write.
const ACCOUNTS_AT_ONCE: usize = 64;
/// Emails, and bodies of objects, of one account that go with one commit.
const PURGED_PER_COMMIT_MAX: u32 = 1_000;

impl Groupware {
    /// Purges, in all accounts, what was replaced or destroyed longer ago than `retention`; answers how many.
    /// An account that cannot be written to does not keep the others from it.
    ///
    /// # Errors
    /// The accounts cannot be listed.
    pub async fn purge_expired(&self, retention: Duration) -> Result<u64, Error> {
        let retention_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let now = self.clock.now();
        let before = now.plus_ms(retention_ms.saturating_neg());
        let request = |account: AccountId| Request {
            account,
            actor: Actor::system(),
            at: now,
            if_seq: None,
            changes: vec![
                Change::PurgeEmails {
                    destroyed_before: before,
                    limit: PURGED_PER_COMMIT_MAX,
                },
                Change::Collections(Box::new(CollectionChange::PurgeVersions {
                    before,
                    limit: PURGED_PER_COMMIT_MAX,
                })),
            ],
        };
        let mut purged = 0;
        let mut after = AccountId::DIRECTORY;
        loop {
            let mut accounts = self
                .store
                .read(move |engine| engine.accounts(after, ACCOUNTS_AT_ONCE))
                .await?;
            accounts.retain(|account| *account > after);
            let Some(last) = accounts.last() else {
                return Ok(purged);
            };
            after = *last;
            let mut left = accounts;
            while !left.is_empty() {
                let done = self
                    .store
                    .commit_all(left.iter().copied().map(request).collect())
                    .await;
                let mut full = Vec::new();
                for (account, done) in left.into_iter().zip(done) {
                    match done {
                        Ok(done) => {
                            let counts = done.outcomes.iter().map(|outcome| match outcome {
                                Outcome::Purged { count } => *count,
                                _ => 0,
                            });
                            let most = counts.clone().max();
                            purged += counts.map(u64::from).sum::<u64>();
                            if most == Some(PURGED_PER_COMMIT_MAX) {
                                full.push(account);
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%account, %error, "the account's destroyed emails stay for now");
                        }
                    }
                }
                left = full;
            }
        }
    }
}
