//! Words: our names, records and proofs for hickory's.

use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::dnssec::rdata::DNSSECRData;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record as Raw, RecordType};

use super::Unresolved;
use crate::wire::{Existence, Kind, Record, Secure};

/// A name as asked for. Octets are taken as they are, without escapes.
pub(crate) fn domain_name(text: &str) -> Result<Name, Unresolved> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let labels = text.split('.').filter(|_| !text.is_empty());
    let labels = labels.map(|label| label.to_ascii_lowercase().into_bytes());
    let labels: Vec<Vec<u8>> = labels.collect();
    // RFC 1035 3.1: a label is not empty; RFC 1035 2.3.4: its length and that of the name are hickory's to check.
    if labels.iter().any(Vec::is_empty) {
        return Err(Unresolved::BadName);
    }
    let labels = labels.iter().map(Vec::as_slice);
    let mut name = Name::from_labels(labels).map_err(|_| Unresolved::BadName)?;
    name.set_fqdn(true);
    Ok(name)
}

/// A name as we write it: lower case, without the final dot.
pub(super) fn text_of(name: &Name) -> String {
    let mut text = name.to_lowercase().to_ascii();
    if text.ends_with('.') {
        text.pop();
    }
    text
}

/// hickory's word for a type.
pub(super) fn record_type(kind: Kind) -> RecordType {
    match kind {
        Kind::Mx => RecordType::MX,
        Kind::Txt => RecordType::TXT,
        Kind::A => RecordType::A,
        Kind::Aaaa => RecordType::AAAA,
        Kind::Tlsa => RecordType::TLSA,
        Kind::Ptr => RecordType::PTR,
        Kind::Ns => RecordType::NS,
        Kind::Soa => RecordType::SOA,
        Kind::Cname => RecordType::CNAME,
        Kind::Caa => RecordType::CAA,
        Kind::Ds => RecordType::DS,
    }
}

/// Whether a record makes a name an alias.
pub(super) fn is_alias(raw: &Raw, name: &Name) -> bool {
    raw.record_type() == RecordType::CNAME && raw.name == *name
}

/// What a response code without records says.
pub(super) fn existence_of(code: ResponseCode) -> Existence {
    match code {
        ResponseCode::NXDomain => Existence::NoName,
        _ => Existence::NoData,
    }
}

/// Our word for a proof.
pub(super) fn secure_of(proof: Proof) -> Secure {
    match proof {
        Proof::Secure => Secure::Secure,
        Proof::Insecure => Secure::Insecure,
        Proof::Bogus => Secure::Bogus,
        Proof::Indeterminate => Secure::Indeterminate,
    }
}

/// What several proofs together prove.
pub(super) fn weakest(proofs: impl IntoIterator<Item = Proof>) -> Secure {
    let secure = proofs.into_iter().map(secure_of);
    secure
        .min_by_key(|secure| strength(*secure))
        .unwrap_or(Secure::Indeterminate)
}

/// The weaker of two proofs.
pub(super) fn weaker(one: Secure, other: Secure) -> Secure {
    if strength(one) < strength(other) {
        one
    } else {
        other
    }
}

/// How much a proof is worth.
pub(super) fn strength(secure: Secure) -> u8 {
    match secure {
        Secure::Bogus => 0,
        Secure::Indeterminate => 1,
        Secure::Insecure => 2,
        Secure::Secure => 3,
    }
}

/// Our record for hickory's.
pub(super) fn record(data: &RData) -> Option<Record> {
    Some(match data {
        RData::MX(mx) => Record::Mx {
            preference: mx.preference,
            exchange: text_of(&mx.exchange),
        },
        RData::TXT(text) => Record::Txt(text.txt_data.concat()),
        RData::A(address) => Record::A(address.0),
        RData::AAAA(address) => Record::Aaaa(address.0),
        RData::TLSA(tlsa) => Record::Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        },
        RData::PTR(name) => Record::Ptr(text_of(&name.0)),
        RData::NS(name) => Record::Ns(text_of(&name.0)),
        RData::SOA(soa) => Record::Soa {
            primary: text_of(&soa.mname),
            contact: text_of(&soa.rname),
            serial: soa.serial,
            // RFC 1035 3.3.13 calls them 32-bit intervals; hickory keeps them signed.
            refresh: soa.refresh.cast_unsigned(),
            retry: soa.retry.cast_unsigned(),
            expire: soa.expire.cast_unsigned(),
            negative_ttl: soa.minimum,
        },
        RData::CNAME(name) => Record::Cname(text_of(&name.0)),
        RData::CAA(caa) => Record::Caa {
            critical: caa.issuer_critical,
            tag: caa.tag.clone(),
            value: caa.value.clone(),
        },
        RData::DNSSEC(DNSSECRData::DS(ds)) => Record::Ds {
            key_tag: ds.key_tag(),
            algorithm: ds.algorithm().into(),
            digest_type: ds.digest_type().into(),
            digest: ds.digest().to_vec(),
        },
        _ => return None,
    })
}
