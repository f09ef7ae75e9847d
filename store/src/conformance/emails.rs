//! Emails in mailboxes: adding, keywords, copying, moving, bytes, quota.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{
    BlobId, BlobRef, Commit, EmailId, Keywords, MailboxId, Mutation, NumberSet, Seq, ThreadId,
    Timestamp, Totals, Uid,
};

use super::subject::{
    ANNA, BERT, EPOCH_MS, Subject, all, keyword, letter, messages, meta_of, metas, uids,
};
use crate::change::{Change, KeywordChange, Outcome, Source};
use crate::engine::Engine;
use crate::error::Error;
use crate::rows::{EmailRow, Located};

pub(super) fn are_added(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let message = letter("Grüße", "aus Köln");
    let mut new = subject.new_email(inbox, &message);
    new.keywords = vec![keyword("$seen"), keyword("$flagged")];
    new.received_at = Timestamp(EPOCH_MS - 5);
    new.sent_at = None;
    let validity = subject.head(ANNA).mailbox(inbox).unwrap().uid_validity;
    let outcome = subject.done(ANNA, Change::AddEmail(Box::new(new)));
    let expected = Outcome::Added {
        email: EmailId(1),
        uid: Uid(1),
        uid_validity: validity,
        thread: ThreadId(1),
    };
    assert_eq!(outcome, expected);
    let row = EmailRow {
        uid: Uid(1),
        email: EmailId(1),
        thread: ThreadId(1),
        size: u32::try_from(message.len()).unwrap(),
        keywords: Keywords::SEEN.with(Keywords::FLAGGED),
        changed: Seq(2),
        received_at: Timestamp(EPOCH_MS - 5),
        sent_at: None,
    };
    assert_eq!(subject.rows(ANNA, inbox), [row]);
    let located = Located {
        mailbox: inbox,
        uid: Uid(1),
    };
    assert_eq!(engine.locate(ANNA, EmailId(1)).unwrap(), Some(located));
    assert_eq!(engine.locate(ANNA, EmailId(2)).unwrap(), None);
    assert_eq!(engine.locate(BERT, EmailId(1)).unwrap(), None);

    subject.fill(ANNA, inbox, 9);
    let some = engine.rows(ANNA, inbox, &uids(&[2, 3, 7, 99])).unwrap();
    assert_eq!(
        some.iter().map(|row| row.uid.0).collect::<Vec<_>>(),
        [2, 3, 7]
    );
    assert!(
        engine
            .rows(ANNA, inbox, &NumberSet::new())
            .unwrap()
            .is_empty()
    );
    assert!(engine.rows(ANNA, MailboxId(9), &all()).unwrap().is_empty());
    assert!(engine.rows(BERT, inbox, &all()).unwrap().is_empty());
    let new = subject.new_email(MailboxId(9), &message);
    let error = subject.refused(ANNA, Change::AddEmail(Box::new(new)));
    assert!(matches!(error, Error::NotFound(_)));
    // Several in one commit get consecutive numbers.
    let two = (0..2).map(|_| Change::AddEmail(Box::new(subject.new_email(inbox, &message))));
    let committed = subject.commit(ANNA, two.collect()).unwrap();
    let numbers: Vec<_> = committed
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Added { uid, .. } => uid.0,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [11, 12]);
}

pub(super) fn keywords_change_exactly(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    subject.fill(ANNA, inbox, 5);
    let set = |numbers, change| subject.set_keywords(ANNA, inbox, numbers, change, None).0;
    let seen = || KeywordChange::Add(vec![keyword("$seen")]);
    assert_eq!(set(uids(&[2, 4, 77]), seen()), uids(&[2, 4]));
    assert_eq!(
        set(all(), seen()),
        uids(&[1, 3, 5]),
        "only those that had it not"
    );
    assert_eq!(
        last_deltas(engine),
        [(uids(&[1, 3, 5]), Keywords::SEEN, Keywords::NONE)]
    );
    assert_eq!(set(all(), seen()), NumberSet::new());
    assert_eq!(subject.head(ANNA).seq, Seq(8), "nothing changed, no entry");

    let flag = KeywordChange::Add(vec![keyword("$flagged"), keyword("$deleted")]);
    set(uids(&[1, 2]), flag);
    let replace = KeywordChange::Replace(vec![keyword("$flagged")]);
    assert_eq!(set(NumberSet::range(1, 3), replace), uids(&[1, 2, 3]));
    let mut deltas = last_deltas(engine);
    deltas.sort_by_key(|(uids, _, _)| uids.first());
    let expected = [
        (
            uids(&[1, 2]),
            Keywords::NONE,
            Keywords::SEEN.with(Keywords::DELETED),
        ),
        (uids(&[3]), Keywords::FLAGGED, Keywords::SEEN),
    ];
    assert_eq!(
        deltas, expected,
        "each gains and loses just what the delta says"
    );
    let remove = KeywordChange::Remove(vec![keyword("$flagged"), keyword("nie-gesehen")]);
    assert_eq!(set(all(), remove), uids(&[1, 2, 3]));
    let changed: Vec<_> = subject
        .rows(ANNA, inbox)
        .iter()
        .map(|row| row.changed.0)
        .collect();
    assert_eq!(changed, [11, 11, 11, 7, 8]);
    let totals = subject.head(ANNA).mailbox(inbox).unwrap().totals;
    assert_eq!((totals.emails, totals.unseen, totals.deleted), (5, 3, 0));
    let head = subject.head(ANNA);
    assert!(
        head.keywords.is_empty(),
        "removing an unknown keyword defines none"
    );
}

/// What the last entry says of keywords.
fn last_deltas(engine: &Arc<dyn Engine>) -> Vec<(NumberSet, Keywords, Keywords)> {
    let mutations = last_commit(engine).mutations;
    let deltas = mutations.into_iter().filter_map(|mutation| match mutation {
        Mutation::SetKeywords {
            uids,
            added,
            removed,
            ..
        } => Some((uids, added, removed)),
        _ => None,
    });
    deltas.collect()
}

fn last_commit(engine: &Arc<dyn Engine>) -> Commit {
    let mut entries = engine.journal(ANNA, Seq::START, 1_000).unwrap();
    entries.pop().unwrap().commit.unwrap()
}

pub(super) fn unchanged_since(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    subject.fill(ANNA, inbox, 3);
    let add = |name| KeywordChange::Add(vec![keyword(name)]);
    let set = |numbers, change, since| subject.set_keywords(ANNA, inbox, numbers, change, since);
    set(uids(&[2]), add("$seen"), None);
    // RFC 7162 3.1.3: the one that changed since keeps its keywords, the others get theirs.
    let (changed, modified) = set(all(), add("$flagged"), Some(Seq(4)));
    assert_eq!((changed, modified), (uids(&[1, 3]), uids(&[2])));
    let (changed, modified) = set(all(), add("$flagged"), Some(Seq(6)));
    assert_eq!((changed, modified), (uids(&[2]), NumberSet::new()));
    let (changed, modified) = set(all(), add("$draft"), Some(Seq(0)));
    assert_eq!((changed, modified), (NumberSet::new(), all_of(3)));
}

fn all_of(count: u32) -> NumberSet {
    NumberSet::range(1, count)
}

pub(super) fn own_keywords(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    subject.fill(ANNA, inbox, 1);
    let set = |name: &str| {
        let change = Change::SetKeywords {
            mailbox: inbox,
            uids: all(),
            change: KeywordChange::Add(vec![keyword(name)]),
            unchanged_since: None,
        };
        subject.commit(ANNA, vec![change])
    };
    set("Projekt-A").unwrap();
    set("projekt-a").unwrap();
    set("projekt-b").unwrap();
    let head = subject.head(ANNA);
    let bit = head.keyword_bit(&keyword("PROJEKT-B")).unwrap();
    assert_eq!(head.keyword_name(bit), Some("projekt-b"));
    assert_eq!(head.keywords.len(), 2, "case does not count");
    assert!(
        subject.rows(ANNA, inbox)[0]
            .keywords
            .contains(Keywords::bit(bit))
    );
    // The account has 128 in all; then it is full and stays sound.
    let mut defined = 2;
    let error = loop {
        match set(&format!("k{defined}")) {
            Ok(_) => defined += 1,
            Err(error) => break error,
        }
        assert!(defined < 200, "there is a limit");
    };
    assert!(matches!(error, Error::Limit(_)));
    assert_eq!(defined + u32::from(Keywords::FIXED_COUNT), 128);
    let highest = subject.rows(ANNA, inbox)[0].keywords;
    assert!(
        highest.contains(Keywords::bit(127)),
        "the highest bit is kept"
    );
}

pub(super) fn are_copied(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    subject.fill(ANNA, inbox, 4);
    subject.fill(ANNA, archive, 1);
    let add = KeywordChange::Add(vec![keyword("$seen"), keyword("wichtig")]);
    subject.set_keywords(ANNA, inbox, uids(&[2]), add, None);
    let before = subject.rows(ANNA, inbox);
    let copy = |from, numbers, to| Change::CopyEmails {
        from,
        uids: numbers,
        to,
    };
    let outcome = subject.done(ANNA, copy(inbox, uids(&[2, 4, 9]), archive));
    let expected = Outcome::Copied {
        uids: uids(&[2, 4]),
        first_uid: Uid(2),
        uid_validity: subject.head(ANNA).mailbox(archive).unwrap().uid_validity,
    };
    assert_eq!(outcome, expected);
    assert_eq!(
        subject.rows(ANNA, inbox),
        before,
        "the sources stay as they are"
    );
    let copies = subject.rows(ANNA, archive);
    for (copy, (source, email)) in copies[1..].iter().zip([(before[1], 6), (before[3], 7)]) {
        let expected = EmailRow {
            uid: copy.uid,
            email: EmailId(email),
            changed: subject.head(ANNA).seq,
            ..source
        };
        assert_eq!(*copy, expected);
        assert_eq!(
            subject.message(ANNA, copy.email),
            subject.message(ANNA, source.email)
        );
    }
    // Copies in the same mailbox are possible, too.
    subject.done(ANNA, copy(archive, all(), archive));
    assert_eq!(subject.rows(ANNA, archive).len(), 6);
    let missing = subject.refused(ANNA, copy(inbox, all(), MailboxId(9)));
    assert!(matches!(missing, Error::NotFound(_)));
    let missing = subject.refused(ANNA, copy(MailboxId(9), all(), inbox));
    assert!(matches!(missing, Error::NotFound(_)));
}

pub(super) fn are_moved(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    subject.fill(ANNA, inbox, 4);
    let before = subject.rows(ANNA, inbox);
    let moves = |from, numbers, to| Change::MoveEmails {
        from,
        uids: numbers,
        to,
    };
    subject.done(ANNA, moves(inbox, uids(&[1, 3, 9]), archive));
    let head = subject.head(ANNA);
    let moved = subject.rows(ANNA, archive);
    let expected = [(1, before[0]), (2, before[2])].map(|(uid, row)| EmailRow {
        uid: Uid(uid),
        changed: head.seq,
        ..row
    });
    assert_eq!(
        moved, expected,
        "an email keeps its number, its thread and all else"
    );
    let left: Vec<_> = subject
        .rows(ANNA, inbox)
        .iter()
        .map(|row| row.uid.0)
        .collect();
    assert_eq!(left, [2, 4]);
    let located = engine.locate(ANNA, before[2].email).unwrap().unwrap();
    assert_eq!((located.mailbox, located.uid), (archive, Uid(2)));
    assert_eq!(
        head.mailbox(inbox).unwrap().emails_changed,
        head.seq,
        "it lost two"
    );
    assert_eq!(
        head.mailbox(inbox).unwrap().uid_next,
        Uid(5),
        "numbers are never used again"
    );
    // Moving within one mailbox gives new numbers there.
    subject.done(ANNA, moves(archive, all(), archive));
    let again: Vec<_> = subject
        .rows(ANNA, archive)
        .iter()
        .map(|row| row.uid.0)
        .collect();
    assert_eq!(again, [3, 4]);
    assert_eq!(
        subject.head(ANNA).mailbox(archive).unwrap().totals,
        totals_of(&moved)
    );
}

fn totals_of(rows: &[EmailRow]) -> Totals {
    let mut totals = Totals::default();
    rows.iter()
        .for_each(|row| totals.add(row.keywords, row.size));
    totals
}

pub(super) fn are_touched_once(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    subject.fill(ANNA, inbox, 3);
    let seen = |numbers| Change::SetKeywords {
        mailbox: inbox,
        uids: numbers,
        change: KeywordChange::Add(vec![keyword("$seen")]),
        unchanged_since: None,
    };
    let moves = |numbers| Change::MoveEmails {
        from: inbox,
        uids: numbers,
        to: archive,
    };
    let twice = subject.commit(ANNA, vec![seen(uids(&[1, 2])), moves(uids(&[2, 3]))]);
    assert!(matches!(twice, Err(Error::Invalid(_))), "{twice:?}");
    let apart = subject.commit(ANNA, vec![seen(uids(&[1, 2])), moves(uids(&[3]))]);
    assert!(apart.is_ok(), "{apart:?}");
    // What the request itself adds is not there yet for its other changes.
    let new = Change::AddEmail(Box::new(subject.new_email(inbox, &letter("Neu", ""))));
    let committed = subject.commit(ANNA, vec![new, seen(uids(&[4]))]).unwrap();
    let nothing = Outcome::Keywords {
        changed: NumberSet::new(),
        modified: NumberSet::new(),
    };
    assert_eq!(committed.outcomes[1], nothing);
}

pub(super) fn bytes_are_kept(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let mut large = Vec::new();
    for number in 0..60_000u32 {
        large.extend(number.wrapping_mul(2_654_435_761).to_be_bytes());
    }
    let contents = [
        Vec::new(),
        b"\0".to_vec(),
        (0..=255).collect(),
        letter("Normal", "\u{1f4ec}"),
        vec![b'a'; 70_000],
        large,
    ];
    let mut kept = BTreeMap::new();
    for content in &contents {
        kept.insert(subject.add(ANNA, inbox, content), content.clone());
    }
    for (email, content) in &kept {
        assert_eq!(subject.message(ANNA, *email).as_ref(), Some(content));
        let stored = engine.source(ANNA, *email).unwrap().unwrap();
        assert_eq!(stored.blob.id, BlobId::of(content));
        assert_eq!(stored.meta[..], meta_of(content)[..]);
        assert_eq!(engine.blob(stored.blob).unwrap(), *content);
    }
    // In the order asked, without what is not there, twice where asked twice, until it is enough.
    let asked = [EmailId(3), EmailId(99), EmailId(1), EmailId(3)];
    let emails = |found: Vec<(EmailId, Vec<u8>)>| found.into_iter().map(|(email, _)| email.0);
    assert_eq!(
        emails(messages(&**engine, ANNA, &asked)).collect::<Vec<_>>(),
        [3, 1, 3]
    );
    assert_eq!(
        emails(metas(&**engine, ANNA, &asked)).collect::<Vec<_>>(),
        [3, 1, 3]
    );
    let mut seen = 0;
    let mut first_only = |_, _: &[u8]| {
        seen += 1;
        ControlFlow::Break(())
    };
    engine.messages(ANNA, &asked, &mut first_only).unwrap();
    engine.metas(ANNA, &asked, &mut first_only).unwrap();
    assert_eq!(seen, 2, "each stopped at its first");
    assert!(messages(&**engine, BERT, &asked).is_empty());
    assert_eq!(engine.source(BERT, EmailId(1)).unwrap(), None);
    let nowhere = BlobRef {
        id: BlobId::of(b"never stored"),
        at: u64::MAX >> 1,
    };
    assert!(matches!(engine.blob(nowhere), Err(Error::NotFound(_))));
}

pub(super) fn one_message_for_many(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inboxes = [ANNA, BERT].map(|account| (account, subject.mailbox(account, "Inbox")));
    let message = letter("An alle", "Rundschreiben");
    let new = subject.new_email(inboxes[0].1, &message);
    let requests = inboxes
        .iter()
        .map(|(account, mailbox)| {
            let mut new = new.clone();
            new.mailbox = *mailbox;
            subject.request(*account, vec![Change::AddEmail(Box::new(new))])
        })
        .collect();
    assert!(subject.commit_all(requests).iter().all(Result::is_ok));
    // A third one later, and a fourth from what is stored.
    let (email, _) = subject.add_email(ANNA, new);
    let stored = engine.source(ANNA, email).unwrap().unwrap();
    let mut copy = subject.new_email(inboxes[1].1, b"other bytes");
    copy.source = Source::Stored {
        blob: stored.blob,
        meta: stored.meta,
    };
    copy.size = u32::try_from(message.len()).unwrap();
    let (email, _) = subject.add_email(BERT, copy);
    for (account, email) in [
        (ANNA, EmailId(1)),
        (BERT, EmailId(1)),
        (ANNA, EmailId(2)),
        (BERT, email),
    ] {
        assert_eq!(subject.message(account, email).as_ref(), Some(&message));
        let found = metas(&**engine, account, &[email]);
        assert_eq!(found, [(email, meta_of(&message))]);
    }
}

pub(super) fn quota_holds(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    let message = letter("Größe", "zählt");
    let octets = u64::try_from(message.len()).unwrap();
    subject.done(
        ANNA,
        Change::SetQuota {
            octets: Some(2 * octets),
        },
    );
    assert_eq!(subject.head(ANNA).quota_octets, Some(2 * octets));
    subject.add(ANNA, inbox, &message);
    let copy = || Change::CopyEmails {
        from: inbox,
        uids: all(),
        to: archive,
    };
    subject.done(ANNA, copy());
    assert_eq!(subject.head(ANNA).used_octets(), 2 * octets);
    let new = || Change::AddEmail(Box::new(subject.new_email(inbox, &message)));
    assert_eq!(subject.refused(ANNA, new()), Error::OverQuota);
    assert_eq!(subject.refused(ANNA, copy()), Error::OverQuota);
    let moves = Change::MoveEmails {
        from: inbox,
        uids: all(),
        to: archive,
    };
    subject.done(ANNA, moves);
    let destroy = Change::DestroyEmails {
        mailbox: archive,
        uids: uids(&[1]),
        only_deleted: false,
    };
    subject.done(ANNA, destroy);
    // Both in one request are one too many, and none of them comes in.
    let both = subject.commit(ANNA, vec![new(), new()]);
    assert_eq!(both, Err(Error::OverQuota));
    assert_eq!(subject.head(ANNA).used_octets(), octets);
    subject.done(ANNA, new());
    let restore = Change::RestoreEmail {
        email: EmailId(2),
        mailbox: inbox,
    };
    assert_eq!(subject.refused(ANNA, restore), Error::OverQuota);
    subject.done(ANNA, Change::SetQuota { octets: None });
    subject.done(ANNA, new());
}

pub(super) fn requests_cannot_contradict_themselves(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    subject.fill(ANNA, inbox, 2);
    subject.fill(ANNA, archive, 1);
    let destroy = Change::DestroyEmails {
        mailbox: inbox,
        uids: uids(&[1]),
        only_deleted: false,
    };
    subject.done(ANNA, destroy);
    let restore = || Change::RestoreEmail {
        email: EmailId(1),
        mailbox: inbox,
    };
    let purge = || Change::PurgeEmails {
        destroyed_before: Timestamp(i64::MAX),
        limit: 10,
    };
    let new = Change::AddEmail(Box::new(subject.new_email(archive, &letter("Neu", ""))));
    let clear = || Change::DestroyMailbox {
        mailbox: archive,
        with_emails: true,
    };
    let moves = Change::MoveEmails {
        from: inbox,
        uids: all(),
        to: archive,
    };
    let before = (subject.head(ANNA), subject.rows(ANNA, inbox));
    for changes in [
        vec![restore(), purge()],
        vec![purge(), restore()],
        vec![purge(), purge()],
        vec![new, clear()],
        vec![moves, clear()],
    ] {
        let shown = format!("{changes:?}");
        let answer = subject.commit(ANNA, changes);
        assert!(
            matches!(answer, Err(Error::Invalid(_))),
            "{shown}: {answer:?}"
        );
    }
    assert_eq!((subject.head(ANNA), subject.rows(ANNA, inbox)), before);
    let both = subject.commit(ANNA, vec![purge(), clear()]);
    assert!(both.is_ok(), "{both:?}");
}
