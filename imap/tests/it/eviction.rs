//! Sessions of somebody whose password is changed, or who is disabled.

use directory::{Directory, Secret};
use model::{Actor, PrincipalId};
use testbed::transcript::Wire;

use crate::world::World;

fn line(wire: &mut dyn Wire) -> String {
    let mut line = Vec::new();
    let mut octet = [0];
    while !line.ends_with(b"\n") && wire.receive(&mut octet).unwrap() == 1 {
        line.extend(octet);
    }
    String::from_utf8(line).unwrap()
}

fn said_goodbye(wire: &mut dyn Wire) {
    let said = line(wire);
    assert!(said.starts_with("* BYE "), "{said}");
    assert_eq!(line(wire), "", "the connection ends");
}

/// One session waits in IDLE, one for the next command, and one is Bob's.
fn everybody_else_stays(change: impl AsyncFnOnce(&Directory, PrincipalId)) {
    let world = World::new("eviction");
    let (mut waiting, mut idling, mut of_bob) =
        (world.connect(1), world.connect(2), world.connect(3));
    idling.send(b"a SELECT INBOX\r\n").unwrap();
    while !line(&mut *idling).starts_with("a OK") {}
    idling.send(b"b IDLE\r\n").unwrap();
    assert!(line(&mut *idling).starts_with("+ "));
    waiting.send(b"a NOOP\r\n").unwrap();
    assert!(line(&mut *waiting).starts_with("a OK"));
    world.run(async |groupware| {
        let directory = groupware.directory();
        let alice = directory.principal_at("alice@example.org").await.unwrap();
        change(directory, alice.unwrap().id).await;
    });
    waiting.send(b"b SELECT INBOX\r\n").unwrap();
    said_goodbye(&mut *waiting);
    said_goodbye(&mut *idling);
    of_bob.send(b"a NOOP\r\n").unwrap();
    assert!(line(&mut *of_bob).starts_with("a OK"));
}

#[test]
fn a_new_password_ends_the_sessions_of_the_old_one() {
    everybody_else_stays(async |directory, alice| {
        let password = Secret::from("a password that is new");
        let system = Actor::system();
        let set = directory.set_password(&system, alice, &password);
        set.await.unwrap();
    });
}

#[test]
fn who_is_disabled_is_turned_out() {
    everybody_else_stays(async |directory, alice| {
        let system = Actor::system();
        let disabled = directory.set_enabled(&system, alice, false);
        disabled.await.unwrap();
    });
}
