//! DANE: certificates that a domain vouches for in signed DNS (RFC 6698, RFC 7671, RFC 7672).
//!
//! Does not: ask the DNS, nor decide whether an answer was secure; whoever makes a [`Dane`] has seen to that.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use std::fmt::Write as _;

use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use sha2::{Digest, Sha256, Sha512};

use crate::process::flaw::Flaw;
use crate::wire::{Record, TlsResult};

/// TLSA records of one host that are looked at.
const RECORDS_MAX: usize = 32;

/// Octets of one record that are looked at: a certificate.
const DATA_OCTETS_MAX: usize = 16 * 1_024;

/// What a host publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// No TLSA record.
    Nothing,
    /// Records, but none that we can use. RFC 7672 2.2: TLS is mandatory then, without authentication.
    Unusable(Vec<String>),
    /// Records that certificates are measured by.
    Usable(Dane),
}

/// Usable TLSA records, and the names that a certificate may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dane {
    records: Vec<Tlsa>,
    names: Vec<String>,
}

/// One TLSA record (RFC 6698 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tlsa {
    usage: Usage,
    selector: Selector,
    matching: Matching,
    data: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    /// DANE-TA(2): an authority of the domain's own.
    Authority,
    /// DANE-EE(3): the server's certificate.
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selector {
    /// Cert(0)
    Certificate,
    /// SPKI(1)
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Matching {
    /// Full(0)
    Full,
    /// SHA2-256(1)
    Sha256,
    /// SHA2-512(2)
    Sha512,
}

impl Published {
    /// What the records of a secure answer amount to. `names`: the TLSA base domain and what else a certificate may be for.
    pub(crate) fn of(records: &[Record], names: Vec<String>) -> Self {
        let published: Vec<_> = records
            .iter()
            .filter_map(parameters)
            .take(RECORDS_MAX)
            .collect();
        if published.is_empty() {
            return Self::Nothing;
        }
        let usable: Vec<_> = published.iter().filter_map(Tlsa::of).collect();
        match usable.is_empty() {
            true => Self::Unusable(published.iter().map(presentation).collect()),
            false => Self::Usable(Dane {
                records: strongest(&usable),
                names,
            }),
        }
    }
}

/// The fields of a TLSA record.
type Parameters<'a> = (u8, u8, u8, &'a [u8]);

fn parameters(record: &Record) -> Option<Parameters<'_>> {
    match record {
        Record::Tlsa {
            usage,
            selector,
            matching,
            data,
        } => Some((*usage, *selector, *matching, data)),
        _ => None,
    }
}

/// RFC 6698 2.2: the presentation form.
fn presentation(parameters: &Parameters<'_>) -> String {
    let (usage, selector, matching, data) = parameters;
    let mut text = format!("{usage} {selector} {matching} ");
    for octet in data.iter().take(DATA_OCTETS_MAX) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

impl Tlsa {
    fn of(parameters: &Parameters<'_>) -> Option<Self> {
        let &(usage, selector, matching, data) = parameters;
        let usage = match usage {
            // RFC 7672 3.1.3: the PKIX usages are not for SMTP; such records are unusable.
            2 => Usage::Authority,
            3 => Usage::Server,
            _ => return None,
        };
        let selector = match selector {
            0 => Selector::Certificate,
            1 => Selector::Key,
            _ => return None,
        };
        let (matching, right) = match matching {
            0 => (
                Matching::Full,
                !data.is_empty() && data.len() <= DATA_OCTETS_MAX,
            ),
            1 => (Matching::Sha256, data.len() == 32),
            2 => (Matching::Sha512, data.len() == 64),
            _ => return None,
        };
        right.then(|| Self {
            usage,
            selector,
            matching,
            data: data.to_vec(),
        })
    }

    /// RFC 6698 2.1.3, 2.1.4: whether the certificate is the one that the record speaks of.
    fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        let key;
        let selected: &[u8] = match self.selector {
            Selector::Certificate => certificate,
            Selector::Key => match ParsedCertificate::try_from(certificate) {
                Ok(parsed) => {
                    key = parsed.subject_public_key_info();
                    &key
                }
                Err(_) => return false,
            },
        };
        match self.matching {
            Matching::Full => selected == self.data,
            Matching::Sha256 => Sha256::digest(selected).as_slice() == self.data,
            Matching::Sha512 => Sha512::digest(selected).as_slice() == self.data,
        }
    }
}

/// RFC 7671 9: of several digests for the same usage and selector only the strongest counts; full values always do.
fn strongest(records: &[Tlsa]) -> Vec<Tlsa> {
    let best = |record: &Tlsa| {
        let same = |other: &&Tlsa| (other.usage, other.selector) == (record.usage, record.selector);
        records
            .iter()
            .filter(same)
            .map(|other| other.matching)
            .max()
    };
    records
        .iter()
        .filter(|record| record.matching == Matching::Full || best(record) == Some(record.matching))
        .cloned()
        .collect()
}

impl Dane {
    /// The records in presentation form, for reports.
    pub(crate) fn policy_strings(&self) -> Vec<String> {
        let number = |record: &Tlsa| {
            let usage = match record.usage {
                Usage::Authority => 2,
                Usage::Server => 3,
            };
            let selector = match record.selector {
                Selector::Certificate => 0,
                Selector::Key => 1,
            };
            let matching = match record.matching {
                Matching::Full => 0,
                Matching::Sha256 => 1,
                Matching::Sha512 => 2,
            };
            presentation(&(usage, selector, matching, &record.data))
        };
        self.records.iter().map(number).collect()
    }

    /// Whether a presented certificate is one that the domain vouches for.
    ///
    /// # Errors
    /// The [`Flaw`] that comes closest.
    pub(crate) fn check(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<(), Flaw> {
        // RFC 7672 3.1.1: for DANE-EE the record alone counts, neither the names nor the dates of the certificate.
        let server = |record: &Tlsa| record.usage == Usage::Server && record.matches(certificate);
        if self.records.iter().any(server) {
            return Ok(());
        }
        let anchors = self.anchors(others);
        if anchors.is_empty() {
            return Err(Flaw::new(
                TlsResult::ValidationFailure,
                "no certificate of the server matches a TLSA record",
            ));
        }
        let parsed = ParsedCertificate::try_from(certificate).map_err(|e| Flaw::of(&e))?;
        // RFC 7672 3.1.2: DANE-TA: a chain up to the authority, with dates and names.
        verify_server_cert_signed_by_trust_anchor(&parsed, &anchors, others, now, algorithms.all)
            .map_err(|e| Flaw::of(&e))?;
        // RFC 7672 3.2.2, 3.2.3: any of the reference identifiers will do.
        let fits = |name: &String| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
        };
        match self.names.iter().any(fits) {
            true => Ok(()),
            false => Err(Flaw::new(
                TlsResult::CertificateHostMismatch,
                "the certificate is for another name",
            )),
        }
    }

    /// The authorities that the domain vouches for: those presented that match, and those that stand in the record whole.
    fn anchors(&self, presented: &[CertificateDer<'_>]) -> RootCertStore {
        let mut anchors = RootCertStore::empty();
        for record in &self.records {
            if record.usage != Usage::Authority {
                continue;
            }
            let matching = presented.iter().filter(|other| record.matches(other));
            for authority in matching {
                let _ = anchors.add(authority.clone());
            }
            if (record.selector, record.matching) == (Selector::Certificate, Matching::Full) {
                let _ = anchors.add(CertificateDer::from(record.data.as_slice()));
            }
        }
        anchors
    }
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a test may panic")]
mod tests;
