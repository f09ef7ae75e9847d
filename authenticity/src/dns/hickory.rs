//! hickory's resolver as [`Dns`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use super::{Dns, DnsFault, Mx, RECORDS_MAX};

/// Further attempts with a server that does not answer.
const ATTEMPTS: usize = 1;

impl Dns for TokioResolver {
    async fn txt(&self, name: &str) -> Result<Vec<Vec<u8>>, DnsFault> {
        ask(self, name, RecordType::TXT, |data| match data {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        })
        .await
    }

    async fn a(&self, name: &str) -> Result<Vec<Ipv4Addr>, DnsFault> {
        ask(self, name, RecordType::A, |data| match data {
            RData::A(a) => Some(a.0),
            _ => None,
        })
        .await
    }

    async fn aaaa(&self, name: &str) -> Result<Vec<Ipv6Addr>, DnsFault> {
        ask(self, name, RecordType::AAAA, |data| match data {
            RData::AAAA(aaaa) => Some(aaaa.0),
            _ => None,
        })
        .await
    }

    async fn mx(&self, name: &str) -> Result<Vec<Mx>, DnsFault> {
        ask(self, name, RecordType::MX, |data| match data {
            RData::MX(mx) => Some(Mx {
                preference: mx.preference,
                host: plain(&mx.exchange),
            }),
            _ => None,
        })
        .await
    }

    async fn ptr(&self, address: IpAddr) -> Result<Vec<String>, DnsFault> {
        answer(
            self,
            Name::from(address),
            RecordType::PTR,
            |data| match data {
                RData::PTR(ptr) => Some(plain(ptr)),
                _ => None,
            },
        )
        .await
    }
}

async fn ask<T>(
    resolver: &TokioResolver,
    name: &str,
    kind: RecordType,
    wanted: impl Fn(&RData) -> Option<T>,
) -> Result<Vec<T>, DnsFault> {
    // A name that cannot be asked for does not exist.
    let name =
        Name::from_labels(name.split('.').map(str::as_bytes)).map_err(|_| DnsFault::NoSuchName)?;
    answer(resolver, name, kind, wanted).await
}

async fn answer<T>(
    resolver: &TokioResolver,
    name: Name,
    kind: RecordType,
    wanted: impl Fn(&RData) -> Option<T>,
) -> Result<Vec<T>, DnsFault> {
    match resolver.lookup(name, kind).await {
        Ok(found) => {
            let records = found
                .answers()
                .iter()
                .filter_map(|record| wanted(&record.data));
            Ok(records.take(RECORDS_MAX).collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
            ResponseCode::NXDomain => Err(DnsFault::NoSuchName),
            ResponseCode::NoError => Ok(Vec::new()),
            _ => Err(DnsFault::Unavailable),
        },
        Err(_) => Err(DnsFault::Unavailable),
    }
}

/// A name in lower case without its final dot and without escapes, as [`Dns`] has it.
fn plain(name: &Name) -> String {
    let labels: Vec<_> = name.iter().map(String::from_utf8_lossy).collect();
    labels.join(".").to_ascii_lowercase()
}

/// A resolver that asks one server, over UDP and, for long answers, TCP; it keeps nothing and validates nothing.
///
/// # Errors
///
/// When it cannot be built, with the reason.
pub fn resolver_at(server: SocketAddr, timeout: Duration) -> Result<TokioResolver, String> {
    let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
    name_server.trust_negative_responses = true;
    for connection in &mut name_server.connections {
        connection.port = server.port();
    }
    let config = ResolverConfig::from_name_servers(vec![name_server]);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = timeout;
    options.attempts = ATTEMPTS;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 0;
    builder.build().map_err(|error| error.to_string())
}
