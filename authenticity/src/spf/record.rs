//! A policy of SPF, read: `v=spf1 mx include:example.net -all` (RFC 7208 4.6, 5, 6).

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use std::net::{Ipv4Addr, Ipv6Addr};

use super::macros::{Place, Template};
use crate::verdict::SpfResult;

/// Octets of a policy. RFC 7208 3.4 wants below 512; what some publish is longer.
const RECORD_OCTETS_MAX: usize = 16_384;

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Record {
    pub(crate) directives: Vec<Directive>,
    pub(crate) redirect: Option<Template>,
    pub(crate) explanation: Option<Template>,
}

/// A mechanism with what a match means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) result: SpfResult,
    pub(crate) mechanism: Mechanism,
    /// As written, without the qualifier.
    pub(crate) text: String,
}

/// RFC 7208 5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mechanism {
    All,
    Include(Template),
    A(Option<Template>, Prefixes),
    Mx(Option<Template>, Prefixes),
    Ptr(Option<Template>),
    Ip4(Ipv4Addr, u8),
    Ip6(Ipv6Addr, u8),
    Exists(Template),
}

/// `dual-cidr-length` of RFC 7208 5.6, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefixes {
    pub(crate) v4: u8,
    pub(crate) v6: u8,
}

impl Record {
    /// Whether a TXT record is a policy at all.
    ///
    /// RFC 7208 4.5: the version stands alone, or a space follows.
    pub(crate) fn is_policy(octets: &[u8]) -> bool {
        let version = octets
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"v=spf1"));
        version && matches!(octets.get(6), None | Some(b' '))
    }

    /// The terms after the version; the text says what is wrong.
    pub(crate) fn read(octets: &[u8]) -> Result<Self, String> {
        if octets.len() > RECORD_OCTETS_MAX {
            return Err("the policy is too long".into());
        }
        // RFC 7208 4.6.1: any syntax error anywhere makes the whole policy an error, before anything of it is evaluated.
        let text = std::str::from_utf8(octets)
            .ok()
            .filter(|text| text.is_ascii());
        let text = text.ok_or("the policy is not ASCII")?;
        let mut record = Self::default();
        for term in text.split(' ').skip(1).filter(|term| !term.is_empty()) {
            record.add(term).ok_or_else(|| {
                let shown: String = term.chars().take(80).collect();
                format!("the term `{}` cannot be understood", shown.escape_debug())
            })?;
        }
        Ok(record)
    }

    fn add(&mut self, term: &str) -> Option<()> {
        if let Some((name, value)) = modifier(term) {
            return self.modify(name, value);
        }
        let (result, text) = match term.chars().next()? {
            '+' => (SpfResult::Pass, term.get(1..)?),
            '-' => (SpfResult::Fail, term.get(1..)?),
            '~' => (SpfResult::SoftFail, term.get(1..)?),
            '?' => (SpfResult::Neutral, term.get(1..)?),
            _ => (SpfResult::Pass, term),
        };
        let mechanism = Mechanism::read(text)?;
        let text = text.to_owned();
        self.directives.push(Directive {
            result,
            mechanism,
            text,
        });
        Some(())
    }

    /// RFC 7208 6: `redirect` and `exp` stand there once; what is unknown is ignored once it is well-formed.
    fn modify(&mut self, name: &str, value: &str) -> Option<()> {
        let place = if name.eq_ignore_ascii_case("redirect") {
            &mut self.redirect
        } else if name.eq_ignore_ascii_case("exp") {
            &mut self.explanation
        } else {
            return Template::read(value, Place::Explanation).map(|_| ());
        };
        if place.is_some() {
            return None;
        }
        *place = Some(domain_spec(value)?);
        Some(())
    }
}

/// `name "=" macro-string`: the equals sign comes before any colon or slash.
fn modifier(term: &str) -> Option<(&str, &str)> {
    let (name, value) = term.split_once('=')?;
    let mut octets = name.bytes();
    let is_name = octets.next()?.is_ascii_alphabetic()
        && octets.all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.'));
    is_name.then_some((name, value))
}

/// `domain-spec` of RFC 7208 7.1.
fn domain_spec(text: &str) -> Option<Template> {
    Template::read(text, Place::DomainSpec).filter(Template::has_domain_end)
}

impl Mechanism {
    fn read(text: &str) -> Option<Self> {
        let end = text.find([':', '/']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        match name.to_ascii_lowercase().as_str() {
            "all" => rest.is_empty().then_some(Self::All),
            "include" => Some(Self::Include(domain_spec(rest.strip_prefix(':')?)?)),
            "exists" => Some(Self::Exists(domain_spec(rest.strip_prefix(':')?)?)),
            "a" => host_and_prefixes(rest).map(|(host, prefixes)| Self::A(host, prefixes)),
            "mx" => host_and_prefixes(rest).map(|(host, prefixes)| Self::Mx(host, prefixes)),
            "ptr" if rest.is_empty() => Some(Self::Ptr(None)),
            "ptr" => Some(Self::Ptr(Some(domain_spec(rest.strip_prefix(':')?)?))),
            "ip4" => {
                let (address, length) = address_and_length(rest)?;
                Some(Self::Ip4(address.parse().ok()?, prefix(length, 32)?))
            }
            "ip6" => {
                let (address, length) = address_and_length(rest)?;
                Some(Self::Ip6(address.parse().ok()?, prefix(length, 128)?))
            }
            _ => None,
        }
    }
}

/// `[ ":" domain-spec ] [ dual-cidr-length ]`.
fn host_and_prefixes(rest: &str) -> Option<(Option<Template>, Prefixes)> {
    let (host, lengths) = split_lengths(rest);
    let host = match host.strip_prefix(':') {
        Some(host) => Some(domain_spec(host)?),
        None if host.is_empty() => None,
        None => return None,
    };
    let (v4, v6) = match lengths.split_once("//") {
        Some((v4, v6)) => (v4, Some(v6)),
        None => (lengths, None),
    };
    let v4 = match v4 {
        "" => None,
        v4 => Some(v4.strip_prefix('/')?),
    };
    let prefixes = Prefixes {
        v4: prefix(v4, 32)?,
        v6: prefix(v6, 128)?,
    };
    Some((host, prefixes))
}

/// Where the prefix lengths begin: at the first slash of a tail of slashes and digits, since a name may hold slashes in macros.
fn split_lengths(rest: &str) -> (&str, &str) {
    let host =
        rest.trim_end_matches(|character: char| character.is_ascii_digit() || character == '/');
    let tail = rest.get(host.len()..).unwrap_or_default();
    let at = tail.find('/').unwrap_or(tail.len());
    let at = host.len().saturating_add(at);
    (
        rest.get(..at).unwrap_or_default(),
        rest.get(at..).unwrap_or_default(),
    )
}

fn address_and_length(rest: &str) -> Option<(&str, Option<&str>)> {
    let rest = rest.strip_prefix(':')?;
    Some(match rest.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (rest, None),
    })
}

/// A prefix length without leading zeros; the whole address when there is none.
fn prefix(text: Option<&str>, whole: u8) -> Option<u8> {
    let Some(text) = text else {
        return Some(whole);
    };
    let is_number = text.bytes().all(|octet| octet.is_ascii_digit())
        && !(text.len() > 1 && text.starts_with('0'));
    let length = text.parse().ok().filter(|_| is_number)?;
    (length <= whole).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Record, String> {
        assert!(Record::is_policy(text.as_bytes()), "{text}");
        Record::read(text.as_bytes())
    }

    #[test]
    fn a_policy_is_known_by_its_version() {
        assert!(Record::is_policy(b"V=sPf1"));
        assert!(!Record::is_policy(b"v=spf10"));
        assert!(!Record::is_policy(b"v=spf1\tall"));
    }

    #[test]
    fn terms_are_read_in_order() {
        let record =
            read("v=spf1 mx/24//64 ?a:x.example.org/8 ip4:192.0.2.0/24 -all redirect=%{d}")
                .unwrap();
        let texts: Vec<&str> = record
            .directives
            .iter()
            .map(|directive| directive.text.as_str())
            .collect();
        assert_eq!(
            texts,
            ["mx/24//64", "a:x.example.org/8", "ip4:192.0.2.0/24", "all"]
        );
        assert!(matches!(
            record.directives[0].mechanism,
            Mechanism::Mx(None, Prefixes { v4: 24, v6: 64 })
        ));
        assert!(record.redirect.is_some());
    }

    #[test]
    fn one_wrong_term_makes_the_policy_wrong() {
        for term in [
            "all:x",
            "all/8",
            "include",
            "include:",
            "a/33",
            "a//129",
            "a/",
            "a/08",
            "ip4:1.2.3",
            "ip4:1.2.3.4/",
            "ip6",
            "a:museum",
            "a:foo.-x",
            "a:1.2.3.4",
            "exists:",
            "redirect=",
            "exp=",
            "bogus",
            "-redirect=a.b",
            "ptr/0",
            "far=%out",
        ] {
            assert!(read(&format!("v=spf1 {term} -all")).is_err(), "{term}");
        }
        assert!(read("v=spf1 moo.cow-far_out=man:dog/cat -all").is_ok());
        assert!(read("v=spf1 exp=a.b exp=a.b").is_err());
    }
}
