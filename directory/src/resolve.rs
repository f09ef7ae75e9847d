//! Whose an address is, and in which groups somebody is.

mod expand;

mod lists;

use std::sync::Arc;

use model::{Principal, PrincipalId};
use store::{Engine, Error};

use crate::Directory;
use crate::address::Address;

pub use lists::ListMembers;

/// RFC 5321 4.5.1: the local part that every domain has, also without the domain; in any case.
const POSTMASTER: &str = "postmaster";

/// Where mail for an address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// To the accounts of these persons and shared accounts, and to these distribution lists, which are not expanded:
    /// never empty, each once, rising.
    Accounts(Vec<PrincipalId>),
    /// To nobody: the domain is ours, but there is no such address, or all behind it are disabled.
    Unknown,
    /// To another server: the domain is not ours.
    Elsewhere,
}

impl Directory {
    /// Where mail for an address goes: by exact address, alias, address without tag, catch-all of its domain, and for
    /// `postmaster` the administrators; groups are expanded, disabled principals left out.
    ///
    /// # Errors
    /// The store cannot be read, or a group has more members than can be looked at; both are worth another try later.
    pub async fn resolve(&self, address: &str) -> Result<Resolved, Error> {
        let delimiter = self.inner.settings.recipient_delimiter;
        let Some(address) = Address::parse(address) else {
            // RFC 5321 4.1.1.3: `RCPT TO:<Postmaster>` without a domain is for this host.
            if address.eq_ignore_ascii_case(POSTMASTER) {
                let read = |engine: &dyn Engine| reached(engine, expand::administrators(engine)?);
                return self
                    .look_up(|all| &mut all.resolved, POSTMASTER.into(), read)
                    .await;
            }
            return Ok(Resolved::Unknown);
        };
        // Addresses elsewhere are many, and their domains few.
        if !self.is_ours(address.domain()).await? {
            return Ok(Resolved::Elsewhere);
        }
        let key = address.whole.clone();
        let read = move |engine: &dyn Engine| resolve(engine, &address, delimiter);
        self.look_up(|all| &mut all.resolved, key, read).await
    }

    /// Whether mail for this domain, in any case of letters, is for this server.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn is_ours(&self, domain: &str) -> Result<bool, Error> {
        let domain = domain.to_lowercase();
        let key = domain.clone();
        let read = move |engine: &dyn Engine| Ok(engine.domain(&domain)?.is_some());
        self.look_up(|all| &mut all.domains, key, read).await
    }

    /// As [`Directory::is_ours`], for work on a thread that may wait for the store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn is_ours_blocking(&self, domain: &str) -> Result<bool, Error> {
        let domain = domain.to_lowercase();
        let key = domain.clone();
        let read = move |engine: &dyn Engine| Ok(engine.domain(&domain)?.is_some());
        self.look_up_blocking(|all| &mut all.domains, key, read)
    }

    /// Whether a principal may write with this address at all: see [`Directory::send_right`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn may_send_as(&self, principal: PrincipalId, address: &str) -> Result<bool, Error> {
        Ok(self.send_right(principal, address).await?.is_some())
    }

    /// The enabled groups a principal is in, directly or through other groups, rising.
    ///
    /// # Errors
    /// The store cannot be read, or there are more groups than can be looked at.
    pub async fn groups_of(&self, principal: PrincipalId) -> Result<Arc<[PrincipalId]>, Error> {
        let read = move |engine: &dyn Engine| Ok(expand::groups_of(engine, principal)?.into());
        self.look_up(|all| &mut all.groups, principal, read).await
    }

    /// A principal by its number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn principal(&self, id: PrincipalId) -> Result<Option<Arc<Principal>>, Error> {
        let read = move |engine: &dyn Engine| Ok(engine.principal(id)?.map(Arc::new));
        self.look_up(|all| &mut all.principals, id, read).await
    }

    /// Whose address this is, main address or alias, in any case of letters. Looks at no tag, group or catch-all.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn principal_at(&self, address: &str) -> Result<Option<Arc<Principal>>, Error> {
        let Some(Address { whole, .. }) = Address::parse(address) else {
            return Ok(None);
        };
        let key = whole.clone();
        let read = move |engine: &dyn Engine| Ok(engine.principal_at(&whole)?.map(Arc::new));
        self.look_up(|all| &mut all.named, key, read).await
    }
}

fn resolve(
    engine: &dyn Engine,
    address: &Address,
    delimiter: Option<char>,
) -> Result<Resolved, Error> {
    match owners(engine, address, delimiter)? {
        Some(owners) => reached(engine, owners),
        None => Ok(Resolved::Elsewhere),
    }
}

/// Those an address belongs to, groups not expanded; none if its domain is not ours.
fn owners(
    engine: &dyn Engine,
    address: &Address,
    delimiter: Option<char>,
) -> Result<Option<Vec<PrincipalId>>, Error> {
    let Some(domain) = engine.domain(address.domain())? else {
        return Ok(None);
    };
    if let Some(owner) = engine.principal_at(&address.whole)? {
        return Ok(Some(vec![owner.id]));
    }
    // RFC 5233 1: what stands behind the delimiter is for the owner to sort by, not part of the name.
    if let Some(plain) = address.without_tag(delimiter)
        && let Some(owner) = engine.principal_at(&plain)?
    {
        return Ok(Some(vec![owner.id]));
    }
    if let Some(owners) = lists::administration(engine, address)? {
        return Ok(Some(owners));
    }
    if let Some(owner) = domain.catch_all {
        return Ok(Some(vec![owner]));
    }
    // RFC 5321 4.5.1: mail to the postmaster of each domain of ours must reach somebody.
    if address.local() == POSTMASTER {
        return expand::administrators(engine).map(Some);
    }
    Ok(Some(Vec::new()))
}

fn reached(engine: &dyn Engine, owners: Vec<PrincipalId>) -> Result<Resolved, Error> {
    let accounts = expand::accounts(engine, owners)?;
    Ok(if accounts.is_empty() {
        Resolved::Unknown
    } else {
        Resolved::Accounts(accounts)
    })
}
