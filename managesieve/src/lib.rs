//! The ManageSieve face: RFC 5804, by which mail programs put filters in place.
//!
//! [`ManageSieve::serve`] takes a connection from greeting to goodbye. `codec` turns octets into typed commands and answers
//! into octets; `session` says which command is allowed now; both are pure. `connection` is the loop, `command` has one
//! file for each command, `words` alone knows both the protocol's words and the operations'. Rules about scripts are
//! `groupware`'s.
//!
//! | RFC | what | spoken | file |
//! |---|---|---|---|
//! | 5804 2.1 | AUTHENTICATE: SCRAM-SHA-256, SCRAM-SHA-256-PLUS, PLAIN, OAUTHBEARER | yes | `connection/authenticate.rs` |
//! | 5804 2.2 | STARTTLS | yes | `command.rs` |
//! | 5804 2.3, 2.13, 2.14.1 | LOGOUT, NOOP, UNAUTHENTICATE | yes | `command.rs`, `command/noop.rs` |
//! | 5804 2.4, 1.7 | CAPABILITY | yes | `command/capability.rs` |
//! | 5804 2.5 | HAVESPACE | yes | `command/havespace.rs` |
//! | 5804 2.6, 2.12 | PUTSCRIPT, CHECKSCRIPT; no warnings | yes | `command/putscript.rs`, `command/checkscript.rs` |
//! | 5804 2.7, 2.8, 2.9 | LISTSCRIPTS, SETACTIVE, GETSCRIPT | yes | `command/` |
//! | 5804 2.10, 2.11 | DELETESCRIPT, RENAMESCRIPT | yes | `command/` |
//! | 5804 1.3 | REFERRAL, LANGUAGE | no | |

pub mod codec;

mod answer;
mod client;
mod command;
mod connection;
mod error;
mod output;
mod session;
mod settings;
mod user;
mod words;

use std::sync::Arc;

use groupware::Groupware;
use listen::{Connection, FaceCounters};

pub use codec::fuzz;
pub use settings::Settings;

/// The service: one for all its connections; cheap to clone.
#[derive(Clone, Debug)]
pub struct ManageSieve {
    groupware: Groupware,
    settings: Arc<Settings>,
    counters: Arc<FaceCounters>,
}

impl ManageSieve {
    /// The service on these operations.
    #[must_use]
    pub fn new(groupware: Groupware, settings: Settings) -> Self {
        Self {
            groupware,
            settings: Arc::new(settings),
            counters: Arc::default(),
        }
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> &Arc<FaceCounters> {
        &self.counters
    }

    /// Serves one client from the greeting until one side ends it.
    pub async fn serve(&self, connection: Connection) {
        let facts = Arc::clone(connection.facts());
        let serving = connection::Serving::new(
            self.groupware.clone(),
            Arc::clone(&self.settings),
            Arc::clone(&self.counters),
            connection,
        );
        if let Err(error) = Box::pin(serving.run()).await
            && !error.is_closed()
        {
            tracing::debug!(peer = %facts.peer, %error, "a ManageSieve connection ended");
        }
    }
}
