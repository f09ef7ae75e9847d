//! Codes for whoever has lost the second factor: ten, each good once, kept by us as hashes only.

use model::SecretHash;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::secret::Secret;

/// Codes that somebody gets at a time.
pub(crate) const CODES: usize = 10;
/// Digits without those that look alike in print (Crockford's base 32, in lower case).
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Digits of a code: 80 bits, too many to try even for whoever has the hash.
const CODE_DIGITS: usize = 16;
/// Digits in a group, for reading.
const GROUP_DIGITS: usize = 4;
/// Characters somebody may type, hyphens and spaces included.
const TYPED_OCTETS_MAX: usize = 64;

/// A new code.
pub(crate) fn generate(random: &Random) -> Secret<String> {
    let octets: Zeroizing<[u8; CODE_DIGITS]> = Zeroizing::new(random.bytes());
    let mut text = String::with_capacity(CODE_DIGITS + CODE_DIGITS / GROUP_DIGITS);
    for (place, octet) in octets.iter().enumerate() {
        if place > 0 && place % GROUP_DIGITS == 0 {
            text.push('-');
        }
        text.push(char::from(DIGITS[usize::from(octet % 32)]));
    }
    Secret::new(text)
}

/// The hash of what somebody typed, if it looks like a code. Case, hyphens and spaces make no difference.
pub(crate) fn hash(typed: &str) -> Option<SecretHash> {
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
    let known = digits.len() == CODE_DIGITS && digits.bytes().all(|one| DIGITS.contains(&one));
    known.then(|| SecretHash(*blake3::hash(digits.as_bytes()).as_bytes()))
}

/// Reading never fails in another way than by saying so.
pub(crate) fn fuzz(text: &str) {
    let _known = hash(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let random = Random::new(|octets| octets.fill(33));
        let code = generate(&random);
        assert_eq!(code.expose(), "1111-1111-1111-1111");
        let known = hash(code.expose()).unwrap();
        assert_eq!(hash(" 1111111111111111 "), Some(known));
        assert_eq!(hash("ABCD-ABCD-ABCD-ABCD"), hash("abcdabcdabcdabcd"));
        for wrong in ["", "1111", "1111-1111-1111-111u", "1111-1111-1111-1111-1"] {
            assert_eq!(hash(wrong), None, "{wrong}");
        }
    }
}
