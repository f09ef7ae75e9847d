//! Addresses of calendar users, and the comparison of them.

use crate::line::Line;

/// All addresses of one principal: the main one first, then the aliases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(Vec<String>);

impl Addresses {
    /// The addresses of one principal, each with or without `mailto:`; the first is the main one.
    pub fn new<I, S>(addresses: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        Self(
            addresses
                .into_iter()
                .map(|address| normal(address.as_ref()))
                .collect(),
        )
    }

    /// Whether `address` is one of them, whatever its case and with or without `mailto:`.
    #[must_use]
    pub fn contains(&self, address: &str) -> bool {
        let address = normal(address);
        self.0.contains(&address)
    }

    /// The main address, in lower case and without `mailto:`.
    #[must_use]
    pub fn main(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

/// The form in which addresses are compared: lower case, without `mailto:`, without escapes.
///
/// RFC 5545 3.3.3: an address is a URI, almost always `mailto:`. RFC 5321 2.4 lets local parts differ by case; nobody does,
/// and clients change the case as they like.
#[must_use]
pub fn normal(address: &str) -> String {
    let address = address.trim();
    let Some((scheme, rest)) = address.split_once(':') else {
        return address.to_lowercase();
    };
    if !scheme.eq_ignore_ascii_case("mailto") {
        return address.to_lowercase();
    }
    // RFC 6068 2: what follows a question mark are header fields.
    let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
    unescape(rest.trim()).to_lowercase()
}

/// The URI of an address in its normal form.
pub(crate) fn uri(address: &str) -> String {
    if address.contains(':') || address.starts_with('/') {
        address.to_owned()
    } else {
        format!("mailto:{address}")
    }
}

/// Whose line this is: the value of an `ORGANIZER` or `ATTENDEE` property.
pub(crate) fn of(line: &Line) -> String {
    let value = line.value().trim();
    let is_mail = value
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    // RFC 7986 6.2: EMAIL serves where the value is no mail address (Apple writes urn:uuid and paths of principals). Where the
    // value is one, EMAIL does not count: nobody becomes somebody else by a parameter.
    if !is_mail && let Some(email) = line.parameter("EMAIL") {
        return normal(&email);
    }
    normal(value)
}

/// The one who acts for the owner of the line.
pub(crate) fn sent_by(line: &Line) -> Option<String> {
    line.parameter("SENT-BY").map(|address| normal(&address))
}

/// RFC 6068 2: `%2B` and its like. What does not decode to printable ASCII stays as it is.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let code = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(code) = code.filter(u8::is_ascii_graphic) {
            out.push(char::from(code));
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push('%');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_scheme_and_case() {
        let anna = Addresses::new(["mailto:Anna@Example.ORG", "a.berg@example.org"]);
        assert!(anna.contains("MAILTO:anna@example.org"));
        assert!(anna.contains("A.Berg@example.org"));
        assert!(!anna.contains("ben@example.org"));
        assert_eq!(anna.main(), Some("anna@example.org"));
        assert_eq!(
            normal("mailto:anna%2Bwork@example.org?subject=x"),
            "anna+work@example.org"
        );
        assert_eq!(normal("mailto:50%@example.org"), "50%@example.org");
    }

    #[test]
    fn the_parameter_email_serves_only_where_the_value_is_no_mail_address() {
        let apple = Line::parse("ATTENDEE;EMAIL=Ben@example.org:urn:uuid:1234").unwrap();
        assert_eq!(of(&apple), "ben@example.org");
        let liar =
            Line::parse("ORGANIZER;EMAIL=mallory@example.net:mailto:anna@example.org").unwrap();
        assert_eq!(of(&liar), "anna@example.org");
    }
}
