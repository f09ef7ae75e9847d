//! Every dialogue in `tests/dialogues`, each in a house of its own.

use std::path::Path;

use crate::dialogue::play;
use crate::world::World;

#[test]
fn every_dialogue_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        play(&name, &text, &World::new());
        played += 1;
    }
    assert!(played > 10, "{played} dialogues");
}
