//! Tests of the crate from outside.

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
