//! Request and response: the union of what can be asked, and of what is answered.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    Answer, Delivered, Delivery, HttpRequest, HttpResponse, Probe, Probed, Question, Update,
};

/// What is asked. Octets that belong to it come beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Hand a message to its next hop; beside it: the message.
    Deliver(Box<Delivery>),
    /// Ask the DNS.
    Lookup(Question),
    /// Check SPF, DKIM, DMARC and ARC; beside it: the message.
    Authenticate(Arrival),
    /// Let every scanner look; beside it: the message.
    Scan(Box<scan::Envelope>),
    /// Let scanners learn; beside it: the message.
    Learn(scan::Lesson),
    /// Ask a web server; beside it: the body.
    Fetch(HttpRequest),
    /// Change a zone.
    DnsUpdate(Update),
    /// Look at the TLS of a mail server.
    Probe(Probe),
    /// Tell which policies of other domains are kept (RFC 8461), as soon as they are others than at this revision; at once without
    /// one.
    Policies(Option<u64>),
    /// Tell how it is.
    Status,
}

/// How a message arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Address of the client.
    pub ip: IpAddr,
    /// What it said in `EHLO` or `HELO`.
    pub helo: String,
    /// The reverse path; empty for `<>`.
    pub reverse_path: String,
}

/// What is answered. Octets that belong to it come beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// To [`Request::Deliver`].
    Delivered(Delivered),
    /// To [`Request::Lookup`].
    Answer(Answer),
    /// To [`Request::Authenticate`].
    Authenticated(Box<authenticity::Verdict>),
    /// To [`Request::Scan`].
    Scanned {
        /// One from each scanner.
        verdicts: Vec<scan::Verdict>,
        /// Whose new body stands beside it, by place.
        body_of: Option<u32>,
    },
    /// To [`Request::Learn`].
    Learned,
    /// To [`Request::Fetch`]; beside it: the body.
    Fetched(HttpResponse),
    /// To [`Request::DnsUpdate`].
    Updated,
    /// To [`Request::Probe`]: one from each address.
    Probed(Vec<Probed>),
    /// To [`Request::Policies`]: the revision; beside it: what [`crate::Egress::attach`] takes.
    Policies(u64),
    /// To [`Request::Status`].
    Status(Status),
    /// To any of them.
    Failed(Failed),
}

/// Why something asked cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failed {
    /// It is not allowed: the words say what.
    Refused(String),
    /// It took too long.
    TimedOut,
    /// It went wrong: the words say how.
    Failed(String),
}

/// How the egress process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Requests under way.
    pub requests: u32,
    /// Octets of messages held.
    pub octets: u64,
    /// Requests answered since the start.
    pub answered: u64,
}
