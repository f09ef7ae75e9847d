//! TLS towards a server: what is demanded of its certificate, and the handshake (RFC 3207, RFC 7672, RFC 8461).

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use model::Clock;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::process::dane::Dane;
use crate::process::flaw::Flaw;
use crate::process::surroundings::Io;
use crate::wire::TlsResult;

/// What a certificate has to be.
#[derive(Clone, Debug)]
pub(crate) enum Demand {
    /// Anything: the connection is only kept from those who listen and do nothing.
    Nothing,
    /// For the name of the host, and from an authority that we trust (RFC 5280, RFC 9525).
    WebPki,
    /// One that the domain vouches for.
    Dane(Arc<Dane>),
}

/// What certificates are checked with.
#[derive(Clone)]
pub(crate) struct Checks {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    clock: Clock,
    /// For [`Demand::Nothing`]: one for all, so that sessions are resumed.
    unchecked: Arc<ClientConfig>,
}

impl std::fmt::Debug for Checks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checks").finish_non_exhaustive()
    }
}

/// Why there is no TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoTls {
    /// The certificate is not what was demanded.
    Flawed(Flaw),
    /// The handshake did not come to an end.
    Failed(Flaw),
}

impl NoTls {
    /// What is reported.
    pub(crate) fn flaw(&self) -> &Flaw {
        match self {
            Self::Flawed(flaw) | Self::Failed(flaw) => flaw,
        }
    }
}

impl Checks {
    /// Checks against these authorities, at the time of this clock.
    ///
    /// # Errors
    /// [`rustls::Error`] if the provider lacks TLS 1.2 or 1.3.
    pub(crate) fn new(
        roots: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
        clock: Clock,
    ) -> Result<Self, rustls::Error> {
        let verifier = Arc::new(Verifier {
            demand: Demand::Nothing,
            enforced: false,
            roots: Arc::clone(&roots),
            provider: Arc::clone(&provider),
            found: OnceLock::new(),
        });
        let unchecked = Arc::new(config(&provider, &clock, verifier)?);
        Ok(Self {
            roots,
            provider,
            clock,
            unchecked,
        })
    }

    /// Begins TLS on a stream. Besides the stream comes a flaw that was found and not enforced.
    ///
    /// # Errors
    /// [`NoTls`]; the stream is gone then.
    pub(crate) async fn start(
        &self,
        stream: Box<dyn Io>,
        name: ServerName<'static>,
        demand: &Demand,
        enforced: bool,
        within: Duration,
    ) -> Result<(Box<dyn Io>, Option<Flaw>), NoTls> {
        let failed =
            |detail: String| NoTls::Failed(Flaw::new(TlsResult::ValidationFailure, detail));
        let (config, verifier) = match demand {
            Demand::Nothing => (Arc::clone(&self.unchecked), None),
            Demand::WebPki | Demand::Dane(_) => {
                let verifier = Arc::new(Verifier {
                    demand: demand.clone(),
                    enforced,
                    roots: Arc::clone(&self.roots),
                    provider: Arc::clone(&self.provider),
                    found: OnceLock::new(),
                });
                let mut config = config(&self.provider, &self.clock, Arc::clone(&verifier) as _)
                    .map_err(|error| failed(error.to_string()))?;
                // A resumed session shows no certificate.
                config.resumption = Resumption::disabled();
                (Arc::new(config), Some(verifier))
            }
        };
        let handshake = TlsConnector::from(config).connect(name, stream);
        let found = || verifier.as_ref().and_then(|verifier| verifier.found.get());
        match timeout(within, handshake).await {
            Ok(Ok(stream)) => {
                let flaw = found().cloned();
                Ok((Box::new(stream), flaw))
            }
            Ok(Err(error)) => Err(match found() {
                Some(flaw) => NoTls::Flawed(flaw.clone()),
                None => failed(describe(&error)),
            }),
            Err(_) => Err(failed("the handshake took too long".to_owned())),
        }
    }
}

fn describe(error: &io::Error) -> String {
    let inner = error.get_ref().map(ToString::to_string);
    inner.unwrap_or_else(|| error.to_string())
}

fn config(
    provider: &Arc<CryptoProvider>,
    clock: &Clock,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<ClientConfig, rustls::Error> {
    let time = Arc::new(ClockTime(clock.clone()));
    Ok(
        ClientConfig::builder_with_details(Arc::clone(provider), time)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth(),
    )
}

/// Our clock in the shape that rustls wants.
#[derive(Debug)]
struct ClockTime(Clock);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        let ms = u64::try_from(self.0.now().0).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(ms)))
    }
}

/// Measures one server's certificate by a [`Demand`], and keeps what it found.
struct Verifier {
    demand: Demand,
    enforced: bool,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    found: OnceLock<Flaw>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier")
            .field("demand", &self.demand)
            .field("enforced", &self.enforced)
            .finish_non_exhaustive()
    }
}

impl Verifier {
    fn check(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Flaw> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match &self.demand {
            Demand::Nothing => Ok(()),
            Demand::Dane(dane) => dane.check(certificate, others, now, algorithms),
            Demand::WebPki => {
                let check = || {
                    let parsed = ParsedCertificate::try_from(certificate)?;
                    verify_server_cert_signed_by_trust_anchor(
                        &parsed,
                        &self.roots,
                        others,
                        now,
                        algorithms.all,
                    )?;
                    // RFC 8461 4.2: the name of the mail exchanger stands in the subject alternative names.
                    verify_server_name(&parsed, name)
                };
                check().map_err(|error| Flaw::of(&error))
            }
        }
    }

    /// Whether it matters that the server has the key of its certificate.
    fn signature_counts(&self) -> bool {
        !matches!(self.demand, Demand::Nothing)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Err(flaw) = self.check(end_entity, intermediates, server_name, now) else {
            return Ok(ServerCertVerified::assertion());
        };
        let error = flaw.to_error();
        // A verifier serves one handshake: nothing was found before.
        let _ = self.found.set(flaw);
        match self.enforced {
            true => Err(error),
            false => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.signature_counts() {
            true => verify_tls12_signature(
                message,
                cert,
                dss,
                &self.provider.signature_verification_algorithms,
            ),
            false => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        match self.signature_counts() {
            true => verify_tls13_signature(
                message,
                cert,
                dss,
                &self.provider.signature_verification_algorithms,
            ),
            false => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
