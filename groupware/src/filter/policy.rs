//! Policy: what the administrator lets filters do.

/// What filters may do, for all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterPolicy {
    /// Whether mail may be sent on to addresses outside this house; otherwise it is kept.
    pub redirect_outside: bool,
    /// Redirects of one message by one script.
    pub redirects_max: usize,
    /// Whether the out-of-office answer for people outside is sent at all.
    pub answer_outside: bool,
}

impl Default for FilterPolicy {
    fn default() -> Self {
        Self {
            redirect_outside: true,
            redirects_max: REDIRECTS_MAX,
            answer_outside: true,
        }
    }
}

/// RFC 5228 10: the number of redirects should be small.
const REDIRECTS_MAX: usize = 8;
