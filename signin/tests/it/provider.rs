//! Signing in by another service, played by a provider in memory that lies in every way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::Secret;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use signin::{Claim, Fetch, FetchAnswer, FetchFailure, FetchRequest, Fetched, Provider};

use crate::world::{Answered, World};

const ISSUER: &str = "https://login.example.net";

/// What the provider says next, and what it was asked.
#[derive(Debug, Default)]
struct Says {
    algorithm: &'static str,
    /// Claims that are other than they should be; null leaves one out.
    claims: BTreeMap<&'static str, Value>,
    wrong_key: bool,
    is_down: bool,
    nonce: String,
    challenge: String,
    asked: Vec<String>,
}

struct Fake {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    other: EcdsaKeyPair,
    says: Mutex<Says>,
}

impl std::fmt::Debug for Fake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

fn ec() -> EcdsaKeyPair {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
}

fn encoded(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

impl Fake {
    fn new() -> Self {
        // Made for this test; nobody else has it in use.
        let rsa = RsaKeyPair::from_pkcs8(include_bytes!("data/provider.der")).unwrap();
        Self {
            rsa,
            ec: ec(),
            other: ec(),
            says: Mutex::new(Says {
                algorithm: "ES256",
                ..Says::default()
            }),
        }
    }

    fn keys(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        let rsa: ring::signature::RsaPublicKeyComponents<Vec<u8>> = self.rsa.public().into();
        json!({ "keys": [
            { "kty": "RSA", "kid": "r", "use": "sig",
              "n": encoded(&rsa.n),
              "e": encoded(&rsa.e) },
            { "kty": "EC", "kid": "e", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) },
            { "kty": "oct", "kid": "o", "k": "AAAA" },
        ] })
    }

    fn token(&self, now: i64) -> String {
        let says = self.says.lock().unwrap();
        let mut claims = json!({
            "iss": ISSUER, "aud": "wachpost", "sub": "77", "nonce": says.nonce,
            "iat": now, "exp": now + 300, "email": "Alice@example.org", "email_verified": true,
        });
        for (name, value) in &says.claims {
            claims[*name] = value.clone();
        }
        let key = if says.algorithm == "RS256" { "r" } else { "e" };
        let header = json!({ "alg": says.algorithm, "kid": key });
        let signed = format!(
            "{}.{}",
            encoded(header.to_string()),
            encoded(claims.to_string())
        );
        let random = SystemRandom::new();
        let signature = match says.algorithm {
            "RS256" => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                let octets = signed.as_bytes();
                self.rsa
                    .sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature)
                    .unwrap();
                signature
            }
            "ES256" => {
                let key = if says.wrong_key {
                    &self.other
                } else {
                    &self.ec
                };
                key.sign(&random, signed.as_bytes())
                    .unwrap()
                    .as_ref()
                    .to_vec()
            }
            _ => Vec::new(),
        };
        format!("{signed}.{}", encoded(signature))
    }

    fn answer(&self, request: &FetchRequest, now: i64) -> Option<Value> {
        self.says.lock().unwrap().asked.push(request.url.clone());
        let form = request.form.as_deref().unwrap_or_default();
        match request.url.strip_prefix(ISSUER)? {
            "/.well-known/openid-configuration" => Some(json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
            })),
            "/keys" => Some(self.keys()),
            "/token" => {
                let form: BTreeMap<_, _> = form_urlencoded::parse(form.as_bytes())
                    .into_owned()
                    .collect();
                assert_eq!(form["client_secret"], "our secret");
                assert_eq!(
                    form["redirect_uri"],
                    "https://mail.example.org/auth/provider/callback"
                );
                let verifier = form["code_verifier"].as_bytes();
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier);
                assert_eq!(encoded(digest), self.says.lock().unwrap().challenge, "PKCE");
                (form["code"] == "the code")
                    .then(|| json!({ "id_token": self.token(now), "access_token": "x" }))
            }
            _ => None,
        }
    }
}

/// The provider as this server reaches it.
#[derive(Debug)]
struct Reached(Arc<Fake>, model::ManualClock);

impl Fetch for Reached {
    fn fetch(&self, request: FetchRequest) -> Fetched<'_> {
        let now = self.1.clock().now().0 / 1_000;
        let is_down = self.0.says.lock().unwrap().is_down;
        Box::pin(async move {
            if is_down {
                return Err(FetchFailure("refused".into()));
            }
            let body = self.0.answer(&request, now);
            Ok(FetchAnswer {
                status: if body.is_some() { 200 } else { 400 },
                body: body.unwrap_or_default().to_string().into_bytes(),
            })
        })
    }
}

struct Game {
    world: World,
    fake: Arc<Fake>,
}

impl Game {
    fn new(claim: Claim) -> Self {
        let fake = Arc::new(Fake::new());
        let provider = Provider {
            issuer: ISSUER.into(),
            name: "Example & Co".into(),
            client_id: "wachpost".into(),
            client_secret: Some(Secret::from("our secret")),
            claim,
        };
        let clock = World::clock();
        let fetch = Arc::new(Reached(Arc::clone(&fake), clock.clone()));
        let world = World::with(clock, Some(provider), Some(fetch));
        Self { world, fake }
    }

    fn get(&self, path: &str, cookie: Option<&str>) -> Answered {
        let mut fields = vec![("Sec-Fetch-Site".to_owned(), "cross-site".to_owned())];
        fields.extend(cookie.map(|cookie| ("Cookie".to_owned(), cookie.to_owned())));
        self.world.ask("GET", path, &fields, "")
    }

    /// Goes to the provider; the answer is the cookie and `state`.
    fn go(&self, onward: &str) -> (String, String) {
        let answer = self.get(&format!("/auth/provider?return={onward}"), None);
        assert_eq!(answer.status, 303, "{answer:?}");
        assert!(answer.field("set-cookie").unwrap().contains("SameSite=Lax"));
        let location = answer.field("location").unwrap();
        let (endpoint, query) = location.split_once('?').unwrap();
        assert_eq!(endpoint, format!("{ISSUER}/authorize"));
        let query: BTreeMap<_, _> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        assert_eq!(query["code_challenge_method"], "S256");
        let mut says = self.fake.says.lock().unwrap();
        says.nonce.clone_from(&query["nonce"]);
        says.challenge.clone_from(&query["code_challenge"]);
        (answer.cookie().unwrap(), query["state"].clone())
    }

    /// There and back.
    fn sign_in(&self) -> Answered {
        let (cookie, state) = self.go("/mail");
        self.get(
            &format!("/auth/provider/callback?code=the+code&state={state}"),
            Some(&cookie),
        )
    }

    fn with(&self, name: &'static str, value: Value) -> u16 {
        self.fake.says.lock().unwrap().claims = BTreeMap::from([(name, value)]);
        let status = self.sign_in().status;
        self.fake.says.lock().unwrap().claims.clear();
        status
    }
}

#[test]
fn whom_the_provider_vouches_for_is_in() {
    let game = Game::new(Claim::VerifiedEmail);
    for algorithm in ["ES256", "RS256"] {
        game.fake.says.lock().unwrap().algorithm = algorithm;
        let answer = game.sign_in();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("url=/mail"), "{}", answer.body);
        let cookies: Vec<_> = answer
            .fields
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .collect();
        let session = cookies
            .iter()
            .find(|(_, value)| value.starts_with("__Host-wachpost=wps"))
            .unwrap();
        assert!(session.1.contains("SameSite=Strict"));
        let cookie = session.1.split(';').next().unwrap();
        let fields = [("Cookie".to_owned(), cookie.to_owned())];
        let who = game.world.ask("GET", "/auth/session", &fields, "").json();
        assert_eq!(who["principal"]["address"], "alice@example.org");
    }
    // Configuration and keys are asked for once.
    let says = game.fake.says.lock().unwrap();
    assert_eq!(says.asked.len(), 4, "{:?}", says.asked);
}

#[test]
fn a_token_that_is_not_for_now_for_us_or_of_the_provider_is_refused() {
    let game = Game::new(Claim::VerifiedEmail);
    let now = game.world.clock.clock().now().0 / 1_000;
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("aud", json!(["wachpost", "another"])),
        ("azp", json!("another")),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("exp", json!(now - 61)),
        ("exp", Value::Null),
        ("iat", json!(now - 901)),
        ("iat", json!(now + 61)),
        ("email_verified", json!(false)),
        ("email_verified", Value::Null),
        ("email", json!("nobody@example.org")),
        ("email", Value::Null),
    ] {
        assert_eq!(game.with(name, value.clone()), 401, "{name} {value}");
    }
    assert_eq!(game.with("aud", json!(["wachpost"])), 200);
    game.fake.says.lock().unwrap().wrong_key = true;
    assert_eq!(game.sign_in().status, 401, "another key");
    for algorithm in ["none", "HS256"] {
        game.fake.says.lock().unwrap().algorithm = algorithm;
        assert_eq!(game.sign_in().status, 401, "{algorithm}");
    }
}

#[test]
fn only_the_browser_that_went_comes_back() {
    let game = Game::new(Claim::VerifiedEmail);
    let (cookie, state) = game.go("/");
    let (other_cookie, other_state) = game.go("/");
    let back = |query: &str, cookie: Option<&str>| {
        game.get(&format!("/auth/provider/callback?{query}"), cookie)
            .status
    };
    assert_eq!(back(&format!("code=the+code&state={state}"), None), 401);
    assert_eq!(
        back(&format!("code=the+code&state={state}"), Some(&other_cookie)),
        401
    );
    assert_eq!(
        back(&format!("code=the+code&state={other_state}"), Some(&cookie)),
        401
    );
    assert_eq!(back("code=the+code", Some(&cookie)), 401);
    assert_eq!(
        back(&format!("error=access_denied&state={state}"), Some(&cookie)),
        401
    );
    // RFC 9207 2.4.
    assert_eq!(
        back(
            &format!("code=the+code&state={state}&iss=https://evil.example"),
            Some(&cookie)
        ),
        401
    );
    assert_eq!(
        back(
            &format!("code=wrong&state={other_state}"),
            Some(&other_cookie)
        ),
        503
    );
    game.world.clock.advance_ms(600_000);
    assert_eq!(
        back(&format!("code=the+code&state={state}"), Some(&cookie)),
        401
    );
    let (cookie, state) = game.go("https://evil.example/");
    let page = game.get(
        &format!("/auth/provider/callback?code=the+code&state={state}"),
        Some(&cookie),
    );
    assert!(page.body.contains("url=/\""), "{}", page.body);
}

#[test]
fn a_provider_that_is_down_is_asked_once_a_minute() {
    let game = Game::new(Claim::Other("upn".into()));
    game.fake.says.lock().unwrap().is_down = true;
    assert_eq!(game.get("/auth/provider", None).status, 503);
    game.fake.says.lock().unwrap().is_down = false;
    assert_eq!(game.get("/auth/provider", None).status, 503);
    game.world.clock.advance_ms(60_000);
    assert_eq!(game.sign_in().status, 401, "the claim is missing");
    assert_eq!(game.with("upn", json!("bob@example.org")), 200);
}
