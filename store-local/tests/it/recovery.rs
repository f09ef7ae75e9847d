//! The journal is the truth: from it alone everything comes back, as it was at any moment.

use std::fs::{self, OpenOptions};
use std::path::Path;

use model::{EmailId, MailboxId, NumberSet, Timestamp};
use store::{Engine, Error, Field, TextQuery, conformance};
use store_local::{LocalEngine, Until, backup, restore, verify};
use tempfile::TempDir;

use crate::house::{ANNA, House, START, open, options, verifier};

const INBOX: MailboxId = MailboxId(1);

fn equal(one: &LocalEngine, other: &LocalEngine) {
    conformance::compare(one, other).unwrap();
}

fn is_sound(data: &Path) {
    let scratch = TempDir::new().unwrap();
    let report = verify(data, scratch.path(), Some(&verifier()), &mut |_, _, _| {}).unwrap();
    assert_eq!(report.findings, []);
}

#[test]
fn a_lost_state_and_index_are_made_anew() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let twin = TempDir::new().unwrap();
    backup(&house.data(), twin.path(), &mut |_, _| {}).unwrap();
    engine.stop();
    drop(engine);
    fs::remove_file(house.data().join("state.db")).unwrap();
    fs::remove_file(house.data().join("search.db")).unwrap();
    let engine = house.open();
    let copy = open(twin.path(), &house.clock.clock());
    equal(&engine, &copy);
    let query = TextQuery {
        account: ANNA,
        field: Field::Any,
        text: "message 12".into(),
    };
    assert_eq!(engine.search(&query).unwrap(), [EmailId(13)]);
    let mut steps = Vec::new();
    engine
        .reindex(&mut |done, of| steps.push((done, of)))
        .unwrap();
    assert!(steps.last().is_some_and(|(done, of)| done == of));
    assert_eq!(engine.search(&query).unwrap(), [EmailId(13)]);
    engine.stop();
    drop(engine);
    is_sound(&house.data());
}

#[test]
fn a_backup_goes_on_where_it_was_and_follows_purges() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let target = TempDir::new().unwrap();
    let first = backup(&house.data(), target.path(), &mut |_, _| {}).unwrap();
    assert_eq!(first.entries, first.new_entries);
    assert_eq!(
        backup(&house.data(), target.path(), &mut |_, _| {})
            .unwrap()
            .new_entries,
        0
    );
    house.add(&engine, INBOX, "after the backup", 300);
    let uids = NumberSet::range(7, 7);
    let destroy = store::Change::DestroyEmails {
        mailbox: INBOX,
        uids,
        only_deleted: false,
    };
    house.commit(&*engine, ANNA, vec![destroy]);
    let destroyed_before = house.clock.clock().now().plus_ms(1);
    house.commit(
        &*engine,
        ANNA,
        vec![store::Change::PurgeEmails {
            destroyed_before,
            limit: 9,
        }],
    );
    let second = backup(&house.data(), target.path(), &mut |_, _| {}).unwrap();
    assert_eq!(
        (second.new_entries, second.new_blobs, second.dropped_blobs),
        (3, 1, 1)
    );
    let copy = open(target.path(), &house.clock.clock());
    equal(&engine, &copy);
    copy.stop();
    drop(copy);
    is_sound(target.path());
    let other = House::new();
    let engine = other.open();
    other.live(&engine);
    other.add(&engine, INBOX, "elsewhere", 500);
    let mixed = backup(&other.data(), target.path(), &mut |_, _| {});
    assert!(matches!(mixed, Err(Error::Invalid(_))), "{mixed:?}");
}

#[test]
fn a_restore_stops_at_the_wanted_moment() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let saved = TempDir::new().unwrap();
    let all = backup(&house.data(), saved.path(), &mut |_, _| {}).unwrap();
    engine.stop();
    // Every commit came one second after the one before.
    for entries in [1, 4, 15, 26, all.entries] {
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
        assert_eq!(report.new_entries, entries, "{report:?}");
        is_sound(target.path());
        let engine = open(target.path(), &house.clock.clock());
        conformance::consistent(&*engine).unwrap();
        assert_eq!(engine.size().unwrap(), report.entries);
    }
    let target = TempDir::new().unwrap();
    let none = restore(
        saved.path(),
        target.path(),
        Until::Moment(Timestamp(0)),
        options(&house.clock.clock()),
        &mut |_, _| {},
    )
    .unwrap();
    assert_eq!((none.entries, none.lost_emails), (0, 0));
    let again = restore(
        saved.path(),
        target.path(),
        Until::End,
        options(&house.clock.clock()),
        &mut |_, _| {},
    );
    assert!(matches!(again, Err(Error::AlreadyExists(_))));
}

#[test]
fn a_second_writer_is_refused() {
    let house = House::new();
    let _engine = house.open();
    let refused = LocalEngine::open(&house.data(), options(&house.clock.clock())).unwrap_err();
    assert!(refused.to_string().contains("in use"), "{refused}");
}

#[test]
fn a_torn_tail_of_the_journal_loses_nothing_before_it() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let entries = engine.size().unwrap();
    // As a crash leaves it: the files as they are, with a write to the journal's log half done.
    let crashed = TempDir::new().unwrap();
    for file in ["journal.db", "journal.db-wal", "state.db", "state.db-wal"] {
        let from = house.data().join(file);
        if from.exists() {
            fs::copy(from, crashed.path().join(file)).unwrap();
        }
    }
    fs::create_dir_all(crashed.path().join("blobs")).unwrap();
    let log = crashed.path().join("journal.db-wal");
    let whole = fs::metadata(&log).unwrap().len();
    for torn in [1, 17, 4_000, 8_200] {
        use std::io::Write;
        let mut file = OpenOptions::new().write(true).open(&log).unwrap();
        file.set_len(whole).unwrap();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
        file.write_all(&vec![0xa5; torn]).unwrap();
        drop(file);
        let twin = TempDir::new().unwrap();
        for file in ["journal.db", "journal.db-wal", "state.db", "state.db-wal"] {
            let from = crashed.path().join(file);
            if from.exists() {
                fs::copy(from, twin.path().join(file)).unwrap();
            }
        }
        let again = open(twin.path(), &house.clock.clock());
        assert_eq!(again.size().unwrap(), entries, "torn by {torn}");
        conformance::consistent(&*again).unwrap();
    }
}

#[test]
fn a_message_that_was_not_stored_leaves_no_file() {
    let house = House::new();
    let engine = house.open();
    house.live(&engine);
    let before = files(&house.data());
    let mut noise = Vec::new();
    while noise.len() < 4 * store_local::FILE_OCTETS_MIN {
        noise.extend(blake3::hash(&noise.len().to_le_bytes()).as_bytes());
    }
    let blob = engine.prepare(&noise, Vec::new()).unwrap();
    assert_eq!(files(&house.data()).len(), before.len() + 1);
    // As a kill leaves it: the file is there, its commit is not.
    let crashed = TempDir::new().unwrap();
    copy_folder(&house.data(), crashed.path());
    is_sound(crashed.path());
    let again = open(crashed.path(), &house.clock.clock());
    assert_eq!(files(crashed.path()), before);
    conformance::consistent(&*again).unwrap();
    // As a refusal leaves it: nobody can commit it any more.
    drop(blob);
    engine.stop();
    assert_eq!(files(&house.data()), before);
    // Somebody else's file is neither explained nor removed.
    let foreign = house.data().join("blobs/aa/foreign.record");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, "what is this").unwrap();
    drop(engine);
    drop(house.open());
    let scratch = TempDir::new().unwrap();
    let report = verify(&house.data(), scratch.path(), None, &mut |_, _, _| {}).unwrap();
    let name = "foreign".into();
    assert_eq!(report.findings, [store_local::Finding::File { name }]);
}

/// The names of all files of large messages, in order.
fn files(data: &Path) -> Vec<std::ffi::OsString> {
    let mut names = Vec::new();
    for folder in fs::read_dir(data.join("blobs"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let files = fs::read_dir(folder.path()).unwrap().flatten();
        names.extend(files.map(|file| file.file_name()));
    }
    names.sort();
    names
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
