//! MTA-STS: policies that a domain publishes over HTTPS about its mail exchangers (RFC 8461), fetched, and kept for as long
//! as they say.
//!
//! Invariants: the number of policies kept is bounded; no policy is fetched twice at once, nor tried again at once after a
//! failure; a policy that was fetched once protects until its time is over, whatever happens to the DNS or to this process
//! meanwhile.

mod memory;
mod policy;
mod record;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use model::Timestamp;
use tokio::sync::watch;

pub(crate) use policy::{Mode, Policy};

use super::fetch::FetchError;
use super::flaw::Flaw;
use super::surroundings::Surroundings;
use crate::wire::{
    HttpRequest, HttpResponse, Kind, Method, Question, Record, Redirects, Secure, TlsResult,
};
use policy::POLICY_OCTETS_MAX;

/// Policies kept; beyond it those that end soonest go.
const POLICIES_MAX: usize = 10_000;

/// How long a fetch may take (RFC 8461 3.3: a minute).
const FETCH_MS_MAX: u32 = 60_000;

/// How long a policy is not fetched again after a failure (RFC 8461 3.3: five minutes or longer).
const FAILURE_MS: i64 = 5 * 60 * 1_000;

/// How long before its end a policy is fetched anew, at most: a day; and never before half its time.
const REFRESH_MS_MAX: i64 = 24 * 60 * 60 * 1_000;

/// Fetches under way that different domains share a lock of.
const LOCKS: usize = 32;

/// What is known about a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sts {
    /// It has no policy, or none that could be had.
    Nothing,
    /// It announces a policy that could not be had just now: to be reported, and nothing else.
    Broken(Flaw),
    /// Its policy.
    Policy(Arc<Policy>),
}

/// The policies that were fetched.
#[derive(Debug)]
pub(crate) struct MtaSts {
    kept: Mutex<HashMap<String, Kept>>,
    fetching: [tokio::sync::Mutex<()>; LOCKS],
    /// Counts what is worth remembering.
    revision: watch::Sender<u64>,
}

/// What is kept of one domain.
#[derive(Clone, Debug, Default)]
struct Kept {
    current: Option<Current>,
    /// The id that the last attempt was for, and when that failed.
    failed: Option<(String, Timestamp)>,
}

#[derive(Clone, Debug)]
struct Current {
    id: String,
    policy: Arc<Policy>,
    refresh_at: Timestamp,
    expires_at: Timestamp,
}

impl MtaSts {
    /// Without any policy.
    pub(crate) fn new() -> Self {
        Self {
            kept: Mutex::new(HashMap::new()),
            fetching: std::array::from_fn(|_| tokio::sync::Mutex::new(())),
            revision: watch::Sender::new(0),
        }
    }

    /// The policy of a domain.
    pub(crate) async fn of(&self, domain: &str, surroundings: &dyn Surroundings) -> Sts {
        let domain = domain.to_ascii_lowercase();
        let id = announced(&domain, surroundings).await;
        if let Some(known) = self.known(&domain, id.as_deref(), surroundings.now()) {
            return known;
        }
        let _one_at_a_time = self.lock(&domain).lock().await;
        if let Some(known) = self.known(&domain, id.as_deref(), surroundings.now()) {
            return known;
        }
        // Something is announced: otherwise something was known.
        let Some(id) = id else { return Sts::Nothing };
        let fetched = fetch(&domain, surroundings).await;
        self.keep(domain, id, fetched, surroundings.now())
    }

    fn lock(&self, domain: &str) -> &tokio::sync::Mutex<()> {
        let mut hasher = DefaultHasher::new();
        domain.hash(&mut hasher);
        let slot = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        &self.fetching[slot]
    }

    /// What can be said without fetching.
    fn known(&self, domain: &str, id: Option<&str>, now: Timestamp) -> Option<Sts> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(domain);
        let current = kept
            .and_then(|kept| kept.current.as_ref())
            .filter(|current| now < current.expires_at);
        let policy = |current: &Current| Sts::Policy(Arc::clone(&current.policy));
        // RFC 8461 3.1, 5.1: without an announcement the policy that is kept still holds, and nothing is fetched.
        let Some(id) = id else {
            return Some(current.map_or(Sts::Nothing, policy));
        };
        match current {
            Some(current) if current.id == id && now < current.refresh_at => {
                return Some(policy(current));
            }
            _ => {}
        }
        let failed = kept.and_then(|kept| kept.failed.as_ref());
        let lately =
            failed.is_some_and(|(of, at)| of == id && now.0.saturating_sub(at.0) < FAILURE_MS);
        lately.then(|| current.map_or(Sts::Nothing, policy))
    }

    /// Keeps what was fetched; says what holds now.
    fn keep(
        &self,
        domain: String,
        id: String,
        fetched: Result<Policy, Flaw>,
        now: Timestamp,
    ) -> Sts {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= POLICIES_MAX && !all.contains_key(&domain) {
            make_room(&mut all, now);
        }
        let kept = all.entry(domain).or_default();
        match fetched {
            Ok(policy) => {
                let lasts_ms = i64::from(policy.max_age_seconds).saturating_mul(1_000);
                let policy = Arc::new(policy);
                kept.failed = None;
                kept.current = Some(Current {
                    id,
                    policy: Arc::clone(&policy),
                    // RFC 8461 10.2: renewed in good time, so that nobody can wait until it has run out.
                    refresh_at: now
                        .plus_ms(lasts_ms.saturating_sub(REFRESH_MS_MAX.min(lasts_ms / 2))),
                    expires_at: now.plus_ms(lasts_ms),
                });
                self.revision
                    .send_modify(|revision| *revision = revision.wrapping_add(1));
                Sts::Policy(policy)
            }
            Err(flaw) => {
                kept.failed = Some((id, now));
                // RFC 8461 3.3: the old one is used while it lasts.
                match kept
                    .current
                    .as_ref()
                    .filter(|current| now < current.expires_at)
                {
                    Some(current) => Sts::Policy(Arc::clone(&current.policy)),
                    None => Sts::Broken(flaw),
                }
            }
        }
    }
}

/// Forgets what has run out, or else what runs out next.
fn make_room(all: &mut HashMap<String, Kept>, now: Timestamp) {
    let end = |kept: &Kept| {
        let policy = kept.current.as_ref().map(|current| current.expires_at);
        let failure = kept.failed.as_ref().map(|(_, at)| at.plus_ms(FAILURE_MS));
        policy.or(failure).unwrap_or_default()
    };
    all.retain(|_, kept| now < end(kept));
    if all.len() >= POLICIES_MAX {
        let next = all.iter().min_by_key(|(_, kept)| end(kept));
        if let Some(domain) = next.map(|(domain, _)| domain.clone()) {
            all.remove(&domain);
        }
    }
}

/// The id that the domain announces in the DNS (RFC 8461 3.1).
async fn announced(domain: &str, surroundings: &dyn Surroundings) -> Option<String> {
    let question = Question {
        name: format!("_mta-sts.{domain}"),
        kind: Kind::Txt,
    };
    let answer = surroundings.lookup(&question).await.ok()?;
    if answer.secure == Secure::Bogus {
        return None;
    }
    let texts = answer.records.iter().filter_map(|record| match record {
        Record::Txt(text) => Some(text.as_slice()),
        _ => None,
    });
    record::id(texts)
}

/// Fetches and reads the policy (RFC 8461 3.3).
async fn fetch(domain: &str, surroundings: &dyn Surroundings) -> Result<Policy, Flaw> {
    let request = HttpRequest {
        method: Method::Get,
        url: format!("https://mta-sts.{domain}/.well-known/mta-sts.txt"),
        headers: Vec::new(),
        // RFC 8461 3.3: redirections are not followed.
        redirects: Redirects::None,
        body_octets_max: u32::try_from(POLICY_OCTETS_MAX).unwrap_or(u32::MAX),
        time_ms_max: FETCH_MS_MAX,
    };
    let failed = |detail: String| Flaw::new(TlsResult::StsPolicyFetchError, detail);
    let (response, body) = match surroundings.fetch(&request).await {
        Ok(fetched) => fetched,
        // RFC 8460 4.3.2.2: told apart from other failures of fetching.
        Err(FetchError::Tls(detail)) => {
            return Err(Flaw::new(TlsResult::StsWebpkiInvalid, detail));
        }
        Err(error) => return Err(failed(format!("{error:?}"))),
    };
    check(&response).map_err(failed)?;
    read(&body)
}

fn check(response: &HttpResponse) -> Result<(), String> {
    // RFC 8461 3.3: only 200 brings a policy.
    if response.status != 200 {
        return Err(format!("status {}", response.status));
    }
    let types = response
        .headers
        .iter()
        .filter(|(name, _)| name == "content-type");
    // RFC 8461 3.2: text/plain, so that nobody who may put other files there makes policies.
    for (_, value) in types {
        let media = value.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case("text/plain") {
            return Ok(());
        }
    }
    Err("the media type is not text/plain".to_owned())
}

fn read(body: &Bytes) -> Result<Policy, Flaw> {
    Policy::read(body)
        .map_err(|invalid| Flaw::new(TlsResult::StsPolicyInvalid, format!("{invalid:?}")))
}

/// Reads arbitrary input as a policy and as an announcement: for the fuzzer, and for the corpus in the tests.
///
/// # Panics
/// If a bound does not hold.
pub(crate) fn fuzz(input: &[u8]) {
    memory::fuzz(input);
    policy::fuzz(input);
    record::fuzz(input);
}

#[cfg(test)]
mod tests;
