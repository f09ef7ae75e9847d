//! The index's tables (SQLite FTS5): contentless, so that no text is kept a second time.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, params};
use store::{Error, SearchText};

use super::distinct::distinct;
use super::words::{Question, Table, fold_sharp_s};
use crate::database::{self, Durability, failed, open_writer, version};
use crate::journal::{signed, unsigned};

/// Pages the indexer keeps in memory, in KiB.
const CACHE_KIB: u32 = 8 * 1024;

/// Version of the tables: an index of another version is made anew.
const VERSION: i64 = 2;

/// The row numbers are account and email, so that an account is a range. The header's table knows which field a word
/// is in, the body's only that it is there (`detail`): a body has most of the words, and knowing nothing else about
/// them halves the index. Phrases are checked by whoever needs them.
const SCHEMA: &str = "
CREATE VIRTUAL TABLE header USING fts5(sender, recipients, cc, bcc, subject, content='', contentless_delete=1,
    detail=column, tokenize=\"unicode61 remove_diacritics 2\");
CREATE VIRTUAL TABLE body USING fts5(words, content='', contentless_delete=1,
    detail=none, tokenize=\"unicode61 remove_diacritics 2\");
CREATE TABLE position (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL) STRICT;
INSERT INTO position VALUES (1, 0);
";

/// Whether the index may have texts of the same rows already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// It has not.
    New,
    /// It may: those are replaced, which has to look for each of them.
    Again,
}

#[derive(Debug)]
pub(super) struct Index {
    connection: Connection,
}

impl Index {
    /// Opens the index of a journal with so many entries; one that is damaged, of another version or of another journal is made anew.
    pub(super) fn open(path: &Path, entries: u64) -> Result<Self, Error> {
        match Self::try_open(path) {
            Ok(Some(index)) if index.position()? <= entries => return Ok(index),
            Ok(_) | Err(Error::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        tracing::warn!(
            "the search index does not fit the journal or this program; it is made anew"
        );
        crate::state::remove(path)?;
        Self::try_open(path)?
            .ok_or_else(|| Error::Damaged("the search index that was just made".into()))
    }

    /// None if it is of another version.
    fn try_open(path: &Path) -> Result<Option<Self>, Error> {
        let connection = open_writer(path, Durability::Ordered, CACHE_KIB)?;
        match version(&connection)? {
            VERSION => {}
            0 => connection
                .execute_batch(&format!(
                    "BEGIN; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;"
                ))
                .map_err(failed)?,
            _ => return Ok(None),
        }
        Ok(Some(Self { connection }))
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
            .execute_batch(
                "BEGIN; INSERT INTO header(header) VALUES('delete-all'); INSERT INTO body(body) VALUES('delete-all');
                 UPDATE position SET entry=0; COMMIT;",
            )
            .map_err(failed)
    }

    /// Nothing is to do for now: what was written need not stay in the log.
    pub(super) fn truncate_log(&self) -> Result<(), Error> {
        database::truncate_log(&self.connection)
    }

    /// Writes texts, by rising row, and removes rows, in one transaction.
    pub(super) fn write(
        &self,
        texts: &[(i64, Arc<SearchText>)],
        rows: Rows,
        gone: &[i64],
        position: u64,
    ) -> Result<(), Error> {
        self.connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(failed)?;
        let written = self
            .write_open(texts, rows, gone, position)
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
        rows: Rows,
        gone: &[i64],
        position: u64,
    ) -> rusqlite::Result<()> {
        let (header, body) = match rows {
            Rows::New => (
                "INSERT INTO header (rowid, sender, recipients, cc, bcc, subject) VALUES (?,?,?,?,?,?)",
                "INSERT INTO body (rowid, words) VALUES (?,?)",
            ),
            Rows::Again => (
                "INSERT OR REPLACE INTO header (rowid, sender, recipients, cc, bcc, subject) VALUES (?,?,?,?,?,?)",
                "INSERT OR REPLACE INTO body (rowid, words) VALUES (?,?)",
            ),
        };
        let mut header = self.connection.prepare_cached(header)?;
        let mut body = self.connection.prepare_cached(body)?;
        for (row, text) in texts {
            let [from, to, cc, bcc, subject]: [Cow<'_, str>; 5] =
                [&text.from, &text.to, &text.cc, &text.bcc, &text.subject]
                    .map(|text| fold_sharp_s(text));
            header.execute(params![row, from, to, cc, bcc, subject])?;
            let words = distinct(&fold_sharp_s(&text.body));
            if !words.is_empty() {
                body.execute(params![row, words])?;
            }
        }
        for sql in [
            "DELETE FROM header WHERE rowid=?",
            "DELETE FROM body WHERE rowid=?",
        ] {
            let mut delete = self.connection.prepare_cached(sql)?;
            for row in gone {
                delete.execute([row])?;
            }
        }
        self.connection
            .execute("UPDATE position SET entry=?", [signed(position)])?;
        Ok(())
    }
}

/// The rows of the range that match, rising.
pub(super) fn find(
    index: &Connection,
    question: &Question,
    range: RangeInclusive<i64>,
) -> Result<Vec<i64>, Error> {
    let rows = |table: Table, question: &str| -> Result<Vec<i64>, Error> {
        let sql = match table {
            Table::Header => {
                "SELECT rowid FROM header WHERE header MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
            }
            Table::Body => {
                "SELECT rowid FROM body WHERE body MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid"
            }
        };
        let mut select = index.prepare_cached(sql).map_err(failed)?;
        let rows = select
            .query_map((question, range.start(), range.end()), |row| row.get(0))
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    };
    let words = match question {
        Question::In(table, question) => return rows(*table, question),
        Question::InEither(words) => words,
    };
    let mut found: Option<Vec<i64>> = None;
    for word in words {
        if found.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
        let mut either = rows(Table::Header, word)?;
        either.append(&mut rows(Table::Body, word)?);
        either.sort_unstable();
        either.dedup();
        if let Some(before) = found {
            either.retain(|row| before.binary_search(row).is_ok());
        }
        found = Some(either);
    }
    Ok(found.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use store::Field;

    use super::*;

    #[test]
    fn words_are_found_in_their_fields_and_together_in_any() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("search.db"), 0).unwrap();
        let text = |subject: &str, to: &str, body: &str| {
            Arc::new(SearchText {
                subject: subject.into(),
                to: to.into(),
                body: body.into(),
                ..SearchText::default()
            })
        };
        let texts = [
            (1, text("Straße nach Köln", "anna", "karte anbei")),
            (2, text("karte", "bert", "strasse")),
            (3, text("anderes", "karten", "")),
            (9, text("karte", "anna", "eines anderen")),
        ];
        index.write(&texts, Rows::New, &[], 0).unwrap();
        let find =
            |field, text| find(&index.connection, &Question::of(field, text), 0..=5).unwrap();
        assert_eq!(find(Field::Any, "kart"), [1, 2, 3]);
        assert_eq!(find(Field::Any, "KARTE strasse"), [1, 2]);
        assert_eq!(find(Field::Any, "karte nirgends"), []);
        assert_eq!(find(Field::Body, "karte"), [1]);
        assert_eq!(find(Field::Body, "karte anbei"), [1]);
        assert_eq!(find(Field::Subject, "koln straße"), [1]);
        assert_eq!(find(Field::To, "karte"), [3]);
        index.write(&texts[1..2], Rows::Again, &[1], 0).unwrap();
        assert_eq!(find(Field::Any, "karte"), [2, 3]);
        index.clear().unwrap();
        assert_eq!(find(Field::Any, "karte"), []);
    }

    #[test]
    fn an_index_of_another_version_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("search.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE text (x); PRAGMA user_version=1;")
            .unwrap();
        assert_eq!(Index::open(&path, 5).unwrap().position().unwrap(), 0);
    }
}
