//! PROXY protocol version 2: a binary header (2.2).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Header, Malformed};
use crate::limits::PROXY_V2_PAYLOAD_OCTETS_MAX;

pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, version and command, family, length.
const FIXED_OCTETS: usize = 16;

pub(super) fn parse(input: &[u8]) -> Result<(Header, usize), Malformed> {
    let Some((fixed, rest)) = input.split_first_chunk::<FIXED_OCTETS>() else {
        return Err(Malformed::Incomplete {
            need_octets: FIXED_OCTETS.saturating_sub(input.len()),
        });
    };
    let [.., version_command, family, high, low] = *fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length > PROXY_V2_PAYLOAD_OCTETS_MAX {
        return Err(Malformed::TooLong {
            limit_octets: PROXY_V2_PAYLOAD_OCTETS_MAX,
        });
    }
    let Some(payload) = rest.get(..length) else {
        return Err(Malformed::Incomplete {
            need_octets: length.saturating_sub(rest.len()),
        });
    };
    let header = match version_command {
        // PROXY protocol 2.2: LOCAL: the receiver must use the real endpoints and skip the rest.
        0x20 => Header::Local,
        0x21 => addresses(family, payload)?,
        _ => {
            return Err(Malformed::Unexpected {
                expected: "version 2 with LOCAL or PROXY",
            });
        }
    };
    Ok((header, FIXED_OCTETS.saturating_add(length)))
}

fn addresses(family: u8, payload: &[u8]) -> Result<Header, Malformed> {
    let short = Malformed::Unexpected {
        expected: "addresses as long as their family",
    };
    match family {
        // TCP over IPv4.
        0x11 => {
            let [a, b, c, d, e, f, g, h, i, j, k, l] = *payload.first_chunk::<12>().ok_or(short)?;
            Ok(Header::Proxied {
                source: (Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([i, j])).into(),
                destination: (Ipv4Addr::new(e, f, g, h), u16::from_be_bytes([k, l])).into(),
            })
        }
        // TCP over IPv6.
        0x21 => {
            let (source, rest) = payload.split_first_chunk::<16>().ok_or(short)?;
            let (destination, rest) = rest.split_first_chunk::<16>().ok_or(short)?;
            let [a, b, c, d] = *rest.first_chunk::<4>().ok_or(short)?;
            Ok(Header::Proxied {
                source: SocketAddr::from((Ipv6Addr::from(*source), u16::from_be_bytes([a, b]))),
                destination: SocketAddr::from((
                    Ipv6Addr::from(*destination),
                    u16::from_be_bytes([c, d]),
                )),
            })
        }
        // PROXY protocol 2.2: UNSPEC: the real endpoints count.
        0x00 => Ok(Header::Local),
        _ => Err(Malformed::Unexpected {
            expected: "TCP over IPv4 or IPv6",
        }),
    }
}
