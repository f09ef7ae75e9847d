//! The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), as far as the tests need it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// What the client sends first.
pub(crate) fn first(header: &str, name: &str) -> String {
    format!("{header}n={name},r=client-nonce")
}

/// What the client answers to the server's first message, and the signature that the server must then show.
pub(crate) fn last(
    header: &str,
    binding: &[u8],
    name: &str,
    password: &str,
    server_first: &str,
) -> (String, String) {
    let attribute = |letter: char| {
        server_first
            .split(',')
            .find_map(|part| part.strip_prefix(letter)?.strip_prefix('='))
            .unwrap()
    };
    let salt = STANDARD.decode(attribute('s')).unwrap();
    let rounds: u32 = attribute('i').parse().unwrap();
    let mut salted = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password.as_bytes(), &salt, rounds, &mut salted).unwrap();
    let client_key = mac(&salted, b"Client Key");
    let input = [header.as_bytes(), binding].concat();
    let without_proof = format!("c={},r={}", STANDARD.encode(input), attribute('r'));
    let messages = format!("n={name},r=client-nonce,{server_first},{without_proof}");
    let signature = mac(&Sha256::digest(client_key), messages.as_bytes());
    let proof: Vec<u8> = client_key
        .iter()
        .zip(signature)
        .map(|(a, b)| a ^ b)
        .collect();
    let server = mac(&mac(&salted, b"Server Key"), messages.as_bytes());
    (
        format!("{without_proof},p={}", STANDARD.encode(proof)),
        format!("v={}", STANDARD.encode(server)),
    )
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}
