//! Everything that lets a person in, as a list with last use; and taking away from it.

use directory::{CredentialInfo, CredentialWhat};
use model::CredentialId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::sign_in::done;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::{moment, scope};

/// `GET /auth/credentials`.
pub(crate) async fn list(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let known = asked.house.directory.credential_list(visitor.id()).await?;
    let own = visitor.signed_in.credential;
    let list: Vec<_> = known
        .iter()
        .map(|info| credential_json(info, own))
        .collect();
    Ok(answer::ok(&json!({ "credentials": list })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    id: u32,
}

/// `POST /auth/credentials/remove`. Signing out a browser or a program is done at once; other things need a fresh proof.
pub(crate) async fn remove(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let house = asked.house.clone();
    let id = CredentialId(asked.json::<Remove>().await?.id);
    let known = house.directory.credential_list(visitor.id()).await?;
    let info = known.into_iter().find(|info| info.id == id);
    let info = info.ok_or(directory::Error::NotFound("the credential"))?;
    let is_factor = match info.what {
        CredentialWhat::Totp | CredentialWhat::Passkey | CredentialWhat::RecoveryCodes { .. } => {
            true
        }
        CredentialWhat::Password
        | CredentialWhat::AppPassword { .. }
        | CredentialWhat::Session
        | CredentialWhat::Program { .. } => false,
    };
    if is_factor && !house.is_fresh(visitor.signed_in.credential) {
        return Err(Refusal::Confirm);
    }
    let directory = &house.directory;
    directory
        .remove_credential(&visitor.actor, visitor.id(), id)
        .await?;
    Ok(done())
}

/// `POST /auth/credentials/sign-out-others`: every other browser, and every program with a token.
pub(crate) async fn sign_out_others(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.visitor().await?;
    let own = visitor.signed_in.credential;
    let directory = &asked.house.directory;
    let count = directory
        .remove_grants(&visitor.actor, visitor.id(), Some(own))
        .await?;
    Ok(answer::ok(&json!({ "signedOut": count })))
}

fn credential_json(info: &CredentialInfo, own: CredentialId) -> Value {
    let (what, more) = match &info.what {
        CredentialWhat::Password => ("password", Value::Null),
        CredentialWhat::AppPassword { selector } => ("appPassword", json!({ "begins": selector })),
        CredentialWhat::Totp => ("totp", Value::Null),
        CredentialWhat::Passkey => ("passkey", Value::Null),
        CredentialWhat::RecoveryCodes { left } => ("recoveryCodes", json!({ "left": left })),
        CredentialWhat::Session => ("session", json!({ "current": info.id == own })),
        CredentialWhat::Program { client } => ("program", json!({ "client": client })),
    };
    let last_use = info.last_use.map(|one| {
        json!({
            "at": moment::to_text(one.at),
            "protocol": scope::names(one.protocol).first(),
            "network": one.network.map(|network| network.to_string()),
        })
    });
    let mut value = json!({
        "id": info.id.0,
        "kind": what,
        "label": info.label,
        "protocols": scope::names(info.protocols),
        "createdAt": moment::to_text(info.created_at),
        "expiresAt": info.expires_at.map(moment::to_text),
        "lastUse": last_use,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}
