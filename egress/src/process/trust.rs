//! Trust: whose certificates are believed.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::RunError;

/// The issuers that are trusted, and how TLS is spoken.
#[derive(Debug)]
pub(crate) struct Trust {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    verified: Arc<ClientConfig>,
}

impl Trust {
    /// The issuers that Mozilla trusts, and those in `roots_pem`.
    ///
    /// # Errors
    /// [`RunError::Setup`] if that is no PEM, or has no certificate of an issuer.
    pub(crate) fn new(roots_pem: &str) -> Result<Self, RunError> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        for certificate in CertificateDer::pem_slice_iter(roots_pem.as_bytes()) {
            certificate
                .map_err(|error| error.to_string())
                .and_then(|issuer| roots.add(issuer).map_err(|error| error.to_string()))
                .map_err(|error| RunError::Setup(format!("a trusted certificate: {error}")))?;
        }
        let roots = Arc::new(roots);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verified = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| RunError::Setup(error.to_string()))?
            .with_root_certificates(Arc::clone(&roots))
            .with_no_client_auth();
        Ok(Self {
            roots,
            provider,
            verified: Arc::new(verified),
        })
    }

    /// The issuers.
    pub(crate) fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    /// The cryptography.
    pub(crate) fn provider(&self) -> &Arc<CryptoProvider> {
        &self.provider
    }

    /// TLS 1.2 or 1.3 with a certificate of a trusted issuer for the name; no ALPN.
    pub(crate) fn verified(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_issuers_are_trusted() {
        let issuer = rcgen::generate_simple_self_signed(vec!["ca.example".into()]).unwrap();
        let without = Trust::new("").unwrap().roots().len();
        let with = Trust::new(&issuer.cert.pem()).unwrap().roots().len();
        assert!(without > 50);
        assert_eq!(with, without + 1);
    }

    #[test]
    fn broken_pem_is_told() {
        let pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::new(pem), Err(RunError::Setup(_))));
    }
}
