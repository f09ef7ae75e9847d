//! Integration tests of the SMTP face.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod house;

mod client;

mod dialogue;

mod codec;

mod transcripts;

mod delivery;

mod reception;

mod submission;

mod sign_in;

mod bounds;
