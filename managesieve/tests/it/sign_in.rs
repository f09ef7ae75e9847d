//! Signing in by SCRAM, and staying in only as long as one would be let in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use directory::Secret;
use model::Actor;
use testbed::transcript::Wire;

use crate::scram;
use crate::world::{World, hear};

fn say(wire: &mut dyn Wire, text: &str) {
    wire.send(text.as_bytes()).unwrap();
}

fn greeted(world: &World) -> Box<dyn Wire> {
    let mut wire = world.connect(5);
    while !hear(&mut *wire).starts_with("OK") {}
    wire
}

/// RFC 5804 2.1: challenges and answers are strings of Base64; the server's proof comes with OK.
#[test]
fn scram_proves_both_sides() {
    let world = World::new("/scram/");
    let mut wire = greeted(&world);
    let first = scram::first("n,,", "alice@example.org");
    say(
        &mut *wire,
        &format!(
            "AUTHENTICATE \"SCRAM-SHA-256\" \"{}\"\r\n",
            STANDARD.encode(first)
        ),
    );
    let challenge = hear(&mut *wire);
    let challenge = STANDARD.decode(challenge.trim().trim_matches('"')).unwrap();
    let challenge = String::from_utf8(challenge).unwrap();
    let name = "alice@example.org";
    let (last, server) = scram::last("n,,", b"", name, "secret-of-alice", &challenge);
    // A literal does as well as a quoted string.
    let last = STANDARD.encode(last);
    say(&mut *wire, &format!("{{{}+}}\r\n{last}\r\n", last.len()));
    let answer = hear(&mut *wire);
    let expected = format!("OK (SASL \"{}\")", STANDARD.encode(server));
    assert!(answer.starts_with(&expected), "{answer}");
    say(&mut *wire, "LISTSCRIPTS\r\n");
    assert!(hear(&mut *wire).starts_with("OK"));
}

#[test]
fn a_new_password_turns_out_whoever_is_in() {
    let world = World::new("/eviction/");
    let mut wire = world.connect(1);
    world.run(async |groupware| {
        let directory = groupware.directory();
        let alice = directory.principal_at("alice@example.org").await.unwrap();
        let secret = Secret::from("another-secret".to_owned());
        directory
            .set_password(&Actor::system(), alice.unwrap().id, &secret)
            .await
            .unwrap();
    });
    say(&mut *wire, "LISTSCRIPTS\r\n");
    assert!(hear(&mut *wire).starts_with("BYE"));
}

/// Whatever comes before TLS is answered by nobody after it (RFC 5804 2.2): here there is no TLS to begin with.
#[test]
fn there_is_no_tls_without_a_certificate() {
    let world = World::new("/plain/");
    let mut wire = greeted(&world);
    say(&mut *wire, "STARTTLS\r\nNOOP\r\n");
    assert!(hear(&mut *wire).starts_with("NO"));
    assert!(hear(&mut *wire).starts_with("OK"));
}
