//! Evolution's data server: what Evolution and GNOME's own calendar keep calendars, tasks and contacts with.

use super::http::Http;
use crate::clients::program::Program;
use crate::clients::site::{ANNA, BEN, PASSWORD, Site};

/// Debian's: its libraries are reached through introspection, which belongs to this Python.
const PYTHON: &str = "/usr/bin/python3";

/// An account as Evolution's window writes it.
fn source(site: &Site, name: &str, section: &str, backend: &str, path: &str) {
    let text = format!(
        "[Data Source]\nDisplayName={name}\nEnabled=true\nParent={backend}-stub\n[{section}]\nBackendName={backend}\n\
         [Authentication]\nHost=127.0.0.1\nMethod=plain/password\nPort={}\nProxyUid=system-proxy\nRememberPassword=false\n\
         User={ANNA}\n[Security]\nMethod=none\n[WebDAV Backend]\nResourcePath={path}\nCalendarAutoSchedule=true\n\
         [Offline]\nStaySynchronized=true\n[Refresh]\nEnabled=false\n",
        site.http
    );
    site.write(&format!("config/evolution/sources/wp-{name}.source"), &text);
}

#[test]
fn keeps_calendars_tasks_and_contacts() {
    let site = Site::start();
    let calendars = format!("/dav/calendars/{ANNA}");
    let (events, tasks) = (
        format!("{calendars}/calendar/"),
        format!("{calendars}/tasks/"),
    );
    let contacts = format!("/dav/addressbooks/{ANNA}/contacts/");
    source(&site, "calendar", "Calendar", "caldav", &events);
    source(&site, "tasks", "Task List", "caldav", &tasks);
    source(&site, "contacts", "Address Book", "carddav", &contacts);
    let script = site.write("evolution.py", include_str!("python/evolution.py"));
    let mut program = Program::new(&site, "dbus-run-session")
        .args(["--", PYTHON])
        .args([script])
        .env("ANNA", ANNA)
        .env("BEN", BEN)
        .env("PASSWORD", PASSWORD)
        .env("HTTP", site.http.to_string())
        // No settings are kept, and nothing of it is shown to anybody.
        .env("GSETTINGS_BACKEND", "memory");
    for (name, folder) in [
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_RUNTIME_DIR", "run"),
    ] {
        program = program.env(name, site.make_folder(folder));
    }
    let finished = program.run();
    finished.assert(finished.status.success(), "to succeed");
    finished.assert_says("all is well");
    // Ben has the meeting that Evolution made.
    let calendar = format!("/dav/calendars/{BEN}/calendar/");
    Http::sign_in(&site, BEN).the_one_with(&calendar, "UID:meeting");
    site.verify();
}
