//! Tokens: what a browser or a program shows instead of a password. Random, numbered, and kept by us as a hash only.
//!
//! `wpa12-...`: the letter says what it is, the number which credential it belongs to, the rest is 256 random bits in
//! Base64. Whoever sees one in a log knows what it is, and which credential to revoke.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{CredentialId, SecretHash};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::secret::Secret;

/// Octets of a secret: 256 bits.
pub(crate) const SECRET_OCTETS: usize = 32;
/// Characters of a secret in Base64 (RFC 4648 5) without padding.
const SECRET_CHARS: usize = 43;
/// What every token begins with.
const PREFIX: &str = "wp";

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A browser's, in its cookie.
    Session,
    /// A program's, for each use.
    Access,
    /// A program's, for a new access token.
    Refresh,
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Self::Session => 's',
            Self::Access => 'a',
            Self::Refresh => 'r',
        }
    }

    /// How many secrets it has: a refresh token one that stays and one that changes.
    fn secrets(self) -> usize {
        match self {
            Self::Session | Self::Access => 1,
            Self::Refresh => 2,
        }
    }
}

/// A secret that was made, or shown to us.
pub(crate) type Bits = Zeroizing<[u8; SECRET_OCTETS]>;

/// A new secret.
pub(crate) fn secret(random: &Random) -> Bits {
    Zeroizing::new(random.bytes())
}

/// What is kept of a secret. It is random, so a fast hash is as good as a slow one.
pub(crate) fn hash(secret: &Bits) -> SecretHash {
    SecretHash(*blake3::hash(secret.as_slice()).as_bytes())
}

/// Whether this is the secret of that hash; takes as long for each.
pub(crate) fn matches(secret: &Bits, known: SecretHash) -> bool {
    hash(secret).0.ct_eq(&known.0).into()
}

/// The text of a token.
pub(crate) fn write(kind: Kind, credential: CredentialId, secrets: &[&Bits]) -> Secret<String> {
    let mut text = format!("{PREFIX}{}{}-", kind.letter(), credential.0);
    // Room for all of it at once, so that no copy stays behind in memory.
    text.reserve_exact(secrets.len() * SECRET_CHARS);
    for secret in secrets {
        URL_SAFE_NO_PAD.encode_string(secret.as_slice(), &mut text);
    }
    Secret::new(text)
}

/// What was shown to us, if it has the form of such a token.
pub(crate) fn parse(kind: Kind, text: &str) -> Option<(CredentialId, Vec<Bits>)> {
    let rest = text.strip_prefix(PREFIX)?.strip_prefix(kind.letter())?;
    let (number, secrets) = rest.split_once('-')?;
    let is_number = number.len() <= 10
        && !number.starts_with('0')
        && number.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number || secrets.len() != kind.secrets() * SECRET_CHARS || !secrets.is_ascii() {
        return None;
    }
    let number = number.parse().ok()?;
    let secrets = (0..kind.secrets()).map(|place| {
        let chars = secrets.get(place * SECRET_CHARS..(place + 1) * SECRET_CHARS)?;
        let mut bits = Bits::default();
        let filled = URL_SAFE_NO_PAD.decode_slice(chars, bits.as_mut_slice());
        (filled.ok()? == SECRET_OCTETS).then_some(bits)
    });
    Some((CredentialId(number), secrets.collect::<Option<_>>()?))
}

/// What is read as a token writes as itself again.
pub(crate) fn fuzz(text: &str) {
    for kind in [Kind::Session, Kind::Access, Kind::Refresh] {
        if let Some((credential, secrets)) = parse(kind, text) {
            let secrets: Vec<_> = secrets.iter().collect();
            assert_eq!(write(kind, credential, &secrets).expose(), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_as_what_it_was_written_from() {
        let (one, two) = (Bits::new([7; 32]), Bits::new([0xff; 32]));
        let access = write(Kind::Access, CredentialId(12), &[&one]);
        assert!(access.expose().starts_with("wpa12-BwcH"));
        let (credential, secrets) = parse(Kind::Access, access.expose()).unwrap();
        assert_eq!(
            (credential, &secrets),
            (CredentialId(12), &vec![one.clone()])
        );
        assert!(matches(&secrets[0], hash(&one)) && !matches(&secrets[0], hash(&two)));
        let refresh = write(Kind::Refresh, CredentialId(u32::MAX), &[&one, &two]);
        let (_, secrets) = parse(Kind::Refresh, refresh.expose()).unwrap();
        assert_eq!(secrets, [one, two]);
        fuzz(access.expose());
        fuzz(refresh.expose());
    }

    #[test]
    fn everything_else_is_none() {
        let good = write(Kind::Access, CredentialId(12), &[&Bits::new([7; 32])]);
        let good = good.expose();
        for wrong in [
            "",
            "wpa",
            "wpa12",
            "wpa12-",
            &good[1..],
            &good[..good.len() - 1],
            &format!("{good}A"),
            &good.replace("wpa12", "wpa012"),
            &good.replace("wpa12", "wps12"),
            &good.replace("wpa12", "wpa+12"),
            &good.replace("wpa12", "wpa4294967296"),
            &good.replace("BwcH", "Bw+H"),
            &good.replace("BwcHBw", "äöü"),
        ] {
            assert_eq!(parse(Kind::Access, wrong), None, "{wrong}");
        }
    }
}
