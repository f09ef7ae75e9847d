//! Integration tests of the SMTP face.

mod codec;
mod dialogue;
mod transcripts;
