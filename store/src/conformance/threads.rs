//! Threads (RFC 8621 3): a shared message id and the same base subject.

use std::sync::Arc;

use model::{AccountId, EmailId, MailboxId, ThreadId, ThreadKeys};

use super::subject::{ANNA, BERT, Subject, letter, uids};
use crate::change::{Change, NewEmail, Outcome};
use crate::engine::Engine;

pub(super) fn join(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, sent) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Gesendet"),
    );
    let add = |mailbox, ids: &[u64], topic| {
        let new = with_keys(&subject, mailbox, ids, topic);
        thread_of(&subject, ANNA, Change::AddEmail(Box::new(new)))
    };
    let first = add(inbox, &[10], 1);
    assert_eq!(first, ThreadId(1));
    assert_eq!(add(sent, &[11, 10], 1), first, "an answer, in any mailbox");
    assert_eq!(add(inbox, &[12, 11], 1), first, "an answer to the answer");
    assert_eq!(
        add(inbox, &[13, 10], 2),
        ThreadId(2),
        "RFC 8621 3: another subject is another thread"
    );
    assert_eq!(add(inbox, &[14, 13], 2), ThreadId(2));
    assert_eq!(
        add(inbox, &[20], 1),
        ThreadId(3),
        "the subject alone joins nothing"
    );
    assert_eq!(
        add(inbox, &[], 1),
        ThreadId(4),
        "no message id joins nothing"
    );
    assert_eq!(add(inbox, &[], 1), ThreadId(5));
    assert_eq!(add(inbox, &[u64::MAX], u64::MAX), ThreadId(6));
    assert_eq!(
        add(inbox, &[u64::MAX], u64::MAX),
        ThreadId(6),
        "all 64 bits count"
    );
    // What comes in one commit joins, too.
    let changes = [(&[30, 31][..], 7), (&[31][..], 7), (&[31][..], 8)]
        .map(|(ids, topic)| Change::AddEmail(Box::new(with_keys(&subject, inbox, ids, topic))));
    let committed = subject.commit(ANNA, changes.into()).unwrap();
    let threads: Vec<_> = committed.outcomes.iter().map(thread).collect();
    assert_eq!(threads, [ThreadId(7), ThreadId(7), ThreadId(8)]);
    // Another account has threads of its own.
    let other = subject.mailbox(BERT, "Inbox");
    let new = with_keys(&subject, other, &[10], 1);
    let thread = thread_of(&subject, BERT, Change::AddEmail(Box::new(new)));
    assert_eq!(thread, ThreadId(1));
    // A destroyed email still holds its thread together; a restored one is in it again.
    let destroy = Change::DestroyEmails {
        mailbox: sent,
        uids: uids(&[1]),
        only_deleted: false,
    };
    subject.done(ANNA, destroy);
    assert_eq!(add(inbox, &[15, 11], 1), first);
    let restore = Change::RestoreEmail {
        email: EmailId(2),
        mailbox: inbox,
    };
    assert_eq!(thread_of(&subject, ANNA, restore), first);
}

fn with_keys(subject: &Subject<'_>, mailbox: MailboxId, ids: &[u64], topic: u64) -> NewEmail {
    NewEmail {
        thread: ThreadKeys {
            message_ids: ids.to_vec(),
            subject: topic,
        },
        ..subject.new_email(mailbox, &letter("Faden", "egal"))
    }
}

fn thread_of(subject: &Subject<'_>, account: AccountId, change: Change) -> ThreadId {
    thread(&subject.done(account, change))
}

fn thread(outcome: &Outcome) -> ThreadId {
    match outcome {
        Outcome::Added { thread, .. } => *thread,
        other => panic!("{other:?}"),
    }
}
