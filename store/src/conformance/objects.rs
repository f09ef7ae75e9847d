//! Objects: how they are put, replaced, moved and destroyed, and under which conditions.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{AccountId, BlobRef, CollectionId, CollectionKind, ObjectId, Seq};

use super::collections::{make, segment, wrap};
use super::subject::{ANNA, BERT, Subject};
use crate::change::{Change, CollectionChange, Condition, NewObject, Outcome, Source, TagChange};
use crate::engine::Engine;
use crate::error::Error;
use crate::rows::ObjectRow;

/// What became of an object that was put or moved.
pub(super) struct Put {
    pub(super) object: ObjectId,
    pub(super) created: bool,
    pub(super) schedule_tag: Option<Seq>,
}

impl Subject<'_> {
    pub(super) fn new_object(
        &self,
        collection: CollectionId,
        name: &str,
        body: &[u8],
    ) -> NewObject {
        let blob = self.engine.prepare(body, read_from(body)).unwrap();
        NewObject {
            collection,
            name: segment(name),
            uid: String::new(),
            size: u32::try_from(body.len()).unwrap(),
            source: Source::New(blob),
            tag: TagChange::None,
            media_type: None,
            condition: Condition::Any,
        }
    }

    pub(super) fn put(&self, account: AccountId, new: NewObject) -> Put {
        self.outcome(account, wrap(CollectionChange::Put(new)))
    }

    pub(super) fn outcome(&self, account: AccountId, change: Change) -> Put {
        match self.done(account, change) {
            Outcome::Object {
                object,
                created,
                schedule_tag,
                ..
            } => Put {
                object,
                created,
                schedule_tag,
            },
            other => panic!("no object but {other:?}"),
        }
    }

    pub(super) fn object(&self, collection: CollectionId, name: &str) -> Option<ObjectRow> {
        let name = segment(name);
        self.engine.object(ANNA, collection, &name).unwrap()
    }

    fn refused_object(&self, new: NewObject) -> Error {
        self.refused(ANNA, wrap(CollectionChange::Put(new)))
    }
}

/// What a parser would read from such a body.
pub(super) fn read_from(body: &[u8]) -> Vec<u8> {
    [b"read from ", &body[..body.len().min(100)]].concat()
}

pub(super) fn bodies(engine: &dyn Engine, blobs: &[BlobRef]) -> Vec<(usize, Vec<u8>)> {
    let mut found = Vec::new();
    let mut each = |place, body: &[u8]| {
        found.push((place, body.to_vec()));
        ControlFlow::Continue(())
    };
    engine.bodies(blobs, &mut each).unwrap();
    found
}

pub(super) fn moved(from: (CollectionId, &str), to: (CollectionId, &str), replace: bool) -> Change {
    wrap(CollectionChange::Move {
        from: from.0,
        name: segment(from.1),
        to: to.0,
        new_name: segment(to.1),
        replace,
        condition: Condition::Any,
    })
}

pub(super) fn destroyed(collection: CollectionId, name: &str, condition: Condition) -> Change {
    wrap(CollectionChange::DestroyObject {
        collection,
        name: segment(name),
        scheduled: false,
        condition,
    })
}

fn properties(collection: CollectionId, name: &str, text: &str) -> Change {
    wrap(CollectionChange::SetProperties {
        collection,
        name: segment(name),
        dead: BTreeMap::from([("{urn:x}note".into(), text.into())]),
    })
}

pub(super) fn are_put_and_replaced(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let book = subject.collection(ANNA, CollectionKind::AddressBook, "book");
    let mut new = subject.new_object(book, "ä b.vcf", b"one");
    new.uid = "uid 1".into();
    new.media_type = Some("text/vcard".into());
    let again = new.clone();
    let put = subject.put(ANNA, new);
    assert_eq!(
        (put.object, put.created, put.schedule_tag),
        (ObjectId(1), true, None)
    );
    let row = subject.object(book, "ä b.vcf").unwrap();
    assert_eq!((row.object, row.collection), (ObjectId(1), book));
    assert_eq!((row.uid.as_str(), row.size), ("uid 1", 3));
    assert_eq!(row.changed, subject.head(ANNA).seq);
    assert_eq!(row.created_at, row.modified_at);
    assert_eq!(row.media_type.as_deref(), Some("text/vcard"));
    assert_eq!(*row.meta, *read_from(b"one"));
    assert!(row.dead.is_empty());
    assert_eq!(bodies(&**engine, &[row.blob]), [(0, b"one".to_vec())]);
    assert_eq!(
        engine.objects(ANNA, book, Seq::START).unwrap(),
        std::slice::from_ref(&row)
    );
    assert_eq!(
        engine.objects_with_uid(ANNA, "uid 1").unwrap(),
        std::slice::from_ref(&row)
    );
    assert_eq!(engine.objects_with_uid(ANNA, "").unwrap(), []);
    assert_eq!(engine.objects_with_uid(BERT, "uid 1").unwrap(), []);
    assert_eq!(engine.versions(ANNA).unwrap(), []);

    let before = engine.size().unwrap();
    assert!(!subject.put(ANNA, again).created);
    assert_eq!(engine.size().unwrap(), before, "the same body is no change");

    subject.done(ANNA, properties(book, "ä b.vcf", "mine"));
    subject.done(ANNA, properties(book, "ä b.vcf", "mine"));
    assert_eq!(engine.size().unwrap(), before + 1);
    let mut new = subject.new_object(book, "ä b.vcf", b"another");
    new.uid = "uid 1".into();
    let put = subject.put(ANNA, new);
    assert_eq!(
        (put.object, put.created),
        (ObjectId(1), false),
        "its number stays"
    );
    let now = subject.object(book, "ä b.vcf").unwrap();
    assert_eq!((now.size, now.media_type.as_deref()), (7, None));
    assert_eq!(now.created_at, row.created_at);
    assert!(now.modified_at > row.modified_at);
    assert_eq!(
        now.dead.get("{urn:x}note").map(String::as_str),
        Some("mine")
    );
    assert_eq!(*now.meta, *read_from(b"another"));
    let versions = engine.versions(ANNA).unwrap();
    assert_eq!(versions.len(), 1);
    let version = &versions[0];
    assert_eq!((version.object, version.until), (ObjectId(1), now.changed));
    assert_eq!((version.blob, version.at), (row.blob, now.modified_at));
    assert_eq!((version.destroyed, version.size), (false, 3));
    assert_eq!((&version.name, &version.uid), (&row.name, &row.uid));
    assert_eq!(version.meta, row.meta);
    let head = subject.head(ANNA);
    let collection = head.collections.get(book).unwrap();
    assert_eq!((collection.objects, collection.octets), (1, 7));
    assert_eq!(collection.objects_changed, now.changed);
    assert_eq!(head.used_octets(), 7, "versions do not count");

    let missing = subject.refused(ANNA, properties(book, "none", "x"));
    assert!(matches!(missing, Error::NotFound(_)));
    let long = properties(book, "ä b.vcf", &"x".repeat(64 * 1024));
    assert!(matches!(subject.refused(ANNA, long), Error::Limit(_)));
}

pub(super) fn conditions_hold(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let calendar = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let put = |name, body: &[u8], condition| NewObject {
        condition,
        ..subject.new_object(calendar, name, body)
    };
    let is_mismatch = |error: Error| assert!(matches!(error, Error::StateMismatch), "{error:?}");
    is_mismatch(subject.refused_object(put("a", b"1", Condition::Present)));
    is_mismatch(subject.refused_object(put("a", b"1", Condition::Body(vec![]))));
    subject.put(ANNA, put("a", b"1", Condition::Absent));
    let body = subject.object(calendar, "a").unwrap().blob.id;
    is_mismatch(subject.refused_object(put("a", b"2", Condition::Absent)));
    is_mismatch(subject.refused_object(put("a", b"2", Condition::ScheduleTag(Seq(2)))));
    subject.put(ANNA, put("a", b"2", Condition::Body(vec![body])));
    is_mismatch(subject.refused_object(put("a", b"3", Condition::Body(vec![body]))));
    let stale = || Condition::Body(vec![body]);
    is_mismatch(subject.refused(ANNA, destroyed(calendar, "a", stale())));
    let stale_move = wrap(CollectionChange::Move {
        from: calendar,
        name: segment("a"),
        to: calendar,
        new_name: segment("b"),
        replace: false,
        condition: stale(),
    });
    is_mismatch(subject.refused(ANNA, stale_move));
    subject.put(ANNA, put("a", b"3", Condition::Present));
    subject.done(ANNA, destroyed(calendar, "a", Condition::Present));
    let unchanged = |since| {
        wrap(CollectionChange::Unchanged {
            collection: calendar,
            since,
        })
    };
    let last = subject.head(ANNA).seq;
    is_mismatch(subject.refused(ANNA, unchanged(Seq(last.0 - 1))));
    let before = engine.size().unwrap();
    assert_eq!(subject.done(ANNA, unchanged(last)), Outcome::Done);
    assert_eq!(engine.size().unwrap(), before, "asking is no entry");
    let late = wrap(CollectionChange::Put(put("b", b"1", Condition::Any)));
    let late = subject.commit(ANNA, vec![late, unchanged(last)]);
    assert!(matches!(late, Err(Error::Invalid(_))), "{late:?}");
    let gone = subject.refused(ANNA, destroyed(calendar, "a", Condition::Any));
    assert!(matches!(gone, Error::NotFound(_)), "{gone:?}");
}

pub(super) fn uids_are_unique(engine: &Arc<dyn Engine>) {
    use CollectionKind::{Calendar, ScheduleInbox};
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, Calendar, "home");
    let work = subject.collection(ANNA, Calendar, "work");
    let inbox = subject.collection(ANNA, ScheduleInbox, "inbox");
    let new = |collection, name, uid: &str, tag| NewObject {
        uid: uid.into(),
        tag,
        ..subject.new_object(collection, name, format!("{name} {uid}").as_bytes())
    };
    let conflict = |error: Error, collection, name| {
        let expected = Error::UidConflict {
            collection,
            name: segment(name),
        };
        assert_eq!(error, expected);
    };
    subject.put(ANNA, new(home, "a", "1", TagChange::None));
    conflict(
        subject.refused_object(new(home, "b", "1", TagChange::None)),
        home,
        "a",
    );
    conflict(
        subject.refused_object(new(home, "a", "2", TagChange::None)),
        home,
        "a",
    );
    // RFC 4791 4.1: only within a collection; RFC 6638 3.2.4.1: among all calendars if others take part.
    subject.put(ANNA, new(work, "a", "1", TagChange::None));
    subject.put(ANNA, new(home, "s", "3", TagChange::New));
    conflict(
        subject.refused_object(new(work, "s", "3", TagChange::New)),
        home,
        "s",
    );
    subject.put(ANNA, new(work, "s", "3", TagChange::None));
    for name in ["x", "y"] {
        subject.put(ANNA, new(inbox, name, "1", TagChange::None));
    }
    conflict(
        subject.refused(ANNA, moved((work, "a"), (home, "c"), false)),
        home,
        "a",
    );
    subject.done(ANNA, moved((work, "a"), (home, "a"), true));
    let places: Vec<_> = engine
        .objects_with_uid(ANNA, "1")
        .unwrap()
        .into_iter()
        .map(|row| (row.collection, row.name.to_string()))
        .collect();
    let expected = [(home, "a"), (inbox, "x"), (inbox, "y")].map(|(id, name)| (id, name.into()));
    assert_eq!(places, expected, "by collection");
    let long = new(home, "l", &"x".repeat(1_025), TagChange::None);
    assert!(matches!(subject.refused_object(long), Error::Limit(_)));
    for name in ["n", "m"] {
        subject.put(ANNA, new(home, name, "", TagChange::None));
    }
}

pub(super) fn are_moved(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let work = subject.collection(ANNA, CollectionKind::Calendar, "work");
    let book = subject.collection(ANNA, CollectionKind::AddressBook, "book");
    for name in ["a", "b", "c"] {
        subject.put(ANNA, subject.new_object(home, name, name.as_bytes()));
    }
    subject.done(ANNA, properties(home, "a", "mine"));
    let before = subject.object(home, "a").unwrap();
    let moved_a = subject.outcome(ANNA, moved((home, "a"), (work, "new"), false));
    assert_eq!((moved_a.object, moved_a.created), (before.object, true));
    let row = subject.object(work, "new").unwrap();
    let seq = subject.head(ANNA).seq;
    let expected = ObjectRow {
        collection: work,
        name: segment("new"),
        changed: seq,
        ..before.clone()
    };
    assert_eq!(row, expected, "all else stays");
    assert_eq!(subject.object(home, "a"), None);
    let gone = engine.gone(ANNA, home, Seq::START).unwrap();
    let gone: Vec<_> = gone
        .iter()
        .map(|gone| (gone.object, gone.name.as_str(), gone.gone))
        .collect();
    assert_eq!(gone, [(before.object, "a", seq)]);

    let taken = subject.refused(ANNA, moved((home, "b"), (home, "c"), false));
    assert!(matches!(taken, Error::AlreadyExists(_)));
    let over = subject.outcome(ANNA, moved((home, "b"), (home, "c"), true));
    assert_eq!((over.object, over.created), (ObjectId(2), false));
    let head = subject.head(ANNA);
    let collection = head.collections.get(home).unwrap();
    assert_eq!((collection.objects, collection.octets), (1, 1));
    assert_eq!(engine.gone(ANNA, home, seq).unwrap().len(), 2);
    let versions = engine.versions(ANNA).unwrap();
    assert_eq!(versions.len(), 1, "what was in the way can be restored");
    assert!(versions[0].destroyed && versions[0].name == segment("c"));
    for (from, to) in [((home, "c"), (home, "c")), ((home, "c"), (book, "c"))] {
        assert!(matches!(
            subject.refused(ANNA, moved(from, to, true)),
            Error::Invalid(_)
        ));
    }
    for (from, to) in [
        ((home, "none"), (work, "x")),
        ((home, "c"), (CollectionId(9), "c")),
    ] {
        assert!(matches!(
            subject.refused(ANNA, moved(from, to, true)),
            Error::NotFound(_)
        ));
    }
}

pub(super) fn are_touched_once(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let work = subject.collection(ANNA, CollectionKind::Calendar, "work");
    subject.put(ANNA, subject.new_object(home, "a", b"a"));
    subject.put(ANNA, subject.new_object(home, "b", b"b"));
    let put = |collection, name, uid: &str, tag| {
        wrap(CollectionChange::Put(NewObject {
            uid: uid.into(),
            tag,
            ..subject.new_object(collection, name, b"x")
        }))
    };
    let (none, new) = (TagChange::None, TagChange::New);
    let any = || Condition::Any;
    for twice in [
        vec![put(home, "c", "", none), put(home, "c", "", none)],
        vec![put(home, "c", "u", none), put(home, "d", "u", none)],
        vec![put(home, "c", "u", new), put(work, "c", "u", new)],
        vec![
            moved((home, "a"), (home, "c"), false),
            put(home, "c", "", none),
        ],
        vec![
            moved((home, "a"), (home, "b"), true),
            destroyed(home, "b", any()),
        ],
        vec![destroyed(home, "a", any()), destroyed(home, "a", any())],
        vec![properties(home, "a", "x"), put(home, "a", "", none)],
    ] {
        let before = engine.size().unwrap();
        let refused = subject.commit(ANNA, twice);
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
        assert_eq!(engine.size().unwrap(), before);
    }
    let many = vec![
        put(home, "c", "u", new),
        put(work, "c", "u", none),
        destroyed(home, "a", any()),
        moved((home, "b"), (work, "b"), false),
        make(None, CollectionKind::Calendar, "third"),
        put(CollectionId(3), "in the new one", "", none),
    ];
    let done = subject.commit(ANNA, many).unwrap();
    assert_eq!(done.outcomes.len(), 6);
    let rows = engine.objects(ANNA, work, Seq::START).unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["b", "c"], "of one commit by number");
}

/// Applying what changed and what went since any moment gives what there is.
pub(super) fn changes_add_up(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let work = subject.collection(ANNA, CollectionKind::Calendar, "work");
    let put = |collection, name, body: &[u8]| {
        wrap(CollectionChange::Put(
            subject.new_object(collection, name, body),
        ))
    };
    let any = || Condition::Any;
    let steps = vec![
        vec![
            put(home, "a", b"1"),
            put(home, "b", b"2"),
            put(work, "a", b"3"),
        ],
        vec![put(home, "a", b"4")],
        vec![moved((home, "a"), (home, "c"), false)],
        vec![put(home, "a", b"5"), destroyed(home, "b", any())],
        vec![moved((home, "a"), (work, "a"), true)],
        vec![moved((work, "a"), (home, "a"), false)],
        vec![
            properties(home, "a", "x"),
            moved((home, "c"), (home, "b"), false),
        ],
        vec![moved((home, "b"), (home, "a"), true), put(home, "c", b"6")],
        vec![destroyed(home, "a", any())],
        vec![put(home, "a", b"7")],
    ];
    let mut known: Vec<(Seq, BTreeMap<String, ObjectRow>)> = vec![(Seq::START, BTreeMap::new())];
    for step in steps {
        subject.commit(ANNA, step).unwrap();
        let seq = subject.head(ANNA).seq;
        let all = engine.objects(ANNA, home, Seq::START).unwrap();
        let now: BTreeMap<_, _> = all
            .into_iter()
            .map(|row| (row.name.to_string(), row))
            .collect();
        for (since, before) in &known {
            let mut then = before.clone();
            for gone in engine.gone(ANNA, home, *since).unwrap() {
                then.remove(gone.name.as_str());
            }
            for row in engine.objects(ANNA, home, *since).unwrap() {
                then.insert(row.name.to_string(), row);
            }
            assert_eq!(then, now, "since {since}");
        }
        known.push((seq, now));
    }
}

pub(super) fn schedule_tags(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, CollectionKind::Calendar, "home");
    let put = |body: &[u8], tag| {
        let new = NewObject {
            tag,
            ..subject.new_object(home, "a", body)
        };
        subject.put(ANNA, new).schedule_tag
    };
    let first = put(b"1", TagChange::New);
    assert_eq!(first, Some(subject.head(ANNA).seq));
    assert_eq!(put(b"2", TagChange::Keep), first);
    let second = put(b"3", TagChange::New);
    assert_eq!(second, Some(subject.head(ANNA).seq));
    assert_eq!(subject.object(home, "a").unwrap().schedule_tag, second);
    let third = put(b"3", TagChange::New);
    assert!(third > second, "a new tag for the same body");
    let condition = |tag| NewObject {
        tag: TagChange::Keep,
        condition: Condition::ScheduleTag(tag),
        ..subject.new_object(home, "a", b"4")
    };
    assert!(matches!(
        subject.refused_object(condition(second.unwrap())),
        Error::StateMismatch
    ));
    assert_eq!(
        subject.put(ANNA, condition(third.unwrap())).schedule_tag,
        third
    );
    let alone = subject.refused_object(subject.new_object(home, "a", b"5"));
    assert!(matches!(alone, Error::Scheduled), "{alone:?}");
    let gone = subject.refused(ANNA, destroyed(home, "a", Condition::Any));
    assert!(matches!(gone, Error::Scheduled), "{gone:?}");
    subject.done(
        ANNA,
        wrap(CollectionChange::DestroyObject {
            collection: home,
            name: segment("a"),
            scheduled: true,
            condition: Condition::ScheduleTag(third.unwrap()),
        }),
    );
    assert_eq!(subject.object(home, "a"), None);
}

pub(super) fn quota_holds(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.collection(ANNA, CollectionKind::Folder, "files");
    let mailbox = subject.mailbox(ANNA, "Inbox");
    subject.done(ANNA, Change::SetQuota { octets: Some(100) });
    let new = |name, octets: usize| subject.new_object(home, name, &vec![b'x'; octets]);
    subject.put(ANNA, new("a", 60));
    assert!(matches!(
        subject.refused_object(new("b", 41)),
        Error::OverQuota
    ));
    subject.put(ANNA, new("b", 40));
    assert!(matches!(
        subject.refused_object(new("a", 61)),
        Error::OverQuota
    ));
    subject.put(ANNA, new("a", 10));
    subject.put(ANNA, new("a", 60));
    let email = subject.new_email(mailbox, b"one octet is too much");
    let refused = subject.refused(ANNA, Change::AddEmail(Box::new(email)));
    assert!(
        matches!(refused, Error::OverQuota),
        "emails and objects together"
    );
    subject.done(ANNA, destroyed(home, "b", Condition::Any));
    subject.done(ANNA, Change::SetQuota { octets: Some(10) });
    subject.put(ANNA, new("a", 20));
    assert_eq!(
        subject.head(ANNA).used_octets(),
        20,
        "getting smaller is always possible"
    );
}
