//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod eviction;
mod forgetful;
mod layers;
mod scram;
mod transcripts;
mod world;
