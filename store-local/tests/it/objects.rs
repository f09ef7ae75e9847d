//! Collections and objects: whatever happens to the folder, they come back from the journal, and tampering is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use model::{
    CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId, Properties, Seq,
    Timestamp,
};
use rusqlite::Connection;
use store::{
    Change, CollectionChange, Condition, Engine, NewObject, Source, TagChange, Version, conformance,
};
use store_local::{Finding, Until, VerifyReport, backup, restore, verify};
use tempfile::TempDir;
use testbed::MemoryEngine;

use crate::house::{ANNA, House, START, message, open, options, verifier};

const HOME: CollectionId = CollectionId(1);
const FILES: CollectionId = CollectionId(2);
const NESTED: CollectionId = CollectionId(3);
const SECOND: CollectionId = CollectionId(4);
/// Octets of a body that lies in a file.
const LARGE: usize = 400_000;

fn wrap(change: CollectionChange) -> Change {
    Change::Collections(Box::new(change))
}

fn segment(name: &str) -> PathSegment {
    PathSegment::try_from(name).unwrap()
}

fn create(parent: Option<CollectionId>, kind: CollectionKind, name: &str) -> Change {
    wrap(CollectionChange::Create {
        parent,
        kind,
        name: segment(name),
        properties: Properties::default(),
    })
}

fn put(engine: &dyn Engine, collection: CollectionId, name: &str, body: &[u8]) -> NewObject {
    let blob = engine.prepare(body, format!("of {name}").into()).unwrap();
    NewObject {
        collection,
        name: segment(name),
        uid: format!("uid of {name}"),
        size: u32::try_from(body.len()).unwrap(),
        source: Source::New(blob),
        tag: TagChange::None,
        media_type: None,
        condition: Condition::Any,
    }
}

fn stored(engine: &dyn Engine, version: &Version, name: &str) -> NewObject {
    NewObject {
        size: version.size,
        source: Source::Stored {
            blob: version.blob,
            meta: Arc::clone(&version.meta),
        },
        uid: String::new(),
        ..put(engine, version.collection, name, b"")
    }
}

fn destroyed(collection: CollectionId, name: &str) -> Change {
    wrap(CollectionChange::DestroyObject {
        collection,
        name: segment(name),
        scheduled: true,
        condition: Condition::Any,
    })
}

/// What happens, one request after the other.
const STEPS: usize = 15;

/// Purges two bodies.
const PURGE_STEP: usize = 10;

/// The changes of one request, for an engine to which those before were done.
fn step(engine: &dyn Engine, number: usize, now: Timestamp) -> Vec<Change> {
    let put_wrapped = |new| wrap(CollectionChange::Put(new));
    let versions = || engine.versions(ANNA).unwrap();
    match number {
        0 => vec![
            create(None, CollectionKind::Calendar, "home"),
            create(None, CollectionKind::Folder, "files"),
            create(Some(FILES), CollectionKind::Folder, "nested"),
        ],
        1 => vec![
            wrap(CollectionChange::Share {
                collection: HOME,
                principal: None,
                rights: CollectionRights::FREE_BUSY,
            }),
            wrap(CollectionChange::SetDeputy {
                principal: PrincipalId(7),
                rights: CollectionRights::WRITER,
            }),
        ],
        2 => vec![
            put_wrapped(put(engine, HOME, "a", b"first a")),
            put_wrapped(put(engine, HOME, "b", b"first b")),
        ],
        3 => vec![put_wrapped(NewObject {
            tag: TagChange::New,
            ..put(engine, HOME, "a", b"second a")
        })],
        4 => {
            let large = message("large", LARGE);
            vec![put_wrapped(put(engine, NESTED, "large", &large))]
        }
        5 => vec![wrap(CollectionChange::Move {
            from: HOME,
            name: segment("b"),
            to: HOME,
            new_name: segment("c"),
            replace: false,
            condition: Condition::Any,
        })],
        6 => vec![wrap(CollectionChange::SetProperties {
            collection: HOME,
            name: segment("a"),
            dead: BTreeMap::from([("{urn:x}y".into(), "<z/>".into())]),
        })],
        7 => vec![destroyed(HOME, "c")],
        8 => vec![put_wrapped(put(engine, NESTED, "large", b"small by now"))],
        9 => vec![put_wrapped(stored(engine, &versions()[0], "restored"))],
        PURGE_STEP => vec![wrap(CollectionChange::PurgeVersions {
            before: now,
            limit: 2,
        })],
        11 => vec![destroyed(HOME, "a")],
        12 => vec![
            wrap(CollectionChange::Destroy {
                collection: NESTED,
                with_objects: true,
            }),
            create(None, CollectionKind::Calendar, "second"),
            put_wrapped(put(engine, SECOND, "d", b"d")),
        ],
        13 => {
            let all = versions();
            let versions = all.iter().map(|version| (version.object, version.until));
            vec![wrap(CollectionChange::PurgeThese {
                versions: versions.collect(),
            })]
        }
        _ => vec![wrap(CollectionChange::Update {
            collection: SECOND,
            parent: None,
            name: segment("renamed"),
            properties: Properties {
                display_name: Some("Umbenannt".into()),
                ..Properties::default()
            },
        })],
    }
}

fn live(house: &House, engine: &dyn Engine, steps: std::ops::Range<usize>) {
    for number in steps {
        let changes = step(engine, number, house.clock.clock().now());
        house.commit(engine, ANNA, changes);
    }
}

fn check(data: &Path) -> VerifyReport {
    let scratch = TempDir::new().unwrap();
    verify(data, scratch.path(), Some(&verifier()), &mut |_, _, _| {}).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn after_a_kill_at_any_step_all_that_was_answered_is_there() {
    let house = House::new();
    let engine = house.open();
    let model = MemoryEngine::new(conformance::extract());
    let twin = House::new();
    for number in 0..STEPS {
        live(&house, &*engine, number..number + 1);
        live(&twin, &*model, number..number + 1);
        // As a kill leaves it: the files as they are, the state possibly behind.
        let crashed = TempDir::new().unwrap();
        copy(&house.data(), crashed.path());
        let again = open(crashed.path(), &house.clock.clock());
        conformance::compare(&*again, &*model).unwrap();
        conformance::consistent(&*again).unwrap();
        again.stop();
        drop(again);
        assert_eq!(check(crashed.path()).findings, [], "after step {number}");
    }
    model.check().unwrap();
}

#[test]
fn a_lost_state_is_made_anew_with_collections() {
    let house = House::new();
    let engine = house.open();
    live(&house, &*engine, 0..PURGE_STEP + 1);
    let twin = TempDir::new().unwrap();
    backup(&house.data(), twin.path(), &mut |_, _| {}).unwrap();
    engine.stop();
    drop(engine);
    fs::remove_file(house.data().join("state.db")).unwrap();
    let engine = house.open();
    let copy = open(twin.path(), &house.clock.clock());
    conformance::compare(&*engine, &*copy).unwrap();
    assert_eq!(check(&house.data()).findings, []);
    let large = engine.versions(ANNA).unwrap();
    assert!(large.iter().any(|version| version.size as usize >= LARGE));
    live(&house, &*engine, PURGE_STEP + 1..STEPS);
    engine.stop();
    assert_eq!(check(&house.data()).findings, []);
    let files = fs::read_dir(house.data().join("blobs")).unwrap().flatten();
    let left: usize = files
        .map(|folder| fs::read_dir(folder.path()).unwrap().count())
        .sum();
    assert_eq!(left, 0, "the purged body's file is gone");
}

#[test]
fn a_backup_follows_purges_and_a_restore_does_without_what_was_purged() {
    let house = House::new();
    let engine = house.open();
    live(&house, &*engine, 0..PURGE_STEP);
    let saved = TempDir::new().unwrap();
    backup(&house.data(), saved.path(), &mut |_, _| {}).unwrap();
    live(&house, &*engine, PURGE_STEP..STEPS);
    let second = backup(&house.data(), saved.path(), &mut |_, _| {}).unwrap();
    assert!(second.dropped_blobs > 0, "{second:?}");
    open(saved.path(), &house.clock.clock()).stop();
    assert_eq!(check(saved.path()).findings, []);
    engine.stop();
    // Every step came one second after the one before.
    let mut lost = Vec::new();
    for entries in 1..=STEPS {
        let target = TempDir::new().unwrap();
        let moment = START.plus_ms(i64::try_from(entries).unwrap() * 1_000 + 500);
        let report = restore(
            saved.path(),
            target.path(),
            Until::Moment(moment),
            options(&house.clock.clock()),
            &mut |_, _| {},
        )
        .unwrap();
        assert_eq!(report.new_entries, entries as u64);
        assert_eq!(check(target.path()).findings, [], "up to {entries}");
        let engine = open(target.path(), &house.clock.clock());
        conformance::consistent(&*engine).unwrap();
        let rows = engine.objects(ANNA, HOME, Seq::START).unwrap();
        assert!(rows.iter().all(|row| engine.blob(row.blob).is_ok()));
        lost.push(report.lost_objects);
    }
    assert_eq!(lost[0], 0);
    assert_eq!(lost[3], 2, "the body that `a` had then, and that of `b`");
    assert_eq!(lost[STEPS - 1], 0);
}

/// One way to tamper with collections and objects, as SQL against one of the files, and where it must be found.
const TAMPERINGS: [(&str, &str, &str); 12] = [
    (
        "state.db",
        "INSERT INTO collection_share VALUES (1, 1, 99, 15)",
        "state",
    ),
    ("state.db", "INSERT INTO deputy VALUES (1, 99, 15)", "state"),
    ("state.db", "UPDATE deputy SET rights=15", "state"),
    (
        "state.db",
        "UPDATE collection SET properties=x'00' WHERE id=1",
        "state",
    ),
    (
        "state.db",
        "UPDATE collection SET objects=objects+1 WHERE id=1",
        "state",
    ),
    ("state.db", "UPDATE object SET hash=zeroblob(32)", "state"),
    ("state.db", "UPDATE object SET meta=x'00'", "state"),
    (
        "state.db",
        "UPDATE object SET blob=blob-1 WHERE name='a'",
        "state",
    ),
    ("state.db", "DELETE FROM gone_object", "state"),
    ("state.db", "DELETE FROM version", "state"),
    ("state.db", "UPDATE version SET at_ms=0", "state"),
    (
        "journal.db",
        "UPDATE blob SET record=(SELECT record FROM blob WHERE id=1), size=(SELECT size FROM blob WHERE id=1) WHERE id=2",
        "blob",
    ),
];

#[test]
fn every_tampering_with_objects_is_found() {
    let sound = House::new();
    let engine = sound.open();
    live(&sound, &*engine, 0..PURGE_STEP);
    engine.stop();
    drop(engine);
    assert_eq!(check(&sound.data()).findings, []);
    for (file, sql, kind) in TAMPERINGS {
        let house = House::new();
        copy(&sound.data(), &house.data());
        let changed = Connection::open(house.data().join(file))
            .unwrap()
            .execute(sql, [])
            .unwrap();
        assert!(changed > 0, "{sql}");
        let report = check(&house.data());
        let found = report.findings.iter().any(|finding| match finding {
            Finding::Blob { .. } => kind == "blob",
            Finding::State { .. } => kind == "state",
            Finding::Entry { .. } | Finding::Tree { .. } | Finding::File { .. } => false,
        });
        assert!(found, "{sql}: {:?}", report.findings);
    }
}
