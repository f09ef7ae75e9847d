use std::net::SocketAddr;

use proptest::prelude::*;

use super::*;

fn proxied(source: &str, destination: &str) -> Header {
    Header::Proxied {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
    }
}

fn v2(command: u8, family: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = v2::SIGNATURE.to_vec();
    bytes.extend([command, family]);
    bytes.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    bytes.extend(payload);
    bytes
}

#[test]
fn version_1_is_read() {
    let line = b"PROXY TCP4 192.0.2.1 198.51.100.2 4242 25\r\nEHLO";
    assert_eq!(
        parse(line),
        Ok((proxied("192.0.2.1:4242", "198.51.100.2:25"), line.len() - 4))
    );
    let line = b"PROXY TCP6 2001:db8::1 2001:db8::2 0 65535\r\n";
    assert_eq!(
        parse(line),
        Ok((
            proxied("[2001:db8::1]:0", "[2001:db8::2]:65535"),
            line.len()
        ))
    );
    assert_eq!(parse(b"PROXY UNKNOWN\r\n"), Ok((Header::Local, 15)));
    assert_eq!(
        parse(b"PROXY UNKNOWN ffff::1 x 1 2\r\n").unwrap().0,
        Header::Local
    );
}

#[test]
fn version_1_is_not_guessed() {
    for line in [
        "PROXY TCP4 192.0.2.1 198.51.100.2 4242 25\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
        "PROXY TCP4 192.0.2.1  198.51.100.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
        "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
        "proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n",
        "EHLO mail.example.org\r\n",
    ] {
        assert!(
            matches!(parse(line.as_bytes()), Err(Malformed::Unexpected { .. })),
            "{line:?}"
        );
    }
}

#[test]
fn version_1_line_ends_within_its_limit() {
    let line =
        |octets: usize| format!("PROXY UNKNOWN {}\r\n", "x".repeat(octets - 16)).into_bytes();
    assert_eq!(parse(&line(107)), Ok((Header::Local, 107)));
    assert_eq!(
        parse(&line(108)),
        Err(Malformed::TooLong { limit_octets: 107 })
    );
}

#[test]
fn version_2_is_read() {
    let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0x10, 0x92, 0, 25];
    let header = proxied("192.0.2.1:4242", "198.51.100.2:25");
    assert_eq!(parse(&v2(0x21, 0x11, &v4)), Ok((header, 28)));
    let with_extensions = [&v4[..], &[0x04, 0, 1, 9]].concat();
    assert_eq!(parse(&v2(0x21, 0x11, &with_extensions)), Ok((header, 32)));
    assert_eq!(parse(&v2(0x20, 0x11, &v4)), Ok((Header::Local, 28)));
    assert_eq!(parse(&v2(0x20, 0, &[])), Ok((Header::Local, 16)));
    assert_eq!(parse(&v2(0x21, 0, &[])), Ok((Header::Local, 16)));
    let mut v6 = [0; 36];
    (v6[15], v6[31], v6[33], v6[35]) = (1, 2, 3, 4);
    assert_eq!(
        parse(&v2(0x21, 0x21, &v6)),
        Ok((proxied("[::1]:3", "[::2]:4"), 52))
    );
}

#[test]
fn version_2_is_not_guessed() {
    assert!(parse(&v2(0x11, 0x11, &[0; 12])).is_err());
    assert!(parse(&v2(0x22, 0x11, &[0; 12])).is_err());
    assert!(parse(&v2(0x21, 0x11, &[0; 11])).is_err());
    assert!(parse(&v2(0x21, 0x21, &[0; 35])).is_err());
    assert!(parse(&v2(0x21, 0x12, &[0; 12])).is_err());
    assert_eq!(
        parse(&v2(0x21, 0x11, &[0; 4097])),
        Err(Malformed::TooLong { limit_octets: 4096 })
    );
    assert!(parse(&v2(0x21, 0x11, &[0; 4096])).is_ok());
}

proptest! {
    #[test]
    fn every_prefix_is_incomplete(a: SocketAddr, b: SocketAddr) {
        let family = match (a, b) {
            (SocketAddr::V4(_), SocketAddr::V4(_)) => "TCP4",
            (SocketAddr::V6(_), SocketAddr::V6(_)) => "TCP6",
            _ => return Ok(()),
        };
        let line = format!("PROXY {family} {} {} {} {}\r\n", a.ip(), b.ip(), a.port(), b.port());
        prop_assert!(line.len() <= PROXY_V1_OCTETS_MAX);
        let (header, taken) = parse(line.as_bytes()).unwrap();
        prop_assert_eq!(taken, line.len());
        let Header::Proxied { source, destination } = header else { panic!("not proxied") };
        prop_assert_eq!((source.ip(), source.port(), destination.ip(), destination.port()), (a.ip(), a.port(), b.ip(), b.port()));
        for end in 0..line.len() {
            let incomplete = matches!(parse(&line.as_bytes()[..end]), Err(Malformed::Incomplete { .. }));
            prop_assert!(incomplete);
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..3) {
        let head: &[u8] = match kind { 0 => &v2::SIGNATURE, 1 => v1::PREFIX, _ => b"" };
        fuzz(&[head, &bytes].concat());
    }
}
