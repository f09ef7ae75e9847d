//! Backups under load, restored to moments in between; and a state and an index made anew from the journal alone.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::{Options, TestServer};

use super::ledger::Account;
use super::lmtp::Lmtp;
use super::look::{self, PASSWORD, person};
use super::message;
use super::seed::{self, Random};
use super::wire::Trouble;
use super::work::{Shared, Worker};
use super::{imap::Imap, work};

const PEOPLE: usize = 3;
const BACKUPS: usize = 5;
/// The load that each backup shall see.
const CHANGES_PER_BACKUP: u64 = 40;
const LOAD_WAIT: Duration = Duration::from_secs(60);

/// What is in all accounts.
fn look_at_all(server: &TestServer) -> Vec<Account> {
    (0..PEOPLE)
        .map(|number| look::account(server, &person(number)).unwrap())
        .collect()
}

/// The moment of the last entry of any account, and how many entries there are.
fn entries(server: &TestServer) -> u64 {
    server.json(&["status"])["entries"].as_u64().unwrap()
}

/// Puts another data folder in the place of the present one.
fn put_away(server: &TestServer, name: &str) {
    fs::rename(server.data(), server.folder().join(name)).unwrap();
}

#[test]
fn backups_under_load_are_whole_and_go_on() {
    let seed = seed::of_this_run();
    let mut server = look::with_people(Options::default(), PEOPLE);
    let shared = Shared::new(PEOPLE);
    for number in 0..PEOPLE {
        shared.ledger(number).sure = look::account(&server, &person(number)).unwrap();
    }
    let target = server.folder().join("backup");
    let target = target.to_str().unwrap();
    let mut random = Random::new(seed, 21);
    std::thread::scope(|scope| {
        let mut clients = Vec::new();
        for account in 0..PEOPLE {
            let (random, shared) = (Random::new(random.next(), 1), &shared);
            let port = server.imap_port();
            let work = move || Worker::sign_in(shared, account, port, random)?.work();
            clients.push(scope.spawn(work));
        }
        let (random, shared, port) = (Random::new(random.next(), 2), &shared, server.lmtp_port());
        clients.push(scope.spawn(move || work::deliver(shared, port, random)));
        let mut last = 0;
        let mut run = || -> Result<(), String> {
            for _ in 0..BACKUPS {
                wait_for_load(shared)?;
                let report = server.json(&["backup", target]);
                let entries = report["entries"].as_u64().unwrap();
                if entries <= last {
                    return Err(format!("a backup without anything new: {report}"));
                }
                last = entries;
                // In the middle of work.
                look::verify(&server)?;
            }
            Ok(())
        };
        let outcome = run();
        server.kill();
        for client in clients {
            if let Err(Trouble::Wrong(what)) = client.join().unwrap() {
                panic!("WACHPOST_SEED={seed}: {what}");
            }
        }
        outcome.unwrap_or_else(|what| panic!("WACHPOST_SEED={seed}: {what}"));
    });
    // What the last backup has is a whole account at some moment: it verifies, and serves.
    put_away(&server, "killed");
    server.command_ok(&["restore-from", target]);
    look::verify(&server).unwrap();
    server.restart();
    look_at_all(&server);
    assert!(server.stop().success());
    look::verify(&server).unwrap();
}

/// Waits until the clients have done a good deal more.
fn wait_for_load(shared: &Shared) -> Result<(), String> {
    let wanted = shared.acknowledged.load(Ordering::Relaxed) + CHANGES_PER_BACKUP;
    let began = Instant::now();
    while shared.acknowledged.load(Ordering::Relaxed) < wanted {
        if began.elapsed() > LOAD_WAIT {
            return Err("the clients do nothing".into());
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    Ok(())
}

#[test]
fn a_restore_gives_each_moment_as_it_was() {
    let mut server = look::with_people(Options::default(), PEOPLE);
    let target = server.folder().join("backup");
    let target = target.to_str().unwrap();
    let mut moments: Vec<(String, Vec<Account>)> = Vec::new();
    let mut number = 1;
    for round in 0..4 {
        let mut client = Lmtp::connect(server.lmtp_port()).unwrap();
        for _ in 0..8 {
            let everybody: Vec<_> = (0..PEOPLE).map(person).collect();
            let mut accepted = 0;
            let each = &mut |_, reply: &str| accepted += usize::from(reply.starts_with("250"));
            client
                .deliver(&everybody, &message::write(number), each)
                .unwrap();
            assert_eq!(accepted, PEOPLE);
            number += 1;
        }
        let mut imap = Imap::sign_in(server.imap_port(), &person(0), PASSWORD).unwrap();
        imap.select("INBOX").unwrap();
        imap.ok(&format!("CREATE Box{round}")).unwrap();
        imap.ok(&format!("UID MOVE 1:* Box{round}")).unwrap();
        imap.ok(&format!("SELECT Box{round}")).unwrap();
        imap.ok("UID STORE 1:3 +FLAGS (\\Seen round)").unwrap();
        moments.push((last_moment(&server), look_at_all(&server)));
        if round % 2 == 1 {
            server.command_ok(&["backup", target]);
        }
        wait_for_another_moment(&server);
    }
    assert!(server.stop().success());
    for (at, (moment, before)) in moments.iter().enumerate() {
        put_away(&server, &format!("before{at}"));
        server.command_ok(&["restore-from", target, "--until", moment]);
        look::verify(&server).unwrap();
        server.restart();
        assert!(look_at_all(&server) == *before, "moment {at}, {moment}");
        assert!(server.stop().success());
    }
}

/// When the last change of all was made.
fn last_moment(server: &TestServer) -> String {
    let moments = (0..PEOPLE).map(|number| {
        let journal = server.json(&["journal", &person(number)]);
        let last = journal.as_array().unwrap().last().cloned();
        last.and_then(|entry| entry["at"].as_str().map(str::to_owned))
            .unwrap()
    });
    moments.max().unwrap()
}

/// Moments on the command line are as fine as those that the journal shows.
fn wait_for_another_moment(server: &TestServer) {
    let before = last_moment(server);
    let began = Instant::now();
    loop {
        let mut imap = Imap::sign_in(server.imap_port(), &person(1), PASSWORD).unwrap();
        imap.select("INBOX").unwrap();
        imap.ok("UID STORE 1 +FLAGS (tick)").unwrap();
        imap.ok("UID STORE 1 -FLAGS (tick)").unwrap();
        if last_moment(server) != before {
            return;
        }
        assert!(began.elapsed() < LOAD_WAIT, "time stands still");
    }
}

#[test]
fn state_and_index_come_back_from_the_journal() {
    let mut server = look::with_people(Options::default(), PEOPLE);
    let shared = Shared::new(PEOPLE);
    for number in 0..PEOPLE {
        shared.ledger(number).sure = look::account(&server, &person(number)).unwrap();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let random = Random::new(seed::of_this_run(), 31);
            let mut worker = Worker::sign_in(&shared, 0, server.imap_port(), random)?;
            while !done.load(Ordering::Relaxed) {
                worker.one()?;
            }
            Ok::<_, Trouble>(())
        });
        let loaded = wait_for_load(&shared);
        done.store(true, Ordering::Relaxed);
        client.join().unwrap().unwrap();
        loaded.unwrap();
    });
    for lost in [
        &["state.db"][..],
        &["search.db"],
        &["state.db", "search.db"],
    ] {
        let (before, entries) = (look_at_all(&server), entries(&server));
        let found = search(&server);
        server.kill();
        for file in fs::read_dir(server.data()).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            if lost.iter().any(|lost| name.starts_with(lost)) {
                fs::remove_file(file.path()).unwrap();
            }
        }
        server.restart();
        assert!(look_at_all(&server) == before, "without {lost:?}");
        assert_eq!(search(&server), found, "without {lost:?}");
        assert_eq!(super::backup::entries(&server), entries);
        look::verify(&server).unwrap();
        let report: Value = server.json(&["verify"]);
        assert_eq!(report["entries"].as_u64(), Some(entries));
    }
}

/// What a full-text search finds in each mailbox of the first person.
fn search(server: &TestServer) -> Vec<String> {
    let mut client = Imap::sign_in(server.imap_port(), &person(0), PASSWORD).unwrap();
    let mut found = Vec::new();
    for name in client.mailboxes().unwrap() {
        client.select(&name).unwrap();
        let answer = client.ok("UID SEARCH TEXT bericht").unwrap();
        found.extend(
            answer
                .untagged
                .into_iter()
                .map(|line| format!("{name}: {}", line.text)),
        );
    }
    assert!(
        found
            .iter()
            .any(|line| line.ends_with(|last: char| last.is_ascii_digit())),
        "{found:?}"
    );
    found
}
