//! How much of the history others have fixed.

use serde::{Deserialize, Serialize};

/// How far witnesses have cosigned the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryInfo {
    /// Entries in the journal.
    pub entries: u64,
    /// How many of them, from the first, enough witnesses have cosigned; none if too few have so far.
    pub fixed_entries: Option<u64>,
    /// How old the oldest entry is that is not among them, in seconds, at least 1; 0 if there is none.
    pub unfixed_seconds: Option<u64>,
    /// Each witness that is asked.
    pub witnesses: Vec<WitnessInfo>,
}

/// How one witness stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WitnessInfo {
    /// What it is called here.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// `good`, `not asked yet`, `silent`, `refusing`, `lying` or `contradicting`.
    pub state: String,
    /// What is wrong, in words.
    pub why: Option<String>,
    /// Entries of the tree that it cosigned last.
    pub entries: Option<u64>,
    /// How many seconds ago it did.
    pub seconds: Option<u64>,
}

impl HistoryInfo {
    /// In one line, for people.
    #[must_use]
    pub fn words(&self) -> String {
        let words = match (self.fixed_entries, self.unfixed_seconds) {
            (Some(fixed), Some(0)) => {
                format!("history is fixed: witnesses know all {fixed} entries")
            }
            (Some(fixed), Some(seconds)) => format!(
                "history is fixed up to {seconds} seconds ago: witnesses know {fixed} of {} entries",
                self.entries
            ),
            _ => "history is NOT FIXED: too few witnesses have cosigned it".to_owned(),
        };
        let bad: Vec<_> = self
            .witnesses
            .iter()
            .filter(|witness| witness.why.is_some())
            .map(|witness| format!("{} is {}", witness.name, witness.state))
            .collect();
        match bad.is_empty() {
            true => words,
            false => format!("{words}; LOOK: {}", bad.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_not_well() {
        let mut info = HistoryInfo {
            entries: 9,
            fixed_entries: Some(9),
            unfixed_seconds: Some(0),
            witnesses: Vec::new(),
        };
        assert_eq!(
            info.words(),
            "history is fixed: witnesses know all 9 entries"
        );
        (info.fixed_entries, info.unfixed_seconds) = (Some(7), Some(31));
        assert!(
            info.words()
                .starts_with("history is fixed up to 31 seconds ago")
        );
        (info.fixed_entries, info.unfixed_seconds) = (None, None);
        info.witnesses.push(WitnessInfo {
            name: "w1".to_owned(),
            url: String::new(),
            state: "silent".to_owned(),
            why: Some("no answer".to_owned()),
            entries: None,
            seconds: None,
        });
        assert!(
            info.words().ends_with("LOOK: w1 is silent"),
            "{}",
            info.words()
        );
    }
}
