//! Verifying finds nothing in a sound folder, and every tampering in one that is not.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use model::{EmailId, MailboxId};
use rusqlite::Connection;
use store::Engine;
use store_local::{Finding, LocalEngine, VerifyReport, verify};

use crate::house::{ANNA, House, options, verifier};

const INBOX: MailboxId = MailboxId(1);

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
    assert!(
        report.checkpoints > 0 && report.messages + report.objects == 22,
        "{report:?}"
    );
}

/// One way to tamper, as SQL against one of the files, and where it must be found.
const TAMPERINGS: [(&str, &str, &str); 21] = [
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
        "UPDATE blob SET record=zeroblob(length(record)) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET record=(SELECT record FROM blob WHERE id=4), size=(SELECT size FROM blob WHERE id=4) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET record=(SELECT record FROM blob WHERE id=4), size=(SELECT size FROM blob WHERE id=4), hash=(SELECT hash FROM blob WHERE id=4) WHERE id=3",
        "blob",
    ),
    (
        "journal.db",
        "UPDATE blob SET record=NULL WHERE id=3",
        "blob",
    ),
    ("journal.db", "DELETE FROM blob WHERE id=3", "blob"),
    (
        "journal.db",
        "INSERT INTO blob (hash, size, record) SELECT hash, size, record FROM blob WHERE id=3",
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

/// Changes the last letter of the metadata in a record, which has to be packed anew for that, as the first journals had it.
fn change_meta(record: &[u8], topic: &str) -> Vec<u8> {
    let words = include_bytes!("../../src/record/words.zdict");
    assert_eq!(record[0], 2, "with the dictionary");
    let mut unpacking = zstd::bulk::Decompressor::with_dictionary(words).unwrap();
    let mut content = unpacking.decompress(&record[1..], 1 << 20).unwrap();
    let at = content
        .windows(topic.len())
        .position(|window| window == topic.as_bytes())
        .unwrap();
    content[at + topic.len() - 1] ^= 1;
    let mut changed = vec![1];
    changed.extend(zstd::bulk::compress(&content, 3).unwrap());
    changed
}

#[test]
fn changed_metadata_is_found_and_keeps_no_other_mail_from_being_read() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    // One in the journal, one in a file.
    house.add(&engine, INBOX, "a small one", 300);
    house.add(&engine, INBOX, "a large one", 400_000);
    let emails = engine.head(ANNA).unwrap().unwrap().next_email.0;
    engine.stop();
    drop(engine);
    let journal = Connection::open(house.data().join("journal.db")).unwrap();
    let last: i64 = journal
        .query_row("SELECT max(id) FROM blob", [], |row| row.get(0))
        .unwrap();
    for (blob, topic, is_in_file) in [
        (last - 1, "a small one", false),
        (last, "a large one", true),
    ] {
        let (sound, in_file): (Vec<u8>, bool) = journal
            .query_row(
                "SELECT record, file IS NOT NULL FROM blob WHERE id=?",
                [blob],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(in_file, is_in_file);
        for tampered in [change_meta(&sound, topic), vec![0; sound.len()]] {
            let sql = "UPDATE blob SET record=? WHERE id=?";
            journal.execute(sql, (&tampered, blob)).unwrap();
            let report = check(&house);
            let found = report.findings.iter().any(|finding| {
                matches!(finding, Finding::Blob { blob: found, .. } if *found == blob.cast_unsigned())
            });
            assert!(found, "{topic}: {:?}", report.findings);
        }
        journal
            .execute("UPDATE blob SET record=? WHERE id=?", (&sound, blob))
            .unwrap();
        assert_eq!(check(&house).findings, []);
    }
    // A record that cannot be unpacked when the state is folded anew: all other mail is there.
    let sql = "UPDATE blob SET record=zeroblob(length(record)) WHERE id=?";
    journal.execute(sql, [last - 1]).unwrap();
    fs::remove_file(house.data().join("state.db")).unwrap();
    let engine = house.open();
    let mut seen = 0;
    let all: Vec<EmailId> = (1..emails).map(EmailId).collect();
    engine
        .metas(ANNA, &all, &mut |_, _| {
            seen += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(engine.locate(ANNA, EmailId(emails - 2)).unwrap().is_some());
    let mut large = 0;
    engine
        .messages(ANNA, &[EmailId(emails - 1)], &mut |_, message| {
            large = message.len();
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(seen > 10 && large >= 400_000, "{seen}, {large}");
}

#[test]
fn a_journal_of_another_version_is_refused() {
    let house = House::new();
    house.open().stop();
    let journal = Connection::open(house.data().join("journal.db")).unwrap();
    journal.execute_batch("PRAGMA user_version=1").unwrap();
    drop(journal);
    let refused = LocalEngine::open(&house.data(), options(&house.clock.clock())).unwrap_err();
    let said = "is of version 1, this Wachpost reads version 2 only";
    assert!(refused.to_string().contains(said), "{refused}");
    let refused = verify(&house.data(), &house.scratch(), None, &mut |_, _, _| {}).unwrap_err();
    assert!(refused.to_string().contains(said), "{refused}");
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
    fs::write(house.data().join("blobs/zz/planted.record"), b"x").unwrap();
    assert_eq!(
        check(&house).findings,
        [Finding::File {
            name: "planted".into()
        }]
    );
}
