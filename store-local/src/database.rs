//! SQLite connections: how they are opened, pooled, and how their errors read.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use store::Error;

/// Octets of a page. 8 KiB wrote 1.2 to 1.6 times the messages of 4 KiB. With 16 KiB a message takes 3 % less room,
/// since less stays empty at the end of pages, but a fifth more is written to the device.
const PAGE_OCTETS: u32 = 8_192;
/// Octets of the write-ahead log that may stay when nothing is to do: emptying it costs two syncs.
const LOG_KEPT_OCTETS: u64 = 1024 * 1024;
/// How long a connection waits for another process (a backup, an administrator's `sqlite3`).
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Read connections kept open when nobody uses them.
const IDLE_READERS_MAX: usize = 8;
/// Statements each connection keeps compiled.
const STATEMENTS_KEPT_MAX: usize = 128;

/// How sure a commit must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On the disk when `COMMIT` returns.
    Synced,
    /// In the order of commits, but possibly not the last ones, after power loss.
    Ordered,
}

/// Opens a database for writing, creating it if it is not there.
pub(crate) fn open_writer(
    path: &Path,
    durability: Durability,
    cache_kib: u32,
) -> Result<Connection, Error> {
    let connection = Connection::open(path).map_err(|error| at(path, &error))?;
    let synchronous = match durability {
        Durability::Synced => "FULL",
        Durability::Ordered => "NORMAL",
    };
    connection
        .execute_batch(&format!(
            "PRAGMA page_size={PAGE_OCTETS}; PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};
             PRAGMA cache_size=-{cache_kib}; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
        ))
        .map_err(|error| at(path, &error))?;
    settle(&connection)?;
    Ok(connection)
}

/// The version of the tables; 0 in a new file.
pub(crate) fn version(connection: &Connection) -> Result<i64, Error> {
    connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(failed)
}

/// Empties the write-ahead log if it is large, without waiting for whoever reads it: then it stays for the next time.
pub(crate) fn truncate_log(connection: &Connection) -> Result<(), Error> {
    let log = connection.path().map(|path| format!("{path}-wal"));
    let octets = log
        .and_then(|log| std::fs::metadata(log).ok())
        .map_or(0, |log| log.len());
    if octets <= LOG_KEPT_OCTETS {
        return Ok(());
    }
    connection.busy_timeout(Duration::ZERO).map_err(failed)?;
    let done = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    connection.busy_timeout(BUSY_WAIT).map_err(failed)?;
    match done {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
        done => done.map_err(failed),
    }
}

/// Opens a database for reading only.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| at(path, &error))?;
    connection
        .execute_batch("PRAGMA query_only=ON; PRAGMA cache_size=-2048; PRAGMA temp_store=MEMORY;")
        .map_err(|error| at(path, &error))?;
    settle(&connection)?;
    Ok(connection)
}

fn settle(connection: &Connection) -> Result<(), Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT_MAX);
    connection.busy_timeout(BUSY_WAIT).map_err(failed)
}

/// Read connections to one database, opened when needed and used again.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn get(&self) -> Result<Reader<'_>, Error> {
        let idle = lock(&self.idle).pop();
        let connection = idle.map_or_else(|| open_reader(&self.path), Ok)?;
        Ok(Reader {
            connection: Some(connection),
            readers: self,
        })
    }
}

/// A read connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Deref for Reader<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("the connection leaves only when the reader is dropped")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.readers.idle);
        if idle.len() < IDLE_READERS_MAX {
            idle.extend(self.connection.take());
        }
    }
}

/// The guard, also after a panic elsewhere: what these locks guard is never half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn at(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Unavailable(format!("`{}`: {error}", path.display()))
}

/// What an error of SQLite means to the store.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is handed to map_err everywhere"
)]
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Error::Damaged(error.to_string())
        }
        _ => Error::Unavailable(error.to_string()),
    }
}
