//! Scheduling played through: who invites whom, what is sent, and what stands in the calendars then.

mod bounds;
mod house;
mod invite;
mod law;
mod mail;
mod participant;
mod security;
mod series;
