//! A report as one HTML file.

use std::fmt::Write as _;

use evidence::Moment;

use super::escape::html as esc;
use super::page::{both, page};
use super::timeline;
use super::words::{self, Words, words};
use crate::assessment::{Assessment, Citation, Grade, Run, Verdict};

/// Where it says what to collect next.
const NEXT: &str = "next";

/// The report.
#[must_use]
pub fn html(assessment: &Assessment) -> String {
    let mut out = String::new();
    verdict(&mut out, assessment);
    if let Some(drawing) = timeline::drawing(assessment) {
        out += &timeline::title();
        out += &drawing;
    }
    windows(&mut out, assessment);
    if !assessment.runs.is_empty() {
        head(
            &mut out,
            words("What intruders did", "Was Eindringlinge taten"),
        );
        assessment.runs.iter().for_each(|one| run(&mut out, one));
    }
    findings(&mut out, assessment);
    coverage(&mut out, assessment);
    clocks(&mut out, assessment);
    indicators(&mut out, assessment);
    wanted(&mut out, assessment);
    reading(&mut out, assessment);
    let servers = assessment.servers.join(", ");
    page(
        &format!("scout: {} {servers}", assessment.verdict.words()),
        &out,
    )
}

fn head(out: &mut String, title: Words) {
    let _ = writeln!(out, "<h2>{}</h2>", both(title));
}

fn verdict(out: &mut String, assessment: &Assessment) {
    let verdict = assessment.verdict;
    let class = match verdict {
        Verdict::Compromised => "bad",
        Verdict::Attempted | Verdict::CannotKnow => "warn",
        Verdict::NoTrace => "ok",
    };
    let question = words("Is somebody inside?", "Ist jemand darin?");
    let _ = writeln!(
        out,
        "<h1>{}</h1>\n<p class=\"dim\">{}</p>\n<div class=\"verdict {class}\"><strong>{}</strong>\n<p>{}</p></div>",
        both(question),
        esc(&assessment.servers.join(", ")),
        both(words::verdict(verdict)),
        both(words::meaning(verdict))
    );
    if assessment.reasons.is_empty() {
        return;
    }
    out.push_str("<ul>\n");
    for reason in &assessment.reasons {
        let _ = writeln!(out, "<li>{}</li>", esc(reason));
    }
    out.push_str("</ul>\n");
    if !assessment.collect_next.is_empty() {
        let _ = writeln!(
            out,
            "<p><a href=\"#{NEXT}\">{}</a></p>",
            both(words::collect_next())
        );
    }
}

fn windows(out: &mut String, assessment: &Assessment) {
    let timeline = &assessment.timeline;
    if timeline.builds.is_empty() && timeline.windows.is_empty() {
        return;
    }
    head(out, words("When what was open", "Was wann offen war"));
    let columns = [
        words("server", "Server"),
        words("hole", "Lücke"),
        words("open from", "offen von"),
        words("until", "bis"),
        words("reached from outside", "von außen erreicht"),
    ];
    if !timeline.windows.is_empty() {
        table(out, &columns);
        for window in &timeline.windows {
            let before = words("before the logs begin", "vor Beginn der Protokolle");
            let from = if window.open_before {
                format!("{} ({})", both(before), window.from)
            } else {
                window.from.to_string()
            };
            let until = match window.closed {
                Some(closed) => closed.to_string(),
                None => {
                    let still = words(
                        "still open when the logs end",
                        "am Ende der Protokolle noch offen",
                    );
                    format!("{} ({})", both(still), window.until)
                }
            };
            let reached = match window.reached_from_outside {
                Some(at) => at.to_string(),
                None => both(words("not seen", "nicht gesehen")),
            };
            cells(
                out,
                &[
                    esc(&window.server),
                    both(words::chain(window.chain)),
                    from,
                    until,
                    reached,
                ],
            );
        }
        out.push_str("</table>\n");
    }
    let columns = [
        words("server", "Server"),
        words("build", "Build"),
        words("first seen", "zuerst gesehen"),
        words("last seen", "zuletzt gesehen"),
        words("ProxyLogon", "ProxyLogon"),
        words("ProxyShell", "ProxyShell"),
    ];
    table(out, &columns);
    for span in &timeline.builds {
        let build = format!("{} {}", span.build, span.name.as_deref().unwrap_or(""));
        let (from, until) = (span.from.to_string(), span.until.to_string());
        cells(
            out,
            &[
                esc(&span.server),
                esc(&build),
                from,
                until,
                esc(&span.proxylogon),
                esc(&span.proxyshell),
            ],
        );
    }
    out.push_str("</table>\n");
}

fn run(out: &mut String, run: &Run) {
    let _ = writeln!(
        out,
        "<h3>{} {}: {}, <span class=\"{}\">{}</span></h3>\n<p>{} – {}<br><code>{}</code><br><code class=\"dim\">{}</code></p>",
        both(words("Run", "Lauf")),
        run.number,
        both(words::chain(run.chain)),
        grade_class(run.grade),
        both(words::grade(run.grade)),
        when(run.from),
        when(run.until),
        esc(&run.addresses.join(", ")),
        esc(&run.agents.join(", ")),
    );
    out.push_str("<ol>\n");
    for step in &run.steps {
        let _ = writeln!(
            out,
            "<li><strong class=\"{}\">{}</strong> <span class=\"dim\">{}</span> {} <span class=\"dim\">{}</span>{}</li>",
            grade_class(step.grade),
            both(words::rung(step.rung)),
            when(step.at),
            esc(&step.says),
            esc(&step.joined_by),
            cite(&step.cites)
        );
    }
    out.push_str("</ol>\n");
    if run.more_steps > 0 {
        let _ = writeln!(out, "<p>+ {}</p>", run.more_steps);
    }
    let _ = writeln!(
        out,
        "<p>{} <strong>{}</strong>; {}</p>",
        both(words("Got as far as:", "Kam bis:")),
        both(words::rung(run.reached)),
        esc(&run.stopped)
    );
}

fn findings(out: &mut String, assessment: &Assessment) {
    if assessment.findings.is_empty() {
        return;
    }
    head(
        out,
        words("What else was found", "Was sonst gefunden wurde"),
    );
    let columns = [
        words("what", "was"),
        words("weight", "Gewicht"),
        words("when", "wann"),
        words("says", "Befund"),
        words("do", "zu tun"),
    ];
    table(out, &columns);
    for finding in &assessment.findings {
        let grade = format!(
            "<span class=\"{}\">{}</span>",
            grade_class(finding.grade),
            both(words::grade(finding.grade))
        );
        let at = finding.at.map_or_else(String::new, |at| at.to_string());
        let says = esc(&finding.says) + &cite(&finding.cites);
        cells(
            out,
            &[
                both(words::finding(finding.kind)),
                grade,
                at,
                says,
                esc(&finding.advice),
            ],
        );
    }
    out.push_str("</table>\n");
}

fn coverage(out: &mut String, assessment: &Assessment) {
    if assessment.coverage.is_empty() {
        return;
    }
    head(
        out,
        words("What the logs cover", "Was die Protokolle abdecken"),
    );
    let columns = [
        words("log", "Protokoll"),
        words("needed", "nötig"),
        words("files", "Dateien"),
        words("rows", "Zeilen"),
        words("from", "von"),
        words("until", "bis"),
        words("missing", "fehlt"),
    ];
    table(out, &columns);
    for kind in &assessment.coverage {
        let needed = match (kind.needed, kind.never_there) {
            (_, true) => words("not on this server", "nicht auf diesem Server"),
            (true, _) => words("yes", "ja"),
            (false, _) => words("no", "nein"),
        };
        let gaps: Vec<_> = kind
            .gaps
            .iter()
            .map(|gap| format!("{} – {}", gap.from, gap.until))
            .collect();
        cells(
            out,
            &[
                esc(&kind.kind),
                both(needed),
                kind.files.to_string(),
                kind.rows.to_string(),
                kind.from.map_or_else(String::new, |at| at.to_string()),
                kind.until.map_or_else(String::new, |at| at.to_string()),
                gaps.join("<br>"),
            ],
        );
    }
    out.push_str("</table>\n");
}

fn clocks(out: &mut String, assessment: &Assessment) {
    if assessment.clocks.is_empty() {
        return;
    }
    head(
        out,
        words("Which clocks were used", "Welche Uhren verwendet wurden"),
    );
    let says = words(
        "All times in this report are UTC. These files do not say to which clock their times belong:",
        "Alle Zeiten in diesem Bericht sind UTC. Diese Dateien sagen nicht, welcher Uhr ihre Zeiten folgen:",
    );
    let _ = writeln!(out, "<p>{}</p>", both(says));
    table(
        out,
        &[
            words("files", "Dateien"),
            words("clock", "Uhr"),
            words("known by", "bekannt durch"),
        ],
    );
    for group in super::clocks::groups(&assessment.clocks) {
        let told = match group.requests {
            0 => both(group.told()),
            count => format!("{} ({count})", both(group.told())),
        };
        cells(out, &[esc(&group.named()), group.zone(), told]);
    }
    out.push_str("</table>\n");
}

fn indicators(out: &mut String, assessment: &Assessment) {
    if assessment.indicators.is_empty() {
        return;
    }
    head(
        out,
        words("What others can look for", "Wonach andere suchen können"),
    );
    table(
        out,
        &[
            words("kind", "Art"),
            words("value", "Wert"),
            words("seen", "gesehen"),
            words("first", "zuerst"),
        ],
    );
    for indicator in &assessment.indicators {
        let value = format!("<code>{}</code>", esc(&indicator.value));
        let first = indicator.from.map_or_else(String::new, |at| at.to_string());
        cells(
            out,
            &[
                both(words::indicator(indicator.kind)),
                value,
                esc(&indicator.says),
                first,
            ],
        );
    }
    out.push_str("</table>\n");
}

fn wanted(out: &mut String, assessment: &Assessment) {
    if assessment.collect_next.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<h2 id=\"{NEXT}\">{}</h2>",
        both(words::collect_next())
    );
    out.push_str("<ol>\n");
    for wanted in &assessment.collect_next {
        let _ = writeln!(
            out,
            "<li>{}<span class=\"cite\">{}</span><span class=\"dim\">{}</span></li>",
            esc(&wanted.what),
            esc(&wanted.place),
            esc(&wanted.why)
        );
    }
    out.push_str("</ol>\n");
}

fn reading(out: &mut String, assessment: &Assessment) {
    head(out, words("What was read", "Was gelesen wurde"));
    let reading = &assessment.evidence;
    let _ = writeln!(
        out,
        "<p><code>{}</code>: {} {}, {} MB, {} {}</p>",
        esc(&reading.folder),
        reading.files,
        both(words("files", "Dateien")),
        reading.octets / 1_000_000,
        reading.rows,
        both(words("rows", "Zeilen"))
    );
    if !reading.unread.is_empty() {
        let title = both(words("Passed over", "Übergangen"));
        let count = reading.unread.len() as u64 + reading.more_unread;
        let _ = writeln!(out, "<details><summary>{title}: {count}</summary>\n<ul>");
        for unread in &reading.unread {
            let _ = writeln!(
                out,
                "<li><code>{}</code> {}</li>",
                esc(&unread.file),
                esc(&unread.why)
            );
        }
        out.push_str("</ul></details>\n");
    }
    let _ = writeln!(
        out,
        "<p class=\"dim\">scout {}, {}</p>",
        esc(&assessment.scout),
        assessment.made
    );
}

fn table(out: &mut String, columns: &[Words]) {
    out.push_str("<table>\n<tr>");
    for column in columns {
        let _ = write!(out, "<th>{}</th>", both(*column));
    }
    out.push_str("</tr>\n");
}

/// A row of cells that are markup already.
fn cells(out: &mut String, cells: &[String]) {
    out.push_str("<tr>");
    for cell in cells {
        let _ = write!(out, "<td>{cell}</td>");
    }
    out.push_str("</tr>\n");
}

fn cite(cites: &Citation) -> String {
    let line = if cites.line == 0 {
        String::new()
    } else {
        format!(":{}", cites.line)
    };
    format!(
        "<span class=\"cite\">{}{line} {}</span>",
        esc(&cites.file),
        esc(&cites.text)
    )
}

const fn grade_class(grade: Grade) -> &'static str {
    match grade {
        Grade::Success => "tbad",
        Grade::Attempt => "twarn",
        Grade::Scan => "tnote",
        Grade::Note => "dim",
    }
}

fn when(at: Option<Moment>) -> String {
    at.map_or_else(|| "?".to_owned(), |at| at.to_string())
}
