//! Extensions: what a server offered in its answer to EHLO (RFC 5321 4.1.1.1).

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use super::reply::Reply;

/// The offers that matter to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one keyword of the answer; there is no state in them"
)]
pub(crate) struct Extensions {
    /// 8BITMIME (RFC 6152).
    pub(crate) eight_bit: bool,
    /// CHUNKING (RFC 3030).
    pub(crate) chunking: bool,
    /// DSN (RFC 3461).
    pub(crate) dsn: bool,
    /// MT-PRIORITY (RFC 6710).
    pub(crate) priority: bool,
    /// PIPELINING (RFC 2920).
    pub(crate) pipelining: bool,
    /// REQUIRETLS (RFC 8689).
    pub(crate) require_tls: bool,
    /// SMTPUTF8 (RFC 6531).
    pub(crate) smtputf8: bool,
    /// STARTTLS (RFC 3207).
    pub(crate) start_tls: bool,
    /// AUTH PLAIN (RFC 4954, RFC 4616).
    pub(crate) auth_plain: bool,
    /// AUTH LOGIN, which no standard describes but everybody speaks.
    pub(crate) auth_login: bool,
    /// SIZE (RFC 1870): whether it was offered.
    pub(crate) size: bool,
    /// The largest message in octets, where SIZE names one that is not 0.
    pub(crate) size_octets_max: Option<u64>,
    /// Messages over one connection (LIMITS MAILMAX, RFC 9422 4.1).
    pub(crate) messages_max: Option<u32>,
    /// Recipients in one transaction (LIMITS RCPTMAX, RFC 9422 4.2).
    pub(crate) recipients_max: Option<u32>,
}

impl Extensions {
    /// Reads the answer to EHLO.
    pub(crate) fn of(reply: &Reply) -> Self {
        let mut offered = Self::default();
        // RFC 5321 4.1.1.1: the first line is the greeting, each other one `ehlo-line`.
        for line in reply.text.lines().skip(1) {
            offered.take(line);
        }
        offered
    }

    /// `ehlo-line`: a keyword and its parameters.
    fn take(&mut self, line: &str) {
        // Lenient: old servers write `AUTH=LOGIN`.
        let mut words = line
            .split([' ', '='])
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_uppercase);
        let Some(keyword) = words.next() else { return };
        match keyword.as_str() {
            "8BITMIME" => self.eight_bit = true,
            "CHUNKING" => self.chunking = true,
            "DSN" => self.dsn = true,
            "MT-PRIORITY" => self.priority = true,
            "PIPELINING" => self.pipelining = true,
            "REQUIRETLS" => self.require_tls = true,
            "SMTPUTF8" => self.smtputf8 = true,
            "STARTTLS" => self.start_tls = true,
            "SIZE" => {
                self.size = true;
                // RFC 1870 4: 0 says that there is no fixed limit.
                let octets = words.next().and_then(|word| word.parse().ok());
                self.size_octets_max = octets.filter(|octets| *octets > 0);
            }
            "AUTH" => {
                for mechanism in words {
                    match mechanism.as_str() {
                        "PLAIN" => self.auth_plain = true,
                        "LOGIN" => self.auth_login = true,
                        _ => {}
                    }
                }
            }
            "LIMITS" => self.limits(words),
            _ => {}
        }
    }

    /// RFC 9422 3: names and values, parted here by `=` like the words by spaces.
    fn limits(&mut self, mut words: impl Iterator<Item = String>) {
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            let value = value.parse().ok().filter(|value| *value > 0);
            match name.as_str() {
                "MAILMAX" => self.messages_max = value,
                "RCPTMAX" => self.recipients_max = value,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &str) -> Extensions {
        Extensions::of(&Reply {
            code: 250,
            enhanced: None,
            text: text.to_owned(),
        })
    }

    #[test]
    fn keywords_are_read_without_regard_to_case() {
        let offered = offered(
            "mx.example.org STARTTLS\npipelining\nSIZE 1000\n8BITMIME\nENHANCEDSTATUSCODES\nDSN\nSMTPUTF8\n\
             AUTH LOGIN plain\nCHUNKING\nREQUIRETLS\nLIMITS RCPTMAX=20 MAILMAX=3 X=1\nMT-PRIORITY MIXER",
        );
        let expected = Extensions {
            eight_bit: true,
            chunking: true,
            dsn: true,
            priority: true,
            pipelining: true,
            require_tls: true,
            smtputf8: true,
            // The first line is the name of the server, whatever it says.
            start_tls: false,
            auth_plain: true,
            auth_login: true,
            size: true,
            size_octets_max: Some(1_000),
            messages_max: Some(3),
            recipients_max: Some(20),
        };
        assert_eq!(offered, expected);
    }

    #[test]
    fn sizes_that_say_nothing_limit_nothing() {
        for text in [
            "a\nSIZE",
            "a\nSIZE 0",
            "a\nSIZE x",
            "a\nSIZE 99999999999999999999",
        ] {
            let offered = offered(text);
            assert!(offered.size);
            assert_eq!(offered.size_octets_max, None, "{text}");
        }
        assert!(offered("a\nAUTH=LOGIN").auth_login);
        assert_eq!(offered("a\nLIMITS RCPTMAX").recipients_max, None);
        assert_eq!(offered(""), Extensions::default());
    }
}
