//! A request with who sent it: read within bounds, and told apart from what other people's pages make browsers send.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, USER_AGENT};
use axum::http::{Extensions, Method};
use directory::{Secret, SignedIn};
use http_body_util::{BodyExt, Limited};
use listen::Facts;
use listen::http::credentials::{cookie, is_from_own_page};
use model::{Actor, CredentialId, Face, PrincipalId, Protocols, SessionId};
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::error::Refusal;
use crate::house::House;
use crate::label;
use crate::settings::Door;

/// Octets of a request's body: a passkey's registration is the largest, with some 2,000.
const BODY_OCTETS_MAX: usize = 16 * 1_024;

/// A request.
pub(crate) struct Asked {
    pub(crate) house: Arc<House>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) method: Method,
    pub(crate) fields: HeaderMap,
    pub(crate) query: String,
    /// In a lock that nobody waits for, so that the rest can be looked at while something is awaited.
    body: Mutex<Body>,
}

/// Somebody whose browser is signed in.
pub(crate) struct Visitor {
    pub(crate) signed_in: SignedIn,
    pub(crate) actor: Actor,
}

impl Visitor {
    pub(crate) fn id(&self) -> PrincipalId {
        self.signed_in.principal.id
    }
}

/// Attends to a request.
pub(crate) async fn attend<F, Fut>(
    State(house): State<Arc<House>>,
    request: Request,
    handler: F,
) -> Answer
where
    F: FnOnce(Asked) -> Fut,
    Fut: Future<Output = Result<Answer, Refusal>>,
{
    match Asked::new(house, request) {
        Some(asked) => handler(asked)
            .await
            .unwrap_or_else(|refusal| refusal.answer()),
        None => Refusal::Unavailable.answer(),
    }
}

impl Asked {
    fn new(house: Arc<House>, request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        Some(Self {
            house,
            facts: facts(&parts.extensions)?,
            method: parts.method,
            fields: parts.headers,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: Mutex::new(body),
        })
    }

    /// Where the request comes from.
    pub(crate) fn address(&self) -> Option<std::net::IpAddr> {
        self.facts.peer.ip()
    }

    /// Whoever does something here, before or after they are signed in.
    pub(crate) fn actor(&self, signed_in: Option<&SignedIn>) -> Actor {
        Actor {
            principal: signed_in.map(|signed_in| signed_in.principal.id),
            credential: signed_in.map(|signed_in| signed_in.credential),
            session: session_of(signed_in.map(|signed_in| signed_in.credential)),
            face: Face::SignIn,
            address: self.address(),
        }
    }

    /// That a password may cross this connection.
    ///
    /// # Errors
    /// It may not.
    pub(crate) fn require_secure(&self) -> Result<(), Refusal> {
        let facts = &self.facts;
        let is_loopback =
            facts.peer.is_loopback() && facts.proxy.is_none_or(|proxy| proxy.is_loopback());
        let may =
            facts.tls.is_some() || (self.house.settings.plain_sign_in_on_loopback && is_loopback);
        if may { Ok(()) } else { Err(Refusal::Insecure) }
    }

    /// That the request comes from a page of ours, over TLS.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn require_own_page(&self) -> Result<(), Refusal> {
        self.require_secure()?;
        if is_from_own_page(&self.method, &self.fields) {
            Ok(())
        } else {
            Err(Refusal::Foreign)
        }
    }

    /// Whose browser sends the request.
    ///
    /// # Errors
    /// Nobody is signed in, or the request comes from somebody else's page.
    pub(crate) async fn visitor(&self) -> Result<Visitor, Refusal> {
        self.require_own_page()?;
        let door = self.house.settings.door;
        let secret = cookie(door.cookie_name(), &self.fields).ok_or(Refusal::Refused)?;
        let (secret, address) = (Secret::from(secret), self.address());
        let directory = &self.house.directory;
        let signed_in = match door {
            Door::Mail => {
                directory
                    .sign_in_session(&secret, Protocols::JMAP, address)
                    .await?
            }
            Door::Administration => directory.sign_in_administrator(&secret, address).await?,
        };
        let actor = self.actor(Some(&signed_in));
        Ok(Visitor { signed_in, actor })
    }

    /// Whose browser sends the request, if they have proved themselves a short while ago: what lets others in later
    /// is not for whoever finds an unlocked screen.
    ///
    /// # Errors
    /// As for [`Self::visitor`], and [`Refusal::Confirm`].
    pub(crate) async fn fresh_visitor(&self) -> Result<Visitor, Refusal> {
        let visitor = self.visitor().await?;
        if self.house.is_fresh(visitor.signed_in.credential) {
            Ok(visitor)
        } else {
            Err(Refusal::Confirm)
        }
    }

    /// What the body says, as JSON.
    ///
    /// # Errors
    /// It is too large, or not what is expected here.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        // Forms of other people's pages cannot send this type.
        self.require_type("application/json")?;
        let octets = read(self.body).await?;
        serde_json::from_slice(&octets)
            .map_err(|_| Refusal::Malformed("the body is not the JSON that is expected here"))
    }

    /// What the body says, as a form.
    ///
    /// # Errors
    /// It is too large, or no form.
    pub(crate) async fn form(self) -> Result<Vec<(String, String)>, Refusal> {
        self.require_type("application/x-www-form-urlencoded")?;
        let octets = read(self.body).await?;
        Ok(form_urlencoded::parse(&octets).into_owned().collect())
    }

    fn require_type(&self, expected: &'static str) -> Result<(), Refusal> {
        let given = self.fields.get(CONTENT_TYPE);
        let given = given
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        // RFC 9110 8.3.1: parameters follow a semicolon; types know no case.
        let essence = given.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(expected) {
            Ok(())
        } else {
            Err(Refusal::Malformed(
                "the body has not the type that is expected here",
            ))
        }
    }

    /// What people read of the browser.
    pub(crate) fn browser(&self) -> String {
        let agent = self.fields.get(USER_AGENT);
        label::of(
            agent
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default(),
        )
    }
}

/// The number that stands for a browser's session in the journal; 0 before there is one.
fn session_of(credential: Option<CredentialId>) -> SessionId {
    SessionId(credential.map_or(0, |credential| u64::from(credential.0)))
}

async fn read(body: Mutex<Body>) -> Result<axum::body::Bytes, Refusal> {
    let body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
    Limited::new(body, BODY_OCTETS_MAX)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .map_err(|_| Refusal::TooLarge)
}

/// What the shell says about the client.
fn facts(extensions: &Extensions) -> Option<Arc<Facts>> {
    extensions.get::<Arc<Facts>>().cloned()
}
