//! Adding passkeys.

use model::{CredentialId, Passkey};
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::webauthn::{self, Registration};

/// `POST /auth/passkeys/options`: what a browser asks an authenticator for.
pub(crate) async fn options(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let house = &asked.house;
    let factors = house.directory.second_factors(visitor.id()).await;
    let known = factors.map_err(|_| Refusal::Unavailable)?.passkeys;
    let (random, now) = (&house.settings.random, house.now());
    let purpose = purpose(visitor.signed_in.credential);
    let challenge = house.challenges.new_challenge(&purpose, random, now);
    let principal = &visitor.signed_in.principal;
    let user = (
        principal.id,
        principal.address.as_str(),
        principal.name.as_str(),
    );
    let options = webauthn::creation_options(&house.settings, &challenge, user, &known);
    Ok(answer::ok(&options))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    label: String,
    passkey: Registration,
}

/// `POST /auth/passkeys`: the passkey that was made.
pub(crate) async fn add(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let house = asked.house.clone();
    let Add { label, passkey } = asked.json().await?;
    let made = passkey.read(&house.settings).ok_or(Refusal::Malformed(
        "this is no passkey that can be used here",
    ))?;
    let (now, purpose) = (house.now(), purpose(visitor.signed_in.credential));
    if !house.challenges.is_open(&made.challenge, &purpose, now) {
        return Err(Refusal::Malformed(
            "the time for this passkey is over: begin again",
        ));
    }
    house.challenges.close(&made.challenge, now);
    let passkey = Passkey {
        label,
        name: made.name,
        key: made.key,
        counter: made.counter,
    };
    let directory = &house.directory;
    let id = directory
        .add_passkey(&visitor.actor, visitor.id(), passkey)
        .await?;
    Ok(answer::ok(&json!({ "id": id.0 })))
}

/// What a challenge for a new passkey is good for: this session alone.
fn purpose(session: CredentialId) -> String {
    format!("register by session {}", session.0)
}
