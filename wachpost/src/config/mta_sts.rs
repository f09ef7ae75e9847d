//! `[mta_sts]`: how serious others are to take our policy (RFC 8461).

use serde::Deserialize;

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Section {
    /// How serious others are to take it.
    pub(crate) mode: Mode,
    /// How long others keep it, in days.
    pub(crate) max_age_days: u32,
}

/// How serious others are to take the policy (RFC 8461 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// They deliver only as it says.
    Enforce,
    /// They report what would fail, and deliver all the same: to begin with.
    #[default]
    Testing,
    /// There is none.
    Off,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            // RFC 8461 3.2: a week or more makes it hard to sit it out.
            max_age_days: 14,
        }
    }
}
