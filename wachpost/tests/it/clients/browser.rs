//! The web client in Debian's Chromium: the tests of `web/e2e`, against a server of ours.

use std::path::Path;
use std::time::Duration;

use super::program::Program;
use super::site::{ADMIN, ANNA, BEN, CLARA, PASSWORD, Site};

/// Where the client and its tests are.
const WEB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web");
/// Hundreds of pages are opened.
const DEADLINE: Duration = Duration::from_secs(540);
/// A room that can be invited.
const ROOM: &str = "Room 204";
/// A mailbox that Clara works in, and answers as.
const SHARED: &str = "office@example.org";
/// One on whose behalf she writes.
const BEHALF: &str = "press@example.org";

fn play(file: &str) {
    let mut site = Site::start();
    // It knows at which port browsers reach it only when it starts again; passkeys need to know.
    site.restart();
    site.command(&[
        "room",
        "add",
        "room204@example.org",
        "--name",
        ROOM,
        "--capacity",
        "12",
    ]);
    for (address, name) in [(SHARED, "Office"), (BEHALF, "Press")] {
        site.command(&["account", "add", address, "--shared", "--name", name]);
        site.command(&["account", "share", address, CLARA]);
    }
    site.command(&["account", "allow-send", SHARED, "--as", CLARA]);
    site.command(&["account", "allow-send", BEHALF, "--on-behalf", CLARA]);
    let runner = Path::new(WEB).join("node_modules/.bin/playwright");
    let output = Program::new(&site, runner.to_str().unwrap())
        .env("BASE_URL", format!("https://127.0.0.1:{}", site.https))
        .env(
            "PASSKEY_URL",
            format!("https://mail.example.org:{}", site.https),
        )
        .env("ANNA", ANNA)
        .env("BEN", BEN)
        .env("PASSWORD", PASSWORD)
        .env("ROOM", ROOM)
        .env("CLARA", CLARA)
        .env("SHARED", SHARED)
        .env("BEHALF", BEHALF)
        .env("ADMIN_URL", site.administration_url())
        .env("ADMIN", ADMIN)
        .env("RESULTS", site.make_folder("results"))
        .within(DEADLINE)
        .directory(Path::new(WEB))
        .args(["test", file])
        .succeed();
    assert!(output.contains(" passed"), "{output}");
    site.verify();
}

#[test]
fn mail_is_read_written_and_sorted() {
    play("mail.spec.ts");
}

#[test]
fn the_calendar_is_planned_and_shared() {
    play("/calendar.spec.ts");
}

#[test]
fn series_are_changed_in_part_and_across_time_zones() {
    play("series.spec.ts");
}

#[test]
fn people_are_invited_and_answer() {
    play("invitations.spec.ts");
}

#[test]
fn the_calendar_works_by_keys_and_is_accessible() {
    play("calendar-access.spec.ts");
}

#[test]
fn tasks_are_planned_shared_and_done() {
    play("tasks.spec.ts");
}

#[test]
fn contacts_are_kept_grouped_imported_and_merged() {
    play("contacts.spec.ts");
}

#[test]
fn security_rules_history_and_deleted_things_are_looked_after() {
    play("settings.spec.ts");
}

#[test]
fn the_server_is_administered() {
    play("admin.spec.ts");
}

#[test]
fn hostile_mail_runs_and_loads_nothing() {
    play("hostile.spec.ts");
}

#[test]
fn calendar_contacts_and_settings_work_and_every_page_is_accessible() {
    play("places.spec.ts");
}
