//! Encryption of what is pushed (RFC 8291), so that the push service in between learns neither who nor what.

use directory::Random;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::SystemRandom;

/// RFC 8291 2.1: an uncompressed point of P-256.
pub(crate) const PUBLIC_KEY_OCTETS: usize = 65;

/// RFC 8291 2.1: the secret that the client shares with us.
pub(crate) const AUTH_OCTETS: usize = 16;

/// RFC 8188 2.1.
const SALT_OCTETS: usize = 16;

/// RFC 8291 4: there is one record, which push services take up to this size.
const RECORD_OCTETS: u32 = 4_096;

/// RFC 8030 7.2: what every push service takes; less what is added: header (86), delimiter (1), tag (16).
pub(crate) const PLAIN_OCTETS_MAX: usize = 3_993;

/// RFC 8188 2: the delimiter of the last record.
const LAST_RECORD: u8 = 2;

/// What a client wants to be written to with.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Its public key.
    pub(crate) p256dh: [u8; PUBLIC_KEY_OCTETS],
    /// What only the client and we know.
    pub(crate) auth: [u8; AUTH_OCTETS],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// It cannot be encrypted: the key is no point of the curve, or the text is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be encrypted to this key")]
pub(crate) struct Unfit;

impl Keys {
    /// The body of a request to the push service, in the content coding `aes128gcm`.
    ///
    /// # Errors
    /// [`Unfit`]
    pub(crate) fn encrypt(&self, plain: &[u8], random: &Random) -> Result<Vec<u8>, Unfit> {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
        let own = own.map_err(|_| Unfit)?;
        let public = own.compute_public_key().map_err(|_| Unfit)?;
        let public: [u8; PUBLIC_KEY_OCTETS] = public.as_ref().try_into().map_err(|_| Unfit)?;
        let theirs = UnparsedPublicKey::new(&ECDH_P256, self.p256dh);
        let salt = random.bytes();
        agree_ephemeral(own, &theirs, |shared| {
            self.seal(shared, &public, salt, plain)
        })
        .map_err(|_| Unfit)?
    }

    /// The rest, with what both sides have agreed on.
    fn seal(
        &self,
        shared: &[u8],
        public: &[u8; PUBLIC_KEY_OCTETS],
        salt: [u8; SALT_OCTETS],
        plain: &[u8],
    ) -> Result<Vec<u8>, Unfit> {
        if plain.len() > PLAIN_OCTETS_MAX {
            return Err(Unfit);
        }
        let (key, nonce) = self.key_and_nonce(shared, public, salt)?;
        // RFC 8188 2.1: salt, record size, length of the key, key.
        let mut body = Vec::with_capacity(plain.len() + 103);
        body.extend_from_slice(&salt);
        body.extend_from_slice(&RECORD_OCTETS.to_be_bytes());
        body.push(65);
        body.extend_from_slice(public);
        let mut record = Vec::with_capacity(plain.len() + 17);
        record.extend_from_slice(plain);
        record.push(LAST_RECORD);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)
            .map_err(|_| Unfit)?;
        body.append(&mut record);
        Ok(body)
    }

    /// RFC 8291 3.4, then RFC 8188 2.2 and 2.3.
    fn key_and_nonce(
        &self,
        shared: &[u8],
        public: &[u8; PUBLIC_KEY_OCTETS],
        salt: [u8; SALT_OCTETS],
    ) -> Result<(LessSafeKey, Nonce), Unfit> {
        let mut input = [0; 32];
        let prk = Salt::new(HKDF_SHA256, &self.auth).extract(shared);
        let info: [&[u8]; 3] = [b"WebPush: info\0", &self.p256dh, public];
        expand(&prk, &info, &mut input)?;
        let prk = Salt::new(HKDF_SHA256, &salt).extract(&input);
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        expand(&prk, &[b"Content-Encoding: aes128gcm\0"], &mut key)?;
        expand(&prk, &[b"Content-Encoding: nonce\0"], &mut nonce)?;
        let key = UnboundKey::new(&AES_128_GCM, &key).map_err(|_| Unfit)?;
        Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce)))
    }
}

/// How much is wanted.
#[derive(Clone, Copy)]
struct Octets(usize);

impl KeyType for Octets {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(prk: &Prk, info: &[&[u8]], into: &mut [u8]) -> Result<(), Unfit> {
    prk.expand(info, Octets(into.len()))
        .and_then(|okm| okm.fill(into))
        .map_err(|_| Unfit)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn octets<const N: usize>(text: &str) -> [u8; N] {
        URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
    }

    /// RFC 8291 5 and its appendix A.
    #[test]
    fn the_example_of_the_standard_comes_out() {
        let keys = Keys {
            p256dh: octets(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: octets("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let shared: [u8; 32] = octets("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let public = octets(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let salt = octets("DGv6ra1nlYgDCS1FRnbzlw");
        let plain = b"When I grow up, I want to be a watermelon";
        let body = keys.seal(&shared, &public, salt, plain).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
             yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn the_client_can_read_what_was_encrypted() {
        let client = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = client.compute_public_key().unwrap();
        let keys = Keys {
            p256dh: public.as_ref().try_into().unwrap(),
            auth: [7; AUTH_OCTETS],
        };
        let plain = vec![b'x'; PLAIN_OCTETS_MAX];
        let body = keys.encrypt(&plain, &Random::system()).unwrap();
        assert_eq!(body.len(), 4_096);
        let salt: [u8; SALT_OCTETS] = body[..16].try_into().unwrap();
        let theirs: [u8; PUBLIC_KEY_OCTETS] = body[21..86].try_into().unwrap();
        let sender = UnparsedPublicKey::new(&ECDH_P256, theirs);
        let (key, nonce) = agree_ephemeral(client, &sender, |shared| {
            keys.key_and_nonce(shared, &theirs, salt)
        })
        .unwrap()
        .unwrap();
        let mut record = body[86..].to_vec();
        let read = key.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
        assert_eq!(read.split_last(), Some((&LAST_RECORD, &plain[..])));
    }

    #[test]
    fn what_is_no_point_and_what_is_too_long_is_refused() {
        let keys = Keys {
            p256dh: [4; PUBLIC_KEY_OCTETS],
            auth: [0; AUTH_OCTETS],
        };
        assert_eq!(keys.encrypt(b"x", &Random::system()), Err(Unfit));
        let long = vec![0; PLAIN_OCTETS_MAX + 1];
        let sealed = keys.seal(&[0; 32], &keys.p256dh, [0; SALT_OCTETS], &long);
        assert_eq!(sealed, Err(Unfit));
    }
}
