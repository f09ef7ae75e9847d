//! A kind of tampering, and one variant of it: a copy of the folder with the random choices that are made in it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::FromSql;
use seal::SigningKey;
use store_local::{Extent, Finding, Kept, Verify, VerifyReport};
use tempfile::TempDir;
use testbed::Seeded;

use super::folder::{Prepared, copy_folder};

/// A way to tamper.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// As it stands in `docs/tampering.md`.
    pub(super) name: &'static str,
    pub(super) tamper: fn(&mut Variant<'_>),
    /// By one of these it is found, and by no other.
    pub(super) found_by: &'static [By],
}

/// What finds something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The chain of an account, or the fold of the journal.
    Chain,
    /// The tree: signed checkpoints, tiles, and how many entries there are.
    Tree,
    /// A message's or object's bytes, and what was read from them.
    Blob,
    /// A file that nothing names.
    File,
    /// The comparison of this table.
    State(&'static str),
    /// The comparison of any table.
    AnyState,
    /// A table of a report.
    Table(String),
    /// It cannot be read at all, which is said.
    Refused,
}

impl By {
    /// The word in `docs/tampering.md`.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::File => "file",
            Self::State(_) | Self::AnyState | Self::Table(_) => "state",
            Self::Refused => "refused",
        }
    }

    pub(super) fn of(finding: &Finding) -> Self {
        match finding {
            Finding::Entry { .. } => Self::Chain,
            Finding::Tree { .. } => Self::Tree,
            Finding::Blob { .. } => Self::Blob,
            Finding::File { .. } => Self::File,
            Finding::State { table, .. } => Self::Table(table.clone()),
        }
    }

    pub(super) fn covers(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::AnyState, Self::Table(_)) => true,
            (Self::State(wanted), Self::Table(found)) => wanted == found,
            _ => self == found,
        }
    }
}

/// A copy of the prepared folder.
pub(super) struct Variant<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) random: Seeded,
    /// What was done, for whom it is to be shown.
    pub(super) done: String,
    /// The key that the administrator finds beside the configuration.
    pub(super) key: SigningKey,
    folder: TempDir,
}

impl<'a> Variant<'a> {
    pub(super) fn of(prepared: &'a Prepared, seed: u64) -> Self {
        // Memory if there is some: nearly two thousand folders come and go.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            TempDir::with_prefix_in("wachpost-it-", memory)
        } else {
            TempDir::with_prefix("wachpost-it-")
        };
        let folder = folder.unwrap();
        copy_folder(&prepared.server.data(), &folder.path().join("data"));
        Self {
            prepared,
            random: Seeded::new(seed),
            done: String::new(),
            key: prepared.key.clone(),
            folder,
        }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn state(&self) -> Connection {
        open(&self.data().join("state.db"))
    }

    pub(super) fn journal(&self) -> Connection {
        open(&self.data().join("journal.db"))
    }

    /// What `wachpost verify` finds.
    pub(super) fn verify(&self) -> Result<VerifyReport, store::Error> {
        self.verify_against(Vec::new())
    }

    /// What it finds if these checkpoints are known from elsewhere.
    pub(super) fn verify_against(&self, kept: Vec<Kept>) -> Result<VerifyReport, store::Error> {
        let (data, scratch) = (self.data(), self.folder.path().join("scratch"));
        let asked = Verify {
            data: &data,
            scratch: &scratch,
            key: Some(self.key.verifier()),
            kept,
            extent: Extent::Everything,
        };
        asked.run(&mut |_, _, _| {})
    }

    /// A number from `first` to `last`.
    pub(super) fn number(&mut self, first: i64, last: i64) -> i64 {
        let count = usize::try_from(last - first + 1).unwrap();
        first + i64::try_from(self.random.below(count)).unwrap()
    }

    /// One of the values that a query gives.
    pub(super) fn pick<T: FromSql + Clone>(&mut self, db: &Connection, sql: &str) -> T {
        let all: Vec<T> = all(db, sql);
        assert!(!all.is_empty(), "nothing to choose from: {sql}");
        self.random.pick(&all).clone()
    }

    /// Two different ones.
    pub(super) fn pick_two<T>(&mut self, db: &Connection, sql: &str) -> (T, T)
    where
        T: FromSql + Clone + PartialEq,
    {
        let one: T = self.pick(db, sql);
        let mut others: Vec<T> = all(db, sql);
        others.retain(|other| *other != one);
        assert!(!others.is_empty(), "only one to choose from: {sql}");
        let other = self.random.pick(&others).clone();
        (one, other)
    }

    /// A condition that is true of one row of a table, chosen among those that the filter leaves.
    pub(super) fn row(&mut self, db: &Connection, table: &str, filter: &str) -> String {
        let columns: String = db
            .query_row(
                "SELECT group_concat(name || '=''||quote(' || name || ')||''', ' AND ') FROM \
                 (SELECT name FROM pragma_table_info(?) WHERE pk>0 ORDER BY pk)",
                [table],
                |row| row.get(0),
            )
            .unwrap();
        let sql = format!("SELECT '{columns}' AS one FROM {table} WHERE {filter} ORDER BY one");
        self.pick(db, &sql)
    }

    /// Does it, and sees that it does something.
    pub(super) fn run(&mut self, db: &Connection, sql: &str) {
        self.done.push_str(sql);
        self.done.push_str("; ");
        let changed = db
            .execute(sql, [])
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(changed > 0, "{sql}: changes nothing");
    }

    /// Changes some neighbouring octets of a value, at the earliest the one with this number.
    pub(super) fn flip(&mut self, value: &mut [u8], first: usize, count: usize) {
        let last = value.len().saturating_sub(count).max(first);
        let at = first + self.random.below(last - first + 1);
        for octet in value.iter_mut().skip(at).take(count) {
            let change = u8::try_from(1 + self.random.below(255)).unwrap();
            *octet ^= change;
        }
        self.done.push_str(&format!("octet {at}; "));
    }

    /// Changes some neighbouring octets of a column in one row.
    pub(super) fn flip_column(&mut self, db: &Connection, place: &Place<'_>, octets: usize) {
        let Place {
            table,
            column,
            filter,
        } = place;
        let row = self.row(
            db,
            table,
            &format!("length({column})>{octets} AND ({filter})"),
        );
        let sql = format!("SELECT {column} FROM {table} WHERE {row}");
        let mut value: Vec<u8> = db
            .query_row(&sql, [], |row| {
                let value = row.get_ref(0)?;
                Ok(value.as_bytes().unwrap().to_vec())
            })
            .unwrap();
        self.flip(&mut value, 0, octets);
        self.run(
            db,
            &format!("UPDATE {table} SET {column}=x'{}' WHERE {row}", hex(&value)),
        );
    }
}

/// A column in the rows that a filter leaves.
pub(super) struct Place<'a> {
    pub(super) table: &'a str,
    pub(super) column: &'a str,
    pub(super) filter: &'a str,
}

/// All values of a query's only column.
pub(super) fn all<T: FromSql>(db: &Connection, sql: &str) -> Vec<T> {
    let mut select = db
        .prepare(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Opens a database as an intruder would; nothing has to outlast a power cut here.
pub(super) fn open(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA synchronous=OFF").unwrap();
    db
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Puts a file or folder in the place of another.
pub(super) fn put_back(old: &Path, data: &Path, name: &str) {
    let (from, to) = (old.join(name), data.join(name));
    if from.is_dir() {
        fs::remove_dir_all(&to).unwrap();
        copy_folder(&from, &to);
    } else {
        fs::copy(from, to).unwrap();
    }
}
