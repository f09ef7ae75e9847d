//! `journal.db`: entries, message bytes, tree tiles and checkpoints. Only ever appended to, except that
//! payloads and bytes can be dropped, which leaves their hashes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use model::{AccountId, BlobId, BlobRef, Commit, EmailId, Mutation, Seq, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use seal::{Hash, Link, Tile, TileId};
use store::{Blob, Entry, Error, Place};

use crate::database::{Durability, failed, open_reader, open_writer, version};
use crate::files::Files;
use crate::record::{self, Record};
use crate::statements::Statements;

/// Octets of pages the writer keeps in memory, in KiB; the journal is hardly ever read back by it.
const CACHE_KIB: u32 = 4 * 1024;

/// Version of the file; there is no way to read another one.
const VERSION: i64 = 2;

/// `entry.id` - 1 is the leaf's number in the tree. `blob.record` has the metadata, and the message unless there is a
/// file of it, whose record has both; none if they were purged.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY, account INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    previous BLOB NOT NULL, payload_hash BLOB NOT NULL, payload BLOB) STRICT;
CREATE TABLE IF NOT EXISTS blob (
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL, size INTEGER NOT NULL, file TEXT, record BLOB) STRICT;
CREATE INDEX IF NOT EXISTS blob_file ON blob (file) WHERE file IS NOT NULL;
CREATE TABLE IF NOT EXISTS tile (
    level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
";

/// The name of the file in the data folder.
pub(crate) const FILE: &str = "journal.db";

/// Opens the journal for the writer and makes sure that what is in it is on the disk.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let connection = open_writer(path, Durability::Synced, CACHE_KIB)?;
    if version(&connection)? == 0 {
        connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
            ))
            .map_err(failed)?;
    }
    check_version(&connection, path)?;
    // After a kill the last commits may be in the page cache only: nothing is folded before they are synced.
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(failed)?;
    Ok(connection)
}

/// What is defined in a journal: tables, indexes, and whatever else somebody put there.
pub(crate) fn defined(journal: &Connection) -> Result<BTreeSet<String>, Error> {
    // What SQLite makes by itself has no text, and statistics only make reads faster.
    let sql = "SELECT type || ' ' || name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_stat_'";
    journal
        .prepare(sql)
        .and_then(|mut select| select.query_map([], |row| row.get(0))?.collect())
        .map_err(failed)
}

/// What is to be defined in a journal, and nothing else.
pub(crate) fn definitions() -> Result<BTreeSet<String>, Error> {
    let made = Connection::open_in_memory().map_err(failed)?;
    made.execute_batch(SCHEMA).map_err(failed)?;
    defined(&made)
}

/// Opens the journal for reading.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    let connection = open_reader(path)?;
    check_version(&connection, path)?;
    Ok(connection)
}

fn check_version(journal: &Connection, path: &Path) -> Result<(), Error> {
    match version(journal)? {
        VERSION => Ok(()),
        other => Err(Error::Unavailable(format!(
            "`{}` is of version {other}, this Wachpost reads version {VERSION} only: export the mail with the one \
             that wrote it, and import it",
            path.display()
        ))),
    }
}

/// One row of the table of entries.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: u64,
    pub(crate) link: Link,
    pub(crate) payload: Option<Vec<u8>>,
}

impl Row {
    pub(crate) fn account(&self) -> AccountId {
        AccountId(u32::try_from(self.link.stream).unwrap_or(u32::MAX))
    }

    pub(crate) fn commit(&self) -> Result<Option<Commit>, Error> {
        let decode = |payload: &Vec<u8>| Commit::decode(payload);
        self.payload
            .as_ref()
            .map(decode)
            .transpose()
            .map_err(|error| Error::Damaged(format!("entry {}: {error}", self.id)))
    }

    pub(crate) fn entry(&self) -> Result<Entry, Error> {
        Ok(Entry {
            seq: Seq(self.link.number),
            at: Timestamp(self.link.at_ms),
            index: self.id - 1,
            commit: self.commit()?,
        })
    }
}

pub(crate) fn insert_entry(
    journal: &Statements<'_>,
    id: u64,
    link: &Link,
    payload: Option<&[u8]>,
) -> Result<(), Error> {
    let sql = "INSERT INTO entry (id, account, seq, at_ms, previous, payload_hash, payload) VALUES (?,?,?,?,?,?,?)";
    let values = params![
        signed(id),
        signed(link.stream),
        signed(link.number),
        link.at_ms,
        link.previous.as_bytes(),
        link.payload.as_bytes(),
        payload
    ];
    journal.run(sql, values).map(drop)
}

/// Adds a blob in its place.
pub(crate) fn insert_blob(journal: &Statements<'_>, at: u64, blob: &Blob) -> Result<(), Error> {
    let (file, record) = match &blob.place {
        Place::Journal(record) => (None, Cow::from(record)),
        // Replaying needs the metadata of each email, and is not to read every large message for it.
        Place::File(name) => (Some(name), Cow::from(record::pack(&[], &blob.meta)?)),
    };
    let sql = "INSERT INTO blob (id, hash, size, file, record) VALUES (?,?,?,?,?)";
    let values = params![signed(at), blob.id.0, blob.size, file, &*record];
    journal.run(sql, values).map(drop)
}

/// Whether a blob names this file.
pub(crate) fn is_file_named(journal: &Connection, name: &str) -> Result<bool, Error> {
    journal
        .prepare_cached("SELECT 1 FROM blob WHERE file=?")
        .and_then(|mut select| select.exists([name]))
        .map_err(failed)
}

/// Drops a blob's bytes and metadata; its hash and size stay. Tells the file to remove once that is durable.
pub(crate) fn drop_blob(journal: &Connection, at: u64) -> Result<Option<String>, Error> {
    let file = journal
        .prepare_cached("SELECT file FROM blob WHERE id=?")
        .and_then(|mut select| select.query_row([signed(at)], |row| row.get(0)).optional())
        .map(Option::flatten)
        .map_err(failed)?;
    journal
        .prepare_cached("UPDATE blob SET record=NULL, file=NULL WHERE id=?")
        .and_then(|mut update| update.execute([signed(at)]))
        .map_err(failed)?;
    Ok(file)
}

/// A blob as it is kept.
pub(crate) struct StoredBlob {
    pub(crate) id: BlobId,
    pub(crate) size: u32,
    pub(crate) file: Option<String>,
    /// The metadata, and the message unless there is a file of it.
    pub(crate) record: Option<Vec<u8>>,
}

impl StoredBlob {
    /// Whether it was purged.
    pub(crate) fn is_dropped(&self) -> bool {
        self.record.is_none()
    }

    fn unpack(&self) -> Result<Record, Error> {
        let packed = self.record.as_ref().ok_or(Error::NotFound("the message"))?;
        Record::unpack(packed, self.size)
    }

    /// The metadata.
    pub(crate) fn meta(&self) -> Result<Vec<u8>, Error> {
        self.unpack().map(Record::into_meta)
    }

    /// The message, and the metadata.
    pub(crate) fn message_and_meta(&self, files: &Files) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let record = self.unpack()?;
        let meta = record.meta().to_vec();
        let record = match &self.file {
            Some(name) => Record::unpack(&files.read_packed(name)?, self.size)?,
            None => record,
        };
        if record.meta() != meta {
            return Err(Error::Damaged("its file has other metadata".into()));
        }
        Ok((record.into_message(self.size)?, meta))
    }

    /// The message.
    pub(crate) fn message(&self, files: &Files) -> Result<Vec<u8>, Error> {
        let record = match &self.file {
            Some(name) => Record::unpack(&files.read_packed(name)?, self.size)?,
            None => self.unpack()?,
        };
        record.into_message(self.size)
    }
}

pub(crate) fn blob(journal: &Connection, at: u64) -> Result<Option<StoredBlob>, Error> {
    let sql = "SELECT hash, size, file, record FROM blob WHERE id=?";
    journal
        .prepare_cached(sql)
        .and_then(|mut select| {
            select
                .query_row([signed(at)], |row| {
                    Ok(StoredBlob {
                        id: BlobId(row.get(0)?),
                        size: row.get(1)?,
                        file: row.get(2)?,
                        record: row.get(3)?,
                    })
                })
                .optional()
        })
        .map_err(failed)
}

/// Takes an email's record and its message's size, and says whether to go on.
pub(crate) type EachRecord<'a> =
    dyn FnMut(EmailId, &[u8], u32) -> Result<ControlFlow<()>, Error> + 'a;

/// Calls `each` with the records of the messages at these places and their sizes, in the order given; those that were
/// dropped are left out.
pub(crate) fn records(
    journal: &Connection,
    files: &Files,
    places: &[(EmailId, u64)],
    each: &mut EachRecord<'_>,
) -> Result<(), Error> {
    let sql =
        "SELECT id, size, file, record FROM blob WHERE id BETWEEN ? AND ? AND record IS NOT NULL";
    let mut select = journal.prepare_cached(sql).map_err(failed)?;
    // What arrived one after the other lies side by side: one range serves many.
    for run in places.chunk_by(|one, next| one.1.checked_add(1) == Some(next.1)) {
        let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) else {
            continue;
        };
        let mut wanted = run.iter();
        let mut rows = select
            .query([signed(*first), signed(*last)])
            .map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let at = unsigned(row.get(0).map_err(failed)?);
            let Some((email, _)) = wanted.find(|(_, wanted)| *wanted == at) else {
                continue;
            };
            let size = row.get(1).map_err(failed)?;
            let file: Option<String> = row.get(2).map_err(failed)?;
            let flow = match file {
                Some(name) => each(*email, &files.read_packed(&name)?, size)?,
                None => {
                    // Looked at where SQLite holds it.
                    let packed = row.get_ref(3).map_err(failed)?;
                    let packed = packed
                        .as_blob()
                        .map_err(|_| Error::Damaged(format!("blob {at} of the journal")))?;
                    each(*email, packed, size)?
                }
            };
            if flow.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A blob's metadata, as the state is to have it: none if it was purged, or if its record cannot be unpacked, which
/// `verify` finds and which must not keep all other mail from being read.
pub(crate) fn blob_meta(journal: &Connection, at: u64) -> Result<Option<Vec<u8>>, Error> {
    let Some(blob) = blob(journal, at)?.filter(|blob| !blob.is_dropped()) else {
        return Ok(None);
    };
    match blob.meta() {
        Ok(meta) => Ok(Some(meta)),
        Err(error) => {
            tracing::error!(blob = at, %error, "a message's metadata cannot be read");
            Ok(None)
        }
    }
}

pub(crate) fn blob_ref(journal: &Connection, at: u64) -> Result<Option<BlobRef>, Error> {
    journal
        .prepare_cached("SELECT hash FROM blob WHERE id=?")
        .and_then(|mut select| select.query_row([signed(at)], |row| row.get(0)).optional())
        .map(|hash| {
            hash.map(|hash| BlobRef {
                id: BlobId(hash),
                at,
            })
        })
        .map_err(failed)
}

/// Calls `each` with the entries from `first` to `last`, rising.
pub(crate) fn entries(
    journal: &Connection,
    first: u64,
    last: u64,
    each: &mut dyn FnMut(Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = "SELECT id, account, seq, at_ms, previous, payload_hash, payload FROM entry WHERE id BETWEEN ? AND ? ORDER BY id";
    let mut select = journal.prepare_cached(sql).map_err(failed)?;
    let mut rows = select
        .query([signed(first), signed(last)])
        .map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        each(read_row(row).map_err(failed)?)?;
    }
    Ok(())
}

/// One entry by its number in the log.
pub(crate) fn entry(journal: &Connection, id: u64) -> Result<Option<Row>, Error> {
    let mut found = None;
    entries(journal, id, id, &mut |row| {
        found = Some(row);
        Ok(())
    })?;
    Ok(found)
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let link = Link {
        stream: unsigned(row.get(1)?),
        number: unsigned(row.get(2)?),
        at_ms: row.get(3)?,
        previous: Hash::from_bytes(row.get(4)?),
        payload: Hash::from_bytes(row.get(5)?),
    };
    Ok(Row {
        id: unsigned(row.get(0)?),
        link,
        payload: row.get(6)?,
    })
}

/// How many entries there are; their numbers have no gaps.
pub(crate) fn size(journal: &Connection) -> Result<u64, Error> {
    journal
        .query_row("SELECT coalesce(max(id), 0) FROM entry", [], |row| {
            row.get(0)
        })
        .map(unsigned)
        .map_err(failed)
}

pub(crate) fn insert_tile(journal: &Connection, tile: &Tile) -> Result<(), Error> {
    journal
        .prepare_cached("INSERT OR REPLACE INTO tile (level, number, hashes) VALUES (?,?,?)")
        .and_then(|mut insert| {
            insert.execute(params![tile.id.level, signed(tile.id.index), tile.encode()])
        })
        .map(drop)
        .map_err(failed)
}

pub(crate) fn tile(journal: &Connection, id: TileId) -> Result<Option<Vec<Hash>>, Error> {
    let found: Option<Vec<u8>> = journal
        .prepare_cached("SELECT hashes FROM tile WHERE level=? AND number=?")
        .and_then(|mut select| {
            select
                .query_row(params![id.level, signed(id.index)], |row| row.get(0))
                .optional()
        })
        .map_err(failed)?;
    let decode = |bytes: Vec<u8>| {
        bytes
            .chunks(32)
            .map(|chunk| Hash::try_from(chunk).map_err(|_| damaged_tile(id)))
            .collect()
    };
    found.map(decode).transpose()
}

fn damaged_tile(id: TileId) -> Error {
    Error::Damaged(format!(
        "tile {} of level {} has another length",
        id.index, id.level
    ))
}

/// How many tiles there are, of all levels.
pub(crate) fn tiles(journal: &Connection) -> Result<u64, Error> {
    journal
        .query_row("SELECT count(*) FROM tile", [], |row| row.get(0))
        .map(unsigned)
        .map_err(failed)
}

/// How many whole tiles of leaves there are.
pub(crate) fn full_tiles(journal: &Connection) -> Result<u64, Error> {
    journal
        .query_row("SELECT count(*) FROM tile WHERE level=0", [], |row| {
            row.get(0)
        })
        .map(unsigned)
        .map_err(failed)
}

pub(crate) fn insert_checkpoint(
    journal: &Connection,
    size: u64,
    at: Timestamp,
    note: &str,
) -> Result<(), Error> {
    journal
        .prepare_cached("INSERT OR REPLACE INTO checkpoint (size, at_ms, note) VALUES (?,?,?)")
        .and_then(|mut insert| insert.execute(params![signed(size), at.0, note]))
        .map(drop)
        .map_err(failed)
}

pub(crate) fn remove_checkpoint(journal: &Connection, size: u64) -> Result<(), Error> {
    journal
        .execute("DELETE FROM checkpoint WHERE size=?", [signed(size)])
        .map(drop)
        .map_err(failed)
}

/// The last checkpoint: tree size and signed note.
pub(crate) fn last_checkpoint(journal: &Connection) -> Result<Option<(u64, String)>, Error> {
    journal
        .query_row(
            "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1",
            [],
            |row| Ok((unsigned(row.get(0)?), row.get(1)?)),
        )
        .optional()
        .map_err(failed)
}

/// All checkpoints: tree size, when it was signed, and the note, by rising size.
pub(crate) fn checkpoints(journal: &Connection) -> Result<Vec<(u64, Timestamp, String)>, Error> {
    journal
        .prepare_cached("SELECT size, at_ms, note FROM checkpoint ORDER BY size")
        .and_then(|mut select| {
            select
                .query_map([], |row| {
                    Ok((unsigned(row.get(0)?), Timestamp(row.get(1)?), row.get(2)?))
                })?
                .collect()
        })
        .map_err(failed)
}

/// Checkpoints over no fewer and no more entries than these: tree size and note, by rising size.
pub(crate) fn checkpoints_between(
    journal: &Connection,
    first: u64,
    last: u64,
) -> Result<Vec<(u64, String)>, Error> {
    journal
        .prepare_cached(
            "SELECT size, note FROM checkpoint WHERE size BETWEEN ? AND ? ORDER BY size",
        )
        .and_then(|mut select| {
            select
                .query_map([signed(first), signed(last)], |row| {
                    Ok((unsigned(row.get(0)?), row.get(1)?))
                })?
                .collect()
        })
        .map_err(failed)
}

/// Checkpoints that are over no entries, which are never made.
pub(crate) fn odd_checkpoints(journal: &Connection) -> Result<u64, Error> {
    number(journal, "SELECT count(*) FROM checkpoint WHERE size<1").map(unsigned)
}

/// The smallest number of an entry.
pub(crate) fn first_entry(journal: &Connection) -> Result<i64, Error> {
    number(journal, "SELECT coalesce(min(id), 1) FROM entry")
}

/// The smallest number of a blob.
pub(crate) fn first_blob(journal: &Connection) -> Result<i64, Error> {
    number(journal, "SELECT coalesce(min(id), 1) FROM blob")
}

fn number(journal: &Connection, sql: &str) -> Result<i64, Error> {
    journal.query_row(sql, [], |row| row.get(0)).map_err(failed)
}

/// The largest number of a blob.
pub(crate) fn last_blob(journal: &Connection) -> Result<u64, Error> {
    journal
        .query_row("SELECT coalesce(max(id), 0) FROM blob", [], |row| {
            row.get(0)
        })
        .map(unsigned)
        .map_err(failed)
}

/// What an entry seals of a blob.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    pub(crate) id: BlobId,
    /// None where only the queue names it, which seals no metadata.
    pub(crate) meta: Option<[u8; 32]>,
    /// Whether it is the body of an object, not a message.
    pub(crate) is_object: bool,
}

/// What an entry seals of the blobs it brings.
pub(crate) fn sealed_by(commit: &Commit) -> impl Iterator<Item = (u64, Sealed)> + '_ {
    commit
        .mutations
        .iter()
        .filter_map(|mutation| match mutation {
            Mutation::AddEmail(new) => Some((
                new.blob.at,
                Sealed {
                    id: new.blob.id,
                    meta: Some(new.meta),
                    is_object: false,
                },
            )),
            Mutation::PutObject(put) => Some((
                put.blob.at,
                Sealed {
                    id: put.blob.id,
                    meta: Some(put.meta),
                    is_object: true,
                },
            )),
            Mutation::Enqueue(item) => Some((
                item.blob.at,
                Sealed {
                    id: item.blob.id,
                    meta: None,
                    is_object: false,
                },
            )),
            _ => None,
        })
}

/// SQLite's integers are signed; ours stay below 2^63.
pub(crate) fn signed(number: u64) -> i64 {
    number.cast_signed()
}

pub(crate) fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}
