//! Other people's programs read what scout writes: the validator of STIX (PyPI `stix2-validator`), strictly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use evidence::Moment;
use scout::assessment::{
    Assessment, Chain, Citation, Grade, Indicator, IndicatorKind, Reading, Run, Rung, Step,
    Timeline, Verdict,
};
use scout::report;

/// Names the Python that has the validator; `cargo xtask test` sets it.
const PYTHON_VARIABLE: &str = "WACHPOST_PYTHON";

/// Where `cargo xtask test` makes that Python.
const PYTHON_DEFAULT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/venv/bin/python");

/// What stands in recommendations is an error, too.
const SCRIPT: &str = "
import sys
from stix2validator import ValidationOptions, print_results, validate_file
for path in sys.argv[1:]:
    result = validate_file(path, ValidationOptions(version='2.1', strict=True))
    if not result.is_valid:
        print_results([result])
        sys.exit(1)
print('all is well')
";

fn validate(bundles: &[PathBuf]) {
    let python = std::env::var_os(PYTHON_VARIABLE).unwrap_or_else(|| PYTHON_DEFAULT.into());
    let output = Command::new(&python)
        .args(["-c", SCRIPT])
        .args(bundles)
        .output()
        .unwrap_or_else(|error| panic!("cannot start {}: {error}", Path::new(&python).display()));
    let said = String::from_utf8_lossy(&output.stdout);
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(said.ends_with("all is well\n"), "{said}{problems}");
}

/// An intruder that did everything, and chose each text to break what shows it.
fn hostile() -> Assessment {
    let hostile = "'] OR [file:name = '\\\"</script>\u{1b}\u{202e}\r\n=1+1";
    let at = Moment::parse("2021-03-03T04:05:06.789Z");
    let cites = Citation {
        file: hostile.to_owned(),
        line: 1,
        text: hostile.to_owned(),
    };
    let step = |rung| Step {
        rung,
        at,
        grade: Grade::Success,
        says: hostile.to_owned(),
        joined_by: hostile.to_owned(),
        cites: cites.clone(),
    };
    let run = |number, chain| Run {
        number,
        chain,
        grade: Grade::Success,
        addresses: vec![hostile.to_owned()],
        agents: vec![hostile.to_owned()],
        from: at,
        until: at,
        steps: Rung::ALL.into_iter().map(step).collect(),
        more_steps: 0,
        reached: Rung::MailboxAccess,
        stopped: hostile.to_owned(),
    };
    let kinds = [
        IndicatorKind::Address,
        IndicatorKind::Path,
        IndicatorKind::Sha256,
        IndicatorKind::Agent,
        IndicatorKind::Host,
        IndicatorKind::Account,
        IndicatorKind::Url,
    ];
    let usual = [
        "203.0.113.9",
        "C:\\inetpub\\wwwroot\\aspnet_client\\help.aspx",
        "5E132F7121BDF85DC49B4CB6DAB2AA3D100F89C3A2899A501315CC6ED3920479",
        "python-requests/2.25.1",
        "c2.example",
        "TOWN\\admin",
        "/owa/auth/help.aspx",
    ];
    let indicator = |(kind, value): (IndicatorKind, &str)| Indicator {
        kind,
        value: value.to_owned(),
        says: hostile.to_owned(),
        from: at,
        until: at.map(|at| at.plus_ms(1)),
    };
    let mut indicators: Vec<_> = kinds.into_iter().zip(usual).map(indicator).collect();
    indicators.extend(kinds.into_iter().map(|kind| indicator((kind, hostile))));
    indicators.push(indicator((IndicatorKind::Address, "2001:db8::1")));
    Assessment {
        scout: "0.0.0".to_owned(),
        made: Moment(1_616_198_400_000),
        evidence: Reading::default(),
        servers: vec![hostile.to_owned()],
        verdict: Verdict::Compromised,
        reasons: vec![hostile.to_owned()],
        timeline: Timeline::default(),
        runs: vec![
            run(1, Chain::ProxyLogon),
            run(2, Chain::ProxyShell),
            run(3, Chain::Unknown),
        ],
        findings: Vec::new(),
        coverage: Vec::new(),
        clocks: Vec::new(),
        indicators,
        collect_next: Vec::new(),
    }
}

#[test]
fn the_validator_of_stix_takes_every_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, assessment: &Assessment| {
        let path = folder.path().join(name);
        fs::write(&path, report::stix(assessment)).unwrap();
        path
    };
    let mut bundles = vec![write("hostile.json", &hostile())];
    let mut nothing = hostile();
    nothing.runs.clear();
    nothing.indicators.clear();
    nothing.servers.clear();
    nothing.reasons.clear();
    bundles.push(write("nothing.json", &nothing));
    if let Some(evidence) = super::exchange() {
        bundles.push(write("collected.json", &super::read(&evidence)));
    }
    validate(&bundles);
}
