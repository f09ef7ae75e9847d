//! Flaw: what is wrong with the certificate of a server, in the words of reports about TLS (RFC 8460 4.3).

use rustls::CertificateError;

use crate::wire::TlsResult;

/// One flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// Its kind.
    pub(crate) result: TlsResult,
    /// What exactly.
    pub(crate) detail: String,
}

/// Octets of the detail that are kept; it may quote what a stranger sent.
const DETAIL_OCTETS_MAX: usize = 200;

impl Flaw {
    /// A flaw with a detail.
    pub(crate) fn new(result: TlsResult, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        detail.truncate(detail.floor_char_boundary(DETAIL_OCTETS_MAX));
        Self { result, detail }
    }

    /// The flaw that rustls found.
    pub(crate) fn of(error: &rustls::Error) -> Self {
        let result = match error {
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => TlsResult::CertificateExpired,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    TlsResult::CertificateHostMismatch
                }
                // RFC 8460 4.3.2.1: the label for everything else about trust.
                _ => TlsResult::CertificateNotTrusted,
            },
            _ => TlsResult::ValidationFailure,
        };
        Self::new(result, error.to_string())
    }

    /// As the error that makes rustls tell the peer (RFC 8446 6.2: which alert belongs to what).
    pub(crate) fn to_error(&self) -> rustls::Error {
        let certificate = match self.result {
            TlsResult::CertificateExpired => CertificateError::Expired,
            TlsResult::CertificateHostMismatch => CertificateError::NotValidForName,
            TlsResult::CertificateNotTrusted => CertificateError::UnknownIssuer,
            _ => CertificateError::ApplicationVerificationFailure,
        };
        certificate.into()
    }
}
