//! The embedded engine: journal, state and search index in three SQLite files of one folder.
//!
//! `journal.db` is the truth: entries and message bytes, appended and synced by one writer thread, many
//! commits per sync. `state.db` is folded from it in plain typed tables; it is committed in larger steps
//! without a sync, and what it lacks after a crash is folded again from the journal. `search.db` is the
//! full-text index behind both. Messages above [`FILE_OCTETS_MIN`] lie compressed in files under `blobs/`.
//!
//! **Invariant:** a request is answered after its entry is synced to the journal, and a read sees every
//! request that was answered before it.

mod database;

mod statements;

mod files;

mod uploads;

mod hold;

mod room;

mod journal;

mod record;

mod left_out;

mod log;

mod sign;

mod state;

mod feed;

mod job;

mod carry;

mod writer;

mod search;

mod engine;

mod backup;

mod verify;

mod history;

pub use backup::{BackupReport, Until, backup, restore};
pub use engine::{LocalEngine, Options};
pub use files::FILE_OCTETS_MIN;
pub use history::{Contradiction, History, Kept, contradictions};
#[cfg(feature = "bench-only")]
pub use left_out::LeftOut;
pub use sign::{NotSigned, Sign, Signer, Tree};
pub use verify::{Extent, Finding, How, RowFinding, Verified, Verify, VerifyReport, verify};
