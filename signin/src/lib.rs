//! Signing in over HTTP: browser sessions, second factors, passkeys, and tokens for programs.
//!
//! [`SignIn::router`] answers our own pages at `/auth/...` with JSON, and programs at `/oauth/...` as an OAuth 2.0
//! authorization server. Whoever was let in has a session or a token, which every other face checks by
//! `directory.sign_in_session` and `directory.sign_in_token`.
//!
//! | standard | what | here | where |
//! |---|---|---|---|
//! | RFC 6265bis | the cookie of a session | yes | `answer.rs`, `listen::http::credentials` |
//! | RFC 6238 | codes of authenticator apps | yes | `account/factors.rs`, `directory` |
//! | WebAuthn Level 2 | passkeys: ES256, EdDSA, RS256; without attestation | yes | `webauthn.rs`, `webauthn/` |
//! | RFC 6749, RFC 9700 | authorization code and refresh token; no other grants | partial | `oauth/authorize.rs`, `oauth/token.rs` |
//! | RFC 7636 | PKCE, `S256` required | yes | `asking/request.rs`, `oauth/token.rs` |
//! | RFC 7009 | revocation | yes | `oauth/revoke.rs` |
//! | RFC 7591 | dynamic registration of native programs; no management (RFC 7592) | partial | `oauth/register.rs`, `asking/client.rs` |
//! | RFC 8252 | native programs: loopback and private-use schemes | yes | `asking/redirect.rs` |
//! | RFC 8414, RFC 9728 | metadata | yes | `oauth/metadata.rs` |
//! | OpenID Connect Core 1.0 | signing in by one other provider: code flow, ID tokens by RS256 and ES256; no single sign-out | partial | `oidc.rs`, `oidc/`, `provider.rs` |
//! | RFC 9207 | `iss` in the answer | yes | `asking/request.rs` |
//!
//! **Invariants.** A request that changes something comes from a page of our own origin. Nothing that anybody may begin
//! without a proof takes memory. No secret is in a log, a URL or an error; names nobody has cost what known ones cost.
//!
//! **Does not:** know what is in an account, or touch the store.

mod account;

mod answer;

mod asked;

mod asking;

mod challenge;

mod error;

mod fetch;

mod house;

mod label;

mod moment;

mod oauth;

mod oidc;

mod provider;

mod scope;

mod service;

mod settings;

mod waiting;

mod webauthn;

pub use fetch::{Fetch, FetchAnswer, FetchFailure, FetchRequest, Fetched};
pub use service::SignIn;
pub use settings::{Claim, Client, Door, Provider, Settings};

/// Reads any bytes as each thing that strangers send.
///
/// # Panics
/// If a reader breaks its own rules, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    listen::http::credentials::fuzz(input);
    let clock = model::ManualClock::default().clock();
    let random = directory::Random::new(|octets| octets.fill(7));
    let settings = Settings::new("https://mail.example.org", clock, random);
    webauthn::fuzz(input, &settings);
    asking::fuzz(input, &settings);
    provider::fuzz(input);
    oidc::fuzz(input);
    if let Ok(text) = str::from_utf8(input) {
        oauth::fuzz(text);
        assert!(label::of(text).len() < 64, "a label is short");
        if let Some(at) = moment::from_text(text) {
            assert!(moment::from_text(&moment::to_text(at)).is_some());
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_fuzzed_readers_stand_a_small_corpus() {
        let corpus: [&[u8]; 8] = [
            b"",
            b"response_type=code&client_id=wpc.WyJ4IixbImNvbS5leGFtcGxlLmFwcDoveCJdXQ&redirect_uri=com.example.app:/x",
            b"de-AT,en;q=0.5",
            b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.AAAA",
            b"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x41\x00",
            b"{\"id\":\"AA\",\"response\":{\"clientDataJSON\":\"e30\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"}}",
            b"http://127.0.0.1:1/cb?x=\xc3\xa4",
        ];
        for input in corpus {
            for end in 0..=input.len() {
                super::fuzz(&input[..end]);
            }
        }
    }
}
