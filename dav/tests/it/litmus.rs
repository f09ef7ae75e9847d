//! litmus, the test suite of WebDAV servers, against a folder.

use std::process::Command;

use crate::world::World;

/// RFC 4918 as litmus sees it: basic, copymove, props, locks, http.
#[test]
fn litmus_finds_nothing() {
    let world = World::new("litmus");
    let address = world.listen(0);
    let place = format!("http://{address}/dav/files/alice@example.org/");
    let folder = std::env::temp_dir();
    let run = Command::new("litmus")
        .args(["-k", &place, "alice@example.org", "secret-of-alice"])
        .current_dir(folder)
        .output();
    let Ok(run) = run else {
        eprintln!("SKIPPED: litmus is not installed (Debian: `apt-get install litmus`)");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout);
    let failed = said.contains("FAIL") || said.contains("WARNING") || !run.status.success();
    assert!(!failed, "{said}\n{}", String::from_utf8_lossy(&run.stderr));
}
