//! When each credential was last used: kept in memory, and written once a day at most.
//!
//! Writing every use would make every request a commit. What is written says the day, the protocol and the network;
//! it changes nothing about who is let in, and nothing that is remembered of sign-ins is forgotten for it.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use model::{Actor, CredentialId, CredentialUse, PrincipalId, Protocols, Timestamp};
use store::{Change, Engine};

use crate::Directory;
use crate::error::Error;
use crate::signed_in::SignedIn;

/// Credentials whose use is remembered; beyond that those that were written already are forgotten.
const REMEMBERED_MAX: usize = 65_536;
/// How long one written use stands for those that follow, in milliseconds.
const WRITTEN_EVERY_MS: i64 = 24 * 3_600_000;
/// Uses written by one commit.
const PER_COMMIT_MAX: usize = 500;

#[derive(Clone, Copy, Debug)]
struct Known {
    principal: PrincipalId,
    last: CredentialUse,
    /// What the journal says, as far as this process knows.
    written: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(crate) struct Uses {
    known: Mutex<HashMap<CredentialId, Known>>,
}

impl Uses {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CredentialId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, principal: PrincipalId, last: CredentialUse) {
        let mut known = self.lock();
        if let Some(one) = known.get_mut(&last.credential) {
            one.last = last;
            return;
        }
        if known.len() >= REMEMBERED_MAX {
            known.retain(|_, one| one.written.is_none());
            if known.len() >= REMEMBERED_MAX {
                return;
            }
        }
        let one = Known {
            principal,
            last,
            written: None,
        };
        known.insert(last.credential, one);
    }

    pub(crate) fn last(&self, credential: CredentialId) -> Option<CredentialUse> {
        self.lock().get(&credential).map(|one| one.last)
    }

    fn due(&self) -> Vec<Known> {
        let known = self.lock();
        known.values().filter(|one| one.is_due()).copied().collect()
    }

    fn written(&self, credential: CredentialId, at: Timestamp) {
        if let Some(one) = self.lock().get_mut(&credential) {
            one.written = one.written.max(Some(at));
        }
    }
}

impl Known {
    fn is_due(&self) -> bool {
        self.written
            .is_none_or(|written| self.last.at.0.saturating_sub(written.0) >= WRITTEN_EVERY_MS)
    }
}

impl Directory {
    /// Notes that somebody was let in.
    pub(crate) fn note_use(
        &self,
        signed_in: &SignedIn,
        protocol: Protocols,
        address: Option<IpAddr>,
    ) {
        let last = CredentialUse {
            credential: signed_in.credential,
            at: self.inner.clock.now(),
            protocol,
            network: address.map(network),
        };
        self.inner.uses.note(signed_in.principal.id, last);
    }

    /// Writes the uses that were not written for a day, so that they are known after a restart. To be called now and
    /// then; says how many were written.
    ///
    /// # Errors
    /// The store cannot be read or written; what was not written is next time.
    pub async fn write_uses(&self) -> Result<usize, Error> {
        let due = self.inner.uses.due();
        let principals: BTreeSet<_> = due.iter().map(|one| one.principal).collect();
        let read = move |engine: &dyn Engine| {
            let mut written = HashMap::new();
            for principal in &principals {
                let uses = engine.credential_uses(*principal)?;
                written.extend(uses.into_iter().map(|one| (one.credential, one.at)));
            }
            Ok(written)
        };
        let written: HashMap<CredentialId, Timestamp> = self.inner.store.read(read).await?;
        for one in &due {
            if let Some(at) = written.get(&one.last.credential) {
                self.inner.uses.written(one.last.credential, *at);
            }
        }
        let due: Vec<_> = self.inner.uses.due().iter().map(|one| one.last).collect();
        for uses in due.chunks(PER_COMMIT_MAX) {
            let change = Change::NoteCredentialUses(uses.to_vec());
            self.change(&Actor::system(), vec![change]).await?;
            for one in uses {
                self.inner.uses.written(one.credential, one.at);
            }
        }
        Ok(due.len())
    }
}

/// The network of an address, as people know it again: an IPv4 /24 or an IPv6 /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Ipv4Addr::new(a, b, c, 0).into()
        }
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_more_than_an_address() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.77"), "192.0.2.0");
        assert_eq!(of("::ffff:192.0.2.77"), "192.0.2.0");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
