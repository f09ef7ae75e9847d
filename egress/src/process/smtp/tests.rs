//! Tests of the SMTP client against servers in the same process, in a world that is all made up.

mod domain;
mod kept;
mod policy;
mod server;
mod transcript;
mod world;
