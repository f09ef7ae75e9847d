//! What an administrator can choose of the way out.

use std::collections::BTreeMap;

use egress::wire::Host;

use crate::notification::RETURNED_OCTETS_MAX;
use crate::schedule::Schedule;

/// How the queue works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name: said in `EHLO`, and as the reporting MTA of notifications.
    pub host: String,
    /// When messages are tried again, and when it is given up.
    pub schedule: Schedule,
    /// How much at the same time.
    pub concurrency: Concurrency,
    /// Who does not go the way that DNS says.
    pub routes: Routes,
    /// Octets of a message that a notification brings back whole; of larger ones it brings the header.
    pub returned_octets_max: usize,
    /// Who reports on TLS (RFC 8460) and DMARC (RFC 9990) to domains that ask for it; nobody if there is none.
    pub reporter: Option<Reporter>,
}

/// Who sends reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporter {
    /// The organisation's name, as readers see it.
    pub organization: String,
    /// The address that reports come from and questions go to; of a domain whose mail is signed.
    pub address: String,
}

/// How much at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Deliveries.
    pub deliveries_max: usize,
    /// Deliveries to one destination, once it has shown that it takes them.
    pub per_destination_max: u16,
    /// Deliveries to a destination that nothing is known of.
    pub per_destination_first: u16,
    /// Octets of messages in delivery; a larger message goes alone.
    pub octets_max: u32,
}

/// Who does not go the way that DNS says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// Takes all mail that no other route takes.
    pub smart_host: Option<Host>,
    /// By domain in lower case; `.example.net` stands for all below it.
    pub domains: BTreeMap<String, Host>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            schedule: Schedule::default(),
            concurrency: Concurrency::default(),
            routes: Routes::default(),
            returned_octets_max: RETURNED_OCTETS_MAX,
            reporter: None,
        }
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            deliveries_max: 200,
            per_destination_max: 20,
            per_destination_first: 3,
            octets_max: 64 * 1024 * 1024,
        }
    }
}
