//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod cut;
mod dead_domain;
mod delivery;
mod dmarc_report;
mod faults;
mod notifications;
mod standing;
mod tls_report;
mod world;
