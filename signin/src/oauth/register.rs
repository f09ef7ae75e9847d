//! Dynamic registration (RFC 7591): a program introduces itself.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::refused;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::Known;
use crate::error::Refusal;

/// What a program says of itself (RFC 7591 2). What else it says is of no use here, and left out of the answer.
#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    client_name: String,
    #[serde(default)]
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
}

/// `POST /oauth/register`.
pub(crate) async fn run(asked: Asked) -> Result<Answer, Refusal> {
    let house = Arc::clone(&asked.house);
    if !house.settings.open_registration {
        let words = "programs are named by the operator here";
        return Ok(refused(StatusCode::FORBIDDEN, "access_denied", words));
    }
    let Ok(metadata) = asked.json::<Metadata>().await else {
        let words = "this is no client metadata";
        return Ok(refused(
            StatusCode::BAD_REQUEST,
            "invalid_client_metadata",
            words,
        ));
    };
    let method = metadata.token_endpoint_auth_method.as_deref();
    if method.is_some_and(|method| method != "none") {
        let words = "only public clients are taken: `token_endpoint_auth_method` is `none`";
        return Ok(refused(
            StatusCode::BAD_REQUEST,
            "invalid_client_metadata",
            words,
        ));
    }
    let Some(known) = Known::introduce(&metadata.client_name, &metadata.redirect_uris) else {
        // RFC 7591 3.2.2.
        let words = "give a name of 64 octets at most, and up to four redirect URIs that lead to the same machine or \
                     to a scheme of your own";
        return Ok(refused(
            StatusCode::BAD_REQUEST,
            "invalid_redirect_uri",
            words,
        ));
    };
    Ok(answer::json(
        StatusCode::CREATED,
        &json!({
            "client_id": known.id,
            "client_name": known.name,
            "redirect_uris": metadata.redirect_uris,
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }),
    ))
}
