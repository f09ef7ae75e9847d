//! The failures of each account, or of each network, and the turns that they leave.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Clock, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::FailureLimits;

/// Accounts, and networks, whose failures are remembered; beyond that those with the fewest are forgotten.
pub(super) const REMEMBERED_MAX: usize = 65_536;
/// Turns at once, however many failures an administrator has slow nothing: a semaphore has a bound, too.
const TURNS_MAX: u32 = 1_000_000;

#[derive(Debug)]
pub(super) struct Table<K> {
    limits: FailureLimits,
    /// How many attempts of one key may have a turn or wait for it.
    at_once_max: usize,
    records: Mutex<HashMap<K, Record>>,
}

#[derive(Debug)]
struct Record {
    failures: u32,
    /// When the last one was: forgiving counts from then on.
    at: Timestamp,
    /// Whoever has a turn or waits for one holds this, too.
    turns: Arc<Semaphore>,
    /// How many turns there are, taken or not.
    turns_count: u32,
}

impl<K: Hash + Eq + Copy> Table<K> {
    pub(super) fn new(limits: FailureLimits, at_once_max: usize) -> Self {
        Self {
            limits,
            at_once_max,
            records: Mutex::default(),
        }
    }

    /// How long from now on it has to wait, if at all.
    pub(super) fn check(&self, key: K, now: Timestamp) -> Result<(), Duration> {
        let records = self.lock();
        records
            .get(&key)
            .map_or(Ok(()), |record| record.check(&self.limits, now))
    }

    /// When to try again if there was no turn in time.
    pub(super) fn again(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.limits.delay_ms).unwrap_or(0))
    }

    /// Waits for a turn, and then looks whether those before were failures that slow this one.
    pub(super) async fn turn(
        &self,
        key: K,
        clock: &Clock,
    ) -> Result<OwnedSemaphorePermit, Duration> {
        let turns = self.line(key, clock.now())?;
        // An error would mean that the semaphore was closed, which it never is.
        let turn = turns.acquire_owned().await.map_err(|_| self.again())?;
        self.check(key, clock.now())?;
        Ok(turn)
    }

    /// Where to wait for a turn.
    fn line(&self, key: K, now: Timestamp) -> Result<Arc<Semaphore>, Duration> {
        let mut records = self.lock();
        let record = self.record(&mut records, key, now);
        record.check(&self.limits, now)?;
        if record.in_use() >= self.at_once_max {
            return Err(self.again());
        }
        record.add_turns(&self.limits, now);
        Ok(Arc::clone(&record.turns))
    }

    /// Counts a failure of somebody who had no turn.
    pub(super) fn count(&self, key: K, now: Timestamp) {
        let mut records = self.lock();
        let record = self.record(&mut records, key, now);
        record.fail(&self.limits, now);
    }

    fn record<'a>(
        &self,
        records: &'a mut HashMap<K, Record>,
        key: K,
        now: Timestamp,
    ) -> &'a mut Record {
        if !records.contains_key(&key) && records.len() >= REMEMBERED_MAX {
            make_room(records, &self.limits, now);
        }
        records
            .entry(key)
            .or_insert_with(|| Record::new(&self.limits, now))
    }

    /// Ends a turn.
    pub(super) fn settle(
        &self,
        key: K,
        turn: OwnedSemaphorePermit,
        is_failure: bool,
        now: Timestamp,
    ) {
        let mut records = self.lock();
        // There is one: what is in use is not forgotten.
        let Some(record) = records.get_mut(&key) else {
            return;
        };
        if is_failure {
            record.fail(&self.limits, now);
        }
        let left = record.left(&self.limits, now);
        if record.turns_count > turns_beside(&self.limits, left) {
            // Each failure takes one turn away, and here is one.
            record.turns_count -= 1;
            turn.forget();
        } else {
            drop(turn);
            record.add_turns(&self.limits, now);
        }
        if left == 0 && record.in_use() == 0 {
            records.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl Record {
    fn new(limits: &FailureLimits, now: Timestamp) -> Self {
        let turns_count = turns_beside(limits, 0);
        Self {
            failures: 0,
            at: now,
            turns: Arc::new(Semaphore::new(turns_count as usize)),
            turns_count,
        }
    }

    /// The clock may have been read a moment before the record was made, and may be put back: nobody waits for longer than
    /// the failures are worth.
    fn check(&self, limits: &FailureLimits, now: Timestamp) -> Result<(), Duration> {
        let delay_ms = delay_ms(limits, self.failures);
        let until = self.at.plus_ms(delay_ms);
        match u64::try_from(until.0.saturating_sub(now.0).min(delay_ms)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(milliseconds) => Err(Duration::from_millis(milliseconds)),
        }
    }

    /// The failures that are not forgiven yet.
    fn left(&self, limits: &FailureLimits, now: Timestamp) -> u32 {
        let elapsed_ms = now.0.saturating_sub(self.at.0).max(0);
        let forgiven = elapsed_ms / limits.forgiven_every_ms.max(1);
        self.failures
            .saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }

    fn fail(&mut self, limits: &FailureLimits, now: Timestamp) {
        self.failures = self.left(limits, now).saturating_add(1);
        self.at = now;
    }

    /// Gives back the turns of failures that are forgiven by now.
    fn add_turns(&mut self, limits: &FailureLimits, now: Timestamp) {
        let wanted = turns_beside(limits, self.left(limits, now));
        let more = wanted.saturating_sub(self.turns_count);
        self.turns.add_permits(more as usize);
        self.turns_count += more;
    }

    /// How many have a turn or wait for one.
    fn in_use(&self) -> usize {
        Arc::strong_count(&self.turns) - 1
    }
}

/// How many may be under proof at once beside these failures: if all of them fail, as many failed as would have failed one
/// after the other before anything was slowed.
fn turns_beside(limits: &FailureLimits, failures: u32) -> u32 {
    let free = limits.free.min(TURNS_MAX - 1);
    (free + 1).saturating_sub(failures).max(1)
}

fn delay_ms(limits: &FailureLimits, failures: u32) -> i64 {
    let Some(beyond) = failures
        .checked_sub(limits.free)
        .and_then(|beyond| beyond.checked_sub(1))
    else {
        return 0;
    };
    // 2^62 is beyond any limit, and the multiplication saturates.
    let doubled = 1_i64 << beyond.min(62);
    limits
        .delay_ms
        .saturating_mul(doubled)
        .min(limits.delay_ms_max)
}

/// Forgets what is forgiven, and if that is not enough, all with the fewest failures: a flood of new names or networks
/// makes itself forgotten, not those that failed often. What is in use stays: connections have bounds of their own.
fn make_room<K: Hash + Eq>(
    records: &mut HashMap<K, Record>,
    limits: &FailureLimits,
    now: Timestamp,
) {
    records.retain(|_, record| record.in_use() > 0 || record.left(limits, now) > 0);
    let idle = records.values().filter(|record| record.in_use() == 0);
    let fewest = idle.map(|record| record.failures).min();
    if records.len() >= REMEMBERED_MAX
        && let Some(fewest) = fewest
    {
        records.retain(|_, record| record.in_use() > 0 || record.failures > fewest);
    }
}
