//! Verdict: the answer, and why. Where something is missing, nobody is called clean.

use std::cmp::Reverse;

use evidence::Moment;

use super::collected::Collected;
use super::{coverage, inventory, needs};
use crate::assessment::{Coverage, FindingKind, Grade, Reading, Run, Timeline, Verdict, Wanted};

/// 2021-01-03: the first attack with CVE-2021-26855 that is known (Volexity, 2021-03-02).
pub(crate) const ATTACKED_SINCE: Moment = Moment(1_609_632_000_000);

/// Holes that are told one by one.
const REASONS_MAX: usize = 60;
/// Servers that are named.
const SERVERS_MAX: usize = 5;
/// Kinds whose members are told in one go.
const GROUPS: [&str; 3] = ["HttpProxy ", "events ", "export of "];
/// Things to collect that are few enough to be fetched by hand.
const ALONE_MAX: usize = 4;
/// Pages themselves, as reports name them.
const PAGES: &str = "pages in web folders";

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
        let reached = match run.grade {
            Grade::Note | Grade::Scan => String::new(),
            Grade::Attempt => format!("tried up to \"{}\"; ", run.reached.words()),
            Grade::Success => format!("reached \"{}\"; ", run.reached.words()),
        };
        reasons.push(format!(
            "{} ({}) {from}{by}: {reached}{}",
            run.chain.name(),
            run.grade.words(),
            run.stopped
        ));
    }
    let weighty = collected.findings.iter();
    let mut weighty: Vec<_> = weighty
        .filter(|finding| finding.grade >= Grade::Attempt)
        .map(|finding| (Reverse(finding.grade), finding.kind, finding.says.as_str()))
        .collect();
    weighty.sort_unstable();
    weighty.dedup();
    reasons.extend(
        weighty
            .iter()
            .take(REASONS_MAX)
            .map(|(_, kind, says)| format!("{}: {says}", kind.words())),
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
        if collected.inventory.has_none(inventory::SYSMON) {
            reasons.push("the server has no Sysmon, as the list of its log files shows: which program wrote which file is known only as far as other logs tell it".to_owned());
        }
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
        collect_next: collect_next(collected, all, &holes),
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

/// What keeps from saying that there is no trace, the simplest to mend first.
fn holes(
    collected: &Collected,
    timeline: &Timeline,
    all: &[Coverage],
    reading: &Reading,
) -> Vec<String> {
    let mut holes = Vec::new();
    if reading.rows == 0 {
        holes.push("nothing here was recognised as evidence of an Exchange server; perhaps it is another folder".to_owned());
    }
    let (missing, here): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|coverage| coverage.needed)
        .partition(|coverage| coverage::is_missing(coverage));
    if !missing.is_empty() {
        let kinds = missing.iter().map(|coverage| coverage.kind.as_str());
        holes.push(format!("not here at all: {}", named(kinds)));
    }
    let untold: Vec<_> = needs::untold(collected).map(|need| need.kind).collect();
    if !untold.is_empty() {
        holes.push(format!(
            "not here, and no list of log files tells whether the server has them: {}",
            named(untold.into_iter())
        ));
    }
    holes.extend(collected.inventory.holes(|kind| {
        let log = collected.logs.get(kind);
        log.map_or(0, |log| log.rows)
    }));
    if let Some((from, until)) = covered(all) {
        let is_younger = collected
            .installed
            .is_some_and(|installed| installed.0 >= from.0 - 3_600_000);
        if from > ATTACKED_SINCE && !is_younger {
            holes.push(format!("the logs begin at {from}; servers were attacked since {ATTACKED_SINCE}, and what was before is not in them"));
        }
        let begin = from.max(ATTACKED_SINCE);
        holes.extend(
            here.into_iter()
                .filter_map(|coverage| coverage::hole(coverage, begin, until)),
        );
    }
    if collected.fronts.len() > 1 {
        let servers = collected
            .fronts
            .iter()
            .take(SERVERS_MAX)
            .map(String::as_str);
        holes.push(format!(
            "logs of several servers are here ({}), and what one lacks another may have: assess each by itself",
            servers.collect::<Vec<_>>().join(", ")
        ));
    }
    let unproven = collected.unproven.left();
    if let Some(first) = unproven.first() {
        holes.push(format!(
            "{PAGES}: {} are in no list by their content, and are not here themselves or cannot be judged, such as {first}",
            unproven.len()
        ));
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

/// Kinds by name, the protocols of the front end and the channels of events each in one.
fn named<'k>(kinds: impl Iterator<Item = &'k str>) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for kind in kinds {
        let group = GROUPS.iter().find(|group| kind.starts_with(**group));
        let (group, rest) = group.map_or(("", kind), |group| (*group, &kind[group.len()..]));
        match groups
            .iter_mut()
            .find(|(known, _)| *known == group && !group.is_empty())
        {
            Some((_, members)) => members.push(rest),
            None => groups.push((group, vec![rest])),
        }
    }
    let groups = groups.into_iter().map(|(group, members)| match group {
        "" => members.join(", "),
        _ => format!("{}({})", group, members.join(", ")),
    });
    groups.collect::<Vec<_>>().join("; ")
}

/// What to collect next: all at once, then what is missing, what has holes, and what nobody knows of.
fn collect_next(collected: &Collected, all: &[Coverage], holes: &[String]) -> Vec<Wanted> {
    let needed = |kind: &str| {
        all.iter()
            .find(|coverage| coverage.kind == kind && coverage.needed)
    };
    let mut wanted: Vec<_> = needs::all()
        .filter(|need| needed(need.kind).is_some_and(coverage::is_missing))
        .map(|need| need.wanted())
        .collect();
    for need in needs::all().filter(|need| needed(need.kind).is_some()) {
        let prefix = format!("{}: ", need.kind);
        if let Some(hole) = holes.iter().find_map(|hole| hole.strip_prefix(&prefix)) {
            let mut more = need.wanted();
            more.why = format!("{hole}; what the server no longer has may be in a backup");
            wanted.push(more);
        }
    }
    if let Some(hole) = holes
        .iter()
        .find_map(|hole| hole.strip_prefix(PAGES)?.strip_prefix(": "))
    {
        wanted.push(Wanted {
            what: PAGES.to_owned(),
            place: r"C:\inetpub\wwwroot, %ExchangeInstallPath%FrontEnd\HttpProxy, %ExchangeInstallPath%ClientAccess".to_owned(),
            why: format!("{hole}; or bring the list of this build's pages (scout baseline create)"),
        });
    }
    wanted.extend(needs::untold(collected).map(|need| {
        let mut more = need.wanted();
        more.why.push_str(", if the server has it");
        more
    }));
    let mut wanted = together(wanted);
    if wanted.len() > ALONE_MAX {
        wanted.insert(
            0,
            Wanted {
                what: "all of what follows, at once".to_owned(),
                place: r"scout collect --script > collect.ps1; then, on the server, as administrator: powershell -ExecutionPolicy Bypass -File collect.ps1 -Out D:\evidence".to_owned(),
                why: "it gathers everything, and changes nothing but the folder that it writes".to_owned(),
            },
        );
    }
    wanted
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
