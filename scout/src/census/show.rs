//! Showing a census: tables for people, CSV for spreadsheets, and one HTML file with all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::compare::Comparison;
use super::count::{By, Counted, Question, count, trend};
use super::facts::facts;
use super::{Day, Store, StoreError, chart};
use crate::report::escape::{html, plain, row};
use crate::report::page::{both, page};
use crate::report::words;

/// Dates of the trend in the report.
const TREND_DATES_MAX: usize = 60;

/// Rows of a table in the report.
const REPORT_ROWS_MAX: usize = 20;

/// A table with columns as wide as what is in them.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut all: Vec<Vec<String>> = vec![head.iter().map(|cell| (*cell).to_owned()).collect()];
    all.extend(
        rows.iter()
            .map(|row| row.iter().map(|cell| plain(cell)).collect()),
    );
    let columns = head.len();
    let width = |column: usize| {
        all.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<_> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in &all {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| {
                let is_number = !cell.is_empty()
                    && cell
                        .bytes()
                        .all(|octet| octet.is_ascii_digit() || octet == b'+' || octet == b'-');
                if is_number {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:width$}")
                }
            })
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}

/// A table for a spreadsheet.
#[must_use]
pub fn csv(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = row(head.iter().copied());
    for cells in rows {
        out += &row(cells.iter().map(String::as_str));
    }
    out
}

/// Heading and rows of a count.
#[must_use]
pub fn counted(counted: &Counted) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let mut head: Vec<_> = counted.by.iter().map(|by| by.title()).collect();
    head.push("hosts");
    let rows = counted.rows.iter().map(|row| {
        let mut cells = row.is.clone();
        cells.push(row.hosts.to_string());
        cells
    });
    (head, rows.collect())
}

/// Heading and rows of a trend: a line for each date and value.
#[must_use]
pub fn trended(dates: &[Counted]) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let by = dates
        .first()
        .map(|counted| counted.by.clone())
        .unwrap_or_default();
    let mut head = vec!["date"];
    head.extend(by.iter().map(|by| by.title()));
    head.push("hosts");
    let mut rows = Vec::new();
    for counted in dates {
        for row in &counted.rows {
            let mut cells = vec![counted.date.to_string()];
            cells.extend(row.is.iter().cloned());
            cells.push(row.hosts.to_string());
            rows.push(cells);
        }
    }
    (head, rows)
}

/// Heading and rows of a comparison: what was before, what is after, and the difference.
#[must_use]
pub fn compared(comparison: &Comparison) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let head = vec![comparison.by.title(), "before", "after", "change"];
    let mut rows: Vec<_> = comparison.rows.iter().collect();
    rows.sort_by_key(|(is, (before, after))| {
        (std::cmp::Reverse((*before).max(*after)), (*is).clone())
    });
    let rows = rows.into_iter().map(|(is, (before, after))| {
        let change = i128::from(*after) - i128::from(*before);
        vec![
            is.clone(),
            before.to_string(),
            after.to_string(),
            format!("{change:+}"),
        ]
    });
    (head, rows.collect())
}

/// Heading and rows of what became of each host.
#[must_use]
pub fn flows(comparison: &Comparison) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let text = |is: &Option<String>| is.clone().unwrap_or_else(|| "not seen".to_owned());
    let rows = comparison.flows.iter().map(|flow| {
        vec![
            text(&flow.before),
            text(&flow.after),
            flow.hosts.to_string(),
        ]
    });
    (vec!["was", "is", "hosts"], rows.collect())
}

/// The chart of a count in one respect, or of the first where there are several.
#[must_use]
pub fn counted_chart(counted: &Counted) -> String {
    let rows: Vec<_> = counted
        .rows
        .iter()
        .map(|row| (row.is.join(", "), row.hosts))
        .collect();
    chart::bars(&rows)
}

/// The chart of a trend.
#[must_use]
pub fn trended_chart(dates: &[Counted]) -> String {
    let mut series: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (at, counted) in dates.iter().enumerate() {
        for row in &counted.rows {
            let values = series
                .entry(row.is.join(", "))
                .or_insert_with(|| vec![0; dates.len()]);
            values[at] = row.hosts;
        }
    }
    let days: Vec<_> = dates.iter().map(|counted| counted.date).collect();
    chart::lines(&days, &series.into_iter().collect::<Vec<_>>())
}

/// The whole census as one HTML file: states, releases, countries, networks, sectors, their course, and public figures beside.
///
/// # Errors
/// The store fails.
pub fn report(store: &Store, question: &Question) -> Result<String, StoreError> {
    let ask = |by: &[By]| {
        count(
            store,
            &Question {
                by: by.to_vec(),
                ..question.clone()
            },
        )
    };
    let states = ask(&[By::State])?;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<h1>{}</h1>\n<p>{} {}, {} {}. {}: {} – {}.</p>",
        both(words::words("Who runs what", "Wer betreibt was")),
        states.hosts,
        both(words::words("hosts", "Server")),
        states.addresses,
        both(words::words("addresses", "Adressen")),
        both(words::words("Seen", "Gesehen")),
        states.from,
        states.date
    );
    for filter in &question.only {
        let _ = writeln!(
            out,
            "<p class=\"dim\">{} = {}</p>",
            filter.by.title(),
            html(&filter.is)
        );
    }
    let hole = question.hole.name();
    section(
        &mut out,
        words::words("Patch state", "Update-Stand"),
        Some(hole),
        &states,
    );
    let _ = writeln!(
        out,
        "<p class=\"dim\">{}</p>",
        both(words::words(
            "Cannot tell: a front end shows three parts of its version, and both fixed and vulnerable builds share them, or no version shows.",
            "„cannot tell“: Von außen sind nur drei Teile der Version zu sehen, und damit gibt es behobene und verwundbare Stände, oder es ist keine Version zu sehen.",
        ))
    );
    let dates = dates(store, question)?;
    if dates.len() > 1 {
        let course = trend(
            store,
            &Question {
                by: vec![By::State],
                ..question.clone()
            },
            &dates,
        )?;
        let _ = writeln!(
            out,
            "<h2>{}</h2>\n{}",
            both(words::words("Course", "Verlauf")),
            trended_chart(&course)
        );
    }
    for (title, by) in [
        (words::words("Releases", "Versionen"), By::Release),
        (words::words("Countries", "Länder"), By::Country),
        (words::words("Networks", "Netze"), By::As),
        (words::words("Sectors", "Branchen"), By::Sector),
    ] {
        section(&mut out, title, None, &ask(&[by])?);
    }
    public_figures(&mut out);
    Ok(page(&format!("scout census {}", states.date), &out))
}

/// The days that have sightings, up to the date, thinned out.
fn dates(store: &Store, question: &Question) -> Result<Vec<Day>, StoreError> {
    let days = store.days()?;
    let days: Vec<_> = days
        .into_iter()
        .filter(|day| *day <= question.date)
        .collect();
    let every = days.len().div_ceil(TREND_DATES_MAX).max(1);
    // Backwards, so that the date itself is among them.
    let mut dates: Vec<_> = days.iter().rev().step_by(every).copied().collect();
    dates.reverse();
    Ok(dates)
}

fn section(out: &mut String, title: words::Words, of: Option<&str>, counted: &Counted) {
    let of = of.map_or_else(String::new, |of| format!(": {of}"));
    let _ = writeln!(
        out,
        "<h2>{}{of}</h2>\n{}",
        both(title),
        counted_chart(counted)
    );
    if counted.rows.len() <= REPORT_ROWS_MAX {
        return;
    }
    let more = both(words::words("All", "Alle"));
    let _ = writeln!(
        out,
        "<details><summary>{more}: {}</summary>\n<table>",
        counted.rows.len()
    );
    for row in counted.rows.iter().take(REPORT_ROWS_MAX * 10) {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td></tr>",
            html(&row.is.join(", ")),
            row.hosts
        );
    }
    out.push_str("</table></details>\n");
}

fn public_figures(out: &mut String) {
    let title = words::words("What others counted", "Was andere zählten");
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<details><summary>{}</summary>\n<table>",
        both(title),
        both(words::words(
            "Public figures of 2021 and 2025, with their sources",
            "Veröffentlichte Zahlen von 2021 und 2025 mit Quelle"
        ))
    );
    for fact in facts() {
        let _ = writeln!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"dim\">{}</td></tr>",
            fact.date,
            fact.region,
            fact.metric.replace('_', " "),
            fact.figure(),
            fact.unit,
            html(fact.source)
        );
    }
    out.push_str("</table></details>\n");
}
