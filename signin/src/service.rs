//! The service: which request goes where.

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use directory::Directory;

use crate::account::{app_password, credentials, factors, passkeys, password, session, sign_in};
use crate::answer::Answer;
use crate::asked::{Asked, attend};
use crate::error::Refusal;
use crate::fetch::Fetch;
use crate::house::House;
use crate::oauth::{self, authorize, metadata, register, revoke, token};
use crate::oidc;
use crate::settings::Settings;

/// The face that signs people in over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignIn {
    house: Arc<House>,
}

impl SignIn {
    /// The face of this directory. `fetch` is for [`Settings::provider`]; without it nobody signs in through another
    /// service.
    #[must_use]
    pub fn new(directory: Directory, settings: Settings, fetch: Option<Arc<dyn Fetch>>) -> Self {
        Self {
            house: Arc::new(House::new(directory, settings, fetch)),
        }
    }

    /// What it answers at: all below `/auth/` and `/oauth/`, and `/.well-known/oauth-...`.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(account())
            .merge(oauth())
            .merge(provider())
            .with_state(Arc::clone(&self.house))
    }
}

impl SignIn {
    /// What the pages of the administration ask for: signing in and out, and nothing about programs or other services.
    pub fn administration_router(&self) -> Router {
        entrance().with_state(Arc::clone(&self.house))
    }
}

/// Signing in and out.
fn entrance() -> Router<Arc<House>> {
    Router::new()
        .route("/auth/sign-in", posted(sign_in::password))
        .route("/auth/second-factor", posted(sign_in::second_factor))
        .route("/auth/passkey/options", posted(sign_in::passkey_options))
        .route("/auth/passkey", posted(sign_in::passkey))
        .route("/auth/sign-out", posted(session::sign_out))
        .route("/auth/session", got(session::show))
        .route("/auth/confirm", posted(session::confirm))
        .route("/auth/confirm/options", posted(session::confirm_options))
}

/// What our own pages ask for.
fn account() -> Router<Arc<House>> {
    entrance()
        .route("/auth/credentials", got(credentials::list))
        .route("/auth/credentials/remove", posted(credentials::remove))
        .route(
            "/auth/credentials/sign-out-others",
            posted(credentials::sign_out_others),
        )
        .route("/auth/app-passwords", posted(app_password::add))
        .route("/auth/password", posted(password::change))
        .route("/auth/totp/begin", posted(factors::begin_totp))
        .route("/auth/totp", posted(factors::confirm_totp))
        .route("/auth/recovery-codes", posted(factors::recovery_codes))
        .route("/auth/passkeys/options", posted(passkeys::options))
        .route("/auth/passkeys", posted(passkeys::add))
}

/// What leads to another service and back.
fn provider() -> Router<Arc<House>> {
    Router::new()
        .route("/auth/provider", got(oidc::begin))
        .route("/auth/provider/callback", got(oidc::finish))
}

/// What programs and their people ask for.
fn oauth() -> Router<Arc<House>> {
    Router::new()
        .route(
            "/.well-known/oauth-authorization-server",
            got(metadata::server),
        )
        .route(
            "/.well-known/oauth-protected-resource",
            got(metadata::resource),
        )
        .route(
            "/oauth/authorize",
            got(authorize::show).merge(posted(authorize::password)),
        )
        .route("/oauth/second-factor", posted(authorize::second_factor))
        .route("/oauth/consent", posted(authorize::consent))
        .route("/oauth/token", posted(token::run))
        .route("/oauth/revoke", posted(revoke::run))
        .route("/oauth/register", posted(register::run))
        .route("/oauth/style.css", get(async || oauth::style()))
        .route("/oauth/passkey.js", get(async || oauth::passkey_script()))
}

/// What a `GET` asks.
fn got<F, Fut>(handler: F) -> MethodRouter<Arc<House>>
where
    F: Fn(Asked) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Refusal>> + Send,
{
    get(move |state, request| attend(state, request, handler))
}

/// What a `POST` asks.
fn posted<F, Fut>(handler: F) -> MethodRouter<Arc<House>>
where
    F: Fn(Asked) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer, Refusal>> + Send,
{
    post(move |state, request| attend(state, request, handler))
}
