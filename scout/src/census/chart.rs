//! Charts of a census as SVG: bars for one date, lines for several. Their colours come from the page, or from within the file.

use std::fmt::Write as _;

use super::Day;
use crate::report::escape::html;

/// Bars of one chart; the rest is one bar at the end.
const BARS_MAX: usize = 16;
/// Lines of one chart; the rest is one line.
const LINES_MAX: usize = 7;
/// Letters of a name beside a bar.
const NAME_LETTERS: usize = 34;

/// For a file of its own: the same colours as in a page.
const STYLE: &str = "<style>:root{color-scheme:light dark}svg{background:#fff}text{fill:#1b1f24;font:12px system-ui,sans-serif}.dim{fill:#57606a}.grid{stroke:#d0d7de}.bad{fill:#d9695f}.warn{fill:#e0b04c}.ok{fill:#5aa877}.note,.c0{fill:#6ca4dc}.c1{fill:#e0b04c}.c2{fill:#5aa877}.c3{fill:#d9695f}.c4{fill:#9b7fc4}.c5{fill:#5fb3b3}.c6{fill:#c98fb0}.idle,.c7{fill:#aab2bb}</style>";

/// The colour of a value: states have their own, others go in turn.
fn class(label: &str, at: usize) -> &'static str {
    const TURN: [&str; 7] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
    match label {
        "vulnerable" => "bad",
        "partly vulnerable" => "c4",
        "cannot tell" => "warn",
        "fixed" | "not affected" => "ok",
        "unknown" | "not judged" | "others" => "idle",
        _ => TURN[at % TURN.len()],
    }
}

/// Horizontal bars, the longest first as they come.
#[must_use]
pub fn bars(rows: &[(String, u64)]) -> String {
    let rows = folded(rows, BARS_MAX);
    let most = rows
        .iter()
        .map(|(_, hosts)| *hosts)
        .max()
        .unwrap_or(0)
        .max(1);
    let all: u64 = rows.iter().map(|(_, hosts)| *hosts).sum();
    let height = 8 + 24 * rows.len();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 {height}\" role=\"img\">\n"
    );
    for (at, (label, hosts)) in rows.iter().enumerate() {
        let y = 4 + 24 * at;
        let width = *hosts as f64 / most as f64 * 560.0;
        let percent = *hosts as f64 * 100.0 / all.max(1) as f64;
        let name: String = label.chars().take(NAME_LETTERS).collect();
        // With one colour for all but states: length says it already.
        let class = if class(label, 0) == "c0" {
            "note"
        } else {
            class(label, 0)
        };
        let _ = writeln!(
            out,
            "<text text-anchor=\"end\" x=\"258\" y=\"{}\">{}</text><rect class=\"{class}\" x=\"266\" y=\"{y}\" width=\"{:.1}\" height=\"18\" rx=\"2\"/><text class=\"dim\" x=\"{:.1}\" y=\"{}\">{hosts} ({percent:.1} %)</text>",
            y + 13,
            html(&name),
            width.max(1.0),
            272.0 + width,
            y + 13
        );
    }
    out + "</svg>\n"
}

/// Lines over dates: for each name its figure on each date.
#[must_use]
pub fn lines(dates: &[Day], series: &[(String, Vec<u64>)]) -> String {
    let mut series = series.to_vec();
    series.sort_by_key(|(_, values)| std::cmp::Reverse(values.iter().max().copied()));
    if series.len() > LINES_MAX {
        let rest = series.split_off(LINES_MAX - 1);
        let sum = |at: usize| rest.iter().filter_map(|(_, values)| values.get(at)).sum();
        series.push(("others".to_owned(), (0..dates.len()).map(sum).collect()));
    }
    let most = series
        .iter()
        .flat_map(|(_, values)| values)
        .max()
        .copied()
        .unwrap_or(0)
        .max(1);
    let (first, last) = (
        dates.first().map_or(0, |day| day.0),
        dates.last().map_or(0, |day| day.0),
    );
    let x = |day: &Day| 70.0 + f64::from(day.0 - first) / f64::from((last - first).max(1)) * 720.0;
    let y = |hosts: u64| 260.0 - hosts as f64 / most as f64 * 230.0;
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1000 300\" role=\"img\">\n",
    );
    for quarter in 0..=4_u64 {
        let hosts = most * quarter / 4;
        let at = y(hosts);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"70\" x2=\"790\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text class=\"dim\" text-anchor=\"end\" x=\"62\" y=\"{:.1}\">{hosts}</text>",
            at + 4.0
        );
    }
    let every = dates.len().div_ceil(8).max(1);
    for day in dates.iter().step_by(every) {
        let _ = writeln!(
            out,
            "<text class=\"dim\" text-anchor=\"middle\" x=\"{:.1}\" y=\"282\">{day}</text>",
            x(day)
        );
    }
    for (at, (label, values)) in series.iter().enumerate() {
        let class = class(label, at);
        // Lines are drawn as thin quadrangles, so that one colour rule (`fill`) serves bars and lines.
        let points: Vec<_> = dates
            .iter()
            .zip(values)
            .map(|(day, hosts)| (x(day), y(*hosts)))
            .collect();
        for pair in points.windows(2) {
            let [(ax, ay), (bx, by)] = [pair[0], pair[1]];
            let _ = writeln!(
                out,
                "<path class=\"{class}\" d=\"M{ax:.1} {:.1}L{bx:.1} {:.1}L{bx:.1} {:.1}L{ax:.1} {:.1}Z\"/>",
                ay - 1.2,
                by - 1.2,
                by + 1.2,
                ay + 1.2
            );
        }
        for (px, py) in &points {
            let _ = writeln!(
                out,
                "<circle class=\"{class}\" cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3.5\"/>"
            );
        }
        let legend = 36 + 24 * at;
        let last = values.last().copied().unwrap_or(0);
        let name: String = label.chars().take(22).collect();
        let _ = writeln!(
            out,
            "<rect class=\"{class}\" x=\"806\" y=\"{}\" width=\"12\" height=\"12\" rx=\"2\"/><text x=\"824\" y=\"{legend}\">{} {last}</text>",
            legend - 10,
            html(&name)
        );
    }
    out + "</svg>\n"
}

/// A chart as a file of its own.
#[must_use]
pub fn standalone(chart: &str) -> String {
    chart.replacen("role=\"img\">", &format!("role=\"img\">{STYLE}"), 1)
}

/// The first ones, and all others as one.
fn folded(rows: &[(String, u64)], most: usize) -> Vec<(String, u64)> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let (kept, rest) = rows.split_at(most - 1);
    let others = rest.iter().map(|(_, hosts)| hosts).sum();
    let mut rows = kept.to_vec();
    rows.push(("others".to_owned(), others));
    rows
}
