//! vdirsyncer: calendars and address books kept equal to folders, with changes on both sides.

use super::http::Http;
use super::pair::{Conflict, Pair, by_uid};
use crate::clients::site::{ANNA, BEN, Site};

const ICS: &str = "text/calendar; charset=utf-8";
const VCF: &str = "text/vcard; charset=utf-8";

/// Each collection with its folder.
fn collections() -> [(&'static str, String); 3] {
    [
        (
            "calendars/calendar",
            format!("/dav/calendars/{ANNA}/calendar/"),
        ),
        ("calendars/tasks", format!("/dav/calendars/{ANNA}/tasks/")),
        (
            "contacts/contacts",
            format!("/dav/addressbooks/{ANNA}/contacts/"),
        ),
    ]
}

pub(super) fn event(uid: &str, summary: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260323T100000\r\nDURATION:PT1H\r\n\
         RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn task(uid: &str, summary: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:{uid}\r\n\
         DTSTAMP:20260101T000000Z\r\nDUE:20260401T120000Z\r\nSUMMARY:{summary}\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )
}

fn contact(uid: &str, name: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL:{uid}@example.net\r\n\
         END:VCARD\r\n"
    )
}

fn assert_equal(pair: &Pair<'_>, http: &mut Http) {
    for (folder, path) in collections() {
        assert_eq!(pair.texts(folder), by_uid(http.objects(&path)), "{folder}");
    }
}

/// What vdirsyncer says of each object that it touches.
fn assert_idle(said: &str) {
    let touched = ["Copying", "Deleting", "Conflict", "warning", "error"];
    assert!(!touched.iter().any(|word| said.contains(word)), "{said}");
}

#[test]
fn both_sides_become_equal() {
    let site = Site::start();
    let pair = Pair::discover(&site, ANNA, Conflict::ServerWins);
    let mut http = Http::sign_in(&site, ANNA);
    let [(_, calendar), (_, tasks), (_, contacts)] = collections();
    // From both sides at once.
    for number in 0..20 {
        let summary = format!("Grüße {number}\\, mit Komma");
        let (local, remote) = (format!("local-{number}"), format!("server-{number}"));
        pair.write(
            &format!("calendars/calendar/{local}.ics"),
            &event(&local, &summary),
        );
        pair.write(
            &format!("calendars/tasks/{local}.ics"),
            &task(&local, &summary),
        );
        pair.write(
            &format!("contacts/contacts/{local}.vcf"),
            &contact(&local, &summary),
        );
        http.create(
            &format!("{calendar}{remote}.ics"),
            ICS,
            event(&remote, &summary).as_bytes(),
        )
        .wanted(201);
        http.create(
            &format!("{tasks}{remote}.ics"),
            ICS,
            task(&remote, &summary).as_bytes(),
        )
        .wanted(201);
        http.create(
            &format!("{contacts}{remote}.vcf"),
            VCF,
            contact(&remote, &summary).as_bytes(),
        )
        .wanted(201);
    }
    pair.sync();
    assert_eq!(pair.texts("calendars/calendar").len(), 40);
    assert_equal(&pair, &mut http);
    assert_idle(&pair.sync());

    // Changed here, changed there, gone here, gone there, and one of each new.
    pair.write(
        "calendars/calendar/local-0.ics",
        &event("local-0", "changed here"),
    );
    pair.write(
        "contacts/contacts/local-0.vcf",
        &contact("local-0", "Changed Here"),
    );
    http.replace(
        &format!("{calendar}server-0.ics"),
        ICS,
        &event("server-0", "changed there"),
    )
    .wanted(204);
    http.replace(
        &format!("{contacts}server-0.vcf"),
        VCF,
        &contact("server-0", "Changed There"),
    )
    .wanted(204);
    pair.remove("calendars/calendar/local-1.ics");
    pair.remove("calendars/tasks/local-1.ics");
    for path in [
        format!("{calendar}server-1.ics"),
        format!("{contacts}server-1.vcf"),
    ] {
        http.ask("DELETE", &path, &[], b"").wanted(204);
    }
    pair.write("calendars/tasks/new.ics", &task("new", "new here"));
    http.create(
        &format!("{calendar}new.ics"),
        ICS,
        event("new", "new there").as_bytes(),
    )
    .wanted(201);
    pair.sync();
    let events = pair.texts("calendars/calendar");
    assert!(events["local-0"].contains("changed here"));
    assert!(events["server-0"].contains("changed there"));
    assert!(!events.contains_key("local-1") && !events.contains_key("server-1"));
    assert_equal(&pair, &mut http);
    assert_idle(&pair.sync());
    site.verify();
}

#[test]
fn conflicts_end_as_it_is_told() {
    for conflict in [Conflict::LocalWins, Conflict::ServerWins, Conflict::Told] {
        let site = Site::start();
        let pair = Pair::discover(&site, ANNA, conflict);
        let mut http = Http::sign_in(&site, ANNA);
        let path = format!("/dav/calendars/{ANNA}/calendar/");
        pair.write("calendars/calendar/1.ics", &event("1", "as it was"));
        pair.sync();
        let (member, _) = http.the_one_with(&path, "as it was");
        pair.write("calendars/calendar/1.ics", &event("1", "changed here"));
        http.replace(&member, ICS, &event("1", "changed there"))
            .wanted(204);
        let finished = pair.vdirsyncer(&["sync"]).run();
        let remote = http.get(&member).text();
        let local = &pair.texts("calendars/calendar")["1"];
        match conflict {
            Conflict::LocalWins => {
                assert!(remote.contains("changed here") && local.contains("changed here"));
            }
            Conflict::ServerWins => {
                assert!(remote.contains("changed there") && local.contains("changed there"));
            }
            Conflict::Told => {
                finished.assert(!finished.status.success(), "to fail");
                finished.assert_says("One item changed on both sides");
                assert!(remote.contains("changed there") && local.contains("changed here"));
            }
        }
    }
}

/// The directory of the house is one more address book.
#[test]
fn the_directory_comes_along_and_names_are_kept() {
    let site = Site::start();
    let pair = Pair::discover(&site, BEN, Conflict::ServerWins);
    pair.sync();
    let directory = pair.texts("contacts/directory");
    for address in [ANNA, BEN] {
        assert!(
            directory.values().any(|card| card.contains(address)),
            "{directory:?}"
        );
    }
    pair.vdirsyncer(&["metasync"]).succeed();
    let name = std::fs::read_to_string(pair.path("calendars/calendar/displayname")).unwrap();
    assert_eq!(name.trim(), "Calendar");
    pair.write("calendars/calendar/displayname", "Büro & Privat");
    pair.vdirsyncer(&["metasync"]).succeed();
    let asked = r#"<D:propfind xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:propfind>"#;
    let path = format!("/dav/calendars/{BEN}/calendar/");
    let text = Http::sign_in(&site, BEN)
        .xml("PROPFIND", &path, "0", asked)
        .wanted(207)
        .text();
    assert!(text.contains("Büro &amp; Privat"), "{text}");
}

/// A collection that is made on this side is made on the other, and its objects with it.
#[test]
fn makes_calendars() {
    let site = Site::start();
    let pair = Pair::discover(&site, ANNA, Conflict::ServerWins);
    std::fs::create_dir(pair.path("calendars/Verein")).unwrap();
    std::fs::create_dir(pair.path("contacts/Verein")).unwrap();
    pair.write("calendars/Verein/1.ics", &event("1", "Sommerfest"));
    pair.write("contacts/Verein/1.vcf", &contact("1", "Vorstand"));
    pair.vdirsyncer(&["discover"])
        .input(&"y\n".repeat(20))
        .succeed();
    pair.sync();
    let mut http = Http::sign_in(&site, ANNA);
    http.the_one_with(&format!("/dav/calendars/{ANNA}/Verein/"), "Sommerfest");
    http.the_one_with(&format!("/dav/addressbooks/{ANNA}/Verein/"), "Vorstand");
}

/// What others share stands beside the own calendars, and who may only read it cannot write.
#[test]
fn shared_calendars_come_along() {
    let site = Site::start();
    for (name, rights) in [("team", "write"), ("board", "read")] {
        site.command(&["calendar", "create", ANNA, name, "--called", name]);
        site.command(&["calendar", "share", ANNA, name, BEN, "--rights", rights]);
    }
    let mut anna = Http::sign_in(&site, ANNA);
    for name in ["team", "board"] {
        let path = format!("/dav/calendars/{ANNA}/{name}/of-anna.ics");
        anna.create(&path, ICS, event("of-anna", "von Anna").as_bytes())
            .wanted(201);
    }
    let pair = Pair::discover(&site, BEN, Conflict::ServerWins);
    pair.sync();
    let [team, board] = ["team", "board"].map(|name| format!("calendars/{name}_shared_by_{ANNA}"));
    for folder in [&team, &board] {
        assert!(
            pair.texts(folder)["of-anna"].contains("von Anna"),
            "{folder}"
        );
    }

    pair.write(&format!("{team}/of-ben.ics"), &event("of-ben", "von Ben"));
    pair.sync();
    anna.the_one_with(&format!("/dav/calendars/{ANNA}/team/"), "von Ben");

    pair.write(&format!("{board}/of-ben.ics"), &event("of-ben", "von Ben"));
    pair.vdirsyncer(&["sync"]).run().assert_says("403");
    let objects = anna.objects(&format!("/dav/calendars/{ANNA}/board/"));
    assert_eq!(objects.len(), 1, "{objects:?}");

    // What is no longer shared is no longer there.
    pair.remove(&format!("{board}/of-ben.ics"));
    site.command(&["calendar", "unshare", ANNA, "board", BEN]);
    let path = format!("/dav/calendars/{BEN}/board_shared_by_{ANNA}/");
    let mut ben = Http::sign_in(&site, BEN);
    ben.xml("PROPFIND", &path, "0", "").wanted(404);
    site.verify();
}
