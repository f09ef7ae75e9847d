//! Verifying finds nothing in a sound folder, and every tampering in one that is not.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use store::Engine;
use store_local::{Finding, VerifyReport, verify};

use crate::house::{ANNA, House, verifier};

fn check(house: &House) -> VerifyReport {
    verify(
        &house.data(),
        &house.scratch(),
        Some(&verifier()),
        &mut |_, _, _| {},
    )
    .unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

#[test]
fn a_sound_folder_has_no_findings_serving_or_not() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    assert!(engine.head(ANNA).unwrap().is_some());
    let report = check(&house);
    assert_eq!(report.findings, [], "while it serves");
    engine.stop();
    drop(engine);
    let report = check(&house);
    assert_eq!(report.findings, []);
    assert!(report.checkpoints > 0 && report.blobs == 22, "{report:?}");
}

/// One way to tamper, as SQL against one of the files, and where it must be found.
const TAMPERINGS: [(&str, &str, &str); 22] = [
    (
        "journal.db",
        "UPDATE entry SET payload=zeroblob(length(payload)) WHERE id=5",
        "entry",
    ),
    (
        "journal.db",
        "UPDATE entry SET at_ms=at_ms-86400000 WHERE id=7",
        "entry",
    ),
    (
        "journal.db",
        "UPDATE entry SET account=2 WHERE id=9",
        "entry",
    ),
    (
        "journal.db",
        "UPDATE entry SET previous=zeroblob(32) WHERE id=12",
        "entry",
    ),
    (
        "journal.db",
        "UPDATE entry SET payload_hash=zeroblob(32) WHERE id=12",
        "entry",
    ),
    ("journal.db", "DELETE FROM entry WHERE id=10", "entry"),
    ("journal.db", "DELETE FROM entry WHERE id>25", "tree"),
    (
        "journal.db",
        "UPDATE entry SET id=-1 WHERE id=8; UPDATE entry SET id=8 WHERE id=9; UPDATE entry SET id=9 WHERE id=-1",
        "entry",
    ),
    (
        "journal.db",
        "UPDATE blob SET bytes=zeroblob(length(bytes)) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET bytes=(SELECT bytes FROM blob WHERE id=4), size=(SELECT size FROM blob WHERE id=4) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET bytes=(SELECT bytes FROM blob WHERE id=4), size=(SELECT size FROM blob WHERE id=4), hash=(SELECT hash FROM blob WHERE id=4) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET bytes=NULL, meta=NULL WHERE id=3",
        "blob",
    ),
    ("journal.db", "DELETE FROM blob WHERE id=3", "blob"),
    (
        "journal.db",
        "INSERT INTO blob (hash, size, meta, bytes) SELECT hash, size, meta, bytes FROM blob WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET meta=zeroblob(10) WHERE id=6",
        "blob",
    ),
    (
        "state.db",
        "INSERT INTO share VALUES (1, 1, 99, 2047)",
        "state",
    ),
    ("state.db", "UPDATE principal SET administrator=1", "state"),
    (
        "state.db",
        "INSERT INTO credential VALUES (77, 1, 0, x'00')",
        "state",
    ),
    ("state.db", "DELETE FROM message WHERE uid=10", "state"),
    (
        "state.db",
        "UPDATE message SET keywords=0 WHERE uid=7",
        "state",
    ),
    (
        "state.db",
        "INSERT INTO address VALUES ('mallory@a.example', 'a.example', 1, 0)",
        "state",
    ),
    (
        "state.db",
        "CREATE TRIGGER evil AFTER INSERT ON message BEGIN DELETE FROM message; END",
        "state",
    ),
];

#[test]
fn every_tampering_is_found_and_nothing_where_there_is_none() {
    let sound = House::new();
    let engine = sound.open();
    sound.live(&engine);
    engine.stop();
    drop(engine);
    for (file, sql, kind) in TAMPERINGS {
        let house = House::new();
        copy(&sound.data(), &house.data());
        Connection::open(house.data().join(file))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        let report = check(&house);
        let found = report.findings.iter().any(|finding| match finding {
            Finding::Entry { .. } => kind == "entry",
            Finding::Tree { .. } => kind == "tree",
            Finding::Blob { .. } | Finding::File { .. } => kind == "blob",
            Finding::State { .. } => kind == "state",
        });
        assert!(found, "{sql}: {:?}", report.findings);
    }
}

#[test]
fn a_forged_chain_does_not_give_the_signed_root() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    engine.stop();
    drop(engine);
    // Somebody with all rights takes back the last entry and makes chain, state and tree fit again.
    let journal = Connection::open(house.data().join("journal.db")).unwrap();
    journal
        .execute_batch("DELETE FROM entry WHERE id=(SELECT max(id) FROM entry)")
        .unwrap();
    fs::remove_file(house.data().join("state.db")).unwrap();
    house.open().stop();
    let report = check(&house);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| matches!(finding, Finding::Tree { .. })),
        "{report:?}"
    );
}

#[test]
fn a_file_that_belongs_to_no_message_is_named() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    engine.stop();
    drop(engine);
    fs::create_dir_all(house.data().join("blobs/zz")).unwrap();
    fs::write(house.data().join("blobs/zz/planted.zst"), b"x").unwrap();
    assert_eq!(
        check(&house).findings,
        [Finding::File {
            name: "planted".into()
        }]
    );
}
