//! The engine under test with short words for what the checks do all the time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use model::{
    AccountId, Actor, EmailId, EmailMeta, Headers, Keyword, MailboxId, MailboxName, NumberSet,
    Part, Role, Seq, ThreadKeys, Timestamp, Uid,
};

use crate::change::{Change, Committed, KeywordChange, NewEmail, Outcome, Request, Source};
use crate::engine::Engine;
use crate::error::Error;
use crate::head::Head;
use crate::rows::EmailRow;

/// How long an engine may take for one batch before the suite gives up.
const ANSWER_SECONDS_MAX: u64 = 60;

/// The account that most checks use.
pub(super) const ANNA: AccountId = AccountId(1);
/// Another account.
pub(super) const BERT: AccountId = AccountId(2);

/// An engine with a clock that moves by one second per request.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) engine: &'a Arc<dyn Engine>,
    now_ms: AtomicI64,
}

/// The first moment of every check.
pub(super) const EPOCH_MS: i64 = 1_700_000_000_000;

impl<'a> Subject<'a> {
    pub(super) fn new(engine: &'a Arc<dyn Engine>) -> Self {
        Self {
            engine,
            now_ms: AtomicI64::new(EPOCH_MS),
        }
    }

    pub(super) fn request(&self, account: AccountId, changes: Vec<Change>) -> Request {
        Request {
            account,
            actor: Actor::system(),
            at: Timestamp(self.now_ms.fetch_add(1_000, Ordering::SeqCst)),
            if_seq: None,
            changes,
        }
    }

    pub(super) fn commit_all(&self, requests: Vec<Request>) -> Vec<Result<Committed, Error>> {
        submit(&**self.engine, requests)
    }

    pub(super) fn commit(
        &self,
        account: AccountId,
        changes: Vec<Change>,
    ) -> Result<Committed, Error> {
        self.commit_all(vec![self.request(account, changes)])
            .pop()
            .unwrap()
    }

    /// Makes one change that must succeed.
    pub(super) fn done(&self, account: AccountId, change: Change) -> Outcome {
        let mut committed = self.commit(account, vec![change]).unwrap();
        assert_eq!(committed.outcomes.len(), 1, "one outcome per change");
        committed.outcomes.pop().unwrap()
    }

    /// Makes one change that must fail.
    pub(super) fn refused(&self, account: AccountId, change: Change) -> Error {
        let before = self.engine.size().unwrap();
        let error = self.commit(account, vec![change]).unwrap_err();
        let after = self.engine.size().unwrap();
        assert_eq!(before, after, "a refused request leaves no entry");
        error
    }

    pub(super) fn mailbox(&self, account: AccountId, name: &str) -> MailboxId {
        let role = (name == "Inbox").then_some(Role::Inbox);
        match self.done(account, create(None, name, role)) {
            Outcome::Mailbox(mailbox) => mailbox,
            other => panic!("no mailbox but {other:?}"),
        }
    }

    pub(super) fn new_email(&self, mailbox: MailboxId, message: &[u8]) -> NewEmail {
        let blob = self.engine.prepare(message, meta_of(message)).unwrap();
        NewEmail {
            mailbox,
            keywords: Vec::new(),
            received_at: Timestamp(EPOCH_MS),
            sent_at: Some(EPOCH_MS / 1_000),
            size: u32::try_from(message.len()).unwrap(),
            source: Source::New(blob),
            thread: ThreadKeys::default(),
            text: None,
        }
    }

    pub(super) fn add(&self, account: AccountId, mailbox: MailboxId, message: &[u8]) -> EmailId {
        self.add_email(account, self.new_email(mailbox, message)).0
    }

    pub(super) fn add_email(&self, account: AccountId, new: NewEmail) -> (EmailId, Uid) {
        match self.done(account, Change::AddEmail(Box::new(new))) {
            Outcome::Added { email, uid, .. } => (email, uid),
            other => panic!("not added but {other:?}"),
        }
    }

    /// Adds so many small emails.
    pub(super) fn fill(&self, account: AccountId, mailbox: MailboxId, count: u32) {
        for number in 0..count {
            self.add(account, mailbox, &letter("Nummer", &format!("{number}")));
        }
    }

    pub(super) fn set_keywords(
        &self,
        account: AccountId,
        mailbox: MailboxId,
        uids: NumberSet,
        change: KeywordChange,
        unchanged_since: Option<Seq>,
    ) -> (NumberSet, NumberSet) {
        let change = Change::SetKeywords {
            mailbox,
            uids,
            change,
            unchanged_since,
        };
        match self.done(account, change) {
            Outcome::Keywords { changed, modified } => (changed, modified),
            other => panic!("no keywords but {other:?}"),
        }
    }

    pub(super) fn head(&self, account: AccountId) -> Arc<Head> {
        self.engine.head(account).unwrap().unwrap()
    }

    pub(super) fn rows(&self, account: AccountId, mailbox: MailboxId) -> Vec<EmailRow> {
        self.engine.rows(account, mailbox, &all()).unwrap()
    }

    pub(super) fn message(&self, account: AccountId, email: EmailId) -> Option<Vec<u8>> {
        messages(&**self.engine, account, &[email])
            .pop()
            .map(|(_, bytes)| bytes)
    }
}

/// Submits and waits for the answers.
pub(super) fn submit(engine: &dyn Engine, requests: Vec<Request>) -> Vec<Result<Committed, Error>> {
    let count = requests.len();
    let (sender, answers) = mpsc::channel();
    engine.submit(
        requests,
        Box::new(move |answers| drop(sender.send(answers))),
    );
    let answers = answers
        .recv_timeout(Duration::from_secs(ANSWER_SECONDS_MAX))
        .unwrap();
    assert_eq!(answers.len(), count, "one answer per request");
    answers
}

pub(super) fn messages(
    engine: &dyn Engine,
    account: AccountId,
    emails: &[EmailId],
) -> Vec<(EmailId, Vec<u8>)> {
    let mut found = Vec::new();
    let mut each = |email, bytes: &[u8]| {
        found.push((email, bytes.to_vec()));
        ControlFlow::Continue(())
    };
    engine.messages(account, emails, &mut each).unwrap();
    // In one piece it is the same.
    let (mut into, mut ranges) = (b"before".to_vec(), Vec::new());
    let mut note = |email, range| {
        ranges.push((email, range));
        ControlFlow::Continue(())
    };
    engine
        .messages_into(account, emails, &mut into, &mut note)
        .unwrap();
    assert!(into.starts_with(b"before"));
    let pieces = ranges
        .into_iter()
        .map(|(email, range)| (email, into[range].to_vec()));
    assert!(pieces.eq(found.iter().cloned()), "in one piece as each");
    found
}

pub(super) fn metas(
    engine: &dyn Engine,
    account: AccountId,
    emails: &[EmailId],
) -> Vec<(EmailId, Vec<u8>)> {
    let mut found = Vec::new();
    let mut each = |email, bytes: &[u8]| {
        found.push((email, bytes.to_vec()));
        ControlFlow::Continue(())
    };
    engine.metas(account, emails, &mut each).unwrap();
    found
}

pub(super) fn create(parent: Option<MailboxId>, name: &str, role: Option<Role>) -> Change {
    Change::CreateMailbox {
        parent,
        name: MailboxName::try_from(name).unwrap(),
        role,
    }
}

pub(super) fn keyword(name: &str) -> Keyword {
    Keyword::try_from(name).unwrap()
}

pub(super) fn all() -> NumberSet {
    NumberSet::range(1, u32::MAX)
}

pub(super) fn uids(numbers: &[u32]) -> NumberSet {
    numbers.iter().copied().collect()
}

/// A small message.
pub(super) fn letter(subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: anna@example.org\r\nTo: bert@example.org\r\nSubject: {subject}\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

/// Encoded metadata such as a parser would make: enough to tell messages apart.
pub(super) fn meta_of(message: &[u8]) -> Vec<u8> {
    let text = super::text_of(message);
    let part = Part {
        kind: "text",
        subtype: "plain",
        body_end: u32::try_from(message.len()).unwrap(),
        ..Part::default()
    };
    let headers = Headers {
        subject: Some(&text.subject),
        ..Headers::default()
    };
    EmailMeta {
        headers,
        parts: vec![part],
    }
    .encode()
    .unwrap()
}
