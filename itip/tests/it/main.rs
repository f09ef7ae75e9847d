//! Scheduling played through: who invites whom, what is sent, and what stands in the calendars then.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod bounds;
mod house;
mod invite;
mod law;
mod mail;
mod participant;
mod security;
mod series;
