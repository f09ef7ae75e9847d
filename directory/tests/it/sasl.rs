//! SASL exchanges, with a client written here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use directory::sasl::{ChannelBinding, Exchange, MESSAGE_OCTETS_MAX, Mechanism, Step};
use directory::{NewAppPassword, Secret, SignInError, SignedIn};
use hmac::{Hmac, Mac};
use model::Protocols;
use sha2::{Digest, Sha256};

use crate::house::{House, PASSWORD};

fn exchange(house: &House, mechanism: Mechanism, binding: ChannelBinding) -> Exchange {
    house
        .directory
        .sasl(mechanism, Protocols::IMAP, None, binding)
}

fn unbound() -> ChannelBinding {
    ChannelBinding::default()
}

fn bound() -> ChannelBinding {
    ChannelBinding {
        exporter: Some(vec![9; 32]),
        server_end_point: Some(vec![8; 32]),
    }
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// What a client brings along.
struct Client<'a> {
    name: &'a str,
    password: &'a str,
    header: &'a str,
    binding: &'a [u8],
}

impl Client<'_> {
    /// Answers the challenge; beside the message, the proof it then expects of the server.
    fn answer(&self, bare: &str, challenge: &[u8]) -> (String, String) {
        let challenge = str::from_utf8(challenge).unwrap();
        let mut parts = challenge.split(',');
        let nonce = parts.next().unwrap().strip_prefix("r=").unwrap();
        let salt = BASE64.decode(parts.next().unwrap().strip_prefix("s=").unwrap());
        let iterations = parts.next().unwrap().strip_prefix("i=").unwrap();
        let mut salted = [0; 32];
        let iterations = iterations.parse().unwrap();
        let password = self.password.as_bytes();
        pbkdf2::pbkdf2::<Hmac<Sha256>>(password, &salt.unwrap(), iterations, &mut salted).unwrap();
        let client_key = hmac(&salted, b"Client Key");
        let binding = BASE64.encode([self.header.as_bytes(), self.binding].concat());
        let without_proof = format!("c={binding},r={nonce}");
        let message = format!("{bare},{challenge},{without_proof}");
        let signature = hmac(&Sha256::digest(client_key), message.as_bytes());
        let proof: Vec<u8> = client_key
            .iter()
            .zip(signature)
            .map(|(a, b)| a ^ b)
            .collect();
        let server = hmac(&hmac(&salted, b"Server Key"), message.as_bytes());
        (
            format!("{without_proof},p={}", BASE64.encode(proof)),
            format!("v={}", BASE64.encode(server)),
        )
    }

    async fn run(&self, mut exchange: Exchange) -> Result<SignedIn, SignInError> {
        let bare = format!("n={},r=fyko+d2lbbFgONRv9qkxdawL", self.name);
        let first = format!("{}{bare}", self.header);
        let challenge = match exchange.step(first.as_bytes()).await {
            Step::Challenge(challenge) => challenge,
            Step::Failed(error) => return Err(error),
            Step::Done(..) => panic!("done without a proof"),
        };
        let (message, expected) = self.answer(&bare, &challenge);
        match exchange.step(message.as_bytes()).await {
            Step::Done(signed_in, last) => {
                assert_eq!(
                    String::from_utf8(last).unwrap(),
                    expected,
                    "the server's proof"
                );
                Ok(signed_in)
            }
            Step::Failed(error) => Err(error),
            Step::Challenge(_) => panic!("one challenge is enough"),
        }
    }
}

fn anna() -> Client<'static> {
    Client {
        name: "anna@example.org",
        password: PASSWORD,
        header: "n,,",
        binding: b"",
    }
}

#[tokio::test]
async fn plain_with_and_without_an_initial_response() {
    let house = House::empty().await;
    let id = house.person("anna").await;
    let message = format!("\0anna@example.org\0{PASSWORD}");
    let mut at_once = exchange(&house, Mechanism::Plain, unbound());
    let Step::Done(signed_in, last) = at_once.step(message.as_bytes()).await else {
        panic!("refused");
    };
    assert_eq!((signed_in.principal.id, last), (id, Vec::new()));
    let mut asked = exchange(&house, Mechanism::Plain, unbound());
    assert_eq!(asked.step(b"").await, Step::Challenge(Vec::new()));
    assert!(matches!(
        asked.step(message.as_bytes()).await,
        Step::Done(..)
    ));
    assert_eq!(
        asked.step(message.as_bytes()).await,
        Step::Failed(SignInError::Malformed)
    );
    let mut empty = exchange(&house, Mechanism::Plain, unbound());
    assert_eq!(empty.step(b"").await, Step::Challenge(Vec::new()));
    assert_eq!(empty.step(b"").await, Step::Failed(SignInError::Malformed));
}

#[tokio::test]
async fn login_asks_twice() {
    let house = House::empty().await;
    house.person("anna").await;
    let mut login = exchange(&house, Mechanism::Login, unbound());
    assert_eq!(
        login.step(b"").await,
        Step::Challenge(b"Username:".to_vec())
    );
    assert_eq!(
        login.step(b"anna@example.org").await,
        Step::Challenge(b"Password:".to_vec())
    );
    assert!(matches!(
        login.step(PASSWORD.as_bytes()).await,
        Step::Done(..)
    ));
    let mut wrong = exchange(&house, Mechanism::Login, unbound());
    wrong.step(b"anna@example.org").await;
    assert_eq!(
        wrong.step(b"wrong").await,
        Step::Failed(SignInError::Refused)
    );
}

#[tokio::test]
async fn a_message_has_a_limit() {
    let house = House::empty().await;
    for mechanism in Mechanism::ALL {
        let mut exchange = exchange(&house, mechanism, unbound());
        let message = vec![b'x'; MESSAGE_OCTETS_MAX + 1];
        assert_eq!(
            exchange.step(&message).await,
            Step::Failed(SignInError::Malformed)
        );
    }
}

#[tokio::test]
async fn scram_proves_both_sides() {
    let house = House::empty().await;
    let id = house.person("anna").await;
    let before = house.directory.hash_runs();
    let scram = || exchange(&house, Mechanism::ScramSha256, unbound());
    assert_eq!(anna().run(scram()).await.unwrap().principal.id, id);
    let wrong = Client {
        password: "wrong",
        ..anna()
    };
    assert_eq!(wrong.run(scram()).await, Err(SignInError::Refused));
    let unknown = Client {
        name: "nobody@example.org",
        ..anna()
    };
    assert_eq!(unknown.run(scram()).await, Err(SignInError::Refused));
    assert_eq!(
        house.directory.hash_runs(),
        before,
        "SCRAM hashes no password"
    );
    house.enable(id, false).await;
    assert_eq!(anna().run(scram()).await, Err(SignInError::Refused));
}

#[tokio::test]
async fn scram_is_bound_to_its_connection() {
    let house = House::empty().await;
    house.person("anna").await;
    let plus = || exchange(&house, Mechanism::ScramSha256Plus, bound());
    let exporter = Client {
        header: "p=tls-exporter,,",
        binding: &[9; 32],
        ..anna()
    };
    exporter.run(plus()).await.unwrap();
    let end_point = Client {
        header: "p=tls-server-end-point,,",
        binding: &[8; 32],
        ..anna()
    };
    end_point.run(plus()).await.unwrap();
    let in_between = Client {
        binding: &[7; 32],
        ..exporter
    };
    assert!(in_between.run(plus()).await.is_err());
    // RFC 5802 6: somebody took `-PLUS` out of the list of mechanisms.
    let stripped = Client {
        header: "y,,",
        ..anna()
    };
    let without = exchange(&house, Mechanism::ScramSha256, bound());
    assert_eq!(stripped.run(without).await, Err(SignInError::Refused));
    let old = exchange(&house, Mechanism::ScramSha256, bound());
    anna().run(old).await.unwrap();
}

#[tokio::test]
async fn scram_with_an_app_password_names_its_selector() {
    let house = House::empty().await;
    let id = house.person("anna").await;
    let new = NewAppPassword {
        label: "phone".into(),
        protocols: Protocols::IMAP,
        expires_at: None,
    };
    let made = house.directory.add_app_password(&house.actor, id, new);
    let (credential, text) = made.await.unwrap();
    let selector = text.expose().split('-').next().unwrap().to_owned();
    let name = format!("anna@example.org/{selector}");
    let client = Client {
        name: &name,
        password: text.expose(),
        ..anna()
    };
    let scram = |protocol| {
        house
            .directory
            .sasl(Mechanism::ScramSha256, protocol, None, unbound())
    };
    assert_eq!(
        client.run(scram(Protocols::IMAP)).await.unwrap().credential,
        credential
    );
    assert_eq!(
        client.run(scram(Protocols::DAV)).await,
        Err(SignInError::Refused)
    );
}

#[tokio::test]
async fn a_password_changed_after_the_challenge_proves_nothing() {
    let house = House::empty().await;
    let id = house.person("anna").await;
    let mut scram = exchange(&house, Mechanism::ScramSha256, unbound());
    let bare = "n=anna@example.org,r=abcdefgh";
    let Step::Challenge(challenge) = scram.step(format!("n,,{bare}").as_bytes()).await else {
        panic!("no challenge");
    };
    let new = Secret::from("battery staple");
    let set = house.directory.set_password(&house.actor, id, &new);
    set.await.unwrap();
    let (message, _) = anna().answer(bare, &challenge);
    assert_eq!(
        scram.step(message.as_bytes()).await,
        Step::Failed(SignInError::Refused)
    );
}

#[tokio::test]
async fn unknown_names_are_challenged_like_known_ones() {
    let house = House::empty().await;
    house.person("anna").await;
    let mut shapes = Vec::new();
    for name in [
        "anna@example.org",
        "nobody@example.org",
        "nobody@example.org",
        "nobody@example.org/0003",
        "x",
    ] {
        let mut scram = exchange(&house, Mechanism::ScramSha256, unbound());
        let Step::Challenge(challenge) = scram.step(format!("n,,n={name},r=abc").as_bytes()).await
        else {
            panic!("no challenge for {name}");
        };
        let text = String::from_utf8(challenge).unwrap();
        let (nonce, rest) = text.split_once(',').unwrap();
        shapes.push((nonce.len(), rest.len(), rest.to_owned()));
    }
    assert!(
        shapes
            .iter()
            .all(|shape| (shape.0, shape.1) == (shapes[0].0, shapes[0].1))
    );
    assert_eq!(shapes[1], shapes[2], "the same salt again");
    assert_eq!(shapes[1], shapes[3], "the same salt again");
    assert_ne!(shapes[0].2, shapes[1].2);
}

#[tokio::test]
async fn failed_proofs_slow_what_follows() {
    let house = House::empty().await;
    house.person("anna").await;
    let scram = || exchange(&house, Mechanism::ScramSha256, unbound());
    let wrong = Client {
        password: "wrong",
        ..anna()
    };
    for _ in 0..6 {
        assert_eq!(wrong.run(scram()).await, Err(SignInError::Refused));
    }
    assert!(matches!(
        anna().run(scram()).await,
        Err(SignInError::Slow { .. })
    ));
    house.hands.advance_ms(1_000);
    anna().run(scram()).await.unwrap();
}

#[test]
fn mechanisms_are_offered_where_they_are_safe() {
    let offered = |encrypted, binding| {
        Mechanism::offered(encrypted, &binding)
            .map(Mechanism::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        offered(true, bound()),
        "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN OAUTHBEARER"
    );
    assert_eq!(
        offered(true, unbound()),
        "SCRAM-SHA-256 PLAIN LOGIN OAUTHBEARER"
    );
    assert_eq!(offered(false, unbound()), "SCRAM-SHA-256");
    assert_eq!(
        Mechanism::parse("scram-sha-256-plus"),
        Some(Mechanism::ScramSha256Plus)
    );
    assert_eq!(Mechanism::parse("SCRAM-SHA-1"), None);
}

#[test]
fn the_fuzzed_readers_stand_a_small_corpus() {
    let corpus: [&[u8]; 8] = [
        b"",
        b"\0a@b\0pw",
        b"n,,n=user,r=abc",
        b"p=tls-exporter,a=x,n=x,r=y,z=1",
        b"c=biws,r=abc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        b"0007-1111-1111-1111-1111-1111",
        b"\"a\\@b\"@Example.org",
        b"\xff\xfe",
    ];
    for input in corpus {
        for end in 0..=input.len() {
            directory::fuzz(&input[..end]);
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_no_panic(input in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80), text in "\\PC{0,60}", scram in "[npy]=?[a-z-]{0,5},(a=x)?,n=[a-z=2CD3]{0,5},r=[!-~]{0,5}(,p=[A-Za-z0-9+/]{43}=)?") {
        directory::fuzz(&input);
        directory::fuzz(text.as_bytes());
        directory::fuzz(scram.as_bytes());
    }
}
