//! Making app passwords.

use directory::NewAppPassword;
use serde::Deserialize;
use serde_json::json;

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::{moment, scope};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Add {
    label: String,
    protocols: Vec<String>,
    expires_at: Option<String>,
}

/// `POST /auth/app-passwords`: the answer has the text, which is shown only now.
pub(crate) async fn add(asked: Asked) -> Result<Answer, Refusal> {
    let visitor = asked.fresh_visitor().await?;
    let house = asked.house.clone();
    let Add {
        label,
        protocols,
        expires_at,
    } = asked.json().await?;
    let protocols = scope::of_names(&protocols)
        .ok_or(Refusal::Malformed("one of the protocols is not known here"))?;
    let expires_at = match expires_at {
        None => None,
        Some(text) => Some(moment::from_text(&text).ok_or(Refusal::Malformed(
            "write the moment of the expiry as `2027-01-31T12:00:00Z`",
        ))?),
    };
    let new = NewAppPassword {
        label,
        protocols,
        expires_at,
    };
    let directory = &house.directory;
    let (id, text) = directory
        .add_app_password(&visitor.actor, visitor.id(), new)
        .await?;
    Ok(answer::ok(
        &json!({ "id": id.0, "password": text.expose() }),
    ))
}
