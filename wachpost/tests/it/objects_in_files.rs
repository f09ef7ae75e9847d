//! Calendars and contacts in files: what goes in comes out, and what breaks a rule is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use icalendar::CalendarObject;
use serde_json::{Value, json};
use testbed::corpus::corpus;
use vcard::ContactCard;

use crate::server::{Options, TestServer};

const EVENTS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Old\r\n\
    BEGIN:VEVENT\r\nUID:one@example.org\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z\r\nSUMMARY:One\r\nEND:VEVENT\r\n\
    BEGIN:VEVENT\r\nUID:broken@example.org\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:yesterday\r\nEND:VEVENT\r\n\
    BEGIN:VTODO\r\nUID:two@example.org\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Two\r\nEND:VTODO\r\n\
    END:VCALENDAR\r\n";
const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n\
    BEGIN:VEVENT\r\nUID:meeting@example.org\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T090000Z\r\nSUMMARY:Met\r\n\
    ORGANIZER:mailto:anna@example.org\r\nATTENDEE:mailto:ben@example.org\r\nATTENDEE:mailto:carla@elsewhere.test\r\n\
    END:VEVENT\r\nEND:VCALENDAR\r\n";
const CARDS: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:card-1\r\nFN:One\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Two\r\nN:Two;;;;\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:2.1\r\nN:Three;The\r\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:The Th=E9ree\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nUID:nameless\r\nEND:VCARD\r\n";

fn file(server: &TestServer, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = server.folder().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The files below a folder by their names, whatever folder they are in.
fn exported(server: &TestServer, format: &str, address: &str) -> BTreeMap<String, Vec<u8>> {
    let to = folder(server, &format!("{format}-{address}-separate"));
    server.json(&[
        "export",
        format,
        address,
        to.to_str().unwrap(),
        "--separate",
    ]);
    let mut found = BTreeMap::new();
    for inner in fs::read_dir(to).unwrap().flatten() {
        for entry in fs::read_dir(inner.path()).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            assert!(
                found
                    .insert(name, fs::read(entry.path()).unwrap())
                    .is_none()
            );
        }
    }
    found
}

fn folder(server: &TestServer, name: &str) -> PathBuf {
    let path = server.folder().join(name);
    let _ = fs::remove_dir_all(&path);
    path
}

fn counts(answer: &Value) -> (u64, u64, u64, usize) {
    let count = |name: &str| answer[name].as_u64().unwrap();
    let refused = answer["refused"].as_array().unwrap().len();
    (count("added"), count("replaced"), count("kept"), refused)
}

#[test]
fn a_calendar_comes_apart_and_what_is_broken_is_named() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let from = file(&server, "old.ics", EVENTS);
    let import = |extra: &[&str]| {
        server.json(&[&["import", "ics", &from, "anna@example.org"], extra].concat())
    };
    let done = import(&[]);
    assert_eq!(counts(&done), (2, 0, 0, 1));
    let refused = &done["refused"][0];
    assert!(
        refused["object"]
            .as_str()
            .unwrap()
            .contains("UID broken@example.org"),
        "{refused}"
    );
    assert!(
        refused["why"]
            .as_str()
            .unwrap()
            .contains("not a date or time"),
        "{refused}"
    );
    assert_eq!(counts(&import(&[])), (0, 0, 2, 1));
    assert_eq!(counts(&import(&["--calendar", "old"])), (2, 0, 0, 1));
    fs::write(&from, EVENTS.replace("SUMMARY:One", "SUMMARY:Eins")).unwrap();
    assert_eq!(counts(&import(&["--replace"])), (0, 1, 1, 1));

    let to = folder(&server, "out");
    let done = server.json(&["export", "ics", "anna@example.org", to.to_str().unwrap()]);
    assert_eq!(done, json!({ "exported": 4 }));
    let calendar = fs::read_to_string(to.join("calendar.ics")).unwrap();
    assert!(calendar.contains("SUMMARY:Eins\r\n"), "{calendar}");
    assert!(!calendar.contains("METHOD"), "{calendar}");
    assert_eq!(calendar.matches("BEGIN:VCALENDAR").count(), 1);
    assert!(to.join("old.ics").exists());
    let listed = server.json(&["calendar", "list", "anna@example.org"]);
    let old = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["name"] == "old");
    assert_eq!(old.unwrap()["objects"], 2);
}

#[test]
fn an_imported_meeting_invites_nobody() {
    let server = TestServer::prepare(Options::default());
    server.add_account("anna@example.org", "correct horse");
    server.add_account("ben@example.org", "correct horse");
    let from = file(&server, "meeting.ics", MEETING);
    let done = server.json(&["import", "ics", &from, "anna@example.org"]);
    assert_eq!(counts(&done), (1, 0, 0, 0));
    assert_eq!(server.json(&["queue"]), json!([]));
    assert_eq!(
        exported(&server, "ics", "anna@example.org")["meeting@example.org.ics"],
        MEETING.as_bytes()
    );
    assert!(exported(&server, "ics", "ben@example.org").is_empty());
    let journal = server.json(&["journal", "anna@example.org", "--face", "admin"]);
    let last = journal.as_array().unwrap().last().unwrap();
    assert_eq!(last["who"]["address"], "anna@example.org");
    let what = last["what"][0].as_str().unwrap();
    assert!(
        what.starts_with("added `meeting@example.org.ics`") && what.ends_with("with participants"),
        "{what}"
    );
}

#[test]
fn cards_go_in_and_out_as_they_are() {
    let server = TestServer::start(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let from = file(&server, "cards.vcf", CARDS);
    let import = ["import", "vcf", &from, "anna@example.org"];
    assert_eq!(counts(&server.json(&import)), (3, 0, 0, 1));
    assert_eq!(counts(&server.json(&import)), (0, 0, 3, 1));
    let to = folder(&server, "out");
    server.command_ok(&["export", "vcf", "anna@example.org", to.to_str().unwrap()]);
    let cards = fs::read_to_string(to.join("contacts.vcf")).unwrap();
    for card in CARDS.split_inclusive("END:VCARD\r\n").take(2) {
        assert!(cards.contains(card), "{cards}");
    }
    assert!(cards.contains("FN:The Théree\r\n"), "{cards}");
    assert_eq!(cards.matches("BEGIN:VCARD").count(), 3);
}

#[test]
fn files_that_hold_nothing_are_named() {
    let server = TestServer::prepare(Options::default());
    server.add_account("anna@example.org", "correct horse");
    let text = file(&server, "notes/notes.txt", "hello");
    for (format, words) in [
        ("ics", "outside of any calendar"),
        ("vcf", "no contact card"),
    ] {
        let done = server.json(&["import", format, &text, "anna@example.org"]);
        assert_eq!(counts(&done), (0, 0, 0, 1));
        let why = done["refused"][0]["why"].as_str().unwrap();
        assert!(why.contains(words), "{why}");
    }
    let notes = Path::new(&text).parent().unwrap().to_str().unwrap();
    let full = server.folder().to_str().unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["import", "ics", notes, "anna@example.org"], 1, "`.ics`"),
        (
            &["import", "ics", "/nowhere", "anna@example.org"],
            1,
            "/nowhere",
        ),
        (
            &["import", "vcf", &text, "nobody@example.org"],
            0,
            "no contact card",
        ),
        (&["export", "ics", "anna@example.org", full], 5, "not empty"),
        (
            &[
                "export",
                "ics",
                "anna@example.org",
                "./x",
                "--calendar",
                "none",
            ],
            4,
            "has no `none`",
        ),
    ];
    for (arguments, code, words) in cases {
        let output = server.command(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

/// What is expected of the importer: whole files where they are one object, else pieces by their UIDs; the first of a UID stays.
fn expected_calendar(samples: &[(PathBuf, Vec<u8>)]) -> BTreeMap<String, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for (_, bytes) in samples {
        let pieces = match CalendarObject::read(bytes) {
            Ok(_) => vec![bytes.clone()],
            Err(_) => icalendar::split(bytes).unwrap_or_default(),
        };
        for piece in pieces {
            if let Ok(object) = CalendarObject::read(&piece) {
                expected.entry(object.uid().to_owned()).or_insert(piece);
            }
        }
    }
    expected
}

fn samples(server: &TestServer, extension: &str) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let samples = corpus("calendars-contacts-mime", extension, usize::MAX)?;
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for sample in samples {
        let path = server.folder().join("corpus").join(&sample.name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &sample.bytes).unwrap();
        files.push((path, sample.bytes));
    }
    // As the importer goes through a folder.
    files.sort();
    Some(files)
}

#[test]
fn real_calendars_go_in_and_out_byte_for_byte() {
    let server = TestServer::start(Options::default());
    let Some(samples) = samples(&server, ".ics") else {
        return;
    };
    let (first, second) = ("anna@example.org", "ben@example.org");
    server.add_account(first, "correct horse");
    server.add_account(second, "correct horse");
    let from = server.folder().join("corpus");
    let done = server.json(&["import", "ics", from.to_str().unwrap(), first]);
    let expected = expected_calendar(&samples);
    assert!(expected.len() > 1_000, "{}", expected.len());
    assert_eq!(done["added"].as_u64().unwrap(), expected.len() as u64);
    let kept = exported(&server, "ics", first);
    let by_uid: BTreeMap<String, Vec<u8>> = kept
        .into_values()
        .map(|body| (CalendarObject::read(&body).unwrap().uid().to_owned(), body))
        .collect();
    for (uid, body) in &expected {
        assert!(by_uid[uid] == *body, "{uid} came out as something else");
    }
    assert_eq!(by_uid.len(), expected.len());

    // All in one file, and in again: the same objects.
    let to = folder(&server, "together");
    server.command_ok(&["export", "ics", first, to.to_str().unwrap()]);
    let joined = to.join("calendar.ics");
    let again = server.json(&["import", "ics", joined.to_str().unwrap(), second]);
    assert_eq!(again["added"].as_u64().unwrap(), expected.len() as u64);
    let to_again = folder(&server, "together-again");
    server.command_ok(&["export", "ics", second, to_again.to_str().unwrap()]);
    let components = |path: &Path| {
        let pieces = icalendar::split(&fs::read(path).unwrap()).unwrap();
        // A component of somebody's own that stands beside an object is no object by itself.
        let known = pieces
            .iter()
            .filter(|piece| CalendarObject::read(piece).is_ok());
        let mut sorted: Vec<Vec<u8>> = known.map(|piece| components_of(piece)).collect();
        sorted.sort();
        sorted
    };
    let (one, other) = (
        components(&joined),
        components(&to_again.join("calendar.ics")),
    );
    let differ = one.iter().filter(|text| other.binary_search(text).is_err());
    let shown: Vec<_> = differ
        .take(3)
        .map(|text| String::from_utf8_lossy(text))
        .collect();
    assert!(one == other, "{shown:?}");
}

/// The lines of an object behind those of its calendar and its time zones.
fn components_of(piece: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(piece);
    let mut in_zone = false;
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with("BEGIN:V") || *line == "BEGIN:VCALENDAR");
    let kept = lines.filter(|line| {
        in_zone |= *line == "BEGIN:VTIMEZONE";
        let keep = !in_zone;
        in_zone &= *line != "END:VTIMEZONE";
        keep
    });
    kept.collect::<Vec<_>>().join("\n").into_bytes()
}

#[test]
fn real_contacts_go_in_and_out_byte_for_byte() {
    let server = TestServer::start(Options::default());
    let Some(samples) = samples(&server, ".vcf") else {
        return;
    };
    server.add_account("anna@example.org", "correct horse");
    let from = server.folder().join("corpus");
    let done = server.json(&["import", "vcf", from.to_str().unwrap(), "anna@example.org"]);
    let mut expected: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (_, bytes) in &samples {
        for found in vcard::read_all(bytes) {
            let octets = &bytes[found.range];
            let text = match found.card {
                Ok(_) => octets.to_vec(),
                Err(_) => match vcard::upgrade(octets) {
                    Ok(text) => text.into_bytes(),
                    Err(_) => continue,
                },
            };
            let card = ContactCard::read(&text).unwrap();
            let key = match card.uid() {
                Some(uid) => uid.into_owned(),
                None => String::from_utf8_lossy(&text).into_owned(),
            };
            expected.entry(key).or_insert(text);
        }
    }
    assert!(expected.len() > 50, "{}", expected.len());
    assert_eq!(done["added"].as_u64().unwrap(), expected.len() as u64);
    let mut kept: Vec<Vec<u8>> = exported(&server, "vcf", "anna@example.org")
        .into_values()
        .collect();
    let mut wanted: Vec<Vec<u8>> = expected.into_values().collect();
    kept.sort();
    wanted.sort();
    assert!(kept == wanted, "a card came out as something else");
}

#[test]
fn what_was_changed_or_deleted_is_brought_back() {
    let server = TestServer::prepare(Options::default());
    let anna = "anna@example.org";
    server.add_account(anna, "correct horse");
    let first = file(&server, "first.ics", EVENTS);
    let second = file(
        &server,
        "second.ics",
        EVENTS.replace("SUMMARY:One", "SUMMARY:Other"),
    );
    server.command(&["import", "ics", &first, anna, "--calendar", "old"]);
    server.command(&[
        "import",
        "ics",
        &second,
        anna,
        "--calendar",
        "old",
        "--replace",
    ]);
    let versions = server.json(&["calendar", "versions", anna, "old"]);
    let one = |versions: &Value| {
        let lines = versions.as_array().unwrap();
        let line = lines
            .iter()
            .find(|line| line["uid"] == "one@example.org")
            .unwrap()
            .clone();
        (format!("{}-{}", line["object"], line["until"]), line)
    };
    let (number, line) = one(&versions);
    assert_eq!(
        (&line["title"], &line["destroyed"]),
        (&json!("One"), &json!(false))
    );
    server.command_ok(&["calendar", "restore", anna, &number]);
    let (_, line) = one(&server.json(&["calendar", "versions", anna, "old"]));
    assert_eq!(line["title"], json!("One"), "the first version stays");
    server.command_ok(&["calendar", "delete", anna, "old"]);
    let all = server.json(&["calendar", "versions", anna]);
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .all(|line| line["collection"].is_null())
    );
    let (number, _) = one(&all);
    server.command_ok(&["calendar", "restore", anna, &number, "--into", "calendar"]);
    let found = exported(&server, "ics", anna);
    assert!(
        found
            .values()
            .any(|text| { String::from_utf8_lossy(text).contains("SUMMARY:One") })
    );
    assert_eq!(
        server
            .json(&["addressbook", "versions", anna])
            .as_array()
            .map(Vec::len),
        Some(0),
        "events are no contacts"
    );
}
