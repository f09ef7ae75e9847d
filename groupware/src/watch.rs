//! Waking those who wait for an account to change.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{AccountId, Seq};
use store::Notice;
use tokio::sync::watch;

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Tells that an account changed; not what, which the view and [`Groupware::changes`] say.
///
/// Changes that come while nobody waits are told as one.
#[derive(Debug)]
pub struct Watch {
    account: AccountId,
    receiver: watch::Receiver<Seq>,
}

/// Who waits for which account.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<HashMap<AccountId, watch::Sender<Seq>>>);

impl Groupware {
    /// Watches an account from now on. Whoever watches first and then looks misses nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn watch(&self, caller: &Caller, account: AccountId) -> Result<Watch, Error> {
        if !self.sees_account(caller, account).await? {
            return Err(Error::NotFound);
        }
        let head = self.store.engine().head(account)?;
        let seq = head.map_or(Seq::START, |head| head.seq);
        let receiver = self
            .watchers
            .senders()
            .entry(account)
            .or_insert_with(|| watch::Sender::new(seq))
            .subscribe();
        Ok(Watch { account, receiver })
    }

    /// Watches the directory from now on: whether somebody who is in may stay. What changed there is not told.
    #[must_use]
    pub fn watch_directory(&self) -> Watch {
        let account = AccountId::DIRECTORY;
        let receiver = self
            .watchers
            .senders()
            .entry(account)
            .or_insert_with(|| watch::Sender::new(Seq::START))
            .subscribe();
        Watch { account, receiver }
    }
}

impl Watch {
    /// The account that is watched.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Waits for the next change and answers the account's last entry; none when there will be no more because the
    /// server stops. Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Seq> {
        self.receiver.changed().await.ok()?;
        Some(*self.receiver.borrow_and_update())
    }
}

impl Watchers {
    /// Wakes those who wait for the account.
    pub(crate) fn note(&self, notice: &Notice) {
        let mut senders = self.senders();
        let Some(sender) = senders.get(&notice.account) else {
            return;
        };
        if sender.receiver_count() == 0 {
            senders.remove(&notice.account);
        } else {
            sender.send_replace(notice.seq);
        }
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<AccountId, watch::Sender<Seq>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
