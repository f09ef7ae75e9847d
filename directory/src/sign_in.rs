//! Signing in with a name and a password, whatever protocol carries them.

use std::net::IpAddr;
use std::time::Duration;

use model::{CredentialId, Protocols, Seq};

use crate::Directory;
use crate::app_password;
use crate::cache::Key;
use crate::candidate::{Asked, Candidate, Name, Worth};
use crate::password::{self, PASSWORD_OCTETS_MAX};
use crate::secret::Secret;
use crate::signed_in::{SignInError, SignedIn};
use crate::slow::{Account, Network, Turn};

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
        inner.failures.check_network(network).map_err(slow)?;
        let key = inner
            .recent
            .key(attempt.name, typed, attempt.protocol, network);
        let account = self.account(&name).await?;
        let known = self.remembered(key)?;
        let signed_in = match known.filter(|_| inner.failures.may_be_known(account, network)) {
            Some(signed_in) => signed_in,
            None => self.prove(name, account, &attempt, key).await?,
        };
        self.note_use(&signed_in, attempt.protocol, attempt.address);
        Ok(signed_in)
    }

    /// Waits for a turn and for equal attempts before this one, and finds what they left or checks the password.
    async fn prove(
        &self,
        name: Name,
        account: Account,
        attempt: &Attempt<'_>,
        key: Key,
    ) -> Result<SignedIn, SignInError> {
        let (failures, network) = (&self.inner.failures, attempt.address.map(Network::from));
        let turn = match failures.turn(account, network).await {
            Ok(turn) => turn,
            // Whoever guesses at the same time does not keep out who was proved meanwhile with the same words.
            Err(delay) => {
                let known = self.remembered(key)?;
                if known.is_none() {
                    failures.note_put_off(account, network);
                }
                let known = known.filter(|_| failures.may_be_known(account, network));
                return known.ok_or(slow(delay));
            }
        };
        let _alone = self.inner.recent.alone(key).await;
        let inner = &self.inner;
        let found = self
            .settled()
            .map(|seq| (seq, inner.recent.get(key, seq, inner.clock.now())));
        match found {
            Ok((seq, None)) => self.check(name, attempt, key, seq, turn).await,
            Ok((_, Some(signed_in))) => {
                turn.give_back();
                Ok(signed_in)
            }
            Err(error) => {
                turn.give_back();
                Err(unavailable(error))
            }
        }
    }

    fn remembered(&self, key: Key) -> Result<Option<SignedIn>, SignInError> {
        let seq = self.settled().map_err(unavailable)?;
        Ok(self.inner.recent.get(key, seq, self.inner.clock.now()))
    }

    /// Finds what to check, hashes, and remembers a success. `seq` was the directory's last entry a moment ago.
    async fn check(
        &self,
        mut name: Name,
        attempt: &Attempt<'_>,
        key: Key,
        seq: Seq,
        turn: Turn<'_>,
    ) -> Result<SignedIn, SignInError> {
        let app = app_password::parse(attempt.password.expose());
        if let Some((credential, _)) = &app {
            name.selected = Some(*credential);
        }
        let asked = Asked::All(attempt.protocol);
        let proved = self.matches(&name, app, attempt.password, asked).await;
        let worth = self.decide(proved, turn, attempt.address)?;
        // Refused by `put` if the directory has changed: what was read may not hold any more.
        let now = self.inner.clock.now();
        self.inner
            .recent
            .put(key, seq, now, &worth.signed_in, worth.expires_at);
        Ok(worth.signed_in)
    }

    /// Whether the password is right, and what it is then worth.
    pub(crate) async fn matches(
        &self,
        name: &Name,
        app: Option<(CredentialId, Secret<String>)>,
        typed: &Secret<String>,
        asked: Asked,
    ) -> Result<(bool, Option<Worth>), SignInError> {
        let candidate = self.candidate(name, asked).await;
        let candidate = candidate.map_err(unavailable)?;
        let password = match app {
            Some((_, canonical)) if candidate.is_selected => canonical,
            _ => password::prepare(typed.expose()),
        };
        let phc = candidate.verifier.argon2id.clone();
        let matches = self.inner.hashing.matches(password, phc).await;
        let matches = matches.map_err(|_| SignInError::Unavailable)?;
        let worth = self.worth_now(&candidate, name, asked).await?;
        Ok((matches, worth))
    }

    /// What a proof against this candidate is worth by now: nothing if it was replaced while the proof was made.
    pub(crate) async fn worth_now(
        &self,
        candidate: &Candidate,
        name: &Name,
        asked: Asked,
    ) -> Result<Option<Worth>, SignInError> {
        let current = self.candidate(name, asked).await.map_err(unavailable)?;
        let is_same = current.verifier == candidate.verifier;
        Ok(current.worth.filter(|_| is_same))
    }

    /// Waits until an attempt under a name may be proved.
    pub(crate) async fn turn(
        &self,
        name: &Name,
        address: Option<IpAddr>,
    ) -> Result<Turn<'_>, SignInError> {
        let account = self.account(name).await?;
        let network = address.map(Network::from);
        let turn = self.inner.failures.turn(account, network).await;
        turn.map_err(slow)
    }

    /// Whose failures count together with those under this name.
    async fn account(&self, name: &Name) -> Result<Account, SignInError> {
        let known = self.principal_at(&name.address).await;
        Ok(match known.map_err(unavailable)? {
            Some(principal) => Account::Known(principal.id),
            None => {
                let hash = blake3::hash(name.address.as_bytes());
                let mut octets = [0; 16];
                octets.copy_from_slice(&hash.as_bytes()[..16]);
                Account::Unknown(octets)
            }
        })
    }

    /// What comes of a proof that was right or wrong, or could not be made.
    pub(crate) fn decide(
        &self,
        proved: Result<(bool, Option<Worth>), SignInError>,
        turn: Turn<'_>,
        address: Option<IpAddr>,
    ) -> Result<Worth, SignInError> {
        match proved {
            Ok((true, Some(worth))) => {
                turn.give_back();
                Ok(worth)
            }
            Ok((matches, worth)) => {
                // A turn that is not given back is a failure.
                drop(turn);
                let principal = worth.map(|worth| worth.signed_in.principal.id.0);
                let reason = if matches {
                    "disabled, expired, not good for this protocol, or not enough without a second factor"
                } else {
                    "unknown name or wrong password"
                };
                let peer = address.map(tracing::field::display);
                tracing::info!(principal, peer, reason, "sign-in refused");
                Err(SignInError::Refused)
            }
            Err(error) => {
                turn.give_back();
                Err(error)
            }
        }
    }
}

pub(crate) fn slow(retry_after: Duration) -> SignInError {
    SignInError::Slow { retry_after }
}

/// For the operator the cause, for the peer none.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
pub(crate) fn unavailable(error: store::Error) -> SignInError {
    tracing::error!(%error, "the directory cannot be read to sign somebody in");
    SignInError::Unavailable
}
