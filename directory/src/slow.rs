//! Failures remembered: who failed often has to wait longer, by account and by network.
//!
//! An attempt counts as a failure from its beginning and is taken back if it succeeds, so that many at the same time
//! get no further than one after the other. Nothing here waits: the answer says how long, and whoever asked waits or
//! hangs up. Failures are forgiven with time, and lost at a restart.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::{PrincipalId, Timestamp};

use crate::settings::FailureLimits;

/// Accounts, and networks, whose failures are remembered; beyond that those with the fewest are forgotten.
const REMEMBERED_MAX: usize = 65_536;
/// Octets of an IPv6 address that name a network. RFC 4291 2.5.1, RFC 6177 2: a subnet is a /64, and hosts move
/// about in it as they like.
const IPV6_NETWORK_OCTETS: usize = 8;

/// Whose failures count together: those of a principal under all its names, and of each name nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    Known(PrincipalId),
    /// The hash of the name.
    Unknown([u8; 16]),
}

/// One IPv4 address, or one IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4([u8; 4]),
    V6([u8; IPV6_NETWORK_OCTETS]),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let mut network = [0; IPV6_NETWORK_OCTETS];
                network.copy_from_slice(&address.octets()[..IPV6_NETWORK_OCTETS]);
                Self::V6(network)
            }
        }
    }
}

/// An attempt that counts as a failure until it is taken back.
#[derive(Debug)]
#[must_use]
pub(crate) struct Counted {
    account: Account,
    network: Option<Network>,
}

#[derive(Debug)]
pub(crate) struct Failures {
    accounts: Mutex<Table<Account>>,
    networks: Mutex<Table<Network>>,
}

impl Failures {
    pub(crate) fn new(accounts: FailureLimits, networks: FailureLimits) -> Self {
        Self {
            accounts: Mutex::new(Table::new(accounts)),
            networks: Mutex::new(Table::new(networks)),
        }
    }

    /// Whether the network may try now.
    pub(crate) fn check_network(
        &self,
        network: Option<Network>,
        now: Timestamp,
    ) -> Result<(), Duration> {
        network.map_or(Ok(()), |network| lock(&self.networks).check(network, now))
    }

    /// Counts an attempt, unless account or network have to wait.
    pub(crate) fn begin(
        &self,
        account: Account,
        network: Option<Network>,
        now: Timestamp,
    ) -> Result<Counted, Duration> {
        let mut accounts = lock(&self.accounts);
        let mut networks = lock(&self.networks);
        let by_account = accounts.check(account, now);
        let by_network = network.map_or(Ok(()), |network| networks.check(network, now));
        match (by_account, by_network) {
            (Ok(()), Ok(())) => {}
            (Err(one), Err(other)) => return Err(one.max(other)),
            (Err(delay), Ok(())) | (Ok(()), Err(delay)) => return Err(delay),
        }
        accounts.count(account, now);
        if let Some(network) = network {
            networks.count(network, now);
        }
        Ok(Counted { account, network })
    }

    /// The attempt was no failure.
    pub(crate) fn take_back(&self, counted: &Counted) {
        lock(&self.accounts).take_back(counted.account);
        if let Some(network) = counted.network {
            lock(&self.networks).take_back(network);
        }
    }
}

fn lock<K>(table: &Mutex<Table<K>>) -> std::sync::MutexGuard<'_, Table<K>> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, Debug)]
struct Record {
    failures: u32,
    /// When the last one was, or from when on forgiving counts.
    at: Timestamp,
}

#[derive(Debug)]
struct Table<K> {
    limits: FailureLimits,
    records: HashMap<K, Record>,
}

impl<K: Hash + Eq + Copy> Table<K> {
    fn new(limits: FailureLimits) -> Self {
        Self {
            limits,
            records: HashMap::new(),
        }
    }

    /// How long from now on it has to wait, if at all.
    fn check(&self, key: K, now: Timestamp) -> Result<(), Duration> {
        let Some(record) = self.records.get(&key) else {
            return Ok(());
        };
        let until = record.at.plus_ms(self.delay_ms(record.failures));
        match u64::try_from(until.0.saturating_sub(now.0)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(milliseconds) => Err(Duration::from_millis(milliseconds)),
        }
    }

    fn delay_ms(&self, failures: u32) -> i64 {
        let Some(beyond) = failures.checked_sub(self.limits.free + 1) else {
            return 0;
        };
        // 2^62 is beyond any limit, and the multiplication saturates.
        let doubled = 1_i64 << beyond.min(62);
        self.limits
            .delay_ms
            .saturating_mul(doubled)
            .min(self.limits.delay_ms_max)
    }

    fn count(&mut self, key: K, now: Timestamp) {
        if !self.records.contains_key(&key) && self.records.len() >= REMEMBERED_MAX {
            self.make_room(now);
        }
        let limits = self.limits;
        let record = self.records.entry(key).or_insert(Record {
            failures: 0,
            at: now,
        });
        record.failures = left(record, &limits, now).saturating_add(1);
        record.at = now;
    }

    fn take_back(&mut self, key: K) {
        if let Some(record) = self.records.get_mut(&key) {
            record.failures = record.failures.saturating_sub(1);
            if record.failures == 0 {
                self.records.remove(&key);
            }
        }
    }

    /// Forgets what is forgiven, and if that is not enough, all with the fewest failures: a flood of new names or
    /// networks makes itself forgotten, not those that failed often.
    fn make_room(&mut self, now: Timestamp) {
        let limits = self.limits;
        self.records
            .retain(|_, record| left(record, &limits, now) > 0);
        if self.records.len() >= REMEMBERED_MAX
            && let Some(fewest) = self.records.values().map(|record| record.failures).min()
        {
            self.records.retain(|_, record| record.failures > fewest);
        }
    }
}

/// The failures that are not forgiven yet.
fn left(record: &Record, limits: &FailureLimits, now: Timestamp) -> u32 {
    let elapsed_ms = now.0.saturating_sub(record.at.0).max(0);
    let forgiven = elapsed_ms / limits.forgiven_every_ms.max(1);
    record
        .failures
        .saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use model::ManualClock;

    use super::*;

    const LIMITS: FailureLimits = FailureLimits {
        free: 2,
        delay_ms: 1_000,
        delay_ms_max: 4_000,
        forgiven_every_ms: 60_000,
    };
    const ANNA: Account = Account::Known(PrincipalId(1));
    const BERT: Account = Account::Known(PrincipalId(2));

    fn failures() -> Failures {
        Failures::new(LIMITS, FailureLimits { free: 4, ..LIMITS })
    }

    fn network(text: &str) -> Option<Network> {
        Some(text.parse::<IpAddr>().unwrap().into())
    }

    #[test]
    fn each_failure_beyond_the_free_ones_doubles_the_wait() {
        let (failures, hands) = (failures(), ManualClock::default());
        let now = || hands.clock().now();
        for expected_ms in [0, 0, 1_000, 2_000, 4_000, 4_000] {
            let _counted = failures.begin(ANNA, None, now()).unwrap();
            if expected_ms > 0 {
                let wait = failures.begin(ANNA, None, now()).unwrap_err();
                assert_eq!(wait, Duration::from_millis(expected_ms));
                hands.advance_ms(i64::try_from(expected_ms).unwrap() - 1);
                assert!(failures.begin(ANNA, None, now()).is_err(), "one too early");
                hands.advance_ms(1);
            }
            let other = failures.begin(BERT, None, now()).unwrap();
            failures.take_back(&other);
        }
    }

    #[test]
    fn time_forgives_and_success_is_no_failure() {
        let (failures, hands) = (failures(), ManualClock::default());
        let now = || hands.clock().now();
        for _ in 0..100 {
            let counted = failures.begin(ANNA, network("192.0.2.1"), now()).unwrap();
            failures.take_back(&counted);
        }
        for _ in 0..3 {
            let _counted = failures.begin(ANNA, None, now()).unwrap();
        }
        assert!(failures.begin(ANNA, None, now()).is_err());
        hands.advance_ms(3 * 60_000);
        for _ in 0..3 {
            let _counted = failures.begin(ANNA, None, now()).unwrap();
        }
        assert!(failures.begin(ANNA, None, now()).is_err());
    }

    #[test]
    fn a_network_is_slowed_whatever_names_it_tries() {
        let (failures, now) = (failures(), Timestamp(0));
        for number in 0..5 {
            let name = Account::Unknown([number; 16]);
            let _counted = failures.begin(name, network("2001:db8::1"), now).unwrap();
        }
        assert!(
            failures
                .check_network(network("2001:db8::ffff:1"), now)
                .is_err()
        );
        assert!(
            failures
                .check_network(network("2001:db8:0:1::1"), now)
                .is_ok()
        );
        assert!(failures.check_network(network("192.0.2.1"), now).is_ok());
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_makes_nobody_forgotten() {
        let mut table = Table::new(LIMITS);
        for _ in 0..3 {
            table.count(0_usize, Timestamp(0));
        }
        for name in 1..200_000 {
            table.count(name, Timestamp(0));
            assert!(table.records.len() <= REMEMBERED_MAX);
        }
        assert!(table.check(0, Timestamp(0)).is_err());
    }
}
