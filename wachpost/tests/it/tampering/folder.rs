//! The folder that is tampered with: a small organisation, stopped in good order, and a copy of its data from before.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use seal::{Checkpoint, Hash, SigningKey};
use testbed::Seeded;

use crate::server::{Options, TestServer};

/// People with mail.
const PEOPLE: [&str; 4] = ["anna", "bert", "clara", "david"];
const PASSWORD: &str = "correct horse";
/// Messages of each.
const MESSAGES: usize = 10;
/// Octets of an attachment that goes into a file of its own, once decoded and packed.
const LARGE_OCTETS: usize = 90_000;
/// Marks set one by one, so that the journal has more entries than a tile of the tree.
const MARKS: usize = 170;

/// A stopped server with its data.
pub(super) struct Prepared {
    pub(super) server: TestServer,
    /// The data folder as it was before the last third of the work.
    pub(super) old: PathBuf,
    /// The notary's.
    pub(super) key: SigningKey,
    /// What was signed last: the notary remembers it, and a witness cosigned it.
    pub(super) signed_last: (u64, Hash),
}

impl Prepared {
    pub(super) fn make() -> Self {
        let mut server = TestServer::start(Options::default());
        people(&server);
        mail(&server, "first");
        calendars(&server);
        filters(&server);
        marks(&server, MARKS);
        assert!(server.stop().success());
        tidy(&server.data());
        let old = server.folder().join("old");
        copy_folder(&server.data(), &old);
        server.restart();
        mail(&server, "second");
        server.command_ok(&["alias", "add", "late@example.org", "anna@example.org"]);
        marks(&server, 30);
        assert!(server.stop().success());
        tidy(&server.data());
        let text = fs::read_to_string(server.folder().join("notary.key")).unwrap();
        let key = SigningKey::from_secret_text(&text).unwrap();
        let signed_last = signed_last(&server.data(), &key);
        Self {
            server,
            old,
            key,
            signed_last,
        }
    }
}

fn signed_last(data: &Path, key: &SigningKey) -> (u64, Hash) {
    let db = rusqlite::Connection::open(data.join("journal.db")).unwrap();
    let sql = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1";
    let note: String = db.query_row(sql, [], |row| row.get(0)).unwrap();
    let key = key.verifier();
    let checkpoint = Checkpoint::open(note.as_bytes(), key.name().as_str(), key).unwrap();
    (checkpoint.size(), checkpoint.root())
}

fn people(server: &TestServer) {
    let run = |words: &str| drop(server.command_ok(&words.split(' ').collect::<Vec<_>>()));
    for person in PEOPLE {
        server.add_account(&format!("{person}@example.org"), PASSWORD);
    }
    for words in [
        "account add info@example.org --shared",
        "account share info@example.org anna@example.org",
        "account share info@example.org bert@example.org --read-only",
        "account quota clara@example.org 5GiB",
        "account forward david@example.org --to anna@example.org --keep",
        "account forward info@example.org --to bert@example.org --keep",
        "account disable david@example.org",
        "group add team@example.org --member anna@example.org --member clara@example.org",
        "group add office@example.org --member bert@example.org",
        "alias add a.amsel@example.org anna@example.org",
        "alias add b.buche@example.org bert@example.org",
        "app-password add anna@example.org Phone --for imap --for dav",
        "app-password add bert@example.org Laptop --for imap",
        "domain add example.net",
        "vacation set clara@example.org --text Away",
    ] {
        run(words);
    }
}

fn mail(server: &TestServer, when: &str) {
    let folder = server.folder().join(when);
    let mut random = Seeded::new(7);
    for person in PEOPLE {
        let own = folder.join(person);
        fs::create_dir_all(&own).unwrap();
        for number in 0..MESSAGES / 2 {
            let mut text = format!(
                "From: {when}@example.com\r\nTo: {person}@example.org\r\nSubject: {when} {number}\r\n\
                 Message-ID: <{when}.{number}.{person}@example.com>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\n"
            );
            if number == 0 {
                text.push_str("Content-Transfer-Encoding: 8bit\r\n\r\n");
                for line in random.bytes(LARGE_OCTETS).chunks(35) {
                    for octet in line {
                        write!(text, "{octet:02x}").unwrap();
                    }
                    text.push_str("\r\n");
                }
            } else {
                write!(text, "\r\nWords of {person}, {}.\r\n", random.number()).unwrap();
            }
            fs::write(own.join(format!("{number}.eml")), text).unwrap();
        }
        let address = format!("{person}@example.org");
        server.command_ok(&["import", "eml", own.to_str().unwrap(), &address]);
    }
}

fn calendars(server: &TestServer) {
    let path = server.folder().join("events.ics");
    for round in ["planned", "moved"] {
        let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
        for number in 0..6 {
            write!(
                text,
                "BEGIN:VEVENT\r\nUID:event{number}@example.org\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:{round} {number}\r\n\
                 DTSTART:202611{:02}T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n",
                number + 10
            )
            .unwrap();
        }
        text.push_str("END:VCALENDAR\r\n");
        fs::write(&path, text).unwrap();
        for person in ["anna", "bert"] {
            let address = format!("{person}@example.org");
            server.command_ok(&[
                "import",
                "ics",
                path.to_str().unwrap(),
                &address,
                "--replace",
            ]);
        }
    }
    for words in [
        "calendar create anna@example.org project --called Project",
        "calendar share anna@example.org calendar bert@example.org --rights write",
        "calendar share anna@example.org project team@example.org --rights read",
        "calendar share bert@example.org calendar everybody --rights free-busy",
        "calendar deputy add anna@example.org clara@example.org",
    ] {
        server.command_ok(&words.split(' ').collect::<Vec<_>>());
    }
}

fn filters(server: &TestServer) {
    let path = server.folder().join("rules.sieve");
    for (person, name) in [("anna", "main"), ("anna", "other"), ("bert", "main")] {
        let text = format!("# of {person}: {name}\r\nkeep;\r\n");
        fs::write(&path, text).unwrap();
        let address = format!("{person}@example.org");
        let file = path.to_str().unwrap();
        server.command_ok(&["sieve", "put", &address, name, file, "--activate"]);
    }
}

/// Anna and Bert mark their mail, and delete some.
fn marks(server: &TestServer, count: usize) {
    for person in ["anna", "bert"] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.imap_port())).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let mut say = |command: &str| {
            write!(stream, "a {command}\r\n").unwrap();
            let mut line = String::new();
            while !line.starts_with("a ") {
                line.clear();
                assert!(answers.read_line(&mut line).unwrap() > 0, "{command}");
            }
            assert!(line.starts_with("a OK"), "{command}: {line}");
        };
        say(&format!("LOGIN {person}@example.org \"{PASSWORD}\""));
        say("SELECT INBOX");
        for number in 0..count / 2 {
            let sign = if number % 8 < 4 { '+' } else { '-' };
            let flag = ["\\Seen", "\\Flagged", "$Work"][number % 3];
            say(&format!("STORE {} {sign}FLAGS ({flag})", number % 4 + 1));
        }
        say("STORE 4 +FLAGS (\\Deleted)");
        say("EXPUNGE");
        say("LOGOUT");
    }
}

/// Empties the write-ahead logs, so that a file alone is the database.
fn tidy(data: &Path) {
    for file in ["journal.db", "state.db", "search.db"] {
        let db = rusqlite::Connection::open(data.join(file)).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
    }
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
