//! IMAP's search keys as conditions of the model.

use groupware::search::{Field, Filter};
use model::{NumberSet, Seq, ThreadId, Timestamp};

use crate::answer::Failure;
use crate::codec::{By, Date, Flag, SearchKey};
use crate::selected::Selected;
use crate::words;

const DAY_SECONDS: i64 = 86_400;
const SECOND_MS: i64 = 1_000;

/// The condition that a search key stands for, in the numbers of the selected mailbox.
pub(in super::super) fn filter(
    key: &SearchKey<'_>,
    selected: &Selected,
    now: Timestamp,
) -> Result<Filter, Failure> {
    Context {
        selected,
        now,
        fuzzy: false,
    }
    .filter(key)
}

#[derive(Clone, Copy)]
struct Context<'a> {
    selected: &'a Selected,
    now: Timestamp,
    fuzzy: bool,
}

impl Context<'_> {
    fn filter(self, key: &SearchKey<'_>) -> Result<Filter, Failure> {
        Ok(match key {
            SearchKey::All => Filter::All,
            // RFC 9051 appendix E: RECENT is gone; here no message ever is.
            SearchKey::Old => Filter::All,
            SearchKey::New | SearchKey::Recent => nothing(),
            SearchKey::And(keys) => Filter::And(self.each(keys)?),
            SearchKey::Or(left, right) => Filter::Or(vec![self.filter(left)?, self.filter(right)?]),
            SearchKey::Not(key) => self.filter(key)?.negated(),
            // RFC 6203 3: loosely means by words.
            SearchKey::Fuzzy(key) => Self {
                fuzzy: true,
                ..self
            }
            .filter(key)?,
            SearchKey::Flagged(flag) => keyword(*flag)?,
            SearchKey::Unflagged(flag) => keyword(*flag)?.negated(),
            SearchKey::Bcc(text) => self.text(Field::Bcc, text),
            SearchKey::Body(text) => self.text(Field::Body, text),
            SearchKey::Cc(text) => self.text(Field::Cc, text),
            SearchKey::From(text) => self.text(Field::From, text),
            SearchKey::Subject(text) => self.text(Field::Subject, text),
            SearchKey::Text(text) => self.text(Field::Any, text),
            SearchKey::To(text) => self.text(Field::To, text),
            SearchKey::Header { name, text } => Filter::Header {
                name: name.clone().into_owned(),
                text: text.clone().into_owned(),
            },
            SearchKey::Before(date) => Filter::ReceivedBefore(start_of(*date)),
            SearchKey::On(date) => Filter::received_on(day(*date)),
            SearchKey::Since(date) => Filter::ReceivedSince(start_of(*date)),
            SearchKey::SentBefore(date) => Filter::SentBefore(day(*date)),
            SearchKey::SentOn(date) => Filter::sent_on(day(*date)),
            SearchKey::SentSince(date) => Filter::SentSince(day(*date)),
            SearchKey::Larger(octets) => Filter::Larger(*octets),
            SearchKey::Smaller(octets) => Filter::Smaller(*octets),
            // RFC 5032 3: OLDER includes the bound, and so does YOUNGER.
            SearchKey::Older(seconds) => Filter::ReceivedBefore(self.ago(*seconds).plus_ms(1)),
            SearchKey::Younger(seconds) => Filter::ReceivedSince(self.ago(*seconds)),
            SearchKey::Sequence(set) => Filter::Uids(self.selected.uids(By::Sequence, set)),
            SearchKey::Uid(set) => Filter::Uids(self.selected.uids(By::Uid, set)),
            SearchKey::ModSeq(mod_seq) => Filter::ChangedSince(Seq(*mod_seq)),
            SearchKey::EmailId(id) => match self.number('e', id) {
                Some(email) => Filter::Emails(NumberSet::range(email, email)),
                None => nothing(),
            },
            SearchKey::ThreadId(id) => match self.number('t', id) {
                Some(thread) => Filter::Thread(ThreadId(thread)),
                None => nothing(),
            },
        })
    }

    fn each(self, keys: &[SearchKey<'_>]) -> Result<Vec<Filter>, Failure> {
        keys.iter().map(|key| self.filter(key)).collect()
    }

    fn text(self, field: Field, text: &str) -> Filter {
        let text = text.to_owned();
        if self.fuzzy {
            Filter::Words { field, text }
        } else {
            Filter::Text { field, text }
        }
    }

    fn ago(self, seconds: u32) -> Timestamp {
        self.now.plus_ms(-i64::from(seconds) * SECOND_MS)
    }

    fn number(self, kind: char, id: &str) -> Option<u32> {
        self.selected.ids.number(kind, id)
    }
}

fn nothing() -> Filter {
    Filter::Or(Vec::new())
}

/// A system flag that nobody knows is on no message.
fn keyword(flag: Flag<'_>) -> Result<Filter, Failure> {
    match flag {
        Flag::Extension(_) => Ok(nothing()),
        flag => words::keyword(flag).map(Filter::Keyword),
    }
}

fn day(date: Date) -> i64 {
    i64::from(date.days_since_epoch()) * DAY_SECONDS
}

fn start_of(date: Date) -> Timestamp {
    Timestamp::from_seconds(day(date))
}
