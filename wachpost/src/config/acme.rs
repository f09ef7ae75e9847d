//! `[acme]`: certificates from an issuer that speaks ACME (RFC 8555), renewed by themselves.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::egress::wire::TsigKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::problem::{Exit, Problem};

/// The issuer that most people use.
const DIRECTORY_DEFAULT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acme {
    /// Where the issuer's service begins.
    #[serde(default = "directory")]
    pub(crate) directory: String,
    /// Whom the issuer warns, an e-mail address.
    pub(crate) contact: Option<String>,
    /// The names on the certificate; the server's own if none is given.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// How we prove that the names are ours.
    #[serde(default)]
    pub(crate) challenge: Challenge,
    /// The name server that takes our proofs, for `dns-01`.
    pub(crate) dns: Option<Dns>,
    /// Where account, key and certificate are kept.
    #[serde(default = "folder")]
    pub(crate) folder: PathBuf,
}

/// Proofs (RFC 8555 8, RFC 8737).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Challenge {
    /// A file on port 80.
    #[serde(rename = "http-01")]
    Http,
    /// A certificate on port 443.
    #[default]
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn,
    /// A record in the DNS, for which the zone must take updates (RFC 2136).
    #[serde(rename = "dns-01")]
    Dns,
}

/// The primary name server of the zone that the names are in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dns {
    pub(crate) server: SocketAddr,
    pub(crate) zone: String,
    /// Name of the TSIG key (RFC 8945), which is one for HMAC-SHA-256.
    pub(crate) key: String,
    /// File with its secret in base64.
    pub(crate) secret_file: PathBuf,
}

impl Acme {
    pub(super) fn resolve_paths(&mut self, base: &Path) {
        self.folder = base.join(&self.folder);
        if let Some(dns) = &mut self.dns {
            dns.secret_file = base.join(&dns.secret_file);
        }
    }

    /// Where the issuer and the name server listen, where that is not the usual port.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        let authority = self.directory.split('/').nth(2).unwrap_or_default();
        let port = authority
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let dns = self.dns.as_ref().map(|dns| dns.server.port());
        port.into_iter().chain(dns)
    }

    /// The certificate with those of its issuers.
    pub(crate) fn chain(&self) -> PathBuf {
        self.folder.join("chain.pem")
    }

    /// Its key, which stays at renewals, so that what the DNS says of it stays true.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// Our account with the issuer.
    pub(crate) fn account(&self) -> PathBuf {
        self.folder.join("account.json")
    }

    /// The names on the certificate.
    pub(crate) fn names(&self, hostname: &str) -> Vec<String> {
        match self.names.is_empty() {
            true => vec![hostname.to_owned()],
            false => self.names.clone(),
        }
    }
}

impl Dns {
    /// The key that signs updates.
    pub(crate) fn tsig(&self) -> Result<TsigKey, Problem> {
        let path = &self.secret_file;
        let text = fs::read_to_string(path).map_err(|error| Problem::file("read", path, &error))?;
        let secret = STANDARD.decode(text.trim()).map_err(|_| {
            let message = format!("`{}` holds no secret in base64", path.display());
            Problem::new(Exit::Config, message)
        })?;
        Ok(TsigKey {
            name: self.key.clone(),
            secret,
        })
    }
}

fn directory() -> String {
    DIRECTORY_DEFAULT.to_owned()
}

fn folder() -> PathBuf {
    PathBuf::from("acme")
}
