//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod bounds;
mod scram;
mod sign_in;
mod transcripts;
mod world;
