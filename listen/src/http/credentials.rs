//! Credentials: how the sender of a request wants to prove who they are.
//!
//! A browser sends our cookie by itself, whoever wrote the page that makes it do so. Therefore a cookie is credentials
//! only in a request that comes from a page of our own, which [`Presented::read`] finds out; whoever uses it need not
//! think of it again, as long as a `GET` changes nothing.

use std::fmt;

use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The cookie of a browser that is signed in. RFC 6265bis 4.1.3.2: browsers take a name that begins so only with
/// `Secure`, for the whole host and for no other.
pub const COOKIE_NAME: &str = "__Host-wachpost";
/// The cookie of a browser that is signed in to administer the server. Cookies know no ports: with a name of its own it is
/// never taken for the other, nor the other for it.
pub const ADMINISTRATION_COOKIE_NAME: &str = "__Host-wachpost-administration";
/// `WWW-Authenticate` for a name and a password. RFC 7617 2.1: they come in UTF-8.
pub const CHALLENGE_BASIC: &str = "Basic realm=\"Wachpost\", charset=\"UTF-8\"";
/// `WWW-Authenticate` for a token (RFC 6750 3).
pub const CHALLENGE_BEARER: &str = "Bearer realm=\"Wachpost\"";
/// Octets of a token or of the Base64 of a name and a password; both are far shorter.
const VALUE_OCTETS_MAX: usize = 4_096;

/// How somebody wants to prove who they are.
pub enum Presented {
    /// Not at all.
    None,
    /// RFC 7617: by a name and a password. Only an encrypted connection may carry them, which is for the caller to say.
    Basic {
        /// The name.
        name: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// RFC 6750 2.1: by a token.
    Bearer(Zeroizing<String>),
    /// By our cookie, from a page of our own.
    Session(Zeroizing<String>),
    /// By our cookie, but the request may come from somebody else's page.
    Foreign,
    /// In some other way, or malformed.
    Unknown,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic([secret])",
            Self::Bearer(_) => "Bearer([secret])",
            Self::Session(_) => "Session([secret])",
            Self::Foreign => "Foreign",
            Self::Unknown => "Unknown",
        })
    }
}

impl Presented {
    /// Reads what a request presents; `Authorization` comes before the cookie.
    #[must_use]
    pub fn read(method: &Method, fields: &HeaderMap) -> Self {
        match fields.get(AUTHORIZATION) {
            Some(value) => match value.to_str() {
                Ok(text) if fields.get_all(AUTHORIZATION).iter().count() == 1 => {
                    authorization(text)
                }
                _ => Self::Unknown,
            },
            None => match session_cookie(fields) {
                Some(_) if !is_from_own_page(method, fields) => Self::Foreign,
                Some(token) => Self::Session(token),
                None => Self::None,
            },
        }
    }
}

/// RFC 9110 11.4: a scheme, which knows no case, and what it needs.
fn authorization(text: &str) -> Presented {
    let Some((scheme, rest)) = text.split_once(' ') else {
        return Presented::Unknown;
    };
    let rest = rest.trim();
    if rest.len() > VALUE_OCTETS_MAX {
        Presented::Unknown
    } else if scheme.eq_ignore_ascii_case("bearer") {
        bearer(rest)
    } else if scheme.eq_ignore_ascii_case("basic") {
        basic(rest).unwrap_or(Presented::Unknown)
    } else {
        Presented::Unknown
    }
}

/// RFC 6750 2.1 `b64token`.
fn bearer(token: &str) -> Presented {
    let is_token = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
    if !token.is_empty() && token.bytes().all(is_token) {
        Presented::Bearer(Zeroizing::new(token.to_owned()))
    } else {
        Presented::Unknown
    }
}

/// RFC 7617 2: name and password, parted by the first colon, in UTF-8 as the challenge asks.
fn basic(encoded: &str) -> Option<Presented> {
    let octets = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let (name, password) = str::from_utf8(&octets).ok()?.split_once(':')?;
    Some(Presented::Basic {
        name: name.to_owned(),
        password: Zeroizing::new(password.to_owned()),
    })
}

/// What our cookie holds.
#[must_use]
pub fn session_cookie(fields: &HeaderMap) -> Option<Zeroizing<String>> {
    cookie(COOKIE_NAME, fields)
}

/// What the cookie of this name holds. RFC 6265 5.4: cookies come as `name=value`, parted by semicolons.
#[must_use]
pub fn cookie(wanted: &str, fields: &HeaderMap) -> Option<Zeroizing<String>> {
    fields
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && value.len() <= VALUE_OCTETS_MAX)
        .map(|(_, value)| Zeroizing::new(value.to_owned()))
}

/// Whether a request that a browser sends comes from a page of our own origin, or changes nothing and comes from nobody's.
#[must_use]
pub fn is_from_own_page(method: &Method, fields: &HeaderMap) -> bool {
    // RFC 6455 10.2: an upgrade begins with a GET, and any page may ask for it.
    let is_harmless =
        (method == Method::GET || method == Method::HEAD) && !fields.contains_key(UPGRADE);
    let text = |name: &str| fields.get(name).map(|value| value.to_str().unwrap_or("?"));
    // W3C Fetch Metadata 2.2: `none` is what the user typed or chose.
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some("same-origin"), _) => true,
        (Some("none"), _) => is_harmless,
        (Some(_), _) => false,
        // Older browsers. RFC 6454 7.1: the origin is the scheme and the host with its port.
        (None, Some(origin)) => {
            let host = text(HOST.as_str());
            let named = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            named.is_some_and(|named| host.is_some_and(|host| host.eq_ignore_ascii_case(named)))
        }
        (None, None) => is_harmless,
    }
}

/// Reads any bytes as the fields that present credentials.
///
/// # Panics
/// If credentials are taken that cannot be such, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    let Ok(value) = axum::http::HeaderValue::from_bytes(input) else {
        return;
    };
    for name in [AUTHORIZATION, COOKIE, ORIGIN] {
        let mut fields = HeaderMap::new();
        fields.insert(name, value.clone());
        match Presented::read(&Method::POST, &fields) {
            Presented::Bearer(token) => assert!(!token.is_empty() && token.is_ascii()),
            Presented::Session(_) => panic!("nothing says that it comes from a page of our own"),
            Presented::None | Presented::Basic { .. } | Presented::Foreign | Presented::Unknown => {
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut fields = HeaderMap::new();
        for (name, value) in pairs {
            fields.append(*name, value.parse().unwrap());
        }
        fields
    }

    fn read(value: &str) -> Presented {
        Presented::read(&Method::GET, &fields(&[("authorization", value)]))
    }

    #[test]
    fn names_passwords_and_tokens() {
        let Presented::Basic { name, password } = read("basic w6RubmE6cDphOnNz") else {
            panic!("basic credentials are read");
        };
        assert_eq!((name.as_str(), password.as_str()), ("änna", "p:a:ss"));
        let Presented::Bearer(token) = read("BEARER wpa1-a_b") else {
            panic!("a token is read");
        };
        assert_eq!(token.as_str(), "wpa1-a_b");
        for wrong in [
            "Basic",
            "Basic !",
            "Basic YQ==",
            "Digest a=b",
            "Bearer ",
            "Bearer a b",
            "Bearer \"a\"",
        ] {
            assert!(matches!(read(wrong), Presented::Unknown), "{wrong}");
        }
        let twice = fields(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]);
        assert!(matches!(
            Presented::read(&Method::GET, &twice),
            Presented::Unknown
        ));
        let none = Presented::read(&Method::GET, &HeaderMap::new());
        assert!(matches!(none, Presented::None));
        assert!(!format!("{:?}", read("Bearer geheim")).contains("geheim"));
    }

    #[test]
    fn the_fuzzed_reader_stands_a_small_corpus() {
        for input in [
            &b"Bearer abc"[..],
            b"Basic w6RubmE6cDphOnNz",
            b"__Host-wachpost=x; a=b",
            b"https://example.org",
            b"\xff",
        ] {
            fuzz(input);
        }
    }

    #[test]
    fn a_cookie_counts_from_our_own_pages_only() {
        let cookie = ("cookie", "a=b; __Host-wachpost=wps1-x; c=d");
        let is_session = |method: Method, more: &[(&'static str, &str)]| {
            let mut all = vec![cookie, ("host", "mail.example.org")];
            all.extend_from_slice(more);
            match Presented::read(&method, &fields(&all)) {
                Presented::Session(token) => {
                    assert_eq!(token.as_str(), "wps1-x");
                    true
                }
                Presented::Foreign => false,
                other => panic!("{other:?}"),
            }
        };
        assert!(is_session(
            Method::POST,
            &[("sec-fetch-site", "same-origin")]
        ));
        for site in ["same-site", "cross-site", "none", "else"] {
            assert!(
                !is_session(Method::POST, &[("sec-fetch-site", site)]),
                "{site}"
            );
        }
        assert!(is_session(Method::GET, &[("sec-fetch-site", "none")]));
        assert!(!is_session(
            Method::GET,
            &[("sec-fetch-site", "cross-site")]
        ));
        assert!(is_session(Method::GET, &[]));
        assert!(!is_session(Method::POST, &[]));
        assert!(!is_session(Method::GET, &[("upgrade", "websocket")]));
        assert!(is_session(
            Method::GET,
            &[
                ("upgrade", "websocket"),
                ("origin", "https://mail.example.org")
            ]
        ));
        assert!(is_session(
            Method::POST,
            &[("origin", "https://MAIL.example.org")]
        ));
        for origin in [
            "https://example.org",
            "https://mail.example.org.evil.example",
            "null",
            "mail.example.org",
        ] {
            assert!(!is_session(Method::POST, &[("origin", origin)]), "{origin}");
        }
        // Who proves themselves by a token of their own is no browser that was led astray.
        let both = fields(&[
            cookie,
            ("authorization", "Bearer a"),
            ("sec-fetch-site", "cross-site"),
        ]);
        assert!(matches!(
            Presented::read(&Method::POST, &both),
            Presented::Bearer(_)
        ));
    }
}
