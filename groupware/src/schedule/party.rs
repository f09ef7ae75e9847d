//! Those who take part: by what addresses a principal is known, and where a message to an address goes.

use std::sync::Arc;

use itip::Addresses;
use model::{Principal, PrincipalId, PrincipalKind};

use crate::Groupware;
use crate::error::Error;

/// Where a message to an address goes.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Into the account of a person or a shared account.
    Account(Arc<Principal>),
    /// To a room or a piece of equipment, which answers by itself.
    Resource(Arc<Principal>),
    /// By mail.
    Mail,
    /// Nowhere: the address is in one of our domains, and nobody has it.
    Nowhere,
}

impl Groupware {
    /// All addresses of a principal.
    pub(super) async fn addresses_of(&self, principal: &Principal) -> Result<Addresses, Error> {
        let aliases = self.directory.aliases(principal.id).await?;
        let main = std::iter::once(principal.address.clone());
        Ok(Addresses::new(main.chain(aliases)))
    }

    pub(super) async fn known_principal(&self, id: PrincipalId) -> Result<Arc<Principal>, Error> {
        self.directory.principal(id).await?.ok_or(Error::NotFound)
    }

    /// Where a message to this address goes.
    pub(super) async fn way_to(&self, address: &str) -> Result<Way, Error> {
        if let Some(principal) = self.directory.principal_at(address).await? {
            return Ok(match principal.kind {
                _ if !principal.enabled => Way::Nowhere,
                PrincipalKind::Person | PrincipalKind::Shared => Way::Account(principal),
                PrincipalKind::Room { .. } | PrincipalKind::Equipment => Way::Resource(principal),
                // Each member gets the mail, and finds the invitation in it.
                PrincipalKind::Group { .. } => Way::Mail,
            });
        }
        Ok(match self.directory.resolve(address).await? {
            directory::Resolved::Unknown => Way::Nowhere,
            directory::Resolved::Accounts(_) | directory::Resolved::Elsewhere => Way::Mail,
        })
    }
}
