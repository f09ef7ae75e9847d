//! Everything that lets somebody in, as a list: passwords, second factors, browsers and programs, with their last use.

use model::{
    Actor, Credential, CredentialId, CredentialKind, CredentialUse, GrantHolder, PrincipalId,
    Protocols, Timestamp,
};
use store::{Change, Engine};

use crate::Directory;
use crate::app_password;
use crate::error::Error;
use crate::standing::is_second_factor;

/// A credential as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialInfo {
    /// Its number.
    pub id: CredentialId,
    /// What it is.
    pub what: CredentialWhat,
    /// What its owner calls it; empty for those that have no name.
    pub label: String,
    /// What it is good for.
    pub protocols: Protocols,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, if it was.
    pub last_use: Option<CredentialUse>,
}

/// What a credential is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialWhat {
    /// The main password.
    Password,
    /// A password for one program.
    AppPassword {
        /// The first group of its text, by which its owner knows it again.
        selector: String,
    },
    /// A device that shows codes.
    Totp,
    /// A passkey.
    Passkey,
    /// Codes that stand in for a lost second factor.
    RecoveryCodes {
        /// How many are left.
        left: usize,
    },
    /// A browser that is signed in.
    Session,
    /// A program that acts for the person.
    Program {
        /// Its `client_id`.
        client: String,
    },
}

impl Directory {
    /// All credentials of a person that are good for something, by number.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn credential_list(
        &self,
        principal: PrincipalId,
    ) -> Result<Vec<CredentialInfo>, Error> {
        let read = move |engine: &dyn Engine| {
            Ok((
                engine.credentials(principal)?,
                engine.credential_uses(principal)?,
            ))
        };
        let (known, uses) = self.inner.store.read(read).await?;
        let now = self.inner.clock.now();
        let mut list: Vec<_> = known
            .into_iter()
            .map(|credential| {
                let written = uses.iter().find(|one| one.credential == credential.id);
                let noted = self.inner.uses.last(credential.id);
                info(credential, noted.or(written.copied()))
            })
            .filter(|(info, idle_ms)| {
                let seen_at = info.last_use.map_or(info.created_at, |one| one.at);
                info.expires_at.is_none_or(|expires_at| now < expires_at)
                    && idle_ms
                        .is_none_or(|idle_ms| now < seen_at.max(info.created_at).plus_ms(idle_ms))
            })
            .map(|(info, _)| info)
            .collect();
        list.sort_unstable_by_key(|info| info.id);
        Ok(list)
    }

    /// Removes one credential of a person, whatever it is but the main password; takes effect at once. With the last
    /// second factor the recovery codes go, too.
    ///
    /// # Errors
    /// The person has no such credential, or it is the password.
    pub async fn remove_credential(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        credential: CredentialId,
    ) -> Result<(), Error> {
        let known = self.credentials(principal).await?;
        let going = known.iter().find(|one| one.id == credential);
        let going = going.ok_or(Error::NotFound("the credential"))?;
        if matches!(going.kind, CredentialKind::Password(_)) {
            return Err(Error::Conflict(
                "the password cannot be removed: choose another one instead",
            ));
        }
        let mut changes = vec![Change::RemoveCredential { credential }];
        let others = known.iter().filter(|one| one.id != credential);
        let mut others = others.filter(|one| is_second_factor(&one.kind));
        if is_second_factor(&going.kind) && others.next().is_none() {
            changes.extend(removals(&known, |kind| {
                matches!(kind, CredentialKind::RecoveryCodes(_))
            }));
        }
        self.change(actor, changes).await.map(drop)
    }

    /// Signs out browsers and programs of a person, all but one; says how many.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn remove_grants(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        but: Option<CredentialId>,
    ) -> Result<usize, Error> {
        let known = self.credentials(principal).await?;
        let changes = grants_but(&known, but);
        let count = changes.len();
        if count > 0 {
            self.change(actor, changes).await?;
        }
        Ok(count)
    }
}

/// Changes that remove all grants but one.
pub(super) fn grants_but(known: &[Credential], but: Option<CredentialId>) -> Vec<Change> {
    known
        .iter()
        .filter(|one| Some(one.id) != but && matches!(one.kind, CredentialKind::Grant(_)))
        .map(|one| Change::RemoveCredential { credential: one.id })
        .collect()
}

/// Changes that remove all credentials of which this is true.
pub(crate) fn removals(
    known: &[Credential],
    is_meant: impl Fn(&CredentialKind) -> bool,
) -> impl Iterator<Item = Change> {
    known
        .iter()
        .filter(move |one| is_meant(&one.kind))
        .map(|one| Change::RemoveCredential { credential: one.id })
}

/// How it is listed, and how long it may lie unused, in milliseconds.
fn info(credential: Credential, last_use: Option<CredentialUse>) -> (CredentialInfo, Option<i64>) {
    let id = credential.id;
    let (what, label, protocols, expires_at, idle_ms) = match credential.kind {
        CredentialKind::Password(_) => (
            CredentialWhat::Password,
            String::new(),
            Protocols::ALL,
            None,
            None,
        ),
        CredentialKind::AppPassword(app) => {
            let selector = app_password::selector(id);
            let what = CredentialWhat::AppPassword { selector };
            (what, app.label, app.protocols, app.expires_at, None)
        }
        CredentialKind::Totp(totp) => (CredentialWhat::Totp, totp.label, Protocols(0), None, None),
        CredentialKind::Passkey(passkey) => (
            CredentialWhat::Passkey,
            passkey.label,
            Protocols(0),
            None,
            None,
        ),
        CredentialKind::RecoveryCodes(codes) => {
            let left = codes.left.len();
            let what = CredentialWhat::RecoveryCodes { left };
            (what, String::new(), Protocols(0), None, None)
        }
        CredentialKind::Grant(grant) => {
            let what = match grant.holder {
                GrantHolder::Browser => CredentialWhat::Session,
                GrantHolder::Program { client } => CredentialWhat::Program { client },
            };
            let idle_ms = Some(grant.idle_ms);
            (
                what,
                grant.label,
                grant.protocols,
                grant.expires_at,
                idle_ms,
            )
        }
    };
    let info = CredentialInfo {
        id,
        what,
        label,
        protocols,
        created_at: credential.created_at,
        expires_at,
        last_use,
    };
    (info, idle_ms)
}
