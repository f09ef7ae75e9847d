//! Resolver: questions to the DNS, validated with DNSSEC by ourselves, cached.
//!
//! hickory asks the configured name servers over UDP, over TCP when an answer does not fit, and validates; here its
//! answers become ours. What is bogus never leaves this room. What does not exist, and what failed, is remembered here,
//! since hickory does not when it validates; and what it takes for bogus is looked at once more, link by link.

mod addresses;
mod memory;
mod second;
mod words;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
    ServerOrderingStrategy,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::proto::dnssec::rdata::DNSSECRData;
use hickory_resolver::proto::rr::{Name, RData, Record as Raw, RecordType};
use hickory_resolver::{Resolver as Hickory, TokioResolver};
use model::Clock;
use tokio::time::timeout;

use super::RunError;
use crate::wire::{Answer, Dnssec, Existence, Kind, Question, Secure, Setup};
use memory::Memory;
use second::SecondOpinion;
use words::{existence_of, is_alias, record, record_type, secure_of, text_of, weaker, weakest};

pub(crate) use addresses::Addresses;
pub(super) use words::domain_name;

/// The longest that one question may take, with all that validation asks besides.
const LOOKUP_TIME_MAX: Duration = Duration::from_secs(20);

/// How long one name server may take before the next is asked.
const SERVER_TIME_MAX: Duration = Duration::from_secs(4);

/// How often a question is repeated.
const ATTEMPTS: usize = 2;

/// Answers that hickory remembers; strangers choose what stands in them, up to 64 KiB each (RFC 1035 4.2.2).
const CACHED_ANSWERS_MAX: u64 = 4_096;

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
    second: Option<Arc<SecondOpinion>>,
    memory: Arc<Memory>,
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

/// What hickory wants to have for name servers that are asked over TLS, which none is. Of its own it would look for
/// certificates in the file system, which this process does not see.
fn no_tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    Ok(builder
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
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
        let servers: Vec<NameServerConfig> = servers.collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), servers.clone());
        let tls = no_tls().map_err(|error| wrong(&error))?;
        let mut builder = Hickory::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options(setup))
            .with_tls_config(tls.clone());
        let mut second = None;
        if setup.dnssec == Dnssec::Validate {
            let anchors = Arc::new(anchors(&setup.trust_anchors).map_err(|error| wrong(&error))?);
            let opinion = SecondOpinion::new(servers, options(setup), Arc::clone(&anchors), tls);
            second = Some(Arc::new(opinion));
            builder = builder.with_trust_anchor(anchors);
        }
        let hickory = builder.build().map_err(|error| wrong(&error))?;
        Ok(Self {
            hickory: Arc::new(hickory),
            second,
            memory: Arc::default(),
            clock,
        })
    }

    /// Asks one question.
    ///
    /// # Errors
    /// [`Unresolved`]. That there is nothing, and that what there is is bogus, are answers.
    pub(crate) async fn lookup(&self, question: &Question) -> Result<Answer, Unresolved> {
        let name = domain_name(&question.name)?;
        let asked = self.find(name.clone(), question.kind, ALIASES_MAX);
        if let Ok(outcome) = timeout(LOOKUP_TIME_MAX, asked).await {
            return outcome;
        }
        let outcome = Err(Unresolved::TimedOut);
        let now = self.clock.now();
        self.memory.note(&name, question.kind, &outcome, now);
        outcome
    }

    /// Asks, and follows at most so many aliases besides those that hickory follows.
    async fn find(&self, name: Name, kind: Kind, aliases: usize) -> Result<Answer, Unresolved> {
        let now = self.clock.now();
        if let Some(known) = self.memory.find(&name, kind, now) {
            return known;
        }
        let outcome = match self.hickory.lookup(name.clone(), record_type(kind)).await {
            // Remembered by hickory, however much it is.
            Ok(found) => return self.present(&name, kind, &found).await,
            Err(NetError::Dns(DnsError::NoRecordsFound(none))) => Ok(absent(&name, &none)),
            Err(NetError::Dns(DnsError::Nsec {
                response, proof, ..
            })) => Ok(Answer {
                secure: secure_of(proof),
                existence: existence_of(response.response_code),
                ..nothing(&name)
            }),
            // Boxed, since the name behind an alias is looked for in the same way.
            Err(NetError::Dns(DnsError::DnssecBogus)) => {
                Box::pin(self.look_again(&name, kind, aliases)).await
            }
            Err(error) => Err(unresolved(&name, &error)),
        };
        self.memory.note(&name, kind, &outcome, now);
        outcome
    }

    /// The answer to what hickory takes for bogus.
    ///
    /// hickory judges a response as a whole, so that proofs from the zones of several aliases look like forgeries to it,
    /// as do records that a wildcard stands for in zones with NSEC, and aliases by DNAME. Here an alias is proved by itself and then followed.
    async fn look_again(
        &self,
        name: &Name,
        kind: Kind,
        aliases: usize,
    ) -> Result<Answer, Unresolved> {
        let bogus = Answer {
            secure: Secure::Bogus,
            ..nothing(name)
        };
        let Some(second) = &self.second else {
            return Ok(bogus);
        };
        if kind != Kind::Cname && aliases > 0 {
            let link = match self.alias(name).await {
                Ok(link) => link,
                Err(NetError::Dns(DnsError::DnssecBogus)) => second.alias(name).await,
                Err(NetError::Dns(DnsError::NoRecordsFound(_) | DnsError::Nsec { .. })) => None,
                Err(error) => return Err(unresolved(name, &error)),
            };
            if let Some(link) = link
                && let RData::CNAME(target) = link.data
            {
                let answer = Box::pin(self.find(target.0, kind, aliases - 1)).await?;
                return Ok(Answer {
                    secure: weaker(answer.secure, secure_of(link.proof)),
                    ttl_seconds: answer.ttl_seconds.min(link.ttl),
                    ..answer
                });
            }
        }
        let expanded = second.expanded(name, record_type(kind)).await;
        if expanded.is_empty() {
            return Ok(bogus);
        }
        Ok(Answer {
            records: expanded
                .iter()
                .filter_map(|raw| record(&raw.data))
                .collect(),
            secure: Secure::Secure,
            ttl_seconds: expanded.iter().map(|raw| raw.ttl).min().unwrap_or(0),
            existence: Existence::Present,
            canonical_name: text_of(name),
        })
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
                None => {
                    let alias = self.alias(&canonical).await;
                    alias.map_err(|error| unresolved(&canonical, &error))?
                }
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
    async fn alias(&self, name: &Name) -> Result<Option<Raw>, NetError> {
        let found = self.hickory.lookup(name.clone(), RecordType::CNAME).await?;
        let mut answers = found.answers().iter();
        Ok(answers.find(|raw| is_alias(raw, name)).cloned())
    }
}

/// How hickory is to ask.
fn options(setup: &Setup) -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = SERVER_TIME_MAX;
    options.attempts = ATTEMPTS;
    options.cache_size = CACHED_ANSWERS_MAX;
    options.positive_max_ttl = Some(TTL_MAX);
    options.use_hosts_file = ResolveHosts::Never;
    options.preserve_intermediates = true;
    options.max_active_requests = QUESTIONS_PER_CONNECTION_MAX;
    options.edns_payload_len = UDP_PAYLOAD_OCTETS;
    // One after the other, those first that have answered fast.
    options.server_ordering_strategy = ServerOrderingStrategy::QueryStatistics;
    options.num_concurrent_reqs = 1;
    options.validate = setup.dnssec == Dnssec::Validate;
    options
}

/// The trust anchors that are written out, or those of the root zone.
fn anchors(text: &str) -> Result<TrustAnchors, String> {
    // The parser takes what it does not know for nothing, which would leave us without an anchor.
    let lines = text.lines().map(str::trim);
    let records = lines.filter(|line| !line.is_empty() && !line.starts_with(';'));
    let records: Vec<&str> = records.collect();
    if records.is_empty() {
        return Ok(TrustAnchors::default());
    }
    if !records.iter().all(|record| record.contains("DNSKEY")) {
        return Err("a trust anchor is no DNSKEY record".to_owned());
    }
    text.parse::<TrustAnchors>()
        .map_err(|error| format!("a trust anchor: {error}"))
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}

/// Our word for an error of hickory's that is no answer.
fn unresolved(name: &Name, error: &NetError) -> Unresolved {
    tracing::debug!(%name, %error, "a question to the DNS failed");
    match error {
        NetError::Timeout => Unresolved::TimedOut,
        _ => Unresolved::ServerFailed,
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

/// Reads arbitrary input as a name, and as an address that is written out.
///
/// # Panics
/// If a name is longer than names are.
pub(super) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = addresses::literal(&text);
    if let Ok(name) = domain_name(&text) {
        // RFC 1035 2.3.4: 255 octets, lengths of labels included.
        assert!(name.len() <= 255, "a name is not too long");
    }
}

#[cfg(test)]
mod tests;
