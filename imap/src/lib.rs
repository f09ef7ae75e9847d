//! The IMAP face: RFC 9051 (IMAP4rev2) and RFC 3501 (IMAP4rev1), for every mail client.
//!
//! [`Imap::serve`] takes a connection from greeting to goodbye. `codec` turns bytes into typed commands and typed
//! responses into bytes; `session` says which command is allowed now; both are pure. `connection` is the loop, `command`
//! has one file for each command, `words` alone knows both IMAP's words and the model's, and `updates` says when the
//! client hears what others did. Business rules, rights among them, are `groupware`'s.
//!
//! | RFC | what | spoken | file |
//! |---|---|---|---|
//! | 9051, 3501 | IMAP4rev2, IMAP4rev1 | yes | `command/`, `codec/` |
//! | 2177 | IDLE | yes | `connection/idle.rs` |
//! | 2342 | NAMESPACE | yes | `names.rs` |
//! | 2971 | ID | yes | `command/id.rs` |
//! | 3502, 3516 | MULTIAPPEND, BINARY | yes | `command/append.rs`, `command/fetch/content.rs` |
//! | 3691 | UNSELECT | yes | `command/unselect.rs` |
//! | 4314 | ACL, RIGHTS= | yes | `command/acl.rs` |
//! | 4315 | UIDPLUS | yes | `command/expunge.rs`, `command/copy.rs` |
//! | 4731, 5182 | ESEARCH, SEARCHRES | yes | `command/search/outcome.rs` |
//! | 4959 | SASL-IR | yes | `connection/authenticate.rs` |
//! | 4978 | COMPRESS=DEFLATE | yes | `command.rs` |
//! | 5032 | WITHIN | yes | `command/search/filter.rs` |
//! | 5161 | ENABLE | yes | `command/enable.rs` |
//! | 5256, 5957 | SORT, THREAD, SORT=DISPLAY | yes | `command/sort.rs`, `command/thread.rs` |
//! | 5258, 5819, 6154, 8440 | LIST-EXTENDED, LIST-STATUS, SPECIAL-USE, LIST-MYRIGHTS | yes | `command/list.rs` |
//! | 5267 | ESORT; not CONTEXT | partial | `command/sort.rs` |
//! | 6203 | SEARCH=FUZZY | yes | `command/search/filter.rs` |
//! | 6851 | MOVE | yes | `command/move_emails.rs` |
//! | 7162 | CONDSTORE, QRESYNC | yes | `command/select.rs`, `command/fetch.rs`, `command/store.rs` |
//! | 7888 | LITERAL- before sign-in, LITERAL+ after | yes | `codec/framer.rs` |
//! | 7889 | APPENDLIMIT | yes | `codec/framer.rs` |
//! | 8437 | UNAUTHENTICATE | yes | `command.rs` |
//! | 8438 | STATUS=SIZE | yes | `command/status.rs` |
//! | 8474 | OBJECTID | yes | `words.rs` |
//! | 8970 | PREVIEW | yes | `command/fetch/plan.rs` |
//! | 5464 | METADATA | yes | `command/metadata.rs` |
//! | 6785 | IMAPSIEVE: which script a mailbox names | yes | `command/{append,copy,move_emails,store}.rs` |
//! | 9208 | QUOTA | yes | `command/quota.rs` |
//! | 9698 | JMAPACCESS | yes | `command/jmap_access.rs` |
//! | 9394 | PARTIAL in SEARCH, SORT and UID FETCH | yes | `command/search/outcome.rs`, `command/fetch.rs` |
//! | 9755 | UTF8=ACCEPT | yes | `codec/encode/header_text.rs` |

pub mod codec;

mod answer;
mod client;
mod command;
mod connection;
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
use listen::{Connection, FaceCounters};

pub use codec::fuzz;
pub use settings::Settings;

/// The service: one for all its connections; cheap to clone.
#[derive(Clone, Debug)]
pub struct Imap {
    groupware: Groupware,
    settings: Arc<Settings>,
    counters: Arc<FaceCounters>,
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
            tracing::debug!(peer = %facts.peer, %error, "an IMAP connection ended");
        }
    }
}
