//! The session of a browser: shown, confirmed, ended.

use directory::{Attempt, FirstFactor};
use model::Protocols;
use serde::Deserialize;
use serde_json::json;

use super::sign_in::{Entering, Secretly, done, principal_json, second_factor_options};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::moment;
use crate::webauthn::Assertion;

/// `GET /auth/session`: who is signed in.
pub(crate) async fn show(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let house = &asked.house;
    let session = visitor.signed_in.credential;
    let expires_at = house.directory.session_expiry(session).await;
    let expires_at = expires_at.map_err(|_| Refusal::Unavailable)?;
    Ok(answer::ok(&json!({
        "principal": principal_json(&visitor.signed_in.principal),
        "session": {
            "id": session.0,
            "expiresAt": expires_at.map(moment::to_text),
            "confirmed": house.is_fresh(session),
        },
    })))
}

/// `POST /auth/sign-out`: ends the session, and has the browser forget it in any case.
pub(crate) async fn sign_out(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_own_page()?;
    let door = asked.house.settings.door;
    if let Ok(visitor) = asked.visitor().await {
        let session = visitor.signed_in.credential;
        let removed =
            asked
                .house
                .directory
                .remove_credential(&visitor.actor, visitor.id(), session);
        match removed.await {
            Ok(()) | Err(directory::Error::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(answer::without_session(done(), door))
}

/// What proves once more who somebody is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirm {
    password: Option<Secretly>,
    code: Option<Secretly>,
    passkey: Option<Assertion>,
}

/// `POST /auth/confirm`: proves once more who somebody is, before what lets others in later. One proof will do: the other
/// was given when the session began.
pub(crate) async fn confirm(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let (house, address, entering) = (asked.house.clone(), asked.address(), Entering::of(&asked));
    let Confirm {
        password,
        code,
        passkey,
    } = asked.json().await?;
    match password {
        Some(password) => {
            let attempt = Attempt {
                name: &visitor.signed_in.principal.address,
                password: &password.0,
                protocol: Protocols::JMAP,
                address,
            };
            match house.directory.sign_in_first(attempt).await? {
                FirstFactor::Enough(_) | FirstFactor::Half(_, _) => {}
            }
        }
        None => {
            let code = code.as_ref().map(|code| code.0.expose().as_str());
            let proved = entering.prove(&house, &visitor.signed_in, code, passkey.as_ref());
            proved.await?;
        }
    }
    house.proved(visitor.signed_in.credential);
    Ok(done())
}

/// `POST /auth/confirm/options`: a challenge for confirming with a passkey.
pub(crate) async fn confirm_options(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let house = &asked.house;
    let factors = house.directory.second_factors(visitor.id()).await;
    let factors = factors.map_err(|_| Refusal::Unavailable)?;
    let options = second_factor_options(house, visitor.id(), &factors);
    Ok(answer::ok(&json!({ "passkey": options })))
}
