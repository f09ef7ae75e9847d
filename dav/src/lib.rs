//! WebDAV, CalDAV and CardDAV: parse, ask `groupware`, encode.

pub mod codec;

pub use codec::fuzz;
