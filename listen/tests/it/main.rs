//! Integration tests over loopback sockets: everything a face relies on.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod http;
mod limits;
mod lines;
mod proxy;
mod shutdown;
mod tls;
