//! `[egress]`: what the process that connects to the outside may reach, and whom it asks.

use std::fmt::Display;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use egress::wire::{Allowed, Dnssec, Setup};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::problem::{Exit, Problem};

/// Where the system says which name servers to ask.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Octets of a file that is read here.
const FILE_OCTETS_MAX: u64 = 1024 * 1024;
/// Name servers to ask: the system's own library takes three as well.
const RESOLVERS_MAX: usize = 3;
/// The port of DNS (RFC 1035 4.2).
const DNS_PORT: u16 = 53;

/// Ports that the process connects to on behalf of mail: SMTP and submission (RFC 5321 4.5.4.2, RFC 6409 3.1, RFC 8314 7.3), DNS,
/// and the web with the port that many sign-in services have.
const USUAL_PORTS: [u16; 7] = [25, 587, 465, DNS_PORT, 80, 443, 8443];

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Egress {
    /// Name servers; those of the system if none is named.
    pub(crate) resolvers: Vec<Resolver>,
    /// Whether answers of the DNS are validated; off where the name servers withhold signatures.
    pub(crate) dnssec: bool,
    /// File with the trust anchors of DNSSEC, as `DNSKEY` records; the root zone's own if none.
    pub(crate) trust_anchors: Option<PathBuf>,
    /// File with certificates of further issuers to trust.
    pub(crate) roots: Option<PathBuf>,
    /// Private networks that may be connected to.
    #[serde(deserialize_with = "all_parsed")]
    pub(crate) allowed: Vec<Allowed>,
    /// Further TCP ports that may be connected to, besides those of mail, names and the web and those that the configuration
    /// names elsewhere.
    pub(crate) ports: Vec<u16>,
    /// Hosts that may be asked over HTTP without TLS.
    pub(crate) plain_http: Vec<String>,
    /// Addresses to connect from.
    pub(crate) sources: Vec<IpAddr>,
    /// Another port than 25 for mail exchangers, for tests.
    pub(crate) smtp_port: Option<u16>,
    /// Less patience with silent servers than RFC 5321 4.5.3.2 grants, for tests.
    pub(crate) smtp_silence_seconds: Option<u32>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            resolvers: Vec::new(),
            dnssec: true,
            trust_anchors: None,
            roots: None,
            allowed: Vec::new(),
            ports: Vec::new(),
            plain_http: Vec::new(),
            sources: Vec::new(),
            smtp_port: None,
            smtp_silence_seconds: None,
        }
    }
}

/// The address of a name server; its port is 53 if none is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolver(pub(crate) SocketAddr);

impl Egress {
    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        for path in [&mut self.trust_anchors, &mut self.roots]
            .into_iter()
            .flatten()
        {
            *path = folder.join(&*path);
        }
    }

    /// What the process learns at its start.
    pub(crate) fn setup(&self, hostname: &str) -> Result<Setup, Problem> {
        let read = |path: &Option<PathBuf>| match path {
            Some(path) => read(path),
            None => Ok(String::new()),
        };
        Ok(Setup {
            resolvers: self.resolvers(),
            dnssec: match self.dnssec {
                true => Dnssec::Validate,
                false => Dnssec::Off,
            },
            trust_anchors: read(&self.trust_anchors)?,
            roots_pem: read(&self.roots)?,
            allowed: self.allowed.clone(),
            plain_http: self.plain_http.clone(),
            sources: self.sources.clone(),
            smtp_port: self.smtp_port.unwrap_or(0),
            smtp_silence_seconds_max: self.smtp_silence_seconds.unwrap_or(0),
            scanners: Vec::new(),
            host: hostname.to_owned(),
            memory_octets: 0,
        })
    }

    /// The TCP ports that are needed for what is configured here; none if a whole network may be connected to, at any port.
    pub(super) fn ports(&self) -> Option<Vec<u16>> {
        let mut ports = USUAL_PORTS.to_vec();
        for allowed in &self.allowed {
            ports.push(allowed.port?);
        }
        ports.extend(&self.ports);
        ports.extend(self.smtp_port);
        ports.extend(self.resolvers().iter().map(SocketAddr::port));
        Some(ports)
    }

    fn resolvers(&self) -> Vec<SocketAddr> {
        if !self.resolvers.is_empty() {
            return self.resolvers.iter().map(|resolver| resolver.0).collect();
        }
        match read(Path::new(RESOLV_CONF)) {
            Ok(text) => name_servers(&text),
            Err(problem) => {
                tracing::warn!(%problem, "no name server is known: nothing can be looked up");
                Vec::new()
            }
        }
    }
}

/// What `resolv.conf` names.
fn name_servers(text: &str) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let address = (words.next()? == "nameserver").then(|| words.next())??;
        let address: IpAddr = address.parse().ok()?;
        Some(SocketAddr::new(address, DNS_PORT))
    });
    named.take(RESOLVERS_MAX).collect()
}

fn read(path: &Path) -> Result<String, Problem> {
    let metadata = fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
    if metadata.len() > FILE_OCTETS_MAX {
        let message = format!("`{}` is larger than 1 MiB", path.display());
        return Err(Problem::new(Exit::Config, message));
    }
    fs::read_to_string(path).map_err(|error| Problem::file("read", path, &error))
}

impl<'de> Deserialize<'de> for Resolver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let address = text.parse().or_else(|_| {
            let address = text.parse::<IpAddr>();
            address.map(|address| SocketAddr::new(address, DNS_PORT))
        });
        address.map(Self).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is no address: write `192.0.2.53`, `192.0.2.53:53` or `2001:db8::53`"
            ))
        })
    }
}

/// A list of texts, each read as what it says.
pub(super) fn all_parsed<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr<Err: Display>,
    D: Deserializer<'de>,
{
    let texts: Vec<String> = Vec::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| text.parse());
    parsed.collect::<Result<_, _>>().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_those_of_the_system() {
        let text = "# made by hand\nsearch example.org\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n\
                    nameserver nonsense\noptions edns0\nnameserver 192.0.2.54\nnameserver 192.0.2.55\n";
        let expected = ["192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"];
        assert_eq!(
            name_servers(text),
            expected.map(|text| text.parse().unwrap())
        );
    }

    #[test]
    fn the_section_is_read() {
        let text = "resolvers = [\"192.0.2.53\", \"127.0.0.1:5353\"]\nallowed = [\"10.0.0.0/8 port 25\"]\n";
        let section: Egress = toml::from_str(text).unwrap();
        let setup = section.setup("mail.example.org").unwrap();
        let expected = ["192.0.2.53:53", "127.0.0.1:5353"];
        assert_eq!(setup.resolvers, expected.map(|text| text.parse().unwrap()));
        assert!(setup.allowed[0].covers("10.1.2.3:25".parse().unwrap()));
        assert!(toml::from_str::<Egress>("allowed = [\"nowhere\"]").is_err());
        assert!(section.ports().unwrap().contains(&5353));
        assert!(!section.ports().unwrap().contains(&22));
        let open: Egress = toml::from_str("allowed = [\"10.0.0.0/8\"]").unwrap();
        assert_eq!(open.ports(), None);
    }
}
