//! The store of the census: one SQLite file with a row for each sighting.
//!
//! A sighting is known by day, address and port; when two sources saw the same, what tells more stays. Texts that come again and
//! again (versions, sectors, countries) are kept once, in `word`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use thiserror::Error;

use super::recognise::precision;
use super::{Day, EXCHANGE, Sighting};

/// `PRAGMA application_id`: "SCen", so that no other file is taken for one of ours.
const APPLICATION_ID: i32 = 0x5343_656e;

/// The version of the tables.
const SCHEMA_VERSION: i32 = 1;

/// Different texts that a store keeps; what comes after is taken as unknown. A hostile input may have a new one in each row.
const WORDS_MAX: usize = 500_000;

/// Octets of a version or sector.
const WORD_OCTETS_MAX: usize = 128;

/// Octets of the name of a host (RFC 1035 2.3.4).
const NAME_OCTETS_MAX: usize = 255;

/// KiB of pages that SQLite keeps in memory: a million sightings.
const CACHE_KIB: i64 = 262_144;

const SCHEMA: &str = "
CREATE TABLE word(
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO word VALUES (0, '');
CREATE TABLE import(
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    sightings INTEGER NOT NULL,
    first_day INTEGER,
    last_day INTEGER
) STRICT;
CREATE TABLE sighting(
    day INTEGER NOT NULL,
    address BLOB NOT NULL,
    port INTEGER NOT NULL,
    product INTEGER NOT NULL,
    version INTEGER NOT NULL,
    -- Parts of the version that are known, and 16 more for Exchange.
    tells INTEGER NOT NULL,
    country INTEGER NOT NULL,
    asn INTEGER NOT NULL,
    sector INTEGER NOT NULL,
    hostname TEXT NOT NULL,
    server TEXT NOT NULL,
    PRIMARY KEY (day, address, port)
) STRICT, WITHOUT ROWID;
";

const INSERT: &str = "
INSERT INTO sighting VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
ON CONFLICT DO UPDATE SET
    product = iif(excluded.tells >= tells, excluded.product, product),
    version = iif(excluded.tells >= tells, excluded.version, version),
    tells = max(excluded.tells, tells),
    country = iif(excluded.country <> 0, excluded.country, country),
    asn = iif(excluded.asn <> 0, excluded.asn, asn),
    sector = iif(excluded.sector <> 0, excluded.sector, sector),
    hostname = iif(excluded.hostname <> '', excluded.hostname, hostname),
    server = iif(excluded.server <> '', excluded.server, server)
";

/// Why the store cannot do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("the store of the census failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is something else.
    #[error("the file is no store of a census")]
    Foreign,
    /// The file was made by a later version.
    #[error("the store was made by a later version of scout ({0}); use that one")]
    Later(i32),
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportRow {
    /// The format.
    pub source: String,
    /// The name of the file.
    pub name: String,
    /// How many sightings it had.
    pub sightings: u64,
    /// The first day.
    pub first_day: Option<Day>,
    /// The last.
    pub last_day: Option<Day>,
}

/// A sighting as it is counted; texts by their number.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) day: Day,
    pub(super) address: u128,
    pub(super) port: u16,
    pub(super) product: u32,
    pub(super) version: u32,
    pub(super) tells: u8,
    pub(super) country: u32,
    pub(super) asn: u32,
    pub(super) sector: u32,
    pub(super) hostname: String,
    pub(super) server: String,
}

/// All sightings, in one file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens a store, or makes it.
    ///
    /// # Errors
    /// It cannot be opened, or is something else.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::over(Connection::open(path)?)
    }

    /// A store in memory, for tests.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::over(Connection::open_in_memory()?)
    }

    fn over(mut connection: Connection) -> Result<Self, StoreError> {
        let number =
            |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => StoreError::Foreign,
            _ => error.into(),
        };
        let application = number("application_id").map_err(foreign)?;
        let version = number("user_version")?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        // What is made or changed is made again by another import: the file need not survive a power cut in between.
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{CACHE_KIB};
             PRAGMA trusted_schema = OFF;"
        ))?;
        if tables == 0 {
            let transaction = connection.transaction()?;
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            transaction.commit()?;
        } else if application != APPLICATION_ID {
            return Err(StoreError::Foreign);
        } else if version > SCHEMA_VERSION {
            return Err(StoreError::Later(version));
        }
        Ok(Self { connection })
    }

    /// Begins to take sightings; they are there when [`Import::finish`] was called, and not before.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn import(&mut self, source: &str, name: &str) -> Result<Import<'_>, StoreError> {
        let transaction = self.connection.transaction()?;
        let mut words = HashMap::new();
        {
            let mut all = transaction.prepare("SELECT text, id FROM word")?;
            let rows = all.query_map((), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
            })?;
            for row in rows {
                let (text, id) = row?;
                words.insert(text, id);
            }
        }
        Ok(Import {
            transaction,
            words,
            source: source.to_owned(),
            name: name.to_owned(),
            sightings: 0,
            days: None,
        })
    }

    /// What was imported, in that order.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn imports(&self) -> Result<Vec<ImportRow>, StoreError> {
        let mut all = self.connection.prepare(
            "SELECT source, name, sightings, first_day, last_day FROM import ORDER BY id",
        )?;
        let rows = all.query_map((), |row| {
            Ok(ImportRow {
                source: row.get(0)?,
                name: row.get(1)?,
                sightings: row.get::<_, i64>(2)?.unsigned_abs(),
                first_day: row.get::<_, Option<i32>>(3)?.map(Day),
                last_day: row.get::<_, Option<i32>>(4)?.map(Day),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The days that have sightings, in order.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn days(&self) -> Result<Vec<Day>, StoreError> {
        let mut days = Vec::new();
        let mut next = self
            .connection
            .prepare("SELECT min(day) FROM sighting WHERE day > ?1")?;
        // One step in the index for each day, however many sightings it has.
        let mut last = i32::MIN;
        while let Some(day) = next.query_row([last], |row| row.get::<_, Option<i32>>(0))? {
            days.push(Day(day));
            last = day;
        }
        Ok(days)
    }

    /// The last day that has sightings.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn last_day(&self) -> Result<Option<Day>, StoreError> {
        let day = self
            .connection
            .query_row("SELECT max(day) FROM sighting", (), |row| {
                row.get::<_, Option<i32>>(0)
            })
            .optional()?;
        Ok(day.flatten().map(Day))
    }

    /// The texts, by number.
    pub(super) fn words(&self) -> Result<HashMap<u32, String>, StoreError> {
        let mut all = self.connection.prepare("SELECT id, text FROM word")?;
        let rows = all.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Hands out each sighting from one day to another, both included.
    pub(super) fn each(
        &self,
        from: Day,
        until: Day,
        mut take: impl FnMut(Stored),
    ) -> Result<(), StoreError> {
        let mut all = self.connection.prepare(
            "SELECT day, address, port, product, version, tells, country, asn, sector, hostname, server
             FROM sighting WHERE day BETWEEN ?1 AND ?2",
        )?;
        let mut rows = all.query([from.0, until.0])?;
        while let Some(row) = rows.next()? {
            let address = match row.get_ref(1)?.as_blob().unwrap_or_default() {
                octets if octets.len() == 4 => {
                    let octets: [u8; 4] = octets.try_into().unwrap_or_default();
                    u128::from(std::net::Ipv4Addr::from(octets).to_ipv6_mapped())
                }
                octets => u128::from_be_bytes(octets.try_into().unwrap_or_default()),
            };
            take(Stored {
                day: Day(row.get(0)?),
                address,
                port: row.get(2)?,
                product: row.get(3)?,
                version: row.get(4)?,
                tells: row.get(5)?,
                country: row.get(6)?,
                asn: row.get(7)?,
                sector: row.get(8)?,
                hostname: row.get(9)?,
                server: row.get(10)?,
            });
        }
        Ok(())
    }
}

/// Sightings on their way into the store.
#[derive(Debug)]
pub struct Import<'a> {
    transaction: Transaction<'a>,
    words: HashMap<String, u32>,
    source: String,
    name: String,
    sightings: u64,
    days: Option<(Day, Day)>,
}

impl Import<'_> {
    /// Takes a sighting.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn add(&mut self, sighting: &Sighting<'_>) -> Result<(), StoreError> {
        let country = country(sighting.country);
        let country = self.word(country.as_deref().unwrap_or_default())?;
        let product = self.word(sighting.product)?;
        let version = self.word(sighting.version)?;
        let sector = self.word(sighting.sector)?;
        let exchange = if sighting.product == EXCHANGE { 16 } else { 0 };
        let tells = exchange + precision(sighting.version);
        let mut insert = self.transaction.prepare_cached(INSERT)?;
        let (v4, v6);
        let address: &[u8] = match sighting.address {
            IpAddr::V4(address) => {
                v4 = address.octets();
                &v4
            }
            IpAddr::V6(address) => {
                v6 = address.octets();
                &v6
            }
        };
        insert.execute(params![
            sighting.day.0,
            address,
            sighting.port,
            product,
            version,
            tells,
            country,
            sighting.asn,
            sector,
            cut(sighting.hostname, NAME_OCTETS_MAX),
            cut(sighting.server, NAME_OCTETS_MAX),
        ])?;
        self.sightings += 1;
        let (first, last) = self.days.unwrap_or((sighting.day, sighting.day));
        self.days = Some((first.min(sighting.day), last.max(sighting.day)));
        Ok(())
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// SQLite fails; then nothing of it is there.
    pub fn finish(self) -> Result<(), StoreError> {
        let days = self.days;
        self.transaction.execute(
            "INSERT INTO import(source, name, sightings, first_day, last_day) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                self.source,
                cut(&self.name, NAME_OCTETS_MAX),
                i64::try_from(self.sightings).unwrap_or(i64::MAX),
                days.map(|(first, _)| first.0),
                days.map(|(_, last)| last.0)
            ],
        )?;
        Ok(self.transaction.commit()?)
    }

    fn word(&mut self, text: &str) -> Result<u32, StoreError> {
        let text = cut(text, WORD_OCTETS_MAX);
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        if self.words.len() >= WORDS_MAX {
            return Ok(0);
        }
        let mut insert = self
            .transaction
            .prepare_cached("INSERT INTO word(text) VALUES (?1) RETURNING id")?;
        let id = insert.query_row([text], |row| row.get(0))?;
        self.words.insert(text.to_owned(), id);
        Ok(id)
    }
}

/// ISO 3166-1: two letters.
fn country(text: &str) -> Option<String> {
    let letters = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_alphabetic());
    letters.then(|| text.to_ascii_uppercase())
}

/// At most so many octets, cut between letters.
fn cut(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
