//! Signing in: every mechanism with a client of its own arithmetic, bound to TLS and not, and what guessing leads to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use smtp::session::{Service, Settings};

use crate::client::Client;
use crate::house::{House, Offer, Served};
use crate::submission::PLAIN;

async fn over_tls(served: &Served) -> Client {
    let mut client = Client::tcp(served).await;
    client.lines(1).await;
    client.say("EHLO client.example").await;
    assert_eq!(client.say("STARTTLS").await, "220 2.0.0 Go ahead.");
    client.start_tls(served).await;
    client.say("EHLO client.example").await;
    client
}

fn submission() -> Settings {
    Settings::new(Service::Submission, "mail.example.org")
}

#[tokio::test]
async fn plain_and_login_with_and_without_an_initial_response() {
    let house = House::new().await;
    let served = house.serve(&submission(), Offer::StartTls);
    let (name, password) = (
        STANDARD.encode("user@example.org"),
        STANDARD.encode("secret"),
    );
    let plain = PLAIN.strip_prefix("AUTH PLAIN ").unwrap().to_owned();
    let login = format!("AUTH LOGIN {name}");
    let dialogues: [&[(&str, &str)]; 4] = [
        &[(PLAIN, "235 2.7.0 Signed in.")],
        &[("AUTH PLAIN", "334"), (&plain, "235 2.7.0 Signed in.")],
        &[
            (&login, "334 UGFzc3dvcmQ6"),
            (&password, "235 2.7.0 Signed in."),
        ],
        &[
            ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
            (&name, "334 UGFzc3dvcmQ6"),
            (&password, "235 2.7.0 Signed in."),
        ],
    ];
    for dialogue in dialogues {
        let mut client = over_tls(&served).await;
        for (sent, expected) in dialogue {
            assert_eq!(client.say(sent).await, *expected, "{sent}");
        }
        let sender = client.say("MAIL FROM:<user@example.org>").await;
        assert!(sender.starts_with("250"), "{sender}");
    }
    assert_eq!(served.smtp.counters().read().sign_ins, 4);
}

#[tokio::test]
async fn scram_proves_both_sides() {
    let house = House::new().await;
    let served = house.serve(&submission(), Offer::StartTls);
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"] {
        for (password, expected) in [
            ("secret", "235 2.7.0 Signed in."),
            ("wrong", "535 5.7.8 Wrong credentials."),
        ] {
            let mut client = over_tls(&served).await;
            let exporter = client.exporter.unwrap();
            let reply = scram(&mut client, mechanism, password, &exporter).await;
            assert_eq!(reply, expected, "{mechanism}");
        }
    }
}

#[tokio::test]
async fn scram_over_another_connection_is_refused() {
    let house = House::new().await;
    let served = house.serve(&submission(), Offer::StartTls);
    let mut client = over_tls(&served).await;
    let reply = scram(&mut client, "SCRAM-SHA-256-PLUS", "secret", &[0; 32]).await;
    assert!(reply.starts_with('5'), "{reply}");
    assert_eq!(served.smtp.counters().read().sign_ins, 0);
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let house = House::new().await;
    let served = house.serve(&submission(), Offer::StartTls);
    let mut replies = Vec::new();
    for _ in 0..4 {
        let mut client = over_tls(&served).await;
        for _ in 0..2 {
            let guess = STANDARD.encode("\0user@example.org\0guess");
            replies.push(client.say(&format!("AUTH PLAIN {guess}")).await);
        }
    }
    assert!(replies[..5].iter().all(|reply| reply.starts_with("535")));
    assert!(replies[7].starts_with("454 4.7.0"), "{replies:?}");
    // The right password has to wait as well, and then is good.
    let mut client = over_tls(&served).await;
    assert!(client.say(PLAIN).await.starts_with("454 4.7.0"));
    house.clock.advance_ms(10 * 60_000);
    assert_eq!(client.say(PLAIN).await, "235 2.7.0 Signed in.");
}

/// RFC 5802 3, RFC 7677 3: the client's side, with the last reply of the server, whose proof is checked.
async fn scram(client: &mut Client, mechanism: &str, password: &str, exporter: &[u8]) -> String {
    let header = match mechanism.ends_with("-PLUS") {
        true => "p=tls-exporter,,",
        false => "n,,",
    };
    let first = "n=user@example.org,r=abcdefghijklmnop";
    let initial = STANDARD.encode(format!("{header}{first}"));
    let challenge = client.say(&format!("AUTH {mechanism} {initial}")).await;
    let Some(server_first) = challenge.strip_prefix("334 ") else {
        return challenge;
    };
    let server_first = String::from_utf8(STANDARD.decode(server_first).unwrap()).unwrap();
    let value = |name: &str| {
        let mut parts = server_first.split(',');
        parts.find_map(|part| part.strip_prefix(name)).unwrap()
    };
    let salt = STANDARD.decode(value("s=")).unwrap();
    let iterations = value("i=").parse().unwrap();
    let mut salted = [0; 32];
    pbkdf2::pbkdf2::<Hmac<Sha256>>(password.as_bytes(), &salt, iterations, &mut salted).unwrap();
    let mut binding = header.as_bytes().to_vec();
    if mechanism.ends_with("-PLUS") {
        binding.extend_from_slice(exporter);
    }
    let bare = format!("c={},r={}", STANDARD.encode(binding), value("r="));
    let signed = format!("{first},{server_first},{bare}");
    let client_key = mac(&salted, b"Client Key");
    let signature = mac(&Sha256::digest(&client_key), signed.as_bytes());
    let proof: Vec<u8> = client_key
        .iter()
        .zip(&signature)
        .map(|(a, b)| a ^ b)
        .collect();
    let last = STANDARD.encode(format!("{bare},p={}", STANDARD.encode(proof)));
    let answer = client.say(&last).await;
    let Some(server_final) = answer.strip_prefix("334 ") else {
        return answer;
    };
    let expected = mac(&mac(&salted, b"Server Key"), signed.as_bytes());
    let expected = format!("v={}", STANDARD.encode(expected));
    assert_eq!(STANDARD.decode(server_final).unwrap(), expected.as_bytes());
    client.say("").await
}

fn mac(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(octets);
    mac.finalize().into_bytes().to_vec()
}
