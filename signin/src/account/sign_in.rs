//! Signing a browser in: by password and, where there is one, second factor; or by a passkey alone.

use axum::http::StatusCode;
use directory::{Attempt, Error, FirstFactor, SecondFactors, Secret, SignedIn};
use model::{CredentialId, Principal, PrincipalId, Protocols};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::house::House;
use crate::settings::Door;
use crate::webauthn::{self, Assertion, Signed};

/// What a challenge for a passkey alone is good for.
const PASSKEY_PURPOSE: &str = "sign in";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    name: String,
    password: Secretly,
}

/// A secret in a request: wiped when it goes.
pub(crate) struct Secretly(pub(crate) Secret<String>);

impl<'de> Deserialize<'de> for Secretly {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

/// `POST /auth/sign-in`: the password, and then a session or a ticket for the second factor.
pub(crate) async fn password(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_own_page()?;
    let (house, address, entering) = (asked.house.clone(), asked.address(), Entering::of(&asked));
    let Password { name, password } = asked.json().await?;
    let attempt = Attempt {
        name: &name,
        password: &password.0,
        protocol: Protocols::JMAP,
        address,
    };
    let first = house.directory.sign_in_first(attempt).await?;
    let (FirstFactor::Enough(known) | FirstFactor::Half(known, _)) = &first;
    // As if the password were wrong: nobody learns here whether it is right.
    if !house.settings.door.is_open_for(&known.principal) {
        return Err(Refusal::Refused);
    }
    match first {
        FirstFactor::Enough(signed_in) => entering.enter(&house, signed_in).await,
        FirstFactor::Half(signed_in, factors) => {
            let (random, now) = (&house.settings.random, house.now());
            let principal = signed_in.principal.id;
            let ticket = house.halves.put(signed_in, random, now);
            Ok(answer::ok(&json!({
                "signedIn": false,
                "ticket": ticket,
                "factors": factor_names(&factors),
                "passkey": second_factor_options(&house, principal, &factors),
            })))
        }
    }
}

fn factor_names(factors: &SecondFactors) -> Vec<&'static str> {
    let all = [
        ("passkey", !factors.passkeys.is_empty()),
        ("totp", factors.totp),
        ("recoveryCode", factors.recovery_codes > 0),
    ];
    all.into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect()
}

/// What a browser asks a passkey for, beside a password; null if there is none.
pub(crate) fn second_factor_options(
    house: &House,
    principal: PrincipalId,
    factors: &SecondFactors,
) -> Value {
    if factors.passkeys.is_empty() {
        return Value::Null;
    }
    let (random, now) = (&house.settings.random, house.now());
    let purpose = second_purpose(principal);
    let challenge = house.challenges.new_challenge(&purpose, random, now);
    webauthn::request_options(&house.settings, &challenge, &factors.passkeys, "preferred")
}

/// What a challenge for a passkey beside a password is good for.
fn second_purpose(principal: PrincipalId) -> String {
    format!("second factor of {}", principal.0)
}

/// What is shown beside the password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SecondFactor {
    ticket: String,
    code: Option<Secretly>,
    passkey: Option<Assertion>,
}

/// `POST /auth/second-factor`: a code or a passkey, for a ticket.
pub(crate) async fn second_factor(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_own_page()?;
    let (house, entering) = (asked.house.clone(), Entering::of(&asked));
    let SecondFactor {
        ticket,
        code,
        passkey,
    } = asked.json().await?;
    let now = house.now();
    let half = house.halves.look(&ticket, now, SignedIn::clone);
    let half = half.ok_or(Refusal::Refused)?;
    let code = code.as_ref().map(|code| code.0.expose().as_str());
    entering
        .prove(&house, &half, code, passkey.as_ref())
        .await?;
    house.halves.take(&ticket, now);
    entering.enter(&house, half).await
}

/// `POST /auth/passkey/options`: a challenge for whoever has a passkey and gives no name.
pub(crate) async fn passkey_options(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_own_page()?;
    let house = &asked.house;
    let (random, now) = (&house.settings.random, house.now());
    let challenge = house.challenges.new_challenge(PASSKEY_PURPOSE, random, now);
    let options = webauthn::request_options(&house.settings, &challenge, &[], "required");
    Ok(answer::ok(&options))
}

/// `POST /auth/passkey`: a passkey alone, which has to have asked for a PIN, a finger or a face.
pub(crate) async fn passkey(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_own_page()?;
    let (house, entering) = (asked.house.clone(), Entering::of(&asked));
    let assertion: Assertion = asked.json().await?;
    let (principal, credential) = entering.passkey_alone(&house, &assertion).await?;
    let known = house.directory.principal(principal).await;
    let known = known.map_err(|_| Refusal::Unavailable)?;
    let signed_in = SignedIn {
        principal: known.ok_or(Refusal::Refused)?,
        credential,
    };
    entering.enter(&house, signed_in).await
}

/// Somebody on the way in.
pub(crate) struct Entering {
    pub(crate) actor: model::Actor,
    browser: String,
}

impl Entering {
    pub(crate) fn of(asked: &Asked) -> Self {
        Self {
            actor: asked.actor(None),
            browser: asked.browser(),
        }
    }

    /// Opens a session for somebody who has proved themselves, in full.
    pub(crate) async fn enter(self, house: &House, signed_in: SignedIn) -> Result<Answer, Refusal> {
        let principal = &signed_in.principal;
        if !house.still_proved(&signed_in).await? {
            return Err(Refusal::Refused);
        }
        let by = Some(signed_in.credential);
        let (session, secret) = self.open(house, principal.id, by).await?;
        house.proved(session);
        let value = json!({ "signedIn": true, "principal": principal_json(principal) });
        let seconds = cookie_seconds(house, session).await?;
        Ok(answer::with_session(
            answer::ok(&value),
            house.settings.door,
            secret.expose(),
            seconds,
        ))
    }

    /// Opens a session for somebody who proved themselves by a credential of ours, or by somebody else's word; the answer
    /// is the secret for its cookie.
    pub(crate) async fn open(
        &self,
        house: &House,
        principal: PrincipalId,
        by: Option<CredentialId>,
    ) -> Result<(CredentialId, Secret<String>), Refusal> {
        let mut actor = self.actor.clone();
        actor.principal = Some(principal);
        actor.credential = by;
        let directory = &house.directory;
        let opened = match house.settings.door {
            Door::Mail => {
                directory
                    .open_session(&actor, principal, &self.browser)
                    .await
            }
            Door::Administration => {
                let label = format!("{}: administration", self.browser);
                directory
                    .open_administration(&actor, principal, &label)
                    .await
            }
        };
        match opened {
            Ok((session, secret)) => {
                let peer = actor.address.map(tracing::field::display);
                let (principal, credential) = (principal.0, session.0);
                tracing::info!(principal, credential, peer, "browser signed in");
                Ok((session, secret))
            }
            // Disabled in the meantime, or by a passkey: nobody is told.
            Err(Error::Conflict(_) | Error::NotFound(_)) => Err(Refusal::Refused),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks what somebody shows beside the password.
    pub(crate) async fn prove(
        &self,
        house: &House,
        half: &SignedIn,
        code: Option<&str>,
        passkey: Option<&Assertion>,
    ) -> Result<(), Refusal> {
        let principal = half.principal.id;
        match (code, passkey) {
            (Some(code), None) => {
                let mut actor = self.actor.clone();
                actor.principal = Some(principal);
                house.directory.check_code(&actor, principal, code).await?;
            }
            (None, Some(assertion)) => {
                let signed = assertion.read(&house.settings);
                let signed = signed.ok_or(Refusal::Refused)?;
                let purpose = second_purpose(principal);
                self.passkey(house, principal, &signed, &purpose).await?;
            }
            _ => return Err(Refusal::Malformed("give either a code or a passkey")),
        }
        Ok(())
    }

    /// Checks a passkey that stands alone; whose it is, it says itself.
    pub(crate) async fn passkey_alone(
        &self,
        house: &House,
        assertion: &Assertion,
    ) -> Result<(PrincipalId, CredentialId), Refusal> {
        let signed = assertion.read(&house.settings).ok_or(Refusal::Refused)?;
        // WebAuthn 7.2 step 17: a passkey alone has to know that it is in the right hands.
        let user = signed.user.filter(|_| signed.user_verified);
        let user = user.ok_or(Refusal::Refused)?;
        let known = house.directory.principal(user).await;
        if known.map_err(|_| Refusal::Unavailable)?.is_none() {
            return Err(Refusal::Refused);
        }
        let credential = self.passkey(house, user, &signed, PASSKEY_PURPOSE).await?;
        Ok((user, credential))
    }

    async fn passkey(
        &self,
        house: &House,
        principal: PrincipalId,
        signed: &Signed,
        purpose: &str,
    ) -> Result<CredentialId, Refusal> {
        let now = house.now();
        if !house.challenges.is_open(&signed.challenge, purpose, now) {
            return Err(Refusal::Refused);
        }
        let check = async {
            let known = house.directory.second_factors(principal).await?.passkeys;
            let Some((credential, _)) = signed.signer(&known) else {
                return Ok(None);
            };
            let counter = signed.counter;
            let noted = house
                .directory
                .note_passkey(&self.actor, principal, *credential, counter);
            noted.await
        };
        let address = self.actor.address;
        let credential = house.directory.attempt(principal, address, check).await?;
        house.challenges.close(&signed.challenge, now);
        Ok(credential)
    }
}

/// How long the cookie of a session is kept.
pub(crate) async fn cookie_seconds(house: &House, session: CredentialId) -> Result<i64, Refusal> {
    let expires_at = house.directory.session_expiry(session).await;
    let expires_at = expires_at.map_err(|_| Refusal::Unavailable)?;
    let milliseconds = expires_at.map_or(0, |at| at.0.saturating_sub(house.now().0));
    Ok(milliseconds / 1_000)
}

/// Somebody, as our own pages show them.
pub(crate) fn principal_json(principal: &Principal) -> Value {
    json!({
        "id": format!("p{}", principal.id.0),
        "address": principal.address,
        "name": principal.name,
        "administrator": principal.administrator,
    })
}

/// Nothing to say.
pub(crate) fn done() -> Answer {
    answer::empty(StatusCode::NO_CONTENT)
}
