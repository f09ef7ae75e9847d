//! Signing in by another service that says who somebody is (OpenID Connect Core 1.0): the code flow with PKCE.
//!
//! What a browser has to remember on the way (where to go afterwards, and a seed from which `state`, `nonce` and the
//! verifier are made) is in a cookie, so that whoever begins a thousand times costs nothing. What the provider said is
//! believed only as far as its signature goes.

mod callback;

mod jwt;

mod start;

pub(crate) use callback::finish;
pub(crate) use start::begin;

/// The cookie of a browser that is on its way to the provider and back.
const COOKIE: &str = "__Host-wachpost-provider";
/// How long it may take, in seconds.
const WAY_SECONDS: i64 = 600;
/// Where the provider sends browsers.
const CALLBACK_PATH: &str = "/auth/provider/callback";

/// Reads any bytes as what comes by way of a browser.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        drop(jwt::Token::read(text));
        drop(start::Way::read(text));
    }
}
