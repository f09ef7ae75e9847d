//! Who asks for an operation.

use model::{AccountId, Actor, PrincipalId};

use crate::error::Error;

/// Who asks: stands in the journal beside what was done, and decides what may be done.
///
/// A command on the server's own machine that works on somebody's account (import, restore) acts as that account's
/// principal, through [`model::Face::Admin`], without a credential: the journal then shows exactly that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The principal with its credential, session, face and address.
    pub actor: Actor,
    /// In whose name, if it is not the actor's own: whose rights count. The journal names the actor.
    in_name_of: Option<PrincipalId>,
}

impl Caller {
    /// The caller that this actor is.
    #[must_use]
    pub fn new(actor: Actor) -> Self {
        Self {
            actor,
            in_name_of: None,
        }
    }

    /// An administrator who does something in an account's name: the account's rights count, and the journal says who it was.
    #[must_use]
    pub fn in_name_of(actor: Actor, owner: PrincipalId) -> Self {
        Self {
            actor,
            in_name_of: Some(owner),
        }
    }

    /// Its principal.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if nobody is signed in.
    pub(crate) fn principal(&self) -> Result<PrincipalId, Error> {
        self.rightful().ok_or(Error::Forbidden)
    }

    /// Whether the account is its own.
    pub(crate) fn owns(&self, account: AccountId) -> bool {
        self.rightful()
            .is_some_and(|principal| AccountId::from(principal) == account)
    }

    /// Whose rights count.
    fn rightful(&self) -> Option<PrincipalId> {
        self.in_name_of.or(self.actor.principal)
    }
}

impl From<Actor> for Caller {
    fn from(actor: Actor) -> Self {
        Self::new(actor)
    }
}
