//! khal: events made and read in the folder that vdirsyncer keeps.

use super::http::{Http, unfolded};
use super::pair::{Conflict, Pair};
use super::vdirsyncer::event;
use crate::clients::program::Program;
use crate::clients::python::program_path;
use crate::clients::site::{ANNA, Site};

/// Its configuration: one calendar, times as ISO 8601 writes them.
const CONFIG: &str = "\
[calendars]
[[calendar]]
path = calendars/calendar
[default]
default_calendar = calendar
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
";

fn khal(site: &Site, pair: &Pair<'_>, arguments: &[&str]) -> String {
    Program::new(site, program_path("khal").to_str().unwrap())
        .directory(&pair.path(""))
        .args(["--config", "khal.conf"])
        .args(arguments)
        .succeed()
}

#[test]
fn events_go_to_the_server_and_come_from_it() {
    let site = Site::start();
    let pair = Pair::discover(&site, ANNA, Conflict::ServerWins);
    let folder = pair.path("");
    pair.write(
        "khal.conf",
        &CONFIG.replace("{folder}", folder.to_str().unwrap()),
    );
    let series = [
        "2026-03-23",
        "10:00",
        "11:00",
        "Jour fixe",
        "::",
        "Grüße aus Köln",
    ];
    let series = [
        &["new", "--repeat", "weekly", "--location", "Raum 204"],
        &series[..],
    ]
    .concat();
    khal(&site, &pair, &series);
    khal(&site, &pair, &["new", "2026-05-01", "Tag der Arbeit"]);
    pair.sync();
    let mut http = Http::sign_in(&site, ANNA);
    let calendar = format!("/dav/calendars/{ANNA}/calendar/");
    let (_, text) = http.the_one_with(&calendar, "SUMMARY:Jour fixe");
    let text = unfolded(&text);
    for line in [
        "RRULE:FREQ=WEEKLY",
        "LOCATION:Raum 204",
        "DTSTART;TZID=Europe/Berlin:20260323T100000",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let (holiday, _) = http.the_one_with(&calendar, "DTSTART;VALUE=DATE:20260501");

    // The series of the server stays at ten o'clock when summer time begins.
    let path = format!("{calendar}server.ics");
    let body = event("server", "Bürgersprechstunde");
    http.create(&path, "text/calendar", body.as_bytes())
        .wanted(201);
    http.ask("DELETE", &holiday, &[], b"").wanted(204);
    pair.sync();
    let listed = khal(&site, &pair, &["list", "2026-03-01", "90d"]);
    assert_eq!(
        listed.matches("10:00-11:00 Bürgersprechstunde").count(),
        3,
        "{listed}"
    );
    assert!(
        listed.contains("10:00-11:00 Jour fixe") && !listed.contains("Arbeit"),
        "{listed}"
    );
}
