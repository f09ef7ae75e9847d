//! Tests of the embedded engine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod conformance;

mod house;

mod objects;

mod recovery;

mod verify;

mod verify_since;
