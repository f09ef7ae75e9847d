//! Entries: numbers, chains, wholeness, order, notices.

use std::sync::{Arc, Mutex, PoisonError};

use model::{AccountId, Mutation, NumberSet, Seq, Timestamp};

use super::subject::{ANNA, BERT, Subject, all, create, keyword, letter};
use crate::change::{Change, KeywordChange, Outcome};
use crate::engine::Engine;
use crate::error::Error;
use crate::notice::Notice;

pub(super) fn numbers_and_chains(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    assert_eq!(
        engine.head(ANNA).unwrap(),
        None,
        "nothing was committed yet"
    );
    assert_eq!(engine.size().unwrap(), 0);
    for (account, name, seq) in [(ANNA, "a", 1), (BERT, "a", 1), (ANNA, "b", 2)] {
        let committed = subject.commit(account, vec![create(None, name, None)]);
        assert_eq!(committed.unwrap().seq, Seq(seq));
        assert_eq!(subject.head(account).seq, Seq(seq));
    }
    assert_eq!(engine.size().unwrap(), 3);
    let entries = engine.journal(ANNA, Seq::START, 10).unwrap();
    let numbers: Vec<_> = entries
        .iter()
        .map(|entry| (entry.seq, entry.index))
        .collect();
    assert_eq!(numbers, [(Seq(1), 0), (Seq(2), 2)]);
    assert!(entries[0].at < entries[1].at);
    assert_eq!(engine.accounts(AccountId(0), 10).unwrap(), [ANNA, BERT]);
    assert_eq!(engine.accounts(AccountId(0), 1).unwrap(), [ANNA]);
    assert_eq!(engine.accounts(BERT, 10).unwrap(), [BERT], "from there on");
}

pub(super) fn fails_as_a_whole(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    subject.fill(ANNA, inbox, 2);
    let heard = listen(engine);
    let before = (subject.head(ANNA), subject.rows(ANNA, inbox));
    let changes = vec![
        create(None, "Neu", None),
        Change::AddEmail(Box::new(
            subject.new_email(inbox, &letter("Unsichtbar", "")),
        )),
        Change::SetKeywords {
            mailbox: inbox,
            uids: all(),
            change: KeywordChange::Add(vec![keyword("$seen"), keyword("eigenes")]),
            unchanged_since: None,
        },
        create(None, "Neu", None),
    ];
    let answer = subject.commit(ANNA, changes);
    assert!(matches!(answer, Err(Error::AlreadyExists(_))), "{answer:?}");
    assert_eq!((subject.head(ANNA), subject.rows(ANNA, inbox)), before);
    assert_eq!(engine.size().unwrap(), 3);
    let query = crate::TextQuery {
        account: ANNA,
        field: crate::Field::Any,
        text: "unsichtbar".into(),
    };
    assert!(engine.search(&query).unwrap().is_empty());
    subject.mailbox(ANNA, "Danach");
    let heard = wait_for(&heard, 1);
    assert_eq!(heard.len(), 1, "no notice of what failed");
}

pub(super) fn keeps_the_order_of_a_batch(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let requests = ["a", "a", "b", "a"]
        .into_iter()
        .map(|name| subject.request(ANNA, vec![create(None, name, None)]))
        .chain([subject.request(BERT, vec![create(None, "a", None)])])
        .collect();
    let answers = subject.commit_all(requests);
    let seqs: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().map(|committed| committed.seq.0).ok())
        .collect();
    assert_eq!(seqs, [Some(1), None, Some(2), None, Some(1)]);
    let names: Vec<_> = subject
        .head(ANNA)
        .mailboxes
        .values()
        .map(|mailbox| mailbox.name.to_string())
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert!(subject.commit_all(Vec::new()).is_empty());
}

pub(super) fn refuses_another_state(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    subject.mailbox(ANNA, "a");
    for (seq, holds) in [(0, false), (2, false), (1, true)] {
        let mut request = subject.request(ANNA, vec![create(None, "b", None)]);
        request.if_seq = Some(Seq(seq));
        let answer = subject.commit_all(vec![request]).remove(0);
        if holds {
            assert_eq!(answer.unwrap().seq, Seq(2));
        } else {
            assert_eq!(answer, Err(Error::StateMismatch));
        }
    }
    // Two requests of one batch for the same state: the first wins.
    let requests = ["c", "d"].map(|name| {
        let mut request = subject.request(ANNA, vec![create(None, name, None)]);
        request.if_seq = Some(Seq(2));
        request
    });
    let answers = subject.commit_all(requests.into());
    assert!(answers[0].is_ok());
    assert_eq!(answers[1], Err(Error::StateMismatch));
}

pub(super) fn writes_nothing_for_nothing(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let committed = subject.commit(ANNA, Vec::new()).unwrap();
    assert_eq!(
        (committed.seq, committed.outcomes),
        (Seq::START, Vec::new())
    );
    assert_eq!(engine.head(ANNA).unwrap(), None);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let heard = listen(engine);
    let change = Change::MoveEmails {
        from: inbox,
        uids: all(),
        to: inbox,
    };
    let committed = subject.commit(ANNA, vec![change]).unwrap();
    assert_eq!(committed.seq, Seq(1), "the account's last entry");
    let moved =
        matches!(&committed.outcomes[..], [Outcome::Copied { uids, .. }] if uids.is_empty());
    assert!(moved);
    assert_eq!(engine.size().unwrap(), 1);
    subject.mailbox(ANNA, "Danach");
    let heard = wait_for(&heard, 1);
    assert_eq!(heard.len(), 1, "no notice of what changed nothing");
}

pub(super) fn is_read_in_pages(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    for number in 0..7 {
        subject.mailbox(ANNA, &format!("Ordner {number}"));
        subject.mailbox(BERT, &format!("Ordner {number}"));
    }
    let whole = engine.journal(ANNA, Seq::START, 100).unwrap();
    assert_eq!(whole.len(), 7);
    let mut pages = Vec::new();
    loop {
        let after = pages
            .last()
            .map_or(Seq::START, |entry: &crate::Entry| entry.seq);
        let page = engine.journal(ANNA, after, 3).unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    assert_eq!(pages, whole);
    assert!(engine.journal(ANNA, Seq(7), 3).unwrap().is_empty());
    assert!(
        engine
            .journal(AccountId(9), Seq::START, 3)
            .unwrap()
            .is_empty()
    );
    assert!(engine.journal(ANNA, Seq::START, 0).unwrap().is_empty());
}

pub(super) fn notifies_in_order(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let heard = listen(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    subject.fill(ANNA, inbox, 3);
    let requests = (0..5)
        .map(|number| subject.request(ANNA, vec![create(None, &format!("{number}"), None)]))
        .collect();
    subject.commit_all(requests);
    subject.set_keywords(
        ANNA,
        inbox,
        NumberSet::range(1, 2),
        KeywordChange::Add(vec![keyword("$seen")]),
        None,
    );
    let entries = engine.journal(ANNA, Seq::START, 100).unwrap();
    let heard = wait_for(&heard, entries.len());
    for (entry, (notice, seen)) in entries.iter().zip(&heard) {
        assert_eq!((notice.account, notice.seq), (ANNA, entry.seq));
        let commit = entry.commit.as_ref().unwrap();
        assert_eq!(notice.mutations[..], commit.mutations[..]);
        assert!(seen.is_at_least(notice.seq), "visible before it is told");
    }
    let last = heard.last().unwrap();
    assert!(matches!(
        &last.0.mutations[..],
        [Mutation::SetKeywords { uids, .. }] if *uids == NumberSet::range(1, 2)
    ));
}

pub(super) fn keeps_time(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    for at in [5_000, 7_000, 6_000, 7_000, 8_000] {
        let name = format!("Ordner {}", engine.size().unwrap());
        let mut request = subject.request(ANNA, vec![create(None, &name, None)]);
        request.at = Timestamp(at);
        assert!(subject.commit_all(vec![request])[0].is_ok());
    }
    let entries = engine.journal(ANNA, Seq::START, 10).unwrap();
    let kept: Vec<_> = entries.iter().map(|entry| entry.at.0).collect();
    assert_eq!(
        kept,
        [5_000, 7_000, 7_000, 7_000, 8_000],
        "a clock that goes back does not count"
    );
    assert_eq!(subject.head(ANNA).at, Timestamp(8_000));
}

pub(super) fn stops(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    subject.mailbox(ANNA, "Inbox");
    engine.stop();
    let answer = subject.commit(ANNA, vec![create(None, "b", None)]);
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    // A read may still be answered, but never with something else than what there was.
    let read = engine.head(ANNA).map(|head| head.map(|head| head.seq));
    assert!(
        matches!(read, Ok(Some(Seq(1))) | Err(Error::Unavailable(_))),
        "{read:?}"
    );
    engine.stop();
}

type Heard = Arc<Mutex<Vec<(Notice, Seq)>>>;

/// Collects notices, and what a reader saw at that moment.
fn listen(engine: &Arc<dyn Engine>) -> Heard {
    let heard = Heard::default();
    let (into, weak) = (Arc::clone(&heard), Arc::downgrade(engine));
    engine.watch(Box::new(move |notice| {
        let engine = weak.upgrade().unwrap();
        let head = engine.head(notice.account).unwrap().unwrap();
        into.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((notice.clone(), head.seq));
    }));
    heard
}

/// Notices follow commits on the engine's own thread: gives it time to catch up, without sleeping.
fn wait_for(heard: &Heard, count: usize) -> Vec<(Notice, Seq)> {
    for _ in 0..10_000_000 {
        let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.len() >= count {
            return heard.clone();
        }
        drop(heard);
        std::thread::yield_now();
    }
    panic!("the notices do not come");
}
