//! Which emails of a mailbox a filter holds for.
//!
//! Conditions are decided for all positions at once. Of those that must all hold the cheap ones go first, and what is
//! left is all that the next ones look at.

use model::NumberSet;
use store::{EmailRow, Error, Field, TextQuery};

use super::bits::Bits;
use super::columns::Columns;
use super::filter::Filter;
use super::fold::{folded, has_word, words};
use super::header;
use super::key::Key;
use super::scope::Scope;
use crate::message::zone::zone_seconds;
use crate::message::{SearchText, parse};

/// Emails whose text is read again to see whether several words stand there one behind the other.
const PHRASE_EMAILS_MAX: usize = 256;
/// Octets of a message that is read again for that.
const PHRASE_MESSAGE_OCTETS_MAX: u32 = 4 * 1024 * 1024;
/// Messages whose header one condition looks at, since there is no index of all header fields.
const HEADER_MESSAGES_MAX: usize = 200_000;
/// More seconds than any zone is off UTC: RFC 5322 3.3 has two digits for its hours.
const ZONE_SECONDS_MAX: i64 = 100 * 3_600;

/// Decides filters on one mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finder<'a> {
    /// The mailbox.
    pub(crate) scope: &'a Scope<'a>,
    /// What is kept of it.
    pub(crate) columns: &'a Columns,
}

impl Finder<'_> {
    /// The positions of the emails for which the filter holds.
    ///
    /// # Errors
    /// [`Error::Limit`] if the filter is too large or needs too much; the engine cannot be read; nobody waits any more.
    pub(crate) fn find(self, filter: &Filter) -> Result<Bits, Error> {
        filter.conditions()?;
        self.decide(filter, &Bits::all(self.scope.rows.len()))
    }

    /// The positions among these for which the filter holds.
    fn decide(self, filter: &Filter, among: &Bits) -> Result<Bits, Error> {
        self.scope.go_on()?;
        Ok(match filter {
            Filter::All => among.clone(),
            Filter::And(filters) => self.all_of(filters, among)?,
            Filter::Or(filters) => self.any_of(filters, among)?,
            Filter::Not(filter) => {
                let mut rest = among.clone();
                rest.remove(&self.decide(filter, among)?);
                rest
            }
            Filter::Uids(uids) => self.with_uids(uids, among),
            Filter::Emails(emails) => self.select(among, |row| emails.contains(row.email.0)),
            Filter::Thread(thread) => self.select(among, |row| row.thread == *thread),
            Filter::Keyword(keyword) => {
                let wanted = self.scope.keyword(keyword);
                self.select(among, |row| row.keywords.intersects(wanted))
            }
            // RFC 9051 6.4.4: BEFORE and SINCE look at the internal date, of which the moment is kept and no zone.
            Filter::ReceivedBefore(moment) => self.select(among, |row| row.received_at < *moment),
            Filter::ReceivedSince(moment) => self.select(among, |row| row.received_at >= *moment),
            Filter::SentBefore(day) => self.sent_before(*day, among)?,
            Filter::SentSince(day) => {
                let mut rest = among.clone();
                rest.remove(&self.sent_before(*day, among)?);
                rest
            }
            Filter::Larger(octets) => self.select(among, |row| u64::from(row.size) > *octets),
            Filter::Smaller(octets) => self.select(among, |row| u64::from(row.size) < *octets),
            // RFC 7162 3.1.5: MODSEQ asks for this value or a larger one.
            Filter::ChangedSince(seq) => self.select(among, |row| row.changed.is_at_least(*seq)),
            Filter::HasAttachment => self.filled(Key::Attachment, among)?,
            Filter::Text { text, .. } if text.is_empty() => among.clone(),
            Filter::Text { field, text } => match Key::of_field(*field) {
                Some(key) => self.with_substring(key, text, among)?,
                None => self.with_phrase(*field, text, among)?,
            },
            Filter::Words { field, text } => self.with_words(*field, text, among)?,
            Filter::Header { name, text } => self.with_header(name, text, among)?,
        })
    }

    fn all_of(self, filters: &[Filter], among: &Bits) -> Result<Bits, Error> {
        let mut left = among.clone();
        for filter in by_cost(filters) {
            if left.is_empty() {
                break;
            }
            left = self.decide(filter, &left)?;
        }
        Ok(left)
    }

    fn any_of(self, filters: &[Filter], among: &Bits) -> Result<Bits, Error> {
        let mut found = Bits::none(among.len());
        let mut left = among.clone();
        for filter in by_cost(filters) {
            if left.is_empty() {
                break;
            }
            let more = self.decide(filter, &left)?;
            left.remove(&more);
            found.add(&more);
        }
        Ok(found)
    }

    fn select(self, among: &Bits, pass: impl Fn(&EmailRow) -> bool) -> Bits {
        self.scope.select(among, pass)
    }

    fn with_uids(self, uids: &NumberSet, among: &Bits) -> Bits {
        match uids.ranges() {
            [] => Bits::none(among.len()),
            [(first, last)] => self.select(among, |row| (*first..=*last).contains(&row.uid.0)),
            _ => self.select(among, |row| uids.contains(row.uid.0)),
        }
    }

    /// RFC 9051 6.4.4 SENTBEFORE: the date of the `Date` field counts as it is written, its time and zone do not.
    ///
    /// For an email without a readable `Date` it is the time of reception, as RFC 5256 2.2 has it for sorting.
    fn sent_before(self, day: i64, among: &Bits) -> Result<Bits, Error> {
        let sent = |row: &EmailRow| row.sent_at.unwrap_or(row.received_at.seconds());
        // Far from the day's start no zone can matter.
        let near = day.saturating_sub(ZONE_SECONDS_MAX)..day.saturating_add(ZONE_SECONDS_MAX);
        let mut before = self.select(among, |row| {
            sent(row)
                < if row.sent_at.is_some() {
                    near.start
                } else {
                    day
                }
        });
        let unsure = self.select(among, |row| {
            row.sent_at.is_some_and(|sent| near.contains(&sent))
        });
        let rows = self.scope.rows_at(&unsure);
        self.scope.headers(rows, |at, row, headers| {
            let zone = headers.date.map_or(0, zone_seconds);
            if sent(row).saturating_add(zone) < day {
                before.insert(at);
            }
            Ok(())
        })?;
        Ok(before)
    }

    /// RFC 9051 6.4.4: the text stands anywhere in the field, letter case aside.
    fn with_substring(self, key: Key, text: &str, among: &Bits) -> Result<Bits, Error> {
        let columns = self.columns.get(self.scope, &[key])?;
        let found = columns
            .first()
            .map(|column| column.containing(&folded(text), &self.scope.rows, among));
        Ok(found.unwrap_or_else(|| Bits::none(among.len())))
    }

    /// The positions whose text in the column is not empty.
    fn filled(self, key: Key, among: &Bits) -> Result<Bits, Error> {
        let columns = self.columns.get(self.scope, &[key])?;
        let found = columns
            .first()
            .map(|column| column.filled(&self.scope.rows, among));
        Ok(found.unwrap_or_else(|| Bits::none(among.len())))
    }

    /// Departs from RFC 9051 6.4.4: text in the body is found by words, not by substrings: each word of it must begin a
    /// word there, and accents do not count. Text without a letter or digit is nowhere. That several words stand one
    /// behind the other is checked as long as there are few emails that have them all.
    fn with_phrase(self, field: Field, text: &str, among: &Bits) -> Result<Bits, Error> {
        let mut found = self.with_words(field, text, among)?;
        let phrase = words(text);
        let is_phrase = phrase.matches(' ').count() > 1;
        if !is_phrase || found.count() > PHRASE_EMAILS_MAX {
            return Ok(found);
        }
        let looked_at = self.select(&found, |row| row.size <= PHRASE_MESSAGE_OCTETS_MAX);
        let mut without = looked_at.clone();
        let mut with = Bits::none(among.len());
        self.scope
            .messages(self.scope.rows_at(&looked_at), |at, message| {
                if has_phrase(&parse(message).text, field, &phrase) {
                    with.insert(at);
                }
            })?;
        without.remove(&with);
        found.remove(&without);
        Ok(found)
    }

    fn with_words(self, field: Field, text: &str, among: &Bits) -> Result<Bits, Error> {
        if among.is_empty() || !has_word(text) {
            return Ok(Bits::none(among.len()));
        }
        let emails = self.scope.engine.search(&TextQuery {
            account: self.scope.account,
            field,
            text: text.to_owned(),
        })?;
        debug_assert!(emails.is_sorted(), "the engine answers in order");
        Ok(self.select(among, |row| emails.binary_search(&row.email).is_ok()))
    }

    fn with_header(self, name: &str, text: &str, among: &Bits) -> Result<Bits, Error> {
        if let Some(key) = Key::of_header(name) {
            if !text.is_empty() {
                return self.with_substring(key, text, among);
            }
            // RFC 9051 6.4.4: the empty text asks whether there is such a field at all.
            return self.filled(key, among);
        }
        if among.count() > HEADER_MESSAGES_MAX {
            return Err(Error::Limit(
                "there are too many emails to look for that header field; narrow the search",
            ));
        }
        let needle = folded(text);
        let mut found = Bits::none(among.len());
        self.scope
            .messages(self.scope.rows_at(among), |at, message| {
                if header::contains(message, name, &needle) {
                    found.insert(at);
                }
            })?;
        Ok(found)
    }
}

/// The cheapest first, otherwise in their order.
fn by_cost(filters: &[Filter]) -> Vec<&Filter> {
    let mut sorted: Vec<&Filter> = filters.iter().collect();
    sorted.sort_by_key(|filter| filter.cost());
    sorted
}

/// Whether the words stand one behind the other, the last one perhaps continued.
fn has_phrase(text: &SearchText, field: Field, phrase: &str) -> bool {
    let has = |text: &str| words(text).contains(phrase);
    match field {
        Field::Body => has(&text.body),
        Field::From => has(&text.from),
        Field::To => has(&text.to),
        Field::Cc => has(&text.cc),
        Field::Bcc => has(&text.bcc),
        Field::Subject => has(&text.subject),
        Field::Any => [
            &text.from,
            &text.to,
            &text.cc,
            &text.bcc,
            &text.subject,
            &text.body,
        ]
        .into_iter()
        .any(|text| has(text)),
    }
}
