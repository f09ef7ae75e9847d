//! Failures remembered: who failed often has to wait longer, by account and by network.
//!
//! Only what was proved wrong is a failure. An attempt takes a turn of its account and one of its network before its proof is
//! looked at. There are as many turns at once as further failures would slow nothing, and one at least: so many attempts at
//! the same time get no further than one after the other, and whoever has the right password with twenty programs at once
//! is let in with all of them. Who finds no turn waits, in the order of coming, until those under proof are decided; how
//! many wait has a bound, and how long has one, too. Failures are forgiven with time, and lost at a restart.

mod table;

use std::net::IpAddr;
use std::time::Duration;

use model::{Clock, PrincipalId};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::settings::FailureLimits;
use table::Table;

/// Attempts of one account that are under proof or wait for it. All programs of somebody with a shared password, at the
/// moment when a server is back, are fewer.
const ACCOUNT_AT_ONCE_MAX: usize = 256;
/// The same of one network, behind which there may be a company: as many as wait for their password to be hashed.
const NETWORK_AT_ONCE_MAX: usize = 1_024;
/// How long an attempt waits for its turn. RFC 5321 4.5.3.2 and RFC 9051 5.4 have clients wait for minutes; people do not.
const WAIT_MAX: Duration = Duration::from_secs(30);
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

#[derive(Debug)]
pub(crate) struct Failures {
    accounts: Table<Account>,
    networks: Table<Network>,
    /// Who was put off at one place: of one account, from one network.
    places: Table<(Account, Option<Network>)>,
    clock: Clock,
}

impl Failures {
    pub(crate) fn new(accounts: FailureLimits, networks: FailureLimits, clock: Clock) -> Self {
        Self {
            accounts: Table::new(accounts, ACCOUNT_AT_ONCE_MAX),
            networks: Table::new(networks, NETWORK_AT_ONCE_MAX),
            places: Table::new(networks, NETWORK_AT_ONCE_MAX),
            clock,
        }
    }

    /// Whether failures of the network slow it now, and how long from now on.
    pub(crate) fn check_network(&self, network: Option<Network>) -> Result<(), Duration> {
        let now = self.clock.now();
        network.map_or(Ok(()), |network| self.networks.check(network, now))
    }

    /// Whether it may be looked at who was proved in this network a moment ago. That goes on while strangers slow the
    /// account, but not for those who were put off here with many other words.
    pub(crate) fn may_be_known(&self, account: Account, network: Option<Network>) -> bool {
        let now = self.clock.now();
        self.places.check((account, network), now).is_ok()
    }

    /// Somebody who is not known here was put off.
    pub(crate) fn note_put_off(&self, account: Account, network: Option<Network>) {
        self.places.count((account, network), self.clock.now());
    }

    /// Waits for a turn to be proved. None while failures slow the account or the network, and if there are too many
    /// attempts before this one: then the answer says how long to wait before the next.
    pub(crate) async fn turn(
        &self,
        account: Account,
        network: Option<Network>,
    ) -> Result<Turn<'_>, Duration> {
        // Who is slowed anyway need not wait to hear it.
        self.check_network(network)?;
        let turns = async {
            // In this order everywhere: who waits for a network's turn keeps nobody of that network from ending theirs.
            let of_account = self.accounts.turn(account, &self.clock).await?;
            let of_network = match network {
                Some(network) => Some((network, self.networks.turn(network, &self.clock).await?)),
                None => None,
            };
            // The network may have had to wait for long.
            self.accounts.check(account, self.clock.now())?;
            Ok::<_, Duration>((of_account, of_network))
        };
        let taken = timeout(WAIT_MAX, turns).await;
        let (of_account, of_network) = taken.map_err(|_| self.accounts.again())??;
        Ok(Turn {
            failures: self,
            of_account: Some((account, of_account)),
            of_network,
            is_failure: true,
        })
    }
}

/// The right to be proved now. If it goes without [`Turn::give_back`], the attempt was a failure: also if nobody waited for
/// the outcome, because hashing on request is not for free.
#[derive(Debug)]
#[must_use]
pub(crate) struct Turn<'a> {
    failures: &'a Failures,
    of_account: Option<(Account, OwnedSemaphorePermit)>,
    of_network: Option<(Network, OwnedSemaphorePermit)>,
    is_failure: bool,
}

impl Turn<'_> {
    /// The attempt was no failure: it succeeded, or could not be decided.
    pub(crate) fn give_back(mut self) {
        self.is_failure = false;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Failures {
            accounts,
            networks,
            clock,
            ..
        } = self.failures;
        let now = clock.now();
        if let Some((account, turn)) = self.of_account.take() {
            accounts.settle(account, turn, self.is_failure, now);
        }
        if let Some((network, turn)) = self.of_network.take() {
            networks.settle(network, turn, self.is_failure, now);
        }
    }
}

#[cfg(test)]
mod tests;
