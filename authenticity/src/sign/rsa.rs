//! New RSA keys, which `ring` signs with and does not make.

use std::convert::Infallible;

use crypto_bigint::rand_core::{TryCryptoRng, TryRng};
use crypto_bigint::{NonZero, U1024, U2048};
use crypto_primes::{Flavor, random_prime};
use zeroize::Zeroizing;

/// Bits of each prime; their product has twice as many (RFC 8301 3.2: signers use at least 2048).
const PRIME_BITS: u32 = 1_024;
/// The public exponent (RFC 8017 3.1): 65537, as everybody's.
const EXPONENT: u64 = 65_537;
/// Pairs of primes that are tried; about two in five fit, and random octets that repeat never do.
const ATTEMPTS_MAX: u32 = 100;

/// Random octets as `crypto-primes` wants them.
struct Source<'a>(&'a mut dyn FnMut(&mut [u8]));

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        (self.0)(&mut octets);
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        (self.0)(&mut octets);
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(octets);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}

/// A key as `RSAPrivateKey` in DER (RFC 8017 A.1.2); nothing when the octets do not seem random.
pub(super) fn generate(random: &mut dyn FnMut(&mut [u8])) -> Option<Zeroizing<Vec<u8>>> {
    let mut source = Source(random);
    for _ in 0..ATTEMPTS_MAX {
        let p: U1024 = random_prime(&mut source, Flavor::Any, PRIME_BITS);
        let q: U1024 = random_prime(&mut source, Flavor::Any, PRIME_BITS);
        if let Some(der) = key_of(p, q) {
            return Some(der);
        }
    }
    None
}

/// The key of two primes, unless they do not fit together.
fn key_of(first: U1024, second: U1024) -> Option<Zeroizing<Vec<u8>>> {
    // RFC 8017 3.2: `q` inverse is modulo `p`; the larger stands first by custom.
    let (p, q) = if first > second {
        (first, second)
    } else {
        (second, first)
    };
    // FIPS 186-5 A.1.3: the primes differ within their first 100 bits, or they could be found from their product.
    let difference = p.wrapping_sub(&q);
    let modulus: U2048 = p.concatenating_mul(&q);
    if difference.bits_vartime() <= PRIME_BITS - 100 || modulus.bits_vartime() != 2 * PRIME_BITS {
        return None;
    }
    let p_less = p.wrapping_sub(&U1024::ONE);
    let q_less = q.wrapping_sub(&U1024::ONE);
    let order: U2048 = p_less.concatenating_mul(&q_less);
    let exponent = U2048::from_u64(EXPONENT);
    let private = exponent
        .invert_mod(&NonZero::new(order).into_option()?)
        .into_option()?;
    let of_p =
        private.rem_vartime(&NonZero::new(p_less.resize::<{ U2048::LIMBS }>()).into_option()?);
    let of_q =
        private.rem_vartime(&NonZero::new(q_less.resize::<{ U2048::LIMBS }>()).into_option()?);
    let inverse = q
        .invert_mod(&NonZero::new(p).into_option()?)
        .into_option()?;

    let mut content = Zeroizing::new(Vec::with_capacity(1_300));
    content.extend(element(0x02, &[0]));
    for number in [&modulus, &exponent, &private] {
        content.extend(integer(&number.to_be_bytes()));
    }
    for number in [&p, &q] {
        content.extend(integer(&number.to_be_bytes()));
    }
    for number in [&of_p, &of_q] {
        content.extend(integer(&number.to_be_bytes()));
    }
    content.extend(integer(&inverse.to_be_bytes()));
    Some(Zeroizing::new(element(0x30, &content)))
}

/// `INTEGER` of DER (X.690 8.3): without leading zeros, except one that keeps it positive.
fn integer(octets: &[u8]) -> Vec<u8> {
    let first = octets
        .iter()
        .position(|octet| *octet != 0)
        .unwrap_or(octets.len().saturating_sub(1));
    let mut kept = Vec::with_capacity(octets.len() + 1);
    if octets.get(first).is_some_and(|octet| octet & 0x80 != 0) {
        kept.push(0);
    }
    kept.extend_from_slice(&octets[first..]);
    element(0x02, &kept)
}

/// Tag, length and content of DER (X.690 8.1).
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let first = length.iter().position(|octet| *octet != 0).unwrap_or(0);
            let octets = &length[first..];
            out.push(0x80 | u8::try_from(octets.len()).unwrap_or(8));
            out.extend_from_slice(octets);
        }
    }
    out.extend_from_slice(content);
    out
}

/// The `RSAPrivateKey` within PKCS #8 (RFC 5208 5): version, algorithm, and the key as an octet string.
pub(super) fn inner_of_pkcs8(octets: &[u8]) -> Option<&[u8]> {
    let (0x30, content, _) = read(octets)? else {
        return None;
    };
    let (0x02, _, rest) = read(content)? else {
        return None;
    };
    let (0x30, _, rest) = read(rest)? else {
        return None;
    };
    let (0x04, key, _) = read(rest)? else {
        return None;
    };
    Some(key)
}

/// Tag and content of the first element, and what follows it.
fn read(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = octets.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        if octets.len() > 4 {
            return None;
        }
        (
            octets
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}
