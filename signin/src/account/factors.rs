//! Setting up an authenticator app, and recovery codes.

use serde::Deserialize;
use serde_json::json;

use super::sign_in::Secretly;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;

/// `POST /auth/totp/begin`: what to set an app up with. Nothing is a second factor yet.
pub(crate) async fn begin_totp(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let house = &asked.house;
    let name = &house.settings.name;
    let enrolment = house.directory.begin_totp(visitor.id(), name).await?;
    let (random, now) = (&house.settings.random, house.now());
    let waiting = (visitor.signed_in.credential, enrolment.secret);
    let ticket = house.enrolments.put(waiting, random, now);
    Ok(answer::ok(&json!({
        "ticket": ticket,
        "secret": enrolment.text.expose(),
        "link": enrolment.link.expose(),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmTotp {
    ticket: String,
    label: String,
    code: Secretly,
}

/// `POST /auth/totp`: the app shows the right code, and is a second factor from now on.
pub(crate) async fn confirm_totp(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let house = asked.house.clone();
    let ConfirmTotp {
        ticket,
        label,
        code,
    } = asked.json().await?;
    let (session, now) = (visitor.signed_in.credential, house.now());
    let secret = house
        .enrolments
        .look(&ticket, now, |(whose, secret)| {
            (*whose == session).then(|| secret.clone())
        })
        .flatten()
        .ok_or(directory::Error::NotFound("the enrolment"))?;
    let directory = &house.directory;
    let code = code.0.expose();
    let id = directory
        .confirm_totp(&visitor.actor, visitor.id(), &label, &secret, code)
        .await?;
    house.enrolments.take(&ticket, now);
    Ok(answer::ok(&json!({ "id": id.0 })))
}

/// `POST /auth/recovery-codes`: new ones in place of those there were; shown only now.
pub(crate) async fn recovery_codes(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let directory = &asked.house.directory;
    let codes = directory
        .new_recovery_codes(&visitor.actor, visitor.id())
        .await?;
    let codes: Vec<_> = codes.iter().map(|code| code.expose().as_str()).collect();
    Ok(answer::ok(&json!({ "codes": codes })))
}
