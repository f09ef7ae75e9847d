//! Domains of ours.

use model::{Actor, Domain, PrincipalId};
use store::Change;

use super::TRIES_MAX;
use crate::Directory;
use crate::address;
use crate::error::Error;

impl Directory {
    /// Takes on a domain; mail for it is ours from now on.
    ///
    /// # Errors
    /// It is no domain name, or ours already.
    pub async fn add_domain(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let name = address::domain(name)?;
        for _ in 0..TRIES_MAX {
            let seq = self.seq()?;
            if self.find_domain(&name).await?.is_some() {
                return Err(Error::AlreadyExists("the domain"));
            }
            let domain = Domain {
                name: name.clone(),
                catch_all: None,
            };
            match self
                .change_if(actor, seq, vec![Change::SetDomain(domain)])
                .await
            {
                Err(Error::Busy) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy)
    }

    /// Gives up a domain without addresses.
    ///
    /// # Errors
    /// It is not ours, or still has addresses.
    pub async fn remove_domain(&self, actor: &Actor, name: &str) -> Result<(), Error> {
        let name = name.to_lowercase();
        self.change(actor, vec![Change::RemoveDomain { name }])
            .await
            .map(drop)
    }

    /// All domains of ours, by name.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn domains(&self) -> Result<Vec<Domain>, Error> {
        Ok(self.inner.store.read(|engine| engine.domains()).await?)
    }

    /// Says who gets mail for addresses of the domain that nobody has; none for nobody.
    ///
    /// # Errors
    /// The domain or the principal is not there.
    pub async fn set_catch_all(
        &self,
        actor: &Actor,
        domain: &str,
        catch_all: Option<PrincipalId>,
    ) -> Result<(), Error> {
        let name = domain.to_lowercase();
        if self.find_domain(&name).await?.is_none() {
            return Err(Error::NotFound("the domain"));
        }
        let domain = Domain { name, catch_all };
        self.change(actor, vec![Change::SetDomain(domain)])
            .await
            .map(drop)
    }

    async fn find_domain(&self, name: &str) -> Result<Option<Domain>, Error> {
        let name = name.to_owned();
        let read = move |engine: &dyn store::Engine| engine.domain(&name);
        Ok(self.inner.store.read(read).await?)
    }
}
