//! Codec: JSON from clients <-> typed requests, arguments and answers.
//!
//! Pure: no runtime, no store. Whatever a client sends is bounded in octets, depth and number of values before
//! anything looks at it, and nobody who reads it can panic.

pub(crate) mod argument;

pub(crate) mod date;

pub(crate) mod filter;

pub(crate) mod id;

pub(crate) mod json;

pub(crate) mod patch;

pub(crate) mod reference;

pub(crate) mod request;

pub(crate) mod response;
