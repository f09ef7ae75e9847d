//! A report as plain text, for a terminal and for a file.

use std::fmt::Write as _;

use evidence::Moment;

use super::clocks::groups;
use super::escape::plain;
use crate::assessment::{Assessment, Citation, Clock, Coverage, Finding, Run, Timeline};

/// Letters of a line before it is broken.
const LINE_LETTERS: usize = 110;

/// The report.
#[must_use]
pub fn text(assessment: &Assessment) -> String {
    let mut out = Out::default();
    let verdict = assessment.verdict;
    out.line(0, &format!("VERDICT: {}", verdict.words().to_uppercase()));
    out.line(0, super::words::meaning(verdict).en);
    out.list("Why", &assessment.reasons);
    timeline(&mut out, &assessment.timeline);
    if !assessment.runs.is_empty() {
        out.head("What intruders did");
        assessment.runs.iter().for_each(|one| run(&mut out, one));
    }
    if !assessment.findings.is_empty() {
        out.head("What else was found");
        let findings = assessment.findings.iter();
        findings.for_each(|one| finding(&mut out, one));
    }
    coverage(&mut out, &assessment.coverage);
    clocks(&mut out, &assessment.clocks);
    if !assessment.collect_next.is_empty() {
        out.head("What to collect next");
        out.0.push_str(&collect_next(assessment));
    }
    read(&mut out, assessment);
    out.0
}

/// What to collect next, the most useful first.
#[must_use]
pub fn collect_next(assessment: &Assessment) -> String {
    let mut out = Out::default();
    if assessment.collect_next.is_empty() {
        out.line(0, "Nothing is missing.");
    }
    for (number, wanted) in assessment.collect_next.iter().enumerate() {
        out.line(2, &format!("{}. {}", number + 1, wanted.what));
        out.line(5, &format!("where: {}", wanted.place));
        out.line(5, &format!("why: {}", wanted.why));
    }
    out.0
}

fn timeline(out: &mut Out, timeline: &Timeline) {
    if timeline.builds.is_empty() && timeline.windows.is_empty() {
        return;
    }
    out.head("When what was open");
    for span in &timeline.builds {
        let name = span.name.as_deref().unwrap_or("not in the table");
        out.line(
            2,
            &format!(
                "{} to {}  {}  {} ({name}): ProxyLogon {}, ProxyShell {}",
                span.from, span.until, span.server, span.build, span.proxylogon, span.proxyshell
            ),
        );
    }
    for window in &timeline.windows {
        let from = if window.open_before {
            "from before the logs begin".to_owned()
        } else {
            format!("from {}", window.from)
        };
        let until = match window.closed {
            Some(closed) => format!("patched {closed}"),
            None => format!("still so when the logs end, {}", window.until),
        };
        let reached = match window.reached_from_outside {
            Some(at) => format!("reached from outside {at}"),
            None => "no request from outside is seen".to_owned(),
        };
        let (server, chain) = (&window.server, window.chain.name());
        out.line(
            2,
            &format!("{server} open to {chain} {from}, {until}; {reached}"),
        );
    }
    if let Some(first) = timeline.first_attack {
        let last = timeline.last_attack.unwrap_or(first);
        out.line(2, &format!("first attack {first}, last {last}"));
    }
}

fn run(out: &mut Out, run: &Run) {
    out.line(
        2,
        &format!(
            "Run {}: {}, {}, {} to {}",
            run.number,
            run.chain.name(),
            run.grade.words(),
            when(run.from),
            when(run.until)
        ),
    );
    match run.addresses.as_slice() {
        [] => out.line(5, "from an unknown address"),
        addresses => out.line(5, &format!("from {}", addresses.join(", "))),
    }
    if !run.agents.is_empty() {
        out.line(5, &format!("as {}", run.agents.join(", ")));
    }
    for step in &run.steps {
        let joined = if step.joined_by.is_empty() {
            String::new()
        } else {
            format!(" [joined by {}]", step.joined_by)
        };
        let (at, rung, says) = (when(step.at), step.rung.words(), &step.says);
        out.line(5, &format!("{at}  {rung}: {says}{joined}"));
        cite(out, 8, &step.cites);
    }
    if run.more_steps > 0 {
        out.line(5, &format!("and {} more steps", run.more_steps));
    }
    out.line(
        5,
        &format!("got as far as: {}; {}", run.reached.words(), run.stopped),
    );
}

fn finding(out: &mut Out, finding: &Finding) {
    let (kind, grade) = (finding.kind.words(), finding.grade.words());
    let at = finding.at.map_or_else(String::new, |at| format!(" {at}"));
    out.line(2, &format!("{kind} ({grade}){at}: {}", finding.says));
    cite(out, 5, &finding.cites);
    if !finding.advice.is_empty() {
        out.line(5, &format!("do: {}", finding.advice));
    }
}

fn cite(out: &mut Out, indent: usize, cites: &Citation) {
    let place = if cites.line == 0 {
        cites.file.clone()
    } else {
        format!("{}:{}", cites.file, cites.line)
    };
    out.line(indent, &format!("{place}  {}", cites.text));
}

fn coverage(out: &mut Out, kinds: &[Coverage]) {
    if kinds.is_empty() {
        return;
    }
    out.head("What the logs cover");
    for kind in kinds {
        if kind.never_there {
            let says = "the server has none, as the list of its log files shows";
            out.line(2, &format!("{}: {says}", kind.kind));
            continue;
        }
        let needed = if kind.needed { "" } else { " (not needed)" };
        let mut says = Vec::new();
        if let (Some(from), Some(until)) = (kind.from, kind.until) {
            says.push(format!("{from} to {until}"));
        }
        // Events of several channels may lie in one file, which belongs to none of them.
        if kind.files > 0 {
            says.push(counted(kind.files, "file"));
        }
        if kind.rows > 0 || kind.files > 0 {
            says.push(counted(kind.rows, "row"));
            out.line(2, &format!("{}{needed}: {}", kind.kind, says.join(", ")));
        }
        for gap in &kind.gaps {
            out.line(5, &format!("missing from {} to {}", gap.from, gap.until));
        }
    }
    let missing = kinds
        .iter()
        .filter(|kind| kind.files == 0 && kind.rows == 0 && !kind.never_there);
    let missing: Vec<_> = missing.map(|kind| kind.kind.as_str()).collect();
    if !missing.is_empty() {
        out.line(2, &format!("nothing of: {}", missing.join(", ")));
    }
}

/// `1 file`, `2 files`.
fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn clocks(out: &mut Out, clocks: &[Clock]) {
    if clocks.is_empty() {
        return;
    }
    out.head("Which clocks were used");
    out.line(
        2,
        "All times above are UTC. Files that do not say to which clock their times belong:",
    );
    for group in groups(clocks) {
        let requests = match group.requests {
            0 => String::new(),
            count => format!(" ({count})"),
        };
        let (named, zone, told) = (group.named(), group.zone(), group.told().en);
        out.line(2, &format!("{named}: {zone}, {told}{requests}"));
    }
}

fn read(out: &mut Out, assessment: &Assessment) {
    let reading = &assessment.evidence;
    out.head("What was read");
    let (folder, files, rows) = (&reading.folder, reading.files, reading.rows);
    let megabytes = reading.octets / 1_000_000;
    out.line(
        2,
        &format!(
            "{folder}: {}, {megabytes} MB, {}",
            counted(files, "file"),
            counted(rows, "row")
        ),
    );
    if !assessment.servers.is_empty() {
        out.line(2, &format!("servers: {}", assessment.servers.join(", ")));
    }
    for unread in &reading.unread {
        out.line(2, &format!("passed over {}: {}", unread.file, unread.why));
    }
    if reading.more_unread > 0 {
        out.line(2, &format!("and {} more passed over", reading.more_unread));
    }
    out.line(
        2,
        &format!("scout {}, {}", assessment.scout, assessment.made),
    );
}

fn when(at: Option<Moment>) -> String {
    at.map_or_else(|| "at an unknown time".to_owned(), |at| at.to_string())
}

/// Text that grows by lines.
#[derive(Default)]
struct Out(String);

impl Out {
    fn head(&mut self, title: &str) {
        let _ = writeln!(self.0, "\n{title}");
    }

    fn list(&mut self, title: &str, items: &[String]) {
        if items.is_empty() {
            return;
        }
        self.head(title);
        items
            .iter()
            .for_each(|item| self.line(2, &format!("- {item}")));
    }

    /// A line, broken at blanks where it is long, and made harmless.
    fn line(&mut self, indent: usize, text: &str) {
        let (mut letters, mut first) = (0, true);
        for word in plain(text).split(' ') {
            let length = word.chars().count();
            if first {
                let _ = write!(self.0, "{:indent$}{word}", "");
                letters = indent + length;
                first = false;
            } else if letters + 1 + length > LINE_LETTERS && length < LINE_LETTERS {
                let indent = indent + 2;
                let _ = write!(self.0, "\n{:indent$}{word}", "");
                letters = indent + length;
            } else {
                let _ = write!(self.0, " {word}");
                letters += 1 + length;
            }
        }
        self.0.push('\n');
    }
}
