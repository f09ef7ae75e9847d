//! The comparison of two states, table by table and row by row, both read in the order of their keys: whatever is only in
//! one of them, or says something else, is told. Holds one row of each in memory.

use std::cmp::Ordering;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use store::Error;

use super::describe::{Names, noun};
use super::finding::{Finding, How, RowFinding, VerifyReport};
use crate::database::failed;

/// Rows of a table that are told one by one; more are counted.
const ROWS_TOLD_MAX: usize = 50;

/// A table, or an index, as it is read on both sides.
struct Query {
    /// Of the rows, the first of which are the key.
    columns: Vec<String>,
    keys: usize,
    sql: String,
}

/// Compares these tables of the real state with those of a replay, and their indexes. What stands in the replay is the truth.
pub(super) fn compare(
    real: &Connection,
    replayed: &Connection,
    tables: &[&str],
    report: &mut VerifyReport,
) -> Result<(), Error> {
    for table in tables {
        let query = if *table == "sqlite_schema" {
            definitions()
        } else {
            of_table(replayed, table)?
        };
        let is_same = compare_one(real, replayed, table, &query, report)?;
        // An index that says something else than its table would only say the table's fault again.
        if is_same && *table != "sqlite_schema" {
            for query in of_indexes(replayed, table)? {
                compare_one(real, replayed, table, &query, report)?;
            }
        }
    }
    Ok(())
}

/// The schema's own table holds page numbers: only what was defined counts.
fn definitions() -> Query {
    let columns = ["type", "name", "tbl_name", "sql"].map(str::to_owned);
    Query {
        sql: "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'sqlite_stat_' ORDER BY type, name, \
              tbl_name, sql"
            .into(),
        columns: columns.into(),
        keys: 4,
    }
}

fn of_table(replayed: &Connection, table: &str) -> Result<Query, Error> {
    let sql = "SELECT name, pk FROM pragma_table_info(?) ORDER BY pk=0, pk, cid";
    let mut select = replayed.prepare_cached(sql).map_err(failed)?;
    let columns: Vec<(String, i64)> = select
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(failed)?;
    let keys = columns.iter().filter(|(_, place)| *place > 0).count();
    let columns: Vec<String> = columns.into_iter().map(|(name, _)| name).collect();
    // An index is compared on its own: here it is not to stand in for what it is of.
    let sql = format!(
        "SELECT {} FROM {table} NOT INDEXED ORDER BY {}",
        columns.join(", "),
        columns[..keys].join(", ")
    );
    Ok(Query { columns, keys, sql })
}

/// What each index of a table holds, read from the index itself.
fn of_indexes(replayed: &Connection, table: &str) -> Result<Vec<Query>, Error> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type='index' AND tbl_name=? AND sql IS NOT NULL ORDER BY name";
    let mut select = replayed.prepare_cached(sql).map_err(failed)?;
    let indexes: Vec<(String, String)> = select
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(failed)?;
    let mut queries = Vec::new();
    for (index, definition) in indexes {
        let sql = "SELECT coalesce(name, 'rowid') FROM pragma_index_xinfo(?) ORDER BY seqno";
        let mut select = replayed.prepare_cached(sql).map_err(failed)?;
        let columns: Vec<String> = select
            .query_map([&index], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(failed)?;
        let only = definition
            .split_once(" WHERE ")
            .map_or(String::new(), |(_, only)| format!(" WHERE {only}"));
        let listed = columns.join(", ");
        queries.push(Query {
            sql: format!("SELECT {listed} FROM {table} INDEXED BY {index}{only} ORDER BY {listed}"),
            keys: columns.len(),
            columns,
        });
    }
    Ok(queries)
}

/// What was found in one table so far.
#[derive(Default)]
struct Found {
    unexplained: u64,
    missing: u64,
    changed: u64,
    rows: Vec<RowFinding>,
}

impl Found {
    fn add(&mut self, how: How, row: impl FnOnce() -> String) {
        *match how {
            How::Unexplained => &mut self.unexplained,
            How::Missing => &mut self.missing,
            How::Changed => &mut self.changed,
        } += 1;
        if self.rows.len() < ROWS_TOLD_MAX {
            self.rows.push(RowFinding { how, row: row() });
        }
    }
}

/// Compares what a query gives on both sides; tells whether it is the same.
fn compare_one(
    real: &Connection,
    replayed: &Connection,
    table: &str,
    query: &Query,
    report: &mut VerifyReport,
) -> Result<bool, Error> {
    let names = Names::new(replayed);
    let mut found = Found::default();
    let mut right = replayed.prepare(&query.sql).map_err(failed)?;
    match real.prepare(&query.sql) {
        Ok(mut left) => {
            let mut left = left.query([]).map_err(failed)?;
            let mut right = right.query([]).map_err(failed)?;
            let (mut one, mut other) =
                (left.next().map_err(failed)?, right.next().map_err(failed)?);
            loop {
                let order = match (one, other) {
                    (None, None) => break,
                    (Some(_), None) => Ordering::Less,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(one), Some(other)) => order_of(one, other, query.keys)?,
                };
                match (order, one, other) {
                    (Ordering::Less, Some(row), _) => {
                        found.add(How::Unexplained, || {
                            names.row(table, &query.columns, query.keys, row)
                        });
                        one = left.next().map_err(failed)?;
                    }
                    (Ordering::Greater, _, Some(row)) => {
                        found.add(How::Missing, || {
                            names.row(table, &query.columns, query.keys, row)
                        });
                        other = right.next().map_err(failed)?;
                    }
                    (_, Some(stored), Some(committed)) => {
                        if !is_same(stored, committed, query)? {
                            found.add(How::Changed, || {
                                names.change(table, &query.columns, query.keys, stored, committed)
                            });
                        }
                        one = left.next().map_err(failed)?;
                        other = right.next().map_err(failed)?;
                    }
                    _ => break,
                }
            }
        }
        // It is not defined as it should be, which the definitions tell as well.
        Err(error) => {
            let mut rows = right.query([]).map_err(failed)?;
            while rows.next().map_err(failed)?.is_some() {
                found.missing += 1;
            }
            found.add(How::Missing, || format!("it cannot be read: {error}"));
        }
    }
    let is_same = found.unexplained + found.missing + found.changed == 0;
    if !is_same {
        report.add(Finding::State {
            table: table.into(),
            noun: noun(table),
            unexplained: found.unexplained,
            missing: found.missing,
            changed: found.changed,
            rows: found.rows,
        });
    }
    Ok(is_same)
}

fn is_same(one: &Row<'_>, other: &Row<'_>, query: &Query) -> Result<bool, Error> {
    for column in query.keys..query.columns.len() {
        let (stored, committed) = (
            one.get_ref(column).map_err(failed)?,
            other.get_ref(column).map_err(failed)?,
        );
        // The journal has no metadata of what was purged after the moment that the real state is of, and none that it
        // cannot unpack. Whether it was right to drop it is told of the message itself.
        let is_gone = committed == ValueRef::Null && query.columns[column] == "meta";
        if stored != committed && !is_gone {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The order of two rows by their first columns.
fn order_of(one: &Row<'_>, other: &Row<'_>, keys: usize) -> Result<Ordering, Error> {
    for column in 0..keys {
        let (one, other) = (
            one.get_ref(column).map_err(failed)?,
            other.get_ref(column).map_err(failed)?,
        );
        match order(one, other) {
            Ordering::Equal => {}
            order => return Ok(order),
        }
    }
    Ok(Ordering::Equal)
}

/// SQLite's order of values: nothing, numbers, texts, octets.
fn order(one: ValueRef<'_>, other: ValueRef<'_>) -> Ordering {
    let rank = |value: &ValueRef<'_>| match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    };
    match (one, other) {
        (ValueRef::Integer(one), ValueRef::Integer(other)) => one.cmp(&other),
        (ValueRef::Text(one), ValueRef::Text(other))
        | (ValueRef::Blob(one), ValueRef::Blob(other)) => one.cmp(other),
        (ValueRef::Real(one), ValueRef::Real(other)) => one.total_cmp(&other),
        _ => rank(&one).cmp(&rank(&other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> Connection {
        let made = Connection::open_in_memory().unwrap();
        made.execute_batch("CREATE TABLE principal (id INTEGER PRIMARY KEY, address TEXT NOT NULL, administrator INTEGER) STRICT;
             CREATE INDEX principal_address ON principal (address) WHERE address<>'';
             INSERT INTO principal VALUES (1, 'anna@example.org', 0), (2, 'bert@example.org', 0), (4, '', 0);").unwrap();
        made.execute_batch(sql).unwrap();
        made
    }

    fn compared(sql: &str) -> Vec<Finding> {
        let mut report = VerifyReport::default();
        compare(&database(sql), &database(""), &["principal"], &mut report).unwrap();
        report.findings
    }

    fn rows(sql: &str) -> Vec<(How, String)> {
        match &compared(sql)[..] {
            [Finding::State { rows, .. }] => {
                rows.iter().map(|row| (row.how, row.row.clone())).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_row_is_told_in_its_way() {
        assert_eq!(compared(""), []);
        let changed = rows("UPDATE principal SET administrator=1 WHERE id=2");
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].0, How::Changed);
        assert!(changed[0].1.contains("bert@example.org"), "{changed:?}");
        assert!(
            changed[0].1.contains("administrator: 1, committed was 0"),
            "{changed:?}"
        );
        let put_in = rows("INSERT INTO principal VALUES (3, 'mallory@example.org', 1)");
        assert_eq!(put_in[0].0, How::Unexplained);
        assert!(put_in[0].1.contains("mallory@example.org"), "{put_in:?}");
        assert_eq!(rows("DELETE FROM principal WHERE id=4")[0].0, How::Missing);
        assert_eq!(rows("UPDATE principal SET id=9 WHERE id=1").len(), 2);
    }

    #[test]
    fn an_index_that_says_something_else_than_its_table_is_told() {
        let found = compared(
            "PRAGMA writable_schema=ON;
             CREATE TABLE aside AS SELECT * FROM sqlite_schema WHERE name='principal_address';
             DELETE FROM sqlite_schema WHERE name='principal_address'; PRAGMA writable_schema=RESET;
             UPDATE principal SET address='eve@example.org' WHERE id=1;
             PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT * FROM aside; PRAGMA writable_schema=RESET;
             UPDATE principal SET address='anna@example.org' WHERE id=2 AND 0;",
        );
        assert!(!found.is_empty());
    }

    #[test]
    fn a_table_that_is_none_any_more_is_told() {
        let found = compared(
            "ALTER TABLE principal RENAME TO old; CREATE VIEW principal AS SELECT * FROM old",
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
