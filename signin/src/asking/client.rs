//! Programs: those that the operator named, and those that introduced themselves (RFC 7591).
//!
//! What a program says when it introduces itself is in the `client_id` that it gets, and is checked again at each use. So
//! there is nothing to keep, nothing to fill up, and nothing to lose at a restart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::redirect;
use crate::settings::{Client, Settings};

/// What the `client_id` of a program that introduced itself begins with.
const PREFIX: &str = "wpc.";
/// Octets of a `client_id`.
const ID_OCTETS_MAX: usize = 512;
/// Octets of a name that a program gives itself.
const NAME_OCTETS_MAX: usize = 64;
/// Redirect URIs of a program that introduces itself.
const REDIRECTS_MAX: usize = 4;

/// A program that asks for tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether the operator vouches for the name.
    pub(crate) is_vouched_for: bool,
    redirect_uris: Vec<String>,
}

/// What a program says of itself, as it travels in its `client_id`.
#[derive(Serialize, Deserialize)]
struct Introduction(String, Vec<String>);

impl Known {
    /// The program with this `client_id`.
    pub(crate) fn find(id: &str, settings: &Settings) -> Option<Self> {
        let named = settings.clients.iter().find(|client| client.id == id);
        match named {
            Some(client) => Some(Self::from(client)),
            None if settings.open_registration => Self::read(id),
            None => None,
        }
    }

    /// A program that introduces itself; none if its name or redirect URIs cannot be used.
    pub(crate) fn introduce(name: &str, redirect_uris: &[String]) -> Option<Self> {
        let name = name.trim();
        let fits = !name.is_empty()
            && name.len() <= NAME_OCTETS_MAX
            && !name.chars().any(char::is_control)
            && (1..=REDIRECTS_MAX).contains(&redirect_uris.len())
            && redirect_uris.iter().all(|uri| redirect::is_local(uri));
        if !fits {
            return None;
        }
        let introduction = Introduction(name.to_owned(), redirect_uris.to_vec());
        let encoded = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&introduction).ok()?);
        let id = format!("{PREFIX}{encoded}");
        (id.len() <= ID_OCTETS_MAX).then(|| Self {
            id,
            name: name.to_owned(),
            is_vouched_for: false,
            redirect_uris: redirect_uris.to_vec(),
        })
    }

    fn read(id: &str) -> Option<Self> {
        if id.len() > ID_OCTETS_MAX {
            return None;
        }
        let octets = URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let Introduction(name, redirect_uris) = serde_json::from_slice(&octets).ok()?;
        // Only as we would have written it, so that one introduction has one name.
        Self::introduce(&name, &redirect_uris).filter(|known| known.id == id)
    }

    /// Whether a browser may take a code there.
    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|known| redirect::matches(known, uri))
    }
}

impl From<&Client> for Known {
    fn from(client: &Client) -> Self {
        Self {
            id: client.id.clone(),
            name: client.name.clone(),
            is_vouched_for: true,
            redirect_uris: client.redirect_uris.clone(),
        }
    }
}

/// What is read as an introduction is one.
pub(crate) fn fuzz(text: &str) {
    if let Some(known) = Known::read(text) {
        assert_eq!(
            Known::introduce(&known.name, &known.redirect_uris),
            Some(known)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_what_the_program_said() {
        let uris = [
            "http://127.0.0.1/cb".to_owned(),
            "com.example.app:/x".to_owned(),
        ];
        let known = Known::introduce(" Mail program ", &uris).unwrap();
        assert_eq!(Known::read(&known.id), Some(known.clone()));
        assert!(known.may_redirect_to("http://127.0.0.1:5000/cb"));
        assert!(!known.may_redirect_to("https://example.org/"));
        assert_eq!(Known::introduce("", &uris), None);
        assert_eq!(
            Known::introduce("x", &["https://example.org/".to_owned()]),
            None
        );
        assert_eq!(Known::introduce("x", &[]), None);
        let lie = Introduction("x".into(), vec!["https://example.org/".into()]);
        let lie = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&lie).unwrap());
        assert_eq!(Known::read(&format!("{PREFIX}{lie}")), None);
        assert_eq!(Known::read("wpc."), None);
        fuzz(&known.id);
    }
}
