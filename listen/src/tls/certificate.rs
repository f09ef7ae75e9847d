//! Certificate files: a chain and a key from PEM, with errors that say which file and what to do.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustls::crypto::CryptoProvider;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::CertificateFiles;
use crate::SetupError;
use crate::limits::CHAIN_CERTIFICATES_MAX;

pub(super) fn read(
    files: &CertificateFiles,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, SetupError> {
    let chain = chain(&files.chain)?;
    let key = key(&files.key)?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => wrong(
            &files.key,
            format!(
                "this key does not belong to the first certificate of `{}`",
                files.chain.display()
            ),
        ),
        other => wrong(&files.key, format!("this key cannot be used: {other}")),
    })
}

/// The public key of a certificate as its issuer signed it: the SubjectPublicKeyInfo (RFC 5280 4.1.2.7), which TLSA records hash.
///
/// # Errors
/// The file cannot be read, or has no certificate in it.
pub fn public_key_info(files: &CertificateFiles) -> Result<Vec<u8>, SetupError> {
    let chain = chain(&files.chain)?;
    let parsed = chain.first().map(ParsedCertificate::try_from);
    match parsed {
        Some(Ok(parsed)) => Ok(parsed.subject_public_key_info().to_vec()),
        _ => Err(wrong(
            &files.chain,
            "the first certificate cannot be read".to_owned(),
        )),
    }
}

/// From when until when a certificate is valid, in seconds since 1970 (RFC 5280 4.1.2.5).
///
/// # Errors
/// As [`public_key_info`].
pub fn validity(files: &CertificateFiles) -> Result<(i64, i64), SetupError> {
    let chain = chain(&files.chain)?;
    let leaf = chain.first().map(|leaf| X509Certificate::from_der(leaf));
    match leaf {
        Some(Ok((_, leaf))) => {
            let validity = leaf.validity();
            Ok((
                validity.not_before.timestamp(),
                validity.not_after.timestamp(),
            ))
        }
        _ => Err(wrong(
            &files.chain,
            "the first certificate cannot be read".to_owned(),
        )),
    }
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| unreadable(path, &error))?;
    let chain = certificates
        .take(CHAIN_CERTIFICATES_MAX + 1)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreadable(path, &error))?;
    let Some(leaf) = chain.first() else {
        return Err(wrong(
            path,
            "no certificate in it; a `BEGIN CERTIFICATE` section is expected".to_owned(),
        ));
    };
    if chain.len() > CHAIN_CERTIFICATES_MAX {
        return Err(wrong(
            path,
            format!("more than {CHAIN_CERTIFICATES_MAX} certificates; a chain is expected"),
        ));
    }
    ParsedCertificate::try_from(leaf).map_err(|error| {
        wrong(
            path,
            format!("the first certificate cannot be read: {error}"),
        )
    })?;
    Ok(chain)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, SetupError> {
    let key = PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => wrong(
            path,
            "no private key in it; a `BEGIN PRIVATE KEY` section is expected (encrypted keys are not supported)".to_owned(),
        ),
        error => unreadable(path, &error),
    })?;
    if let Ok(metadata) = std::fs::metadata(path)
        && metadata.permissions().mode() & 0o007 != 0
    {
        tracing::warn!(path = %path.display(), "everybody on this machine may read the private key; `chmod o-rwx` it");
    }
    Ok(key)
}

fn unreadable(path: &Path, error: &pem::Error) -> SetupError {
    wrong(
        path,
        match error {
            pem::Error::Io(error) => format!("cannot be read: {error}"),
            error => format!("is not PEM: {error}"),
        },
    )
}

fn wrong(path: &Path, why: String) -> SetupError {
    SetupError::TlsFile {
        path: path.to_owned(),
        why,
    }
}
