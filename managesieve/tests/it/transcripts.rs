//! Transcripts: dialogues as files, each played against a house of its own.
//!
//! Connections 1 and 2 are signed in as Alice, 3 and 4 as Bob; from 5 on nobody is, and the greeting is still to be read.
//! The name of a folder may choose other settings, see `World::settings`.

use std::path::Path;

use testbed::transcript::play_all;

use crate::world::World;

#[test]
fn every_transcript_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    play_all(&folder, "managesieve", |transcript| {
        let world = World::new(&transcript.name);
        transcript.play(&[], |connection| world.connect(connection))
    });
}
