//! `[filter]`: what people's filters may do.

use groupware::FilterPolicy;
use serde::Deserialize;

/// The section.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    /// Whether filters may send mail on to addresses outside the house.
    pub(crate) redirect_outside: bool,
    /// To how many addresses one message.
    pub(crate) redirects: usize,
    /// Whether out-of-office answers go outside.
    pub(crate) answer_outside: bool,
}

impl Default for Filter {
    fn default() -> Self {
        let policy = FilterPolicy::default();
        Self {
            redirect_outside: policy.redirect_outside,
            redirects: policy.redirects_max,
            answer_outside: policy.answer_outside,
        }
    }
}

impl From<Filter> for FilterPolicy {
    fn from(filter: Filter) -> Self {
        Self {
            redirect_outside: filter.redirect_outside,
            redirects_max: filter.redirects,
            answer_outside: filter.answer_outside,
        }
    }
}
