//! The in-memory engine checks itself.

use std::sync::Arc;

use model::{AccountId, Actor, MailboxName, Timestamp};
use store::{Change, Engine, Error, Outcome, Request, SearchText};
use testbed::MemoryEngine;

#[test]
fn replays_what_it_was_asked_and_stops() {
    let engine = MemoryEngine::new(Arc::new(|_| SearchText::default()));
    let request = Request {
        account: AccountId(7),
        actor: Actor::system(),
        at: Timestamp(1_000),
        if_seq: None,
        changes: vec![Change::CreateMailbox {
            parent: None,
            name: MailboxName::try_from("Archiv").unwrap(),
            role: None,
        }],
    };
    let (sender, answers) = std::sync::mpsc::channel();
    engine.submit(
        vec![request],
        Box::new(move |answer| sender.send(answer).unwrap()),
    );
    let committed = answers.recv().unwrap().remove(0).unwrap();
    assert!(matches!(committed.outcomes[..], [Outcome::Mailbox(_)]));
    engine.check().unwrap();
    assert_eq!(engine.payloads(AccountId(7)).len(), 1);
    engine.stop();
    assert!(matches!(engine.size(), Err(Error::Unavailable(_))));
}
