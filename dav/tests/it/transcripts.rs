//! Transcripts: dialogues as files, each played against a house of its own.
//!
//! Connections 1 and 2 are Alice's, 3 is Bob's, 4 is Carol's; whoever asks on 5 has not signed in. Bob and Carol are the
//! team. What is said on 9 moves the clock, see `Turned`. Names of folders may choose other
//! settings, see `World::new`.

use std::io;
use std::path::Path;

use model::ManualClock;
use testbed::transcript::{Wire, play_all};

use crate::wire::HttpWire;
use crate::world::World;

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    play_all(&folder, "http", |transcript| {
        let world = World::new(&transcript.name);
        transcript.play(&[], |connection| {
            let name = match connection {
                1 | 2 => Some("alice"),
                3 => Some("bob"),
                4 => Some("carol"),
                9 => return Box::new(Turned(world.clock.clone())),
                _ => None,
            };
            Box::new(HttpWire::new(world.connect(), name))
        })
    });
}

/// Connection 9: each line is a number of seconds by which the clock is moved.
struct Turned(ManualClock);

impl Wire for Turned {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        let seconds: i64 = text
            .trim()
            .parse()
            .map_err(|_| io::ErrorKind::InvalidData)?;
        self.0.advance_ms(seconds * 1_000);
        Ok(())
    }

    fn receive(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::TimedOut.into())
    }
}
