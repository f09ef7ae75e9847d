//! Histories: 200 random lives of servers, each judged right.

use scout::assessment::{Chain, FindingKind, Grade, Rung, Verdict};

use crate::history::History;
use crate::read;

/// Lives that are drawn.
const HISTORIES: u64 = 200;

/// A quarter of them, so that several processors share the work.
fn quarter(number: u64) {
    let each = HISTORIES / 4;
    (number * each..(number + 1) * each).for_each(judged_right);
}

#[test]
fn lives_are_judged_right_and_their_windows_to_the_hour_first_quarter() {
    quarter(0);
}

#[test]
fn lives_are_judged_right_and_their_windows_to_the_hour_second_quarter() {
    quarter(1);
}

#[test]
fn lives_are_judged_right_and_their_windows_to_the_hour_third_quarter() {
    quarter(2);
}

#[test]
fn lives_are_judged_right_and_their_windows_to_the_hour_fourth_quarter() {
    quarter(3);
}

/// Chance gives each answer its share; a generator that never draws one would prove nothing.
#[test]
fn each_answer_is_right_for_some_lives() {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..HISTORIES {
        *counts.entry(History::draw(seed).expected()).or_insert(0) += 1;
    }
    assert!(
        counts.len() == 4 && counts.values().all(|count| *count >= 8),
        "{counts:?}"
    );
}

/// Writes a life down, reads it, and compares.
fn judged_right(seed: u64) {
    let history = History::draw(seed);
    let folder = tempfile::tempdir().unwrap();
    history.write(folder.path());
    let report = read(folder.path());
    assert_eq!(
        report.verdict,
        history.expected(),
        "seed {seed}: {:#?}\n{:#?}\n{:?}",
        report.reasons,
        report.runs,
        report.evidence.unread
    );
    for chain in [Chain::ProxyLogon, Chain::ProxyShell] {
        let found: Vec<_> = report
            .timeline
            .windows
            .iter()
            .filter(|window| window.chain == chain)
            .map(|window| {
                (
                    window.from.hour(),
                    window.until.hour(),
                    window.closed.is_some(),
                )
            })
            .collect();
        assert_eq!(
            found,
            history.windows(chain),
            "seed {seed}, {}: {:#?}",
            chain.name(),
            report.timeline
        );
    }
    // Whatever clock IIS had: the page was called when it was called.
    if let Some(called) = history.page_called() {
        let steps = report.runs.iter().flat_map(|run| &run.steps);
        let mut calls =
            steps.filter(|step| step.rung == Rung::PageCalled && step.cites.file.contains("u_ex"));
        let told = calls.next().and_then(|step| step.at).unwrap();
        assert_eq!(
            told.0 / 1_000,
            called.0 / 1_000,
            "seed {seed}: {:#?}",
            report.clocks
        );
    }
}

#[test]
fn what_was_read_and_sent_on_after_an_attack_is_told() {
    let history = History::attacked(3);
    let folder = tempfile::tempdir().unwrap();
    history.write(folder.path());
    let report = read(folder.path());
    let steps: Vec<_> = report.runs.iter().flat_map(|run| &run.steps).collect();
    for (rung, says) in [
        (Rung::MailboxAccess, "rights of a server"),
        (Rung::Export, "anna@example.org"),
    ] {
        assert!(
            steps.iter().any(|step| step.rung == rung
                && step.says.contains(says)
                && step.cites.file.contains("Ews_")
                && step.grade == Grade::Success),
            "{rung:?}: {steps:#?}"
        );
    }
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.kind == FindingKind::Forward
                && finding.says.contains("drop@evil.example")
                && finding.grade == Grade::Attempt),
        "{:#?}",
        report.findings
    );
}

#[test]
fn taking_one_kind_away_never_makes_a_server_clean() {
    for seed in 0..4 {
        let history = History::attacked(seed);
        for kind in history.kinds() {
            let folder = tempfile::tempdir().unwrap();
            history.without(&kind).write(folder.path());
            let report = read(folder.path());
            assert_ne!(
                report.verdict,
                Verdict::NoTrace,
                "seed {seed} without {kind}"
            );
        }
    }
}
