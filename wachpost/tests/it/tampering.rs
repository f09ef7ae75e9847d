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

mod command;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use store_local::Kept;

use folder::Prepared;
use kind::{By, Kind, Variant};
use unseen::{Found, Unseen};

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
    faults.extend(in_turn(&prepared, unseen::KINDS, judge_unseen));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    the_command_says_the_same(&prepared);
}

#[test]
fn the_document_names_every_kind_and_what_finds_it() {
    let document = include_str!("../../../docs/tampering.md");
    let row = |name: &str| {
        let mut rows = document
            .lines()
            .filter(|line| line.starts_with(&format!("| {name} |")));
        let row = rows
            .next()
            .unwrap_or_else(|| panic!("docs/tampering.md lacks `{name}`"));
        assert_eq!(rows.next(), None, "docs/tampering.md has `{name}` twice");
        let cells = row
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned());
        cells.collect::<Vec<_>>()
    };
    let mut count = 0;
    for kind in [state::KINDS, journal::KINDS, blobs::KINDS].concat() {
        let cells = row(kind.name);
        let words = cells[2].split(':').next().unwrap().split(", ");
        for word in words {
            let may = kind.found_by.iter().any(|by| by.word() == word);
            assert!(may, "{}: docs/tampering.md says `{word}`", kind.name);
        }
        count += 1;
    }
    for kind in unseen::KINDS {
        let cells = row(kind.name);
        assert_eq!(
            cells[2..5],
            ["no", kind.memory.word(), kind.witness.word()],
            "{}",
            kind.name
        );
        count += 1;
    }
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| "))
        .count();
    // Head and words of each table stand beside.
    assert!(rows >= count, "{rows} rows for {count} kinds");
    let said = format!("{count} kinds");
    assert!(
        document.contains(&said),
        "docs/tampering.md does not say that there are {said}"
    );
}

/// Tampers, verifies with nothing, with the notary's memory, and with a witness's checkpoint, and says what is wrong with the
/// outcome.
fn judge_unseen(kind: &Unseen, variant: &mut Variant<'_>) -> Option<String> {
    (kind.tamper)(variant);
    let (size, root) = variant.prepared.signed_last;
    let by = |by: &str| Kept {
        size,
        root,
        by: by.to_owned(),
    };
    for (who, kept, expected) in [
        ("nobody", vec![], Found::No),
        ("the notary", vec![by("the notary")], kind.memory),
        ("the witness `w`", vec![by("the witness `w`")], kind.witness),
    ] {
        if expected == Found::Gone {
            continue;
        }
        let report = match variant.verify_against(kept) {
            Ok(report) => report,
            Err(error) => return Some(format!("{who}: refused: {error}")),
        };
        let found = if report.findings.is_empty() {
            Found::No
        } else {
            Found::Yes
        };
        let only = report
            .findings
            .iter()
            .all(|finding| By::of(finding) == By::Tree && finding.to_string().contains(who));
        if found != expected || !only {
            return Some(format!("{who}: {report:?}"));
        }
    }
    None
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
    let finding = &report["findings"][0];
    assert!(
        finding["text"]
            .as_str()
            .unwrap()
            .contains("table `principal`"),
        "{report}"
    );
    assert_eq!(finding["table"], "principal");
    let row = finding["rows"][0]["row"].as_str().unwrap();
    assert!(
        row.contains("anna@example.org") && row.contains("administrator: 1, committed was 0"),
        "{row}"
    );
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
    let said = String::from_utf8(prepared.server.command(&["verify"]).stdout).unwrap();
    assert!(said.contains("was changed: id"), "{said}");
    the_command_knows_more(prepared);
}

/// An old copy is found by what the notary remembers, and by a checkpoint that was kept.
fn the_command_knows_more(prepared: &Prepared) {
    let server = &prepared.server;
    let kept = server.folder().join("kept.txt");
    let note = server.json(&["checkpoint"])["note"]
        .as_str()
        .unwrap()
        .to_owned();
    std::fs::write(&kept, note).unwrap();
    std::fs::remove_dir_all(server.data()).unwrap();
    folder::copy_folder(&prepared.old, &server.data());
    let found = |arguments: &[&str]| {
        let output = server.command(&[&["verify", "--json"], arguments].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let first = report["findings"][0]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (output.status.code(), first)
    };
    let (code, first) = found(&[]);
    assert_eq!(code, Some(3), "{first}");
    assert!(first.contains("the notary knows a journal of"), "{first}");
    std::fs::remove_file(server.folder().join("notary.last")).unwrap();
    assert_eq!(found(&[]).0, Some(0));
    let (code, first) = found(&["--checkpoint", kept.to_str().unwrap()]);
    assert_eq!(code, Some(3), "{first}");
    assert!(first.contains("kept.txt` knows a journal of"), "{first}");
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
fn in_turn<K: Named + Sync>(
    prepared: &Prepared,
    kinds: &[K],
    judge: impl Fn(&K, &mut Variant<'_>) -> Option<String> + Sync,
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
                    kind.name(),
                    variant.done
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

/// What has a name in `docs/tampering.md`.
trait Named {
    fn name(&self) -> &'static str;
}

impl Named for Kind {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl Named for Unseen {
    fn name(&self) -> &'static str {
        self.name
    }
}
