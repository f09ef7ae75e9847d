//! TLS of a service: certificates chosen by server name, reloadable while it runs, and what was agreed per connection.
//!
//! rustls with ring only; TLS 1.2 and 1.3, no renegotiation, no early data, no client certificates.

mod binding;
mod certificate;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::server::{Acceptor, ClientHello, ParsedCertificate, ProducesTickets, ServerConnection};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ProtocolVersion, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

pub use certificate::{public_key_info, validity};

use crate::SetupError;
use crate::limits::CERTIFICATES_MAX;
use crate::transport::Transport;

/// Where a certificate chain (leaf first) and its private key lie, in PEM (RFC 7468). Both may be one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain.
    pub chain: PathBuf,
    /// The key: PKCS #8, SEC 1 or PKCS #1, not encrypted.
    pub key: PathBuf,
}

/// The TLS configuration of one or several services. A clone is the same configuration: a reload reaches all.
#[derive(Clone, Debug)]
pub struct TlsConfig(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    provider: Arc<CryptoProvider>,
    /// Kept over a reload, so that clients can resume their sessions.
    tickets: Arc<dyn ProducesTickets>,
    alpn: Vec<Vec<u8>>,
    current: RwLock<Arc<Loaded>>,
    /// By name in lower case.
    proofs: RwLock<HashMap<String, Arc<ServerConfig>>>,
}

/// What a client names that looks for a proof (RFC 8737 4).
const ACME_ALPN: &[u8] = b"acme-tls/1";
/// Names that are proved at the same time.
const PROOFS_MAX: usize = 100;

#[derive(Debug)]
struct Loaded {
    files: Vec<CertificateFiles>,
    /// At least one; the first is for clients that name no server, or one that we do not know.
    identities: Vec<Identity>,
}

/// One certificate with all that belongs to it.
#[derive(Debug)]
struct Identity {
    certified: Arc<CertifiedKey>,
    config: Arc<ServerConfig>,
    end_point: Option<Arc<[u8]>>,
}

/// The version of TLS in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsVersion {
    /// RFC 5246.
    V1_2,
    /// RFC 8446.
    V1_3,
}

impl TlsVersion {
    /// As it is written in `Received` fields and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 => "TLSv1.3",
        }
    }
}

/// What client and server agreed on.
#[derive(Clone, Debug)]
pub struct TlsFacts {
    /// Version.
    pub version: TlsVersion,
    /// Cipher suite by its IANA name.
    pub cipher: String,
    /// The server name that the client asked for (RFC 6066 3).
    pub server_name: Option<String>,
    /// The protocol chosen (RFC 7301).
    pub alpn: Option<Vec<u8>>,
    end_point: Option<Arc<[u8]>>,
}

impl TlsFacts {
    /// Channel binding `tls-server-end-point` (RFC 5929 4): hash of our certificate. `None` for certificates for which
    /// it is not defined, such as Ed25519 ones.
    pub fn server_end_point(&self) -> Option<&[u8]> {
        self.end_point.as_deref()
    }
}

impl TlsConfig {
    /// Reads certificates and keys. The first is for clients that do not say which server they want. ALPN protocols in
    /// order of preference; none to not negotiate.
    ///
    /// # Errors
    /// [`SetupError::TlsFile`] with the file and what is wrong with it, [`SetupError::Tls`] for the rest.
    pub fn load(files: Vec<CertificateFiles>, alpn: &[&[u8]]) -> Result<Self, SetupError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tickets = rustls::crypto::ring::Ticketer::new()
            .map_err(|error| SetupError::Tls(error.to_string()))?;
        let alpn: Vec<_> = alpn.iter().map(|name| name.to_vec()).collect();
        let loaded = load(files, &provider, &tickets, &alpn)?;
        Ok(Self(Arc::new(Inner {
            provider,
            tickets,
            alpn,
            current: RwLock::new(Arc::new(loaded)),
            proofs: RwLock::default(),
        })))
    }

    /// Reads the same files again; new connections use what they hold now, open ones stay as they are.
    ///
    /// # Errors
    /// As [`TlsConfig::load`]; then everything stays as it was.
    pub fn reload(&self) -> Result<(), SetupError> {
        let files = self.current().files.clone();
        self.reload_from(files)
    }

    /// As [`TlsConfig::reload`] with other files.
    ///
    /// # Errors
    /// As [`TlsConfig::load`]; then everything stays as it was.
    pub fn reload_from(&self, files: Vec<CertificateFiles>) -> Result<(), SetupError> {
        let Inner {
            provider,
            tickets,
            alpn,
            current,
            ..
        } = &*self.0;
        let loaded = Arc::new(load(files, provider, tickets, alpn)?);
        *current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// Shows a certificate to clients that look for the proof that a name is ours (RFC 8737 3), and to no others.
    ///
    /// # Errors
    /// [`SetupError::Tls`] if the key cannot be used, or there are too many proofs.
    pub fn prove(
        &self,
        name: &str,
        certificate: CertificateDer<'static>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), SetupError> {
        let wrong = |error: rustls::Error| SetupError::Tls(error.to_string());
        let provider = &self.0.provider;
        let key = provider.key_provider.load_private_key(key).map_err(wrong)?;
        // RFC 8737 3: it has a critical extension that checks for other purposes would stumble over.
        let shown = CertifiedKey::new(vec![certificate], key);
        let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(wrong)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        config.alpn_protocols = vec![ACME_ALPN.to_vec()];
        let mut proofs = self
            .0
            .proofs
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if proofs.len() >= PROOFS_MAX {
            return Err(SetupError::Tls(
                "too many names are being proved".to_owned(),
            ));
        }
        proofs.insert(name.to_ascii_lowercase(), Arc::new(config));
        Ok(())
    }

    /// Takes a proof away again.
    pub fn end_proof(&self, name: &str) {
        let mut proofs = self
            .0
            .proofs
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.remove(&name.to_ascii_lowercase());
    }

    /// What a client gets that looks for a proof.
    fn proof(&self, hello: &ClientHello<'_>) -> Option<Arc<ServerConfig>> {
        let mut protocols = hello.alpn()?;
        if !protocols.any(|protocol| protocol == ACME_ALPN) {
            return None;
        }
        let name = hello.server_name()?.to_ascii_lowercase();
        let proofs = self.0.proofs.read().unwrap_or_else(PoisonError::into_inner);
        proofs.get(&name).cloned()
    }

    fn current(&self) -> Arc<Loaded> {
        Arc::clone(
            &self
                .0
                .current
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Does the server's part of the handshake. The caller sets a deadline.
    pub(crate) async fn accept(
        &self,
        transport: Transport,
    ) -> io::Result<(TlsStream<Transport>, TlsFacts)> {
        let start = LazyConfigAcceptor::new(Acceptor::default(), transport).await?;
        let (config, end_point) = {
            let hello = start.client_hello();
            let loaded = self.current();
            match self.proof(&hello) {
                Some(proof) => (proof, None),
                None => {
                    let identity = loaded.choose(&hello);
                    (Arc::clone(&identity.config), identity.end_point.clone())
                }
            }
        };
        let stream = start.into_stream(config).await?;
        let facts = facts(stream.get_ref().1, end_point)?;
        Ok((stream, facts))
    }
}

impl Loaded {
    /// RFC 6066 3: with a name we do not know, the handshake may go on with another certificate, which tells the
    /// administrator of the client more than an alert would.
    fn choose(&self, hello: &ClientHello<'_>) -> &Identity {
        let named = hello
            .server_name()
            .and_then(|name| self.by_name(name, hello));
        let fitting = || {
            self.identities
                .iter()
                .find(|identity| identity.suits(hello))
        };
        named.or_else(fitting).unwrap_or(&self.identities[0])
    }

    fn by_name(&self, name: &str, hello: &ClientHello<'_>) -> Option<&Identity> {
        let name = ServerName::try_from(name).ok()?;
        self.identities
            .iter()
            .find(|identity| identity.is_for(&name) && identity.suits(hello))
    }
}

impl Identity {
    fn is_for(&self, name: &ServerName<'_>) -> bool {
        let leaf = self.certified.cert.first().map(ParsedCertificate::try_from);
        matches!(leaf, Some(Ok(leaf)) if rustls::client::verify_server_name(&leaf, name).is_ok())
    }

    /// Whether the client can check signatures of this key; so an RSA and an ECDSA certificate may have one name.
    fn suits(&self, hello: &ClientHello<'_>) -> bool {
        self.certified
            .key
            .choose_scheme(hello.signature_schemes())
            .is_some()
    }
}

/// Channel binding `tls-exporter` of a connection.
pub(crate) fn exporter(connection: &ServerConnection) -> Option<[u8; 32]> {
    // RFC 9266 4.2: with TLS 1.2 it is safe only with the extended master secret; we cannot see whether that was
    // agreed on, so we offer it with TLS 1.3 only.
    if connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    // RFC 9266 2: this label, an empty context, 32 octets.
    connection
        .export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(&[]))
        .ok()
}

fn facts(connection: &ServerConnection, end_point: Option<Arc<[u8]>>) -> io::Result<TlsFacts> {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => TlsVersion::V1_3,
        Some(ProtocolVersion::TLSv1_2) => TlsVersion::V1_2,
        _ => return Err(io::Error::other("no TLS version agreed on")),
    };
    let suite = connection
        .negotiated_cipher_suite()
        .map(|suite| suite.suite());
    let cipher = suite.and_then(|suite| suite.as_str()).unwrap_or("unknown");
    Ok(TlsFacts {
        version,
        // rustls tells the suites of TLS 1.3 apart by a prefix that IANA does not have.
        cipher: cipher.replacen("TLS13_", "TLS_", 1),
        server_name: connection.server_name().map(str::to_owned),
        alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
        end_point,
    })
}

fn load(
    files: Vec<CertificateFiles>,
    provider: &Arc<CryptoProvider>,
    tickets: &Arc<dyn ProducesTickets>,
    alpn: &[Vec<u8>],
) -> Result<Loaded, SetupError> {
    if files.is_empty() {
        return Err(SetupError::Tls(
            "no certificate is configured; name at least one".to_owned(),
        ));
    }
    if files.len() > CERTIFICATES_MAX {
        return Err(SetupError::Tls(format!(
            "{} certificates; at most {CERTIFICATES_MAX} are taken",
            files.len()
        )));
    }
    let identity = |files| identity(files, provider, tickets, alpn);
    let identities = files.iter().map(identity).collect::<Result<_, _>>()?;
    Ok(Loaded { files, identities })
}

fn identity(
    files: &CertificateFiles,
    provider: &Arc<CryptoProvider>,
    tickets: &Arc<dyn ProducesTickets>,
    alpn: &[Vec<u8>],
) -> Result<Identity, SetupError> {
    let certified = certificate::read(files, provider)?;
    let end_point = certified
        .cert
        .first()
        .and_then(|leaf| binding::server_end_point(leaf))
        .map(Arc::from);
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| SetupError::Tls(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())));
    config.ticketer = Arc::clone(tickets);
    config.alpn_protocols = alpn.to_vec();
    Ok(Identity {
        certified: Arc::new(certified),
        config: Arc::new(config),
        end_point,
    })
}
