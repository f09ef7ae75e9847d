//! The way there: a browser is sent to the provider.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;

use super::{CALLBACK_PATH, COOKIE, WAY_SECONDS};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::asking::QUERY_OCTETS_MAX;
use crate::error::Refusal;
use crate::settings::Settings;

/// Octets of the seed: 256 bits.
const SEED_OCTETS: usize = 32;
/// Octets of the path that somebody goes on to; together with the rest it fits into a cookie (RFC 6265 6.1).
const RETURN_OCTETS_MAX: usize = 2_048;

/// What a browser remembers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    seed: [u8; SEED_OCTETS],
    until: Timestamp,
    /// The path that it goes on to afterwards.
    pub(super) onward: String,
}

impl Way {
    fn write(&self) -> String {
        let mut octets = self.seed.to_vec();
        octets.extend(self.until.0.to_be_bytes());
        octets.extend(self.onward.as_bytes());
        URL_SAFE_NO_PAD.encode(octets)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (seed, rest) = octets.split_first_chunk::<SEED_OCTETS>()?;
        let (until, onward) = rest.split_first_chunk::<8>()?;
        let onward = str::from_utf8(onward).ok()?;
        Some(Self {
            seed: *seed,
            until: Timestamp(i64::from_be_bytes(*until)),
            onward: checked_path(onward)?.to_owned(),
        })
    }

    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// `state` (RFC 6749 10.12): only this browser can come back with it.
    pub(super) fn state(&self) -> String {
        self.derived("state")
    }

    /// `nonce` (OpenID Connect Core 1.0 3.1.2.1): only the token that was made for this way has it.
    pub(super) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// The verifier (RFC 7636 4.1).
    pub(super) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    fn derived(&self, what: &str) -> String {
        let hash = blake3::keyed_hash(&self.seed, what.as_bytes());
        URL_SAFE_NO_PAD.encode(hash.as_bytes())
    }
}

/// A path of ours, and nothing that a browser could take for another host.
fn checked_path(path: &str) -> Option<&str> {
    let fits = path.len() <= RETURN_OCTETS_MAX
        && path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'\\');
    fits.then_some(path)
}

/// Where the provider sends browsers.
pub(super) fn redirect_uri(settings: &Settings) -> String {
    format!("{}{CALLBACK_PATH}", settings.issuer)
}

/// `GET /auth/provider`: on to the provider. `return` says where to go afterwards.
pub(crate) async fn begin(asked: Asked) -> Result<Answer, Refusal> {
    asked.require_secure()?;
    let house = &asked.house;
    let Some(way_out) = house.provider() else {
        return Err(directory::Error::NotFound("another service to sign in with").into());
    };
    if asked.query.len() > QUERY_OCTETS_MAX {
        return Err(Refusal::Malformed("the query is too long"));
    }
    let known = house.providing.discovered(way_out).await?;
    let onward = form_urlencoded::parse(asked.query.as_bytes())
        .find(|(name, _)| name == "return")
        .and_then(|(_, path)| checked_path(&path).map(str::to_owned))
        .unwrap_or_else(|| "/".to_owned());
    let way = Way {
        seed: house.settings.random.bytes(),
        until: house.now().plus_ms(WAY_SECONDS * 1_000),
        onward,
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, way.verifier().as_bytes());
    // OpenID Connect Core 1.0 3.1.2.1, RFC 7636 4.3.
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &way_out.provider.client_id)
        .append_pair("redirect_uri", &redirect_uri(&house.settings))
        .append_pair("scope", "openid email")
        .append_pair("state", &way.state())
        .append_pair("nonce", &way.nonce())
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(digest))
        .append_pair("code_challenge_method", "S256");
    let endpoint = &known.authorization_endpoint;
    let separator = if endpoint.contains('?') { '&' } else { '?' };
    let location = format!("{endpoint}{separator}{}", query.finish());
    // The provider's page leads back to ours, which `Strict` would take for somebody else's doing.
    let answer = answer::see_other(&location);
    Ok(answer::with_cookie(
        answer,
        COOKIE,
        &way.write(),
        "Lax",
        WAY_SECONDS,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_as_it_was_written() {
        let way = Way {
            seed: [7; SEED_OCTETS],
            until: Timestamp(5),
            onward: "/oauth/authorize?a=b".into(),
        };
        assert_eq!(Way::read(&way.write()), Some(way));
        assert_eq!(Way::read(""), None);
    }

    #[test]
    fn nobody_is_sent_to_another_host() {
        for path in ["/", "/mail?x=//y", "/oauth/authorize?x"] {
            assert_eq!(checked_path(path), Some(path));
        }
        for path in [
            "",
            "mail",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
        ] {
            assert_eq!(checked_path(path), None, "{path}");
        }
    }
}
