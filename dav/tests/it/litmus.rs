//! litmus, the test suite of WebDAV servers, against a folder.

use std::process::Command;

use crate::world::World;

/// RFC 4918 as litmus sees it: basic, copymove, props, locks, http.
#[test]
fn litmus_finds_nothing() {
    let world = World::new("litmus");
    let address = world.listen(0);
    let place = format!("http://{address}/dav/files/alice@example.org/");
    // It writes a log where it is started.
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new("litmus")
        .args(["-k", &place, "alice@example.org", "secret-of-alice"])
        .current_dir(folder.path())
        .output();
    let Ok(run) = run else {
        eprintln!("SKIPPED: litmus is not installed (Debian: `apt-get install litmus`)");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    // RFC 9110 7.1: a fragment is no part of what is asked for; the HTTP library takes it away before we see it.
    let warnings = said.matches("WARNING").count();
    let fragment = said.matches("Request-URI including fragment").count();
    let failed = said.contains("FAIL") || warnings > fragment || !run.status.success();
    assert!(!failed, "{said}\n{}", String::from_utf8_lossy(&run.stderr));
}
