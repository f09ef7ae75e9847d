//! Anna and Bert, a group they are in, a room, and requests in their names.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use directory::{Directory, NewGroup, NewPerson, NewResource, Random, ResourceKind, Settings};
use groupware::{Caller, CollectionInfo, Condition, Groupware, NewBody, ObjectPlace};
use http_body_util::BodyExt;
use model::{
    AccountId, Actor, CollectionKind, CollectionRights, Face, ManualClock, PathSegment,
    PrincipalId, SessionId, Timestamp,
};
use store::Store;
use testbed::MemoryEngine;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::house::House;
use crate::lock::Locks;
use crate::method;
use crate::session::{Head, Method};
use crate::visit::Visit;

/// 14 November 2023.
const NOW: i64 = 1_700_000_000;

pub(super) struct World {
    house: Arc<House>,
    pub(super) anna: PrincipalId,
    pub(super) bert: PrincipalId,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) fields: axum::http::HeaderMap,
    pub(super) body: String,
}

impl World {
    pub(super) async fn new() -> Self {
        let engine = MemoryEngine::new(Arc::new(|_| store::SearchText::default()));
        let store = Store::new(engine);
        let clock = ManualClock::new(Timestamp::from_seconds(NOW)).clock();
        let random = Random::new(|octets| octets.fill(7));
        let settings = Settings::default();
        let directory = Directory::new(store.clone(), clock.clone(), random.clone(), settings);
        let system = Actor::system();
        directory.add_domain(&system, "example.org").await.unwrap();
        let mut people = Vec::new();
        for (address, name) in [("anna", "Anna Ärmel"), ("bert", "Bert Busch")] {
            let person = NewPerson {
                address: format!("{address}@example.org"),
                name: name.into(),
                password: None,
                quota_octets: None,
                administrator: false,
            };
            people.push(directory.add_person(&system, person).await.unwrap());
        }
        let sales = NewGroup {
            address: "sales@example.org".into(),
            name: "Sales".into(),
            members: people.clone(),
        };
        directory.add_group(&system, sales).await.unwrap();
        let room = NewResource {
            address: "blue@example.org".into(),
            name: "Blue room".into(),
            what: ResourceKind::Room(Some(8)),
        };
        directory.add_resource(&system, room).await.unwrap();
        let house = House {
            groupware: Groupware::new(store, directory, clock),
            settings: crate::Settings {
                random,
                ..crate::Settings::default()
            },
            counters: Arc::default(),
            locks: Locks::default(),
        };
        Self {
            house: Arc::new(house),
            anna: people[0],
            bert: people[1],
        }
    }

    pub(super) fn groupware(&self) -> &Groupware {
        &self.house.groupware
    }

    pub(super) async fn collection(&self, of: PrincipalId, kind: CollectionKind) -> CollectionInfo {
        let name = match kind {
            CollectionKind::Calendar => "calendar",
            CollectionKind::AddressBook => "contacts",
            CollectionKind::ScheduleInbox => "inbox",
            CollectionKind::Folder => "files",
            CollectionKind::Scripts => "scripts",
            CollectionKind::Records => "records",
        };
        let by = caller(of);
        self.groupware()
            .collection_named(&by, of.into(), kind, None, name)
            .await
            .unwrap()
    }

    pub(super) async fn put(&self, of: PrincipalId, kind: CollectionKind, name: &str, body: &str) {
        let collection = self.collection(of, kind).await.collection.id;
        let new = NewBody {
            name: segment(name),
            body: body.as_bytes().to_vec(),
            media_type: None,
            condition: Condition::Any,
            tell_organizer: true,
        };
        self.groupware()
            .put_object(&caller(of), of.into(), collection, new)
            .await
            .unwrap();
    }

    /// Puts an event into somebody's calendar.
    pub(super) async fn event(&self, of: PrincipalId, name: &str, lines: &str) {
        let body = event(name, lines);
        self.put(of, CollectionKind::Calendar, &format!("{name}.ics"), &body)
            .await;
    }

    pub(super) async fn destroy(&self, of: PrincipalId, kind: CollectionKind, name: &str) {
        let place = ObjectPlace {
            account: of.into(),
            collection: self.collection(of, kind).await.collection.id,
            name: segment(name),
        };
        self.groupware()
            .destroy_object(&caller(of), &place, Condition::Any, true)
            .await
            .unwrap();
    }

    pub(super) async fn share(
        &self,
        of: PrincipalId,
        kind: CollectionKind,
        with: PrincipalId,
        rights: CollectionRights,
    ) {
        let id = self.collection(of, kind).await.collection.id;
        self.groupware()
            .share_collection(&caller(of), of.into(), id, Some(with), rights)
            .await
            .unwrap();
    }

    /// A REPORT, with `Depth: 1` as most clients send it.
    pub(super) async fn report(&self, by: PrincipalId, path: &str, body: &str) -> Said {
        self.ask(by, Method::Report, path, &[("Depth", "1")], body)
            .await
    }

    pub(super) async fn ask(
        &self,
        by: PrincipalId,
        method: Method,
        path: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> Said {
        let mut request = Request::builder().uri(path).header("Host", "example.org");
        if !fields.iter().any(|(name, _)| *name == "Content-Type") {
            request = request.header("Content-Type", "application/xml; charset=utf-8");
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let head = Head::read(method, parts).unwrap();
        let directory = self.groupware().directory();
        let principal = directory.principal(by).await.unwrap().unwrap();
        let visit = Visit::new(Arc::clone(&self.house), caller(by), principal).unwrap();
        let asked = Asked::new(Arc::new(visit), head, Body::from(body.to_owned()));
        said(method::run(asked).await).await
    }
}

async fn said(answer: Answer) -> Said {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Said {
        status: parts.status.as_u16(),
        fields: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

impl Said {
    /// The `response` about this path, without the whitespace of text.
    pub(super) fn about(&self, path: &str) -> Option<&str> {
        self.body
            .split("<D:response>")
            .skip(1)
            .find(|response| response.contains(&format!("<D:href>{path}</D:href>")))
            .map(|response| response.split("</D:response>").next().unwrap())
    }

    /// The paths of all responses, in order.
    pub(super) fn paths(&self) -> Vec<&str> {
        let responses = self.body.split("<D:response>").skip(1);
        responses
            .map(|response| {
                let (_, rest) = response.split_once("<D:href>").unwrap();
                rest.split_once("</D:href>").unwrap().0
            })
            .collect()
    }

    /// The last segments of all paths, in order, without slashes.
    pub(super) fn names(&self) -> Vec<&str> {
        self.paths()
            .into_iter()
            .map(|path| path.trim_end_matches('/').rsplit('/').next().unwrap())
            .collect()
    }

    pub(super) fn sync_token(&self) -> &str {
        let (_, rest) = self.body.split_once("<D:sync-token>").unwrap();
        rest.split_once("</D:sync-token>").unwrap().0
    }
}

pub(super) fn caller(principal: PrincipalId) -> Caller {
    Caller::new(Actor {
        principal: Some(principal),
        credential: None,
        session: SessionId(1),
        face: Face::Dav,
        address: None,
    })
}

pub(super) fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

pub(super) fn account(principal: PrincipalId) -> AccountId {
    principal.into()
}

/// A calendar object with one event, whose `UID` is its name.
pub(super) fn event(name: &str, lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{name}\r\n\
         DTSTAMP:20231101T000000Z\r\n{lines}\r\nSUMMARY:{name}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(super) fn card(name: &str, version: &str, lines: &str) -> String {
    let lines = lines.replace('\n', "\r\n");
    format!("BEGIN:VCARD\r\nVERSION:{version}\r\nUID:{name}\r\n{lines}\r\nEND:VCARD\r\n")
}
