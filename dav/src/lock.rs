//! Locks: who keeps others from writing to which place, for how long (RFC 4918 6, 7).
//!
//! They are held in memory, bounded per account and in all, end by the clock, and are gone after a restart, which
//! RFC 4918 6.6 allows: a client then sees that its token is not known any more. A place is known by the numbers of the
//! collections it lies in, so that it is the same whatever path leads there.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{AccountId, CollectionId, PathSegment, PrincipalId, Timestamp};

use crate::codec::response::{ActiveLock, LockScope};
use crate::limits::{LOCKS_MAX, LOCKS_PER_ACCOUNT_MAX};

/// A place that can be locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Whose.
    pub(crate) account: AccountId,
    /// The collections it lies in, the outermost known first; a collection's own number is the last.
    pub(crate) trail: Vec<CollectionId>,
    /// The name of an object in the last of them; none for the collection itself.
    pub(crate) member: Option<PathSegment>,
}

/// A lock.
#[derive(Clone, Debug)]
pub(crate) struct Lock {
    pub(crate) token: String,
    pub(crate) spot: Spot,
    pub(crate) infinite: bool,
    pub(crate) scope: LockScope,
    /// What the client says of itself: XML that stands on its own.
    pub(crate) owner: Option<String>,
    pub(crate) holder: PrincipalId,
    pub(crate) seconds: u32,
    pub(crate) until: Timestamp,
    /// The path it was taken with.
    pub(crate) root: String,
}

/// Why there is no lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Others stand in the way, at these paths.
    Conflict(Vec<String>),
    /// There are too many.
    TooMany,
}

/// Somebody else took the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotHolder;

/// Which places a request writes to.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub(crate) spot: Spot,
    /// Whether everything below is written to, too.
    pub(crate) below: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<HashMap<AccountId, Vec<Lock>>>);

impl Spot {
    /// The collection that the place is, or the one it is a member of.
    fn collection(&self) -> Option<CollectionId> {
        self.trail.last().copied()
    }
}

impl Lock {
    /// Whether a change of the place needs its token.
    pub(crate) fn covers(&self, spot: &Spot) -> bool {
        if self.spot.account != spot.account {
            return false;
        }
        let same = self.spot.collection() == spot.collection();
        match (&self.spot.member, &spot.member) {
            (Some(locked), Some(member)) => same && locked == member,
            (Some(_), None) => false,
            (None, None) if same => true,
            // RFC 4918 7.4: a lock on a collection keeps its members from coming and going; one of infinite depth
            // is on everything below.
            (None, _) => {
                self.infinite
                    && self
                        .spot
                        .collection()
                        .is_some_and(|id| spot.trail.contains(&id))
            }
        }
    }

    /// Whether it is on something below the place.
    fn is_below(&self, spot: &Spot) -> bool {
        let within = spot
            .collection()
            .is_some_and(|id| self.spot.trail.contains(&id));
        self.spot.account == spot.account && spot.member.is_none() && within && self.spot != *spot
    }

    /// As the client is told (RFC 4918 14.1).
    pub(crate) fn active(&self, now: Timestamp) -> ActiveLock {
        let left_ms = self.until.0.saturating_sub(now.0).max(0);
        ActiveLock {
            scope: self.scope,
            infinite_depth: self.infinite,
            owner: self.owner.clone(),
            timeout_seconds: Some(u64::try_from(left_ms).unwrap_or(0).div_ceil(1_000)),
            // RFC 4918 6.8: a token is no secret; only its holder can use it.
            token: Some(self.token.clone()),
            root: self.root.clone(),
        }
    }
}

impl Locks {
    /// The locks on a place, those from above included.
    pub(crate) fn on(&self, spot: &Spot, now: Timestamp) -> Vec<Lock> {
        let table = self.table();
        let locks = table.get(&spot.account).into_iter().flatten();
        locks
            .filter(|lock| now < lock.until && lock.covers(spot))
            .cloned()
            .collect()
    }

    /// Whether nothing of the account is locked.
    pub(crate) fn is_free(&self, account: AccountId, now: Timestamp) -> bool {
        let table = self.table();
        let mut locks = table.get(&account).into_iter().flatten();
        !locks.any(|lock| now < lock.until)
    }

    /// Takes a lock (RFC 4918 6.2).
    pub(crate) fn take(&self, lock: Lock, now: Timestamp) -> Result<(), Refused> {
        let mut table = self.table();
        let total: usize = table.values().map(Vec::len).sum();
        if total >= LOCKS_MAX {
            table
                .values_mut()
                .for_each(|locks| locks.retain(|lock| now < lock.until));
            table.retain(|_, locks| !locks.is_empty());
        }
        let total: usize = table.values().map(Vec::len).sum();
        let locks = current(&mut table, lock.spot.account, now);
        let stands = |other: &&Lock| {
            let meets = other.covers(&lock.spot) || lock.infinite && other.is_below(&lock.spot);
            let shared = [other.scope, lock.scope] == [LockScope::Shared; 2];
            meets && !shared
        };
        let conflicts: Vec<String> = locks
            .iter()
            .filter(stands)
            .map(|lock| lock.root.clone())
            .collect();
        if !conflicts.is_empty() {
            return Err(Refused::Conflict(conflicts));
        }
        if locks.len() >= LOCKS_PER_ACCOUNT_MAX || total >= LOCKS_MAX {
            return Err(Refused::TooMany);
        }
        locks.push(lock);
        Ok(())
    }

    /// Lets a lock last longer (RFC 4918 9.10.2); none if no token names a lock on the place.
    pub(crate) fn refresh(
        &self,
        spot: &Spot,
        tokens: &[String],
        holder: PrincipalId,
        seconds: u32,
        now: Timestamp,
    ) -> Option<Lock> {
        let mut table = self.table();
        let locks = current(&mut table, spot.account, now);
        let lock = locks.iter_mut().find(|lock| {
            lock.covers(spot) && lock.holder == holder && tokens.contains(&lock.token)
        })?;
        lock.seconds = seconds;
        lock.until = now.plus_ms(i64::from(seconds) * 1_000);
        Some(lock.clone())
    }

    /// Ends a lock that covers the place; refused where its holder is not `by`, none for whoever may end those of others.
    /// None where there is no such lock.
    pub(crate) fn release(
        &self,
        spot: &Spot,
        token: &str,
        by: Option<PrincipalId>,
        now: Timestamp,
    ) -> Option<Result<(), NotHolder>> {
        let mut table = self.table();
        let locks = current(&mut table, spot.account, now);
        let at = locks
            .iter()
            .position(|lock| lock.token == token && lock.covers(spot))?;
        let holder = locks.get(at)?.holder;
        if by.is_some_and(|by| by != holder) {
            return Some(Err(NotHolder));
        }
        locks.swap_remove(at);
        Some(Ok(()))
    }

    /// RFC 4918 7: whether the submitted tokens allow a request to write; else the paths that are locked.
    pub(crate) fn permit(
        &self,
        writes: &[Write],
        tokens: &[String],
        by: PrincipalId,
        now: Timestamp,
    ) -> Result<(), Vec<String>> {
        let table = self.table();
        let mut locked = Vec::new();
        for write in writes {
            let locks = table.get(&write.spot.account).into_iter().flatten();
            let locks: Vec<&Lock> = locks.filter(|lock| now < lock.until).collect();
            let has = |lock: &Lock| lock.holder == by && tokens.contains(&lock.token);
            let mut covering = locks
                .iter()
                .filter(|lock| lock.covers(&write.spot))
                .peekable();
            // RFC 4918 6.2: whoever holds one of several shared locks may write.
            if covering.peek().is_some() && !covering.clone().any(|lock| has(lock)) {
                locked.extend(covering.map(|lock| lock.root.clone()));
            }
            if write.below {
                let below = locks
                    .iter()
                    .filter(|lock| lock.is_below(&write.spot) && !has(lock));
                locked.extend(below.map(|lock| lock.root.clone()));
            }
        }
        locked.sort();
        locked.dedup();
        if locked.is_empty() {
            Ok(())
        } else {
            Err(locked)
        }
    }

    /// RFC 4918 7.6, 9.6.1: what is gone or moved away is not locked any more, nor what was below.
    pub(crate) fn forget(&self, spot: &Spot) {
        if let Some(locks) = self.table().get_mut(&spot.account) {
            locks.retain(|lock| lock.spot != *spot && !lock.is_below(spot));
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<Lock>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The account's locks that have not ended.
fn current(
    table: &mut HashMap<AccountId, Vec<Lock>>,
    account: AccountId,
    now: Timestamp,
) -> &mut Vec<Lock> {
    let locks = table.entry(account).or_default();
    locks.retain(|lock| now < lock.until);
    locks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(trail: &[u32], member: Option<&str>) -> Spot {
        Spot {
            account: AccountId(1),
            trail: trail.iter().copied().map(CollectionId).collect(),
            member: member.map(|name| PathSegment::try_from(name).unwrap()),
        }
    }

    fn lock(token: &str, spot: Spot, infinite: bool, scope: LockScope) -> Lock {
        Lock {
            token: token.into(),
            spot,
            infinite,
            scope,
            owner: None,
            holder: PrincipalId(1),
            seconds: 10,
            until: Timestamp(10_000),
            root: format!("/{token}"),
        }
    }

    fn write(spot: Spot, below: bool) -> Vec<Write> {
        vec![Write { spot, below }]
    }

    #[test]
    fn a_lock_on_a_folder_covers_what_is_in_it() {
        let locks = Locks::default();
        let folder = lock("f", spot(&[1, 2], None), true, LockScope::Exclusive);
        locks.take(folder, Timestamp(0)).unwrap();
        let inside = write(spot(&[1, 2, 3], Some("x")), false);
        let by = PrincipalId(1);
        assert_eq!(
            locks.permit(&inside, &[], by, Timestamp(0)),
            Err(vec!["/f".to_owned()])
        );
        assert_eq!(
            locks.permit(&inside, &["f".into()], by, Timestamp(0)),
            Ok(())
        );
        assert!(
            locks
                .permit(&inside, &["f".into()], PrincipalId(2), Timestamp(0))
                .is_err()
        );
        let beside = write(spot(&[1], Some("x")), false);
        assert_eq!(locks.permit(&beside, &[], by, Timestamp(0)), Ok(()));
        assert!(
            locks
                .permit(&write(spot(&[1], None), true), &[], by, Timestamp(0))
                .is_err()
        );
        assert_eq!(locks.permit(&inside, &[], by, Timestamp(10_000)), Ok(()));
    }

    #[test]
    fn exclusive_locks_meet_nobody_and_shared_ones_each_other() {
        let locks = Locks::default();
        let at = || spot(&[1], Some("x"));
        let now = Timestamp(0);
        locks
            .take(lock("a", at(), false, LockScope::Shared), now)
            .unwrap();
        locks
            .take(lock("b", at(), false, LockScope::Shared), now)
            .unwrap();
        let refused = locks.take(lock("c", at(), false, LockScope::Exclusive), now);
        assert_eq!(
            refused,
            Err(Refused::Conflict(vec!["/a".into(), "/b".into()]))
        );
        let above = lock("d", spot(&[1], None), true, LockScope::Exclusive);
        assert!(locks.take(above.clone(), now).is_err());
        assert_eq!(
            locks.release(&at(), "a", Some(PrincipalId(2)), now),
            Some(Err(NotHolder))
        );
        assert_eq!(
            locks.release(&at(), "a", Some(PrincipalId(1)), now),
            Some(Ok(()))
        );
        assert_eq!(locks.release(&at(), "a", Some(PrincipalId(1)), now), None);
        locks.forget(&spot(&[1], None));
        assert_eq!(locks.take(above, now), Ok(()));
    }

    #[test]
    fn there_is_an_end_to_locks() {
        let locks = Locks::default();
        for number in 0..LOCKS_PER_ACCOUNT_MAX {
            let one = spot(&[1], Some(&number.to_string()));
            locks
                .take(lock("t", one, false, LockScope::Exclusive), Timestamp(0))
                .unwrap();
        }
        let more = lock("t", spot(&[1], Some("more")), false, LockScope::Exclusive);
        assert_eq!(
            locks.take(more.clone(), Timestamp(0)),
            Err(Refused::TooMany)
        );
        let later = Lock {
            until: Timestamp(20_000),
            ..more
        };
        assert_eq!(locks.take(later, Timestamp(10_000)), Ok(()));
    }
}
