//! A report: what each server reached in each round, as a table for people or JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// Its name in JSON.
    pub(crate) key: String,
    /// Its name for people, with the unit.
    pub(crate) label: String,
    pub(crate) goal: Goal,
}

impl Figure {
    pub(crate) fn new(key: &str, label: &str, goal: Goal) -> Self {
        Self {
            key: key.to_owned(),
            label: label.to_owned(),
            goal,
        }
    }
}

/// What the first server shall reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// Only told.
    None,
    AtMost(f64),
    AtLeast(f64),
    /// So many times what the second server reaches in the same run.
    TimesPeer(f64),
    /// At most so much of what the second server takes in the same run.
    ShareOfPeer(f64),
}

/// What one server reached in one round: values by key.
pub(crate) type Sample = BTreeMap<String, f64>;

/// One workload's results.
#[derive(Debug)]
pub(crate) struct Report {
    /// The workload and its size.
    pub(crate) title: String,
    pub(crate) figures: Vec<Figure>,
    /// Name and rounds of each server.
    pub(crate) servers: Vec<(String, Vec<Sample>)>,
    /// Why servers are not there.
    pub(crate) notes: Vec<String>,
}

impl Report {
    fn values(&self, server: usize, key: &str) -> Vec<f64> {
        let mut values: Vec<f64> = self
            .servers
            .get(server)
            .into_iter()
            .flat_map(|(_, rounds)| rounds.iter().filter_map(|sample| sample.get(key).copied()))
            .collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self, server: usize, key: &str) -> Option<f64> {
        median(&self.values(server, key))
    }

    fn ratio(&self, key: &str) -> Option<f64> {
        let (own, peer) = (self.median(0, key)?, self.median(1, key)?);
        (peer != 0.0).then(|| own / peer)
    }

    fn met(&self, figure: &Figure) -> Option<bool> {
        let own = self.median(0, &figure.key)?;
        match figure.goal {
            Goal::None => None,
            Goal::AtMost(limit) => Some(own <= limit),
            Goal::AtLeast(limit) => Some(own >= limit),
            Goal::TimesPeer(times) => self.ratio(&figure.key).map(|ratio| ratio >= times),
            Goal::ShareOfPeer(share) => self.ratio(&figure.key).map(|ratio| ratio <= share),
        }
    }

    /// Medians with the range in brackets, the ratio of the first server to the second, and the goal.
    pub(crate) fn table(&self) -> String {
        let mut header = vec![String::new()];
        header.extend(self.servers.iter().map(|(name, _)| name.clone()));
        header.extend(["ratio".to_owned(), "to reach".to_owned()]);
        let mut lines = vec![header];
        for figure in &self.figures {
            let cells: Vec<String> = (0..self.servers.len())
                .map(|server| cell(&self.values(server, &figure.key)))
                .collect();
            if cells.iter().all(String::is_empty) {
                continue;
            }
            let mut line = vec![figure.label.clone()];
            line.extend(cells);
            line.push(self.ratio(&figure.key).map(number).unwrap_or_default());
            // The goals are Wachpost's.
            let own = self
                .servers
                .first()
                .is_some_and(|(name, _)| name.starts_with("wachpost"));
            line.push(if own {
                self.goal(figure)
            } else {
                String::new()
            });
            lines.push(line);
        }
        let mut text = format!("\n{}\n", self.title);
        for note in &self.notes {
            let _ = writeln!(text, "{note}");
        }
        text.push_str(&aligned(&lines));
        text
    }

    fn goal(&self, figure: &Figure) -> String {
        let wanted = match figure.goal {
            Goal::None => return String::new(),
            Goal::AtMost(limit) => format!("<= {}", number(limit)),
            Goal::AtLeast(limit) => format!(">= {}", number(limit)),
            Goal::TimesPeer(times) => format!("ratio >= {}", number(times)),
            Goal::ShareOfPeer(share) => format!("ratio <= {}", number(share)),
        };
        match self.met(figure) {
            Some(true) => format!("{wanted}  reached"),
            Some(false) => format!("{wanted}  MISSED"),
            None => wanted,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let servers: Vec<Value> = self
            .servers
            .iter()
            .enumerate()
            .map(|(server, (name, rounds))| {
                let medians: BTreeMap<&str, f64> = self
                    .figures
                    .iter()
                    .filter_map(|figure| {
                        Some((figure.key.as_str(), self.median(server, &figure.key)?))
                    })
                    .collect();
                json!({ "name": name, "medians": medians, "rounds": rounds })
            })
            .collect();
        let reached: BTreeMap<&str, bool> = self
            .figures
            .iter()
            .filter_map(|figure| Some((figure.key.as_str(), self.met(figure)?)))
            .collect();
        let ratios: BTreeMap<&str, f64> = self
            .figures
            .iter()
            .filter_map(|figure| Some((figure.key.as_str(), self.ratio(&figure.key)?)))
            .collect();
        json!({
            "workload": self.title, "servers": servers, "ratios": ratios, "reached": reached, "notes": self.notes,
        })
    }
}

/// Of values in order.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

fn cell(values: &[f64]) -> String {
    match (median(values), values.first(), values.last()) {
        (Some(middle), Some(first), Some(last)) if values.len() > 1 => {
            format!("{} ({}..{})", number(middle), number(*first), number(*last))
        }
        (Some(middle), ..) => number(middle),
        _ => String::new(),
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.0995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Columns; the first and the last to the left, the others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (column, cell) in line.iter().enumerate() {
            let width = width(column);
            let _ = if column == 0 || column + 1 == columns {
                write!(row, "{cell:<width$}  ")
            } else {
                write!(row, "{cell:>width$}  ")
            };
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(own: &[f64], peer: &[f64], goal: Goal) -> Report {
        let rounds = |values: &[f64]| {
            values
                .iter()
                .map(|value| Sample::from([("rate".to_owned(), *value)]))
                .collect()
        };
        Report {
            title: "delivery".to_owned(),
            figures: vec![Figure::new("rate", "messages/s", goal)],
            servers: vec![
                ("wachpost".to_owned(), rounds(own)),
                ("dovecot".to_owned(), rounds(peer)),
            ],
            notes: Vec::new(),
        }
    }

    #[test]
    fn medians_decide_over_the_goal() {
        let table = report(
            &[900.0, 3_000.0, 3_200.0],
            &[1_000.0, 1_010.0, 500.0],
            Goal::TimesPeer(3.0),
        )
        .table();
        assert!(table.contains("3000 (900..3200)"), "{table}");
        assert!(table.contains("ratio >= 3.00  reached"), "{table}");
        let table = report(&[2_999.0], &[1_000.0], Goal::TimesPeer(3.0)).table();
        assert!(table.contains("MISSED"), "{table}");
    }

    #[test]
    fn a_share_is_not_to_be_exceeded() {
        let table = report(&[4.0], &[10.0], Goal::ShareOfPeer(0.5)).table();
        assert!(table.contains("ratio <= 0.50  reached"), "{table}");
        let table = report(&[6.0], &[10.0], Goal::ShareOfPeer(0.5)).table();
        assert!(table.contains("MISSED"), "{table}");
    }

    #[test]
    fn a_goal_without_a_peer_is_open() {
        let table = report(&[2_000.0], &[], Goal::TimesPeer(3.0)).table();
        assert!(table.contains("ratio >= 3.00\n"), "{table}");
        assert_eq!(
            report(&[2_000.0], &[], Goal::AtLeast(1.0)).json()["reached"]["rate"],
            true
        );
    }

    #[test]
    fn an_even_number_of_rounds_has_a_middle() {
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[]), None);
    }
}
