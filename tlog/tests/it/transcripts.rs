//! Transcripts: dialogues as files, each played against a site of its own.
//!
//! What is said on connection 9 moves the clock, by so many seconds. `${root5}` is the root of the true tree of five leaves,
//! `${signed5}` its log's signature line, `${path5to9_1}` the first hash of the proof from five to nine leaves; with `fork_` in
//! front those of another history of the same log, and with `stranger_` the signature of somebody else.

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
        let world = World::new();
        let known = world.known();
        let known: Vec<_> = known
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        transcript.play(&known, |connection| match connection {
            9 => Box::new(Turned(world.clock.clone())),
            _ => Box::new(HttpWire::new(world.connect())),
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
