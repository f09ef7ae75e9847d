//! Macros of SPF: `%{ir}.%{v}._spf.%{d2}` (RFC 7208 7).

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::panic
    )
)]

use std::net::IpAddr;

use crate::domain::NAME_OCTETS_MAX;

/// Octets of an expanded text: a local part of 64 KiB repeated a hundred times is nobody's domain name.
const EXPANDED_OCTETS_MAX: usize = 8_192;

/// Where a text with macros stands: some letters mean something in explanations only (RFC 7208 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    DomainSpec,
    Explanation,
}

/// A text with macros, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Macro(Macro),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Macro {
    letter: char,
    /// Parts to keep, counted from the right; nothing for all.
    parts: Option<usize>,
    reversed: bool,
    delimiters: String,
    /// Written as a capital: for use in URLs.
    escaped: bool,
}

/// What the letters stand for.
#[derive(Debug, Clone)]
pub(crate) struct Values<'a> {
    pub(crate) local: &'a str,
    pub(crate) sender_domain: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) ip: IpAddr,
    /// The validated name of the address, `unknown` without one.
    pub(crate) validated: &'a str,
    pub(crate) helo: &'a str,
    pub(crate) host: &'a str,
    pub(crate) now: u64,
}

impl Template {
    /// `macro-string` of RFC 7208 7.1 (explanations: `explain-string`, which has spaces too).
    pub(crate) fn read(text: &str, place: Place) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            if character != '%' {
                let allowed = matches!(character, '!'..='~')
                    || (place == Place::Explanation && character == ' ');
                if !allowed {
                    return None;
                }
                literal.push(character);
                continue;
            }
            // RFC 7208 7.1: `%%`, `%_`, `%-` stand for a percent sign, a space and an escaped space.
            match rest.next()? {
                '%' => literal.push('%'),
                '_' => literal.push(' '),
                '-' => literal.push_str("%20"),
                '{' => {
                    let (inner, after) = rest.as_str().split_once('}')?;
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    pieces.push(Piece::Macro(Macro::read(inner, place)?));
                    rest = after.chars();
                }
                _ => return None,
            }
        }
        pieces.push(Piece::Literal(literal));
        Some(Self(pieces))
    }

    /// Whether a letter occurs in it.
    pub(crate) fn uses(&self, letter: char) -> bool {
        self.0
            .iter()
            .any(|piece| matches!(piece, Piece::Macro(found) if found.letter == letter))
    }

    /// The text, bounded.
    pub(crate) fn expand(&self, values: &Values<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Macro(found) => text.push_str(&found.expand(values)),
            }
            if text.len() > EXPANDED_OCTETS_MAX {
                break;
            }
        }
        text
    }

    /// The text as a domain name.
    ///
    /// RFC 7208 7.3: labels fall off at the left until it is at most 253 octets long.
    pub(crate) fn expand_name(&self, values: &Values<'_>) -> String {
        let text = self.expand(values);
        let mut name = text.strip_suffix('.').unwrap_or(&text);
        while name.len() > NAME_OCTETS_MAX {
            match name.split_once('.') {
                Some((_, shorter)) => name = shorter,
                None => return String::new(),
            }
        }
        name.to_owned()
    }

    /// `domain-spec` of RFC 7208 7.1 ends with a macro or a top-level label.
    pub(crate) fn has_domain_end(&self) -> bool {
        let mut ends_with_macro = false;
        let mut end = "";
        for piece in &self.0 {
            match piece {
                Piece::Macro(_) => (ends_with_macro, end) = (true, ""),
                Piece::Literal(literal) if !literal.is_empty() => {
                    (ends_with_macro, end) = (false, literal)
                }
                Piece::Literal(_) => {}
            }
        }
        if ends_with_macro {
            return true;
        }
        let end = end.strip_suffix('.').unwrap_or(end);
        end.rsplit_once('.')
            .is_some_and(|(_, label)| is_top_label(label))
    }
}

/// `toplabel` of RFC 7208 7.1: letters, digits and inner hyphens, and not digits only.
fn is_top_label(label: &str) -> bool {
    label
        .bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
        && !label.bytes().all(|octet| octet.is_ascii_digit())
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl Macro {
    /// Between the braces: `macro-letter transformers *delimiter`.
    fn read(inner: &str, place: Place) -> Option<Self> {
        let mut rest = inner.chars();
        let written = rest.next()?;
        let letter = written.to_ascii_lowercase();
        let known = match place {
            Place::DomainSpec => "slodiphv",
            Place::Explanation => "slodiphvcrt",
        };
        if !known.contains(letter) {
            return None;
        }
        let rest = rest.as_str();
        let digits = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        let count = rest.get(..rest.len().checked_sub(digits.len())?)?;
        let parts = match count {
            "" => None,
            // RFC 7208 7.1: zero parts are a syntax error. More than there can be are all.
            count => match count.parse::<usize>() {
                Ok(0) => return None,
                Ok(parts) => Some(parts),
                Err(_) => None,
            },
        };
        let (reversed, delimiters) = match digits.strip_prefix(['r', 'R']) {
            Some(delimiters) => (true, delimiters),
            None => (false, digits),
        };
        delimiters
            .chars()
            .all(|character| ".-+,/_=".contains(character))
            .then(|| Self {
                letter,
                parts,
                reversed,
                delimiters: delimiters.to_owned(),
                escaped: written.is_ascii_uppercase(),
            })
    }

    fn expand(&self, values: &Values<'_>) -> String {
        let value = match self.letter {
            's' => format!("{}@{}", values.local, values.sender_domain),
            'l' => values.local.to_owned(),
            'o' => values.sender_domain.to_owned(),
            'i' => dotted(values.ip),
            'p' => values.validated.to_owned(),
            'h' => values.helo.to_owned(),
            'v' if values.ip.is_ipv4() => "in-addr".to_owned(),
            'v' => "ip6".to_owned(),
            'c' => values.ip.to_string(),
            'r' => values.host.to_owned(),
            't' => values.now.to_string(),
            _ => values.domain.to_owned(),
        };
        let value = self.transformed(&value);
        if self.escaped {
            url_escaped(&value)
        } else {
            value
        }
    }

    /// RFC 7208 7.3: split at the delimiters, turn round, keep the right parts, join with dots.
    fn transformed(&self, value: &str) -> String {
        if self.parts.is_none() && !self.reversed && self.delimiters.is_empty() {
            return value.to_owned();
        }
        let delimiters = if self.delimiters.is_empty() {
            "."
        } else {
            self.delimiters.as_str()
        };
        let mut parts: Vec<&str> = value
            .split(|character| delimiters.contains(character))
            .collect();
        if self.reversed {
            parts.reverse();
        }
        let left_out = self
            .parts
            .map_or(0, |wanted| parts.len().saturating_sub(wanted));
        parts.split_off(left_out).join(".")
    }
}

/// RFC 7208 7.3: an IPv6 address as 32 nibbles with dots between them; capitals, as the official tests have them.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let nibbles = ip
                .octets()
                .map(|octet| format!("{:X}.{:X}", octet >> 4, octet & 15));
            nibbles.join(".")
        }
    }
}

/// RFC 7208 7.3: everything outside the unreserved characters of RFC 3986 2.3.
fn url_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            escaped.push(char::from(octet));
        } else {
            escaped.push_str(&format!("%{octet:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7208 7.4.
    #[test]
    fn the_examples_of_the_standard_hold() {
        let v4 = Values {
            local: "strong-bad",
            sender_domain: "email.example.com",
            domain: "email.example.com",
            ip: "192.0.2.3".parse().unwrap(),
            validated: "unknown",
            helo: "mx.example.org",
            host: "here",
            now: 7,
        };
        let v6 = Values {
            ip: "2001:db8::cb01".parse().unwrap(),
            ..v4.clone()
        };
        for (text, expanded) in [
            ("%{s}", "strong-bad@email.example.com"),
            ("%{d4}", "email.example.com"),
            ("%{d2}", "example.com"),
            ("%{d1}", "com"),
            ("%{dr}", "com.example.email"),
            ("%{d2r}", "example.email"),
            ("%{l}", "strong-bad"),
            ("%{l-}", "strong.bad"),
            ("%{lr-}", "bad.strong"),
            ("%{l1r-}", "strong"),
            (
                "%{ir}.%{v}._spf.%{d2}",
                "3.2.0.192.in-addr._spf.example.com",
            ),
            ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
            (
                "%{d2}.trusted-domains.example.net",
                "example.com.trusted-domains.example.net",
            ),
        ] {
            let template = Template::read(text, Place::DomainSpec).unwrap();
            assert_eq!(template.expand_name(&v4), expanded, "{text}");
        }
        let long =
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com";
        let template = Template::read("%{ir}.%{v}._spf.%{d2}", Place::DomainSpec).unwrap();
        assert!(template.expand_name(&v6).eq_ignore_ascii_case(long));
        let template = Template::read(
            "See http://%{d}/why?s=%{S}&c=%{c}%_%-%%",
            Place::Explanation,
        )
        .unwrap();
        assert_eq!(
            template.expand(&v4),
            "See http://email.example.com/why?s=strong-bad%40email.example.com&c=192.0.2.3 %20%"
        );
    }

    #[test]
    fn what_is_no_macro_is_refused() {
        for text in [
            "%",
            "%a",
            "%{",
            "%{}",
            "%{x}",
            "%{d0}",
            "%{d2x}",
            "%{c}",
            "%{d}\u{e9}",
            "a b",
        ] {
            assert_eq!(Template::read(text, Place::DomainSpec), None, "{text}");
        }
    }
}
