//! What programs read to find their way: metadata of the authorization server (RFC 8414) and of what it protects
//! (RFC 9728).

use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::error::Refusal;
use crate::scope;

/// `GET /.well-known/oauth-authorization-server`.
pub(crate) async fn server(asked: Asked) -> Result<Answer, Refusal> {
    let settings = &asked.house.settings;
    let at = |path: &str| format!("{}{path}", settings.issuer);
    let mut value = json!({
        "issuer": settings.issuer,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "revocation_endpoint": at("/oauth/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": scope::supported().collect::<Vec<_>>(),
        "ui_locales_supported": ["de", "en"],
        // RFC 9207 3.
        "authorization_response_iss_parameter_supported": true,
    });
    if settings.open_registration {
        value["registration_endpoint"] = json!(at("/oauth/register"));
    }
    Ok(public(&value))
}

/// `GET /.well-known/oauth-protected-resource`.
pub(crate) async fn resource(asked: Asked) -> Result<Answer, Refusal> {
    let settings = &asked.house.settings;
    Ok(public(&json!({
        "resource": settings.issuer,
        "authorization_servers": [settings.issuer],
        "scopes_supported": scope::supported().collect::<Vec<_>>(),
        "bearer_methods_supported": ["header"],
        "resource_name": settings.name,
    })))
}

/// What everybody may know, and keep for a while.
fn public(value: &Value) -> Answer {
    let answer = answer::ok(value);
    let answer = answer::with(answer, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    answer::with(answer, CACHE_CONTROL, "public, max-age=3600")
}
