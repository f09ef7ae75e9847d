//! Faults strike each call in turn, and what failed left nothing.

use std::sync::{Arc, mpsc};

use model::{AccountId, Actor, MailboxName, Timestamp};
use store::{Change, Engine, Error, Request, SearchText};
use testbed::{Faulty, MemoryEngine, fail_each};

fn create(engine: &dyn Engine, name: &str) -> Result<(), Error> {
    let request = Request {
        account: AccountId(7),
        actor: Actor::system(),
        at: Timestamp(1_000),
        if_seq: None,
        changes: vec![Change::CreateMailbox {
            parent: None,
            name: MailboxName::try_from(name).expect("a name"),
            role: None,
        }],
    };
    let (sender, answers) = mpsc::channel();
    let reply = move |answers| sender.send(answers).expect("somebody waits");
    engine.submit(vec![request], Box::new(reply));
    answers.recv().expect("an answer").remove(0).map(drop)
}

#[test]
fn each_call_fails_once_and_leaves_nothing() {
    let mut rounds = Vec::new();
    fail_each(|faults| {
        let inner = MemoryEngine::new(Arc::new(|_| SearchText::default()));
        let engine = Faulty::over(Arc::clone(&inner) as Arc<dyn Engine>, faults.clone());
        let done = create(&*engine, "a")
            .and_then(|()| engine.head(AccountId(7)).map(drop))
            .and_then(|()| create(&*engine, "b"));
        inner.check().unwrap();
        rounds.push((done.is_ok(), inner.size().unwrap()));
    });
    assert_eq!(rounds, [(false, 0), (false, 1), (false, 1), (true, 2)]);
}
