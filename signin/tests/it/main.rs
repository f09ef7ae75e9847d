//! The face from outside: dialogues in files, and a few that files cannot tell.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod dialogue;

mod dialogues;

mod passkeys;

mod provider;

mod world;
