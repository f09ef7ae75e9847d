//! The provider: what it says of itself (OpenID Connect Discovery 1.0), and its keys, kept for an hour.

mod keys;

use std::sync::Arc;

use model::Timestamp;
use serde::Deserialize;

use crate::error::Refusal;
use crate::fetch::{Fetch, FetchAnswer, FetchRequest};
use crate::settings::Provider;

pub(crate) use keys::{Algorithm, Keys};

/// Octets of what a provider sends.
const BODY_OCTETS_MAX: u32 = 64 * 1_024;
/// How long a provider may take, in milliseconds.
const FETCH_MS_MAX: u32 = 10_000;
/// How long what was fetched is kept, in milliseconds.
const KEPT_MS: i64 = 3_600_000;
/// How long to wait before fetching again because of a key that is not known, or because it failed, in milliseconds.
const AGAIN_MS: i64 = 60_000;

/// Who is asked, by which way, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) provider: &'a Provider,
    pub(crate) fetch: &'a dyn Fetch,
    pub(crate) now: Timestamp,
}

/// What the provider says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Discovered {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    jwks_uri: String,
}

impl Discovered {
    /// OpenID Connect Discovery 1.0 4.3: the issuer is the one that was asked; and everything is reached over TLS.
    pub(crate) fn read(octets: &[u8], issuer: &str) -> Option<Self> {
        let read: Self = serde_json::from_slice(octets).ok()?;
        let endpoints = [
            &read.authorization_endpoint,
            &read.token_endpoint,
            &read.jwks_uri,
        ];
        let fits = read.issuer == issuer
            && endpoints.into_iter().all(|url| {
                url.starts_with("https://")
                    && url.bytes().all(|octet| octet.is_ascii_graphic())
                    && !url.contains('#')
            });
        fits.then_some(read)
    }
}

/// What is known of the provider.
#[derive(Debug, Default)]
pub(crate) struct Providing {
    known: tokio::sync::Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    discovered: Option<(Arc<Discovered>, Timestamp)>,
    keys: Option<(Arc<Keys>, Timestamp)>,
    failed_at: Option<Timestamp>,
}

impl Providing {
    /// What the provider says of itself. Whoever asks at the same time waits for one answer.
    pub(crate) async fn discovered(&self, way: Way<'_>) -> Result<Arc<Discovered>, Refusal> {
        let mut known = self.known.lock().await;
        known.discovered(way).await
    }

    /// The provider's keys; fetched again if one of this name is not among them.
    pub(crate) async fn keys(
        &self,
        way: Way<'_>,
        name: Option<&str>,
    ) -> Result<Arc<Keys>, Refusal> {
        let mut known = self.known.lock().await;
        let now = way.now;
        if let Some((keys, at)) = &known.keys {
            let age_ms = now.0.saturating_sub(at.0);
            let is_enough = keys.has(name) || age_ms < AGAIN_MS;
            if age_ms < KEPT_MS && is_enough {
                return Ok(Arc::clone(keys));
            }
        }
        let url = known.discovered(way).await?.jwks_uri.clone();
        let answer = known.fetch(way, url, None).await?;
        let keys = Keys::read(&answer.body).ok_or_else(|| known.failed(way, "its keys"))?;
        let keys = Arc::new(keys);
        known.keys = Some((Arc::clone(&keys), now));
        Ok(keys)
    }

    /// Posts a form to the provider, with our secret in it.
    pub(crate) async fn post(
        way: Way<'_>,
        url: String,
        form: String,
    ) -> Result<FetchAnswer, Refusal> {
        fetch(way, url, Some(form)).await.map_err(|why| {
            tracing::warn!(error = %why, "the provider gives no tokens");
            Refusal::Unavailable
        })
    }
}

impl Known {
    async fn discovered(&mut self, way: Way<'_>) -> Result<Arc<Discovered>, Refusal> {
        let now = way.now;
        if let Some((known, at)) = &self.discovered
            && now.0.saturating_sub(at.0) < KEPT_MS
        {
            return Ok(Arc::clone(known));
        }
        let issuer = &way.provider.issuer;
        let url = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let answer = self.fetch(way, url, None).await?;
        let read = Discovered::read(&answer.body, issuer);
        let read = Arc::new(read.ok_or_else(|| self.failed(way, "its configuration"))?);
        self.discovered = Some((Arc::clone(&read), now));
        Ok(read)
    }

    /// Fetches, unless that has just failed: a provider that is down is not asked by each of our people.
    async fn fetch(
        &mut self,
        way: Way<'_>,
        url: String,
        form: Option<String>,
    ) -> Result<FetchAnswer, Refusal> {
        let now = way.now;
        let is_too_early = |at: Timestamp| now.0.saturating_sub(at.0) < AGAIN_MS;
        if self.failed_at.is_some_and(is_too_early) {
            return Err(Refusal::Unavailable);
        }
        let fetched = fetch(way, url, form).await;
        fetched.map_err(|why| self.failed(way, &why))
    }

    fn failed(&mut self, way: Way<'_>, why: &str) -> Refusal {
        tracing::warn!(error = %why, "the provider cannot be read");
        self.failed_at = Some(way.now);
        Refusal::Unavailable
    }
}

async fn fetch(way: Way<'_>, url: String, form: Option<String>) -> Result<FetchAnswer, String> {
    let request = FetchRequest {
        url,
        form,
        body_octets_max: BODY_OCTETS_MAX,
        time_ms_max: FETCH_MS_MAX,
    };
    let answer = way
        .fetch
        .fetch(request)
        .await
        .map_err(|failure| failure.0)?;
    if answer.status == 200 {
        Ok(answer)
    } else {
        Err(format!("it answers {}", answer.status))
    }
}

/// Reads any bytes as what a provider says of itself.
pub(crate) fn fuzz(input: &[u8]) {
    let _keys = Keys::read(input);
    let _found = Discovered::read(input, "https://provider.example");
}
