//! App passwords: made by us, so that they are strong, and numbered, so that one look says which credential to check.
//!
//! `0007-k3vq-...`: the first group is the credential's number in base 32, the other five are 100 random bits.
//! Somebody may have a hundred of them, and yet an attempt to sign in costs one hash.

use model::CredentialId;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::secret::Secret;

/// Digits without those that look alike in print (Crockford's base 32, in lower case).
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random digits: 100 bits.
const RANDOM_DIGITS: usize = 20;
/// Digits in a group, for reading aloud.
const GROUP_DIGITS: usize = 4;
/// Digits of the number: 4 at least, 7 hold 32 bits.
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = GROUP_DIGITS..=7;
/// Characters somebody may type, hyphens and spaces included.
const TYPED_OCTETS_MAX: usize = 64;

/// A new app password for the credential with this number.
pub(crate) fn generate(credential: CredentialId, random: &Random) -> Secret<String> {
    let octets: Zeroizing<[u8; RANDOM_DIGITS]> = Zeroizing::new(random.bytes());
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(
        octets
            .iter()
            .map(|octet| DIGITS[usize::from(octet % 32)])
            .collect(),
    );
    written(credential, &digits)
}

/// The group of an app password that says which it is.
pub(crate) fn selector(credential: CredentialId) -> String {
    let mut digits = Vec::new();
    let mut rest = credential.0;
    while rest > 0 || digits.len() < GROUP_DIGITS {
        digits.push(char::from(DIGITS[(rest % 32) as usize]));
        rest /= 32;
    }
    digits.into_iter().rev().collect()
}

/// The credential that a selector names.
pub(crate) fn selected(text: &str) -> Option<CredentialId> {
    if !NUMBER_DIGITS.contains(&text.len()) {
        return None;
    }
    let mut number: u32 = 0;
    for octet in text.bytes() {
        let digit = DIGITS
            .iter()
            .position(|digit| *digit == octet.to_ascii_lowercase())?;
        number = number
            .checked_mul(32)?
            .checked_add(u32::try_from(digit).ok()?)?;
    }
    let credential = CredentialId(number);
    (selector(credential).len() == text.len()).then_some(credential)
}

/// What somebody typed, if it looks like an app password: its credential, and the password as it was generated.
/// Case, hyphens and spaces make no difference.
pub(crate) fn parse(typed: &str) -> Option<(CredentialId, Secret<String>)> {
    if typed.len() > TYPED_OCTETS_MAX || !typed.is_ascii() {
        return None;
    }
    let digits: Zeroizing<String> = Zeroizing::new(
        typed
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(|c| c.to_ascii_lowercase())
            .collect(),
    );
    let (number, random) = digits.split_at_checked(digits.len().checked_sub(RANDOM_DIGITS)?)?;
    let credential = selected(number)?;
    let known = random.bytes().all(|octet| DIGITS.contains(&octet));
    known.then(|| (credential, written(credential, random.as_bytes())))
}

fn written(credential: CredentialId, digits: &[u8]) -> Secret<String> {
    let mut text = selector(credential);
    // Room for all of it at once, so that no copy stays behind in memory.
    text.reserve_exact(digits.len() + digits.len().div_ceil(GROUP_DIGITS));
    for group in digits.chunks(GROUP_DIGITS) {
        text.push('-');
        text.extend(group.iter().copied().map(char::from));
    }
    Secret::new(text)
}

/// What is read as an app password reads again as itself.
pub(crate) fn fuzz(text: &str) {
    if let Some((credential, password)) = parse(text) {
        let again = parse(password.expose()).map(|(id, again)| (id, again.expose().clone()));
        assert_eq!(
            again,
            Some((credential, password.expose().clone())),
            "an app password reads as itself"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_group_tells_the_credential() {
        let random = Random::new(|bytes| bytes.fill(33));
        for number in [0, 1, 31, 32, 0xf_ffff, 0x10_0000, u32::MAX] {
            let credential = CredentialId(number);
            let password = generate(credential, &random);
            let (id, canonical) = parse(password.expose()).unwrap();
            assert_eq!(id, credential);
            assert_eq!(canonical.expose(), password.expose());
            assert_eq!(selected(&selector(credential)), Some(credential));
        }
        let password = generate(CredentialId(7), &random);
        assert_eq!(password.expose(), "0007-1111-1111-1111-1111-1111");
    }

    #[test]
    fn it_may_be_typed_with_spaces_and_capitals() {
        let (id, password) = parse("000A K3VQ k3vq k3vqk3vq-k3vq").unwrap();
        assert_eq!(id, CredentialId(10));
        assert_eq!(password.expose(), "000a-k3vq-k3vq-k3vq-k3vq-k3vq");
    }

    #[test]
    fn other_passwords_are_none() {
        for text in [
            "",
            "correct horse battery staple",
            "0007-1111",
            "00007-1111-1111-1111-1111-1111",
            "0007-1111-1111-1111-1111-111u",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
