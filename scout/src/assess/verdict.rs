//! Verdict: the answer, and why. Where something is missing, nobody is called clean.

use evidence::Moment;

use super::collected::Collected;
use super::{coverage, needs};
use crate::assessment::{Coverage, FindingKind, Grade, Reading, Run, Timeline, Verdict, Wanted};

/// 2021-01-03: the first attack with CVE-2021-26855 that is known (Volexity, 2021-03-02).
pub(crate) const ATTACKED_SINCE: Moment = Moment(1_609_632_000_000);

/// Holes that are told one by one.
const REASONS_MAX: usize = 60;

/// The answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) reasons: Vec<String>,
    pub(crate) collect_next: Vec<Wanted>,
}

/// Answers.
pub(crate) fn of(
    collected: &Collected,
    runs: &[Run],
    timeline: &Timeline,
    all: &[Coverage],
    reading: &Reading,
) -> Answer {
    let mut reasons = Vec::new();
    let run_grade = runs.iter().map(|run| run.grade).max();
    let finding_grade = collected.findings.iter().map(|finding| finding.grade).max();
    let holes = holes(collected, timeline, all, reading);
    let verdict = if run_grade == Some(Grade::Success) || finding_grade == Some(Grade::Success) {
        Verdict::Compromised
    } else if run_grade >= Some(Grade::Scan) || finding_grade >= Some(Grade::Attempt) {
        Verdict::Attempted
    } else if holes.is_empty() {
        Verdict::NoTrace
    } else {
        Verdict::CannotKnow
    };
    for run in runs
        .iter()
        .filter(|run| Some(run.grade) == run_grade)
        .take(REASONS_MAX)
    {
        let from = run.from.map_or_else(
            || "at an unknown time".to_owned(),
            |from| format!("on {from}"),
        );
        let by = if run.addresses.is_empty() {
            String::new()
        } else {
            format!(" from {}", run.addresses.join(", "))
        };
        reasons.push(format!(
            "{} ({}) {from}{by}: {}",
            run.chain.name(),
            run.grade.words(),
            run.stopped
        ));
    }
    let weighty = collected
        .findings
        .iter()
        .filter(|finding| finding.grade >= Grade::Attempt);
    reasons.extend(
        weighty
            .take(REASONS_MAX)
            .map(|finding| format!("{}: {}", finding.kind.words(), finding.says)),
    );
    match verdict {
        Verdict::Compromised => {}
        Verdict::Attempted
            if run_grade == Some(Grade::Scan) && finding_grade < Some(Grade::Attempt) =>
        {
            reasons.push("what was seen are looks whether a hole is there, not attacks".to_owned());
        }
        Verdict::Attempted | Verdict::CannotKnow | Verdict::NoTrace => {}
    }
    if verdict == Verdict::NoTrace {
        let covered = covered(all);
        reasons.push(match covered {
            Some((from, until)) => format!("all that is needed is there, from {from} to {until}, and shows no attack; nothing is said of any other time"),
            None => "all that is needed is there, and shows no attack".to_owned(),
        });
    } else if verdict != Verdict::Compromised && !holes.is_empty() {
        if verdict == Verdict::Attempted {
            reasons.push(
                "whether more happened cannot be known, since something is missing:".to_owned(),
            );
        }
        reasons.extend(holes.iter().take(REASONS_MAX).cloned());
        if holes.len() > REASONS_MAX {
            reasons.push(format!("and {} more", holes.len() - REASONS_MAX));
        }
    }
    Answer {
        verdict,
        reasons,
        collect_next: collect_next(all, &holes),
    }
}

/// The time that the logs of requests cover.
fn covered(all: &[Coverage]) -> Option<(Moment, Moment)> {
    let requests = || {
        all.iter()
            .filter(|coverage| coverage.kind.starts_with("HttpProxy") || coverage.kind == "IIS")
    };
    let from = requests().filter_map(|coverage| coverage.from).min()?;
    let until = requests().filter_map(|coverage| coverage.until).max()?;
    Some((from, until))
}

/// What keeps from saying that there is no trace.
fn holes(
    collected: &Collected,
    timeline: &Timeline,
    all: &[Coverage],
    reading: &Reading,
) -> Vec<String> {
    let mut holes = Vec::new();
    let covered = covered(all);
    if let Some((from, until)) = covered {
        let is_younger = collected
            .installed
            .is_some_and(|installed| installed.0 >= from.0 - 3_600_000);
        if from > ATTACKED_SINCE && !is_younger {
            holes.push(format!("the logs begin at {from}; servers were attacked since {ATTACKED_SINCE}, and what was before is not in them"));
        }
        let begin = from.max(ATTACKED_SINCE);
        holes.extend(
            all.iter()
                .filter(|coverage| coverage.needed)
                .filter_map(|coverage| coverage::hole(coverage, begin, until)),
        );
    } else {
        let needed = all
            .iter()
            .filter(|coverage| coverage.needed && coverage.files == 0 && coverage.rows == 0);
        holes.extend(needed.map(|coverage| format!("{}: missing", coverage.kind)));
    }
    if timeline.builds.is_empty() {
        holes.push("no log tells the build of the server".to_owned());
    }
    if let Some(span) = timeline
        .builds
        .iter()
        .find(|span| span.proxylogon == "unknown" || span.proxyshell == "unknown")
    {
        holes.push(format!(
            "whether build {} has the holes cannot be told",
            span.build
        ));
    }
    let passed = reading.unread.len() as u64 + reading.more_unread;
    if passed > 0 {
        holes.push(format!(
            "{passed} files or parts of files could not be read"
        ));
    }
    if collected
        .findings
        .iter()
        .any(|finding| finding.kind == FindingKind::Tampering)
    {
        holes.push("logs were cleared or switched off".to_owned());
    }
    holes
}

/// What to collect next: what is missing first, then what has holes, then what would help.
fn collect_next(all: &[Coverage], holes: &[String]) -> Vec<Wanted> {
    let has = |kind: &str| {
        all.iter()
            .any(|coverage| coverage.kind == kind && (coverage.files > 0 || coverage.rows > 0))
    };
    let mut wanted: Vec<_> = needs::NEEDS
        .iter()
        .filter(|need| !has(need.kind))
        .map(|need| need.wanted())
        .collect();
    for need in needs::NEEDS.iter().filter(|need| has(need.kind)) {
        if let Some(hole) = holes
            .iter()
            .find(|hole| hole.starts_with(&format!("{}:", need.kind)))
        {
            let mut more = need.wanted();
            more.why = format!("{hole}; older files may be in a backup");
            wanted.push(more);
        }
    }
    wanted.extend(
        needs::USEFUL
            .iter()
            .filter(|need| !has(need.kind))
            .map(|need| need.wanted()),
    );
    together(wanted)
}

/// What lies in one place and tells the same stands in one line.
fn together(all: Vec<Wanted>) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for one in all {
        match wanted.last_mut() {
            Some(last) if (&last.place, &last.why) == (&one.place, &one.why) => {
                let protocol = one.what.strip_prefix("HttpProxy ");
                last.what = format!("{}, {}", last.what, protocol.unwrap_or(&one.what));
            }
            _ => wanted.push(one),
        }
    }
    wanted
}
