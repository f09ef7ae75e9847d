//! Verifying beside a busy engine, from an earlier verification on, of a backup, and against checkpoints kept elsewhere.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::{MailboxId, NumberSet};
use rusqlite::Connection;
use store::{Change, Engine};
use store_local::{
    Extent, Finding, History, How, Kept, LocalEngine, Verified, Verify, VerifyReport, backup,
};

use crate::house::{ANNA, House, verifier};

const INBOX: MailboxId = MailboxId(1);

fn run(house: &House, extent: Extent, kept: Vec<Kept>) -> VerifyReport {
    let (data, scratch, key) = (house.data(), house.scratch(), verifier());
    let asked = Verify {
        data: &data,
        scratch: &scratch,
        key: Some(&key),
        kept,
        extent,
    };
    asked.run(&mut |_, _, _| {}).unwrap()
}

fn clean(house: &House, extent: Extent) -> Verified {
    let report = run(house, extent, Vec::new());
    assert_eq!(report.findings, [], "{extent:?}");
    report.upto.unwrap()
}

/// A folder that is at rest, verified, and then lived on in.
fn lived() -> (House, Verified) {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    engine.stop();
    drop(engine);
    let then = clean(&house, Extent::Everything);
    let engine = house.open();
    for number in 0..5 {
        house.add(&engine, INBOX, &format!("later {number}"), 300);
    }
    engine.stop();
    drop(engine);
    (house, then)
}

fn sql(house: &House, file: &str, sql: &str) {
    let db = Connection::open(house.data().join(file)).unwrap();
    db.execute_batch(sql).unwrap();
}

#[test]
fn what_is_new_is_looked_at_and_ends_where_a_full_run_ends() {
    let (house, then) = lived();
    let report = run(&house, Extent::Since(then), Vec::new());
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.messages), (5, 5));
    assert_eq!(report.upto.unwrap(), clean(&house, Extent::Everything));
    // Nothing at all is new.
    assert_eq!(
        clean(&house, Extent::Since(report.upto.unwrap())),
        report.upto.unwrap()
    );
    assert_eq!(run(&house, Extent::Journal, Vec::new()).findings, []);
}

#[test]
fn since_then_finds_what_it_promises_to_find() {
    let (sound, then) = lived();
    for (file, change, kind) in [
        (
            "journal.db",
            "UPDATE entry SET payload=zeroblob(length(payload)) WHERE id=(SELECT max(id) FROM entry)",
            "entry",
        ),
        (
            "journal.db",
            "DELETE FROM entry WHERE id=(SELECT max(id)-2 FROM entry)",
            "entry",
        ),
        ("journal.db", "DELETE FROM entry WHERE id>20", "tree"),
        (
            "journal.db",
            "UPDATE entry SET at_ms=at_ms+1 WHERE id=7",
            "tree",
        ),
        (
            "journal.db",
            "UPDATE checkpoint SET note=replace(note, 'a', 'b')",
            "tree",
        ),
        ("journal.db", "DELETE FROM checkpoint", "tree"),
        (
            "journal.db",
            "UPDATE blob SET record=zeroblob(length(record)) WHERE id=(SELECT max(id) FROM blob)",
            "message",
        ),
        (
            "journal.db",
            "UPDATE blob SET record=NULL WHERE id=(SELECT max(id) FROM blob)",
            "message",
        ),
        (
            "journal.db",
            "CREATE TRIGGER evil AFTER INSERT ON entry BEGIN DELETE FROM blob; END",
            "state",
        ),
        ("state.db", "UPDATE principal SET administrator=1", "state"),
        (
            "state.db",
            "INSERT INTO address VALUES ('mallory@a.example', 'a.example', 1, 0)",
            "state",
        ),
        (
            "state.db",
            "INSERT INTO archive VALUES ('', 'mallory@evil.example')",
            "state",
        ),
        (
            "state.db",
            "INSERT INTO mail_settings VALUES (1, x'00')",
            "state",
        ),
        (
            "state.db",
            "CREATE TRIGGER evil AFTER INSERT ON message BEGIN DELETE FROM message; END",
            "state",
        ),
        (
            "state.db",
            "UPDATE account SET seq=seq-1 WHERE id=1",
            "state",
        ),
        ("state.db", "DELETE FROM account WHERE id=1", "state"),
        ("state.db", "UPDATE position SET entry=3", "tree"),
        (
            "state.db",
            "DELETE FROM account_entry WHERE seq=1 AND account=0",
            "entry",
        ),
    ] {
        let house = House::new();
        copy(&sound.data(), &house.data());
        sql(&house, file, change);
        let findings = run(&house, Extent::Since(then), Vec::new()).findings;
        assert!(
            findings.iter().any(|finding| finding.kind() == kind),
            "{change}: {findings:?}"
        );
    }
}

#[test]
fn what_was_verified_before_is_not_read_again() {
    // What is told in the documentation: an old entry's words, an old message, and rows of mail are for a full run.
    let (sound, then) = lived();
    for (file, change) in [
        (
            "journal.db",
            "UPDATE blob SET record=zeroblob(length(record)) WHERE id=1",
        ),
        ("state.db", "DELETE FROM message WHERE uid=2"),
        ("state.db", "INSERT INTO share VALUES (1, 1, 5, 3)"),
    ] {
        let house = House::new();
        copy(&sound.data(), &house.data());
        sql(&house, file, change);
        assert_eq!(
            run(&house, Extent::Since(then), Vec::new()).findings,
            [],
            "{change}"
        );
        assert!(
            !run(&house, Extent::Everything, Vec::new()).is_clean(),
            "{change}"
        );
    }
}

#[test]
fn a_finding_says_who_and_what() {
    let (house, _) = lived();
    sql(
        &house,
        "state.db",
        "INSERT INTO share VALUES (1, 2, 0, 3); UPDATE principal SET administrator=1 WHERE id=1;
         DELETE FROM message WHERE uid=(SELECT max(uid) FROM message WHERE mailbox=1) AND mailbox=1",
    );
    let report = run(&house, Extent::Everything, Vec::new());
    let told: Vec<_> = report
        .findings
        .iter()
        .filter_map(|finding| match finding {
            Finding::State { rows, table, .. } => rows
                .first()
                .map(|row| (table.as_str(), row.how, row.row.clone())),
            _ => None,
        })
        .collect();
    let of = |wanted: &str| told.iter().find(|(table, ..)| *table == wanted).unwrap();
    let (_, how, share) = of("share");
    assert_eq!(*how, How::Unexplained);
    assert!(
        share.contains("anna@a.example, mailbox `Archiv`, principal everybody"),
        "{share}"
    );
    let (_, how, principal) = of("principal");
    assert_eq!(*how, How::Changed);
    assert!(
        principal.contains("`anna@a.example`")
            && principal.contains("administrator: 1, committed was 0"),
        "{principal}"
    );
    let (_, how, message) = of("message");
    assert_eq!(*how, How::Missing);
    assert!(
        message.contains("mailbox `Inbox`") && message.contains("later 4"),
        "{message}"
    );
}

#[test]
fn a_checkpoint_that_was_kept_tells_of_a_sound_folder_that_is_another_one() {
    let (house, then) = lived();
    let history = History::open(&house.data()).unwrap();
    let size = history.size().unwrap();
    let kept = |size: u64, root| Kept {
        size,
        root,
        by: "the witness".into(),
    };
    let good = vec![
        kept(3, history.root_at(3).unwrap()),
        kept(size, history.root_at(size).unwrap()),
    ];
    let bad = vec![
        kept(3, history.root_at(4).unwrap()),
        kept(size - 1, history.root_at(4).unwrap()),
        kept(size + 1, history.root_at(4).unwrap()),
    ];
    for extent in [Extent::Everything, Extent::Journal, Extent::Since(then)] {
        let report = run(&house, extent, good.clone());
        assert_eq!((report.findings, report.kept), (vec![], 2), "{extent:?}");
        let report = run(&house, extent, bad.clone());
        assert_eq!((report.findings.len(), report.kept), (3, 3), "{extent:?}");
    }
}

#[test]
fn a_backup_is_verified_without_a_state() {
    let (house, _) = lived();
    let folder = tempfile::tempdir().unwrap();
    backup(&house.data(), folder.path(), &mut |_, _| {}).unwrap();
    let check = || {
        let (scratch, key) = (house.scratch(), verifier());
        let asked = Verify {
            data: folder.path(),
            scratch: &scratch,
            key: Some(&key),
            kept: Vec::new(),
            extent: Extent::Backup,
        };
        asked.run(&mut |_, _, _| {}).unwrap()
    };
    let report = check();
    assert_eq!(report.findings, []);
    assert_eq!(report.upto.unwrap(), clean(&house, Extent::Everything));
    assert!(!folder.path().join("state.db").exists());
    for change in [
        "UPDATE blob SET record=NULL WHERE id=3",
        "UPDATE entry SET payload=NULL WHERE id=3",
        "INSERT INTO blob (hash, size, record) VALUES (zeroblob(32), 1, x'00')",
        "DELETE FROM checkpoint",
    ] {
        let sound = fs::read(folder.path().join("journal.db")).unwrap();
        let db = Connection::open(folder.path().join("journal.db")).unwrap();
        db.execute_batch(change).unwrap();
        drop(db);
        assert!(!check().is_clean(), "{change}");
        fs::write(folder.path().join("journal.db"), sound).unwrap();
    }
}

#[test]
fn beside_a_busy_engine_nothing_is_found_that_is_not_there() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let mut then = clean(&house, Extent::Everything);
    let (is_over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        // However this ends.
        let _end = SetWhenDropped(&is_over);
        let writer = scope.spawn(|| {
            let mut number = 0;
            while !is_over.load(Ordering::Relaxed) {
                // Small ones, large ones with files, and their end.
                let octets = if number % 7 == 0 { 400_000 } else { 500 };
                house.add(&engine, INBOX, &format!("busy {number}"), octets);
                if number % 5 == 4 {
                    remove_for_good(&house, &engine);
                }
                number += 1;
                written.store(number, Ordering::Relaxed);
            }
        });
        let mut began = 0;
        for round in 0..6 {
            while !writer.is_finished() && written.load(Ordering::Relaxed) < began + 3 {
                std::thread::yield_now();
            }
            began = written.load(Ordering::Relaxed);
            let now = clean(&house, Extent::Everything);
            assert!(now.size > then.size, "round {round}");
            assert_eq!(run(&house, Extent::Journal, Vec::new()).findings, []);
            let since = clean(&house, Extent::Since(then));
            assert!(since.size >= now.size);
            then = now;
        }
    });
    engine.stop();
    drop(engine);
    clean(&house, Extent::Everything);
    clean(&house, Extent::Since(then));
}

struct SetWhenDropped<'a>(&'a AtomicBool);

impl Drop for SetWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// All mail of the INBOX is destroyed and purged.
fn remove_for_good(house: &House, engine: &LocalEngine) {
    let destroy = Change::DestroyEmails {
        mailbox: INBOX,
        uids: NumberSet::range(1, u32::MAX),
        only_deleted: false,
    };
    house.commit(engine, ANNA, vec![destroy]);
    let purge = Change::PurgeEmails {
        destroyed_before: house.clock.clock().now().plus_ms(1),
        limit: 1_000,
    };
    house.commit(engine, ANNA, vec![purge]);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
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
