//! Keys of passkeys: read from COSE (RFC 9052 7), and signatures checked with them.

use model::PasskeyKey;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use super::cbor::Reader;

/// What we can check, the best liked first: ES256 and EdDSA (RFC 9053 2), RS256 (RFC 8812 2) for Windows Hello.
pub(super) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;
/// RFC 9053 7: key types.
const OKP: i64 = 1;
const EC2: i64 = 2;
/// RFC 8230 4.
const RSA: i64 = 3;
/// RFC 9053 7.1: curves.
const P256: i64 = 1;
const ED25519: i64 = 6;
/// Octets of a coordinate of P-256, and of an Ed25519 key.
const COORDINATE_OCTETS: usize = 32;
/// Octets of an RSA modulus: 2,048 to 4,096 bits.
const MODULUS_OCTETS: std::ops::RangeInclusive<usize> = 256..=512;
/// Octets of an RSA exponent.
const EXPONENT_OCTETS: std::ops::RangeInclusive<usize> = 1..=4;
/// Entries of a key.
const ENTRIES_MAX: u64 = 16;

#[derive(Default)]
struct Parameters<'a> {
    kind: Option<i64>,
    algorithm: Option<i64>,
    /// -1: a curve, or a modulus.
    curve: Option<i64>,
    modulus: Option<&'a [u8]>,
    /// -2: x, or an exponent.
    second: Option<&'a [u8]>,
    /// -3: y.
    third: Option<&'a [u8]>,
}

/// Reads a key.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<PasskeyKey> {
    let entries = reader.map()?;
    if entries > ENTRIES_MAX {
        return None;
    }
    let mut found = Parameters::default();
    for _ in 0..entries {
        match reader.integer()? {
            1 => found.kind = Some(reader.integer()?),
            3 => found.algorithm = Some(reader.integer()?),
            // The key type comes first in the canonical order of CTAP2 6.
            -1 if found.kind == Some(RSA) => found.modulus = Some(reader.bytes()?),
            -1 => found.curve = Some(reader.integer()?),
            -2 => found.second = Some(reader.bytes()?),
            -3 => found.third = Some(reader.bytes()?),
            _ => reader.skip()?,
        }
    }
    found.key()
}

impl Parameters<'_> {
    fn key(&self) -> Option<PasskeyKey> {
        let coordinate = |octets: Option<&[u8]>| {
            octets
                .filter(|octets| octets.len() == COORDINATE_OCTETS)
                .map(<[u8]>::to_vec)
        };
        match (self.kind?, self.algorithm?) {
            (EC2, ES256) if self.curve == Some(P256) => {
                // SEC 1 2.3.3: an uncompressed point.
                let mut point = vec![4];
                point.extend(coordinate(self.second)?);
                point.extend(coordinate(self.third)?);
                Some(PasskeyKey::Es256(point))
            }
            (OKP, EDDSA) if self.curve == Some(ED25519) => {
                coordinate(self.second).map(PasskeyKey::EdDsa)
            }
            (RSA, RS256) => {
                let modulus = without_zeros(self.modulus?);
                let exponent = without_zeros(self.second?);
                let fits = MODULUS_OCTETS.contains(&modulus.len())
                    && EXPONENT_OCTETS.contains(&exponent.len());
                fits.then(|| PasskeyKey::Rs256 {
                    modulus: modulus.to_vec(),
                    exponent: exponent.to_vec(),
                })
            }
            _ => None,
        }
    }
}

fn without_zeros(octets: &[u8]) -> &[u8] {
    let zeros = octets.iter().take_while(|octet| **octet == 0).count();
    octets.get(zeros..).unwrap_or_default()
}

/// Whether the signature over these octets is right.
pub(super) fn verify(key: &PasskeyKey, octets: &[u8], signature: &[u8]) -> bool {
    let by = |algorithm, key: &[u8]| {
        UnparsedPublicKey::new(algorithm, key)
            .verify(octets, signature)
            .is_ok()
    };
    match key {
        PasskeyKey::Es256(point) => by(&signature::ECDSA_P256_SHA256_ASN1, point),
        PasskeyKey::EdDsa(point) => by(&signature::ED25519, point),
        PasskeyKey::Rs256 { modulus, exponent } => RsaPublicKeyComponents {
            n: modulus,
            e: exponent,
        }
        .verify(&signature::RSA_PKCS1_2048_8192_SHA256, octets, signature)
        .is_ok(),
    }
}
