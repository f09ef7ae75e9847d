//! A DMARC policy record, read (RFC 9989 4.7, 4.8).

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use crate::verdict::{Alignment, DmarcRecord, Policy, ReportAddress};

/// Octets of a record that are read.
pub const DMARC_RECORD_OCTETS_MAX: usize = 8_192;
/// RFC 7489 6.2: a receiver may limit the addresses; it must serve at least two.
const ADDRESSES_MAX: usize = 10;

/// What a policy record says, for who wants to know no more than that; it names no domain.
#[must_use]
pub fn read_dmarc_record(octets: &[u8]) -> Option<DmarcRecord> {
    read_record(octets, "")
}

/// The record, when it is one: `v=DMARC1` stands first. Tags that are unknown or nonsense are as if they were not there (RFC 9989 4.7).
pub(super) fn read_record(octets: &[u8], domain: &str) -> Option<DmarcRecord> {
    if octets.len() > DMARC_RECORD_OCTETS_MAX {
        return None;
    }
    let text = std::str::from_utf8(octets).ok()?;
    let mut tags = text.split(';').map(|tag| {
        tag.split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
    });
    // RFC 9989 4.7 `v`: first, and its value is case-sensitive.
    if !matches!(tags.next()?, Some((name, "DMARC1")) if name.eq_ignore_ascii_case("v")) {
        return None;
    }
    let mut record = DmarcRecord {
        domain: domain.to_owned(),
        pct: 100,
        fo: "0".to_owned(),
        ..DmarcRecord::default()
    };
    for (name, value) in tags.flatten() {
        set(&mut record, &name.to_ascii_lowercase(), value);
    }
    Some(record)
}

fn set(record: &mut DmarcRecord, name: &str, value: &str) {
    match name {
        "p" => record.p = policy(value),
        "sp" => record.sp = policy(value),
        "np" => record.np = policy(value),
        "adkim" => record.adkim = alignment(value),
        "aspf" => record.aspf = alignment(value),
        "pct" => {
            record.pct = value
                .parse()
                .ok()
                .filter(|percent| *percent <= 100)
                .unwrap_or(100)
        }
        "t" => record.testing = value.eq_ignore_ascii_case("y"),
        "psd" => {
            record.psd = match value.to_ascii_lowercase().as_str() {
                "y" => Some(true),
                "n" => Some(false),
                _ => None,
            }
        }
        "fo" if value.len() <= 16 && value.bytes().all(|octet| b"01dsDS: ".contains(&octet)) => {
            record.fo = value.replace(' ', "").to_ascii_lowercase();
        }
        "rua" => record.rua = addresses(value),
        "ruf" => record.ruf = addresses(value),
        _ => {}
    }
}

fn policy(value: &str) -> Option<Policy> {
    match value.to_ascii_lowercase().as_str() {
        "none" => Some(Policy::None),
        "quarantine" => Some(Policy::Quarantine),
        "reject" => Some(Policy::Reject),
        _ => None,
    }
}

fn alignment(value: &str) -> Alignment {
    if value.eq_ignore_ascii_case("s") {
        Alignment::Strict
    } else {
        Alignment::Relaxed
    }
}

/// `dmarc-urilist`: addresses of `mailto:`, each perhaps with a size (RFC 7489 6.2).
fn addresses(value: &str) -> Vec<ReportAddress> {
    value
        .split(',')
        .filter_map(address)
        .take(ADDRESSES_MAX)
        .collect()
}

fn address(uri: &str) -> Option<ReportAddress> {
    let uri = uri.trim();
    let scheme = uri
        .get(..7)
        .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))?;
    let rest = uri.get(scheme.len()..)?;
    let (address, size) = match rest.split_once('!') {
        Some((address, size)) => (address, Some(octets(size)?)),
        None => (rest, None),
    };
    let address = percent_decoded(address)?;
    let (local, domain) = address.rsplit_once('@')?;
    let fits = !local.is_empty()
        && address.len() <= 320
        && crate::domain::is_plain(domain)
        && local
            .bytes()
            .all(|octet| matches!(octet, b'!'..=b'~') && !b"<>(),;:\\\"[]@".contains(&octet));
    fits.then_some(ReportAddress {
        address,
        octets_max: size,
    })
}

/// A size with its unit: powers of 1024 (RFC 7489 6.4 `dmarc-uri`).
fn octets(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let count: u64 = digits.parse().ok()?;
    let unit = match text.get(digits.len()..)?.to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1_u64 << 10,
        "m" => 1_u64 << 20,
        "g" => 1_u64 << 30,
        "t" => 1_u64 << 40,
        _ => return None,
    };
    Some(count.saturating_mul(unit))
}

/// RFC 6068 2: percent signs with two hexadecimal digits.
fn percent_decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let pair = [rest.next()?, rest.next()?];
            octets.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<DmarcRecord> {
        read_record(text.as_bytes(), "example.org")
    }

    #[test]
    fn a_record_is_read() {
        let record = read(
            "v=DMARC1; p=reject; SP=quarantine; adkim=s; pct=20; t=y; fo=1:d; rua=mailto:a@b.example!10m, mailto:c%2Bd@e.example,https://x; x=y",
        )
        .unwrap();
        assert_eq!(
            (record.p, record.sp, record.np),
            (Some(Policy::Reject), Some(Policy::Quarantine), None)
        );
        assert_eq!(
            (record.adkim, record.aspf),
            (Alignment::Strict, Alignment::Relaxed)
        );
        assert_eq!(
            (record.pct, record.testing, record.fo.as_str()),
            (20, true, "1:d")
        );
        assert_eq!(
            record.rua[0],
            ReportAddress {
                address: "a@b.example".into(),
                octets_max: Some(10 << 20)
            }
        );
        assert_eq!(record.rua[1].address, "c+d@e.example");
        assert_eq!(record.rua.len(), 2);
    }

    #[test]
    fn what_is_no_record_is_none() {
        for text in [
            "",
            "v=DMARC2; p=none",
            "p=none; v=DMARC1",
            "v=dmarc1; p=none",
            "v=spf1 -all",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_there() {
        let record = read(
            "v=DMARC1;p=nonsense;pct=200;;=;rua=mailto:a\"\r\nb@c.example,mailto:@x,mailto:a@b%",
        )
        .unwrap();
        assert_eq!((record.p, record.pct, record.rua.len()), (None, 100, 0));
    }
}
