//! PROXY protocol (HAProxy's specification of 2020-03-05), versions 1 and 2: the header by which a balancer tells whom
//! it speaks for.
//!
//! Pure: bytes in, [`Header`] out. Only peers in the configured networks are asked for a header, and from them it is
//! required: the specification (2) forbids guessing whether one is there.
//! Extensions (TLVs), such as what the balancer says about TLS of its own, are skipped: nothing is concluded from them.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

mod v1;
mod v2;

#[cfg(test)]
#[expect(clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]
mod tests;

use std::net::SocketAddr;

use crate::limits::PROXY_V1_OCTETS_MAX;
use crate::transport::Transport;
use crate::{Deadline, Error};

/// Whom the proxy speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// For itself, as in health checks (`LOCAL`), or it does not say (`UNKNOWN`): the socket's own addresses count.
    Local,
    /// For a client.
    Proxied {
        /// The client.
        source: SocketAddr,
        /// Where the client connected to.
        destination: SocketAddr,
    },
}

/// Why the bytes are not a header (yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More octets are needed.
    #[error("the header is cut off")]
    Incomplete {
        /// At least so many more.
        need_octets: usize,
    },
    /// This is no header.
    #[error("expected {expected}")]
    Unexpected {
        /// What should have stood there.
        expected: &'static str,
    },
    /// The header is longer than we take.
    #[error("header longer than {limit_octets} octets")]
    TooLong {
        /// The limit.
        limit_octets: usize,
    },
}

/// Octets with which it is certain which version this is; no header is shorter (2.1, 2.2).
const SIGNATURE_OCTETS: usize = 12;

/// Reads a header at the start of the input; also says how many octets it takes.
///
/// # Errors
/// [`Malformed`]; with `Incomplete` the same input with more behind it may be right.
pub fn parse(input: &[u8]) -> Result<(Header, usize), Malformed> {
    if let Some(missing) = SIGNATURE_OCTETS
        .checked_sub(input.len())
        .filter(|missing| *missing > 0)
    {
        return Err(Malformed::Incomplete {
            need_octets: missing,
        });
    }
    if input.starts_with(&v2::SIGNATURE) {
        v2::parse(input)
    } else if input.starts_with(v1::PREFIX) {
        v1::parse(input)
    } else {
        Err(Malformed::Unexpected {
            expected: "a PROXY header",
        })
    }
}

/// Reads a header from the socket and nothing behind it.
pub(crate) async fn read(transport: &mut Transport, deadline: Deadline) -> Result<Header, Error> {
    let mut input = Vec::new();
    loop {
        match parse(&input) {
            Ok((header, _)) => return Ok(header),
            Err(Malformed::Incomplete { need_octets }) if input.starts_with(v1::PREFIX) => {
                // The end of a version 1 line cannot be foretold.
                let _ = need_octets;
                let room = PROXY_V1_OCTETS_MAX.saturating_sub(input.len());
                deadline
                    .bound(transport.read_to_line_feed(room, &mut input))
                    .await??;
            }
            Err(Malformed::Incomplete { need_octets }) => {
                deadline
                    .bound(transport.read_more(need_octets, &mut input))
                    .await??;
            }
            Err(malformed) => return Err(malformed.into()),
        }
    }
}

/// Feeds arbitrary bytes to the parser and checks its promises; for fuzzing.
///
/// # Panics
/// If a promise is broken.
pub fn fuzz(input: &[u8]) {
    match parse(input) {
        Ok((header, taken)) => {
            let alone = input.get(..taken);
            assert_eq!(
                alone.map(parse),
                Some(Ok((header, taken))),
                "what stands behind a header changes it"
            );
        }
        Err(Malformed::Incomplete { need_octets }) => assert!(need_octets > 0, "asks for nothing"),
        Err(Malformed::Unexpected { .. } | Malformed::TooLong { .. }) => {}
    }
}
