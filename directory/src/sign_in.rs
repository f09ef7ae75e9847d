//! Signing in with a name and a password, whatever protocol carries them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{CredentialId, Principal, Protocols, Seq};

use crate::Directory;
use crate::app_password;
use crate::cache::Key;
use crate::candidate::{Candidate, Name, Worth};
use crate::password::{self, PASSWORD_OCTETS_MAX};
use crate::secret::Secret;
use crate::slow::{Account, Counted, Network};

/// Somebody wants in.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// The name: main address or alias, in any case of letters.
    pub name: &'a str,
    /// The password or app password.
    pub password: &'a Secret<String>,
    /// What they will speak once they are in.
    pub protocol: Protocols,
    /// Where they come from; none for a peer without a network.
    pub address: Option<IpAddr>,
}

/// Who is in, and by what proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub principal: Arc<Principal>,
    /// By what.
    pub credential: CredentialId,
}

/// Why somebody is not in. Says nothing about whether the name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// Name and proof do not belong together, or are not good for this protocol.
    #[error("name or password is wrong, or not good for this protocol")]
    Refused,
    /// There were too many failures: nothing was checked.
    #[error("too many failures: try again in {} seconds", retry_after.as_secs().max(1))]
    Slow {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The directory cannot answer at the moment; nothing was checked.
    #[error("signing in is not possible at the moment")]
    Unavailable,
    /// The peer broke the mechanism's rules.
    #[error("this is no valid message of the mechanism")]
    Malformed,
}

impl Directory {
    /// Signs somebody in with a password or an app password.
    ///
    /// Costs one run of Argon2id whether the name is known or not, or none if the same attempt from the same network
    /// succeeded a moment ago.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub async fn sign_in(&self, attempt: Attempt<'_>) -> Result<SignedIn, SignInError> {
        let name = Name::parse(attempt.name).ok_or(SignInError::Malformed)?;
        let typed = attempt.password.expose();
        if typed.len() > PASSWORD_OCTETS_MAX || typed.contains('\0') {
            return Err(SignInError::Malformed);
        }
        let inner = &self.inner;
        let network = attempt.address.map(Network::from);
        inner
            .failures
            .check_network(network, inner.clock.now())
            .map_err(slow)?;
        let seq = self.seq().map_err(unavailable)?;
        let key = inner
            .recent
            .key(attempt.name, typed, attempt.protocol, network);
        if let Some(signed_in) = inner.recent.get(key, seq, inner.clock.now()) {
            return Ok(signed_in);
        }
        // Equal attempts wait here for the first of them, and find what it left.
        let _alone = inner.recent.alone(key).await;
        if let Some(signed_in) = inner.recent.get(key, seq, inner.clock.now()) {
            return Ok(signed_in);
        }
        self.check(name, &attempt, key, seq).await
    }

    /// Finds what to check, counts the attempt, hashes, and remembers a success.
    async fn check(
        &self,
        mut name: Name,
        attempt: &Attempt<'_>,
        key: Key,
        seq: Seq,
    ) -> Result<SignedIn, SignInError> {
        let app = app_password::parse(attempt.password.expose());
        if let Some((credential, _)) = &app {
            name.selected = Some(*credential);
        }
        let candidate = self
            .candidate(&name, attempt.protocol)
            .await
            .map_err(unavailable)?;
        let password = match app {
            Some((_, canonical)) if candidate.is_selected => canonical,
            _ => password::prepare(attempt.password.expose()),
        };
        let counted = self.count(&name, attempt.address).await?;
        let Candidate {
            verifier, worth, ..
        } = candidate;
        let matches = self
            .inner
            .hashing
            .matches(password, verifier.argon2id)
            .await;
        let Ok(matches) = matches else {
            self.inner.failures.take_back(&counted);
            return Err(SignInError::Unavailable);
        };
        let worth = self.decide(matches, worth, &counted, attempt.address)?;
        let now = self.inner.clock.now();
        self.inner
            .recent
            .put(key, seq, now, &worth.signed_in, worth.expires_at);
        Ok(worth.signed_in)
    }

    /// Counts an attempt under a name, unless it has to wait.
    pub(crate) async fn count(
        &self,
        name: &Name,
        address: Option<IpAddr>,
    ) -> Result<Counted, SignInError> {
        let known = self
            .principal_at(&name.address)
            .await
            .map_err(unavailable)?;
        let account = known.map_or_else(
            || {
                let hash = blake3::hash(name.address.as_bytes());
                let mut octets = [0; 16];
                octets.copy_from_slice(&hash.as_bytes()[..16]);
                Account::Unknown(octets)
            },
            |principal| Account::Known(principal.id),
        );
        let network = address.map(Network::from);
        let now = self.inner.clock.now();
        self.inner
            .failures
            .begin(account, network, now)
            .map_err(slow)
    }

    /// What comes of a proof that was right or wrong.
    pub(crate) fn decide(
        &self,
        matches: bool,
        worth: Option<Worth>,
        counted: &Counted,
        address: Option<IpAddr>,
    ) -> Result<Worth, SignInError> {
        match (matches, worth) {
            (true, Some(worth)) => {
                self.inner.failures.take_back(counted);
                Ok(worth)
            }
            (matches, worth) => {
                let principal = worth.map(|worth| worth.signed_in.principal.id.0);
                let reason = if matches {
                    "disabled, expired, or not good for this protocol"
                } else {
                    "unknown name or wrong password"
                };
                let peer = address.map(tracing::field::display);
                tracing::info!(principal, peer, reason, "sign-in refused");
                Err(SignInError::Refused)
            }
        }
    }
}

fn slow(retry_after: Duration) -> SignInError {
    SignInError::Slow { retry_after }
}

/// For the operator the cause, for the peer none.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
pub(crate) fn unavailable(error: store::Error) -> SignInError {
    tracing::error!(%error, "the directory cannot be read to sign somebody in");
    SignInError::Unavailable
}
