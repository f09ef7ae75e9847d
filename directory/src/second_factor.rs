//! Second factors: what is asked for beside the password, how it is set up, checked and taken away.
//!
//! What can ask for one (our own pages) does so; what cannot (mail programs with a password) takes app passwords and
//! tokens only, once there is a second factor. A passkey's signature is checked by whoever speaks its protocol; here
//! stands what it is checked with.

use std::net::IpAddr;

use model::{
    Actor, Credential, CredentialId, CredentialKind, Passkey, PrincipalId, RecoveryCodes, Totp,
};
use store::{Change, Engine, NewSecret};

use crate::Directory;
use crate::administration::{checked_name, removals};
use crate::candidate::{Asked, Name};
use crate::error::Error;
use crate::grant::added;
use crate::password::PASSWORD_OCTETS_MAX;
use crate::recovery;
use crate::secret::Secret;
use crate::sign_in::{Attempt, slow, unavailable};
use crate::signed_in::{SignInError, SignedIn};
use crate::slow::{Account, Network};
use crate::standing::is_second_factor;
use crate::totp::{self, TotpEnrolment};

/// Second factors of one person.
const SECOND_FACTORS_MAX: usize = 20;
/// Octets of an authenticator's name for a key (WebAuthn 5.8.3: 1,023 at most).
const PASSKEY_NAME_OCTETS_MAX: usize = 1_023;

/// What the right password is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    /// There is no second factor: they are in.
    Enough(SignedIn),
    /// One of these is to be shown besides.
    Half(SignedIn, SecondFactors),
}

/// What somebody can show beside the password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    /// Whether they have a device that shows codes.
    pub totp: bool,
    /// Their passkeys.
    pub passkeys: Vec<(CredentialId, Passkey)>,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
}

impl SecondFactors {
    /// Whether there is none. Recovery codes stand in for one, and are none themselves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.totp && self.passkeys.is_empty()
    }
}

impl Directory {
    /// Checks the main password of somebody who can be asked for a second factor. App passwords are not taken: they are
    /// for programs.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn sign_in_first(&self, attempt: Attempt<'_>) -> Result<FirstFactor, SignInError> {
        let name = Name::parse(attempt.name).ok_or(SignInError::Malformed)?;
        let typed = attempt.password.expose();
        if typed.len() > PASSWORD_OCTETS_MAX || typed.contains('\0') {
            return Err(SignInError::Malformed);
        }
        let turn = self.turn(&name, attempt.address).await?;
        let proved = self.matches(&name, None, attempt.password, Asked::First);
        let worth = self.decide(proved.await, turn, attempt.address)?;
        let factors = self.second_factors(worth.signed_in.principal.id).await;
        let factors = factors.map_err(unavailable)?;
        self.note_use(&worth.signed_in, attempt.protocol, attempt.address);
        if factors.is_empty() {
            Ok(FirstFactor::Enough(worth.signed_in))
        } else {
            Ok(FirstFactor::Half(worth.signed_in, factors))
        }
    }

    /// The second factors of a person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn second_factors(
        &self,
        principal: PrincipalId,
    ) -> Result<SecondFactors, store::Error> {
        let mut factors = SecondFactors::default();
        for credential in self.credentials(principal).await? {
            match credential.kind {
                CredentialKind::Totp(_) => factors.totp = true,
                CredentialKind::Passkey(passkey) => {
                    factors.passkeys.push((credential.id, passkey));
                }
                CredentialKind::RecoveryCodes(codes) => {
                    factors.recovery_codes += codes.left.len();
                }
                CredentialKind::Password(_)
                | CredentialKind::AppPassword(_)
                | CredentialKind::Grant(_) => {}
            }
        }
        Ok(factors)
    }

    /// Checks a proof of a person who is known by name: counted as a failure unless `check` says which credential it
    /// proved. Failures slow the account and the network, as those of passwords do.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn attempt(
        &self,
        principal: PrincipalId,
        address: Option<IpAddr>,
        check: impl Future<Output = Result<Option<CredentialId>, Error>>,
    ) -> Result<CredentialId, SignInError> {
        let account = Account::Known(principal);
        let turn = self
            .inner
            .failures
            .turn(account, address.map(Network::from));
        let turn = turn.await.map_err(slow)?;
        match check.await {
            Ok(Some(credential)) => {
                turn.give_back();
                Ok(credential)
            }
            Ok(None) => {
                // A turn that is not given back is a failure.
                drop(turn);
                let peer = address.map(tracing::field::display);
                let reason = "wrong second factor";
                tracing::info!(principal = principal.0, peer, reason, "sign-in refused");
                Err(SignInError::Refused)
            }
            Err(error) => {
                turn.give_back();
                tracing::error!(%error, "a second factor cannot be checked");
                Err(SignInError::Unavailable)
            }
        }
    }

    /// Checks the code of a device, or a recovery code, which is thereby used up.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn check_code(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        typed: &str,
    ) -> Result<CredentialId, SignInError> {
        let check = self.find_code(actor, principal, typed);
        self.attempt(principal, actor.address, check).await
    }

    async fn find_code(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        typed: &str,
    ) -> Result<Option<CredentialId>, Error> {
        let now = self.inner.clock.now();
        let recovery = recovery::hash(typed);
        for credential in self.credentials(principal).await? {
            let used = match &credential.kind {
                CredentialKind::Totp(totp) => {
                    totp::step_of(&totp.secret, typed, now, totp.last_step).map(|last_step| {
                        CredentialKind::Totp(Totp {
                            last_step,
                            ..totp.clone()
                        })
                    })
                }
                CredentialKind::RecoveryCodes(codes) => recovery
                    .filter(|hash| codes.left.contains(hash))
                    .map(|hash| {
                        let left = codes.left.iter().copied().filter(|one| *one != hash);
                        CredentialKind::RecoveryCodes(RecoveryCodes {
                            left: left.collect(),
                        })
                    }),
                CredentialKind::Password(_)
                | CredentialKind::AppPassword(_)
                | CredentialKind::Passkey(_)
                | CredentialKind::Grant(_) => None,
            };
            if let Some(to) = used {
                return self.count_on(actor, credential, to).await;
            }
        }
        Ok(None)
    }

    /// Notes that a passkey signed, with this value of its counter. None if it is not there any more, or if the counter
    /// does not rise: then there may be a copy of the key (WebAuthn 6.1.1).
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn note_passkey(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        passkey: CredentialId,
        counter: u32,
    ) -> Result<Option<CredentialId>, Error> {
        let known = self.credentials(principal).await?;
        let Some(credential) = known.into_iter().find(|one| one.id == passkey) else {
            return Ok(None);
        };
        let CredentialKind::Passkey(known) = &credential.kind else {
            return Ok(None);
        };
        let rises = counter > known.counter || (counter == 0 && known.counter == 0);
        if !rises {
            let (principal, credential) = (principal.0, passkey.0);
            tracing::warn!(principal, credential, "a passkey's counter did not rise");
            return Ok(None);
        }
        let to = CredentialKind::Passkey(Passkey {
            counter,
            ..known.clone()
        });
        self.count_on(actor, credential, to).await
    }

    /// Has a second factor count on; none if somebody else was faster with the same proof.
    async fn count_on(
        &self,
        actor: &Actor,
        credential: Credential,
        to: CredentialKind,
    ) -> Result<Option<CredentialId>, Error> {
        let Credential { id, kind, .. } = credential;
        let change = Change::UpdateCredential {
            credential: id,
            from: Box::new(kind),
            to: Box::new(to),
        };
        match self.change(actor, vec![change]).await {
            Ok(_) => Ok(Some(id)),
            Err(Error::Busy | Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a person can set up an authenticator app with. Nothing is kept until it is confirmed.
    ///
    /// # Errors
    /// The person is not there.
    pub async fn begin_totp(
        &self,
        principal: PrincipalId,
        issuer: &str,
    ) -> Result<TotpEnrolment, Error> {
        let person = self.known(principal).await?;
        let secret = self.inner.random.bytes();
        Ok(totp::enrolment(secret, issuer, &person.address))
    }

    /// Makes an authenticator app a second factor, once it shows the right code.
    ///
    /// # Errors
    /// The code is not right, the label cannot be used, or the person has as many second factors as they can have.
    pub async fn confirm_totp(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        label: &str,
        secret: &Secret<Vec<u8>>,
        code: &str,
    ) -> Result<CredentialId, Error> {
        let now = self.inner.clock.now();
        let last_step = totp::step_of(secret.expose(), code, now, 0).ok_or(Error::Invalid {
            field: "code",
            why: "it is not the one that the device should show now: check that its clock is right",
        })?;
        let totp = Totp {
            label: checked_name(label)?,
            secret: secret.expose().clone(),
            last_step,
        };
        self.add_factor(actor, principal, CredentialKind::Totp(totp))
            .await
    }

    /// Makes a passkey a second factor.
    ///
    /// # Errors
    /// The label cannot be used, somebody has this passkey already, or the person has as many second factors as they can
    /// have.
    pub async fn add_passkey(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        passkey: Passkey,
    ) -> Result<CredentialId, Error> {
        let label = checked_name(&passkey.label)?;
        if passkey.name.is_empty() || passkey.name.len() > PASSKEY_NAME_OCTETS_MAX {
            return Err(Error::Invalid {
                field: "passkey",
                why: "its name has 1,023 octets at most",
            });
        }
        let known = self.second_factors(principal).await?.passkeys;
        if known.iter().any(|(_, known)| known.name == passkey.name) {
            return Err(Error::AlreadyExists("the passkey"));
        }
        let passkey = Passkey { label, ..passkey };
        self.add_factor(actor, principal, CredentialKind::Passkey(passkey))
            .await
    }

    async fn add_factor(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        kind: CredentialKind,
    ) -> Result<CredentialId, Error> {
        let known = self.credentials(principal).await?;
        let factors = known.iter().filter(|one| is_second_factor(&one.kind));
        if factors.count() >= SECOND_FACTORS_MAX {
            return Err(Error::Limit(
                "there are as many second factors as there can be: remove one first",
            ));
        }
        let change = Change::AddCredential(NewSecret { principal, kind });
        added(&self.change(actor, vec![change]).await?)
    }

    /// Makes new recovery codes in place of those there were. Their text is in the answer and nowhere else.
    ///
    /// # Errors
    /// The person has no second factor that they could stand in for.
    pub async fn new_recovery_codes(
        &self,
        actor: &Actor,
        principal: PrincipalId,
    ) -> Result<Vec<Secret<String>>, Error> {
        let known = self.credentials(principal).await?;
        if !known.iter().any(|one| is_second_factor(&one.kind)) {
            return Err(Error::Conflict(
                "there is no second factor that recovery codes could stand in for",
            ));
        }
        let codes: Vec<_> = (0..recovery::CODES)
            .map(|_| recovery::generate(&self.inner.random))
            .collect();
        let left = codes
            .iter()
            .filter_map(|code| recovery::hash(code.expose()));
        let kind = CredentialKind::RecoveryCodes(RecoveryCodes {
            left: left.collect(),
        });
        let mut changes = vec![Change::AddCredential(NewSecret { principal, kind })];
        changes.extend(removals(&known, |kind| {
            matches!(kind, CredentialKind::RecoveryCodes(_))
        }));
        self.change(actor, changes).await?;
        Ok(codes)
    }

    /// Takes all second factors of a person away, for whoever has lost them; says how many there were.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn reset_second_factors(
        &self,
        actor: &Actor,
        principal: PrincipalId,
    ) -> Result<usize, Error> {
        let known = self.credentials(principal).await?;
        let factors = known
            .iter()
            .filter(|one| is_second_factor(&one.kind))
            .count();
        let changes: Vec<_> = removals(&known, |kind| {
            is_second_factor(kind) || matches!(kind, CredentialKind::RecoveryCodes(_))
        })
        .collect();
        if !changes.is_empty() {
            self.change(actor, changes).await?;
        }
        Ok(factors)
    }

    /// What proves a principal.
    pub(crate) async fn credentials(
        &self,
        principal: PrincipalId,
    ) -> Result<Vec<Credential>, store::Error> {
        let read = move |engine: &dyn Engine| engine.credentials(principal);
        self.inner.store.read(read).await
    }
}
