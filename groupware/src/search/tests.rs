//! Searching and sorting on an engine in memory: every condition against a reading of the emails one by one.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};

use model::{
    AccountId, Actor, Keyword, MailboxId, MailboxName, NumberSet, Seq, Timestamp, UidValidity,
};
use proptest::prelude::*;
use proptest::sample::select;
use store::{Change, EmailRow, Engine, KeywordChange, NewEmail, Outcome, Request, Source};
use testbed::MemoryEngine;

use super::*;
use crate::message::parse;

const ACCOUNT: AccountId = AccountId(7);
const MAILBOX: MailboxId = MailboxId(1);
/// 1 January 2026 as seconds since 1970.
const JANUARY: i64 = 1_767_225_600;
const DAY: i64 = 86_400;

/// A mailbox, and what was kept of it from one search to the next.
struct World {
    engine: Arc<dyn Engine>,
    columns: Columns,
}

impl World {
    fn new() -> Self {
        let engine = MemoryEngine::open(Arc::new(extracted));
        let world = Self {
            engine,
            columns: Columns::new(COLUMNS_OCTETS_MAX),
        };
        world.commit(vec![Change::CreateMailbox {
            parent: None,
            name: MailboxName::try_from("Post").unwrap(),
            role: None,
        }]);
        world
    }

    fn commit(&self, changes: Vec<Change>) -> Vec<Outcome> {
        let (sender, receiver) = mpsc::channel();
        let request = Request {
            account: ACCOUNT,
            actor: Actor::system(),
            at: Timestamp(0),
            if_seq: None,
            changes,
        };
        let reply = move |answers| sender.send(answers).unwrap();
        self.engine.submit(vec![request], Box::new(reply));
        let mut answers = receiver.recv().unwrap();
        answers.remove(0).unwrap().outcomes
    }

    fn add(&self, message: &str, keywords: &[&str], received_at: i64) {
        let parsed = parse(message.as_bytes());
        let blob = self
            .engine
            .prepare(message.as_bytes(), parsed.meta)
            .unwrap();
        self.commit(vec![Change::AddEmail(Box::new(NewEmail {
            mailbox: MAILBOX,
            keywords: keywords.iter().map(|name| keyword(name)).collect(),
            received_at: Timestamp::from_seconds(received_at),
            sent_at: parsed.sent_at,
            size: blob.size,
            source: Source::New(blob),
            thread: parsed.thread,
            text: None,
        }))]);
    }

    fn rows(&self) -> Vec<EmailRow> {
        let all = NumberSet::range(1, u32::MAX);
        self.engine.rows(ACCOUNT, MAILBOX, &all).unwrap()
    }

    fn with<T>(&self, rows: &[EmailRow], work: impl FnOnce(Finder<'_>) -> T) -> T {
        let head = self.engine.head(ACCOUNT).unwrap().unwrap();
        let cancelled = AtomicBool::new(false);
        let scope = Scope {
            account: ACCOUNT,
            mailbox: MAILBOX,
            uid_validity: UidValidity(1),
            rows: Rows::new(rows.chunks(5)),
            keywords: &head.keywords,
            engine: &*self.engine,
            cancelled: &cancelled,
        };
        let columns = &self.columns;
        work(Finder {
            scope: &scope,
            columns,
        })
    }

    fn find(&self, filter: &Filter) -> Vec<u32> {
        self.with(&self.rows(), |finder| {
            let found = finder.find(filter).unwrap();
            uids(finder.scope, &found).map(|uid| uid.0).collect()
        })
    }

    fn sort(&self, comparators: &[(SortBy, bool)]) -> Vec<usize> {
        let comparators: Vec<Comparator> = comparators
            .iter()
            .map(|(by, descending)| Comparator {
                by: *by,
                descending: *descending,
            })
            .collect();
        self.with(&self.rows(), |finder| {
            let all = finder.find(&Filter::All).unwrap();
            sort::sorted(finder.scope, finder.columns, &all, &comparators).unwrap()
        })
    }
}

fn extracted(message: &[u8]) -> store::SearchText {
    let text = parse(message).text;
    store::SearchText {
        from: text.from,
        to: text.to,
        cc: text.cc,
        bcc: text.bcc,
        subject: text.subject,
        body: text.body,
    }
}

fn keyword(name: &str) -> Keyword {
    Keyword::try_from(name).unwrap()
}

fn text(field: Field, text: &str) -> Filter {
    let text = text.into();
    Filter::Text { field, text }
}

fn header(name: &str, text: &str) -> Filter {
    let (name, text) = (name.into(), text.into());
    Filter::Header { name, text }
}

#[test]
fn letter_case_and_umlauts_are_as_people_expect() {
    let world = World::new();
    world.add(
        "From: =?utf-8?q?J=C3=BCrgen_GR=C3=96SSER?= <j.groesser@x.example>\r\nSubject: Über Maße\r\n\r\nschöne Grüße",
        &[],
        JANUARY,
    );
    world.add(
        "From: \"Gross, Juergen\" <gross@x.example>\r\nTo: Bär <b@x.example>, C <c@x.example>\r\n\r\nanderes",
        &[],
        JANUARY,
    );
    for (field, needle, found) in [
        (Field::From, "jürgen", &[1][..]),
        (Field::From, "JÜRGEN größ", &[]),
        (Field::From, "rgen gröSS", &[1]),
        (Field::From, "ju\u{308}rgen", &[1]),
        (Field::From, "jurgen", &[]),
        (Field::From, "juergen", &[2]),
        (Field::From, "X.EXAMPLE", &[1, 2]),
        (Field::From, "gross, juergen", &[2]),
        (Field::From, "", &[1, 2]),
        (Field::To, "bär <b@", &[2]),
        (Field::To, "example>, C", &[2]),
        (Field::Subject, "über m", &[1]),
        (Field::Subject, "maße", &[1]),
        (Field::Body, "grüße", &[1]),
        (Field::Body, "gru", &[1]),
        (Field::Body, "schöne grü", &[1]),
        (Field::Body, "grüße schöne", &[]),
        (Field::Any, "anderes", &[2]),
        (Field::Any, "§§", &[]),
    ] {
        assert_eq!(
            world.find(&text(field, needle)),
            found,
            "{field:?} {needle}"
        );
    }
    let words = |text: &str| Filter::Words {
        field: Field::Body,
        text: text.into(),
    };
    assert_eq!(world.find(&words("grüße schöne")), [1]);
    assert_eq!(world.find(&words("!")), [0; 0]);
}

#[test]
fn columns_follow_what_comes_and_goes() {
    let world = World::new();
    let from = |name: &str| format!("From: {name}@x.example\r\n\r\n.");
    let anna = text(Field::From, "anna");
    for round in 1..=5 {
        world.add(&from("anna"), &[], JANUARY);
        world.add(&from("bert"), &[], JANUARY);
        assert_eq!(world.find(&anna).len(), round);
    }
    let old = world.rows();
    world.commit(vec![Change::DestroyEmails {
        mailbox: MAILBOX,
        uids: NumberSet::range(1, 4),
        only_deleted: false,
    }]);
    world.add(&from("anna"), &[], JANUARY);
    assert_eq!(world.find(&anna), [5, 7, 9, 11]);
    assert_eq!(world.find(&text(Field::Subject, "anna")), [0; 0]);
    // An older view still finds what is gone, since its texts are known.
    let still = world.with(&old, |finder| finder.find(&anna).unwrap().count());
    assert_eq!(still, 5);
    // A cache without room keeps nothing, and answers all the same.
    let tight = World {
        engine: Arc::clone(&world.engine),
        columns: Columns::new(0),
    };
    assert_eq!(tight.find(&anna), [5, 7, 9, 11]);
    assert_eq!(tight.find(&anna), [5, 7, 9, 11]);
}

#[test]
fn columns_that_lag_behind_each_other_are_completed_together() {
    let world = World::new();
    let add = |subject: &str| {
        world.add(&format!("Subject: {subject}\r\n\r\n."), &[], JANUARY);
    };
    add("b");
    assert_eq!(world.sort(&[(SortBy::Subject, false)]), [0]);
    add("a");
    world.with(&world.rows(), |finder| {
        let all = finder.find(&Filter::All).unwrap();
        let threading = Threading::OrderedSubject;
        let threads = threads::threads(finder.scope, finder.columns, &all, threading);
        assert_eq!(threads.unwrap().roots().count(), 2);
    });
    add("c");
    assert_eq!(world.sort(&[(SortBy::Subject, false)]), [1, 0, 2]);
}

#[test]
fn a_search_that_nobody_waits_for_ends_and_can_be_repeated() {
    let world = World::new();
    world.add("From: anna\r\n\r\n.", &[], JANUARY);
    let rows = world.rows();
    let filter = text(Field::From, "anna");
    world.with(&rows, |finder| {
        finder.scope.cancelled.store(true, Ordering::Relaxed);
        assert!(finder.find(&filter).is_err());
        assert!(finder.columns.get(finder.scope, &[key::Key::From]).is_err());
    });
    assert_eq!(world.find(&filter), [1]);
}

#[test]
fn days_of_dates_are_those_that_are_written() {
    let world = World::new();
    // RFC 9051 6.4.4: "disregarding time and timezone".
    world.add("Date: 2 Jan 2026 00:30:00 +0200\r\n\r\n.", &[], JANUARY);
    world.add("Date: 1 Jan 2026 23:30:00 -0800\r\n\r\n.", &[], JANUARY);
    world.add("Subject: no date\r\n\r\n.", &[], JANUARY + DAY);
    let second = JANUARY + DAY;
    assert_eq!(world.find(&Filter::sent_on(second)), [1, 3]);
    assert_eq!(world.find(&Filter::SentBefore(second)), [2]);
    assert_eq!(world.find(&Filter::SentSince(second)), [1, 3]);
    assert_eq!(world.find(&Filter::received_on(second)), [3]);
    assert_eq!(world.find(&Filter::received_on(JANUARY)), [1, 2]);
}

#[test]
fn orders_follow_rfc_5256_and_5957() {
    let world = World::new();
    for (from, to, subject, received) in [
        ("Zoe <b@x.example>", "m@x.example", "Re: beta", 3),
        ("<c@x.example>", "Äpfel: q@x.example;", "[list] ALPHA", 1),
        ("ÄNNE <a@x.example>", "", "alpha (fwd)", 2),
        ("anne <B@y.example>", "Kai <z@x.example>", "", 3),
    ] {
        let message = format!("From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n{subject}");
        world.add(&message, &[], received);
    }
    for (by, ascending) in [
        (SortBy::Received, [1, 2, 0, 3]),
        (SortBy::Sent, [1, 2, 0, 3]),
        (SortBy::Subject, [3, 1, 2, 0]),
        (SortBy::From, [2, 0, 3, 1]),
        (SortBy::DisplayFrom, [3, 1, 0, 2]),
        (SortBy::To, [2, 0, 3, 1]),
        (SortBy::DisplayTo, [2, 3, 0, 1]),
        (SortBy::Cc, [0, 1, 2, 3]),
    ] {
        assert_eq!(world.sort(&[(by, false)]), ascending, "{by:?}");
    }
    // RFC 5256 3: REVERSE turns the key around, not the sequence of what is equal.
    assert_eq!(world.sort(&[(SortBy::Received, true)]), [0, 3, 2, 1]);
    assert_eq!(world.sort(&[]), [0, 1, 2, 3]);
    let combined = [(SortBy::Subject, true), (SortBy::Received, true)];
    assert_eq!(world.sort(&combined), [0, 2, 1, 3]);
}

#[test]
fn conversations_are_made_of_stored_messages() {
    let world = World::new();
    for (id, parent, subject) in [
        ("a", "", "Plan"),
        ("c", "missing", "Re: Plan"),
        ("b", "a", "Re: plan"),
        ("x", "", "Other"),
    ] {
        let message = format!(
            "Message-ID: <{id}@x>\r\nIn-Reply-To: <{parent}>\r\nSubject: {subject}\r\n\r\n."
        );
        world.add(&message.replace("<a>", "<a@x>"), &[], JANUARY);
    }
    world.with(&world.rows(), |finder| {
        let all = finder.find(&Filter::All).unwrap();
        let threads = |threading| {
            threads::threads(finder.scope, finder.columns, &all, threading)
                .unwrap()
                .nodes
                .iter()
                .map(|node| (node.uid.map_or(0, |uid| uid.0), node.descendants))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            threads(Threading::References),
            [(1, 2), (2, 0), (3, 0), (4, 0)]
        );
        assert_eq!(
            threads(Threading::OrderedSubject),
            [(1, 2), (2, 0), (3, 0), (4, 0)]
        );
    });
}

#[tokio::test]
async fn the_operations_ask_for_the_right_to_read() {
    let world = World::new();
    world.add("From: anna\r\nSubject: b\r\n\r\n.", &["$seen"], JANUARY);
    world.add("From: bert\r\nSubject: a\r\n\r\n.", &[], JANUARY);
    let store = store::Store::new(Arc::clone(&world.engine));
    let clock = model::ManualClock::new(Timestamp(0)).clock();
    let random = directory::Random::new(|bytes| bytes.fill(7));
    let settings = directory::Settings::default();
    let directory = directory::Directory::new(store.clone(), clock.clone(), random, settings);
    let groupware = Groupware::new(store, directory, clock);
    let caller = |principal| {
        Caller::new(Actor {
            principal: Some(model::PrincipalId(principal)),
            ..Actor::system()
        })
    };
    let owner = caller(ACCOUNT.0);
    let view = groupware.view(&owner, ACCOUNT, MAILBOX).await.unwrap();
    let seen = Filter::Keyword(keyword("$seen"));
    let found = groupware.find(&owner, &view, &seen).await.unwrap();
    assert_eq!(found, NumberSet::range(1, 1));
    let bert = text(Field::From, "bert");
    let found = groupware.find(&owner, &view, &bert).await.unwrap();
    assert_eq!(found, NumberSet::range(2, 2));
    let by_subject = [Comparator {
        by: SortBy::Subject,
        descending: false,
    }];
    let sorted = groupware.sort(&owner, &view, &Filter::All, &by_subject);
    assert_eq!(sorted.await.unwrap(), [Uid(2), Uid(1)]);
    let threads = groupware.thread(&owner, &view, &Filter::All, Threading::References);
    assert_eq!(threads.await.unwrap().roots().count(), 2);
    let stranger = caller(8);
    for filter in [&seen, &bert] {
        let refused = groupware.find(&stranger, &view, filter).await;
        assert_eq!(refused, Err(Error::NotFound));
    }
}

/// What a random email is made of.
#[derive(Clone, Debug)]
struct Sample {
    from: &'static str,
    to: &'static str,
    subject: &'static str,
    /// Day of January 2026, hour, zone.
    date: Option<(u8, u8, &'static str)>,
    received_day: i64,
    tag: Option<&'static str>,
    body: Vec<&'static str>,
    keywords: Vec<&'static str>,
}

impl Sample {
    fn message(&self) -> String {
        let date = self.date.map_or(String::new(), |(day, hour, zone)| {
            format!("Date: {day} Jan 2026 {hour:02}:10:00 {zone}\r\n")
        });
        let tag = self
            .tag
            .map_or(String::new(), |tag| format!("X-Tag: {tag}\r\n"));
        format!(
            "From: {}\r\nTo: {}\r\nSubject: {}\r\n{date}{tag}\r\n{}\r\n",
            self.from,
            self.to,
            self.subject,
            self.body.join(" ")
        )
    }

    fn sent_day(&self) -> i64 {
        self.date
            .map_or(self.received_day, |(day, _, _)| i64::from(day))
    }
}

const NAMES: [&str; 4] = [
    "Anna <anna@x.example>",
    "Öz <oez@y.example>",
    "bare@x.example",
    "",
];
const SUBJECTS: [&str; 4] = ["Plan A", "Re: plan b", "Überblick", ""];
const WORDS: [&str; 5] = ["alpha", "alp", "beta", "Gamma", "anna"];
const KEYWORDS: [&str; 4] = ["$seen", "$flagged", "own", "other"];

fn sample() -> impl Strategy<Value = Sample> {
    let zone = select(vec!["+0000", "+1400", "-1200", "+0130"]);
    let date = prop::option::of((1u8..6, 0u8..24, zone));
    (
        select(NAMES.to_vec()),
        select(NAMES.to_vec()),
        select(SUBJECTS.to_vec()),
        date,
        1i64..6,
        prop::option::of(select(vec!["one", "Two"])),
        prop::collection::vec(select(WORDS.to_vec()), 0..5),
        prop::collection::vec(select(KEYWORDS.to_vec()), 0..3),
    )
        .prop_map(
            |(from, to, subject, date, received_day, tag, body, keywords)| Sample {
                from,
                to,
                subject,
                date,
                received_day,
                tag,
                body,
                keywords,
            },
        )
}

fn filter() -> impl Strategy<Value = Filter> {
    let needle = select(vec![
        "",
        "ann",
        "ÖZ",
        "@x",
        "plan",
        "über",
        "a <a",
        "alp",
        "ALPHA",
        "alpha beta",
        "beta alp",
        "gamma",
        "plan a",
        "zz",
        "-",
    ]);
    let field = select(vec![
        Field::Any,
        Field::Body,
        Field::Subject,
        Field::From,
        Field::To,
    ]);
    let day = || (0i64..7).prop_map(|day| JANUARY + (day - 1) * DAY);
    let moment = || day().prop_map(Timestamp::from_seconds);
    let numbers = || prop::collection::vec(0u32..30, 0..6).prop_map(NumberSet::from_iter);
    let known = select(vec!["x-tag", "Subject", "to", "X-None"]);
    let leaf = prop_oneof![
        Just(Filter::All),
        numbers().prop_map(Filter::Uids),
        numbers().prop_map(Filter::Emails),
        (1u32..9).prop_map(|thread| Filter::Thread(model::ThreadId(thread))),
        select(KEYWORDS.to_vec()).prop_map(|name| Filter::Keyword(keyword(name))),
        moment().prop_map(Filter::ReceivedBefore),
        moment().prop_map(Filter::ReceivedSince),
        day().prop_map(Filter::SentBefore),
        day().prop_map(Filter::SentSince),
        day().prop_map(Filter::sent_on),
        day().prop_map(Filter::received_on),
        (40u64..140).prop_map(Filter::Larger),
        (40u64..140).prop_map(Filter::Smaller),
        (0u64..40).prop_map(|seq| Filter::ChangedSince(Seq(seq))),
        (field.clone(), needle.clone()).prop_map(|(field, needle)| text(field, needle)),
        (field, needle.clone()).prop_map(|(field, needle)| Filter::Words {
            field,
            text: needle.into()
        }),
        (known, needle).prop_map(|(name, needle)| header(name, needle)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            several().prop_map(Filter::And),
            several().prop_map(Filter::Or),
            inner.clone().prop_map(Filter::negated),
        ]
    })
}

fn in_words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .replace('ü', "u")
        .replace('ö', "o")
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// One email, one filter: as a reader would decide it.
fn holds(filter: &Filter, email: &Sample, row: &EmailRow) -> bool {
    let day = |seconds: i64| (seconds - JANUARY) / DAY + 1;
    let of_field = |field: Field| match field {
        Field::Any => vec![
            email.from.to_owned(),
            email.to.to_owned(),
            email.subject.to_owned(),
            email.body.join(" "),
        ],
        Field::Body => vec![email.body.join(" ")],
        Field::Subject => vec![email.subject.to_owned()],
        Field::From => vec![email.from.to_owned()],
        Field::To => vec![email.to.to_owned()],
        Field::Cc | Field::Bcc => Vec::new(),
    };
    let has_words = |field: Field, text: &str| {
        let there: Vec<String> = of_field(field)
            .iter()
            .flat_map(|text| in_words(text))
            .collect();
        let asked = in_words(text);
        let begins = |asked: &String| there.iter().any(|word| word.starts_with(asked.as_str()));
        !asked.is_empty() && asked.iter().all(begins)
    };
    match filter {
        Filter::All => true,
        Filter::And(filters) => filters.iter().all(|filter| holds(filter, email, row)),
        Filter::Or(filters) => filters.iter().any(|filter| holds(filter, email, row)),
        Filter::Not(filter) => !holds(filter, email, row),
        Filter::Uids(uids) => uids.contains(row.uid.0),
        Filter::Emails(emails) => emails.contains(row.email.0),
        Filter::Thread(thread) => row.thread == *thread,
        Filter::Keyword(keyword) => email.keywords.contains(&keyword.as_str()),
        Filter::ReceivedBefore(moment) => email.received_day < day(moment.seconds()),
        Filter::ReceivedSince(moment) => email.received_day >= day(moment.seconds()),
        Filter::SentBefore(start) => email.sent_day() < day(*start),
        Filter::SentSince(start) => email.sent_day() >= day(*start),
        Filter::Larger(octets) => email.message().len() as u64 > *octets,
        Filter::Smaller(octets) => (email.message().len() as u64) < *octets,
        Filter::ChangedSince(seq) => row.changed >= *seq,
        // Emails of these tests have no parts.
        Filter::HasAttachment => false,
        Filter::Text { text, .. } if text.is_empty() => true,
        Filter::Text { field, text } => match field {
            Field::Any | Field::Body => {
                let asked = in_words(text);
                let follow = |there: &[String]| {
                    there.windows(asked.len()).any(|there| {
                        let (last, whole) = asked.split_last().unwrap();
                        let (there_last, there_whole) = there.split_last().unwrap();
                        whole == there_whole && there_last.starts_with(last.as_str())
                    })
                };
                let in_a_row = || of_field(*field).iter().any(|text| follow(&in_words(text)));
                has_words(*field, text) && (asked.len() < 2 || in_a_row())
            }
            _ => of_field(*field)
                .iter()
                .any(|there| there.to_lowercase().contains(&text.to_lowercase())),
        },
        Filter::Words { field, text } => has_words(*field, text),
        Filter::Header { name, text } => {
            let value = match name.as_str() {
                "x-tag" => email.tag,
                "Subject" => Some(email.subject).filter(|value| !value.is_empty()),
                "to" => Some(email.to).filter(|value| !value.is_empty()),
                _ => None,
            };
            value.is_some_and(|value| value.to_lowercase().contains(&text.to_lowercase()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_filter_is_as_a_reader_would_decide(
        emails in prop::collection::vec(sample(), 0..24),
        filters in prop::collection::vec(filter(), 1..12),
        marked in 0u32..24,
    ) {
        let world = World::new();
        for (at, email) in emails.iter().enumerate() {
            world.add(&email.message(), &email.keywords, JANUARY + (email.received_day - 1) * DAY + 7);
            if at == emails.len() / 2 {
                // Columns that are made now must grow later.
                world.find(&text(Field::From, "x"));
            }
        }
        let mut emails = emails;
        let uids = NumberSet::range(marked, marked + 3);
        world.commit(vec![Change::SetKeywords {
            mailbox: MAILBOX,
            uids: uids.clone(),
            change: KeywordChange::Replace(vec![keyword("own")]),
            unchanged_since: None,
        }]);
        for (uid, email) in (1..).zip(&mut emails) {
            if uids.contains(uid) {
                email.keywords = vec!["own"];
            }
        }
        let rows = world.rows();
        for filter in &filters {
            let naive: Vec<u32> = rows
                .iter()
                .zip(&emails)
                .filter(|(row, email)| holds(filter, email, row))
                .map(|(row, _)| row.uid.0)
                .collect();
            prop_assert_eq!(world.find(filter), naive, "{:?}", filter);
        }
    }
}
