//! Indicators as CSV.

use evidence::Moment;

use super::escape::row;
use super::words;
use crate::assessment::Assessment;

/// What others can look for: kind, value, what it was seen doing, first and last seen.
#[must_use]
pub fn indicators_csv(assessment: &Assessment) -> String {
    let mut out = row(["kind", "value", "seen", "first", "last"]);
    for indicator in &assessment.indicators {
        let kind = words::indicator(indicator.kind).en;
        let (from, until) = (when(indicator.from), when(indicator.until));
        out += &row([kind, &indicator.value, &indicator.says, &from, &until]);
    }
    out
}

fn when(at: Option<Moment>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}
