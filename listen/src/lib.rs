//! The doors of the server: sockets, TLS, the PROXY protocol, limits, deadlines, bounded reading, shutdown, and the
//! HTTP server shell.
//!
//! A face binds a [`Listener`], describes a [`Service`] and calls [`serve`] with a function that gets one
//! [`Connection`] per client. What the client says is the face's affair; who may connect, how long anything may take
//! and how much memory it may hold is decided here.
//!
//! **Invariants.** Every wait on a peer stands under a [`Deadline`]. Every buffer has a bound with a name
//! ([`limits`]). Each connection is one tracked task, so that shutdown can wait for it, and a panic in one ends only
//! that one. Nothing a client sends before a TLS handshake is readable after it.
//!
//! **Does not:** know a command, a reply code, an account or the store; connect to anybody.
//!
//! | standard | part | file |
//! |---|---|---|
//! | RFC 8446, RFC 5246 | TLS 1.3 and 1.2 through rustls | `tls.rs` |
//! | RFC 9266, RFC 5929 | `tls-exporter`, `tls-server-end-point` | `tls/binding.rs` |
//! | RFC 4978, RFC 1951 | raw DEFLATE over a connection | `deflate.rs` |
//! | PROXY protocol 1 and 2 (HAProxy) | address of the client behind a balancer | `proxy.rs` |
//! | RFC 9112 | HTTP/1.1 through hyper | `http.rs` |

mod error;
pub mod limits;

mod address;
mod budget;
mod counters;
mod deadline;
mod face_counters;
mod gate;
mod patience;

mod connection;
mod deflate;
pub mod http;
mod listener;
pub mod proxy;
mod serve;
mod stream;
mod tls;
mod transport;

pub use address::{Address, Network, Peer};
pub use budget::{Budget, Reservation};
pub use connection::{Connection, Facts};
pub use counters::{Counters, Reading};
pub use deadline::Deadline;
pub use error::{Error, SetupError};
pub use face_counters::FaceCounters;
pub use gate::{ConnectionLimits, Gate};
pub use listener::{Listener, SocketMode};
pub use patience::Patience;
pub use serve::{Security, Service, serve};
pub use tls::{CertificateFiles, TlsConfig, TlsFacts, TlsVersion, public_key_info, validity};
