//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod compare;
mod foreign;
mod hostile;
mod push;
mod rights;
mod signing_in;
mod standard;
mod transcripts;
mod wire;
mod world;
