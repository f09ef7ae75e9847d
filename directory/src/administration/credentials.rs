//! Passwords and app passwords of persons.

use model::{
    Actor, AppPassword, CredentialId, CredentialKind, PrincipalId, PrincipalKind, Protocols,
    Timestamp,
};
use store::{Change, Engine, NewSecret, Outcome};

use super::credential_list::grants_but;
use super::{TRIES_MAX, checked_name, unexpected_answer};
use crate::Directory;
use crate::app_password;
use crate::error::Error;
use crate::password;
use crate::secret::Secret;

/// An app password to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAppPassword {
    /// What its owner calls it, such as the program or device.
    pub label: String,
    /// What it is good for.
    pub protocols: Protocols,
    /// From when on it is good for nothing.
    pub expires_at: Option<Timestamp>,
}

/// An app password as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPasswordInfo {
    /// Its number.
    pub id: CredentialId,
    /// The first group of its text, by which its owner knows it again.
    pub selector: String,
    /// What its owner calls it.
    pub label: String,
    /// What it is good for.
    pub protocols: Protocols,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Option<Timestamp>,
}

impl Directory {
    /// Sets a person's password in place of the one there was; takes effect at once. Browsers and programs that are signed
    /// in are signed out, but for the session that the actor sets it from.
    ///
    /// # Errors
    /// The password cannot be used, the person is not there or no person, or too many passwords are being hashed.
    pub async fn set_password(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        password: &Secret<String>,
    ) -> Result<(), Error> {
        password::check_new(password.expose(), self.inner.settings.password_chars_min)?;
        self.person(principal).await?;
        let prepared = password::prepare(password.expose());
        let verifier = self
            .inner
            .hashing
            .verifier(prepared, &self.inner.random)
            .await?;
        let new = NewSecret {
            principal,
            kind: CredentialKind::Password(verifier),
        };
        for _ in 0..TRIES_MAX {
            let seq = self.seq()?;
            let known = self.credentials(principal).await?;
            let mut changes = vec![Change::AddCredential(new.clone())];
            changes.extend(grants_but(&known, actor.credential));
            match self.change_if(actor, seq, changes).await {
                Err(Error::Busy) => {}
                done => return done.map(drop),
            }
        }
        Err(Error::Busy)
    }

    /// Makes an app password for a person. Its text is in the answer and nowhere else.
    ///
    /// # Errors
    /// The label cannot be used, the protocols are empty, the expiry is past, the person is not there or has as many
    /// as they can have, or others change the directory all the time.
    pub async fn add_app_password(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        new: NewAppPassword,
    ) -> Result<(CredentialId, Secret<String>), Error> {
        let label = checked_name(&new.label)?;
        self.check_app_password(&new)?;
        self.person(principal).await?;
        // The text says the credential's number, which is therefore foreseen, and the commit holds only if it is right.
        for _ in 0..TRIES_MAX {
            let head = self
                .inner
                .store
                .engine()
                .head(model::AccountId::DIRECTORY)?
                .ok_or(Error::NotFound("the principal"))?;
            let text = app_password::generate(head.next_credential, &self.inner.random);
            let verifier = self
                .inner
                .hashing
                .verifier(text.clone(), &self.inner.random)
                .await?;
            let kind = CredentialKind::AppPassword(AppPassword {
                label: label.clone(),
                protocols: new.protocols,
                expires_at: new.expires_at,
                verifier,
            });
            let changes = vec![Change::AddCredential(NewSecret { principal, kind })];
            match self.change_if(actor, head.seq, changes).await {
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
                Ok(committed) => {
                    return match committed.outcomes.first() {
                        Some(Outcome::Credential(id)) => Ok((*id, text)),
                        _ => Err(unexpected_answer()),
                    };
                }
            }
        }
        Err(Error::Busy)
    }

    /// The app passwords of a person, by number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn app_passwords(
        &self,
        principal: PrincipalId,
    ) -> Result<Vec<AppPasswordInfo>, Error> {
        let read = move |engine: &dyn Engine| engine.credentials(principal);
        let mut found: Vec<_> = self
            .inner
            .store
            .read(read)
            .await?
            .into_iter()
            .filter_map(|credential| match credential.kind {
                CredentialKind::Password(_)
                | CredentialKind::Totp(_)
                | CredentialKind::Passkey(_)
                | CredentialKind::RecoveryCodes(_)
                | CredentialKind::Grant(_) => None,
                CredentialKind::AppPassword(app) => Some(AppPasswordInfo {
                    id: credential.id,
                    selector: app_password::selector(credential.id),
                    label: app.label,
                    protocols: app.protocols,
                    created_at: credential.created_at,
                    expires_at: app.expires_at,
                }),
            })
            .collect();
        found.sort_unstable_by_key(|info| info.id);
        Ok(found)
    }

    /// Removes an app password of a person; takes effect at once.
    ///
    /// # Errors
    /// The person has no such app password.
    pub async fn remove_app_password(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        credential: CredentialId,
    ) -> Result<(), Error> {
        let known = self.app_passwords(principal).await?;
        if !known.iter().any(|info| info.id == credential) {
            return Err(Error::NotFound("the app password"));
        }
        self.change(actor, vec![Change::RemoveCredential { credential }])
            .await
            .map(drop)
    }

    fn check_app_password(&self, new: &NewAppPassword) -> Result<(), Error> {
        let none = new.protocols.0 == 0 || !Protocols::ALL.contains(new.protocols);
        if none {
            return Err(Error::Invalid {
                field: "protocols",
                why: "name at least one protocol that the password is good for",
            });
        }
        if new
            .expires_at
            .is_some_and(|expires_at| expires_at <= self.inner.clock.now())
        {
            return Err(Error::Invalid {
                field: "expires_at",
                why: "it has passed already: choose a later one, or none",
            });
        }
        Ok(())
    }

    async fn person(&self, id: PrincipalId) -> Result<(), Error> {
        if self.known(id).await?.kind == PrincipalKind::Person {
            Ok(())
        } else {
            Err(Error::Conflict("only persons sign in: this is none"))
        }
    }
}
