//! Facts: figures that others published, to hold a census against. Where sources disagree, a range.

use serde::Serialize;

use super::Day;

/// A dated public figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// When it was said.
    pub date: &'static str,
    /// `exact` or `about`.
    pub certainty: &'static str,
    /// `world`, or the two letters of a country.
    pub region: &'static str,
    /// What was counted.
    pub metric: &'static str,
    /// The lowest figure.
    pub low: &'static str,
    /// The highest.
    pub high: &'static str,
    /// What of.
    pub unit: &'static str,
    /// Who said so.
    pub source: &'static str,
}

impl Fact {
    /// One figure, or from one to another.
    #[must_use]
    pub fn figure(&self) -> String {
        if self.low == self.high {
            self.low.to_owned()
        } else {
            format!("{} to {}", self.low, self.high)
        }
    }

    /// When it was said.
    #[must_use]
    pub fn day(&self) -> Option<Day> {
        Day::parse(self.date)
    }
}

/// All that are compiled in, in order of time.
#[must_use]
pub fn facts() -> Vec<Fact> {
    let lines = include_str!("../../data/facts.csv").lines();
    let fact = |line: &'static str| {
        let mut fields = line.splitn(8, ',');
        let mut field = || fields.next().unwrap_or_default();
        Fact {
            date: field(),
            certainty: field(),
            region: field(),
            metric: field(),
            low: field(),
            high: field(),
            unit: field(),
            source: field(),
        }
    };
    lines
        .filter(|line| !line.starts_with('#'))
        .map(fact)
        .collect()
}
