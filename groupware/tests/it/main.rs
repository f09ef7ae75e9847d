//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, by panicking"
)]

mod attachments;
mod by_number;
mod changes;
mod collections;
mod corpus;
mod delivery;
mod email_sets;
mod emails;
mod filters;
mod history;
mod imports;
mod journaling;
mod junk;
mod lists;
mod mailbox_order;
mod mailbox_scripts;
mod meetings;
mod message;
mod people;
mod queries;
mod reading;
mod records;
mod rights;
mod sendings;
mod versions;
mod views;
mod world;
