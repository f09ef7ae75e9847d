//! Passkeys, with an authenticator made of a key pair.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use crate::world::{ISSUER, World};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 4;

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

struct Authenticator {
    key: Key,
    name: Vec<u8>,
    counter: u32,
    flags: u8,
    origin: &'static str,
    user: Option<String>,
}

fn encoded(octets: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

fn sha256(octets: &[u8]) -> Vec<u8> {
    digest(&SHA256, octets).as_ref().to_vec()
}

impl Authenticator {
    fn es256() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        Self::with(Key::Es256(key))
    }

    fn ed_dsa() -> Self {
        Self::with(Key::EdDsa(
            Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
        ))
    }

    fn with(key: Key) -> Self {
        Self {
            key,
            name: b"my name for it".to_vec(),
            counter: 1,
            flags: USER_PRESENT | USER_VERIFIED,
            origin: ISSUER,
            user: None,
        }
    }

    /// RFC 9052 7: the public key in COSE.
    fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                let mut cose = vec![0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
                cose.extend(&point[1..33]);
                cose.extend([0x22, 0x58, 32]);
                cose.extend(&point[33..]);
                cose
            }
            Key::EdDsa(key) => {
                let mut cose = vec![0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32];
                cose.extend(key.public_key().as_ref());
                cose
            }
        }
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Es256(key) => key
                .sign(&SystemRandom::new(), octets)
                .unwrap()
                .as_ref()
                .to_vec(),
            Key::EdDsa(key) => key.sign(octets).as_ref().to_vec(),
        }
    }

    fn data(&self, more_flags: u8) -> Vec<u8> {
        let mut data = sha256(b"mail.example.org");
        data.push(self.flags | more_flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["publicKey"]["challenge"];
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn create(&mut self, options: &Value) -> Value {
        self.user = options["publicKey"]["user"]["id"]
            .as_str()
            .map(str::to_owned);
        let mut data = self.data(0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.name.len()).unwrap().to_be_bytes());
        data.extend(&self.name);
        data.extend(self.cose());
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        json!({ "id": encoded(&self.name), "type": "public-key", "response": {
            "clientDataJSON": encoded(&self.client_data("webauthn.create", options)),
            "attestationObject": encoded(&attestation),
        } })
    }

    fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let (data, client) = (self.data(0), self.client_data("webauthn.get", options));
        let mut signed = data.clone();
        signed.extend(sha256(&client));
        json!({ "id": encoded(&self.name), "type": "public-key", "response": {
            "clientDataJSON": encoded(&client),
            "authenticatorData": encoded(&data),
            "signature": encoded(&self.sign(&signed)),
            "userHandle": self.user,
        } })
    }
}

fn sign_in(world: &World) -> String {
    let body = json!({ "name": "alice@example.org", "password": "secret-of-alice" });
    world.post("/auth/sign-in", None, &body).cookie().unwrap()
}

/// Adds a passkey to Alice's account.
fn add(world: &World, authenticator: &mut Authenticator) {
    let cookie = sign_in(world);
    let options = world
        .post("/auth/passkeys/options", Some(&cookie), &json!({}))
        .json();
    assert_eq!(options["publicKey"]["rp"]["id"], "mail.example.org");
    assert_eq!(options["publicKey"]["attestation"], "none");
    let passkey = authenticator.create(&options);
    let body = json!({ "label": "Key", "passkey": passkey });
    let added = world.post("/auth/passkeys", Some(&cookie), &body);
    assert_eq!(added.status, 200, "{added:?}");
    let again = world.post("/auth/passkeys", Some(&cookie), &body);
    assert_eq!(again.status, 400, "each challenge is answered once");
}

fn show(world: &World, authenticator: &mut Authenticator) -> u16 {
    let options = world.post("/auth/passkey/options", None, &json!({})).json();
    let passkey = authenticator.get(&options);
    let answer = world.post("/auth/passkey", None, &passkey);
    assert_eq!(answer.cookie().is_some(), answer.status == 200);
    if answer.status == 200 {
        assert_eq!(answer.json()["principal"]["address"], "alice@example.org");
        let again = world.post("/auth/passkey", None, &passkey);
        assert_eq!(again.status, 401, "each answer counts once");
    }
    answer.status
}

#[test]
fn a_passkey_alone_signs_in() {
    for mut authenticator in [Authenticator::es256(), Authenticator::ed_dsa()] {
        let world = World::new();
        assert_eq!(show(&world, &mut authenticator), 401, "nobody has it");
        add(&world, &mut authenticator);
        assert_eq!(show(&world, &mut authenticator), 200);
        // WebAuthn 6.1.1: a counter that does not rise may be a copy.
        authenticator.counter -= 1;
        assert_eq!(show(&world, &mut authenticator), 401);
        assert_eq!(show(&world, &mut authenticator), 200);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let world = World::new();
    let mut authenticator = Authenticator::ed_dsa();
    add(&world, &mut authenticator);
    authenticator.origin = "https://evil.example";
    assert_eq!(show(&world, &mut authenticator), 401, "another page");
    authenticator.origin = ISSUER;
    authenticator.flags = USER_PRESENT;
    assert_eq!(show(&world, &mut authenticator), 401, "whoever holds it");
    authenticator.flags = USER_VERIFIED;
    assert_eq!(show(&world, &mut authenticator), 401, "nobody there");
    authenticator.flags |= USER_PRESENT;
    let user = authenticator.user.replace(encoded(&2_u32.to_be_bytes()));
    assert_eq!(show(&world, &mut authenticator), 401, "somebody else's");
    authenticator.user = None;
    assert_eq!(show(&world, &mut authenticator), 401, "nobody's");
    authenticator.user = user;
    let key = std::mem::replace(&mut authenticator.key, Authenticator::es256().key);
    assert_eq!(show(&world, &mut authenticator), 401, "another key");
    authenticator.key = key;
    world.clock.advance_ms(3_600_000);
    assert_eq!(show(&world, &mut authenticator), 200);
    // A challenge for signing in does not add a passkey, nor one of an earlier session.
    let cookie = sign_in_with(&world, &mut authenticator);
    let options = world.post("/auth/passkey/options", None, &json!({})).json();
    let mut other = Authenticator::es256();
    let body = json!({ "label": "x", "passkey": other.create(&options) });
    assert_eq!(
        world.post("/auth/passkeys", Some(&cookie), &body).status,
        400
    );
}

/// The second factor beside the password; it need not ask for a finger.
fn sign_in_with(world: &World, authenticator: &mut Authenticator) -> String {
    let body = json!({ "name": "alice@example.org", "password": "secret-of-alice" });
    let half = world.post("/auth/sign-in", None, &body);
    assert_eq!(half.cookie(), None);
    let half = half.json();
    assert_eq!(half["factors"], json!(["passkey"]));
    let passkey = authenticator.get(&half["passkey"]);
    let body = json!({ "ticket": half["ticket"], "passkey": passkey });
    world
        .post("/auth/second-factor", None, &body)
        .cookie()
        .unwrap()
}

#[test]
fn a_passkey_is_a_second_factor() {
    let world = World::new();
    let mut authenticator = Authenticator::es256();
    add(&world, &mut authenticator);
    authenticator.flags = USER_PRESENT;
    let cookie = sign_in_with(&world, &mut authenticator);
    // And confirms later on.
    world.clock.advance_ms(900_000);
    let add = |cookie: &str| {
        let body = json!({ "label": "Phone", "protocols": ["imap"] });
        world
            .post("/auth/app-passwords", Some(cookie), &body)
            .status
    };
    assert_eq!(add(&cookie), 403);
    let options = world
        .post("/auth/confirm/options", Some(&cookie), &json!({}))
        .json();
    let passkey = authenticator.get(&options["passkey"]);
    let confirmed = world.post(
        "/auth/confirm",
        Some(&cookie),
        &json!({ "passkey": passkey }),
    );
    assert_eq!(confirmed.status, 204);
    assert_eq!(add(&cookie), 200);
}
