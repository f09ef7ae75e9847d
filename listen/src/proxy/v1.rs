//! PROXY protocol version 1: one line of text (2.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::{FromStr, SplitN};

use super::{Header, Malformed};
use crate::limits::PROXY_V1_OCTETS_MAX;

pub(super) const PREFIX: &[u8] = b"PROXY ";

pub(super) fn parse(input: &[u8]) -> Result<(Header, usize), Malformed> {
    let window = input.get(..PROXY_V1_OCTETS_MAX).unwrap_or(input);
    // PROXY protocol 2.1: the line ends with CRLF, and no more than 107 octets are looked at.
    let Some(end) = memchr::memchr(b'\n', window) else {
        return Err(if window.len() < PROXY_V1_OCTETS_MAX {
            Malformed::Incomplete { need_octets: 1 }
        } else {
            Malformed::TooLong {
                limit_octets: PROXY_V1_OCTETS_MAX,
            }
        });
    };
    let line = window
        .get(PREFIX.len()..end)
        .and_then(|line| line.strip_suffix(b"\r"))
        .and_then(|line| std::str::from_utf8(line).ok())
        .ok_or(Malformed::Unexpected {
            expected: "a line of text with CRLF",
        })?;
    Ok((header(line)?, end.saturating_add(1)))
}

fn header(line: &str) -> Result<Header, Malformed> {
    // One field more than there may be, so that a surplus one does not pass unnoticed.
    let mut fields = line.splitn(6, ' ');
    match fields.next() {
        Some("TCP4") => addresses::<Ipv4Addr>(fields),
        Some("TCP6") => addresses::<Ipv6Addr>(fields),
        // PROXY protocol 2.1: with UNKNOWN, the rest of the line is to be ignored.
        Some("UNKNOWN") => Ok(Header::Local),
        _ => Err(Malformed::Unexpected {
            expected: "TCP4, TCP6 or UNKNOWN",
        }),
    }
}

fn addresses<A: FromStr + Into<IpAddr>>(mut fields: SplitN<'_, char>) -> Result<Header, Malformed> {
    let mut ip = || {
        let address = fields.next().and_then(|field| field.parse::<A>().ok());
        address.map(Into::into).ok_or(Malformed::Unexpected {
            expected: "an address of the announced family",
        })
    };
    let (source, destination) = (ip()?, ip()?);
    let (source_port, destination_port) = (port(fields.next())?, port(fields.next())?);
    if fields.next().is_some() {
        return Err(Malformed::Unexpected {
            expected: "the end of the line",
        });
    }
    Ok(Header::Proxied {
        source: SocketAddr::new(source, source_port),
        destination: SocketAddr::new(destination, destination_port),
    })
}

/// PROXY protocol 2.1: decimal, 0 to 65535, no leading zeroes.
fn port(field: Option<&str>) -> Result<u16, Malformed> {
    field
        .filter(|field| {
            *field == "0" || field.starts_with(|first: char| matches!(first, '1'..='9'))
        })
        .and_then(|field| field.parse().ok())
        .ok_or(Malformed::Unexpected { expected: "a port" })
}
