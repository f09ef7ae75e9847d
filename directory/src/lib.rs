//! The directory: domains, principals, their addresses and credentials, and who is let in.
//!
//! [`Directory`] is the handle everything above uses. It proves who somebody is ([`Directory::sign_in`],
//! [`Directory::sasl`]), says whose an address is ([`Directory::resolve`]), and changes all of it
//! ([`Directory::add_person`] and its neighbours) by commits to the account [`AccountId::DIRECTORY`], each with the
//! actor who asked for it.
//!
//! Other ways to prove oneself (a directory server, tokens of another service, passkeys, tickets) come in by one
//! narrow door: they are further variants of `model::CredentialKind`, and the one `match` on it stands in
//! `candidate.rs`; what comes out of it is a [`SignedIn`] as for everybody else.
//!
//! Knows no protocol: SASL is here because it is how one signs in, whatever is spoken afterwards. Checks no rights of
//! the acting principal: `groupware` and the faces do.

mod secret;

mod random;

mod settings;

mod error;

mod address;

mod password;

mod app_password;

mod hashing;

mod lookups;

mod resolve;

mod administration;

mod signed_in;

mod candidate;

mod slow;

mod token;

mod grant;

mod uses;

mod totp;

mod recovery;

mod second_factor;

mod standing;

mod cache;

mod sign_in;

pub mod sasl;

use std::net::IpAddr;
use std::sync::Arc;

use model::{AccountId, Clock, Protocols, Seq};
use store::Store;

use crate::cache::Recent;
use crate::candidate::StandIn;
use crate::hashing::Hashing;
use crate::lookups::Lookups;
use crate::sasl::{ChannelBinding, Exchange, Mechanism};
use crate::slow::Failures;
use crate::uses::Uses;

pub use administration::{
    AppPasswordInfo, CredentialInfo, CredentialWhat, NewAppPassword, NewGroup, NewPerson,
    NewResource, NewShared, ResourceKind, checked_address,
};
pub use error::Error;
pub use grant::{ADMINISTRATION, NewProgram, ProgramTokens};
pub use random::Random;
pub use resolve::{ListMembers, Resolved};
pub use second_factor::{FirstFactor, SecondFactors};
pub use secret::Secret;
pub use settings::{Argon2Cost, FailureLimits, GrantLimits, SCRAM_ITERATIONS_MIN, Settings};
pub use sign_in::Attempt;
pub use signed_in::{SignInError, SignedIn};
pub use totp::TotpEnrolment;

/// A cheap handle to the directory.
#[derive(Clone, Debug)]
pub struct Directory {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    random: Random,
    settings: Settings,
    lookups: Lookups,
    /// What changes with every entry.
    renewed: Lookups,
    uses: Uses,
    hashing: Hashing,
    failures: Failures,
    recent: Recent,
    stand_in: StandIn,
}

impl Directory {
    /// The directory kept in `store`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, random: Random, settings: Settings) -> Self {
        let stand_in = StandIn::new(&settings, &random);
        let inner = Inner {
            lookups: Lookups::default(),
            renewed: Lookups::default(),
            uses: Uses::default(),
            hashing: Hashing::new(&settings),
            failures: Failures::new(
                settings.account_failures,
                settings.network_failures,
                clock.clone(),
            ),
            recent: Recent::new(random.bytes(), settings.remembered_for_ms),
            stand_in,
            store,
            clock,
            random,
            settings,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Begins a SASL exchange (RFC 4422) over a connection with these properties.
    ///
    /// `protocol` is what the client will speak once it is signed in, `address` where it comes from (none for a peer
    /// without a network), `binding` what ties the exchange to its TLS connection.
    #[must_use]
    pub fn sasl(
        &self,
        mechanism: Mechanism,
        protocol: Protocols,
        address: Option<IpAddr>,
        binding: ChannelBinding,
    ) -> Exchange {
        Exchange::new(self.clone(), mechanism, protocol, address, binding)
    }

    /// How many passwords were hashed since the start, checked and new ones alike; for metrics.
    #[must_use]
    pub fn hash_runs(&self) -> u64 {
        self.inner.hashing.runs()
    }

    /// The directory's last entry. The engine holds heads in memory, so this waits for nothing.
    fn seq(&self) -> Result<Seq, store::Error> {
        let head = self.inner.store.engine().head(AccountId::DIRECTORY)?;
        Ok(head.map_or(Seq::START, |head| head.seq))
    }

    /// The last entry that did more than renew a grant or note a use: what was read of persons and passwords holds
    /// until the next one.
    fn settled(&self) -> Result<Seq, store::Error> {
        let head = self.inner.store.engine().head(AccountId::DIRECTORY)?;
        Ok(head.map_or(Seq::START, |head| head.settled))
    }
}

/// Reads any bytes as what strangers send before they are signed in: SASL messages, names, app passwords.
///
/// # Panics
/// If a reader accepts what it cannot write again, which is what a fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    sasl::fuzz(input);
    if let Ok(text) = str::from_utf8(input) {
        address::fuzz(text);
        app_password::fuzz(text);
        password::fuzz(text);
        token::fuzz(text);
        recovery::fuzz(text);
    }
}
