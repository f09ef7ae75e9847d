//! Probe: what a mail server shows of TLS to whoever asks, without any mail.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::TlsResult;

/// Looks at the TLS of one host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its name, which its certificate should be for.
    pub host: String,
    /// Our name, as said in `EHLO`.
    pub helo: String,
}

/// What was seen at one address of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// The address.
    pub address: IpAddr,
    /// How it went.
    pub seen: ProbeResult,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeResult {
    /// `STARTTLS`, with a certificate for its name that a public issuer stands for.
    Trusted,
    /// `STARTTLS` does not work so that others would believe it.
    Flawed {
        /// Why, in the words of RFC 8460 4.3.
        result: TlsResult,
        /// The same in other words.
        detail: String,
    },
    /// No conversation came about: the words say why.
    Unreachable(String),
}
