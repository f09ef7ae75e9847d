//! Event: one record of a Windows event log, from the binary form or from an export as JSON.

mod binary;

mod json;

use crate::Moment;

pub use binary::{EventsError, read_evtx};
pub use json::{parse_line, utc_shift};

/// Values of one event that are kept.
const VALUES_MAX: usize = 256;
/// Octets of one value that are kept.
const VALUE_OCTETS_MAX: usize = 65_536;

/// One record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Option<Moment>,
    /// `Security`, `Microsoft-Windows-Sysmon/Operational`.
    pub channel: String,
    /// Who wrote it: `MSExchange CmdletLogs`.
    pub provider: String,
    /// Its number among those of the provider.
    pub id: u32,
    /// Its number in the log.
    pub record: u64,
    /// 2 is an error.
    pub level: u32,
    /// The name of the machine.
    pub computer: String,
    /// The values: those without a name under `""`.
    pub values: Vec<(String, String)>,
    /// The text that people read; binary logs have none.
    pub message: String,
}

impl Event {
    /// The value of that name; empty where there is none, or where `-` stands for nothing.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let found = self
            .values
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some((_, value)) if value != "-" => value,
            _ => "",
        }
    }

    /// The values without a name, in order.
    pub fn unnamed(&self) -> impl Iterator<Item = &str> {
        self.values
            .iter()
            .filter(|(name, _)| name.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Whether any value or the text holds a phrase, the case of letters not regarded; `phrase` is in small letters.
    #[must_use]
    pub fn says(&self, phrase: &str) -> bool {
        let has = |text: &str| text.to_ascii_lowercase().contains(phrase);
        has(&self.message) || self.values.iter().any(|(_, value)| has(value))
    }

    fn add(&mut self, name: &str, value: String) {
        if self.values.len() < VALUES_MAX {
            let mut value = value;
            if value.len() > VALUE_OCTETS_MAX {
                value.truncate(value.floor_char_boundary(VALUE_OCTETS_MAX));
            }
            self.values.push((name.to_owned(), value));
        }
    }
}
