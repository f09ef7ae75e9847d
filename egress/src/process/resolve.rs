//! Resolver: questions to the DNS, validated with DNSSEC by ourselves, cached.
//!
//! hickory asks the configured name servers over UDP, over TCP when an answer does not fit, and validates; here its
//! answers become ours. What is bogus never leaves this room. What does not exist is remembered here, since hickory
//! does not when it validates.

mod absence;
mod addresses;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::rdata::DNSSECRData;
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record as Raw, RecordType};
use hickory_resolver::{Resolver as Hickory, TokioResolver};
use model::Clock;
use tokio::time::timeout;

use super::RunError;
use crate::wire::{Answer, Dnssec, Existence, Kind, Question, Record, Secure, Setup};
use absence::Absence;

pub(crate) use addresses::Addresses;

/// The longest that one question may take, with all that validation asks besides.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(20);

/// How long one name server may take before the next is asked.
const SERVER_TIME_MAX: Duration = Duration::from_secs(4);

/// How often a question is repeated.
const ATTEMPTS: usize = 2;

/// Answers that are remembered.
const CACHED_ANSWERS_MAX: u64 = 16_384;

/// For how long an answer is remembered at most, whatever it says.
const TTL_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Questions under way to one name server over one TCP connection.
const QUESTIONS_PER_CONNECTION_MAX: usize = 1_024;

/// Aliases that lead from one name to another until it is a loop (RFC 1034 3.6.2).
const ALIASES_MAX: usize = 8;

/// Size of an answer over UDP that we ask for: fits everywhere without fragments (RFC 9715 3.2).
const UDP_PAYLOAD_OCTETS: u16 = 1_232;

/// Asks the DNS. A handle.
#[derive(Clone)]
pub(crate) struct Resolver {
    hickory: Arc<TokioResolver>,
    absence: Arc<Absence>,
    clock: Clock,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    /// What was asked for is no domain name.
    #[error("not a domain name")]
    BadName,
    /// No name server answered in time.
    #[error("no answer of the DNS in time")]
    TimedOut,
    /// The name servers answered with an error, or not at all.
    #[error("the name servers cannot answer")]
    ServerFailed,
}

impl Resolver {
    /// A resolver for the name servers and trust anchors of a setup.
    ///
    /// # Errors
    /// [`RunError::Setup`] if the trust anchors cannot be read.
    pub(crate) fn new(setup: &Setup, clock: Clock) -> Result<Self, RunError> {
        let wrong = |error: &dyn fmt::Display| RunError::Setup(format!("the resolver: {error}"));
        let servers = setup.resolvers.iter().map(|address| {
            let mut udp = ConnectionConfig::udp();
            udp.port = address.port();
            let mut tcp = ConnectionConfig::tcp();
            tcp.port = address.port();
            NameServerConfig::new(address.ip(), true, vec![udp, tcp])
        });
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
        let mut builder = Hickory::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.timeout = SERVER_TIME_MAX;
        options.attempts = ATTEMPTS;
        options.cache_size = CACHED_ANSWERS_MAX;
        options.positive_max_ttl = Some(TTL_MAX);
        options.use_hosts_file = ResolveHosts::Never;
        options.preserve_intermediates = true;
        options.max_active_requests = QUESTIONS_PER_CONNECTION_MAX;
        options.edns_payload_len = UDP_PAYLOAD_OCTETS;
        options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
        options.num_concurrent_reqs = 1;
        options.validate = setup.dnssec == Dnssec::Validate;
        if setup.dnssec == Dnssec::Validate && !setup.trust_anchors.is_empty() {
            // The parser takes what it does not know for nothing, which would leave us without an anchor.
            let lines = setup.trust_anchors.lines().map(str::trim);
            let mut records = lines.filter(|line| !line.is_empty() && !line.starts_with(';'));
            if !records.all(|record| record.contains("DNSKEY")) {
                return Err(wrong(&"a trust anchor is no DNSKEY record"));
            }
            let anchors = setup.trust_anchors.parse::<TrustAnchors>();
            let anchors = anchors.map_err(|error| wrong(&error))?;
            builder = builder.with_trust_anchor(Arc::new(anchors));
        }
        let hickory = builder.build().map_err(|error| wrong(&error))?;
        Ok(Self {
            hickory: Arc::new(hickory),
            absence: Arc::default(),
            clock,
        })
    }

    /// Asks one question.
    ///
    /// # Errors
    /// [`Unresolved`]. That there is nothing, and that what there is is bogus, are answers.
    pub(crate) async fn lookup(&self, question: &Question) -> Result<Answer, Unresolved> {
        let name = domain_name(&question.name)?;
        let now = self.clock.now();
        if let Some(absent) = self.absence.find(&name, question.kind, now) {
            return Ok(absent);
        }
        let asked = self
            .hickory
            .lookup(name.clone(), record_type(question.kind));
        let Ok(found) = timeout(LOOKUP_TIME_MAX, asked).await else {
            return Err(Unresolved::TimedOut);
        };
        match found {
            Ok(found) => {
                let present = self.present(&name, question.kind, &found);
                match timeout(LOOKUP_TIME_MAX, present).await {
                    Ok(answer) => answer,
                    Err(_) => Err(Unresolved::TimedOut),
                }
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => {
                let answer = absent(&name, &none);
                self.absence.note(&name, question.kind, &answer, now);
                Ok(answer)
            }
            Err(NetError::Dns(DnsError::Nsec {
                response, proof, ..
            })) => Ok(Answer {
                secure: secure_of(proof),
                existence: existence_of(response.response_code),
                ..nothing(&name)
            }),
            Err(NetError::Dns(DnsError::DnssecBogus)) => Ok(Answer {
                secure: Secure::Bogus,
                ..nothing(&name)
            }),
            Err(error) => Err(unresolved(&name, &error)),
        }
    }

    /// The answer in what was found.
    ///
    /// hickory leaves out the aliases that led to a name which it remembers; whether they are secure has to be asked
    /// again, since whoever can forge an alias decides what the answer is.
    async fn present(&self, name: &Name, kind: Kind, found: &Lookup) -> Result<Answer, Unresolved> {
        let wanted = record_type(kind);
        let of_type = |raw: &&Raw| raw.record_type() == wanted;
        let mut canonical = name.clone();
        let mut links = Vec::new();
        while !found
            .answers()
            .iter()
            .filter(of_type)
            .any(|raw| raw.name == canonical)
        {
            let known = found.answers().iter().find(|raw| is_alias(raw, &canonical));
            let link = match known {
                Some(link) => Some(link.clone()),
                None => self.alias(&canonical).await?,
            };
            match link {
                Some(link) if links.len() < ALIASES_MAX => {
                    if let RData::CNAME(target) = &link.data {
                        canonical = target.0.clone();
                    }
                    links.push(link);
                }
                _ => return Err(Unresolved::ServerFailed),
            }
        }
        let found = found.answers().iter().filter(of_type);
        let found: Vec<&Raw> = found.filter(|raw| raw.name == canonical).collect();
        let all = || links.iter().chain(found.iter().copied());
        // RFC 4035 4.3: an answer is as secure as the weakest RRset in it.
        let secure = weakest(all().map(|raw| raw.proof));
        if secure == Secure::Bogus {
            return Ok(Answer {
                secure,
                ..nothing(name)
            });
        }
        Ok(Answer {
            records: found.iter().filter_map(|raw| record(&raw.data)).collect(),
            secure,
            ttl_seconds: all().map(|raw| raw.ttl).min().unwrap_or(0),
            existence: Existence::Present,
            canonical_name: text_of(&canonical),
        })
    }

    /// The alias that a name is, if it is one.
    async fn alias(&self, name: &Name) -> Result<Option<Raw>, Unresolved> {
        let found = self.hickory.lookup(name.clone(), RecordType::CNAME).await;
        let found = found.map_err(|error| unresolved(name, &error))?;
        let mut answers = found.answers().iter();
        Ok(answers.find(|raw| is_alias(raw, name)).cloned())
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// Whether a record makes a name an alias.
fn is_alias(raw: &Raw, name: &Name) -> bool {
    raw.record_type() == RecordType::CNAME && raw.name == *name
}

/// Our word for an error of hickory's that is no answer.
fn unresolved(name: &Name, error: &NetError) -> Unresolved {
    tracing::debug!(%name, %error, "a question to the DNS failed");
    match error {
        NetError::Timeout => Unresolved::TimedOut,
        _ => Unresolved::ServerFailed,
    }
}

/// A name as asked for. Octets are taken as they are, without escapes.
pub(super) fn domain_name(text: &str) -> Result<Name, Unresolved> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let labels = text.split('.').filter(|_| !text.is_empty());
    let labels = labels.map(|label| label.to_ascii_lowercase().into_bytes());
    let labels: Vec<Vec<u8>> = labels.collect();
    // RFC 1035 3.1: a label is not empty; RFC 1035 2.3.4: its length and that of the name are hickory's to check.
    if labels.iter().any(Vec::is_empty) {
        return Err(Unresolved::BadName);
    }
    let labels = labels.iter().map(Vec::as_slice);
    let mut name = Name::from_labels(labels).map_err(|_| Unresolved::BadName)?;
    name.set_fqdn(true);
    Ok(name)
}

/// A name as we write it: lower case, without the final dot.
fn text_of(name: &Name) -> String {
    let mut text = name.to_lowercase().to_ascii();
    if text.ends_with('.') {
        text.pop();
    }
    text
}

/// hickory's word for a type.
fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::Mx => RecordType::MX,
        Kind::Txt => RecordType::TXT,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Tlsa => RecordType::TLSA,
        Kind::Ptr => RecordType::PTR,
        Kind::Ns => RecordType::NS,
        Kind::Soa => RecordType::SOA,
        Kind::Cname => RecordType::CNAME,
        Kind::Caa => RecordType::CAA,
        Kind::Ds => RecordType::DS,
    }
}

/// The answer with nothing in it.
fn nothing(name: &Name) -> Answer {
    Answer {
        records: Vec::new(),
        secure: Secure::Indeterminate,
        ttl_seconds: 0,
        existence: Existence::NoData,
        canonical_name: text_of(name),
    }
}

/// The answer in proof that there is nothing.
fn absent(name: &Name, none: &NoRecords) -> Answer {
    let authorities = none.authorities.as_deref().unwrap_or_default();
    let proving = authorities.iter().filter(|raw| {
        matches!(
            raw.data,
            RData::SOA(_) | RData::DNSSEC(DNSSECRData::NSEC(_) | DNSSECRData::NSEC3(_))
        )
    });
    // RFC 2308 5: absence is remembered for the lower of the SOA's own TTL and its last field.
    let ttl_seconds = none
        .soa
        .as_ref()
        .map_or(0, |soa| soa.ttl.min(soa.data.minimum));
    Answer {
        secure: weakest(proving.map(|raw: &Raw| raw.proof)),
        existence: existence_of(none.response_code),
        ttl_seconds,
        ..nothing(name)
    }
}

/// What a response code without records says.
fn existence_of(code: ResponseCode) -> Existence {
    match code {
        ResponseCode::NXDomain => Existence::NoName,
        _ => Existence::NoData,
    }
}

/// Our word for a proof.
fn secure_of(proof: Proof) -> Secure {
    match proof {
        Proof::Secure => Secure::Secure,
        Proof::Insecure => Secure::Insecure,
        Proof::Bogus => Secure::Bogus,
        Proof::Indeterminate => Secure::Indeterminate,
    }
}

/// What several proofs together prove.
fn weakest(proofs: impl IntoIterator<Item = Proof>) -> Secure {
    let secure = proofs.into_iter().map(secure_of);
    secure
        .min_by_key(|secure| strength(*secure))
        .unwrap_or(Secure::Indeterminate)
}

/// How much a proof is worth.
fn strength(secure: Secure) -> u8 {
    match secure {
        Secure::Bogus => 0,
        Secure::Indeterminate => 1,
        Secure::Insecure => 2,
        Secure::Secure => 3,
    }
}

/// Our record for hickory's.
fn record(data: &RData) -> Option<Record> {
    Some(match data {
        RData::MX(mx) => Record::Mx {
            preference: mx.preference,
            exchange: text_of(&mx.exchange),
        },
        RData::TXT(text) => Record::Txt(text.txt_data.concat()),
        RData::A(address) => Record::A(address.0),
        RData::AAAA(address) => Record::Aaaa(address.0),
        RData::TLSA(tlsa) => Record::Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        },
        RData::PTR(name) => Record::Ptr(text_of(&name.0)),
        RData::NS(name) => Record::Ns(text_of(&name.0)),
        RData::SOA(soa) => Record::Soa {
            primary: text_of(&soa.mname),
            contact: text_of(&soa.rname),
            serial: soa.serial,
            // RFC 1035 3.3.13 calls them 32-bit intervals; hickory keeps them signed.
            refresh: soa.refresh.cast_unsigned(),
            retry: soa.retry.cast_unsigned(),
            expire: soa.expire.cast_unsigned(),
            negative_ttl: soa.minimum,
        },
        RData::CNAME(name) => Record::Cname(text_of(&name.0)),
        RData::CAA(caa) => Record::Caa {
            critical: caa.issuer_critical,
            tag: caa.tag.clone(),
            value: caa.value.clone(),
        },
        RData::DNSSEC(DNSSECRData::DS(ds)) => Record::Ds {
            key_tag: ds.key_tag(),
            algorithm: ds.algorithm().into(),
            digest_type: ds.digest_type().into(),
            digest: ds.digest().to_vec(),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
