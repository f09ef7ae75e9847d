//! Our MTA-STS policy (RFC 8461): that mail for our domains comes only over TLS, and only to us.

use crate::config::Config;
use crate::config::listeners::Addresses;
use crate::config::mta_sts::{Mode, Section};

/// Octets of the hash that an id is made of.
const ID_OCTETS: usize = 8;

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    text: String,
}

impl Policy {
    /// The policy of all our domains; none where it is off, or where nobody could fetch it.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let Addresses(https) = &config.listen.https;
        let Section { mode, max_age_days } = &config.mta_sts;
        let mode = match mode {
            Mode::Enforce => "enforce",
            Mode::Testing => "testing",
            Mode::Off => return None,
        };
        let seconds = u64::from(*max_age_days) * 86_400;
        // RFC 8461 3.2: key and value pairs, ended by CR LF.
        let text = format!(
            "version: STSv1\r\nmode: {mode}\r\nmx: {}\r\nmax_age: {seconds}\r\n",
            config.hostname.0
        );
        (!https.is_empty()).then_some(Self { text })
    }

    /// As it is served at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// RFC 8461 3.1: another one for each change, letters and digits.
    pub(crate) fn id(&self) -> String {
        let hash = blake3::hash(self.text.as_bytes());
        hash.as_bytes()[..ID_OCTETS]
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_policy_has_another_id() {
        let of = |text: &str| Policy { text: text.into() }.id();
        assert_eq!(of("version: STSv1\r\n").len(), 16);
        assert_ne!(of("mode: testing\r\n"), of("mode: enforce\r\n"));
    }
}
