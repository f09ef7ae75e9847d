//! A feed: what changes in the accounts that somebody can see, for one client that is told of it (RFC 8620 7.1).
//!
//! Nothing is queued: a client that is slow to take what it is told costs what it was told last, and is told the latest
//! of everything once it takes more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use groupware::Watch;
use model::{AccountId, Protocols, Seq};

use crate::data_type::DataType;
use crate::error::MethodError;
use crate::pushes::{Mark, News, StateChange, States};
use crate::state;
use crate::subscription::Wanted;
use crate::visit::Visit;

/// Accounts that one client is told of: its own, and the first that others share with it.
const ACCOUNTS_MAX: usize = 256;

/// Why nothing more is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Whoever is signed in may not stay.
    Unwelcome,
    /// The server stops.
    Stopping,
    /// Something went wrong here; a client may come again.
    Failed,
}

/// What changes, for one client.
pub(crate) struct Feed {
    visit: Arc<Visit>,
    /// Tells of the directory and of the accounts.
    watch: Watch,
    /// The last entries of accounts that changed since they were looked at.
    dirty: BTreeMap<AccountId, Seq>,
    /// What the client was told of each account.
    told: BTreeMap<AccountId, Arc<States>>,
    /// What it knows of all of them, in short.
    mark: Mark,
    /// What it was not told yet.
    news: BTreeMap<AccountId, News>,
    /// Whether everything is to be told, since the client comes back with an old mark.
    behind: bool,
    /// Whether to ask anew if whoever is signed in may stay.
    asks: bool,
    /// The count of changes of what everybody sees, when accounts were looked for.
    sight: u64,
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("principal", &self.visit.principal.id)
            .field("accounts", &self.told.len())
            .finish_non_exhaustive()
    }
}

impl Feed {
    /// What changes from now on; or, for a client that was here before, since its mark.
    ///
    /// # Errors
    /// [`Ended`]
    pub(crate) async fn open(visit: Arc<Visit>, mark: Option<&str>) -> Result<Self, Ended> {
        let mut feed = Self {
            watch: visit.groupware().watch_directory(),
            dirty: BTreeMap::new(),
            told: BTreeMap::new(),
            mark: Mark::default(),
            news: BTreeMap::new(),
            behind: false,
            asks: false,
            sight: 0,
            visit,
        };
        feed.check_welcome().await?;
        feed.find_accounts().await?;
        feed.behind = mark.is_some_and(|mark| mark != feed.mark.to_string());
        Ok(feed)
    }

    /// Waits until there is something to tell. Cancellation-safe: what was not given out is told the next time.
    ///
    /// # Errors
    /// [`Ended`]
    pub(crate) async fn next(&mut self, types: &Wanted) -> Result<Arc<StateChange>, Ended> {
        loop {
            if let Some(change) = self.take(types).await? {
                return Ok(change);
            }
            self.changed().await?;
        }
    }

    /// Tells everything anew: the client did not get what it was told last.
    pub(crate) fn repeat(&mut self) {
        self.behind = true;
    }

    /// Waits until something changes, in an account or in the directory. Cancellation-safe.
    async fn changed(&mut self) -> Result<(), Ended> {
        let changed = self.watch.changed().await.ok_or(Ended::Stopping)?;
        if changed.account == AccountId::DIRECTORY {
            self.asks = true;
        } else if self.told.contains_key(&changed.account) {
            self.dirty.insert(changed.account, changed.seq);
        }
        Ok(())
    }

    /// What is to be told now. Whenever it is given up while it waits, what it found out is kept.
    async fn take(&mut self, types: &Wanted) -> Result<Option<Arc<StateChange>>, Ended> {
        if self.asks {
            self.check_welcome().await?;
            self.asks = false;
        }
        if self.sight != self.visit.groupware().sight_count() {
            self.find_accounts().await?;
        }
        if let Some((account, seq)) = self.sole() {
            let states = states(&self.visit, account, seq).await?;
            // What somebody was let in with may have ended by itself, which nothing tells of.
            self.check_welcome().await?;
            return Ok(self.note_sole(account, states, types));
        }
        while let Some((account, seq)) = self.dirty.first_key_value() {
            let (account, seq) = (*account, *seq);
            let states = states(&self.visit, account, seq).await?;
            self.note(account, &states, types);
        }
        if self.behind {
            for (account, states) in &self.told {
                self.news.insert(*account, states.wanted(types));
            }
            self.behind = false;
        }
        self.news.retain(|_, news| !news.is_empty());
        if self.news.is_empty() {
            return Ok(None);
        }
        self.check_welcome().await?;
        let changed = std::mem::take(&mut self.news);
        Ok(Some(Arc::new(StateChange::new(changed, self.mark))))
    }

    /// The account that changed, if that is all there is to be told: then others are told the same.
    fn sole(&self) -> Option<(AccountId, Seq)> {
        let mut dirty = self.dirty.iter();
        let (account, seq) = dirty.next()?;
        let is_sole = dirty.next().is_none() && self.news.is_empty() && !self.behind;
        is_sole.then_some((*account, *seq))
    }

    /// Compares the only account that changed with what the client knows of it.
    fn note_sole(
        &mut self,
        account: AccountId,
        states: Arc<States>,
        types: &Wanted,
    ) -> Option<Arc<StateChange>> {
        self.dirty.remove(&account);
        let known = self.told.get_mut(&account)?;
        let mark = self.mark.without(known.mark).with(states.mark);
        let change = states.change(known, types, mark);
        (*known, self.mark) = (states, mark);
        change
    }

    /// Compares an account with what the client knows of it.
    fn note(&mut self, account: AccountId, states: &Arc<States>, types: &Wanted) {
        self.dirty.remove(&account);
        let Some(known) = self.told.get_mut(&account) else {
            return;
        };
        let news = states.news(known, types);
        self.news.entry(account).or_default().extend(news);
        self.mark = self.mark.without(known.mark).with(states.mark);
        *known = Arc::clone(states);
    }

    /// Whether whoever is signed in may stay.
    ///
    /// # Errors
    /// [`Ended`]
    pub(crate) async fn check_welcome(&mut self) -> Result<(), Ended> {
        check_welcome(&self.visit).await
    }

    /// Looks for accounts that came and went.
    async fn find_accounts(&mut self) -> Result<(), Ended> {
        let visit = Arc::clone(&self.visit);
        let sight = visit.groupware().sight_count();
        let found = visit.groupware().visible_accounts(&visit.caller).await;
        let found = found.map_err(|_| Ended::Failed)?;
        let found: BTreeSet<AccountId> = found
            .iter()
            .take(ACCOUNTS_MAX)
            .map(|shared| shared.account)
            .collect();
        for (account, _) in self
            .told
            .extract_if(.., |account, _| !found.contains(account))
        {
            self.watch.leave(account);
        }
        self.mark = self
            .told
            .values()
            .fold(Mark::default(), |mark, states| mark.with(states.mark));
        self.dirty.retain(|account, _| found.contains(account));
        self.news.retain(|account, _| found.contains(account));
        for account in found {
            if self.told.contains_key(&account) {
                // Rights may have become others.
                self.dirty.entry(account).or_insert(Seq::START);
                continue;
            }
            // Watch first, then look: so nothing is missed in between.
            let watched = visit
                .groupware()
                .watch_also(&mut self.watch, &visit.caller, account);
            if watched.await.is_err() {
                continue;
            }
            let states = states(&visit, account, Seq::START).await?;
            self.mark = self.mark.with(states.mark);
            self.told.insert(account, states);
        }
        self.sight = sight;
        Ok(())
    }
}

/// Whether whoever is signed in may stay.
///
/// # Errors
/// [`Ended`]
pub(crate) async fn check_welcome(visit: &Visit) -> Result<(), Ended> {
    let (principal, credential) = (visit.principal.id, visit.credential);
    let directory = visit.directory();
    match directory
        .still_holds(principal, credential, Protocols::JMAP)
        .await
    {
        Ok(true) => Ok(()),
        Ok(false) => Err(Ended::Unwelcome),
        Err(_) => Err(Ended::Failed),
    }
}

/// The states of an account once this entry is in it. [`Seq::START`] asks for what is there now, whatever was looked at
/// before.
async fn states(visit: &Visit, account: AccountId, at_least: Seq) -> Result<Arc<States>, Ended> {
    let look = async || {
        let all = read(visit, account).await?;
        Ok::<_, MethodError>(Arc::new(States::new(account, all)))
    };
    let states = if at_least == Seq::START {
        look().await
    } else {
        let (principal, sight) = (visit.principal.id, visit.groupware().sight_count());
        let snapshots = &visit.house.pushes.snapshots;
        let known = snapshots.of(principal, account, at_least, sight);
        known.get_or_try_init(look).await.cloned()
    };
    states.map_err(|_| Ended::Failed)
}

/// The states of all types; an account that is gone has none.
async fn read(visit: &Visit, account: AccountId) -> Result<News, MethodError> {
    let mut all = News::new();
    for of in DataType::ALL {
        // RFC 8620 7.2: subscriptions themselves have no state.
        if of == DataType::PushSubscription {
            continue;
        }
        match state::state(visit, account, of).await {
            Ok(Some(state)) => {
                all.insert(of, state);
            }
            Ok(None) => {}
            Err(error) if error.kind == "accountNotFound" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
