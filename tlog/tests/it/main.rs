//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod hostile;
mod transcripts;
mod wire;
mod world;
