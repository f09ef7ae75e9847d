//! Whether somebody who signed in earlier would still be let in.

use model::{
    CredentialId, CredentialKind, Principal, PrincipalId, PrincipalKind, Protocols, Timestamp,
};
use store::{Engine, Error};

use crate::Directory;

/// What a credential is good for while its principal may sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    protocols: Protocols,
    expires_at: Option<Timestamp>,
}

impl Directory {
    /// Whether a session that began with this credential may go on: the credential is still there, good for the
    /// protocol and not expired, and the person enabled. A new password is another credential, so it ends the sessions
    /// of the one before. Answered from memory until the directory changes, so it may be asked before every command.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn still_holds(
        &self,
        principal: PrincipalId,
        credential: CredentialId,
        protocol: Protocols,
    ) -> Result<bool, Error> {
        let read = move |engine: &dyn Engine| {
            if !engine
                .principal(principal)?
                .is_some_and(|one| may_sign_in(&one))
            {
                return Ok(None);
            }
            let mut known = engine.credentials(principal)?.into_iter();
            Ok(known
                .find(|one| one.id == credential)
                .map(|one| grant(&one.kind)))
        };
        let key = (principal, credential);
        let grant = self.look_up(|all| &mut all.grants, key, read).await?;
        let now = self.inner.clock.now();
        Ok(grant.is_some_and(|grant| grant.holds(protocol, now)))
    }
}

impl Grant {
    /// Whether it is good for this protocol now.
    fn holds(self, protocol: Protocols, now: Timestamp) -> bool {
        self.protocols.contains(protocol)
            && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// Whether this is somebody who signs in at all.
fn may_sign_in(principal: &Principal) -> bool {
    principal.enabled && principal.kind == PrincipalKind::Person
}

fn grant(kind: &CredentialKind) -> Grant {
    match kind {
        CredentialKind::Password(_) => Grant {
            protocols: Protocols::ALL,
            expires_at: None,
        },
        CredentialKind::AppPassword(app) => Grant {
            protocols: app.protocols,
            expires_at: app.expires_at,
        },
        CredentialKind::Grant(grant) => Grant {
            protocols: grant.protocols,
            expires_at: grant.expires_at,
        },
        // Nobody is in by these alone: what they helped to get is a grant.
        CredentialKind::Totp(_) | CredentialKind::Passkey(_) | CredentialKind::RecoveryCodes(_) => {
            Grant {
                protocols: Protocols(0),
                expires_at: None,
            }
        }
    }
}
