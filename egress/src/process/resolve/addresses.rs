//! Addresses of a host, of both families.

use std::net::{IpAddr, Ipv6Addr};

use super::words::strength;
use super::{Resolver, Unresolved};
use crate::wire::{Answer, Existence, Kind, Question, Record, Secure};

/// The addresses of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// IPv6 and IPv4 in turns, IPv6 first.
    pub(crate) list: Vec<IpAddr>,
    /// The weaker of the two answers that have addresses; of both, if none has.
    pub(crate) secure: Secure,
    /// The name behind all aliases.
    pub(crate) canonical_name: String,
    /// Whether there are addresses, or at least the name.
    pub(crate) existence: Existence,
}

impl Resolver {
    /// The addresses of a host; of `192.0.2.1`, `[192.0.2.1]` and `[IPv6:2001:db8::1]` (RFC 5321 4.1.3) the one written.
    ///
    /// # Errors
    /// [`Unresolved`] if one of the questions has no answer and the other no address.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Addresses, Unresolved> {
        if let Some(address) = literal(host) {
            return Ok(Addresses {
                list: vec![address],
                secure: Secure::Indeterminate,
                canonical_name: host.to_owned(),
                existence: Existence::Present,
            });
        }
        let v6 = Question::new(Kind::Aaaa, host);
        let v4 = Question::new(Kind::A, host);
        let (v6, v4) = tokio::join!(self.lookup(&v6), self.lookup(&v4));
        match (v6, v4) {
            (Ok(v6), Ok(v4)) => Ok(both(&v6, v4)),
            (Ok(one), Err(error)) | (Err(error), Ok(one)) => {
                if one.records.is_empty() {
                    return Err(error);
                }
                let empty = Answer {
                    records: Vec::new(),
                    ..one.clone()
                };
                Ok(both(&empty, one))
            }
            (Err(error), Err(_)) => Err(error),
        }
    }
}

/// The address that is written out.
pub(super) fn literal(host: &str) -> Option<IpAddr> {
    let Some(inside) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    else {
        return host.parse().ok();
    };
    match inside.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
            let address: Ipv6Addr = inside.get(5..)?.parse().ok()?;
            Some(IpAddr::V6(address))
        }
        // Besides RFC 5321's, the form of RFC 3986 3.2.2 for URLs.
        _ => inside.parse().ok(),
    }
}

/// Two answers made into one.
fn both(v6: &Answer, v4: Answer) -> Addresses {
    let with_records = [v6, &v4].map(|answer| (answer.secure, !answer.records.is_empty()));
    let any = with_records.iter().any(|(_, has_records)| *has_records);
    let counted = with_records
        .iter()
        .filter(|(_, has_records)| *has_records == any);
    let secure = counted
        .map(|(secure, _)| *secure)
        .min_by_key(|secure| strength(*secure));
    let (mut six, mut four) = (v6.records.iter(), v4.records.iter());
    let mut list = Vec::new();
    loop {
        // RFC 8305 4: the families in turns, so that one that does not work costs one attempt.
        let pair = [six.next(), four.next()];
        if pair == [None, None] {
            break;
        }
        list.extend(pair.into_iter().flatten().filter_map(address));
    }
    let existence = match (v6.existence, v4.existence) {
        (Existence::Present, _) | (_, Existence::Present) => Existence::Present,
        (Existence::NoName, Existence::NoName) => Existence::NoName,
        _ => Existence::NoData,
    };
    Addresses {
        list,
        secure: secure.unwrap_or(Secure::Indeterminate),
        canonical_name: v4.canonical_name,
        existence,
    }
}

/// The address in a record.
fn address(record: &Record) -> Option<IpAddr> {
    match record {
        Record::A(address) => Some(IpAddr::V4(*address)),
        Record::Aaaa(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn answer(records: Vec<Record>, secure: Secure) -> Answer {
        Answer {
            existence: if records.is_empty() {
                Existence::NoData
            } else {
                Existence::Present
            },
            records,
            secure,
            ttl_seconds: 60,
            canonical_name: "host.example".into(),
        }
    }

    fn four(last: u8) -> Record {
        Record::A(Ipv4Addr::new(192, 0, 2, last))
    }

    fn six(last: u16) -> Record {
        Record::Aaaa(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last))
    }

    #[test]
    fn families_take_turns() {
        let v6 = answer(vec![six(1)], Secure::Secure);
        let v4 = answer(vec![four(1), four(2)], Secure::Secure);
        let list = both(&v6, v4).list;
        let texts: Vec<String> = list.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["2001:db8::1", "192.0.2.1", "192.0.2.2"]);
    }

    #[test]
    fn the_weaker_answer_counts() {
        let secure = |records| answer(records, Secure::Secure);
        let insecure = |records| answer(records, Secure::Insecure);
        let of = |v6, v4| both(&v6, v4).secure;
        assert_eq!(
            of(secure(vec![six(1)]), insecure(vec![four(1)])),
            Secure::Insecure
        );
        assert_eq!(of(insecure(vec![]), secure(vec![four(1)])), Secure::Secure);
        assert_eq!(of(insecure(vec![]), secure(vec![])), Secure::Insecure);
    }

    #[test]
    fn literals_are_not_looked_up() {
        for (text, address) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("[192.0.2.1]", Some("192.0.2.1")),
            ("[IPv6:2001:db8::1]", Some("2001:db8::1")),
            ("[ipv6:::1]", Some("::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[IPv6:192.0.2.1]", None),
            ("[]", None),
            ("host.example", None),
        ] {
            let address: Option<IpAddr> = address.map(|text| text.parse().unwrap());
            assert_eq!(literal(text), address, "{text}");
        }
    }
}
