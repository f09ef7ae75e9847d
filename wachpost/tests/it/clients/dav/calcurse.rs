//! calcurse-caldav: appointments and tasks of calcurse, both ways.

use super::http::Http;
use super::vdirsyncer::event;
use crate::clients::program::Program;
use crate::clients::site::{ANNA, PASSWORD, Site};

/// Debian's: the script wants its `httplib2`, and another Python may come first in the search path.
const PYTHON: &str = "/usr/bin/python3";

fn calcurse_caldav(site: &Site, collection: &str, arguments: &[&str]) -> String {
    let config = format!(
        "[General]\nHostname = 127.0.0.1:{}\nPath = /dav/calendars/{ANNA}/{collection}/\nHTTPS = No\nDryRun = No\n\
         Verbose = Yes\n[Auth]\nUsername = {ANNA}\n",
        site.http
    );
    site.write("config", &config);
    site.make_folder("data");
    Program::new(site, PYTHON)
        .args([
            "/usr/bin/calcurse-caldav",
            "--config",
            "config",
            "--datadir",
            "data",
        ])
        .args([
            "--lockfile",
            "lock",
            "--syncdb",
            "known",
            "--hookdir",
            "hooks",
        ])
        .args(arguments)
        .env("CALCURSE_CALDAV_PASSWORD", PASSWORD)
        .env("TZ", "Europe/Berlin")
        .succeed()
}

#[test]
fn appointments_go_both_ways() {
    let site = Site::start();
    let appointments = site.write(
        "data/apts",
        "03/23/2026 @ 10:00 -> 03/23/2026 @ 11:00 |Jour fixe, Grüße\n05/01/2026 [1] Tag der Arbeit\n",
    );
    site.write("data/todo", "");
    let said = calcurse_caldav(&site, "calendar", &["--init", "keep-local"]);
    assert!(said.contains("2 items exported"), "{said}");
    let mut http = Http::sign_in(&site, ANNA);
    let calendar = format!("/dav/calendars/{ANNA}/calendar/");
    http.the_one_with(&calendar, "SUMMARY:Jour fixe\\, Grüße");
    let (holiday, _) = http.the_one_with(&calendar, "SUMMARY:Tag der Arbeit");

    let body = event("server", "Bürgersprechstunde");
    http.create(
        &format!("{calendar}server.ics"),
        "text/calendar",
        body.as_bytes(),
    )
    .wanted(201);
    http.ask("DELETE", &holiday, &[], b"").wanted(204);
    let said = calcurse_caldav(&site, "calendar", &[]);
    assert!(
        said.contains("1 items imported, 1 items removed locally"),
        "{said}"
    );
    let text = std::fs::read_to_string(&appointments).unwrap();
    assert!(
        text.contains("03/23/2026 @ 10:00 -> 03/23/2026 @ 11:00"),
        "{text}"
    );
    assert!(
        text.contains("Bürgersprechstunde") && !text.contains("Arbeit"),
        "{text}"
    );

    let without = text.lines().filter(|line| !line.contains("Jour fixe"));
    let without: Vec<&str> = without.collect();
    site.write("data/apts", &format!("{}\n", without.join("\n")));
    let said = calcurse_caldav(&site, "calendar", &[]);
    assert!(
        said.contains("0 items exported, 1 items removed from the server"),
        "{said}"
    );
    assert_eq!(
        http.members(&calendar),
        [format!("/dav/calendars/{ANNA}/calendar/server.ics")]
    );
    let said = calcurse_caldav(&site, "calendar", &[]);
    assert!(
        said.contains("0 items imported, 0 items removed locally"),
        "{said}"
    );
    assert!(
        said.contains("0 items exported, 0 items removed from the server"),
        "{said}"
    );
}
