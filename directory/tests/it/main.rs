//! The directory from outside: over an engine in memory, with a clock that is moved by hand and hashes that cost
//! little.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod grants;

mod house;

mod administration;

mod at_once;

mod resolve;

mod sasl;

mod second_factor;

mod sign_in;
