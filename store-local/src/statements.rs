//! Statements kept at hand: those that are run again and again within one piece of work on a connection.
//!
//! The connection's own cache finds a statement by its text and takes it out for as long as it is used; where the same
//! eight are run for every message, that alone was a tenth of the writer's work. Here they are found by where their text
//! lies, and go back into the cache when the work is done.

use std::cell::RefCell;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row};
use store::Error;

use crate::database::failed;

/// A connection with the statements that were run on it so far.
pub(crate) struct Statements<'c> {
    connection: &'c Connection,
    /// In the order in which they were first needed.
    kept: RefCell<Vec<(&'static str, CachedStatement<'c>)>>,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            kept: RefCell::new(Vec::new()),
        }
    }

    /// The connection, for what is not run often.
    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    /// Runs a statement; tells how many rows it changed.
    pub(crate) fn run(&self, sql: &'static str, values: impl Params) -> Result<usize, Error> {
        self.with(sql, |statement| statement.execute(values))
    }

    /// Reads something of the first row that a statement finds, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &'static str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        self.with(sql, |statement| {
            statement.query_row(values, read).optional()
        })
    }

    /// `work` gets the statement, ready to be run, and runs no other one of these.
    fn with<T>(
        &self,
        sql: &'static str,
        work: impl FnOnce(&mut CachedStatement<'c>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let mut kept = self.kept.borrow_mut();
        let known = kept.iter().position(|(text, _)| std::ptr::eq(*text, sql));
        let place = match known {
            Some(place) => place,
            None => {
                let statement = self.connection.prepare_cached(sql).map_err(failed)?;
                kept.push((sql, statement));
                kept.len() - 1
            }
        };
        work(&mut kept[place].1).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_run_as_often_as_wanted_and_given_back() {
        const INSERT: &str = "INSERT INTO t (a) VALUES (?)";
        const SELECT: &str = "SELECT a FROM t WHERE a>? ORDER BY a";
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a)").unwrap();
        let statements = Statements::new(&connection);
        connection.execute_batch("BEGIN").unwrap();
        for number in 1..=3 {
            assert_eq!(statements.run(INSERT, [number]).unwrap(), 1);
            let found = statements.first(SELECT, [number - 1], |row| row.get::<_, i64>(0));
            assert_eq!(found.unwrap(), Some(number));
        }
        let none = statements.first(SELECT, [3], |row| row.get::<_, i64>(0));
        assert_eq!(none.unwrap(), None);
        assert_eq!(statements.kept.borrow().len(), 2);
        // Nothing is left half run, which would keep the transaction open.
        connection.execute_batch("COMMIT").unwrap();
        assert!(statements.run("INSERT INTO u VALUES (1)", []).is_err());
        drop(statements);
        connection.execute(INSERT, [4]).unwrap();
    }
}
