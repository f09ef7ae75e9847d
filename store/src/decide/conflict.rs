//! What the changes of one request touch in the directory, so that none stands on what another takes away.
//!
//! Each change is decided on the state before the request: two of them could give one address away twice, or put
//! an address into a domain that goes. Such a request is refused as a whole.

use std::collections::BTreeMap;

use model::{CredentialId, PrincipalId, PrincipalKind};

use crate::change::Change;
use crate::error::Error;

/// What was looked at, and whether it was changed.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeMap<Thing, bool>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Address(String),
    Domain(String),
    Principal(PrincipalId),
    CredentialsOf(PrincipalId),
    Credential(CredentialId),
}

impl Touched {
    /// Notes what a change touches.
    ///
    /// # Errors
    /// An earlier change changed what this one looks at, or looked at what this one changes.
    pub(super) fn note(&mut self, change: &Change) -> Result<(), Error> {
        let things = things(change);
        let conflicts = |(thing, changes): &(Thing, bool)| {
            self.0
                .get(thing)
                .is_some_and(|changed| *changed || *changes)
        };
        if things.iter().any(conflicts) {
            return Err(Error::Invalid(
                "two changes of the request concern the same address, domain or principal",
            ));
        }
        for (thing, changes) in things {
            *self.0.entry(thing).or_default() |= changes;
        }
        Ok(())
    }
}

/// What a change looks at (false) and changes (true).
fn things(change: &Change) -> Vec<(Thing, bool)> {
    match change {
        Change::SetDomain(domain) => {
            let catch_all = domain.catch_all.map(|id| (Thing::Principal(id), false));
            let name = (Thing::Domain(domain.name.clone()), true);
            catch_all.into_iter().chain([name]).collect()
        }
        Change::RemoveDomain { name } => vec![(Thing::Domain(name.clone()), true)],
        Change::AddPrincipal(new) => {
            let mut things = address(&new.address);
            things.extend(members(&new.kind));
            things
        }
        Change::UpdatePrincipal(principal) => {
            let mut things = address(&principal.address);
            things.extend(members(&principal.kind));
            things.push((Thing::Principal(principal.id), true));
            things
        }
        Change::RemovePrincipal { principal } => vec![
            (Thing::Principal(*principal), true),
            (Thing::CredentialsOf(*principal), true),
        ],
        Change::SetAlias {
            address: alias,
            principal,
        } => {
            let mut things = address(alias);
            things.push((Thing::Principal(*principal), false));
            things
        }
        Change::RemoveAlias { address: alias } => address(alias),
        Change::AddCredential(new) => vec![
            (Thing::Principal(new.principal), false),
            (Thing::CredentialsOf(new.principal), true),
        ],
        // What is removed twice is gone; what is removed does not come back changed.
        Change::RemoveCredential { credential } => vec![(Thing::Credential(*credential), false)],
        Change::UpdateCredential { credential, .. } => vec![(Thing::Credential(*credential), true)],
        Change::SetMailSettings { principal, .. } => vec![(Thing::Principal(*principal), true)],
        // No domain is called so: it stands for all of them.
        Change::SetArchive { domain, .. } => {
            vec![(Thing::Domain(domain.clone().unwrap_or_default()), true)]
        }
        // Removing what is gone already changes nothing, so it stands in nobody's way; other accounts' changes
        // are refused before.
        _ => Vec::new(),
    }
}

fn address(address: &str) -> Vec<(Thing, bool)> {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain);
    let domain = domain.map(|domain| (Thing::Domain(domain.into()), false));
    let address = (Thing::Address(address.into()), true);
    domain.into_iter().chain([address]).collect()
}

fn members(kind: &PrincipalKind) -> impl Iterator<Item = (Thing, bool)> + '_ {
    let members = match kind {
        PrincipalKind::Group { members } => members.as_slice(),
        PrincipalKind::Person
        | PrincipalKind::Shared
        | PrincipalKind::Room { .. }
        | PrincipalKind::Equipment => &[],
    };
    members
        .iter()
        .map(|member| (Thing::Principal(*member), false))
}

#[cfg(test)]
mod tests {
    use model::Domain;

    use super::*;

    fn alias(address: &str, principal: u32) -> Change {
        Change::SetAlias {
            address: address.into(),
            principal: PrincipalId(principal),
        }
    }

    fn both(first: &Change, second: &Change) -> Result<(), Error> {
        let mut touched = Touched::default();
        touched.note(first)?;
        touched.note(second)
    }

    #[test]
    fn changes_beside_each_other_are_fine_and_on_each_other_are_not() {
        let gone = Change::RemovePrincipal {
            principal: PrincipalId(1),
        };
        let domain = Change::SetDomain(Domain {
            name: "b.example".into(),
            catch_all: None,
        });
        let one = alias("x@a.example", 1);
        assert_eq!(both(&one, &alias("y@a.example", 1)), Ok(()));
        assert_eq!(both(&one, &domain), Ok(()));
        assert!(both(&one, &alias("x@a.example", 2)).is_err());
        assert!(both(&one, &gone).is_err());
        assert!(both(&gone, &one).is_err());
        assert!(both(&domain, &alias("x@b.example", 1)).is_err());
    }
}
