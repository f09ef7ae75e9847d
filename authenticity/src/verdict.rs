//! The verdict: what the checks say about one arriving message.
//!
//! It crosses from the process that asks the DNS to the one that decides, and is printed as JSON; so it holds only plain data, and no field
//! is left out of an encoding.

use serde::{Deserialize, Serialize};

/// All checks of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// SPF of the MAIL FROM identity; of HELO when the reverse path is empty (RFC 7208 2.4).
    pub spf: Spf,
    /// SPF of the HELO identity (RFC 7208 2.3).
    pub spf_helo: Spf,
    /// Whether the client's address and name point at each other (RFC 8601 2.7.3).
    pub iprev: Iprev,
    /// Signatures of domains (RFC 6376).
    pub dkim: Dkim,
    /// What the domain in `From` asks for, and whether the message is from there (RFC 9989).
    pub dmarc: Dmarc,
    /// The chain of those who handled it before (RFC 8617).
    pub arc: ArcChain,
}

/// RFC 7208 2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpfResult {
    /// The domain publishes nothing, or there was no domain to ask.
    #[default]
    None,
    /// The domain says nothing about this client.
    Neutral,
    /// The client may send for the domain.
    Pass,
    /// It may not.
    Fail,
    /// It probably may not.
    SoftFail,
    /// The DNS did not answer: trying again may give another result.
    TempError,
    /// What the domain publishes cannot be understood.
    PermError,
}

impl SpfResult {
    /// The word of RFC 8601 2.7.2.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

/// SPF of one identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spf {
    /// The result.
    pub result: SpfResult,
    /// Whose policy was asked.
    pub domain: String,
    /// The term that decided, such as `include:example.net`.
    pub mechanism: Option<String>,
    /// The domain's own words on a failure; from a stranger (RFC 7208 6.2).
    pub explanation: Option<String>,
    /// Why it is an error, or nothing.
    pub reason: Option<String>,
}

/// RFC 8601 2.7.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IprevResult {
    /// A name of the address has that address.
    Pass,
    /// No name of it has.
    Fail,
    /// The DNS did not answer.
    TempError,
    /// The address has no name.
    #[default]
    PermError,
}

impl IprevResult {
    /// The word of RFC 8601 2.7.3.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

/// Whether the client's address and name point at each other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Iprev {
    /// The result.
    pub result: IprevResult,
    /// The name that was confirmed, else the first that the address has.
    pub name: Option<String>,
}

/// RFC 8601 2.7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DkimResult {
    /// Not signed.
    #[default]
    None,
    /// The signature holds.
    Pass,
    /// It does not.
    Fail,
    /// It holds, and says too little to count.
    Policy,
    /// It cannot be read.
    Neutral,
    /// The key could not be fetched at the moment.
    TempError,
    /// It can never be checked.
    PermError,
}

impl DkimResult {
    /// The word of RFC 8601 2.7.1.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Policy => "policy",
            Self::Neutral => "neutral",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }

    /// How much it says for the message: a pass most, then what may become one.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Pass => 6,
            Self::TempError => 5,
            Self::Policy => 4,
            Self::Fail => 3,
            Self::PermError => 2,
            Self::Neutral => 1,
            Self::None => 0,
        }
    }
}

/// All DKIM signatures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dkim {
    /// The best of them.
    pub result: DkimResult,
    /// In the order of the message, the newest first.
    pub signatures: Vec<DkimSignature>,
    /// How many more there were than are looked at.
    pub left_out: u32,
}

/// One DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DkimSignature {
    /// The result.
    pub result: DkimResult,
    /// `d=`: who signed, in A-labels and lower case.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// `i=`, or `@` and the domain.
    pub identity: String,
    /// `a=`.
    pub algorithm: String,
    /// Why it is no pass, or nothing.
    pub reason: Option<String>,
    /// The key says that the domain is testing (RFC 6376 3.6.1 `t=y`).
    pub testing: bool,
    /// Length of the public key in bits, 0 when there was none.
    pub key_bits: u32,
    /// How `b=` begins, which tells signatures apart (RFC 6008).
    pub start: String,
}

/// RFC 8601 2.7.6 and RFC 9989.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcResult {
    /// The domain publishes nothing.
    #[default]
    None,
    /// SPF or DKIM passed for the domain in `From`.
    Pass,
    /// Neither did.
    Fail,
    /// The DNS did not answer.
    TempError,
    /// There is no single author domain to ask about.
    PermError,
}

impl DmarcResult {
    /// The word for Authentication-Results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

/// What a domain wants done with mail that fails (RFC 9989 4.7 `p`); the later, the stricter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Nothing.
    #[default]
    None,
    /// Treat as suspicious.
    Quarantine,
    /// Refuse.
    Reject,
}

impl Policy {
    /// The word of the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// One step milder.
    #[must_use]
    pub fn milder(self) -> Self {
        match self {
            Self::Reject => Self::Quarantine,
            Self::Quarantine | Self::None => Self::None,
        }
    }
}

/// How alike two domains must be (RFC 9989 4.7 `adkim`, `aspf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alignment {
    /// Of the same organisation.
    #[default]
    Relaxed,
    /// The same.
    Strict,
}

impl Alignment {
    /// The letter of the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relaxed => "r",
            Self::Strict => "s",
        }
    }
}

/// DMARC of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dmarc {
    /// The result.
    pub result: DmarcResult,
    /// The domain in `From`, in A-labels and lower case; of several the one that fares worst, empty when there is none.
    pub domain: String,
    /// Its organisational domain (RFC 9989 4.10.2).
    pub organization: String,
    /// What is published for this author domain.
    pub policy: Policy,
    /// What is wanted for this message: nothing after a pass, milder in test mode and outside the sample.
    pub disposition: Policy,
    /// SPF passed for a domain that is aligned.
    pub spf_aligned: bool,
    /// A signature passed whose domain is aligned.
    pub dkim_aligned: bool,
    /// The record that applies.
    pub record: Option<DmarcRecord>,
    /// Why it is an error, or nothing.
    pub reason: Option<String>,
}

/// A DMARC policy record, with where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct DmarcRecord {
    /// The domain that publishes it.
    pub domain: String,
    /// `p`; nothing when it says none or nonsense.
    pub p: Option<Policy>,
    /// `sp`, for subdomains.
    pub sp: Option<Policy>,
    /// `np`, for names that do not exist.
    pub np: Option<Policy>,
    /// `adkim`.
    pub adkim: Alignment,
    /// `aspf`.
    pub aspf: Alignment,
    /// Share of failing mail to apply the policy to, in percent (RFC 7489 6.3; RFC 9989 knows it no more).
    pub pct: u8,
    /// `t=y`: apply the next milder policy.
    pub testing: bool,
    /// `psd`: `Some(true)` for a public suffix, `Some(false)` for an organisation.
    pub psd: Option<bool>,
    /// `fo`, as written.
    pub fo: String,
    /// Where aggregate reports go.
    pub rua: Vec<ReportAddress>,
    /// Where failure reports go.
    pub ruf: Vec<ReportAddress>,
}

/// A `mailto:` of a DMARC record.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct ReportAddress {
    /// The mail address.
    pub address: String,
    /// The largest report wanted, in octets (RFC 7489 6.2).
    pub octets_max: Option<u64>,
}

/// RFC 8617 4.4, with the case that the DNS did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArcResult {
    /// No chain.
    #[default]
    None,
    /// It holds.
    Pass,
    /// It is broken.
    Fail,
    /// A key could not be fetched at the moment.
    TempError,
}

impl ArcResult {
    /// The word for Authentication-Results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
        }
    }
}

/// An ARC chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArcChain {
    /// The result.
    pub result: ArcResult,
    /// The highest instance found, 0 without a chain.
    pub instances: u32,
    /// Its sets, the oldest first; only those that can be read.
    pub sets: Vec<ArcSet>,
    /// The newest seal says that the chain was broken already (`cv=fail`), so it must not be continued (RFC 8617 5.1).
    pub ended: bool,
    /// Why it does not hold, or nothing.
    pub reason: Option<String>,
}

/// One set of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ArcSet {
    /// `i=`.
    pub instance: u32,
    /// `d=` of the seal: who sealed.
    pub domain: String,
    /// `s=` of the seal.
    pub selector: String,
    /// What it says about the message as it came there: the payload of ARC-Authentication-Results.
    pub results: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_crosses_the_wire_unchanged() {
        let mut verdict = Verdict::default();
        verdict.dkim.signatures.push(DkimSignature::default());
        verdict.dmarc.record = Some(DmarcRecord::default());
        verdict.arc.sets.push(ArcSet::default());
        let octets = postcard::to_allocvec(&verdict).unwrap();
        assert_eq!(postcard::from_bytes::<Verdict>(&octets).unwrap(), verdict);
        let text = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
        assert!(text.contains(r#""spf":{"result":"none""#), "{text}");
    }

    #[test]
    fn a_milder_policy_is_one_step_down() {
        assert_eq!(Policy::Reject.milder(), Policy::Quarantine);
        assert_eq!(Policy::Quarantine.milder(), Policy::None);
        assert_eq!(Policy::None.milder(), Policy::None);
    }
}
