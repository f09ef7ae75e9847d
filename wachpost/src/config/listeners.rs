//! Where each service listens.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use listen::Network;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Addresses of one service.
const ADDRESSES_MAX: usize = 64;

/// The `[listen]` section. A value is one address or a list of them, `[]` for none.
///
/// Missing keys stand for the standard ports on all addresses: `mx` 25, `submission` 587, `submissions` 465,
/// `imap` 143, `imaps` 993. `lmtp`, `managesieve`, `http` and `https` are off unless they are named, so that a newer version
/// opens no port by itself; `admin`, for monitoring, is on `127.0.0.1:8025`. `administration`, for administrators' browsers, is
/// off unless it is named, and so is `administration_http`, the same without TLS, which is for this machine alone. `tlog`
/// and `tlog_http`, for those who look at the tree of our journal and for logs that we witness, are off unless they are named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listeners {
    pub(crate) mx: Addresses,
    pub(crate) submission: Addresses,
    pub(crate) submissions: Addresses,
    pub(crate) lmtp: Addresses,
    pub(crate) imap: Addresses,
    pub(crate) imaps: Addresses,
    /// Filters.
    pub(crate) managesieve: Addresses,
    /// Calendars, contacts and files without TLS.
    pub(crate) http: Addresses,
    /// Calendars, contacts and files.
    pub(crate) https: Addresses,
    pub(crate) admin: Addresses,
    /// Administrators' browsers.
    pub(crate) administration: Addresses,
    /// The same without TLS, on loopback only.
    pub(crate) administration_http: Addresses,
    /// The tree of our journal, and cosignatures for other logs.
    pub(crate) tlog: Addresses,
    /// The same without TLS: all of it is public, and signed.
    pub(crate) tlog_http: Addresses,
    /// Whose PROXY header is believed, and required.
    pub(crate) trusted_proxies: Proxies,
}

impl Default for Listeners {
    fn default() -> Self {
        Self {
            mx: Addresses::everywhere(25),
            submission: Addresses::everywhere(587),
            submissions: Addresses::everywhere(465),
            lmtp: Addresses(Vec::new()),
            imap: Addresses::everywhere(143),
            imaps: Addresses::everywhere(993),
            managesieve: Addresses(Vec::new()),
            http: Addresses(Vec::new()),
            https: Addresses(Vec::new()),
            admin: Addresses(vec![Address::Ip(ADMIN_ADDRESS)]),
            administration: Addresses(Vec::new()),
            administration_http: Addresses(Vec::new()),
            tlog: Addresses(Vec::new()),
            tlog_http: Addresses(Vec::new()),
            trusted_proxies: Proxies(Vec::new()),
        }
    }
}

/// Metrics are for this machine unless configured otherwise.
const ADMIN_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8025);

impl Listeners {
    /// The addresses of all services.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Address> {
        let services = [
            &self.mx,
            &self.submission,
            &self.submissions,
            &self.lmtp,
            &self.imap,
            &self.imaps,
            &self.managesieve,
            &self.http,
            &self.https,
            &self.admin,
            &self.administration,
            &self.administration_http,
            &self.tlog,
            &self.tlog_http,
        ];
        services.into_iter().flat_map(|service| &service.0)
    }

    /// Whether administrators have a place for their browsers.
    pub(crate) fn has_administration(&self) -> bool {
        !self.administration.0.is_empty() || !self.administration_http.0.is_empty()
    }

    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        for addresses in [
            &mut self.mx,
            &mut self.submission,
            &mut self.submissions,
            &mut self.lmtp,
            &mut self.imap,
            &mut self.imaps,
            &mut self.managesieve,
            &mut self.http,
            &mut self.https,
            &mut self.admin,
            &mut self.administration,
            &mut self.administration_http,
            &mut self.tlog,
            &mut self.tlog_http,
        ] {
            for address in &mut addresses.0 {
                if let Address::Unix(path) = address {
                    *path = folder.join(&*path);
                }
            }
        }
    }
}

/// One place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Ip(SocketAddr),
    Unix(PathBuf),
}

/// The places of one service.
#[derive(Clone, Debug)]
pub(crate) struct Addresses(pub(crate) Vec<Address>);

impl Addresses {
    fn everywhere(port: u16) -> Self {
        let v4 = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
        let v6 = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        Self(vec![Address::Ip(v4), Address::Ip(v6)])
    }
}

impl Addresses {
    /// Whether all of them are reached from this machine alone.
    pub(crate) fn are_loopback(&self) -> bool {
        self.0.iter().all(|address| match address {
            Address::Ip(address) => address.ip().is_loopback(),
            Address::Unix(_) => true,
        })
    }
}

/// Networks of proxies.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(pub(crate) Vec<Network>);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map_err(D::Error::custom)
    }
}

fn parse(text: &str) -> Result<Address, String> {
    if let Some(path) = text.strip_prefix("unix:") {
        return Ok(Address::Unix(PathBuf::from(path)));
    }
    text.parse().map(Address::Ip).map_err(|_| {
        format!("`{text}` is no address: write `192.0.2.1:25`, `[2001:db8::1]:25`, or `unix:` and a path")
    })
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AddressesVisitor)
    }
}

struct AddressesVisitor;

impl<'de> Visitor<'de> for AddressesVisitor {
    type Value = Addresses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address such as \"127.0.0.1:143\", or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Addresses, E> {
        parse(text)
            .map(|address| Addresses(vec![address]))
            .map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Addresses, A::Error> {
        let mut addresses = Vec::new();
        while let Some(address) = sequence.next_element()? {
            addresses.push(address);
            if addresses.len() > ADDRESSES_MAX {
                return Err(A::Error::custom("at most 64 addresses per service"));
            }
        }
        Ok(Addresses(addresses))
    }
}

impl<'de> Deserialize<'de> for Proxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts: Vec<String> = Vec::deserialize(deserializer)?;
        let networks = texts.iter().map(|text| {
            text.parse().map_err(|_| {
                D::Error::custom(format!(
                    "`{text}` is no network: write one such as `10.0.0.0/8`"
                ))
            })
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}
