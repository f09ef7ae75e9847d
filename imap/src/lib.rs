//! The IMAP face: RFC 9051 (IMAP4rev2) and RFC 3501 (IMAP4rev1), for every mail client.
//!
//! `codec` turns bytes into typed commands and typed responses into bytes; it is pure. What its grammar knows:
//!
//! | RFC | what | grammar | file |
//! |---|---|---|---|
//! | 9051, 3501 | IMAP4rev2, IMAP4rev1 | yes | `codec/` |
//! | 2971 | ID | yes | `codec/command.rs` |
//! | 3502, 3516 | MULTIAPPEND, BINARY | yes | `codec/append.rs`, `codec/fetch.rs` |
//! | 4314 | ACL, RIGHTS= | yes | `codec/acl.rs` |
//! | 4315 | UIDPLUS | yes | `codec/command.rs` |
//! | 4959 | SASL-IR | yes | `codec/command.rs` |
//! | 4978 | COMPRESS=DEFLATE | yes | `codec/command.rs` |
//! | 5032 | WITHIN | yes | `codec/search.rs` |
//! | 5161 | ENABLE | yes | `codec/command.rs` |
//! | 5182, 4731 | SEARCHRES, ESEARCH | yes | `codec/search.rs` |
//! | 5256, 5957 | SORT, THREAD, SORT=DISPLAY | yes | `codec/sort_thread.rs` |
//! | 5258, 5819, 6154, 8440 | LIST-EXTENDED, LIST-STATUS, SPECIAL-USE, LIST-MYRIGHTS | yes | `codec/list.rs` |
//! | 5267 | ESORT; not CONTEXT | partial | `codec/sort_thread.rs` |
//! | 6203 | SEARCH=FUZZY | yes | `codec/search.rs` |
//! | 6851 | MOVE | yes | `codec/command.rs` |
//! | 7162 | CONDSTORE, QRESYNC | yes | `codec/select.rs`, `codec/fetch.rs`, `codec/store.rs` |
//! | 7888 | LITERAL+, LITERAL- | yes | `codec/framer.rs` |
//! | 7889 | APPENDLIMIT | yes | `codec/framer.rs` |
//! | 8437 | UNAUTHENTICATE | yes | `codec/command.rs` |
//! | 8438 | STATUS=SIZE | yes | `codec/status.rs` |
//! | 8474 | OBJECTID | yes | `codec/search.rs`, `codec/fetch.rs` |
//! | 8970 | PREVIEW | yes | `codec/fetch.rs` |
//! | 9208 | QUOTA | yes | `codec/quota.rs` |
//! | 9394 | PARTIAL in SEARCH | partial | `codec/search.rs` |
//! | 9755 | UTF8=ACCEPT | yes | `codec/append.rs`, `codec/encode/header_text.rs` |

pub mod codec;

mod answer;
mod client;
mod command;
mod connection;
mod counters;
mod error;
mod names;
mod numbers;
mod output;
mod selected;
mod session;
mod settings;
mod updates;
mod user;
mod words;

use std::sync::Arc;

use groupware::Groupware;
use listen::Connection;

pub use codec::fuzz;
pub use counters::Counters;
pub use settings::Settings;

/// The service: one for all its connections; cheap to clone.
#[derive(Clone, Debug)]
pub struct Imap {
    groupware: Groupware,
    settings: Arc<Settings>,
    counters: Arc<Counters>,
}

impl Imap {
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
    pub fn counters(&self) -> &Counters {
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
            tracing::debug!(peer = %facts.peer, %error, "an IMAP connection ended");
        }
    }
}
