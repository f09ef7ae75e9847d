//! What all requests share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use directory::{Directory, Secret, SignedIn};
use model::{CredentialId, PrincipalId, Timestamp};

use crate::asking::{Agreed, Flow};
use crate::challenge::Challenges;
use crate::fetch::Fetch;
use crate::provider::{Providing, Way};
use crate::settings::Settings;
use crate::waiting::Waiting;

/// How long somebody may take for the second factor, in milliseconds.
const HALF_MS: i64 = 5 * 60_000;
/// How long somebody may take to say yes or no, in milliseconds.
const FLOW_MS: i64 = 10 * 60_000;
/// RFC 6749 4.1.2: a code is good for ten minutes at most; a program needs no more than one, in milliseconds.
const CODE_MS: i64 = 60_000;
/// How long a code that comes twice is known again, in milliseconds.
const SPENT_MS: i64 = 10 * 60_000;
/// How long a proof stands for what needs a fresh one, in milliseconds.
pub(crate) const FRESH_MS: i64 = 15 * 60_000;
/// Sessions whose proof is remembered; beyond that all have to prove themselves again.
const FRESH_MAX: usize = 65_536;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) directory: Directory,
    pub(crate) settings: Settings,
    pub(crate) fetch: Option<Arc<dyn Fetch>>,
    pub(crate) challenges: Challenges,
    /// Those who showed the right password and have to show a second factor.
    pub(crate) halves: Waiting<SignedIn>,
    /// Secrets for authenticator apps that are being set up, with whose they will be.
    pub(crate) enrolments: Waiting<(CredentialId, Secret<Vec<u8>>)>,
    /// Those who are on the way to say whether a program may act for them.
    pub(crate) flows: Waiting<Flow>,
    /// Codes that programs have not taken tokens for yet.
    pub(crate) codes: Waiting<Agreed>,
    /// What was granted for codes that are used up.
    pub(crate) spent: Waiting<(PrincipalId, CredentialId)>,
    /// What is known of the other service that people may sign in with.
    pub(crate) providing: Providing,
    fresh: Mutex<HashMap<CredentialId, Timestamp>>,
}

impl House {
    pub(crate) fn new(
        directory: Directory,
        settings: Settings,
        fetch: Option<Arc<dyn Fetch>>,
    ) -> Self {
        Self {
            challenges: Challenges::new(&settings.random),
            halves: Waiting::new(HALF_MS),
            enrolments: Waiting::new(HALF_MS),
            flows: Waiting::new(FLOW_MS),
            codes: Waiting::new(CODE_MS),
            spent: Waiting::new(SPENT_MS),
            providing: Providing::default(),
            fresh: Mutex::default(),
            directory,
            settings,
            fetch,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// The other service that people may sign in with, and the way to it.
    pub(crate) fn provider(&self) -> Option<Way<'_>> {
        Some(Way {
            provider: self.settings.provider.as_ref()?,
            fetch: self.fetch.as_deref()?,
            now: self.now(),
        })
    }

    /// Notes that whoever is in by this session has just proved themselves.
    pub(crate) fn proved(&self, session: CredentialId) {
        let now = self.now();
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        if fresh.len() >= FRESH_MAX {
            fresh.retain(|_, proved| now < proved.plus_ms(FRESH_MS));
            if fresh.len() >= FRESH_MAX {
                fresh.clear();
            }
        }
        fresh.insert(session, now);
    }

    /// Whether what somebody proved themselves with some minutes ago is still there: it may have been changed or revoked
    /// while they were on their way.
    pub(crate) async fn still_proved(
        &self,
        signed_in: &SignedIn,
    ) -> Result<bool, directory::Error> {
        let known = self
            .directory
            .credential_list(signed_in.principal.id)
            .await?;
        Ok(known.iter().any(|one| one.id == signed_in.credential))
    }

    /// Whether they proved themselves a short while ago.
    pub(crate) fn is_fresh(&self, session: CredentialId) -> bool {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let proved = fresh.get(&session);
        proved.is_some_and(|proved| self.now() < proved.plus_ms(FRESH_MS))
    }
}
