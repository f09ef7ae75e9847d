//! Rows of the state in words: whose they are, in which mailbox, about whom.

use model::{EmailMeta, Rights, Timestamp};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Levels of mailboxes or collections that are told.
const LEVELS_MAX: usize = 16;
/// Characters of a text that are told.
const TEXT_CHARACTERS_MAX: usize = 120;

/// What a row of a table is.
pub(super) fn noun(table: &str) -> &'static str {
    match table {
        "position" => "how much of the journal the state knows",
        "account" => "where an account stands",
        "mailbox" => "mailboxes",
        "subscription" => "subscriptions",
        "share" => "who may use whose mailbox",
        "keyword" => "names of marks",
        "message" => "messages in mailboxes",
        "email" => "what is listed of messages",
        "destroyed" => "traces of deleted messages",
        "collection" => "calendars, address books, folders, filters",
        "collection_share" => "who may use whose calendar, address book or folder",
        "deputy" => "deputies",
        "object" => "events, contacts, files, filter scripts",
        "gone_object" => "traces of removed events, contacts and files",
        "version" => "earlier versions of events, contacts and files",
        "blob_use" => "how often a message's octets are used",
        "reference" => "what joins messages to threads",
        "account_entry" => "where an account's entries lie",
        "queue" => "mail that waits to be sent",
        "domain" => "domains",
        "principal" => "people, groups, rooms",
        "member" => "who is in which group",
        "address" => "addresses",
        "credential" => "passwords, keys, tokens",
        "credential_use" => "when credentials were used last",
        "mail_settings" => "forwarding and filing of mail",
        "archive" => "copies of all mail",
        "sqlite_schema" | "sqlite_schema of journal.db" => {
            "definitions: tables, indexes, triggers, views"
        }
        _ => "rows",
    }
}

/// Looks names up in a state that is as the journal says.
pub(super) struct Names<'a>(&'a Connection);

impl<'a> Names<'a> {
    pub(super) const fn new(state: &'a Connection) -> Self {
        Self(state)
    }

    /// A row, by its key and what else it says.
    pub(super) fn row(
        &self,
        table: &str,
        columns: &[String],
        keys: usize,
        row: &Row<'_>,
    ) -> String {
        self.told(table, columns, columns.len().max(keys), row)
            .join(", ")
    }

    /// A row that says something else than was committed.
    pub(super) fn change(
        &self,
        table: &str,
        columns: &[String],
        keys: usize,
        stored: &Row<'_>,
        committed: &Row<'_>,
    ) -> String {
        let who = self.told(table, columns, keys, committed).join(", ");
        let mut changes = Vec::new();
        // A person is known by the address better than by the number.
        if table == "principal" || table == "mailbox" || table == "object" || table == "collection"
        {
            let named = columns
                .iter()
                .position(|column| column == "address" || column == "name");
            if let Some(Ok(ValueRef::Text(name))) = named.map(|place| committed.get_ref(place)) {
                changes.push(format!("({})", text(name)));
            }
        }
        for (place, column) in columns.iter().enumerate().skip(keys) {
            let (Ok(stored), Ok(committed)) = (stored.get_ref(place), committed.get_ref(place))
            else {
                continue;
            };
            if stored == committed {
                continue;
            }
            changes.push(
                match (
                    plain(table, column, stored),
                    plain(table, column, committed),
                ) {
                    (Some(stored), Some(committed)) => {
                        format!("{column}: {stored}, committed was {committed}")
                    }
                    _ => format!("{column}: other octets than were committed"),
                },
            );
        }
        format!("{who}: {}", changes.join("; "))
    }

    fn told(&self, table: &str, columns: &[String], count: usize, row: &Row<'_>) -> Vec<String> {
        let number = |name: &str| {
            let place = columns.iter().position(|column| column == name)?;
            row.get_ref(place).ok()?.as_i64().ok()
        };
        let account = number("account");
        let mut told = Vec::new();
        for (place, column) in columns.iter().enumerate().take(count) {
            let Ok(value) = row.get_ref(place) else {
                continue;
            };
            let words = match (column.as_str(), value) {
                ("account", ValueRef::Integer(id)) => Some(self.account(id)),
                ("id", ValueRef::Integer(id)) if table == "account" => Some(self.account(id)),
                ("id", ValueRef::Integer(id)) if table == "email" => {
                    Some(format!("{}, {}", self.account(id >> 32), self.email(id)))
                }
                ("id", ValueRef::Integer(id)) if table == "object" => {
                    Some(format!("number {}", id & 0xffff_ffff))
                }
                ("principal" | "member" | "team" | "catch_all", ValueRef::Integer(id)) => {
                    Some(format!("{column} {}", self.principal(id)))
                }
                ("mailbox", ValueRef::Integer(id)) => {
                    account.map(|account| format!("mailbox {}", self.mailbox(account, id)))
                }
                ("collection", ValueRef::Integer(id)) => {
                    account.map(|account| format!("collection {}", self.collection(account, id)))
                }
                ("email", ValueRef::Integer(id)) => {
                    account.map(|account| self.email(account << 32 | id))
                }
                _ => None,
            };
            let words = words
                .or_else(|| plain(table, column, value).map(|value| format!("{column} {value}")));
            told.extend(words);
        }
        told
    }

    /// Whose account.
    pub(super) fn account(&self, id: i64) -> String {
        match id {
            0 => "the directory".into(),
            id => self.principal(id),
        }
    }

    fn principal(&self, id: i64) -> String {
        if id == 0 {
            return "everybody".into();
        }
        let address: Option<String> =
            self.one("SELECT address FROM principal WHERE id=?", params![id]);
        address.unwrap_or_else(|| format!("number {id}"))
    }

    fn mailbox(&self, account: i64, id: i64) -> String {
        self.path(
            "SELECT parent, name FROM mailbox WHERE account=? AND id=?",
            account,
            id,
        )
    }

    fn collection(&self, account: i64, id: i64) -> String {
        let sql =
            "SELECT parent, coalesce(display_name, name) FROM collection WHERE account=? AND id=?";
        self.path(sql, account, id)
    }

    fn path(&self, sql: &str, account: i64, id: i64) -> String {
        let mut levels = Vec::new();
        let mut next = Some(id);
        while let Some(at) = next
            && levels.len() < LEVELS_MAX
        {
            let found = self
                .0
                .prepare_cached(sql)
                .and_then(|mut select| {
                    select
                        .query_row(params![account, at], |row| {
                            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, String>(1)?))
                        })
                        .optional()
                })
                .ok()
                .flatten();
            let Some((parent, name)) = found else {
                break;
            };
            levels.push(name);
            next = parent;
        }
        if levels.is_empty() {
            return format!("number {id}");
        }
        levels.reverse();
        format!("`{}`", levels.join("/"))
    }

    /// A message by its subject.
    pub(super) fn email(&self, id: i64) -> String {
        let number = id & 0xffff_ffff;
        let meta: Option<Option<Vec<u8>>> =
            self.one("SELECT meta FROM email WHERE id=?", params![id]);
        let meta = meta.flatten().unwrap_or_default();
        let subject = EmailMeta::decode(&meta).ok().and_then(|meta| {
            let subject = meta.headers.subject?;
            Some(text(subject.as_bytes()))
        });
        match subject {
            Some(subject) => format!("email {number} {subject}"),
            None => format!("email {number}"),
        }
    }

    /// What uses a message's octets: whose it is, and what.
    pub(super) fn user_of_blob(&self, at: i64) -> Option<String> {
        if let Some(id) = self.one::<i64>("SELECT id FROM email WHERE blob=? LIMIT 1", params![at])
        {
            return Some(format!("{}, {}", self.account(id >> 32), self.email(id)));
        }
        for sql in [
            "SELECT account, name FROM object WHERE blob=? LIMIT 1",
            "SELECT account, name FROM version WHERE blob=? LIMIT 1",
        ] {
            let found = self
                .0
                .prepare_cached(sql)
                .and_then(|mut select| {
                    select
                        .query_row(params![at], |row| {
                            Ok((row.get(0)?, row.get::<_, String>(1)?))
                        })
                        .optional()
                })
                .ok()
                .flatten();
            if let Some((account, name)) = found {
                return Some(format!(
                    "{}, {}",
                    self.account(account),
                    text(name.as_bytes())
                ));
            }
        }
        None
    }

    fn one<T: rusqlite::types::FromSql>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Option<T> {
        self.0
            .prepare_cached(sql)
            .and_then(|mut select| select.query_row(values, |row| row.get(0)).optional())
            .ok()
            .flatten()
    }
}

/// A value in words; none for octets.
fn plain(table: &str, column: &str, value: ValueRef<'_>) -> Option<String> {
    match Value::try_from(value).ok()? {
        Value::Null => Some("nothing".into()),
        Value::Integer(number) if column.ends_with("_ms") => Some(moment(Timestamp(number))),
        Value::Integer(number) if table == "share" && column == "rights" => Some(rights(number)),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(words) => Some(text(words.as_bytes())),
        Value::Blob(_) => None,
    }
}

/// RFC 4314 2.1: one letter for each right; the number where they are others.
fn rights(number: i64) -> String {
    let letters: Option<String> = u16::try_from(number)
        .ok()
        .map(|bits| Rights(bits).letters().collect());
    match letters {
        Some(letters) if !letters.is_empty() => format!("{letters} ({number})"),
        _ => number.to_string(),
    }
}

/// In quotation marks, without what would disturb a terminal, and not too long.
fn text(octets: &[u8]) -> String {
    let all = String::from_utf8_lossy(octets);
    let mut told: String = all
        .chars()
        .map(|one| {
            if one.is_control() || one == '`' {
                '.'
            } else {
                one
            }
        })
        .take(TEXT_CHARACTERS_MAX)
        .collect();
    if told.chars().count() < all.chars().count() {
        told.push_str("...");
    }
    format!("`{told}`")
}

/// RFC 3339 5.6: a moment in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    let seconds = at.seconds();
    let (mut days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    // Years of the calendar's cycle of 400 years, which begin in March so that a leap day is a year's last.
    days += 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + next;
    format!("{year:04}-{month:02}-{of_month:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, told) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_363_199, "2026-11-22T15:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(moment(Timestamp::from_seconds(seconds)), told);
        }
    }

    #[test]
    fn what_strangers_wrote_does_not_disturb_a_terminal() {
        assert_eq!(text(b"a\x1b[2Jb`c"), "`a.[2Jb.c`");
        assert!(text(&[b'x'; 500]).len() < 140);
    }
}
