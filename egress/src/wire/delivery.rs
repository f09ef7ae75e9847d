//! Delivery: one message on its way to one next hop, and what became of it for each recipient.

use std::fmt;
use std::net::IpAddr;

use model::{DsnNotify, DsnReturn, QueuedRecipient};
use serde::{Deserialize, Serialize};

/// One message for recipients that share a next hop. The message comes beside it; its size is the message's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where it goes.
    pub route: Route,
    /// Our name, as said in `EHLO`.
    pub helo: String,
    /// The reverse path; empty for notifications.
    pub reverse_path: String,
    /// To whom; at least one and at most [`Delivery::RECIPIENTS_MAX`].
    pub recipients: Vec<Recipient>,
    /// `ENVID` (RFC 3461 4.4), in clear (not `xtext`).
    pub envelope_id: Option<String>,
    /// `RET` (RFC 3461 4.3).
    pub dsn_return: Option<DsnReturn>,
    /// Whether the message has octets above 127 (RFC 6152).
    pub eight_bit: bool,
    /// Whether addresses or the header are UTF-8 (RFC 6531).
    pub smtputf8: bool,
    /// What the message itself says of TLS.
    pub message_tls: MessageTls,
    /// `MT-PRIORITY` (RFC 6710), -9 to 9.
    pub priority: Option<i8>,
}

impl Delivery {
    /// Recipients of one delivery. RFC 5321 4.5.3.1.8: a server takes at least 100 in one transaction.
    pub const RECIPIENTS_MAX: usize = 100;
}

/// What a message says of TLS on its way (RFC 8689).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageTls {
    /// Nothing: what the domain publishes counts.
    #[default]
    AsPublished,
    /// `REQUIRETLS`: verified TLS only.
    Required,
    /// `TLS-Required: No`: to arrive matters more than what the domain publishes.
    Optional,
}

/// One recipient of a [`Delivery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The forward path (RFC 5321 4.1.2).
    pub forward_path: String,
    /// `NOTIFY` (RFC 3461 4.1), if given.
    pub notify: Option<DsnNotify>,
    /// `ORCPT` as given, `rfc822;` and `xtext` included (RFC 3461 4.2).
    pub original: Option<String>,
}

impl From<&QueuedRecipient> for Recipient {
    fn from(queued: &QueuedRecipient) -> Self {
        Self {
            forward_path: queued.forward_path.clone(),
            notify: queued.notify,
            original: queued.original.clone(),
        }
    }
}

/// How the next hop is found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// By the mail exchangers of a domain (RFC 5321 5.1), or an address literal such as `[192.0.2.1]`.
    Domain(String),
    /// This host, whatever the DNS says about mail exchangers: a smart host or a configured route.
    Host(Host),
}

/// A configured next hop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Name or address.
    pub name: String,
    /// Port.
    pub port: u16,
    /// What TLS is wanted.
    pub tls: HostTls,
    /// How we sign in. Sent only under TLS with a certificate for its name, which [`HostTls::Opportunistic`] then asks for,
    /// too.
    pub credentials: Option<Credentials>,
}

/// What TLS a configured next hop is spoken to with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostTls {
    /// `STARTTLS` if offered; certificates are not checked.
    Opportunistic,
    /// `STARTTLS` with a certificate for its name, or nothing.
    Required,
    /// TLS from the first octet (RFC 8314 3.3), with a certificate for its name.
    Implicit,
    /// Never TLS: a host on this machine or in a network of ours.
    Plain,
}

/// Name and secret for a next hop (RFC 4954).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Name.
    pub user: String,
    /// Secret. Not shown by `Debug`.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("secret", &"[secret]")
            .finish()
    }
}

/// What became of a [`Delivery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// One for each recipient, in their order.
    pub results: Vec<RecipientResult>,
    /// What was seen of TLS on the way, for reports (RFC 8460).
    pub observations: Vec<TlsObservation>,
}

impl Delivered {
    /// The same failure for every recipient.
    #[must_use]
    pub fn all(recipients: usize, result: &RecipientResult) -> Self {
        Self {
            results: vec![result.clone(); recipients],
            observations: Vec::new(),
        }
    }
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecipientResult {
    /// The next hop has taken responsibility.
    Delivered {
        /// Name of the next hop.
        host: String,
        /// Its reply to the end of the message.
        reply: SmtpReply,
        /// Whether it offered DSN, so that it will report (RFC 3461 5.2.2: otherwise a `relayed` report is ours to make).
        dsn: bool,
    },
    /// Not now; trying again makes sense.
    Transient(Failure),
    /// Never.
    Permanent(Failure),
}

/// Why a recipient was not reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What happened.
    pub why: Why,
    /// The next hop it happened with.
    pub host: Option<String>,
    /// What that said, if it said something.
    pub reply: Option<SmtpReply>,
    /// The connection ended after the final dot and before the answer: the next hop may have taken the message
    /// (RFC 5321 6.1). A second attempt may make a duplicate.
    pub uncertain: bool,
}

impl From<Why> for Failure {
    fn from(why: Why) -> Self {
        Self {
            why,
            host: None,
            reply: None,
            uncertain: false,
        }
    }
}

/// What kept a recipient from being reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Why {
    /// The domain does not exist.
    NoSuchDomain,
    /// The domain says that it takes no mail (RFC 7505 3).
    NullMx,
    /// No mail exchanger has an address.
    NoAddress,
    /// The DNS did not answer, or with an error.
    Dns,
    /// The DNS answered with something that does not hold under DNSSEC (RFC 4035 5.5).
    DnssecBogus,
    /// Every address is one that we do not connect to.
    AddressRefused,
    /// No connection came about.
    Unreachable,
    /// The connection ended early.
    Dropped,
    /// The next hop did not answer in time.
    TimedOut,
    /// TLS could not be set up.
    TlsFailed,
    /// TLS is required, and not offered.
    TlsRequired,
    /// The certificate is not what DANE (RFC 7672) or MTA-STS (RFC 8461) ask for, or no mail exchanger fits the policy.
    PolicyUnmet,
    /// The next hop lacks an extension that this message needs.
    NotOffered(Needed),
    /// Larger than the next hop takes (RFC 1870).
    TooLarge,
    /// The best mail exchanger is ourselves (RFC 5321 5.1).
    Loop,
    /// The next hop did not take our credentials.
    SignIn,
    /// What the next hop said is not SMTP.
    Protocol,
    /// The reply says it.
    Reply,
    /// Something of ours.
    Internal,
}

/// An extension that a message cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Needed {
    /// `8BITMIME` (RFC 6152).
    EightBit,
    /// `SMTPUTF8` (RFC 6531).
    SmtpUtf8,
    /// `REQUIRETLS` (RFC 8689).
    RequireTls,
}

/// A reply of an SMTP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpReply {
    /// Reply code (RFC 5321 4.2).
    pub code: u16,
    /// Enhanced status code (RFC 2034, RFC 3463): class, subject, detail.
    pub enhanced: Option<(u8, u16, u16)>,
    /// Its lines, joined with `\n`, without codes; at most [`SmtpReply::TEXT_OCTETS_MAX`].
    pub text: String,
}

impl SmtpReply {
    /// Octets of the text of a reply that are kept.
    pub const TEXT_OCTETS_MAX: usize = 1_024;
}

/// What was seen of TLS with one mail exchanger under one policy: a session or a failure of RFC 8460.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsObservation {
    /// Which policy applied.
    pub policy_type: PolicyType,
    /// The policy as published: TLSA records, or lines of the MTA-STS policy (RFC 8460 4.4 `policy-string`).
    pub policy_strings: Vec<String>,
    /// The domain that the policy is for.
    pub policy_domain: String,
    /// `mx` patterns of the policy, or the mail exchangers.
    pub mx_patterns: Vec<String>,
    /// Name of the mail exchanger that was connected to.
    pub receiving_host: Option<String>,
    /// Its address.
    pub receiving_ip: Option<IpAddr>,
    /// Ours.
    pub sending_ip: Option<IpAddr>,
    /// What came of it.
    pub result: TlsResult,
    /// `failure-reason-code` or other detail.
    pub detail: Option<String>,
}

/// Kinds of policies (RFC 8460 4.4 `policy-type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PolicyType {
    /// DANE.
    Tlsa,
    /// MTA-STS.
    Sts,
    /// Neither.
    NoPolicyFound,
}

/// Results of TLS (RFC 8460 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TlsResult {
    /// A session as the policy asks.
    Success,
    /// `starttls-not-supported`
    StarttlsNotSupported,
    /// `certificate-host-mismatch`
    CertificateHostMismatch,
    /// `certificate-expired`
    CertificateExpired,
    /// `certificate-not-trusted`
    CertificateNotTrusted,
    /// `validation-failure`
    ValidationFailure,
    /// `tlsa-invalid`
    TlsaInvalid,
    /// `dnssec-invalid`
    DnssecInvalid,
    /// `dane-required`
    DaneRequired,
    /// `sts-policy-fetch-error`
    StsPolicyFetchError,
    /// `sts-policy-invalid`
    StsPolicyInvalid,
    /// `sts-webpki-invalid`
    StsWebpkiInvalid,
}
