//! What programs and other servers fetch without signing in: the MTA-STS policy (RFC 8461 3.3), and the settings of a domain
//! for Thunderbird and others.

use std::sync::Arc;

use admin::http::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use groupware::Groupware;

use crate::acme::Tokens;
use crate::config::Config;
use crate::doctor::autoconfig_of;
use crate::mta_sts::Policy;

/// What the answers are made of.
struct Known {
    config: Config,
    groupware: Groupware,
    policy: Option<Policy>,
    tokens: Tokens,
}

/// The paths.
pub(crate) fn router(config: &Config, groupware: &Groupware, tokens: Tokens) -> Router {
    let known = Known {
        config: config.clone(),
        groupware: groupware.clone(),
        policy: Policy::of(config),
        tokens,
    };
    Router::new()
        .route("/.well-known/mta-sts.txt", get(policy))
        .route("/.well-known/acme-challenge/{token}", get(proof))
        .route("/mail/config-v1.1.xml", get(autoconfig))
        .route(
            "/.well-known/autoconfig/mail/config-v1.1.xml",
            get(autoconfig),
        )
        .with_state(Arc::new(known))
}

/// RFC 8461 3.3: at the host `mta-sts` of the domain, as plain text.
async fn policy(State(known): State<Arc<Known>>, headers: HeaderMap) -> Response {
    let domain = known.domain(&headers, "mta-sts.").await;
    match (&known.policy, domain) {
        (Some(policy), Some(_)) => {
            ([(CONTENT_TYPE, "text/plain")], policy.text().to_owned()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// RFC 8555 8.3: what stands at a token, while a certificate is being issued.
async fn proof(State(known): State<Arc<Known>>, Path(token): Path<String>) -> Response {
    match known.tokens.get(&token) {
        Some(text) => ([(CONTENT_TYPE, "application/octet-stream")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Mozilla's autoconfig: at the host `autoconfig` of the domain, or at the domain itself.
async fn autoconfig(State(known): State<Arc<Known>>, headers: HeaderMap) -> Response {
    match known.domain(&headers, "autoconfig.").await {
        Some(domain) => {
            let file = autoconfig_of(&domain, &known.config);
            ([(CONTENT_TYPE, "text/xml")], file).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl Known {
    /// The domain of ours that was asked, by its name alone or with the prefix.
    async fn domain(&self, headers: &HeaderMap, prefix: &str) -> Option<String> {
        let host = headers.get(HOST)?.to_str().ok()?.to_ascii_lowercase();
        let host = host.split(':').next()?;
        let name = host.strip_prefix(prefix).unwrap_or(host);
        let domains = self.groupware.directory().domains().await.ok()?;
        domains
            .into_iter()
            .map(|domain| domain.name)
            .find(|domain| domain == name)
    }
}
