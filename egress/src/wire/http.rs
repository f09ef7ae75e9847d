//! HTTP as asked of the egress process. Bodies travel beside these.

use serde::{Deserialize, Serialize};

/// A request to a web server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// Method.
    pub method: Method,
    /// Where to, `https://` unless the host stands in [`super::Setup::plain_http`].
    pub url: String,
    /// Fields of the header, besides `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Whether a redirect is followed.
    pub redirects: Redirects,
    /// The largest body that is wanted.
    pub body_octets_max: u32,
    /// The longest time that everything may take, in milliseconds; at most [`HttpRequest::TIME_MS_MAX`].
    pub time_ms_max: u32,
}

impl HttpRequest {
    /// The longest time that a request may ask for.
    pub const TIME_MS_MAX: u32 = 5 * 60 * 1_000;

    /// A `GET` without extras: no redirect, 64 KiB, one minute.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            redirects: Redirects::None,
            body_octets_max: 64 * 1024,
            time_ms_max: 60_000,
        }
    }
}

impl std::fmt::Debug for HttpRequest {
    /// Without values of the header: some are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// Methods (RFC 9110 9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

/// Whether a redirect (RFC 9110 15.4) is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Redirects {
    /// Never: the redirect is the response.
    None,
    /// Up to three, with `GET` or `HEAD`, to the same scheme, host and port.
    SameHost,
}

/// What a web server answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Fields of the header, names in lower case. What is not UTF-8 is left out.
    pub headers: Vec<(String, String)>,
}

impl HttpResponse {
    /// The first field of a name (in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}
