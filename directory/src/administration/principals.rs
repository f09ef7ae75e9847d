//! Persons, groups and shared accounts, and their further addresses.

use std::sync::Arc;

use model::{AccountId, Actor, Domain, Principal, PrincipalId, PrincipalKind};
use store::{Change, Engine, NewPrincipal, Outcome};

use super::credential_list::grants_but;
use super::{TRIES_MAX, checked_name};
use crate::Directory;
use crate::address::Address;
use crate::error::Error;
use crate::password;
use crate::secret::Secret;

/// Principals listed at a time.
const LISTED_MAX: usize = 1_000;

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The main address; also the name to sign in with.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// The password; none for somebody who cannot sign in until one is set.
    pub password: Option<Secret<String>>,
    /// Octets the account may hold; none for no limit.
    pub quota_octets: Option<u64>,
    /// Whether it administers the server.
    pub administrator: bool,
}

/// A group to be added.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// The address; mail to it goes to each member.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// The members; groups may contain groups.
    pub members: Vec<PrincipalId>,
}

/// A shared account to be added.
#[derive(Clone, Debug)]
pub struct NewShared {
    /// The address.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// Octets the account may hold; none for no limit.
    pub quota_octets: Option<u64>,
}

/// A room or a piece of equipment to be added.
#[derive(Clone, Debug)]
pub struct NewResource {
    /// The address that is invited.
    pub address: String,
    /// The name people read.
    pub name: String,
    /// What it is.
    pub what: ResourceKind,
}

/// What can be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A room, and how many people it holds, if known.
    Room(Option<u32>),
    /// Something else: a car, a projector.
    Equipment,
}

impl Directory {
    /// Adds a person, with a password if one is given.
    ///
    /// The password follows in a commit of its own, since it names the person: if the server is stopped in between,
    /// the person is there without one.
    ///
    /// # Errors
    /// Address, name or password cannot be used, the domain is not ours, or the address is taken.
    pub async fn add_person(&self, actor: &Actor, person: NewPerson) -> Result<PrincipalId, Error> {
        if let Some(password) = &person.password {
            password::check_new(password.expose(), self.inner.settings.password_chars_min)?;
        }
        let new = NewPrincipal {
            address: Address::parse_new(&person.address)?.whole,
            name: checked_name(&person.name)?,
            kind: PrincipalKind::Person,
            quota_octets: person.quota_octets,
            administrator: person.administrator,
        };
        let id = self.add(actor, new).await?;
        if let Some(password) = &person.password {
            self.set_password(actor, id, password).await?;
        }
        Ok(id)
    }

    /// Adds a group.
    ///
    /// # Errors
    /// Address or name cannot be used, the domain is not ours, the address is taken, or a member is not there.
    pub async fn add_group(&self, actor: &Actor, group: NewGroup) -> Result<PrincipalId, Error> {
        let mut members = group.members;
        members.sort_unstable();
        members.dedup();
        let new = NewPrincipal {
            address: Address::parse_new(&group.address)?.whole,
            name: checked_name(&group.name)?,
            kind: PrincipalKind::Group { members },
            quota_octets: None,
            administrator: false,
        };
        self.add(actor, new).await
    }

    /// Adds a shared account.
    ///
    /// # Errors
    /// Address or name cannot be used, the domain is not ours, or the address is taken.
    pub async fn add_shared(&self, actor: &Actor, shared: NewShared) -> Result<PrincipalId, Error> {
        let new = NewPrincipal {
            address: Address::parse_new(&shared.address)?.whole,
            name: checked_name(&shared.name)?,
            kind: PrincipalKind::Shared,
            quota_octets: shared.quota_octets,
            administrator: false,
        };
        self.add(actor, new).await
    }

    /// Adds a room or a piece of equipment, which answers invitations by itself.
    ///
    /// # Errors
    /// Address or name cannot be used, the domain is not ours, or the address is taken.
    pub async fn add_resource(
        &self,
        actor: &Actor,
        resource: NewResource,
    ) -> Result<PrincipalId, Error> {
        let new = NewPrincipal {
            address: Address::parse_new(&resource.address)?.whole,
            name: checked_name(&resource.name)?,
            kind: match resource.what {
                ResourceKind::Room(capacity) => PrincipalKind::Room { capacity },
                ResourceKind::Equipment => PrincipalKind::Equipment,
            },
            quota_octets: None,
            administrator: false,
        };
        self.add(actor, new).await
    }

    /// Gives a principal another name for people to read.
    ///
    /// # Errors
    /// It is not there, or the name cannot be used.
    pub async fn rename(&self, actor: &Actor, id: PrincipalId, name: &str) -> Result<(), Error> {
        let name = checked_name(name)?;
        self.edit(actor, id, |principal| {
            principal.name.clone_from(&name);
            Ok(())
        })
        .await
    }

    /// Gives a principal another main address. The old one is free afterwards; keep it as an alias if mail should
    /// still arrive.
    ///
    /// # Errors
    /// It is not there, the address cannot be used or is taken, or the domain is not ours.
    pub async fn set_address(
        &self,
        actor: &Actor,
        id: PrincipalId,
        address: &str,
    ) -> Result<(), Error> {
        let address = Address::parse_new(address)?.whole;
        if self.aliases(id).await?.contains(&address) {
            return Err(Error::Conflict(
                "the address is an alias of this principal: remove the alias first",
            ));
        }
        self.edit(actor, id, |principal| {
            principal.address.clone_from(&address);
            Ok(())
        })
        .await
    }

    /// Lets a principal sign in and receive, or stops both; takes effect at once. Who is stopped is signed out
    /// everywhere, and stays so when let in again.
    ///
    /// # Errors
    /// It is not there.
    pub async fn set_enabled(
        &self,
        actor: &Actor,
        id: PrincipalId,
        enabled: bool,
    ) -> Result<(), Error> {
        for _ in 0..TRIES_MAX {
            let seq = self.seq()?;
            let principal = Principal {
                enabled,
                ..(*self.known(id).await?).clone()
            };
            let mut changes = vec![Change::UpdatePrincipal(principal)];
            if !enabled {
                changes.extend(grants_but(&self.credentials(id).await?, None));
            }
            match self.change_if(actor, seq, changes).await {
                Err(Error::Busy) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy)
    }

    /// Makes a person an administrator of the server, or takes that away.
    ///
    /// # Errors
    /// It is not there, or no person.
    pub async fn set_administrator(
        &self,
        actor: &Actor,
        id: PrincipalId,
        administrator: bool,
    ) -> Result<(), Error> {
        self.edit(actor, id, |principal| {
            if administrator && principal.kind != PrincipalKind::Person {
                return Err(Error::Conflict("only persons administer the server"));
            }
            principal.administrator = administrator;
            Ok(())
        })
        .await
    }

    /// Says how many octets an account may hold: in the directory and, in a commit of its own, in the account.
    ///
    /// # Errors
    /// It is not there, or a group, which has no account.
    pub async fn set_quota(
        &self,
        actor: &Actor,
        id: PrincipalId,
        quota_octets: Option<u64>,
    ) -> Result<(), Error> {
        self.edit(actor, id, |principal| {
            if matches!(principal.kind, PrincipalKind::Group { .. }) {
                return Err(Error::Conflict(
                    "a group has no account of its own: set the quota of its members",
                ));
            }
            principal.quota_octets = quota_octets;
            Ok(())
        })
        .await?;
        self.set_account_quota(actor, id, quota_octets).await
    }

    /// Adds a member to a group.
    ///
    /// # Errors
    /// Group or member is not there, it is no group, or it has as many members as it can have.
    pub async fn add_member(
        &self,
        actor: &Actor,
        group: PrincipalId,
        member: PrincipalId,
    ) -> Result<(), Error> {
        self.edit(actor, group, |principal| {
            let members = members_of(principal)?;
            if let Err(place) = members.binary_search(&member) {
                members.insert(place, member);
            }
            Ok(())
        })
        .await
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    /// The group is not there, is no group, or has no such member.
    pub async fn remove_member(
        &self,
        actor: &Actor,
        group: PrincipalId,
        member: PrincipalId,
    ) -> Result<(), Error> {
        self.edit(actor, group, |principal| {
            let members = members_of(principal)?;
            let place = members
                .binary_search(&member)
                .map_err(|_| Error::NotFound("the member"))?;
            members.remove(place);
            Ok(())
        })
        .await
    }

    /// Removes a principal with its aliases and credentials, from its groups and as catch-all. Its account's journal
    /// stays.
    ///
    /// One commit for each group and domain it leaves, and one for itself at the end: if the server is stopped in
    /// between, removing it again does the rest.
    ///
    /// # Errors
    /// It is not there.
    pub async fn remove(&self, actor: &Actor, id: PrincipalId) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let seq = self.seq()?;
            self.known(id).await?;
            let read = move |engine: &dyn Engine| parting(engine, id);
            let parting = self.inner.store.read(read).await?;
            let is_last = parting.is_none();
            let change = parting.unwrap_or(Change::RemovePrincipal { principal: id });
            match self.change_if(actor, seq, vec![change]).await {
                Err(Error::Busy) if tries < TRIES_MAX => tries += 1,
                Ok(_) if !is_last => {}
                done => return done.map(drop),
            }
        }
    }

    /// Adds an address to a principal.
    ///
    /// # Errors
    /// The address cannot be used or is taken, its domain is not ours, or the principal is not there.
    pub async fn set_alias(
        &self,
        actor: &Actor,
        address: &str,
        principal: PrincipalId,
    ) -> Result<(), Error> {
        let address = Address::parse_new(address)?.whole;
        self.change(actor, vec![Change::SetAlias { address, principal }])
            .await
            .map(drop)
    }

    /// Removes an alias.
    ///
    /// # Errors
    /// It is not there, or a main address.
    pub async fn remove_alias(&self, actor: &Actor, address: &str) -> Result<(), Error> {
        let address = Address::parse(address)
            .ok_or(Error::NotFound("the alias"))?
            .whole;
        self.change(actor, vec![Change::RemoveAlias { address }])
            .await
            .map(drop)
    }

    /// The further addresses of a principal.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn aliases(&self, principal: PrincipalId) -> Result<Vec<String>, Error> {
        let read = move |engine: &dyn Engine| engine.aliases(principal);
        Ok(self.inner.store.read(read).await?)
    }

    /// Principals with numbers after `after`, rising; at most `limit`, and never more than 1,000.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn principals(
        &self,
        after: PrincipalId,
        limit: usize,
    ) -> Result<Vec<Arc<Principal>>, Error> {
        let limit = limit.min(LISTED_MAX);
        let read = move |engine: &dyn Engine| engine.principals(after, limit);
        let principals = self.inner.store.read(read).await?;
        Ok(principals.into_iter().map(Arc::new).collect())
    }

    /// All rooms and pieces of equipment, by number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn resources(&self) -> Result<Vec<Arc<Principal>>, Error> {
        let mut found = Vec::new();
        let mut after = PrincipalId(0);
        loop {
            let page = self.principals(after, LISTED_MAX).await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.id;
            found.extend(page.into_iter().filter(|principal| {
                matches!(
                    principal.kind,
                    PrincipalKind::Room { .. } | PrincipalKind::Equipment
                )
            }));
        }
    }

    async fn add(&self, actor: &Actor, new: NewPrincipal) -> Result<PrincipalId, Error> {
        let quota_octets = new.quota_octets;
        let committed = self.change(actor, vec![Change::AddPrincipal(new)]).await?;
        let Some(Outcome::Principal(id)) = committed.outcomes.first() else {
            return Err(unexpected_answer());
        };
        if quota_octets.is_some() {
            self.set_account_quota(actor, *id, quota_octets).await?;
        }
        Ok(*id)
    }

    async fn set_account_quota(
        &self,
        actor: &Actor,
        id: PrincipalId,
        octets: Option<u64>,
    ) -> Result<(), Error> {
        let changes = vec![Change::SetQuota { octets }];
        let request = self.request(actor, AccountId::from(id), None, changes);
        self.inner.store.commit(request).await?;
        Ok(())
    }
}

/// An answer that the store never gives to this request.
pub(crate) fn unexpected_answer() -> Error {
    Error::Store(store::Error::Damaged(
        "the store answered with an outcome of another kind".into(),
    ))
}

/// The members of a group, sorted.
fn members_of(principal: &mut Principal) -> Result<&mut Vec<PrincipalId>, Error> {
    match &mut principal.kind {
        PrincipalKind::Group { members } => {
            members.sort_unstable();
            Ok(members)
        }
        PrincipalKind::Person
        | PrincipalKind::Shared
        | PrincipalKind::Room { .. }
        | PrincipalKind::Equipment => Err(Error::Conflict(
            "this is no group: only groups have members",
        )),
    }
}

/// What else has to change before a principal can go: a group that still has it, or a domain that has it as catch-all.
fn parting(engine: &dyn Engine, id: PrincipalId) -> Result<Option<Change>, store::Error> {
    for group in engine.groups_of(id)? {
        if let Some(mut group) = engine.principal(group)?
            && let PrincipalKind::Group { members } = &mut group.kind
        {
            members.retain(|member| *member != id);
            return Ok(Some(Change::UpdatePrincipal(group)));
        }
    }
    let domains = engine.domains()?;
    let caught = domains.into_iter().find(|one| one.catch_all == Some(id));
    Ok(caught.map(|domain| {
        Change::SetDomain(Domain {
            catch_all: None,
            ..domain
        })
    }))
}
