//! Revoking tokens (RFC 7009): a program signs itself out.

use std::sync::Arc;

use axum::http::StatusCode;
use directory::Secret;

use super::refused;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::Parameters;
use crate::error::Refusal;

/// `POST /oauth/revoke`. RFC 7009 2.2: a token that is good for nothing is as good as revoked.
pub(crate) async fn run(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_secure()?;
    let (house, actor) = (Arc::clone(&asked.house), asked.actor(None));
    let form = asked.form().await.ok().and_then(Parameters::new);
    let given = form
        .as_ref()
        .and_then(|form| Some((form.get("token")?, form.get("client_id")?)));
    let Some((token, client)) = given else {
        let words = "give `token` and `client_id`";
        return Ok(refused(StatusCode::BAD_REQUEST, "invalid_request", words));
    };
    let token = Secret::from(token);
    match house.directory.revoke_token(&actor, &token, client).await {
        Ok(_) => Ok(answer::empty(StatusCode::OK)),
        Err(error) => {
            tracing::error!(%error, "a token cannot be revoked");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Ok(refused(status, "temporarily_unavailable", "try again"))
        }
    }
}
