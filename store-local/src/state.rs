//! `state.db`: what the journal amounts to, in tables that an administrator can read with `sqlite3`.

pub(crate) mod apply;

pub(crate) mod heads;

pub(crate) mod lookup;

pub(crate) mod read;

pub(crate) mod replay;

use std::path::Path;

use model::AccountId;
use rusqlite::Connection;
use store::Error;

use crate::database::{Durability, failed, open_writer};
use crate::journal::{signed, unsigned};

/// Octets of pages the writer keeps in memory, in KiB: the leaves that arriving mail changes.
const CACHE_KIB: u32 = 32 * 1024;

/// Pages of the state's write-ahead log after which the writer copies them itself, if nobody carried them: several commits.
/// The journal's log stays as short as SQLite has it, since each commit syncs it, and a sync of a log that grows costs more
/// than one of a log that is written over.
const LOG_PAGES: u32 = 8_192;

/// The name of the file in the data folder.
pub(crate) const FILE: &str = "state.db";

/// Version of the tables: a state of another version is dropped and folded anew.
const VERSION: i64 = 5;

/// Emails are numbered `account << 32 | email`, so that an account is a range.
/// `message` is what listing a mailbox reads; `email` is what one email is looked up by. Objects are numbered likewise.
const SCHEMA: &str = "
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL) STRICT;
INSERT INTO position VALUES (1, 0);
CREATE TABLE account (
    id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, link BLOB NOT NULL,
    next_email INTEGER NOT NULL, next_thread INTEGER NOT NULL, next_mailbox INTEGER NOT NULL,
    next_queue INTEGER NOT NULL, next_principal INTEGER NOT NULL, next_credential INTEGER NOT NULL,
    last_uid_validity INTEGER NOT NULL, quota_octets INTEGER, next_collection INTEGER NOT NULL,
    next_object INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT;
CREATE TABLE mailbox (
    account INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER, name TEXT NOT NULL, role TEXT,
    uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, emails INTEGER NOT NULL, unseen INTEGER NOT NULL,
    deleted INTEGER NOT NULL, octets INTEGER NOT NULL, emails_changed INTEGER NOT NULL, changed INTEGER NOT NULL,
    PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID;
CREATE TABLE subscription (
    account INTEGER NOT NULL, mailbox INTEGER NOT NULL, principal INTEGER NOT NULL,
    PRIMARY KEY (account, mailbox, principal)) STRICT, WITHOUT ROWID;
CREATE TABLE share (
    account INTEGER NOT NULL, mailbox INTEGER NOT NULL, principal INTEGER NOT NULL, rights INTEGER NOT NULL,
    PRIMARY KEY (account, mailbox, principal)) STRICT, WITHOUT ROWID;
CREATE INDEX share_principal ON share (principal, account);
CREATE TABLE keyword (
    account INTEGER NOT NULL, bit INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, bit)) STRICT, WITHOUT ROWID;
CREATE TABLE message (
    account INTEGER NOT NULL, mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, email INTEGER NOT NULL,
    thread INTEGER NOT NULL, size INTEGER NOT NULL, keywords INTEGER NOT NULL, keywords_upper INTEGER NOT NULL,
    changed INTEGER NOT NULL, received_ms INTEGER NOT NULL, sent_s INTEGER,
    PRIMARY KEY (account, mailbox, uid)) STRICT, WITHOUT ROWID;
CREATE TABLE email (
    id INTEGER PRIMARY KEY, mailbox INTEGER, uid INTEGER, blob INTEGER NOT NULL, meta BLOB) STRICT;
CREATE TABLE destroyed (
    account INTEGER NOT NULL, email INTEGER NOT NULL, mailbox INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    thread INTEGER NOT NULL, size INTEGER NOT NULL, keywords INTEGER NOT NULL, keywords_upper INTEGER NOT NULL,
    received_ms INTEGER NOT NULL, sent_s INTEGER, PRIMARY KEY (account, email)) STRICT, WITHOUT ROWID;
CREATE TABLE collection (
    account INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER, kind TEXT NOT NULL, name TEXT NOT NULL,
    display_name TEXT, properties BLOB NOT NULL, objects INTEGER NOT NULL, octets INTEGER NOT NULL,
    objects_changed INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID;
CREATE TABLE collection_share (
    account INTEGER NOT NULL, collection INTEGER NOT NULL, principal INTEGER NOT NULL, rights INTEGER NOT NULL,
    PRIMARY KEY (account, collection, principal)) STRICT, WITHOUT ROWID;
CREATE INDEX collection_share_principal ON collection_share (principal, account);
CREATE TABLE deputy (
    account INTEGER NOT NULL, principal INTEGER NOT NULL, rights INTEGER NOT NULL,
    PRIMARY KEY (account, principal)) STRICT, WITHOUT ROWID;
CREATE INDEX deputy_principal ON deputy (principal, account);
CREATE TABLE object (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, collection INTEGER NOT NULL, name TEXT NOT NULL,
    uid TEXT NOT NULL, size INTEGER NOT NULL, blob INTEGER NOT NULL, hash BLOB NOT NULL, changed INTEGER NOT NULL,
    schedule_tag INTEGER, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, media_type TEXT, dead BLOB,
    meta BLOB) STRICT;
CREATE UNIQUE INDEX object_name ON object (account, collection, name);
CREATE INDEX object_changed ON object (account, collection, changed);
CREATE INDEX object_uid ON object (account, uid, collection) WHERE uid<>'';
CREATE TABLE gone_object (
    account INTEGER NOT NULL, collection INTEGER NOT NULL, seq INTEGER NOT NULL, object INTEGER NOT NULL,
    name TEXT NOT NULL, PRIMARY KEY (account, collection, seq, object)) STRICT, WITHOUT ROWID;
CREATE TABLE version (
    account INTEGER NOT NULL, object INTEGER NOT NULL, until INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    destroyed INTEGER NOT NULL, collection INTEGER NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
    size INTEGER NOT NULL, blob INTEGER NOT NULL, hash BLOB NOT NULL, media_type TEXT, meta BLOB,
    PRIMARY KEY (account, object, until)) STRICT, WITHOUT ROWID;
CREATE INDEX version_age ON version (account, at_ms);
CREATE TABLE blob_use (id INTEGER PRIMARY KEY, uses INTEGER NOT NULL) STRICT;
CREATE TABLE reference (
    account INTEGER NOT NULL, message_id INTEGER NOT NULL, subject INTEGER NOT NULL, thread INTEGER NOT NULL,
    PRIMARY KEY (account, message_id, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE account_entry (
    account INTEGER NOT NULL, seq INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (account, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE queue (
    account INTEGER NOT NULL, id INTEGER NOT NULL, accepted_ms INTEGER NOT NULL, item BLOB NOT NULL,
    standing BLOB, PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID;
CREATE INDEX queue_age ON queue (accepted_ms, account, id);
CREATE TABLE domain (name TEXT PRIMARY KEY, catch_all INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE principal (
    id INTEGER PRIMARY KEY, address TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, quota_octets INTEGER,
    administrator INTEGER NOT NULL, enabled INTEGER NOT NULL, capacity INTEGER) STRICT;
CREATE TABLE member (
    member INTEGER NOT NULL, team INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (member, team)) STRICT, WITHOUT ROWID;
CREATE INDEX member_team ON member (team, place);
CREATE TABLE address (
    address TEXT PRIMARY KEY, domain TEXT NOT NULL, principal INTEGER NOT NULL, main INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX address_domain ON address (domain);
CREATE INDEX address_principal ON address (principal);
CREATE TABLE credential (
    id INTEGER PRIMARY KEY, principal INTEGER NOT NULL, created_ms INTEGER NOT NULL, kind BLOB NOT NULL) STRICT;
CREATE INDEX credential_principal ON credential (principal);
CREATE TABLE credential_use (
    credential INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, protocol INTEGER NOT NULL, network TEXT) STRICT;
CREATE TABLE mail_settings (principal INTEGER PRIMARY KEY, settings BLOB NOT NULL) STRICT;
CREATE TABLE archive (domain TEXT PRIMARY KEY, address TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// Tables of the state, with the columns they are compared by when it is verified against a replay.
pub(crate) const TABLES: [&str; 28] = [
    "position",
    "account",
    "mailbox",
    "subscription",
    "share",
    "keyword",
    "message",
    "email",
    "destroyed",
    "collection",
    "collection_share",
    "deputy",
    "object",
    "gone_object",
    "version",
    "blob_use",
    "reference",
    "account_entry",
    "queue",
    "domain",
    "principal",
    "member",
    "address",
    "credential",
    "credential_use",
    "mail_settings",
    "archive",
    "sqlite_schema",
];

/// Opens the state for the writer; an empty or foreign one is made anew and stands at entry 0.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let connection = open_writer(path, Durability::Ordered, CACHE_KIB)?;
    connection
        .pragma_update(None, "wal_autocheckpoint", LOG_PAGES)
        .map_err(failed)?;
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(failed)?;
    if version == VERSION {
        return Ok(connection);
    }
    if version != 0 {
        drop(connection);
        remove(path)?;
        return open(path);
    }
    connection
        .execute_batch(&format!(
            "BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
        ))
        .map_err(failed)?;
    Ok(connection)
}

/// An empty state in memory.
pub(crate) fn open_in_memory() -> Result<Connection, Error> {
    let connection = Connection::open_in_memory().map_err(failed)?;
    connection.execute_batch(SCHEMA).map_err(failed)?;
    Ok(connection)
}

/// Removes the state's files: it will be folded anew.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Unavailable(format!(
                    "`{}`: {error}",
                    Path::new(&name).display()
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The number of the last entry that is folded in.
pub(crate) fn position(state: &Connection) -> Result<u64, Error> {
    state
        .query_row("SELECT entry FROM position", [], |row| row.get(0))
        .map(unsigned)
        .map_err(failed)
}

pub(crate) fn set_position(state: &Connection, entry: u64) -> Result<(), Error> {
    state
        .prepare_cached("UPDATE position SET entry=?")
        .and_then(|mut update| update.execute([signed(entry)]))
        .map(drop)
        .map_err(failed)
}

/// The row number of an email or object: account above, its own number below.
pub(crate) fn row_of(account: AccountId, number: u32) -> i64 {
    i64::from(account.0) << 32 | i64::from(number)
}

/// The email or object of a row number.
pub(crate) fn number_of(row: i64) -> u32 {
    u32::try_from(row & 0xffff_ffff).expect("32 bits are left")
}
