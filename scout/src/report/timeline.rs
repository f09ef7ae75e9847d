//! The timeline as a drawing: builds, open holes, what logs cover, and what intruders did, on one axis of time.

use std::fmt::Write as _;

use evidence::Moment;

use super::escape::html;
use super::page::both;
use super::words::{Words, words};
use crate::assessment::{Assessment, Grade};

/// Where the names end and the axis begins.
const LEFT: f64 = 190.0;
/// Where the axis ends.
const RIGHT: f64 = 990.0;
/// From one row to the next.
const ROW: f64 = 26.0;
/// Rows of one kind that are drawn; the tables have all.
const ROWS_MAX: usize = 40;
/// Letters of a name that fit before the axis.
const NAME_LETTERS: usize = 28;
/// A day.
const DAY_MS: i64 = 86_400_000;

/// Steps between marks on the axis, in days.
const STEPS: [i64; 10] = [1, 2, 7, 14, 30, 91, 182, 365, 730, 3_650];

/// The drawing; nothing, if nothing has a time.
pub(super) fn drawing(assessment: &Assessment) -> Option<String> {
    let axis = Axis::of(assessment)?;
    let mut out = Drawing {
        axis,
        y: 34.0,
        body: String::new(),
    };
    out.builds(assessment);
    out.windows(assessment);
    out.coverage(assessment);
    out.runs(assessment);
    Some(out.finish())
}

/// From time to place.
#[derive(Clone, Copy, Debug)]
struct Axis {
    from: i64,
    until: i64,
}

impl Axis {
    fn of(assessment: &Assessment) -> Option<Self> {
        let timeline = &assessment.timeline;
        let mut times: Vec<Moment> = Vec::new();
        times.extend(
            timeline
                .builds
                .iter()
                .flat_map(|span| [span.from, span.until]),
        );
        times.extend(
            timeline
                .windows
                .iter()
                .flat_map(|window| [window.from, window.until]),
        );
        times.extend(
            assessment
                .coverage
                .iter()
                .flat_map(|kind| [kind.from, kind.until])
                .flatten(),
        );
        times.extend(
            assessment
                .runs
                .iter()
                .flat_map(|run| [run.from, run.until])
                .flatten(),
        );
        let (from, until) = (times.iter().min()?.0, times.iter().max()?.0);
        // A single moment still needs a width, and a little air helps at both ends.
        let air = ((until - from) / 40).max(1_800_000);
        Some(Self {
            from: from.saturating_sub(air),
            until: until.saturating_add(air),
        })
    }

    fn x(self, at: Moment) -> f64 {
        let part = (at.0 - self.from) as f64 / (self.until - self.from) as f64;
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    /// Marks at whole days, at most a dozen.
    fn marks(self) -> Vec<Moment> {
        let days = (self.until - self.from) / DAY_MS;
        let step = STEPS
            .iter()
            .find(|step| days / **step <= 11)
            .unwrap_or(&36_500)
            * DAY_MS;
        let first = self.from.div_euclid(step) + 1;
        (0..14)
            .map(|at| Moment((first + at) * step))
            .take_while(|mark| mark.0 < self.until)
            .collect()
    }
}

struct Drawing {
    axis: Axis,
    y: f64,
    body: String,
}

impl Drawing {
    fn heading(&mut self, title: Words) {
        self.y += 14.0;
        // `lang` hides by CSS in SVG as well, with two texts at the same place.
        for (lang, text) in [("en", title.en), ("de", title.de)] {
            let y = self.y;
            let _ = writeln!(
                self.body,
                "<text class=\"dim\" lang=\"{lang}\" x=\"4\" y=\"{y}\">{}</text>",
                html(text)
            );
        }
        self.y += 8.0;
    }

    fn name(&mut self, name: &str) {
        let shown: String = name.chars().take(NAME_LETTERS).collect();
        let y = self.y + 14.0;
        let _ = writeln!(self.body, "<text x=\"4\" y=\"{y}\">{}</text>", html(&shown));
    }

    fn bar(&mut self, class: &str, from: Moment, until: Moment, tip: &str) {
        let (x, end) = (self.axis.x(from), self.axis.x(until));
        let (width, y) = ((end - x).max(2.0), self.y + 3.0);
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"15\" rx=\"2\"><title>{}</title></rect>",
            html(tip)
        );
    }

    fn builds(&mut self, assessment: &Assessment) {
        let spans = &assessment.timeline.builds;
        if spans.is_empty() {
            return;
        }
        self.heading(words(
            "Builds (red: open to ProxyLogon or ProxyShell)",
            "Builds (rot: offen für ProxyLogon oder ProxyShell)",
        ));
        let mut servers: Vec<&str> = spans.iter().map(|span| span.server.as_str()).collect();
        servers.sort_unstable();
        servers.dedup();
        for server in servers.into_iter().take(ROWS_MAX) {
            self.name(server);
            for span in spans.iter().filter(|span| span.server == server) {
                let states = [&span.proxylogon[..], &span.proxyshell[..]];
                let class = if states.contains(&"vulnerable") {
                    "bad"
                } else if states.contains(&"unknown") {
                    "warn"
                } else {
                    "ok"
                };
                let tip = format!(
                    "{} {} {} – {}",
                    span.build,
                    span.name.as_deref().unwrap_or(""),
                    span.from,
                    span.until
                );
                self.bar(class, span.from, span.until, &tip);
            }
            self.y += ROW;
        }
    }

    fn windows(&mut self, assessment: &Assessment) {
        let windows = &assessment.timeline.windows;
        if windows.is_empty() {
            return;
        }
        self.heading(words(
            "Open (pale: not seen reached from outside)",
            "Offen (blass: von außen nicht erreicht gesehen)",
        ));
        for window in windows.iter().take(ROWS_MAX) {
            self.name(&format!("{} {}", window.chain.name(), window.server));
            let tip = format!("{} – {}", window.from, window.until);
            self.bar("idle", window.from, window.until, &tip);
            if let Some(reached) = window.reached_from_outside {
                self.bar("bad", reached.max(window.from), window.until, &tip);
            }
            self.y += ROW;
        }
    }

    fn coverage(&mut self, assessment: &Assessment) {
        let kinds = assessment.coverage.iter();
        let kinds: Vec<_> = kinds.filter(|kind| kind.from.is_some()).collect();
        if kinds.is_empty() {
            return;
        }
        self.heading(words("Logs", "Protokolle"));
        for kind in kinds.into_iter().take(ROWS_MAX) {
            let (Some(mut from), Some(until)) = (kind.from, kind.until) else {
                continue;
            };
            self.name(&kind.kind);
            for gap in &kind.gaps {
                self.bar("note", from, gap.from, &format!("{from} – {}", gap.from));
                from = gap.until;
            }
            self.bar("note", from, until, &format!("{from} – {until}"));
            self.y += ROW;
        }
    }

    fn runs(&mut self, assessment: &Assessment) {
        if assessment.runs.is_empty() {
            return;
        }
        self.heading(words("Intruders", "Eindringlinge"));
        for run in assessment.runs.iter().take(ROWS_MAX) {
            self.name(&format!("{} · {}", run.number, run.chain.name()));
            let class = match run.grade {
                Grade::Success => "bad",
                Grade::Attempt => "warn",
                Grade::Scan | Grade::Note => "idle",
            };
            if let (Some(from), Some(until)) = (run.from, run.until) {
                let tip = format!("{} – {}: {}", from, until, run.reached.words());
                self.bar(class, from, until, &tip);
                let (x, y) = (self.axis.x(from), self.y + 10.5);
                let _ = writeln!(
                    self.body,
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"6\"/>"
                );
            }
            self.y += ROW;
        }
    }

    fn finish(self) -> String {
        let bottom = self.y + 8.0;
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg viewBox=\"0 0 1000 {bottom}\" role=\"img\" aria-labelledby=\"timeline\">"
        );
        for mark in self.axis.marks() {
            let x = self.axis.x(mark);
            let day = mark.to_string();
            let day = day.get(..10).unwrap_or(&day);
            let _ = writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"24\" x2=\"{x:.1}\" y2=\"{bottom}\"/><text class=\"dim\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"16\">{day}</text>"
            );
        }
        out + &self.body + "</svg>\n"
    }
}

/// The heading above it.
pub(super) fn title() -> String {
    format!(
        "<h2 id=\"timeline\">{}</h2>\n",
        both(words("Timeline", "Zeitleiste"))
    )
}
