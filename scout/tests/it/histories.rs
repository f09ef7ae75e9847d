//! Histories: 200 random lives of servers, each judged right.

use scout::assessment::{Chain, Verdict};

use crate::history::History;
use crate::read;

/// Lives that are drawn.
const HISTORIES: u64 = 200;

#[test]
fn two_hundred_lives_are_judged_right_and_their_windows_to_the_hour() {
    let mut counts = std::collections::BTreeMap::new();
    for seed in 0..HISTORIES {
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
        *counts.entry(report.verdict).or_insert(0) += 1;
    }
    // Chance gives each answer its share; a generator that never draws one would prove nothing.
    assert!(
        counts.len() == 4 && counts.values().all(|count| *count >= 8),
        "{counts:?}"
    );
}

#[test]
fn taking_one_kind_away_never_makes_a_server_clean() {
    for seed in 0..2 {
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
