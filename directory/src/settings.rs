//! What an administrator can choose about passwords and sign-in.

use std::num::NonZeroUsize;

use crate::secret::Secret;

/// RFC 7677 4: the least iteration count for SCRAM-SHA-256.
pub const SCRAM_ITERATIONS_MIN: u32 = 4_096;

/// What one run of Argon2id costs (RFC 9106 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Argon2Cost {
    /// The first choice of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// How failures of one account or one network slow what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureLimits {
    /// Failures that slow nothing.
    pub free: u32,
    /// How long the first failure beyond them slows, in milliseconds; each further one doubles it.
    pub delay_ms: i64,
    /// The longest delay, in milliseconds.
    pub delay_ms_max: i64,
    /// After how long one failure is forgiven, in milliseconds.
    pub forgiven_every_ms: i64,
}

/// How long what a browser or a program was granted is good, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantLimits {
    /// A signed-in browser that is not used. Uses are written once a day, so after a restart this may end a day early.
    pub session_idle_ms: i64,
    /// A signed-in browser, however it is used.
    pub session_ms: i64,
    /// An access token of a program.
    pub access_ms: i64,
    /// A program that is not used.
    pub program_idle_ms: i64,
    /// A program, however it is used; none for no end.
    pub program_ms: Option<i64>,
    /// How long a program that did not get its new refresh token may ask again with the old one.
    pub repeat_ms: i64,
}

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;

impl Default for GrantLimits {
    /// A browser for a week without use and a month in all; programs for an hour at a time, and three months without use.
    fn default() -> Self {
        Self {
            session_idle_ms: 7 * DAY_MS,
            session_ms: 30 * DAY_MS,
            access_ms: 3_600_000,
            program_idle_ms: 90 * DAY_MS,
            program_ms: None,
            repeat_ms: 60_000,
        }
    }
}

/// What an administrator can choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The cost of hashing a new password; those that exist keep theirs.
    pub argon2: Argon2Cost,
    /// Iterations of SCRAM verifiers of new passwords; [`SCRAM_ITERATIONS_MIN`] at least.
    pub scram_iterations: u32,
    /// The fewest characters of a password that a person chooses.
    pub password_chars_min: usize,
    /// Passwords that are hashed at the same time; each takes [`Argon2Cost::memory_kib`].
    pub hashes_at_once: usize,
    /// How long a successful sign-in counts for the same name, password, protocol and network, in milliseconds; 0
    /// for not at all.
    pub remembered_for_ms: i64,
    /// How failures slow an account.
    pub account_failures: FailureLimits,
    /// How failures slow a network: one IPv4 address or one IPv6 /64.
    pub network_failures: FailureLimits,
    /// How long browsers and programs stay signed in.
    pub grants: GrantLimits,
    /// What separates the local part from its tag, as in `anna+shop@example.org`; none for no tags.
    pub recipient_delimiter: Option<char>,
    /// A secret of this installation that stays the same, from which the salts shown to unknown names are made. With
    /// none they change at every start, by which an attentive stranger could tell them from known ones.
    pub stand_in_key: Option<Secret<[u8; 32]>>,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            argon2: Argon2Cost::default(),
            scram_iterations: 100_000,
            password_chars_min: 8,
            hashes_at_once: cores,
            remembered_for_ms: 5 * 60_000,
            account_failures: FailureLimits {
                free: 5,
                delay_ms: 1_000,
                delay_ms_max: 60_000,
                forgiven_every_ms: 60_000,
            },
            network_failures: FailureLimits {
                free: 20,
                delay_ms: 1_000,
                delay_ms_max: 5 * 60_000,
                forgiven_every_ms: 30_000,
            },
            grants: GrantLimits::default(),
            recipient_delimiter: Some('+'),
            stand_in_key: None,
        }
    }
}
