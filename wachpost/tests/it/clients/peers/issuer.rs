//! An issuer of certificates that everybody in the test's network trusts.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer as Signing, KeyPair, PublicKeyData};
use sha2::{Digest, Sha256};

/// The issuer.
pub(super) struct Issuer {
    certificate: String,
    signing: Signing<'static, KeyPair>,
}

/// A certificate with its key, as PEM.
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
    /// What `TLSA 3 1 1` says of it (RFC 6698 2.1): SHA-256 of the public key.
    pub(super) key_digest: String,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        let signing = Signing::new(parameters, key);
        Self {
            certificate,
            signing,
        }
    }

    /// A certificate for these names.
    pub(super) fn issue(&self, names: &[&str]) -> Issued {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
        let parameters = CertificateParams::new(names).unwrap();
        let certificate = parameters.signed_by(&key, &self.signing).unwrap();
        let digest = Sha256::digest(key.subject_public_key_info());
        Issued {
            chain: certificate.pem(),
            key: key.serialize_pem(),
            key_digest: digest.iter().map(|octet| format!("{octet:02x}")).collect(),
        }
    }

    /// Its own certificate, for those who are to trust it.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }
}

impl Issued {
    /// Writes both into the folder, as `chain.pem` and `key.pem`.
    pub(super) fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("chain.pem"), &self.chain).unwrap();
        fs::write(folder.join("key.pem"), &self.key).unwrap();
    }
}
