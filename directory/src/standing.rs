//! Whether somebody who signed in earlier would still be let in.

use model::{
    Credential, CredentialId, CredentialKind, Principal, PrincipalId, PrincipalKind, Protocols,
    Timestamp,
};
use store::{Engine, Error};

use crate::Directory;

/// What a credential is good for while its principal may sign in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing {
    /// For these protocols, until then.
    Fixed {
        protocols: Protocols,
        expires_at: Option<Timestamp>,
    },
    /// For what it was granted, which is renewed now and then.
    Granted,
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
            Ok(standing(&engine.credentials(principal)?, credential))
        };
        let key = (principal, credential);
        let standing = self.look_up(|all| &mut all.standings, key, read).await?;
        let now = self.inner.clock.now();
        match standing {
            None => Ok(false),
            Some(Standing::Fixed {
                protocols,
                expires_at,
            }) => Ok(protocols.contains(protocol)
                && expires_at.is_none_or(|expires_at| now < expires_at)),
            Some(Standing::Granted) => {
                let held = self.held(credential).await?;
                Ok(held.is_some_and(|held| self.is_alive(&held, protocol, now)))
            }
        }
    }
}

/// Whether this is somebody who signs in at all.
pub(crate) fn may_sign_in(principal: &Principal) -> bool {
    principal.enabled && principal.kind == PrincipalKind::Person
}

/// Whether a credential is a second factor.
pub(crate) fn is_second_factor(kind: &CredentialKind) -> bool {
    match kind {
        CredentialKind::Totp(_) | CredentialKind::Passkey(_) => true,
        CredentialKind::Password(_)
        | CredentialKind::AppPassword(_)
        | CredentialKind::RecoveryCodes(_)
        | CredentialKind::Grant(_) => false,
    }
}

fn standing(all: &[Credential], credential: CredentialId) -> Option<Standing> {
    let known = all.iter().find(|one| one.id == credential)?;
    let fixed = |protocols, expires_at| {
        Some(Standing::Fixed {
            protocols,
            expires_at,
        })
    };
    match &known.kind {
        // Not enough any more, since there is a second factor to be asked for.
        CredentialKind::Password(_) if all.iter().any(|one| is_second_factor(&one.kind)) => None,
        CredentialKind::Password(_) => fixed(Protocols::ALL, None),
        CredentialKind::AppPassword(app) => fixed(app.protocols, app.expires_at),
        CredentialKind::Grant(_) => Some(Standing::Granted),
        // Nobody is in by these alone: what they helped to get is a grant.
        CredentialKind::Totp(_) | CredentialKind::Passkey(_) | CredentialKind::RecoveryCodes(_) => {
            None
        }
    }
}
