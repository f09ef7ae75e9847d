//! What goes and can come back, what goes for good, and what waits.

use std::sync::Arc;

use model::{EmailId, Keywords, QueueId, QueueStanding, QueuedRecipient, Timestamp, Uid};

use super::subject::{
    ANNA, BERT, EPOCH_MS, Subject, keyword, letter, messages, meta_of, metas, uids,
};
use crate::change::{Change, KeywordChange, NewQueueItem, Outcome, QueueChange, Source};
use crate::engine::Engine;
use crate::error::Error;
use crate::rows::Destroyed;

pub(super) fn destroyed_and_restored(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    subject.fill(ANNA, inbox, 4);
    let mark = KeywordChange::Add(vec![keyword("$deleted"), keyword("$flagged")]);
    subject.set_keywords(ANNA, inbox, uids(&[1, 3]), mark, None);
    let before = subject.rows(ANNA, inbox);
    let destroy = |numbers, only_deleted| Change::DestroyEmails {
        mailbox: inbox,
        uids: numbers,
        only_deleted,
    };
    let gone = |numbers: &[u32]| Outcome::Destroyed {
        uids: uids(numbers),
    };
    assert_eq!(
        subject.done(ANNA, destroy(uids(&[2, 3, 9]), true)),
        gone(&[3])
    );
    assert_eq!(
        subject.done(ANNA, destroy(uids(&[2, 4]), false)),
        gone(&[2, 4])
    );
    assert_eq!(subject.done(ANNA, destroy(uids(&[2, 4]), false)), gone(&[]));
    let destroyed = engine.destroyed(ANNA).unwrap();
    let emails: Vec<_> = destroyed.iter().map(|gone| gone.email.0).collect();
    assert_eq!(emails, [2, 3, 4], "by rising number");
    let row = before[2];
    let expected = Destroyed {
        email: row.email,
        mailbox: inbox,
        destroyed_at: destroyed[1].destroyed_at,
        thread: row.thread,
        size: row.size,
        keywords: row.keywords,
        received_at: row.received_at,
        sent_at: row.sent_at,
    };
    assert_eq!(destroyed[1], expected);
    assert!(destroyed[1].destroyed_at < destroyed[0].destroyed_at);
    assert_eq!(engine.locate(ANNA, EmailId(3)).unwrap(), None);
    assert_eq!(subject.rows(ANNA, inbox).len(), 1);

    let restore = |email, mailbox| Change::RestoreEmail {
        email: EmailId(email),
        mailbox,
    };
    match subject.done(ANNA, restore(3, archive)) {
        Outcome::Added {
            email, uid, thread, ..
        } => {
            assert_eq!((email, uid, thread), (EmailId(3), Uid(1), row.thread));
        }
        other => panic!("{other:?}"),
    }
    let back = subject.rows(ANNA, archive);
    assert_eq!(back.len(), 1);
    assert_eq!(
        back[0].keywords,
        Keywords::FLAGGED,
        "not marked deleted any more"
    );
    assert_eq!(
        (back[0].changed, back[0].received_at),
        (subject.head(ANNA).seq, row.received_at)
    );
    assert_eq!(
        subject.message(ANNA, EmailId(3)),
        Some(letter("Nummer", "2"))
    );
    for email in [1, 3, 99] {
        assert!(matches!(
            subject.refused(ANNA, restore(email, inbox)),
            Error::NotFound(_)
        ));
    }
    assert!(matches!(
        subject.refused(BERT, restore(2, inbox)),
        Error::NotFound(_)
    ));
    let twice = subject.commit(ANNA, vec![restore(2, inbox), restore(2, archive)]);
    assert!(matches!(twice, Err(Error::Invalid(_))), "{twice:?}");
    let both = subject.commit(ANNA, vec![restore(2, inbox), restore(4, inbox)]);
    assert!(both.is_ok(), "{both:?}");
    assert!(engine.destroyed(ANNA).unwrap().is_empty());
}

pub(super) fn purged(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, other) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(BERT, "Inbox"),
    );
    subject.fill(ANNA, inbox, 5);
    let shared = engine.source(ANNA, EmailId(1)).unwrap().unwrap();
    let alone = engine.source(ANNA, EmailId(2)).unwrap().unwrap();
    let mut copy = subject.new_email(other, b"not these bytes");
    copy.source = Source::Stored {
        blob: shared.blob,
        meta: Arc::clone(&shared.meta),
    };
    subject.add_email(BERT, copy);
    let destroy = |numbers: &[u32]| Change::DestroyEmails {
        mailbox: inbox,
        uids: uids(numbers),
        only_deleted: false,
    };
    subject.done(ANNA, destroy(&[1, 2, 3]));
    subject.done(ANNA, destroy(&[4]));
    let cut = engine.destroyed(ANNA).unwrap()[3].destroyed_at;
    let purge = |destroyed_before, limit| {
        let change = Change::PurgeEmails {
            destroyed_before,
            limit,
        };
        match subject.done(ANNA, change) {
            Outcome::Purged { count } => count,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(purge(Timestamp(EPOCH_MS), 10), 0, "nothing is that old");
    assert_eq!(purge(cut, 2), 2, "at most so many");
    assert_eq!(engine.destroyed(ANNA).unwrap().len(), 2);
    assert_eq!(
        purge(cut, 10),
        1,
        "not what was destroyed at that very moment"
    );
    let left: Vec<_> = engine
        .destroyed(ANNA)
        .unwrap()
        .iter()
        .map(|gone| gone.email.0)
        .collect();
    assert_eq!(left, [4]);

    let emails: Vec<_> = (1..=3).map(EmailId).collect();
    assert!(messages(&**engine, ANNA, &emails).is_empty());
    assert!(metas(&**engine, ANNA, &emails).is_empty());
    assert_eq!(engine.source(ANNA, EmailId(2)).unwrap(), None);
    assert!(
        matches!(engine.blob(alone.blob), Err(Error::NotFound(_))),
        "its bytes are dropped"
    );
    let elsewhere = messages(&**engine, BERT, &[EmailId(1)]);
    assert_eq!(
        elsewhere,
        [(EmailId(1), letter("Nummer", "0"))],
        "others keep theirs"
    );
    assert_eq!(
        metas(&**engine, BERT, &[EmailId(1)]),
        [(EmailId(1), meta_of(&letter("Nummer", "0")))]
    );
    let restore = Change::RestoreEmail {
        email: EmailId(2),
        mailbox: inbox,
    };
    assert!(matches!(subject.refused(ANNA, restore), Error::NotFound(_)));
    // The journal goes on, and the same bytes can come again.
    let again = subject.add(ANNA, inbox, &letter("Nummer", "1"));
    assert_eq!(again, EmailId(6));
    assert_eq!(subject.message(ANNA, again), Some(letter("Nummer", "1")));
    assert_eq!(subject.rows(ANNA, inbox).len(), 2);
}

pub(super) fn queue(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let enqueue = |subject: &Subject<'_>, body: &str| {
        let message = letter("Ausgang", body);
        let blob = subject.engine.prepare(&message, meta_of(&message)).unwrap();
        Change::Enqueue(Box::new(NewQueueItem {
            reverse_path: "anna@example.org".into(),
            recipients: ["carl@example.net", "dora@example.net"]
                .map(|forward_path| QueuedRecipient {
                    forward_path: forward_path.into(),
                    notify: None,
                    original: Some(format!("rfc822;{forward_path}")),
                })
                .to_vec(),
            source: Source::New(blob),
            size: u32::try_from(message.len()).unwrap(),
            envelope_id: Some("QQ314159".into()),
            dsn_return: Some(model::DsnReturn::Headers),
            smtputf8: true,
            require_tls: false,
            standing: QueueStanding {
                eight_bit: true,
                ..QueueStanding::default()
            },
        }))
    };
    for (account, id, body) in [(BERT, 1, "eins"), (ANNA, 1, "zwei"), (ANNA, 2, "drei")] {
        let outcome = subject.done(account, enqueue(&subject, body));
        assert_eq!(outcome, Outcome::Queued(QueueId(id)));
    }
    let order = |limit| {
        let queue = engine.queue(None, limit).unwrap();
        queue
            .iter()
            .map(|queued| (queued.account, queued.item.id.0))
            .collect::<Vec<_>>()
    };
    assert_eq!(order(10), [(BERT, 1), (ANNA, 1), (ANNA, 2)], "oldest first");
    assert_eq!(order(2), [(BERT, 1), (ANNA, 1)]);
    let first = engine.queue(None, 1).unwrap().remove(0);
    let behind = engine.queue(Some(first.place()), 1).unwrap();
    assert_eq!((behind[0].account, behind[0].item.id.0), (ANNA, 1));
    assert!(first.standing.eight_bit);
    let item = first.item;
    assert_eq!(item.recipients[0].forward_path, "carl@example.net");
    assert_eq!(
        (item.envelope_id.as_deref(), item.smtputf8),
        (Some("QQ314159"), true)
    );
    assert_eq!(engine.blob(item.blob).unwrap(), letter("Ausgang", "eins"));
    subject.done(BERT, Change::Dequeue { id: QueueId(1) });
    let again = subject.refused(BERT, Change::Dequeue { id: QueueId(1) });
    assert!(matches!(again, Error::NotFound(_)));
    assert_eq!(order(10), [(ANNA, 1), (ANNA, 2)]);
    let outcome = subject.done(BERT, enqueue(&subject, "vier"));
    assert_eq!(
        outcome,
        Outcome::Queued(QueueId(2)),
        "numbers are never used again"
    );
    assert_eq!(order(10), [(ANNA, 1), (ANNA, 2), (BERT, 2)]);
}

pub(super) fn queue_standing(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let message = letter("Ausgang", "an drei");
    let blob = subject.engine.prepare(&message, meta_of(&message)).unwrap();
    let recipient = |forward_path: &str| QueuedRecipient {
        forward_path: forward_path.into(),
        notify: None,
        original: None,
    };
    let item = NewQueueItem {
        reverse_path: "anna@example.org".into(),
        recipients: ["a@example.net", "b@example.net", "c@example.net"]
            .map(recipient)
            .to_vec(),
        source: Source::New(blob),
        size: u32::try_from(message.len()).unwrap(),
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: QueueStanding::default(),
    };
    subject.done(ANNA, Change::Enqueue(Box::new(item)));
    let set = |change| Change::SetQueued {
        id: QueueId(1),
        change,
    };
    let standing = || engine.queued(ANNA, QueueId(1)).unwrap().unwrap().standing;
    subject.done(ANNA, set(QueueChange::Settle(vec![2])));
    subject.done(ANNA, set(QueueChange::Settle(vec![2, 0])));
    assert_eq!(standing().settled, [0, 2]);
    let queued = engine.queued(ANNA, QueueId(1)).unwrap().unwrap();
    let open: Vec<_> = queued.open().map(|(place, _)| place).collect();
    assert_eq!(open, [1]);
    subject.done(ANNA, set(QueueChange::Hold(Some("Verdacht".into()))));
    subject.done(ANNA, set(QueueChange::DelayTold));
    subject.done(ANNA, set(QueueChange::ReleaseAt(Some(Timestamp(5)))));
    let expected = QueueStanding {
        release_at: Some(Timestamp(5)),
        hold: Some("Verdacht".into()),
        delay_told: true,
        settled: vec![0, 2],
        ..QueueStanding::default()
    };
    assert_eq!(standing(), expected);
    let unknown = subject.refused(ANNA, set(QueueChange::Settle(vec![3])));
    assert!(matches!(unknown, Error::NotFound(_)));
    let at = engine.queue(None, 1).unwrap()[0].item.blob;
    subject.done(ANNA, set(QueueChange::Settle(vec![1])));
    assert_eq!(engine.queued(ANNA, QueueId(1)).unwrap(), None);
    assert!(engine.blob(at).is_err(), "its bytes go with it");
    let gone = subject.refused(ANNA, set(QueueChange::DelayTold));
    assert!(matches!(gone, Error::NotFound(_)));
}
