//! Deciding about domains, principals, aliases and credentials.

use std::mem::discriminant;

use model::{
    AccountId, Alias, Credential, CredentialId, CredentialKind, CredentialUse, Domain, Mutation,
    Principal, PrincipalId, PrincipalKind,
};

use super::Deciding;
use crate::change::{Change, NewPrincipal, NewSecret, Outcome};
use crate::error::Error;

/// Credentials one principal can have.
const CREDENTIALS_PER_PRINCIPAL_MAX: usize = 100;
/// Uses of credentials that one change notes.
const CREDENTIAL_USES_PER_CHANGE_MAX: usize = 1_000;
/// Members of one group.
const MEMBERS_PER_GROUP_MAX: usize = 10_000;

impl Deciding<'_> {
    pub(super) fn directory(&mut self, change: &Change) -> Result<Outcome, Error> {
        if self.head.account != AccountId::DIRECTORY {
            return Err(Error::Invalid(
                "domains, principals and credentials belong to the directory",
            ));
        }
        if self.many {
            self.directory_touched.note(change)?;
        }
        match change {
            Change::SetDomain(domain) => self.set_domain(domain),
            Change::RemoveDomain { name } => self.remove_domain(name),
            Change::AddPrincipal(new) => self.add_principal(new),
            Change::UpdatePrincipal(principal) => self.update_principal(principal),
            Change::RemovePrincipal { principal } => {
                self.principal(*principal)?;
                self.push(Mutation::RemovePrincipal {
                    principal: *principal,
                })
                .map(|()| Outcome::Done)
            }
            Change::SetAlias { address, principal } => {
                self.principal(*principal)?;
                self.check_address(address, None)?;
                let alias = Alias {
                    address: address.clone(),
                    principal: *principal,
                };
                self.push(Mutation::SetAlias(alias)).map(|()| Outcome::Done)
            }
            Change::RemoveAlias { address } => self.remove_alias(address),
            Change::AddCredential(new) => self.add_credential(new),
            Change::RemoveCredential { credential } => {
                self.credential(*credential)?;
                self.push(Mutation::RemoveCredential {
                    credential: *credential,
                })
                .map(|()| Outcome::Done)
            }
            Change::UpdateCredential {
                credential,
                from,
                to,
            } => self.update_credential(*credential, from, to),
            Change::NoteCredentialUses(uses) => self.note_credential_uses(uses),
            Change::SetMailSettings {
                principal,
                settings,
            } => self.set_mail_settings(*principal, settings),
            Change::SetArchive { domain, address } => {
                self.set_archive(domain.as_deref(), address.as_deref())
            }
            _ => Err(Error::Invalid("not a change of the directory")),
        }
    }

    fn set_domain(&mut self, domain: &Domain) -> Result<Outcome, Error> {
        if let Some(principal) = domain.catch_all {
            self.principal(principal)?;
        }
        if self.lookup.domain(&domain.name)?.as_ref() != Some(domain) {
            self.push(Mutation::SetDomain(domain.clone()))?;
        }
        Ok(Outcome::Done)
    }

    fn remove_domain(&mut self, name: &str) -> Result<Outcome, Error> {
        if self.lookup.domain(name)?.is_none() {
            return Err(Error::NotFound("the domain"));
        }
        if self.lookup.is_domain_used(name)? {
            return Err(Error::Invalid(
                "the domain still has addresses: remove its accounts, groups and aliases first",
            ));
        }
        self.push(Mutation::RemoveDomain { name: name.into() })
            .map(|()| Outcome::Done)
    }

    fn add_principal(&mut self, new: &NewPrincipal) -> Result<Outcome, Error> {
        self.check_address(&new.address, None)?;
        let id = self.head.next_principal;
        if AccountId::from(id) >= AccountId::LIMIT {
            return Err(Error::Limit("the directory has given out all its numbers"));
        }
        self.check_members(&new.kind, id)?;
        let NewPrincipal {
            address,
            name,
            kind,
            quota_octets,
            administrator,
        } = new.clone();
        let principal = Principal {
            id,
            address,
            name,
            kind,
            quota_octets,
            administrator,
            enabled: true,
        };
        self.push(Mutation::SetPrincipal(principal))?;
        Ok(Outcome::Principal(id))
    }

    fn update_principal(&mut self, principal: &Principal) -> Result<Outcome, Error> {
        let known = self.principal(principal.id)?;
        self.check_address(&principal.address, Some(principal.id))?;
        self.check_members(&principal.kind, principal.id)?;
        if known != *principal {
            self.push(Mutation::SetPrincipal(principal.clone()))?;
        }
        Ok(Outcome::Done)
    }

    fn remove_alias(&mut self, address: &str) -> Result<Outcome, Error> {
        let owner = self
            .lookup
            .principal_at(address)?
            .ok_or(Error::NotFound("the alias"))?;
        if self.principal(owner)?.address == address {
            return Err(Error::Invalid("this is the main address, not an alias"));
        }
        self.push(Mutation::RemoveAlias {
            address: address.into(),
        })
        .map(|()| Outcome::Done)
    }

    fn add_credential(&mut self, new: &NewSecret) -> Result<Outcome, Error> {
        let principal = self.principal(new.principal)?;
        if principal.kind != PrincipalKind::Person {
            return Err(Error::Invalid("only persons sign in"));
        }
        let known = self.lookup.credentials(new.principal)?;
        let is_password = |kind: &CredentialKind| matches!(kind, CredentialKind::Password(_));
        if is_password(&new.kind) {
            for old in known.iter().filter(|old| is_password(&old.kind)) {
                self.push(Mutation::RemoveCredential { credential: old.id })?;
            }
        } else if known.len() >= CREDENTIALS_PER_PRINCIPAL_MAX {
            return Err(Error::Limit(
                "the person has as many app passwords and sessions as they can have",
            ));
        }
        let id = self.head.next_credential;
        let credential = Credential {
            id,
            principal: new.principal,
            created_at: self.at,
            kind: new.kind.clone(),
        };
        self.push(Mutation::SetCredential(credential))?;
        Ok(Outcome::Credential(id))
    }

    fn update_credential(
        &mut self,
        id: CredentialId,
        from: &CredentialKind,
        to: &CredentialKind,
    ) -> Result<Outcome, Error> {
        let known = self.credential(id)?;
        if known.kind != *from {
            return Err(Error::StateMismatch);
        }
        if discriminant(from) != discriminant(to) {
            return Err(Error::Invalid("a credential stays what it is"));
        }
        if from != to {
            self.push(Mutation::SetCredential(Credential {
                kind: to.clone(),
                ..known
            }))?;
        }
        Ok(Outcome::Done)
    }

    fn note_credential_uses(&mut self, uses: &[CredentialUse]) -> Result<Outcome, Error> {
        if uses.len() > CREDENTIAL_USES_PER_CHANGE_MAX {
            return Err(Error::Limit("so many uses are not noted at once"));
        }
        let mut known = Vec::with_capacity(uses.len());
        for one in uses {
            if self.lookup.credential(one.credential)?.is_some() {
                known.push(*one);
            }
        }
        if !known.is_empty() {
            self.push(Mutation::NoteCredentialUses(known))?;
        }
        Ok(Outcome::Done)
    }

    fn credential(&self, id: CredentialId) -> Result<Credential, Error> {
        self.lookup
            .credential(id)?
            .ok_or(Error::NotFound("the credential"))
    }

    pub(super) fn principal(&self, id: PrincipalId) -> Result<Principal, Error> {
        self.lookup
            .principal(id)?
            .ok_or(Error::NotFound("the principal"))
    }

    /// Whether the address lies in a domain of ours and is free, or belongs to `owner`.
    fn check_address(&self, address: &str, owner: Option<PrincipalId>) -> Result<(), Error> {
        let (_, domain) = address
            .rsplit_once('@')
            .ok_or(Error::Invalid("an address has an @"))?;
        if self.lookup.domain(domain)?.is_none() {
            return Err(Error::NotFound("the domain"));
        }
        match self.lookup.principal_at(address)? {
            Some(other) if Some(other) != owner => Err(Error::AlreadyExists("the address")),
            _ => Ok(()),
        }
    }

    fn check_members(&self, kind: &PrincipalKind, group: PrincipalId) -> Result<(), Error> {
        let PrincipalKind::Group { members } = kind else {
            return Ok(());
        };
        if members.len() > MEMBERS_PER_GROUP_MAX {
            return Err(Error::Limit("the group has as many members as it can have"));
        }
        if members.contains(&group) {
            return Err(Error::Invalid("a group cannot be its own member"));
        }
        let mut once = members.clone();
        once.sort_unstable();
        if once.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(Error::Invalid("a group has each member once"));
        }
        members
            .iter()
            .try_for_each(|member| self.principal(*member).map(drop))
    }
}
