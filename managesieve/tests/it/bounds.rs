//! What clients may send, and what becomes of more.

use groupware::{SCRIPT_OCTETS_MAX, SCRIPTS_MAX};
use testbed::transcript::Wire;

use crate::world::{World, hear};

fn put(wire: &mut dyn Wire, name: &str, octets: usize) -> String {
    let mut command = format!("PUTSCRIPT \"{name}\" {{{octets}+}}\r\n").into_bytes();
    command.extend(b"#".iter().chain([b'x'; 1].iter().cycle()).take(octets));
    command.extend(b"\r\n");
    // In pieces, as a network delivers it.
    for piece in command.chunks(4_093) {
        wire.send(piece).unwrap();
    }
    hear(wire)
}

/// RFC 5804 1.2, 1.3: a literal is not waited for; what is too large is read to its end, and refused.
#[test]
fn a_script_that_is_too_large_is_read_over_and_refused() {
    let world = World::new("/bounds/");
    let mut wire = world.connect(1);
    assert!(put(&mut *wire, "a", SCRIPT_OCTETS_MAX).starts_with("OK"));
    for octets in [SCRIPT_OCTETS_MAX + 1, 1_000_000] {
        let answer = put(&mut *wire, "b", octets);
        assert!(answer.starts_with("NO (QUOTA/MAXSIZE)"), "{answer}");
    }
    wire.send(b"NOOP \"still here\"\r\n").unwrap();
    let answer = hear(&mut *wire);
    assert!(answer.starts_with("OK (TAG \"still here\")"), "{answer}");
}

/// RFC 5804 1.3: QUOTA/MAXSCRIPTS.
#[test]
fn there_are_only_so_many_scripts() {
    let world = World::new("/bounds/");
    let mut wire = world.connect(1);
    for number in 0..SCRIPTS_MAX {
        assert!(put(&mut *wire, &format!("script {number}"), 2).starts_with("OK"));
    }
    let answer = put(&mut *wire, "one more", 2);
    assert!(answer.starts_with("NO (QUOTA/MAXSCRIPTS)"), "{answer}");
    assert!(put(&mut *wire, "script 7", 3).starts_with("OK"));
}

/// Whoever only guesses or sends nonsense is sent away.
#[test]
fn mistakes_end_a_connection() {
    let world = World::new("/bounds/");
    let mut wire = world.connect(1);
    for _ in 0..=40 {
        wire.send(b"\x00\xff nonsense\r\n").unwrap();
        assert!(hear(&mut *wire).starts_with("NO"));
    }
    assert!(hear(&mut *wire).starts_with("BYE"));
}
