//! Setup: what the egress process learns at its start, and never from a request.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The first frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Name servers to ask, one after the other, the fastest first; they need not validate.
    pub resolvers: Vec<SocketAddr>,
    /// Whether answers of the DNS are validated.
    pub dnssec: Dnssec,
    /// Trust anchors for DNSSEC: `DNSKEY` records in the form of a master file (RFC 1035 5.1), one a line. Empty: those
    /// of the root zone that IANA publishes.
    pub trust_anchors: String,
    /// Certificates of further issuers to trust, besides those that browsers trust, as PEM.
    pub roots_pem: String,
    /// What may be connected to although it is not the open Internet.
    pub allowed: Vec<Allowed>,
    /// Hosts that may be asked over `http://`.
    pub plain_http: Vec<String>,
    /// Addresses to connect from; at most one of each family. Empty: the system chooses.
    pub sources: Vec<IpAddr>,
    /// Port of mail exchangers; 0 means 25.
    pub smtp_port: u16,
    /// The longest that a server of mail may be silent, in seconds, where that is less than RFC 5321 4.5.3.2 grants; 0: what
    /// it grants.
    pub smtp_silence_seconds_max: u32,
    /// Scanners of messages.
    pub scanners: Vec<ScannerAt>,
    /// Our name, where a check needs one (RFC 7208 7.3 `%{r}`).
    pub host: String,
    /// Octets of what is remembered of an earlier process, which follow in [`super::Frame::Data`] under the number 0; set by
    /// whoever writes the frame.
    pub memory_octets: u32,
}

/// Whether answers of the DNS are validated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dnssec {
    /// They are: by us, whatever the name server says (RFC 4035 4).
    #[default]
    Validate,
    /// They are not, because the name server withholds signatures: every answer is [`super::Secure::Indeterminate`], and
    /// there is no DANE.
    Off,
}

/// A scanner and where it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannerAt {
    /// Which protocol.
    pub scanner: scan::Scanner,
    /// Where it looks at messages.
    pub endpoint: Endpoint,
    /// Where it learns, if it does.
    pub learn: Option<Endpoint>,
}

/// A place of this machine or network where a scanner listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Endpoint {
    /// Address and port; needs no entry in [`Setup::allowed`].
    Tcp(SocketAddr),
    /// Path of a Unix socket.
    Unix(PathBuf),
}

/// A network, and perhaps a port, that may be connected to. Written `192.0.2.0/24`, `192.0.2.1`, `192.0.2.1:2525`,
/// `[2001:db8::1]:25` or `10.0.0.0/8 port 25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// An address in it.
    pub address: IpAddr,
    /// How many of its leading bits count.
    pub prefix_bits: u8,
    /// The only port, or every one.
    pub port: Option<u16>,
}

impl Allowed {
    /// Whether this covers an address with its port.
    #[must_use]
    pub fn covers(&self, target: SocketAddr) -> bool {
        if self.port.is_some_and(|port| port != target.port()) {
            return false;
        }
        let differing = match (self.address, target.ip()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                (ours.to_bits() ^ theirs.to_bits()).leading_zeros()
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                (ours.to_bits() ^ theirs.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        differing >= u32::from(self.prefix_bits)
    }
}

/// Why a text is no [`Allowed`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no network; write `192.0.2.0/24`, `192.0.2.1:25` or `10.0.0.0/8 port 25`")]
pub struct AllowedError {
    text: String,
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let wrong = || AllowedError {
            text: text.chars().take(100).collect(),
        };
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self {
                address: socket.ip(),
                prefix_bits: width(socket.ip()),
                port: Some(socket.port()),
            });
        }
        let (network, port) = match text.split_once(" port ") {
            Some((network, port)) => (network, Some(port.trim().parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let (address, bits) = match network.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (network.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix_bits = match bits {
            Some(bits) => bits.parse().map_err(|_| wrong())?,
            None => width(address),
        };
        if prefix_bits > width(address) {
            return Err(wrong());
        }
        Ok(Self {
            address,
            prefix_bits,
            port,
        })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)?;
        match self.port {
            Some(port) => write!(f, " port {port}"),
            None => Ok(()),
        }
    }
}

/// Bits of an address.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_networks_are_read_and_written() {
        for (text, written) in [
            ("192.0.2.1", "192.0.2.1/32"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.1:2525", "192.0.2.1/32 port 2525"),
            ("[2001:db8::1]:25", "2001:db8::1/128 port 25"),
            ("10.0.0.0/8 port 25", "10.0.0.0/8 port 25"),
            ("::1", "::1/128"),
        ] {
            let allowed: Allowed = text.parse().unwrap();
            assert_eq!(allowed.to_string(), written);
            assert_eq!(written.parse(), Ok(allowed));
        }
        for text in [
            "",
            "x",
            "10.0.0.0/33",
            "10.0.0.0/8 port",
            "::/129",
            "1.2.3.4:x",
            "/8",
        ] {
            assert!(text.parse::<Allowed>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_narrows() {
        let allowed: Allowed = "10.0.0.0/8 port 25".parse().unwrap();
        assert!(allowed.covers("10.255.0.1:25".parse().unwrap()));
        assert!(!allowed.covers("10.255.0.1:26".parse().unwrap()));
        assert!(!allowed.covers("11.0.0.1:25".parse().unwrap()));
        assert!(!allowed.covers("[::1]:25".parse().unwrap()));
        let everything: Allowed = "0.0.0.0/0".parse().unwrap();
        assert!(everything.covers("203.0.113.1:1".parse().unwrap()));
    }
}
