//! Reports: an assessment as text, HTML, JSON, STIX 2.1, indicators as CSV, and what to collect next.
//!
//! Much of what is shown was written by an intruder: paths, addresses, names of programs. [`escape`] makes it harmless for each
//! kind of reader; nothing else writes a foreign text.

mod clocks;
pub mod escape;
pub mod page;
mod stix;
mod table;
mod text;
mod timeline;
mod whole;
pub(crate) mod words;

use crate::assessment::Assessment;

pub use stix::stix;
pub use table::indicators_csv;
pub use text::{collect_next, text};
pub use whole::html;

/// The assessment as it is, for programs.
#[must_use]
pub fn json(assessment: &Assessment) -> String {
    let mut text = serde_json::to_string_pretty(assessment)
        .expect("an assessment has no map whose keys are no text");
    text.push('\n');
    text
}

#[cfg(test)]
pub(crate) mod sample;

#[cfg(test)]
mod tests;
