//! Queries for emails against a reading of them one by one; and what is told of changes leads from each result to the next.

use std::collections::{BTreeMap, BTreeSet};

use groupware::{
    Caller, Catalogue, EmailComparator, EmailFilter, EmailQuery, EmailQueryChanges, EmailSortBy,
    Groupware, MailboxCounts, Place, Window, WindowStart,
};
use model::{
    AccountId, EmailId, Keyword, MailboxId, NumberSet, Rights, Role, Seq, ThreadId, Timestamp,
};
use proptest::prelude::*;

use crate::history::{History, Step, run, step};
use crate::world::{World, all, caller, named};

fn keyword(name: &str) -> Keyword {
    Keyword::try_from(name).unwrap()
}

fn not(filter: EmailFilter) -> EmailFilter {
    EmailFilter::Not(Box::new(filter))
}

fn query(filter: EmailFilter, sort: &[(EmailSortBy, bool)], collapse_threads: bool) -> EmailQuery {
    let comparator = |(by, descending): &(EmailSortBy, bool)| EmailComparator {
        by: by.clone(),
        descending: *descending,
    };
    EmailQuery {
        filter,
        sort: sort.iter().map(comparator).collect(),
        collapse_threads,
    }
}

/// What is asked over and over, of an account with these two mailboxes.
fn queries(inbox: MailboxId, archive: MailboxId) -> Vec<EmailQuery> {
    let seen = || keyword("$seen");
    let filters = [
        EmailFilter::All,
        EmailFilter::InMailbox(inbox),
        EmailFilter::And(vec![
            EmailFilter::InMailboxOtherThan(vec![archive]),
            not(EmailFilter::Keyword(seen())),
        ]),
        EmailFilter::SomeInThread(keyword("own")),
        EmailFilter::Or(vec![
            EmailFilter::AllInThread(seen()),
            EmailFilter::InMailbox(archive),
        ]),
    ];
    let sorts = [
        vec![],
        vec![(EmailSortBy::ReceivedAt, false)],
        vec![
            (EmailSortBy::HasKeyword(seen()), true),
            (EmailSortBy::Size, false),
        ],
        vec![(EmailSortBy::SomeInThreadHaveKeyword(keyword("own")), false)],
    ];
    let mut queries = Vec::new();
    for (at, filter) in filters.iter().enumerate() {
        for collapse in [false, true] {
            queries.push(query(filter.clone(), &sorts[at % 2], collapse));
            queries.push(query(filter.clone(), &sorts[2 + at % 2], collapse));
        }
    }
    queries
}

async fn found(
    groupware: &Groupware,
    caller: &Caller,
    account: AccountId,
    query: &EmailQuery,
    start: WindowStart,
    limit: usize,
) -> Option<(Vec<EmailId>, usize, usize)> {
    let window = Window {
        start,
        limit,
        total: true,
    };
    let found = groupware.query_emails(caller, account, query, window);
    let found = found.await.unwrap()?;
    Some((found.emails, found.position, found.total.unwrap()))
}

async fn whole(
    groupware: &Groupware,
    caller: &Caller,
    account: AccountId,
    query: &EmailQuery,
) -> Vec<EmailId> {
    let start = WindowStart::Position(0);
    let all = found(groupware, caller, account, query, start, usize::MAX);
    let (emails, position, total) = all.await.unwrap();
    assert_eq!((position, total), (0, emails.len()));
    emails
}

/// The result, decided email by email.
fn expected(catalogue: &Catalogue, query: &EmailQuery) -> Vec<EmailId> {
    let emails: Vec<_> = catalogue.emails().collect();
    let has = |keywords, name: &Keyword| {
        catalogue
            .keyword_names(keywords)
            .any(|known| known == name.as_str())
    };
    // Of each thread whether all have the keyword, and whether some have.
    let mut threads: BTreeMap<(ThreadId, &str), (bool, bool)> = BTreeMap::new();
    for found in &emails {
        for name in ["$seen", "own"] {
            let has = has(found.row.keywords, &keyword(name));
            let of_thread = threads.entry((found.row.thread, name));
            let (all, some) = of_thread.or_insert((true, false));
            *all &= has;
            *some |= has;
        }
    }
    let in_thread = |thread: ThreadId, name: &Keyword| threads[&(thread, name.as_str())];
    fn holds(
        filter: &EmailFilter,
        found: &groupware::CataloguedEmail,
        has: &dyn Fn(&Keyword) -> bool,
        in_thread: &dyn Fn(&Keyword) -> (bool, bool),
    ) -> bool {
        let inner = |filter: &EmailFilter| holds(filter, found, has, in_thread);
        match filter {
            EmailFilter::All => true,
            EmailFilter::And(filters) => filters.iter().all(inner),
            EmailFilter::Or(filters) => filters.iter().any(inner),
            EmailFilter::Not(filter) => !inner(filter),
            EmailFilter::InMailbox(mailbox) => found.mailbox == *mailbox,
            EmailFilter::InMailboxOtherThan(others) => !others.contains(&found.mailbox),
            EmailFilter::Keyword(name) => has(name),
            EmailFilter::AllInThread(name) => in_thread(name).0,
            EmailFilter::SomeInThread(name) => in_thread(name).1,
            other => panic!("{other:?} is not asked here"),
        }
    }
    let mut hits: Vec<_> = emails
        .iter()
        .filter(|found| {
            let row = &found.row;
            holds(
                &query.filter,
                found,
                &|name| has(row.keywords, name),
                &|name| in_thread(row.thread, name),
            )
        })
        .collect();
    let first_descends = query.sort.first().is_none_or(|first| first.descending);
    hits.sort_by(|a, b| {
        for comparator in &query.sort {
            let value = |found: &groupware::CataloguedEmail| match &comparator.by {
                EmailSortBy::ReceivedAt => found.row.received_at.0,
                EmailSortBy::Size => i64::from(found.row.size),
                EmailSortBy::HasKeyword(name) => i64::from(has(found.row.keywords, name)),
                EmailSortBy::SomeInThreadHaveKeyword(name) => {
                    i64::from(in_thread(found.row.thread, name).1)
                }
                other => panic!("{other:?} is not asked here"),
            };
            let order = value(a).cmp(&value(b));
            let order = if comparator.descending {
                order.reverse()
            } else {
                order
            };
            if order.is_ne() {
                return order;
            }
        }
        let tied = (a.row.received_at, a.row.email).cmp(&(b.row.received_at, b.row.email));
        if first_descends { tied.reverse() } else { tied }
    });
    let mut threads = BTreeSet::new();
    hits.into_iter()
        .filter(|found| !query.collapse_threads || threads.insert(found.row.thread))
        .map(|found| found.row.email)
        .collect()
}

/// RFC 8620 5.6: how a client goes from the older result to the newer.
fn spliced(mut ids: Vec<EmailId>, changes: &EmailQueryChanges) -> Vec<EmailId> {
    let removed: BTreeSet<EmailId> = changes.removed.iter().copied().collect();
    ids.retain(|id| !removed.contains(id));
    assert!(changes.added.is_sorted());
    for place in &changes.added {
        assert!(place.index <= ids.len(), "{place:?} beyond {}", ids.len());
        ids.insert(place.index, place.email);
    }
    ids
}

async fn seq(groupware: &Groupware, anna: &Caller) -> Seq {
    groupware.open_own(anna).await.unwrap().seq
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_result_is_right_and_changes_lead_to_it(steps in prop::collection::vec(step(), 1..20), window in 0usize..40) {
        run(async {
            let mut history = History::new().await;
            let anna = caller(history.world.anna);
            let groupware = history.world.groupware.clone();
            let [inbox, archive] = history.places.map(|place| place.mailbox);
            let account = history.places[0].account;
            let queries = queries(inbox, archive);
            let mut seen: Vec<Vec<EmailId>> = Vec::new();
            for query in &queries {
                seen.push(whole(&groupware, &anna, account, query).await);
            }
            let mut since = seq(&groupware, &anna).await;
            for one in steps.iter().chain([&Step::Look]) {
                history.world.clock.advance_ms(700);
                history.run(one).await;
                if !matches!(one, Step::Look) {
                    continue;
                }
                let catalogue = groupware.catalogue(&anna, account).await.unwrap();
                for (query, seen) in queries.iter().zip(&mut seen) {
                    let now = whole(&groupware, &anna, account, query).await;
                    assert_eq!(now, expected(&catalogue, query), "{query:?}");
                    let changes = groupware
                        .query_emails_changes(&anna, account, query, since, None, true)
                        .await
                        .unwrap();
                    assert_eq!(changes.total, Some(now.len()));
                    assert_eq!(spliced(seen.clone(), &changes), now, "{query:?}");
                    windows(&groupware, &anna, account, query, &now, window).await;
                    *seen = now;
                }
                since = seq(&groupware, &anna).await;
            }
        });
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changes_of_threads_and_mailboxes_lead_from_one_state_to_the_next(steps in prop::collection::vec(step(), 1..30)) {
        run(async {
            let mut history = History::new().await;
            let anna = caller(history.world.anna);
            let groupware = history.world.groupware.clone();
            let account = history.places[0].account;
            let mut since = seq(&groupware, &anna).await;
            let mut seen = State::of(&groupware, &anna, account).await;
            for one in steps.iter().chain([&Step::Look]) {
                history.run(one).await;
                if !matches!(one, Step::Look) {
                    continue;
                }
                let now = State::of(&groupware, &anna, account).await;
                let threads = groupware.thread_changes(&anna, account, since).await.unwrap();
                now.leads_from(&seen, &threads);
                let mailboxes = groupware.mailbox_changes(&anna, account, since).await.unwrap();
                now.counts_lead_from(&seen, &mailboxes);
                since = seq(&groupware, &anna).await;
                seen = now;
            }
        });
    }
}

/// Parts of the result are what they should be, from both ends and around an email.
async fn windows(
    groupware: &Groupware,
    anna: &Caller,
    account: AccountId,
    query: &EmailQuery,
    whole: &[EmailId],
    at: usize,
) {
    let part = |start| found(groupware, anna, account, query, start, 5);
    let expected = |from: usize| {
        let emails: Vec<EmailId> = whole.iter().skip(from).take(5).copied().collect();
        Some((emails, from, whole.len()))
    };
    let signed = i64::try_from(at).unwrap();
    let from_start = part(WindowStart::Position(signed)).await;
    assert_eq!(from_start, expected(at));
    let from_end = part(WindowStart::Position(-signed - 1)).await;
    assert_eq!(from_end, expected(whole.len().saturating_sub(at + 1)));
    if let Some(anchor) = whole.get(at) {
        let around = part(WindowStart::Anchor(*anchor, -3)).await;
        assert_eq!(around, expected(at.saturating_sub(3)));
    }
    let nobody = part(WindowStart::Anchor(EmailId(u32::MAX), 0)).await;
    assert_eq!(nobody, None);
}

/// Threads with their emails, and mailboxes with their counts.
struct State {
    threads: BTreeMap<ThreadId, Vec<EmailId>>,
    mailboxes: BTreeMap<MailboxId, MailboxCounts>,
}

impl State {
    async fn of(groupware: &Groupware, anna: &Caller, account: AccountId) -> Self {
        let catalogue = groupware.catalogue(anna, account).await.unwrap();
        let threads = catalogue.emails().map(|found| found.row.thread);
        Self {
            threads: threads
                .map(|thread| (thread, catalogue.thread(thread)))
                .collect(),
            mailboxes: catalogue
                .mailboxes()
                .map(|mailbox| (mailbox, catalogue.counts(mailbox)))
                .collect(),
        }
    }

    fn leads_from(&self, older: &Self, changes: &groupware::ThreadChanges) {
        for (thread, emails) in &self.threads {
            match older.threads.get(thread) {
                None => assert!(changes.created.contains(thread), "{thread}"),
                Some(before) if before != emails => {
                    assert!(changes.updated.contains(thread), "{thread}");
                }
                Some(_) => assert!(!changes.created.contains(thread)),
            }
        }
        for thread in older.threads.keys() {
            let is_gone = !self.threads.contains_key(thread);
            assert_eq!(changes.destroyed.contains(thread), is_gone, "{thread}");
        }
    }

    fn counts_lead_from(&self, older: &Self, changes: &groupware::MailboxChanges) {
        for (mailbox, counts) in &self.mailboxes {
            match older.mailboxes.get(mailbox) {
                None => assert!(changes.created.contains(mailbox)),
                Some(before) if before != counts => {
                    assert!(changes.counted.contains(mailbox), "{mailbox}");
                }
                Some(_) => {}
            }
        }
    }
}

fn message(subject: &str, from: &str, more: &str, body: &str) -> String {
    format!("From: {from}\r\nTo: anna@example.org\r\nSubject: {subject}\r\n{more}\r\n{body}\r\n")
}

async fn add(world: &World, place: Place, text: String, at: i64) -> EmailId {
    let message = groupware::NewMessage {
        message: world.groupware.prepare(text.into_bytes()).await.unwrap(),
        keywords: named(&[]),
        received_at: Some(Timestamp::from_seconds(at)),
    };
    let owner = caller(place.account.into());
    let added = world
        .groupware
        .append(&owner, place.account, place.mailbox, vec![message]);
    added.await.unwrap()[0].email
}

#[tokio::test]
async fn dates_sizes_headers_and_files_are_found_in_all_mailboxes() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let archive = world.place(world.anna, Role::Archive).await;
    let anna = caller(world.anna);
    let a = add(
        &world,
        inbox,
        message("Zeta", "Bo <bo@x.example>", "X-Tag: one\r\n", "x"),
        100,
    )
    .await;
    let file = "Content-Type: multipart/mixed; boundary=b\r\n";
    let parts = "--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\n\r\npdf\r\n--b--";
    let b = add(
        &world,
        archive,
        message("Re: alpha", "Al <zz@x.example>", file, parts),
        200,
    )
    .await;
    let c = add(
        &world,
        inbox,
        message("Beta", "aa@x.example", "X-Tag: two\r\n", &"x".repeat(500)),
        300,
    )
    .await;
    let ask = async |filter: EmailFilter, sort: &[(EmailSortBy, bool)]| {
        whole(
            &world.groupware,
            &anna,
            inbox.account,
            &query(filter, sort, false),
        )
        .await
    };
    let at = Timestamp::from_seconds;
    assert_eq!(ask(EmailFilter::All, &[]).await, [c, b, a]);
    assert_eq!(ask(EmailFilter::ReceivedBefore(at(200)), &[]).await, [a]);
    assert_eq!(ask(EmailFilter::ReceivedSince(at(200)), &[]).await, [c, b]);
    assert_eq!(ask(EmailFilter::SizeAtLeast(500), &[]).await, [c]);
    assert_eq!(ask(EmailFilter::HasAttachment, &[]).await, [b]);
    assert_eq!(ask(not(EmailFilter::HasAttachment), &[]).await, [c, a]);
    let header = |name: &str, text: &str| EmailFilter::Header {
        name: name.into(),
        text: text.into(),
    };
    assert_eq!(ask(header("x-tag", ""), &[]).await, [c, a]);
    assert_eq!(ask(header("X-Tag", "ON"), &[]).await, [a]);
    assert_eq!(ask(header("subject", "alpha"), &[]).await, [b]);
    let by = |by: EmailSortBy, descending| [(by, descending)];
    let all = || EmailFilter::All;
    assert_eq!(
        ask(all(), &by(EmailSortBy::Subject, false)).await,
        [b, c, a]
    );
    assert_eq!(ask(all(), &by(EmailSortBy::From, false)).await, [c, b, a]);
    assert_eq!(ask(all(), &by(EmailSortBy::From, true)).await, [a, b, c]);
    assert_eq!(ask(all(), &by(EmailSortBy::Size, true)).await[0], c);
}

#[tokio::test]
async fn a_guest_finds_only_what_is_shared() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let archive = world.place(world.anna, Role::Archive).await;
    let hidden = world.add(inbox, &["hidden"], &[]).await[0].email;
    let shared = world.add(archive, &["shared"], &[]).await[0].email;
    let bert = caller(world.bert);
    let groupware = &world.groupware;
    let account = inbox.account;
    assert!(groupware.catalogue(&bert, account).await.is_err());
    let rights = Rights::LOOKUP.with(Rights::READ);
    world.share(archive, Some(world.bert), rights).await;
    let all = query(EmailFilter::All, &[], false);
    assert_eq!(whole(groupware, &bert, account, &all).await, [shared]);
    let catalogue = groupware.catalogue(&bert, account).await.unwrap();
    assert_eq!(catalogue.email(hidden), None);
    assert_eq!(catalogue.mailboxes().collect::<Vec<_>>(), [archive.mailbox]);
    // A move into sight and out of it.
    let anna = caller(world.anna);
    let since = groupware.open_own(&anna).await.unwrap().seq;
    let moved = groupware.move_emails(&anna, inbox, self::all(), archive);
    moved.await.unwrap();
    let changes = groupware
        .query_emails_changes(&bert, account, &all, since, None, false)
        .await
        .unwrap();
    assert_eq!(changes.added.len(), 1);
    let gone = NumberSet::range(1, 1);
    let moved = groupware.move_emails(&anna, archive, gone, inbox);
    moved.await.unwrap();
    assert_eq!(whole(groupware, &bert, account, &all).await, [hidden]);
    // What was shared is no more.
    world.share(archive, Some(world.bert), Rights::NONE).await;
    assert!(groupware.catalogue(&bert, account).await.is_err());
}

/// Commits of several writers while readers ask: each answer is of one piece, and in the end all see the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_writers_at_once_end_with_the_same_catalogue() {
    let world = std::sync::Arc::new(World::new().await);
    let inbox = world.place(world.anna, Role::Inbox).await;
    let archive = world.place(world.anna, Role::Archive).await;
    let anna = caller(world.anna);
    let writer = |number: u32| {
        let (world, anna) = (std::sync::Arc::clone(&world), anna.clone());
        tokio::spawn(async move {
            for round in 0..40 {
                let uids = NumberSet::range(round + number, round + number + 3);
                let subject = format!("s{number}-{round}");
                world.add(inbox, &[&subject], &[]).await;
                let groupware = &world.groupware;
                if number == 0 {
                    let moved = groupware.move_emails(&anna, inbox, uids, archive);
                    moved.await.unwrap();
                } else {
                    let gone =
                        groupware.expunge(&anna, inbox.account, archive.mailbox, uids, false);
                    gone.await.unwrap();
                }
            }
        })
    };
    let writers = [writer(0), writer(1), writer(2)];
    let reader = || {
        let (world, anna) = (std::sync::Arc::clone(&world), anna.clone());
        tokio::spawn(async move {
            let newest = query(EmailFilter::All, &[], true);
            for _ in 0..150 {
                let catalogue = world
                    .groupware
                    .catalogue(&anna, inbox.account)
                    .await
                    .unwrap();
                for found in catalogue.emails() {
                    assert!(!catalogue.thread(found.row.thread).is_empty());
                }
                let start = WindowStart::Position(0);
                found(&world.groupware, &anna, inbox.account, &newest, start, 50).await;
                tokio::task::yield_now().await;
            }
        })
    };
    let readers = [reader(), reader()];
    for task in writers.into_iter().chain(readers) {
        task.await.unwrap();
    }
    let stranger = Groupware::new(
        world.store.clone(),
        world.groupware.directory().clone(),
        world.clock.clock(),
    );
    let seen = State::of(&world.groupware, &anna, inbox.account).await;
    let fresh = State::of(&stranger, &anna, inbox.account).await;
    assert_eq!(seen.threads, fresh.threads);
    assert_eq!(seen.mailboxes, fresh.mailboxes);
}
