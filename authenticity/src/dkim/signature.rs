//! A DKIM signature, read (RFC 6376 3.5).

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_auth::common::crypto::{Algorithm as Method, HashAlgorithm};

use super::Failure;
use crate::canonical::{Form, forms};
use crate::domain;
use crate::tags::{Tags, compact, number, words};
use crate::verdict::DkimResult;

/// Fields that one signature may name.
const FIELDS_MAX: usize = 500;

/// Base64 as signatures have it: with or without the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// RFC 6376 3.3, RFC 8463 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RsaSha1,
    RsaSha256,
    Ed25519Sha256,
}

impl Algorithm {
    pub(crate) fn read(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "rsa-sha1" => Some(Self::RsaSha1),
            "rsa-sha256" => Some(Self::RsaSha256),
            "ed25519-sha256" => Some(Self::Ed25519Sha256),
            _ => None,
        }
    }

    /// The hash of body and header.
    pub(crate) fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha1 => HashAlgorithm::Sha1,
            Self::RsaSha256 | Self::Ed25519Sha256 => HashAlgorithm::Sha256,
        }
    }

    pub(crate) fn method(self) -> Method {
        match self {
            Self::RsaSha1 => Method::RsaSha1,
            Self::RsaSha256 => Method::RsaSha256,
            Self::Ed25519Sha256 => Method::Ed25519Sha256,
        }
    }
}

/// What a signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) algorithm: Algorithm,
    pub(crate) domain: String,
    pub(crate) selector: String,
    pub(crate) identity: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) body_hash: Vec<u8>,
    pub(crate) fields: Vec<String>,
    pub(crate) field_form: Form,
    pub(crate) body_form: Form,
    /// `l=`: how much of the body is signed.
    pub(crate) body_octets: Option<u64>,
    pub(crate) expires: Option<u64>,
}

impl Signature {
    /// RFC 6376 6.1.1: what must be there, and agree.
    pub(crate) fn read(tags: &Tags<'_>) -> Result<Self, Failure> {
        if tags.get("v") != Some("1") {
            return Err(Failure::new(
                DkimResult::Neutral,
                "the signature is of no known version",
            ));
        }
        let mut signature = Self::read_common(tags)?;
        if let Some(text) = tags.get("i") {
            signature.identity = identity(text, &signature.domain)?;
        }
        // RFC 6376 5.4: a signature that leaves out `From` says nothing.
        if !signature
            .fields
            .iter()
            .any(|name| name.eq_ignore_ascii_case("from"))
        {
            return Err(Failure::new(
                DkimResult::PermError,
                "the signature leaves out `From`",
            ));
        }
        Ok(signature)
    }

    /// What the signatures of DKIM and of ARC have in common (RFC 8617 4.1.2).
    pub(crate) fn read_common(tags: &Tags<'_>) -> Result<Self, Failure> {
        let missing = |name: &str| {
            Failure::new(
                DkimResult::PermError,
                format!("the signature has no `{name}`"),
            )
        };
        let required = |name: &str| {
            tags.get(name)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| missing(name))
        };
        let wrong = |name: &str| {
            Failure::new(
                DkimResult::Neutral,
                format!("`{name}` of the signature cannot be understood"),
            )
        };

        let algorithm = required("a")?;
        let domain = required("d")?;
        let selector = required("s")?;
        let (signature, body_hash) = (required("b")?, required("bh")?);
        let fields: Vec<String> = words(required("h")?)
            .take(FIELDS_MAX)
            .map(str::to_owned)
            .collect();

        let algorithm = Algorithm::read(algorithm).ok_or_else(|| wrong("a"))?;
        let domain = domain::plain(domain).ok_or_else(|| wrong("d"))?;
        let (field_form, body_form) = forms(tags.get("c")).ok_or_else(|| wrong("c"))?;
        if !fields.iter().all(|name| is_field_name(name)) {
            return Err(wrong("h"));
        }
        // RFC 6376 3.5: `q=` is a list of ways to the key; we know the one that all know.
        if tags
            .get("q")
            .is_some_and(|ways| !words(ways).any(|way| way.eq_ignore_ascii_case("dns/txt")))
        {
            return Err(wrong("q"));
        }
        let numbered = |name: &str| match tags.get(name) {
            None => Ok(None),
            Some(text) => number(text).map(Some).ok_or_else(|| wrong(name)),
        };
        let (signed_at, expires) = (numbered("t")?, numbered("x")?);
        // RFC 6376 3.5 `x=`: later than `t=`.
        if let (Some(signed_at), Some(expires)) = (signed_at, expires)
            && expires <= signed_at
        {
            return Err(wrong("x"));
        }
        Ok(Self {
            algorithm,
            identity: format!("@{domain}"),
            domain,
            selector: selector_name(selector).ok_or_else(|| wrong("s"))?,
            signature: decode(signature).ok_or_else(|| wrong("b"))?,
            body_hash: decode(body_hash).ok_or_else(|| wrong("bh"))?,
            fields,
            field_form,
            body_form,
            body_octets: numbered_length(tags.get("l")).map_err(|()| wrong("l"))?,
            expires,
        })
    }

    /// Departs from RFC 6376 3.5 `l=`: what was added after the signed part is shown to readers as if it were signed (8.2), so that such a
    /// signature does not count.
    pub(crate) fn covers(&self, octets: u64) -> Result<(), Failure> {
        match self.body_octets {
            Some(signed) if signed > octets => Err(Failure::new(
                DkimResult::PermError,
                "the body is shorter than what was signed",
            )),
            Some(signed) if signed < octets => Err(Failure::new(
                DkimResult::Policy,
                "only the beginning of the body is signed",
            )),
            _ => Ok(()),
        }
    }
}

/// `i=`: an address within the domain that signs; `@` and the domain when there is none.
fn identity(text: &str, domain: &str) -> Result<String, Failure> {
    let text = compact(text);
    let within = domain::of_address(&text)
        .and_then(domain::normal)
        .is_some_and(|name| domain::is_within(&name, domain));
    if within {
        Ok(text)
    } else {
        // RFC 6376 6.1.1.
        Err(Failure::new(
            DkimResult::PermError,
            "`i` of the signature is outside its domain",
        ))
    }
}

/// A selector is one or more labels.
pub(crate) fn selector_name(text: &str) -> Option<String> {
    domain::is_plain(text).then(|| text.to_owned())
}

/// `field-name` of RFC 5322 2.2.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|octet| matches!(octet, b'!'..=b'9' | b';'..=b'~'))
}

/// `l=`: up to 76 digits (RFC 6376 3.5); what no number of ours holds is longer than any message.
fn numbered_length(text: Option<&str>) -> Result<Option<u64>, ()> {
    match text {
        None => Ok(None),
        Some(text)
            if !text.is_empty()
                && text.len() <= 76
                && text.bytes().all(|octet| octet.is_ascii_digit()) =>
        {
            Ok(Some(text.parse().unwrap_or(u64::MAX)))
        }
        Some(_) => Err(()),
    }
}

/// Base64 with folding white space (RFC 6376 2.8).
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(compact(text)).ok()
}
