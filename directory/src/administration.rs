//! Changing the directory: each function is one commit (or few) to its account, in the name of the actor who asked.
//!
//! Rights are not checked here: whoever calls has made sure that the actor may.

mod credential_list;

mod credentials;

mod domains;

mod mail_settings;

mod principals;

use std::sync::Arc;

use model::{AccountId, Actor, Principal, PrincipalId, Seq};
use store::{Change, Committed, Request};

use crate::Directory;
use crate::error::Error;

pub(crate) use credential_list::removals;
pub use credential_list::{CredentialInfo, CredentialWhat};
pub use credentials::{AppPasswordInfo, NewAppPassword};
pub use mail_settings::checked_address;
pub(crate) use principals::unexpected_answer;
pub use principals::{NewGroup, NewPerson, NewResource, NewShared, ResourceKind};

/// Tries to change what others change at the same time.
pub(crate) const TRIES_MAX: usize = 8;
/// Octets of a name that people read.
const NAME_OCTETS_MAX: usize = 255;

impl Directory {
    /// Commits changes to the directory.
    pub(crate) async fn change(
        &self,
        actor: &Actor,
        changes: Vec<Change>,
    ) -> Result<Committed, Error> {
        let request = self.request(actor, AccountId::DIRECTORY, None, changes);
        Ok(self.inner.store.commit(request).await?)
    }

    /// Commits changes that were made for the state after `seq`; [`Error::Busy`] if it is another by now.
    async fn change_if(
        &self,
        actor: &Actor,
        seq: Seq,
        changes: Vec<Change>,
    ) -> Result<Committed, Error> {
        let request = self.request(actor, AccountId::DIRECTORY, Some(seq), changes);
        Ok(self.inner.store.commit(request).await?)
    }

    fn request(
        &self,
        actor: &Actor,
        account: AccountId,
        if_seq: Option<Seq>,
        changes: Vec<Change>,
    ) -> Request {
        Request {
            account,
            actor: actor.clone(),
            at: self.inner.clock.now(),
            if_seq,
            changes,
        }
    }

    /// Reads a principal, has `edit` change it, and commits it; anew if others were faster.
    async fn edit(
        &self,
        actor: &Actor,
        id: PrincipalId,
        edit: impl Fn(&mut Principal) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for _ in 0..TRIES_MAX {
            let seq = self.seq()?;
            let mut principal = (*self.known(id).await?).clone();
            edit(&mut principal)?;
            let changes = vec![Change::UpdatePrincipal(principal)];
            match self.change_if(actor, seq, changes).await {
                Err(Error::Busy) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy)
    }

    /// A principal that must be there.
    pub(crate) async fn known(&self, id: PrincipalId) -> Result<Arc<Principal>, Error> {
        self.principal(id)
            .await?
            .ok_or(Error::NotFound("the principal"))
    }
}

/// A name that people read: shown as it is, so without controls.
pub(crate) fn checked_name(name: &str) -> Result<String, Error> {
    let invalid = |why| Error::Invalid { field: "name", why };
    let name = name.trim();
    if name.is_empty() {
        Err(invalid("it is empty: write how people call it"))
    } else if name.len() > NAME_OCTETS_MAX {
        Err(invalid("it has 255 octets at most: write a shorter one"))
    } else if name.chars().any(char::is_control) {
        Err(invalid("it contains a control character: write it without"))
    } else {
        Ok(name.to_owned())
    }
}
