//! Carrying: what the write-ahead logs of journal and state have is copied into their files, beside the writer.
//!
//! SQLite by itself does that at the end of whichever commit makes a log long, and everybody whose requests are in it waits
//! for the copying and its syncs. Here a thread of its own copies what is there while the writer goes on; the writer then has
//! little left to copy when it begins a log anew. Nothing depends on it: a log that nobody carried is carried by the writer.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use rusqlite::Connection;
use store::Error;

use crate::database::{Durability, failed, open_writer};
use crate::{journal, state};

/// Octets put into the journal after which its log is carried.
const JOURNAL_OCTETS_PER_LOAD: u64 = 4 * 1024 * 1024;
/// Octets an entry takes in the journal beside the messages it brings: the row, and the pages that lead to it.
const ENTRY_OCTETS: u64 = 512;
/// Entries folded into the state after which its log is carried.
const ENTRIES_PER_LOAD: u64 = 1_024;
/// What a commit of the state counts besides its entries: the pages that every commit writes.
const COMMIT_ENTRIES: u64 = 32;
/// Loads that may wait; more would say nothing new.
const LOADS_WAITING_MAX: usize = 4;
/// Without work for this long, connections are closed.
const IDLE_BEFORE_CLOSE: Duration = Duration::from_millis(500);
/// Pages a connection keeps in memory, in KiB: copying goes past them.
const CACHE_KIB: u32 = 64;

/// A log that is to be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Journal,
    State,
}

/// The side of who writes: it counts what goes into the logs. Each of those who do has one.
#[derive(Clone, Debug)]
pub(crate) struct Loads {
    sender: SyncSender<Load>,
    journal_octets: u64,
    state_entries: u64,
}

/// The side of the thread that copies.
#[derive(Debug)]
pub(crate) struct Carrier {
    loads: Receiver<Load>,
    data: PathBuf,
}

/// Both sides for a data folder.
pub(crate) fn carrier(data: &Path) -> (Loads, Carrier) {
    let (sender, loads) = sync_channel(LOADS_WAITING_MAX);
    let counting = Loads {
        sender,
        journal_octets: 0,
        state_entries: 0,
    };
    let data = data.to_path_buf();
    (counting, Carrier { loads, data })
}

impl Loads {
    /// So many entries with so many octets of messages were committed to the journal.
    pub(crate) fn journal_grew(&mut self, entries: u64, octets: u64) {
        self.journal_octets += entries * ENTRY_OCTETS + octets;
        if self.journal_octets >= JOURNAL_OCTETS_PER_LOAD {
            self.journal_octets = 0;
            self.send(Load::Journal);
        }
    }

    /// So many entries were committed to the state.
    pub(crate) fn state_grew(&mut self, entries: u64) {
        self.state_entries += entries + COMMIT_ENTRIES;
        if self.state_entries >= ENTRIES_PER_LOAD {
            self.state_entries = 0;
            self.send(Load::State);
        }
    }

    fn send(&self, load: Load) {
        match self.sender.try_send(load) {
            // The next one says the same.
            Ok(()) | Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => {
                tracing::debug!("nobody carries write-ahead logs; the writer does");
            }
        }
    }
}

impl Carrier {
    /// Copies until the writer is gone.
    pub(crate) fn run(&self) {
        let (mut journal, mut state) = (None, None);
        loop {
            let load = match self.loads.recv_timeout(IDLE_BEFORE_CLOSE) {
                Ok(load) => load,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    (journal, state) = (None, None);
                    match self.loads.recv() {
                        Ok(load) => load,
                        Err(_) => return,
                    }
                }
            };
            let carried = match load {
                Load::Journal => self.carry(&mut journal, journal::FILE, Durability::Synced),
                Load::State => self.carry(&mut state, state::FILE, Durability::Ordered),
            };
            if let Err(error) = carried {
                tracing::debug!(%error, "a write-ahead log is left to the writer");
            }
        }
    }

    /// Copies what is in the log of a file as far as nobody who reads needs the file as it is.
    fn carry(
        &self,
        open: &mut Option<Connection>,
        file: &str,
        durability: Durability,
    ) -> Result<(), Error> {
        let connection = match open {
            Some(connection) => connection,
            None => open.insert(open_writer(&self.data.join(file), durability, CACHE_KIB)?),
        };
        connection
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_log_goes_into_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let journal = journal::open(&folder.path().join(journal::FILE)).unwrap();
        let state = state::open(&folder.path().join(state::FILE)).unwrap();
        let fill = |connection: &Connection| {
            let sql = "CREATE TABLE filled (x); INSERT INTO filled VALUES (zeroblob(100000))";
            connection.execute_batch(sql).unwrap();
        };
        fill(&journal);
        fill(&state);
        let octets = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().len();
        let before = [octets(journal::FILE), octets(state::FILE)];
        let (mut loads, carrier) = carrier(folder.path());
        loads.journal_grew(1, 1);
        loads.state_grew(1);
        assert!(carrier.loads.try_recv().is_err(), "hardly anything so far");
        loads.journal_grew(1, JOURNAL_OCTETS_PER_LOAD);
        for _ in 0..ENTRIES_PER_LOAD / COMMIT_ENTRIES {
            loads.state_grew(1);
        }
        drop(loads);
        carrier.run();
        assert!(octets(journal::FILE) >= before[0] + 100_000);
        assert!(octets(state::FILE) >= before[1] + 100_000);
    }
}
