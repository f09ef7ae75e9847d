//! Passwords: how they are prepared, what new ones must be like, and what they are checked against.
//!
//! Argon2id (RFC 9106) for passwords that arrive as such, and a SCRAM verifier (RFC 5802 3) for clients that prove
//! they know it without sending it. Everything here takes its time: callers run it on threads for such work.

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier as _, Version};
use hmac::{Hmac, Mac};
use model::{PasswordVerifier, ScramVerifier};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::error::Error;
use crate::secret::Secret;
use crate::settings::{Argon2Cost, SCRAM_ITERATIONS_MIN};

/// Octets of a password. NIST SP 800-63B 3.1.1.2 wants 64 characters at least to be accepted.
pub(crate) const PASSWORD_OCTETS_MAX: usize = 1_024;
/// Octets of salt: RFC 9106 3.1 recommends 16 for passwords.
pub(crate) const SALT_OCTETS: usize = 16;

/// The form of a password that is hashed and compared.
///
/// RFC 5802 2.2: clients of SCRAM prepare it by SASLprep (RFC 4013), so that umlauts match however they are composed.
/// SASLprep knows no characters younger than Unicode 3.2; those go by RFC 8265 4.2.2 (spaces beyond ASCII become
/// spaces, then NFC), which is what succeeded it.
pub(crate) fn prepare(password: &str) -> Secret<String> {
    if password.is_ascii() {
        return Secret::from(password);
    }
    match stringprep::saslprep(password) {
        Ok(prepared) => Secret::new(prepared.into_owned()),
        Err(_) => Secret::new(password.chars().map(plain_space).nfc().collect()),
    }
}

/// RFC 8265 4.2.2: any space becomes U+0020.
fn plain_space(character: char) -> char {
    if character.is_whitespace() && !character.is_control() {
        ' '
    } else {
        character
    }
}

/// Whether a person can choose this password. NIST SP 800-63B 3.1.1.2: length counts, composition does not.
pub(crate) fn check_new(password: &str, chars_min: usize) -> Result<(), Error> {
    let invalid = |why| {
        Err(Error::Invalid {
            field: "password",
            why,
        })
    };
    if password.len() > PASSWORD_OCTETS_MAX {
        invalid("it has 1024 octets at most: choose a shorter one")
    } else if password.chars().count() < chars_min.max(1) {
        invalid("it is too short: choose one with more characters, such as a few words")
    } else if password.chars().any(char::is_control) {
        // RFC 8265 4.2: controls are no part of a password.
        invalid("it contains a control character, such as a tab: choose one without")
    } else {
        Ok(())
    }
}

/// Random octets for a new verifier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salts {
    pub(crate) argon2: [u8; SALT_OCTETS],
    pub(crate) scram: [u8; SALT_OCTETS],
}

/// What a prepared password is checked against from now on.
pub(crate) fn verifier(
    prepared: &str,
    cost: Argon2Cost,
    scram_iterations: u32,
    salts: &Salts,
) -> Result<PasswordVerifier, Error> {
    let invalid = Error::Invalid {
        field: "argon2",
        why: "memory, passes or lanes are out of range: take at least 8 KiB per lane and 1 pass",
    };
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|_| invalid.clone())?;
    let salt = SaltString::encode_b64(&salts.argon2).map_err(|_| invalid.clone())?;
    let argon2id = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(prepared.as_bytes(), &salt)
        .map_err(|_| invalid)?
        .to_string();
    let iterations = scram_iterations.max(SCRAM_ITERATIONS_MIN);
    Ok(PasswordVerifier {
        argon2id,
        scram: scram_verifier(prepared.as_bytes(), &salts.scram, iterations),
    })
}

/// Whether a prepared password is the one that was hashed into `phc`.
pub(crate) fn matches(prepared: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| {
        // The parameters stand in the hash; the instance's own are not used.
        Argon2::default()
            .verify_password(prepared.as_bytes(), &hash)
            .is_ok()
    })
}

/// RFC 5802 3: SaltedPassword by `Hi`, which is PBKDF2 with HMAC (RFC 8018 5.2); from it StoredKey and ServerKey.
pub(crate) fn scram_verifier(password: &[u8], salt: &[u8], iterations: u32) -> ScramVerifier {
    let mut salted = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password, salt, iterations, &mut salted)
        .expect("HMAC takes keys of any length");
    let client_key = hmac(&salted, &[b"Client Key"]);
    ScramVerifier {
        salt: salt.to_vec(),
        iterations,
        stored_key: Sha256::digest(client_key).into(),
        server_key: hmac(&salted, &[b"Server Key"]),
    }
}

/// RFC 2104 with SHA-256 over the parts one after the other.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// What was prepared once is prepared.
pub(crate) fn fuzz(text: &str) {
    if text.len() <= PASSWORD_OCTETS_MAX {
        drop(prepare(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Argon2Cost = Argon2Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    fn verifier_of(password: &str) -> PasswordVerifier {
        let salts = Salts {
            argon2: [1; SALT_OCTETS],
            scram: [2; SALT_OCTETS],
        };
        verifier(prepare(password).expose(), CHEAP, 1, &salts).unwrap()
    }

    #[test]
    fn the_hash_says_how_it_was_made_and_knows_its_password() {
        let verifier = verifier_of("Straße 7");
        assert!(verifier.argon2id.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
        assert_eq!(verifier.scram.iterations, SCRAM_ITERATIONS_MIN);
        assert!(matches(prepare("Straße 7").expose(), &verifier.argon2id));
        assert!(!matches(prepare("Strasse 7").expose(), &verifier.argon2id));
        assert!(!matches("", "no hash"));
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        assert_eq!(prepare("u\u{308}ber").expose(), "über");
        // RFC 4013 3: U+00A0 is mapped to a space, U+2168 by NFKC to two letters.
        assert_eq!(prepare("a\u{a0}b").expose(), "a b");
        assert_eq!(prepare("\u{2168}").expose(), "IX");
        // Younger than Unicode 3.2, so by RFC 8265.
        assert_eq!(prepare("\u{1f980}\u{2003}u\u{308}").expose(), "\u{1f980} ü");
    }

    #[test]
    fn new_passwords_are_long_enough_and_typable() {
        assert!(check_new("12345678", 8).is_ok());
        for password in ["1234567", "12345678\t", &"x".repeat(1_025)] {
            assert!(check_new(password, 8).is_err(), "{password}");
        }
        assert!(check_new("", 0).is_err());
    }

    #[test]
    fn scram_keys_of_rfc_7677() {
        // RFC 7677 3: user `user`, password `pencil`; the server's signature of the example proves the server key.
        let salt = [
            91, 109, 153, 104, 157, 18, 53, 142, 236, 160, 75, 20, 18, 54, 250, 129,
        ];
        let verifier = scram_verifier(b"pencil", &salt, 4_096);
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                       s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = hmac(&verifier.server_key, &[message.as_bytes()]);
        assert_eq!(signature[..4], [0xea, 0xba, 0xe2, 0x4d]);
    }
}
