//! The index's tables (SQLite FTS5): contentless, so that no text is kept a second time.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use store::{Error, SearchText};

use crate::database::{Durability, failed, open_writer};
use crate::journal::{signed, unsigned};
use crate::search::words::fold_sharp_s;

/// Pages the indexer keeps in memory, in KiB.
const CACHE_KIB: u32 = 8 * 1024;

/// The row number is account and email, so that an account is a range. `detail=column` knows which column a word
/// is in, but not where: phrases are checked by whoever needs them.
const SCHEMA: &str = "
CREATE VIRTUAL TABLE text USING fts5(sender, recipients, cc, bcc, subject, body, content='', contentless_delete=1,
    detail=column, tokenize=\"unicode61 remove_diacritics 2\");
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL) STRICT;
INSERT INTO position VALUES (1, 0);
PRAGMA user_version=1;
";

#[derive(Debug)]
pub(super) struct Index {
    connection: Connection,
}

impl Index {
    /// Opens the index of a journal with so many entries; one that is damaged or of another journal is made anew.
    pub(super) fn open(path: &Path, entries: u64) -> Result<Self, Error> {
        match Self::try_open(path) {
            Ok(index) if index.position()? <= entries => Ok(index),
            Ok(_) | Err(Error::Damaged(_)) => {
                tracing::warn!("the search index does not fit the journal; it is made anew");
                crate::state::remove(path)?;
                Self::try_open(path)
            }
            Err(error) => Err(error),
        }
    }

    fn try_open(path: &Path) -> Result<Self, Error> {
        let connection = open_writer(path, Durability::Ordered, CACHE_KIB)?;
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed)?;
        if version == 0 {
            connection
                .execute_batch(&format!("BEGIN; {SCHEMA} COMMIT;"))
                .map_err(failed)?;
        }
        Ok(Self { connection })
    }

    /// All entries up to this one are in the index.
    pub(super) fn position(&self) -> Result<u64, Error> {
        self.connection
            .query_row("SELECT entry FROM position", [], |row| row.get(0))
            .map(unsigned)
            .map_err(failed)
    }

    /// Empties the index.
    pub(super) fn clear(&self) -> Result<(), Error> {
        self.connection
            .execute_batch("BEGIN; INSERT INTO text(text) VALUES('delete-all'); UPDATE position SET entry=0; COMMIT;")
            .map_err(failed)
    }

    /// Writes texts, by rising row, and removes rows, in one transaction.
    pub(super) fn write(
        &self,
        texts: &[(i64, Arc<SearchText>)],
        gone: &[i64],
        position: u64,
    ) -> Result<(), Error> {
        self.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(failed)?;
        let written = self
            .write_open(texts, gone, position)
            .and_then(|()| self.connection.execute_batch("COMMIT"));
        // Some failures roll back by themselves; nothing may stay open, or nothing could be begun again.
        if written.is_err() && !self.connection.is_autocommit() {
            self.connection.execute_batch("ROLLBACK").map_err(failed)?;
        }
        written.map_err(failed)
    }

    fn write_open(
        &self,
        texts: &[(i64, Arc<SearchText>)],
        gone: &[i64],
        position: u64,
    ) -> rusqlite::Result<()> {
        // An email may be indexed a second time after a crash: the row is replaced, not doubled.
        let sql = "INSERT OR REPLACE INTO text (rowid, sender, recipients, cc, bcc, subject, body) VALUES (?,?,?,?,?,?,?)";
        let mut insert = self.connection.prepare_cached(sql)?;
        for (row, text) in texts {
            let [from, to, cc, bcc, subject, body]: [Cow<'_, str>; 6] = [
                &text.from,
                &text.to,
                &text.cc,
                &text.bcc,
                &text.subject,
                &text.body,
            ]
            .map(|text| fold_sharp_s(text));
            insert.execute(params![row, from, to, cc, bcc, subject, body])?;
        }
        let mut delete = self
            .connection
            .prepare_cached("DELETE FROM text WHERE rowid=?")?;
        for row in gone {
            delete.execute([row])?;
        }
        self.connection
            .execute("UPDATE position SET entry=?", [signed(position)])?;
        Ok(())
    }
}
