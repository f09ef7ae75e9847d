//! The catalogue of tamperings: what somebody with root rights may do to the data folder of a stopped server, each in random
//! variants, and that `verify` finds it and reports nothing else.
//!
//! The folder is made once and copied for each variant; `docs/tampering.md` explains the kinds and is checked against them.

mod folder;

mod kind;

mod blobs;

mod journal;

mod state;

mod unseen;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use folder::Prepared;
use kind::{By, Kind, Variant};

/// What every choice of the catalogue comes from.
const SEED: u64 = 0x005e_a1ed_1157_0211;
/// Variants of each kind.
const VARIANTS: usize = 20;
/// How many variants are looked at at a time.
const AT_A_TIME: usize = 2;

#[test]
#[expect(
    clippy::print_stdout,
    reason = "the seed is to be seen with whatever fails"
)]
fn every_kind_is_found_and_nothing_else_is_reported() {
    println!("seed {SEED:#x}, {VARIANTS} variants of each kind");
    let prepared = Prepared::make();
    let untouched = Variant::of(&prepared, SEED).verify().unwrap();
    assert_eq!(untouched.findings, [], "the untouched folder");
    assert!(
        untouched.entries > 256 && untouched.checkpoints > 0 && untouched.objects > 10,
        "{untouched:?}"
    );
    let kinds: Vec<_> = [state::KINDS, journal::KINDS, blobs::KINDS].concat();
    assert!(kinds.len() >= 25);
    let began = Instant::now();
    let mut faults = in_turn(&prepared, &kinds, judge);
    println!(
        "{} kinds, {} variants in {:?}",
        kinds.len(),
        kinds.len() * VARIANTS,
        began.elapsed()
    );
    // What needs a witness is tried, too, so that the day on which it is found is noticed.
    faults.extend(in_turn(&prepared, unseen::KINDS, |kind, variant| {
        (kind.tamper)(variant);
        let report = variant.verify();
        let clean = report
            .as_ref()
            .is_ok_and(|report| report.findings.is_empty());
        (!clean).then(|| format!("it is found by now: {report:?}"))
    }));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    the_command_says_the_same(&prepared);
}

#[test]
fn the_document_names_every_kind() {
    let document = include_str!("../../../docs/tampering.md");
    for kind in [state::KINDS, journal::KINDS, blobs::KINDS, unseen::KINDS].concat() {
        assert!(
            document.contains(&format!("| {} |", kind.name)),
            "docs/tampering.md lacks `{}`",
            kind.name
        );
    }
}

/// What the command says is what the library found, and its exit code tells.
fn the_command_says_the_same(prepared: &Prepared) {
    let verify = || {
        let output = prepared.server.command(&["verify", "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), report)
    };
    let (code, report) = verify();
    assert_eq!(code, Some(0), "{report}");
    let state = kind::open(&prepared.server.data().join("state.db"));
    state
        .execute_batch("UPDATE principal SET administrator=1")
        .unwrap();
    drop(state);
    let (code, report) = verify();
    assert_eq!(code, Some(3), "{report}");
    assert_eq!(report["clean"], false);
    let said = report["findings"][0].as_str().unwrap();
    assert!(said.contains("table `principal`"), "{report}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
}

/// Tampers, verifies, and says what is wrong with the outcome.
fn judge(kind: &Kind, variant: &mut Variant<'_>) -> Option<String> {
    (kind.tamper)(variant);
    let found = match variant.verify() {
        Ok(report) => report.findings.iter().map(By::of).collect::<Vec<_>>(),
        Err(_) => vec![By::Refused],
    };
    let stray = found
        .iter()
        .find(|by| !kind.found_by.iter().any(|wanted| wanted.covers(by)));
    match stray {
        _ if found.is_empty() => Some("not found".to_owned()),
        Some(stray) => Some(format!("also reported: {stray:?}")),
        None => None,
    }
}

/// Each kind in all its variants, a few at a time; what is wrong.
fn in_turn(
    prepared: &Prepared,
    kinds: &[Kind],
    judge: impl Fn(&Kind, &mut Variant<'_>) -> Option<String> + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut faults = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(kind) = kinds.get(at / VARIANTS) else {
                return faults;
            };
            let number = at % VARIANTS;
            let seed = SEED ^ u64::try_from(at).unwrap() << 32 ^ u64::try_from(number).unwrap();
            let mut variant = Variant::of(prepared, seed);
            // One that cannot be made keeps no other from being looked at.
            let judged = catch_unwind(AssertUnwindSafe(|| judge(kind, &mut variant)));
            if let Some(fault) = judged.unwrap_or_else(|_| Some("it panicked".to_owned())) {
                faults.push(format!(
                    "{}, variant {number} ({}): {fault}",
                    kind.name, variant.done
                ));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    })
}
