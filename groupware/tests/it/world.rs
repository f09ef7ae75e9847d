//! A small organisation on an engine in memory: Anna and Bert, Cora who administers the server, a group and a shared account.

use std::sync::Arc;

use directory::{Directory, NewGroup, NewPerson, NewShared, Random, Settings};
use groupware::{Added, Caller, Groupware, NewMessage, Place, Prepared};
use model::{
    AccountId, Actor, Face, Keyword, ManualClock, NumberSet, PrincipalId, Rights, Role, SessionId,
    Timestamp,
};
use store::Store;
use testbed::MemoryEngine;

pub(crate) struct World {
    pub(crate) groupware: Groupware,
    pub(crate) store: Store,
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) clock: ManualClock,
    pub(crate) anna: PrincipalId,
    pub(crate) bert: PrincipalId,
    pub(crate) cora: PrincipalId,
    pub(crate) sales: PrincipalId,
    pub(crate) desk: PrincipalId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let engine = MemoryEngine::new(Arc::new(|_| store::SearchText::default()));
        let shared: Arc<dyn store::Engine> = engine.clone();
        let store = Store::new(shared);
        let clock = ManualClock::new(Timestamp::from_seconds(1_700_000_000));
        let random = Random::new(|bytes| bytes.fill(7));
        let directory = Directory::new(store.clone(), clock.clock(), random, Settings::default());
        let actor = Actor::system();
        directory.add_domain(&actor, "example.org").await.unwrap();
        let mut persons = Vec::new();
        for name in ["anna", "bert", "cora"] {
            let person = NewPerson {
                address: format!("{name}@example.org"),
                name: name.into(),
                password: None,
                quota_octets: (name == "bert").then_some(5_000),
                administrator: name == "cora",
            };
            persons.push(directory.add_person(&actor, person).await.unwrap());
        }
        let group = NewGroup {
            address: "sales@example.org".into(),
            name: "Sales".into(),
            members: vec![persons[1]],
        };
        let desk = NewShared {
            address: "desk@example.org".into(),
            name: "Desk".into(),
            quota_octets: None,
        };
        Self {
            sales: directory.add_group(&actor, group).await.unwrap(),
            desk: directory.add_shared(&actor, desk).await.unwrap(),
            groupware: Groupware::new(store.clone(), directory, clock.clock()),
            anna: persons[0],
            bert: persons[1],
            cora: persons[2],
            store,
            engine,
            clock,
        }
    }

    /// The place of a mailbox with this role; the account is opened as its principal does.
    pub(crate) async fn place(&self, principal: PrincipalId, role: Role) -> Place {
        let head = self.groupware.open_own(&caller(principal)).await.unwrap();
        Place {
            account: AccountId::from(principal),
            mailbox: head.with_role(role).unwrap().id,
        }
    }

    pub(crate) async fn prepared(&self, text: &str) -> Prepared {
        let message =
            format!("Subject: {text}\r\nMessage-ID: <{text}@example.org>\r\n\r\n{text}\r\n");
        self.groupware.prepare(message.into_bytes()).await.unwrap()
    }

    /// Adds messages as the account's own principal does.
    pub(crate) async fn add(&self, place: Place, texts: &[&str], keywords: &[&str]) -> Vec<Added> {
        let mut messages = Vec::new();
        for text in texts {
            messages.push(NewMessage {
                message: self.prepared(text).await,
                keywords: named(keywords),
                received_at: None,
            });
        }
        let owner = caller(place.account.into());
        self.groupware
            .append(&owner, place.account, place.mailbox, messages)
            .await
            .unwrap()
    }

    pub(crate) async fn share(&self, place: Place, with: Option<PrincipalId>, rights: Rights) {
        let owner = caller(place.account.into());
        self.groupware
            .set_share(&owner, place.account, place.mailbox, with, rights)
            .await
            .unwrap();
    }

    /// The keywords of the email with this UID, as its owner sees them.
    pub(crate) async fn keywords(&self, place: Place, uid: u32) -> Vec<String> {
        let owner = caller(place.account.into());
        let view = self
            .groupware
            .view(&owner, place.account, place.mailbox)
            .await
            .unwrap();
        let row = view.row_of(model::Uid(uid)).unwrap();
        view.keyword_names(row.keywords).map(Into::into).collect()
    }
}

pub(crate) fn caller(principal: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(principal),
        credential: None,
        session: SessionId(1),
        face: Face::Imap,
        address: None,
    })
}

pub(crate) fn named(keywords: &[&str]) -> Vec<Keyword> {
    keywords
        .iter()
        .map(|keyword| Keyword::try_from(*keyword).unwrap())
        .collect()
}

pub(crate) fn all() -> NumberSet {
    NumberSet::range(1, u32::MAX)
}
