//! Bodies of objects: in order, from elsewhere, restorable, and gone for good.

use std::ops::ControlFlow;
use std::sync::Arc;

use model::{AccountId, BlobRef, CollectionId, CollectionKind, ObjectId, Seq, Timestamp};

use super::collections::{segment, wrap};
use super::objects::{bodies, destroyed, read_from};
use super::subject::{ANNA, BERT, EPOCH_MS, Subject, letter};
use crate::change::{Change, CollectionChange, Condition, NewObject, Outcome, Source};
use crate::engine::Engine;
use crate::error::Error;
use crate::rows::Version;

impl Subject<'_> {
    fn calendar(&self, account: AccountId) -> CollectionId {
        self.collection(account, CollectionKind::Calendar, "home")
    }

    /// An object with the body of a version.
    fn restored(&self, collection: CollectionId, name: &str, version: &Version) -> NewObject {
        NewObject {
            size: version.size,
            source: Source::Stored {
                blob: version.blob,
                meta: Arc::clone(&version.meta),
            },
            ..self.new_object(collection, name, b"")
        }
    }

    fn purged(&self, change: CollectionChange) -> u32 {
        match self.done(ANNA, wrap(change)) {
            Outcome::Purged { count } => count,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn bodies_come_in_order(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.calendar(ANNA);
    let large = letter("Groß", &"Zeile für Zeile\r\n".repeat(20_000));
    let expected = [b"one".to_vec(), large, Vec::new(), b"four".to_vec()];
    for (place, body) in expected.iter().enumerate() {
        subject.put(ANNA, subject.new_object(home, &format!("{place}"), body));
    }
    let rows = engine.objects(ANNA, home, Seq::START).unwrap();
    let mut blobs: Vec<_> = rows.iter().map(|row| row.blob).collect();
    blobs.reverse();
    blobs.insert(
        1,
        BlobRef {
            at: 1_000_000,
            ..blobs[0]
        },
    );
    blobs.push(BlobRef {
        id: blobs[0].id,
        ..blobs[3]
    });
    let found = bodies(&**engine, &blobs);
    let places: Vec<_> = found.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [0, 2, 3, 4], "passes over what is not there");
    let read: Vec<_> = found.into_iter().rev().map(|(_, body)| body).collect();
    assert_eq!(read, expected);
    let mut count = 0;
    let mut each = |_, _: &[u8]| {
        count += 1;
        ControlFlow::Break(())
    };
    engine.bodies(&blobs, &mut each).unwrap();
    assert_eq!(count, 1);
}

pub(super) fn are_restored(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let home = subject.calendar(ANNA);
    for body in [b"first", b"other"] {
        subject.put(ANNA, subject.new_object(home, "a", body));
    }
    subject.done(ANNA, destroyed(home, "a", Condition::Any));
    let versions = engine.versions(ANNA).unwrap();
    let known: Vec<_> = versions
        .iter()
        .map(|version| (version.object, version.until, version.destroyed))
        .collect();
    let expected = [(ObjectId(1), Seq(3), false), (ObjectId(1), Seq(4), true)];
    assert_eq!(known, expected, "by object and age");
    let put = subject.put(ANNA, subject.restored(home, "a", &versions[0]));
    assert_eq!((put.object, put.created), (ObjectId(2), true));
    let row = subject.object(home, "a").unwrap();
    assert_eq!((row.blob, &row.meta), (versions[0].blob, &versions[0].meta));
    assert_eq!(bodies(&**engine, &[row.blob]), [(0, b"first".to_vec())]);
    assert_eq!(
        engine.versions(ANNA).unwrap(),
        versions,
        "a version stays one"
    );
}

pub(super) fn come_from_elsewhere(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (home, other) = (subject.calendar(ANNA), subject.calendar(BERT));
    subject.put(ANNA, subject.new_object(home, "a", b"shared"));
    let row = subject.object(home, "a").unwrap();
    let stored = |blob, meta: &[u8]| NewObject {
        size: 6,
        source: Source::Stored {
            blob,
            meta: meta.into(),
        },
        ..subject.new_object(other, "b", b"")
    };
    subject.put(BERT, stored(row.blob, &read_from(b"shared")));
    let copy = engine.object(BERT, other, &segment("b")).unwrap().unwrap();
    assert_eq!((copy.blob, copy.meta), (row.blob, row.meta));
    let put = |new| wrap(CollectionChange::Put(new));
    let wrong = subject.refused(BERT, put(stored(row.blob, b"read from something else")));
    assert!(matches!(wrong, Error::Invalid(_)), "{wrong:?}");
    let nowhere = BlobRef {
        at: row.blob.at + 1_000,
        ..row.blob
    };
    let missing = subject.refused(BERT, put(stored(nowhere, &read_from(b"shared"))));
    assert!(matches!(missing, Error::NotFound(_)), "{missing:?}");
    // One body handed in once for two accounts.
    let new = subject.new_object(home, "c", b"for both");
    let twin = NewObject {
        collection: other,
        ..new.clone()
    };
    let both = vec![
        subject.request(ANNA, vec![put(new)]),
        subject.request(BERT, vec![put(twin)]),
    ];
    assert!(subject.commit_all(both).iter().all(Result::is_ok));
    let blob = |account, collection| {
        let row = engine.object(account, collection, &segment("c")).unwrap();
        row.unwrap().blob
    };
    assert_eq!(blob(ANNA, home), blob(BERT, other));
}

pub(super) fn are_purged(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (home, other) = (subject.calendar(ANNA), subject.calendar(BERT));
    for (name, body) in [
        ("a", "a1"),
        ("a", "a2"),
        ("b", "b1"),
        ("b", "b2"),
        ("a", "a3"),
    ] {
        subject.put(ANNA, subject.new_object(home, name, body.as_bytes()));
    }
    subject.done(ANNA, destroyed(home, "b", Condition::Any));
    let versions = engine.versions(ANNA).unwrap();
    let [a1, a2, b1, b2] = &versions[..] else {
        panic!("{versions:?}")
    };
    let new = subject.restored(other, "kept", a1);
    subject.put(BERT, new);
    let before = |before, limit| CollectionChange::PurgeVersions { before, limit };
    assert_eq!(subject.purged(before(Timestamp(EPOCH_MS), 10)), 0);
    assert_eq!(subject.purged(before(a2.at, 1)), 1, "the oldest first");
    assert_eq!(
        engine.versions(ANNA).unwrap(),
        [a2.clone(), b1.clone(), b2.clone()]
    );
    assert_eq!(
        subject.purged(before(a2.at, 9)),
        1,
        "not what was replaced at that very moment"
    );
    let these = |versions: &[&Version]| CollectionChange::PurgeThese {
        versions: versions
            .iter()
            .map(|version| (version.object, version.until))
            .collect(),
    };
    let twice = vec![wrap(these(&[b2])), wrap(these(&[b2]))];
    assert!(matches!(
        subject.commit(ANNA, twice),
        Err(Error::Invalid(_))
    ));
    assert_eq!(
        subject.purged(these(&[b2, a1, b2])),
        1,
        "passes over what is gone"
    );
    assert_eq!(engine.versions(ANNA).unwrap(), std::slice::from_ref(a2));
    let read = bodies(&**engine, &[a1.blob, a2.blob, b1.blob, b2.blob]);
    assert_eq!(
        read,
        [(0, b"a1".to_vec()), (1, b"a2".to_vec())],
        "others keep theirs"
    );
    assert!(matches!(engine.blob(b1.blob), Err(Error::NotFound(_))));
    let lost = wrap(CollectionChange::Put(subject.restored(home, "b", b1)));
    assert!(matches!(subject.refused(ANNA, lost), Error::NotFound(_)));
    let kept = engine
        .object(BERT, other, &segment("kept"))
        .unwrap()
        .unwrap();
    assert_eq!(*kept.meta, *read_from(b"a1"));
    // What one request purges and takes up again stays.
    let up: Vec<Change> = vec![
        wrap(these(&[a2])),
        wrap(CollectionChange::Put(subject.restored(home, "b", a2))),
    ];
    subject.commit(ANNA, up).unwrap();
    assert_eq!(engine.versions(ANNA).unwrap(), []);
    assert_eq!(bodies(&**engine, &[a2.blob]), [(0, b"a2".to_vec())]);
    // The journal still tells of all of them, and the same bytes can come again.
    let entries = engine.journal(ANNA, Seq::START, 100).unwrap();
    assert!(entries.iter().all(|entry| entry.commit.is_some()));
    subject.put(ANNA, subject.new_object(home, "c", b"b1"));
    let row = subject.object(home, "c").unwrap();
    assert_eq!(bodies(&**engine, &[row.blob]), [(0, b"b1".to_vec())]);
}
