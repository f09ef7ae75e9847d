//! What Wachpost does by itself: destroyed emails go for good when their retention time is over.

use std::time::Duration;

use model::{AccountId, Actor};
use store::{Change, Outcome, Request};

use crate::Groupware;
use crate::error::Error;

/// Accounts that are looked at with one write.
const ACCOUNTS_AT_ONCE: usize = 64;
/// Emails of one account that go with one commit.
const PURGED_PER_COMMIT_MAX: u32 = 1_000;

impl Groupware {
    /// Purges, in all accounts, the emails that were destroyed longer ago than `retention`; answers how many.
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
            changes: vec![Change::PurgeEmails {
                destroyed_before: before,
                limit: PURGED_PER_COMMIT_MAX,
            }],
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
                    match done.as_ref().map(|done| done.outcomes.first()) {
                        Ok(Some(Outcome::Purged { emails })) => {
                            purged += u64::from(*emails);
                            if *emails == PURGED_PER_COMMIT_MAX {
                                full.push(account);
                            }
                        }
                        Ok(_) => {}
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
