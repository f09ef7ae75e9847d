//! Many at once: writers of many threads, readers beside a writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use model::{AccountId, MailboxId, MailboxName, Seq};

use super::subject::{ANNA, Subject, all, letter};
use crate::change::{Change, Committed, Outcome, Request};
use crate::engine::Engine;
use crate::error::Error;

/// Threads that write.
const WRITERS: u32 = 8;
/// Commits of each.
const COMMITS: u32 = 25;

pub(super) fn many_threads(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let shared = subject.mailbox(ANNA, "Inbox");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let subject = &subject;
            scope.spawn(move || write(subject, writer, shared));
        }
    });
    let each = u64::from(COMMITS);
    let writers = u64::from(WRITERS);
    assert_eq!(engine.size().unwrap(), 1 + writers * (1 + 2 * each));
    let rows = subject.rows(ANNA, shared);
    let uids: Vec<_> = rows.iter().map(|row| row.uid.0).collect();
    assert_eq!(
        uids,
        (1..=WRITERS * COMMITS).collect::<Vec<_>>(),
        "every number once"
    );
    assert_eq!(subject.head(ANNA).seq, Seq(1 + writers * each));
}

/// Adds to an account of its own and to the shared one, and reads its own writes at once.
fn write(subject: &Subject<'_>, writer: u32, shared: MailboxId) {
    let account = AccountId(100 + writer);
    let own = subject.mailbox(account, "Inbox");
    for number in 0..COMMITS {
        let message = letter("Gleichzeitig", &format!("{writer} {number}"));
        let requests = [(account, own), (ANNA, shared)].map(|(account, mailbox)| {
            let new = subject.new_email(mailbox, &message);
            subject.request(account, vec![Change::AddEmail(Box::new(new))])
        });
        let answers = subject.commit_all(requests.into());
        let (mine, common) = (answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap());
        assert_eq!(
            mine.seq,
            Seq(2 + u64::from(number)),
            "nobody else writes here"
        );
        assert!(
            subject.head(ANNA).seq.is_at_least(common.seq),
            "answered is visible"
        );
        let Outcome::Added { email, .. } = common.outcomes[0] else {
            panic!("{common:?}");
        };
        assert_eq!(subject.message(ANNA, email).as_ref(), Some(&message));
        assert!(subject.engine.locate(ANNA, email).unwrap().is_some());
        let rows = subject.engine.rows(account, own, &all()).unwrap();
        assert_eq!(rows.len(), usize::try_from(number).unwrap() + 1);
    }
}

pub(super) fn all_or_none(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let create = |account: AccountId, name: &str| {
        let name = MailboxName::try_from(name).unwrap();
        let change = Change::CreateMailbox {
            parent: None,
            name,
            role: None,
        };
        subject.request(account, vec![change])
    };
    let bert = AccountId(77);
    let done = submit_together(&**engine, vec![create(ANNA, "Eins"), create(bert, "Eins")]);
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let (size, seq) = (engine.size().unwrap(), subject.head(ANNA).seq);
    let done = submit_together(&**engine, vec![create(ANNA, "Zwei"), create(bert, "Eins")]);
    assert_eq!(
        done,
        [
            Err(Error::NotTogether),
            Err(Error::AlreadyExists("the mailbox"))
        ]
    );
    let done = submit_together(&**engine, vec![create(ANNA, "Zwei"), create(ANNA, "Drei")]);
    assert!(done[1].is_err(), "two of one account: {done:?}");
    assert_eq!(engine.size().unwrap(), size, "nothing was written");
    assert_eq!(subject.head(ANNA).seq, seq);
}

fn submit_together(engine: &dyn Engine, requests: Vec<Request>) -> Vec<Result<Committed, Error>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    engine.submit_together(
        requests,
        Box::new(move |answers| drop(sender.send(answers))),
    );
    receiver.recv().unwrap()
}

pub(super) fn whole_commits(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let message = letter("Paar", "zwei auf einmal");
            for _ in 0..50 {
                let pair =
                    (0..2).map(|_| Change::AddEmail(Box::new(subject.new_email(inbox, &message))));
                subject.commit(ANNA, pair.collect()).unwrap();
            }
            done.store(true, Ordering::SeqCst);
        });
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while !done.load(Ordering::SeqCst) {
                    let emails = subject.head(ANNA).mailbox(inbox).unwrap().totals.emails;
                    assert!(
                        emails.is_multiple_of(2) && emails >= before,
                        "{before}, then {emails}"
                    );
                    before = emails;
                    let rows = subject.rows(ANNA, inbox).len();
                    assert!(rows.is_multiple_of(2), "half a commit: {rows} rows");
                }
            });
        }
    });
    assert_eq!(subject.rows(ANNA, inbox).len(), 100);
}
