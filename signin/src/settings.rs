//! What the operator says about signing in over HTTP.

use directory::{Random, Secret};
use listen::http::credentials::{ADMINISTRATION_COOKIE_NAME, COOKIE_NAME};
use model::{Clock, Principal};

/// What the face needs to know and to have.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers and programs reach the server: `https://` and a host, with a port if it is not 443, without a slash
    /// at the end. The issuer of tokens (RFC 8414 2), and what passkeys are made for.
    pub issuer: String,
    /// What people call the server: on pages, and in authenticator apps.
    pub name: String,
    /// Programs that are known by name, and may have redirect URIs of every kind.
    pub clients: Vec<Client>,
    /// Whether programs may introduce themselves (RFC 7591). Such a program can only send people to itself: to the same
    /// machine, or to an app.
    pub open_registration: bool,
    /// Another service that people may sign in with.
    pub provider: Option<Provider>,
    /// What browsers are signed in to.
    pub door: Door,
    /// Whether passwords and tokens are taken without TLS from loopback; for tests and behind a proxy of the same machine.
    pub plain_sign_in_on_loopback: bool,
    /// The clock.
    pub clock: Clock,
    /// Where randomness comes from.
    pub random: Random,
}

impl Settings {
    /// Those of a server that is reached there.
    #[must_use]
    pub fn new(issuer: impl Into<String>, clock: Clock, random: Random) -> Self {
        Self {
            issuer: issuer.into(),
            name: "Wachpost".to_owned(),
            clients: Vec::new(),
            open_registration: true,
            provider: None,
            door: Door::Mail,
            plain_sign_in_on_loopback: false,
            clock,
            random,
        }
    }

    /// The host in the issuer: what passkeys are bound to (WebAuthn 4, "RP ID").
    pub(crate) fn host(&self) -> &str {
        let rest = self.issuer.split_once("://").map_or("", |(_, rest)| rest);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = &rest[..end];
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => host,
            _ => authority,
        }
    }
}

/// What browsers are signed in to. A session for the one is none for the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// One's own mail, calendars and contacts.
    #[default]
    Mail,
    /// The whole server: for those who administer it.
    Administration,
}

impl Door {
    /// The cookie of such a session.
    pub(crate) fn cookie_name(self) -> &'static str {
        match self {
            Self::Mail => COOKIE_NAME,
            Self::Administration => ADMINISTRATION_COOKIE_NAME,
        }
    }

    /// Whether this person may come in.
    pub(crate) fn is_open_for(self, principal: &Principal) -> bool {
        match self {
            Self::Mail => true,
            Self::Administration => principal.administrator,
        }
    }
}

/// A program that may be given tokens (RFC 6749 2). None has a secret: what is on people's devices keeps none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it may be sent with a code.
    pub redirect_uris: Vec<String>,
}

/// A service of others that says who somebody is (OpenID Connect Core 1.0).
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its issuer, where `/.well-known/openid-configuration` is.
    pub issuer: String,
    /// What people call it.
    pub name: String,
    /// Our `client_id` there.
    pub client_id: String,
    /// Our secret there; none if we are a public client.
    pub client_secret: Option<Secret<String>>,
    /// By what we know people again.
    pub claim: Claim,
}

/// What of an ID token names a person of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Their e-mail address, which the provider says it verified.
    VerifiedEmail,
    /// Another claim that holds an address of ours; the provider must not let people choose it.
    Other(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_without_scheme_and_port() {
        let host = |issuer: &str| {
            let clock = model::ManualClock::default().clock();
            Settings::new(issuer, clock, Random::system())
                .host()
                .to_owned()
        };
        assert_eq!(host("https://mail.example.org"), "mail.example.org");
        assert_eq!(host("https://mail.example.org:8443"), "mail.example.org");
        assert_eq!(host("http://localhost:8080/x"), "localhost");
    }
}
