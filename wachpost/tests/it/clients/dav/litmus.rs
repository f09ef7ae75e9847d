//! litmus: what RFC 4918 wants of a folder, 104 tests of it.

use crate::clients::program::Program;
use crate::clients::site::{ANNA, PASSWORD, Site};

/// Its five programs.
const SUITES: [&str; 5] = ["basic", "copymove", "props", "locks", "http"];

/// RFC 9110 7.1: a fragment is no part of what is asked for, and the HTTP library takes it away before anybody sees it.
/// litmus warns where a request with one is served nevertheless.
const FRAGMENT: &str = "delete_fragment....... WARNING: DELETE removed collection resource with Request-URI including fragment; unsafe";

#[test]
fn every_test_of_litmus_passes() {
    let site = Site::start();
    let place = format!("http://127.0.0.1:{}/dav/files/{ANNA}/", site.http);
    let finished = Program::new(&site, "litmus")
        .args(["-k", &place, ANNA, PASSWORD])
        .run();
    for suite in SUITES {
        let summary = format!("<- summary for `{suite}': of ");
        let of_suite = finished
            .output
            .split(&summary)
            .nth(1)
            .and_then(|rest| rest.lines().next());
        let of_suite = of_suite.unwrap_or("nothing");
        let passed = of_suite.contains(" 0 failed") && !of_suite.starts_with("0 ");
        finished.assert(passed, &format!("to pass `{suite}` ({of_suite})"));
    }
    let skipped = finished.output.contains("SKIPPED");
    finished.assert(!skipped, "to skip no test");
    let known = finished.output.contains(FRAGMENT);
    let warnings = finished.output.matches("WARNING:").count();
    finished.assert(
        warnings == usize::from(known),
        "to warn of nothing but the fragment",
    );
    site.verify();
}
