//! Memory: the policies that are kept, as octets that outlive the process. RFC 8461 10.2: whoever makes a sender forget a policy, and
//! the record that announces it, sends mail another way; so a restart must not do it for him.
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Current, Kept, MtaSts, POLICIES_MAX, Policy};
use crate::wire::MEMORY_OCTETS_MAX;

/// The form of the octets; of another one nothing is taken over.
const FORM: u8 = 1;

/// Octets of a domain's name (RFC 1035 2.3.4), and of an id (RFC 8461 3.1: 32), with room.
const NAME_OCTETS_MAX: usize = 255;

/// One policy.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    domain: String,
    id: String,
    refresh_at_ms: i64,
    expires_at_ms: i64,
    /// Its lines, which are read by the same rules as those that were fetched.
    text: String,
}

impl MtaSts {
    /// All policies that hold, and the revision of them, as soon as that is not `known`.
    pub(crate) async fn policies(
        &self,
        known: Option<u64>,
        now: impl Fn() -> Timestamp,
    ) -> (u64, Vec<u8>) {
        let mut revisions = self.revision.subscribe();
        // The sender is ours: it is never gone.
        let revision = revisions.wait_for(|revision| Some(*revision) != known);
        let revision = revision.await.map_or_else(|_| 0, |revision| *revision);
        (revision, self.remembered(now()))
    }

    fn remembered(&self, now: Timestamp) -> Vec<u8> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut octets = vec![FORM];
        for (domain, kept) in &*all {
            let Some(current) = kept.current.as_ref().filter(|it| now < it.expires_at) else {
                continue;
            };
            let one = Remembered {
                domain: domain.clone(),
                id: current.id.clone(),
                refresh_at_ms: current.refresh_at.0,
                expires_at_ms: current.expires_at.0,
                text: current.policy.strings().join("\n"),
            };
            // Owned texts and numbers can always be written.
            let Ok(one) = postcard::to_stdvec(&one) else {
                continue;
            };
            if octets.len().saturating_add(one.len()) <= MEMORY_OCTETS_MAX {
                octets.extend_from_slice(&one);
            }
        }
        octets
    }

    /// Takes over what an earlier process remembered; what cannot be read is passed over.
    pub(crate) fn remember(&self, octets: &[u8], now: Timestamp) {
        let taken_over = taken_over(octets, now);
        let policies = taken_over.len();
        if policies > 0 {
            tracing::debug!(policies, "policies of other domains are remembered");
        }
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(taken_over);
    }
}

fn taken_over(octets: &[u8], now: Timestamp) -> HashMap<String, Kept> {
    let mut all = HashMap::new();
    let Some((&FORM, mut rest)) = octets.split_first() else {
        return all;
    };
    while !rest.is_empty() && all.len() < POLICIES_MAX {
        let Ok((one, behind)) = postcard::take_from_bytes::<Remembered>(rest) else {
            break;
        };
        rest = behind;
        if let Some((domain, current)) = current(one, now) {
            let kept = Kept {
                current: Some(current),
                failed: None,
            };
            all.insert(domain, kept);
        }
    }
    all
}

fn current(one: Remembered, now: Timestamp) -> Option<(String, Current)> {
    let Remembered {
        domain, id, text, ..
    } = one;
    if domain.len() > NAME_OCTETS_MAX || id.len() > NAME_OCTETS_MAX {
        return None;
    }
    let policy = Policy::read(text.as_bytes()).ok()?;
    // Whatever the clock was then: no policy lasts longer than it says (RFC 8461 3.2).
    let end = now.plus_ms(i64::from(policy.max_age_seconds).saturating_mul(1_000));
    let expires_at = Timestamp(one.expires_at_ms.min(end.0));
    (now < expires_at).then(|| {
        let current = Current {
            id,
            policy: Arc::new(policy),
            refresh_at: Timestamp(one.refresh_at_ms.min(expires_at.0)),
            expires_at,
        };
        (domain, current)
    })
}

/// Reads arbitrary input as a memory.
///
/// # Panics
/// If a bound does not hold.
#[cfg_attr(
    not(test),
    expect(clippy::panic, reason = "a fuzz target reports by panicking")
)]
pub(super) fn fuzz(input: &[u8]) {
    let now = Timestamp(0);
    let first = taken_over(input, now);
    let policies = MtaSts::new();
    policies.remember(input, now);
    let again = taken_over(&policies.remembered(now), now);
    if first.len() != again.len() || first.len() > POLICIES_MAX {
        panic!("what was taken over is not what is remembered");
    }
}
