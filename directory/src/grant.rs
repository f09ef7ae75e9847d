//! Grants: browsers that are signed in, and programs that may act for somebody. Made, used, renewed and revoked.
//!
//! What a grant is good for stands in the directory as of its last entry, and every use looks there: what is revoked is
//! dead with the entry that says so.

use std::net::IpAddr;
use std::sync::Arc;

use model::{
    AccessSecret, Actor, Credential, CredentialId, CredentialKind, Grant, GrantHolder, PrincipalId,
    Protocols, RefreshSecret, Timestamp,
};
use store::{Change, Committed, Engine, NewSecret, Outcome};

use crate::Directory;
use crate::administration::{TRIES_MAX, checked_name, unexpected_answer};
use crate::error::Error;
use crate::secret::Secret;
use crate::sign_in::unavailable;
use crate::signed_in::{SignInError, SignedIn};
use crate::standing::may_sign_in;
use crate::token::{self, Bits, Kind};

/// Grants that one person can have; with the next one the one that was not used for longest goes.
const GRANTS_PER_PERSON_MAX: usize = 60;
/// Access tokens of one grant that are good at the same time: the last, and the one before it for requests under way.
const ACCESS_TOKENS_MAX: usize = 2;
/// Octets of a name by which a program is known.
const CLIENT_OCTETS_MAX: usize = 512;

/// Administering the server in a browser. It is no protocol of an account, so no password, token or session that is for one
/// is good for it; and whoever holds a session for it reads no mail with that.
pub const ADMINISTRATION: Protocols = Protocols(1 << 7);
/// How long an administrator's browser stays signed in without use, in milliseconds.
const ADMINISTRATION_IDLE_MS: i64 = 3_600_000;
/// How long it stays signed in however it is used: a working day, in milliseconds.
const ADMINISTRATION_MS: i64 = 12 * 3_600_000;

/// A grant as it is held by somebody.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) credential: CredentialId,
    pub(crate) principal: PrincipalId,
    pub(crate) grant: Grant,
    /// When it was made, renewed or, as far as it was written, used.
    seen_at: Timestamp,
}

/// A program that gets a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProgram {
    /// Its `client_id` (RFC 6749 2.2).
    pub client: String,
    /// What people call it.
    pub label: String,
    /// What it may do.
    pub protocols: Protocols,
}

/// What a program gets. The texts are here and nowhere else.
#[derive(Clone, Debug)]
pub struct ProgramTokens {
    /// For whom it acts.
    pub principal: PrincipalId,
    /// Its credential.
    pub credential: CredentialId,
    /// What it may do.
    pub protocols: Protocols,
    /// The token for each use.
    pub access: Secret<String>,
    /// How long that is good, in milliseconds.
    pub access_for_ms: i64,
    /// The token for the next access token; good once.
    pub refresh: Secret<String>,
}

impl Held {
    /// The grant of this number; none if there is no such one.
    pub(crate) fn read(
        engine: &dyn Engine,
        credential: CredentialId,
    ) -> Result<Option<Self>, store::Error> {
        let Some(Credential {
            principal,
            created_at,
            kind: CredentialKind::Grant(grant),
            ..
        }) = engine.credential(credential)?
        else {
            return Ok(None);
        };
        let uses = engine.credential_uses(principal)?;
        let used = uses.iter().find(|one| one.credential == credential);
        let renewed = grant.refresh.map(|refresh| refresh.since);
        let seen_at = created_at
            .max(used.map_or(created_at, |one| one.at))
            .max(renewed.unwrap_or(created_at));
        Ok(Some(Self {
            credential,
            principal,
            grant,
            seen_at,
        }))
    }

    /// Whether this is what its holder shows at each use.
    fn is_proved_by(&self, kind: Kind, secret: &Bits, now: Timestamp) -> bool {
        match kind {
            Kind::Session => {
                self.grant.holder == GrantHolder::Browser
                    && token::matches(secret, self.grant.secret)
            }
            Kind::Access => {
                let good = |access: &AccessSecret| {
                    token::matches(secret, access.hash) && now < access.expires_at
                };
                self.grant.access.iter().any(good)
            }
            Kind::Refresh => false,
        }
    }
}

impl Directory {
    /// Signs somebody in with an access token of a program (RFC 6750, RFC 7628).
    ///
    /// Costs one hash and one look-up, and slows nobody: what cannot be guessed need not be protected from guessing.
    ///
    /// # Errors
    /// [`SignInError::Refused`] or [`SignInError::Unavailable`].
    pub async fn sign_in_token(
        &self,
        text: &Secret<String>,
        protocol: Protocols,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_by(Kind::Access, text, protocol, address).await
    }

    /// Signs somebody in with the secret of a browser's session.
    ///
    /// # Errors
    /// [`SignInError::Refused`] or [`SignInError::Unavailable`].
    pub async fn sign_in_session(
        &self,
        text: &Secret<String>,
        protocol: Protocols,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        self.sign_in_by(Kind::Session, text, protocol, address)
            .await
    }

    async fn sign_in_by(
        &self,
        kind: Kind,
        text: &Secret<String>,
        protocol: Protocols,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let (credential, secrets) =
            token::parse(kind, text.expose()).ok_or(SignInError::Refused)?;
        let secret = secrets.first().ok_or(SignInError::Refused)?;
        let held = self.held(credential).await.map_err(unavailable)?;
        let now = self.inner.clock.now();
        let held = held
            .filter(|held| held.is_proved_by(kind, secret, now))
            .filter(|held| self.is_alive(held, protocol, now))
            .ok_or(SignInError::Refused)?;
        let principal = self.principal(held.principal).await.map_err(unavailable)?;
        let principal = principal
            .filter(|principal| may_sign_in(principal))
            .ok_or(SignInError::Refused)?;
        let signed_in = SignedIn {
            principal,
            credential,
        };
        self.note_use(&signed_in, protocol, address);
        Ok(signed_in)
    }

    /// Whether a grant is good for this protocol now.
    pub(crate) fn is_alive(&self, held: &Held, protocol: Protocols, now: Timestamp) -> bool {
        let used = self.inner.uses.last(held.credential).map(|one| one.at);
        let seen_at = held.seen_at.max(used.unwrap_or(held.seen_at));
        let grant = &held.grant;
        grant.protocols.contains(protocol)
            && grant.expires_at.is_none_or(|expires_at| now < expires_at)
            && now < seen_at.plus_ms(grant.idle_ms)
    }

    /// Signs a browser in for a person who has proved themselves; the answer is the secret for its cookie.
    ///
    /// # Errors
    /// The person is not there or cannot sign in, or the store cannot be written.
    pub async fn open_session(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        label: &str,
    ) -> Result<(CredentialId, Secret<String>), Error> {
        let limits = self.inner.settings.grants;
        let terms = Terms {
            protocols: Protocols::JMAP,
            idle_ms: limits.session_idle_ms,
            ms: limits.session_ms,
        };
        self.open_browser(actor, principal, label, terms).await
    }

    /// Signs a browser in for administering the server, and for nothing else; the answer is the secret for its cookie.
    ///
    /// # Errors
    /// The person is not there, cannot sign in or does not administer the server, or the store cannot be written.
    pub async fn open_administration(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        label: &str,
    ) -> Result<(CredentialId, Secret<String>), Error> {
        if !self.known(principal).await?.administrator {
            return Err(Error::Conflict(
                "this person does not administer the server",
            ));
        }
        let terms = Terms {
            protocols: ADMINISTRATION,
            idle_ms: ADMINISTRATION_IDLE_MS,
            ms: ADMINISTRATION_MS,
        };
        self.open_browser(actor, principal, label, terms).await
    }

    /// Signs an administrator in with the secret of a session that [`Self::open_administration`] opened. Who administers
    /// the server no more is refused with the entry that says so.
    ///
    /// # Errors
    /// [`SignInError::Refused`] or [`SignInError::Unavailable`].
    pub async fn sign_in_administrator(
        &self,
        text: &Secret<String>,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let signed_in = self.sign_in_session(text, ADMINISTRATION, address).await?;
        if signed_in.principal.administrator {
            Ok(signed_in)
        } else {
            Err(SignInError::Refused)
        }
    }

    async fn open_browser(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        label: &str,
        terms: Terms,
    ) -> Result<(CredentialId, Secret<String>), Error> {
        let secret = token::secret(&self.inner.random);
        let grant = Grant {
            holder: GrantHolder::Browser,
            label: checked_name(label)?,
            protocols: terms.protocols,
            expires_at: Some(self.inner.clock.now().plus_ms(terms.ms)),
            idle_ms: terms.idle_ms,
            secret: token::hash(&secret),
            refresh: None,
            refreshed: None,
            access: Vec::new(),
        };
        let credential = self.add_grant(actor, principal, grant).await?;
        let text = token::write(Kind::Session, credential, &[&secret]);
        Ok((credential, text))
    }

    /// Lets a program act for a person who has agreed.
    ///
    /// # Errors
    /// The person is not there or cannot sign in, nothing is granted, or the store cannot be written.
    pub async fn grant_program(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        program: &NewProgram,
    ) -> Result<ProgramTokens, Error> {
        if program.client.is_empty() || program.client.len() > CLIENT_OCTETS_MAX {
            return Err(Error::Invalid {
                field: "client",
                why: "it has 512 octets at most",
            });
        }
        if program.protocols.0 == 0 || !Protocols::ALL.contains(program.protocols) {
            return Err(Error::Invalid {
                field: "protocols",
                why: "name at least one protocol that the program may use",
            });
        }
        let (limits, now) = (self.inner.settings.grants, self.inner.clock.now());
        let family = token::secret(&self.inner.random);
        let mut grant = Grant {
            holder: GrantHolder::Program {
                client: program.client.clone(),
            },
            label: checked_name(&program.label)?,
            protocols: program.protocols,
            expires_at: limits.program_ms.map(|ms| now.plus_ms(ms)),
            idle_ms: limits.program_idle_ms,
            secret: token::hash(&family),
            refresh: None,
            refreshed: None,
            access: Vec::new(),
        };
        let fresh = self.renew(&mut grant, now);
        let credential = self.add_grant(actor, principal, grant.clone()).await?;
        Ok(fresh.tokens(credential, principal, &grant, &family))
    }

    /// Gives a program new tokens for its refresh token (RFC 6749 6), which is thereby used up. If it was used before,
    /// it is in wrong hands, or its successor is: the grant is revoked (RFC 9700 4.14.2).
    ///
    /// # Errors
    /// [`Error::NotFound`] if the token is good for nothing, or not this program's.
    pub async fn renew_program(
        &self,
        actor: &Actor,
        refresh: &Secret<String>,
        client: &str,
    ) -> Result<ProgramTokens, Error> {
        let gone = || Error::NotFound("the refresh token");
        let (credential, secrets) =
            token::parse(Kind::Refresh, refresh.expose()).ok_or_else(gone)?;
        let [family, secret] = secrets.as_slice() else {
            return Err(gone());
        };
        for _ in 0..TRIES_MAX {
            let held = self.held(credential).await?.ok_or_else(gone)?;
            let is_theirs = token::matches(family, held.grant.secret)
                && matches!(&held.grant.holder, GrantHolder::Program { client: known } if known == client);
            let now = self.inner.clock.now();
            let person = self.principal(held.principal).await?;
            let may = person.is_some_and(|person| may_sign_in(&person));
            if !is_theirs || !may || !self.is_alive(&held, Protocols(0), now) {
                return Err(gone());
            }
            if !self.is_next(&held.grant, secret, now) {
                let principal = held.principal.0;
                tracing::warn!(
                    principal,
                    credential = credential.0,
                    "a refresh token was used twice: what it was granted is revoked"
                );
                let change = Change::RemoveCredential { credential };
                self.change(actor, vec![change]).await?;
                return Err(gone());
            }
            let mut grant = held.grant.clone();
            let fresh = self.renew(&mut grant, now);
            let change = Change::UpdateCredential {
                credential,
                from: Box::new(CredentialKind::Grant(held.grant.clone())),
                to: Box::new(CredentialKind::Grant(grant.clone())),
            };
            match self.change(actor, vec![change]).await {
                Err(Error::Busy) => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(fresh.tokens(credential, held.principal, &grant, family)),
            }
        }
        Err(Error::Busy)
    }

    /// Whether this secret is the one to renew the grant with: the last one, or the one before it if the answer with the
    /// last one may have been lost on the way.
    fn is_next(&self, grant: &Grant, secret: &Bits, now: Timestamp) -> bool {
        let Some(refresh) = grant.refresh else {
            return false;
        };
        let repeats = grant
            .refreshed
            .is_some_and(|before| token::matches(secret, before))
            && now < refresh.since.plus_ms(self.inner.settings.grants.repeat_ms);
        token::matches(secret, refresh.hash) || repeats
    }

    /// Gives a grant new secrets.
    fn renew(&self, grant: &mut Grant, now: Timestamp) -> Fresh {
        let access_for_ms = self.inner.settings.grants.access_ms;
        let fresh = Fresh {
            access: token::secret(&self.inner.random),
            refresh: token::secret(&self.inner.random),
            access_for_ms,
        };
        grant.access.retain(|access| now < access.expires_at);
        grant.access.insert(
            0,
            AccessSecret {
                hash: token::hash(&fresh.access),
                expires_at: now.plus_ms(access_for_ms),
            },
        );
        grant.access.truncate(ACCESS_TOKENS_MAX);
        grant.refreshed = grant.refresh.map(|refresh| refresh.hash);
        grant.refresh = Some(RefreshSecret {
            hash: token::hash(&fresh.refresh),
            since: now,
        });
        fresh
    }

    /// Revokes what a token stands for, access or refresh token alike (RFC 7009 2.1); says whether there was anything.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn revoke_token(
        &self,
        actor: &Actor,
        text: &Secret<String>,
        client: &str,
    ) -> Result<bool, Error> {
        let parsed = [Kind::Access, Kind::Refresh]
            .into_iter()
            .find_map(|kind| Some((kind, token::parse(kind, text.expose())?)));
        let Some((kind, (credential, secrets))) = parsed else {
            return Ok(false);
        };
        let Some(held) = self.held(credential).await? else {
            return Ok(false);
        };
        let known = |secret: &Bits| match kind {
            Kind::Access => {
                let mut all = held.grant.access.iter();
                all.any(|access| token::matches(secret, access.hash))
            }
            Kind::Session | Kind::Refresh => token::matches(secret, held.grant.secret),
        };
        let is_theirs = secrets.first().is_some_and(known)
            && matches!(&held.grant.holder, GrantHolder::Program { client: known } if known == client);
        if !is_theirs {
            return Ok(false);
        }
        let change = Change::RemoveCredential { credential };
        match self.change(actor, vec![change]).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Adds a grant, and removes those that are dead or, if there are too many, the one that was not used for longest.
    async fn add_grant(
        &self,
        actor: &Actor,
        principal: PrincipalId,
        grant: Grant,
    ) -> Result<CredentialId, Error> {
        let person = self.known(principal).await?;
        if !may_sign_in(&person) {
            return Err(Error::Conflict("this account cannot sign in"));
        }
        for _ in 0..TRIES_MAX {
            let mut changes = vec![Change::AddCredential(NewSecret {
                principal,
                kind: CredentialKind::Grant(grant.clone()),
            })];
            let going = self.superfluous_grants(principal).await?;
            changes.extend(
                going
                    .into_iter()
                    .map(|credential| Change::RemoveCredential { credential }),
            );
            match self.change(actor, changes).await {
                // Somebody else has just removed one of them.
                Err(Error::Busy | Error::NotFound(_)) => {}
                done => return added(&done?),
            }
        }
        Err(Error::Busy)
    }

    async fn superfluous_grants(&self, principal: PrincipalId) -> Result<Vec<CredentialId>, Error> {
        let now = self.inner.clock.now();
        let mut alive = Vec::new();
        let mut going = Vec::new();
        for held in self.grants_of(principal).await? {
            if self.is_alive(&held, Protocols(0), now) {
                let used = self.inner.uses.last(held.credential).map(|one| one.at);
                alive.push((
                    used.unwrap_or(held.seen_at).max(held.seen_at),
                    held.credential,
                ));
            } else {
                going.push(held.credential);
            }
        }
        alive.sort_unstable();
        let too_many = (alive.len() + 1).saturating_sub(GRANTS_PER_PERSON_MAX);
        going.extend(
            alive
                .iter()
                .take(too_many)
                .map(|(_, credential)| *credential),
        );
        Ok(going)
    }

    /// The grants of a principal, by number.
    pub(crate) async fn grants_of(&self, principal: PrincipalId) -> Result<Vec<Held>, Error> {
        let read = move |engine: &dyn Engine| {
            let mut grants = Vec::new();
            for credential in engine.credentials(principal)? {
                if matches!(credential.kind, CredentialKind::Grant(_)) {
                    grants.extend(Held::read(engine, credential.id)?);
                }
            }
            Ok(grants)
        };
        Ok(self.inner.store.read(read).await?)
    }

    /// For whom, and until when, a session is signed in; none if it is no session, or dead.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn session_expiry(
        &self,
        credential: CredentialId,
    ) -> Result<Option<Timestamp>, store::Error> {
        let held: Option<Arc<Held>> = self.held(credential).await?;
        Ok(held.and_then(|held| held.grant.expires_at))
    }
}

/// What a browser gets.
struct Terms {
    protocols: Protocols,
    idle_ms: i64,
    ms: i64,
}

/// Secrets that were just made.
struct Fresh {
    access: Bits,
    refresh: Bits,
    access_for_ms: i64,
}

impl Fresh {
    fn tokens(
        &self,
        credential: CredentialId,
        principal: PrincipalId,
        grant: &Grant,
        family: &Bits,
    ) -> ProgramTokens {
        ProgramTokens {
            principal,
            credential,
            protocols: grant.protocols,
            access: token::write(Kind::Access, credential, &[&self.access]),
            access_for_ms: self.access_for_ms,
            refresh: token::write(Kind::Refresh, credential, &[family, &self.refresh]),
        }
    }
}

/// The number of the credential that the first change added.
pub(crate) fn added(committed: &Committed) -> Result<CredentialId, Error> {
    match committed.outcomes.first() {
        Some(Outcome::Credential(id)) => Ok(*id),
        _ => Err(unexpected_answer()),
    }
}
