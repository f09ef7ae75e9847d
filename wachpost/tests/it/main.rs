//! The whole program from outside: its commands, and the server with clients that speak to it over loopback.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there and shows why"
)]

mod server;

mod stub;

mod administration;

mod authcheck;

mod commands;

mod calendars;

mod clients;

mod crashes;

mod configuration;

mod durability;

mod harness;

mod jmap;

mod locked;

mod mail_in_files;

mod objects_in_files;

mod queue;

mod sign_in;

mod deleted;

mod demo;

mod tampering;

mod witness;
