//! Spread: what of the findings others can look for.

use std::collections::BTreeMap;

use evidence::{Moment, place};

use super::collected::Collected;
use super::trace::is_public;
use crate::assessment::{Finding, FindingKind, Grade, Indicator, IndicatorKind, Run, Rung, Step};

/// Indicators of one report.
const INDICATORS_MAX: usize = 5_000;

/// Programs that everybody uses: to look for them finds everybody.
const COMMON_AGENTS: [&str; 3] = ["mozilla/", "microsoft ", "outlook"];

type Seen = BTreeMap<(IndicatorKind, String), (String, Option<Moment>, Option<Moment>)>;

/// Indicators from runs and findings, ordered by kind and value.
pub(crate) fn of(collected: &Collected, runs: &[Run]) -> Vec<Indicator> {
    let mut seen = Seen::new();
    for run in runs.iter().filter(|run| run.grade >= Grade::Attempt) {
        let says = format!(
            "{}, {}: {}",
            run.chain.name(),
            run.grade.words(),
            run.reached.words()
        );
        for address in run.addresses.iter().filter(|address| is_public(address)) {
            note(
                &mut seen,
                IndicatorKind::Address,
                address,
                &says,
                run.from,
                run.until,
            );
        }
        for agent in &run.agents {
            let small = agent.to_ascii_lowercase();
            if !COMMON_AGENTS.iter().any(|common| small.starts_with(common)) {
                note(
                    &mut seen,
                    IndicatorKind::Agent,
                    agent,
                    &says,
                    run.from,
                    run.until,
                );
            }
        }
    }
    for run in runs {
        let steps = run.steps.iter();
        steps
            .filter(|step| step.grade >= Grade::Attempt)
            .for_each(|step| of_step(&mut seen, step));
    }
    for finding in collected
        .findings
        .iter()
        .filter(|finding| finding.grade >= Grade::Attempt)
    {
        of_finding(&mut seen, finding);
    }
    let all = seen.into_iter().take(INDICATORS_MAX);
    all.map(|((kind, value), (says, from, until))| Indicator {
        kind,
        value,
        says,
        from,
        until,
    })
    .collect()
}

/// Pages that were written or called, as the sentences of [`super::request`], [`super::commands`] and [`super::events`] name them.
fn of_step(seen: &mut Seen, step: &Step) {
    let (kind, value) = match step.rung {
        Rung::FileWritten => match step.says.rsplit_once(": ") {
            Some((_, path)) if path.contains(['\\', '/']) => (IndicatorKind::Path, path),
            _ => return,
        },
        Rung::PageCalled => {
            let called = step.says.strip_prefix("called ");
            match called.and_then(|called| called.rsplit_once(", which ")) {
                Some((path, _)) => (IndicatorKind::Url, path),
                None => return,
            }
        }
        _ => return,
    };
    if place::is_page(value) {
        note(seen, kind, value, step.rung.words(), step.at, step.at);
    }
}

fn of_finding(seen: &mut Seen, finding: &Finding) {
    if finding.kind != FindingKind::PlantedFile {
        return;
    }
    // The text of a citation of a list begins with the path, and its hash follows.
    let text = &finding.cites.text;
    if let Some((_, path)) = finding.says.rsplit_once(": ") {
        note(
            seen,
            IndicatorKind::Path,
            path,
            finding.kind.words(),
            finding.at,
            finding.at,
        );
    }
    let hash = text
        .split_whitespace()
        .find(|word| word.len() == 64 && word.bytes().all(|octet| octet.is_ascii_hexdigit()));
    if let Some(hash) = hash {
        note(
            seen,
            IndicatorKind::Sha256,
            &hash.to_ascii_lowercase(),
            finding.kind.words(),
            finding.at,
            finding.at,
        );
    }
}

fn note(
    seen: &mut Seen,
    kind: IndicatorKind,
    value: &str,
    says: &str,
    from: Option<Moment>,
    until: Option<Moment>,
) {
    let entry = seen
        .entry((kind, value.to_owned()))
        .or_insert_with(|| (says.to_owned(), from, until));
    entry.1 = [entry.1, from].into_iter().flatten().min();
    entry.2 = entry.2.max(until);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::trace::cite;

    #[test]
    fn pages_that_were_written_or_called_are_indicators() {
        let step = |rung, says: &str| Step {
            rung,
            at: None,
            grade: Grade::Success,
            says: says.to_owned(),
            joined_by: String::new(),
            cites: cite("x", 1, b""),
        };
        let mut seen = Seen::new();
        for step in [
            step(
                Rung::FileWritten,
                "System wrote a page: C:\\inetpub\\x.aspx",
            ),
            step(Rung::FileWritten, "Set-X: a directory was reset"),
            step(
                Rung::PageCalled,
                "called /aspnet_client/x.aspx, which Exchange does not have (status 200)",
            ),
            step(
                Rung::ProcessStarted,
                "the web server started a program: /x.aspx",
            ),
        ] {
            of_step(&mut seen, &step);
        }
        let found: Vec<_> = seen
            .keys()
            .map(|(kind, value)| (*kind, value.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                (IndicatorKind::Path, "C:\\inetpub\\x.aspx"),
                (IndicatorKind::Url, "/aspnet_client/x.aspx")
            ]
        );
    }
}
