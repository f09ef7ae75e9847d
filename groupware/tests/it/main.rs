//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod changes;
mod corpus;
mod delivery;
mod emails;
mod history;
mod message;
mod reading;
mod rights;
mod views;
mod world;
