//! Waking those who wait for accounts to change.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use model::{AccountId, Seq};
use store::Notice;

use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Tells that one of some accounts changed; not what, which the view and [`Groupware::changes`] say.
///
/// Changes of an account that come while nobody waits are told as one.
#[derive(Debug)]
pub struct Watch {
    ear: Arc<Ear>,
    accounts: BTreeSet<AccountId>,
    /// Its place among those who watch.
    number: u64,
    watchers: Weak<Watchers>,
}

/// An account that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The account.
    pub account: AccountId,
    /// Its last entry.
    pub seq: Seq,
}

/// Who waits for which account.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<Ears>);

#[derive(Debug, Default)]
struct Ears {
    /// The number of the next who watches.
    next: u64,
    accounts: HashMap<AccountId, BTreeMap<u64, Arc<Ear>>>,
}

/// What one who watches was told and did not take yet.
#[derive(Debug, Default)]
struct Ear(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    /// Each account once, the one that waits for longest first.
    changes: Vec<Changed>,
    /// Who is to be woken with the next change.
    waker: Option<Waker>,
    /// Whether there will be no more.
    ended: bool,
}

impl Groupware {
    /// Watches an account from now on. Whoever watches first and then looks misses nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can see nothing of the account.
    pub async fn watch(&self, caller: &Caller, account: AccountId) -> Result<Watch, Error> {
        let mut watch = Watch::new(&self.watchers);
        self.watch_also(&mut watch, caller, account).await?;
        Ok(watch)
    }

    /// Watches the directory from now on: whether somebody who is in may stay. What changed there is not told; the
    /// account is [`AccountId::DIRECTORY`].
    #[must_use]
    pub fn watch_directory(&self) -> Watch {
        let mut watch = Watch::new(&self.watchers);
        watch.add(AccountId::DIRECTORY);
        watch
    }

    /// Watches one more account with the same watch, from now on.
    ///
    /// # Errors
    /// As [`Groupware::watch`]; the watch is as it was.
    pub async fn watch_also(
        &self,
        watch: &mut Watch,
        caller: &Caller,
        account: AccountId,
    ) -> Result<(), Error> {
        if !self.sees_account(caller, account).await? {
            return Err(Error::NotFound);
        }
        watch.add(account);
        Ok(())
    }
}

impl Watch {
    fn new(watchers: &Arc<Watchers>) -> Self {
        Self {
            ear: Arc::default(),
            accounts: BTreeSet::new(),
            number: watchers.number(),
            watchers: Arc::downgrade(watchers),
        }
    }

    fn add(&mut self, account: AccountId) {
        let Some(watchers) = self.watchers.upgrade() else {
            return;
        };
        if self.accounts.insert(account) {
            watchers.add(account, self.number, Arc::clone(&self.ear));
        }
    }

    /// Watches an account no more; what changed there before may still be told.
    pub fn leave(&mut self, account: AccountId) {
        if self.accounts.remove(&account)
            && let Some(watchers) = self.watchers.upgrade()
        {
            watchers.remove(account, self.number);
        }
    }

    /// Waits for the next change; none when there will be no more because the server stops. Dropping the future loses
    /// nothing.
    pub async fn changed(&mut self) -> Option<Changed> {
        poll_fn(|context| self.ear.poll(context)).await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(watchers) = self.watchers.upgrade() {
            for account in &self.accounts {
                watchers.remove(*account, self.number);
            }
        }
    }
}

impl Ear {
    /// Wakes who listens, unless that was done for a change that was not taken yet.
    fn tell(&self, change: Changed) {
        let waker = {
            let mut heard = self.heard();
            let mut known = heard.changes.iter_mut();
            match known.find(|known| known.account == change.account) {
                Some(known) => known.seq = change.seq,
                None => heard.changes.push(change),
            }
            heard.waker.take()
        };
        // Without any lock: what a waker does is not known here.
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end(&self) {
        let waker = {
            let mut heard = self.heard();
            heard.ended = true;
            heard.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<Option<Changed>> {
        let mut heard = self.heard();
        if !heard.changes.is_empty() {
            return Poll::Ready(Some(heard.changes.remove(0)));
        }
        if heard.ended {
            return Poll::Ready(None);
        }
        let is_known = heard.waker.as_ref();
        if !is_known.is_some_and(|waker| waker.will_wake(context.waker())) {
            heard.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchers {
    /// Wakes those who wait for the account.
    pub(crate) fn note(&self, notice: &Notice) {
        let (account, seq) = (notice.account, notice.seq);
        let ears: Vec<Arc<Ear>> = {
            let all = self.ears();
            let ears = all.accounts.get(&account).into_iter();
            ears.flat_map(BTreeMap::values).cloned().collect()
        };
        for ear in ears {
            ear.tell(Changed { account, seq });
        }
    }

    fn number(&self) -> u64 {
        let mut all = self.ears();
        all.next += 1;
        all.next
    }

    fn add(&self, account: AccountId, number: u64, ear: Arc<Ear>) {
        let mut all = self.ears();
        all.accounts.entry(account).or_default().insert(number, ear);
    }

    fn remove(&self, account: AccountId, number: u64) {
        let mut all = self.ears();
        if let Some(ears) = all.accounts.get_mut(&account) {
            ears.remove(&number);
            if ears.is_empty() {
                all.accounts.remove(&account);
            }
        }
    }

    fn ears(&self) -> MutexGuard<'_, Ears> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        let all = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for ear in all.accounts.values().flat_map(BTreeMap::values) {
            ear.end();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn note(watchers: &Watchers, account: u32, seq: u64) {
        watchers.note(&Notice {
            account: AccountId(account),
            seq: Seq(seq),
            mutations: Arc::new([]),
        });
    }

    fn watch(watchers: &Arc<Watchers>, accounts: &[u32]) -> Watch {
        let mut watch = Watch::new(watchers);
        for account in accounts {
            watch.add(AccountId(*account));
        }
        watch
    }

    fn change(account: u32, seq: u64) -> Poll<Option<Changed>> {
        Poll::Ready(Some(Changed {
            account: AccountId(account),
            seq: Seq(seq),
        }))
    }

    #[test]
    fn changes_of_an_account_become_one_and_wake_once() {
        let watchers = Arc::default();
        let watch = watch(&watchers, &[1, 2]);
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let context = Context::from_waker(&waker);
        let next = || watch.ear.poll(&context);
        assert_eq!(next(), Poll::Pending);
        note(&watchers, 3, 9);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        for (account, seq) in [(1, 5), (2, 6), (1, 7)] {
            note(&watchers, account, seq);
        }
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert_eq!(
            [next(), next(), next()],
            [change(1, 7), change(2, 6), Poll::Pending]
        );
        note(&watchers, 2, 8);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 2);
        assert_eq!(next(), change(2, 8));
    }

    #[test]
    fn who_leaves_is_forgotten_and_the_end_is_told() {
        let watchers = Arc::default();
        let mut one = watch(&watchers, &[1, 2]);
        let two = watch(&watchers, &[2]);
        one.leave(AccountId(2));
        one.leave(AccountId(3));
        note(&watchers, 2, 5);
        let context = Context::from_waker(Waker::noop());
        assert_eq!(one.ear.poll(&context), Poll::Pending);
        assert_eq!(two.ear.poll(&context), change(2, 5));
        drop(two);
        assert_eq!(watchers.ears().accounts.len(), 1);
        drop(watchers);
        assert_eq!(one.ear.poll(&context), Poll::Ready(None));
    }
}
