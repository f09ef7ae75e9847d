//! Channel binding `tls-server-end-point` (RFC 5929 4): a hash of our certificate, with the hash function that the
//! certificate itself is signed with.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The binding, or `None` where RFC 5929 does not define one.
pub(super) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    Some(match signature_hash(certificate)? {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const EXPLICIT_0: u8 = 0xa0;

/// 1.2.840.113549.1.1: PKCS #1 (RFC 8017 appendix C); one octet follows.
const PKCS_1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
/// 1.2.840.10045.4.3: ECDSA with SHA-2 (RFC 5758 3.2); one octet follows.
const ECDSA_SHA2: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
/// 1.2.840.10045.4.1: ECDSA with SHA-1 (RFC 3279 2.2.3).
const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];
/// 2.16.840.1.101.3.4.2: the SHA-2 functions (RFC 8017 appendix B.1); one octet follows.
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/// RFC 5280 4.1: a certificate is a sequence of its contents, the algorithm of the signature, and the signature.
fn signature_hash(certificate: &[u8]) -> Option<Hash> {
    let (contents, _) = element(SEQUENCE, certificate)?;
    let (_, rest) = element(SEQUENCE, contents)?;
    let (algorithm, _) = element(SEQUENCE, rest)?;
    let (identifier, parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    if identifier == ECDSA_SHA1 {
        return Some(Hash::Sha256);
    }
    match identifier.split_last()? {
        (last, PKCS_1) => match last {
            // RFC 5929 4.1: MD5 and SHA-1 are replaced by SHA-256.
            4 | 5 | 11 => Some(Hash::Sha256),
            10 => pss_hash(parameters),
            12 => Some(Hash::Sha384),
            13 => Some(Hash::Sha512),
            _ => None,
        },
        (2, ECDSA_SHA2) => Some(Hash::Sha256),
        (3, ECDSA_SHA2) => Some(Hash::Sha384),
        (4, ECDSA_SHA2) => Some(Hash::Sha512),
        // RFC 5929 4.1: undefined where the signature uses no single hash function, as with Ed25519.
        _ => None,
    }
}

/// RFC 4055 3.1: the hash stands in the parameters, tagged 0; without it, it is SHA-1.
fn pss_hash(parameters: &[u8]) -> Option<Hash> {
    let (parameters, _) = element(SEQUENCE, parameters)?;
    let Some((tagged, _)) = element(EXPLICIT_0, parameters) else {
        return Some(Hash::Sha256);
    };
    let (algorithm, _) = element(SEQUENCE, tagged)?;
    let (identifier, _) = element(OBJECT_IDENTIFIER, algorithm)?;
    match identifier.split_last()? {
        (1, SHA2) => Some(Hash::Sha256),
        (2, SHA2) => Some(Hash::Sha384),
        (3, SHA2) => Some(Hash::Sha512),
        _ => None,
    }
}

/// One element of DER (X.690 8.1, 10.1) with this tag: its contents and what follows.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    if first != tag {
        return None;
    }
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(short & 0x0f))?;
            let length = octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256)?.checked_add(usize::from(*octet))
            })?;
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    fn certificate(algorithm: &'static rcgen::SignatureAlgorithm) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let parameters =
            rcgen::CertificateParams::new(vec!["mail.example.org".to_owned()]).unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn hash_is_that_of_the_signature() {
        let certificate256 = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        assert_eq!(
            server_end_point(&certificate256).unwrap(),
            Sha256::digest(&certificate256).as_slice()
        );
        let certificate384 = certificate(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(
            server_end_point(&certificate384).unwrap(),
            Sha384::digest(&certificate384).as_slice()
        );
        assert_eq!(server_end_point(&certificate(&rcgen::PKCS_ED25519)), None);
    }

    #[test]
    fn pss_parameters_name_the_hash() {
        assert_eq!(pss_hash(&[SEQUENCE, 0]), Some(Hash::Sha256));
        let mut parameters = vec![
            SEQUENCE,
            15,
            EXPLICIT_0,
            13,
            SEQUENCE,
            11,
            OBJECT_IDENTIFIER,
            9,
        ];
        parameters.extend(SHA2);
        parameters.push(3);
        assert_eq!(pss_hash(&parameters), Some(Hash::Sha512));
    }

    #[test]
    fn cut_off_certificates_have_none() {
        let certificate = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        for end in 0..certificate.len() {
            assert_eq!(server_end_point(&certificate[..end]), None);
        }
    }
}
