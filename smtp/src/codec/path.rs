//! Paths: the addresses of the envelope (RFC 5321 4.1.2, with UTF-8 as RFC 6531 3.3 allows).
//!
//! A local part is kept without its quotes, since `"a"@x` and `a@x` are the same address (RFC 5321 4.1.2); writing puts
//! quotes where they are needed. Case is kept as it came. A source route is read and forgotten (RFC 5321 4.1.1.3).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::limits::{DOMAIN_OCTETS_MAX, LABEL_OCTETS_MAX, LOCAL_PART_OCTETS_MAX, PATH_OCTETS_MAX};

/// Where a message comes from and where its reports go (RFC 5321 4.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: a report that must not be reported on (RFC 5321 4.5.5).
    Null,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// Where a message goes (RFC 5321 4.1.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, in any case of letters: this server's own postmaster.
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// `local-part@domain`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    /// What stands before the `@`.
    pub local: LocalPart,
    /// What stands behind it.
    pub domain: Domain,
}

/// A local part without quotes and escapes; never contains a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LocalPart(Box<str>);

/// A domain or an address literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A name as it came: labels of letters, digits and hyphens, or U-labels.
    Name(Box<str>),
    /// `[192.0.2.1]`.
    Ipv4(Ipv4Addr),
    /// `[IPv6:2001:db8::1]`.
    Ipv6(Ipv6Addr),
}

/// Why a path cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// Not the grammar of RFC 5321 4.1.2.
    Malformed,
    /// The local part, the domain or the whole is longer than its limit.
    TooLong,
}

impl ReversePath {
    /// Reads a `Reverse-path` at the start of `text`; also returns what stands behind it.
    ///
    /// # Errors
    /// [`PathError`] where the text does not begin with one.
    pub fn parse(text: &str) -> Result<(Self, &str), PathError> {
        if let Some(rest) = text.strip_prefix("<>") {
            return Ok((Self::Null, rest));
        }
        let (mailbox, rest) = path(text)?;
        Ok((Self::Mailbox(mailbox), rest))
    }

    /// The mailbox, if there is one.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Whether it holds only ASCII, so that it may be used without SMTPUTF8.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }
}

impl ForwardPath {
    /// Reads a `Forward-path` at the start of `text`; also returns what stands behind it.
    ///
    /// # Errors
    /// [`PathError`] where the text does not begin with one.
    pub fn parse(text: &str) -> Result<(Self, &str), PathError> {
        // RFC 5321 4.1.1.3: postmaster without a domain must be accepted, whatever the case of its letters.
        if let Some((start, rest)) = text.split_once('>')
            && start.eq_ignore_ascii_case("<postmaster")
        {
            return Ok((Self::Postmaster, rest));
        }
        let (mailbox, rest) = path(text)?;
        Ok((Self::Mailbox(mailbox), rest))
    }

    /// The mailbox, unless it is the postmaster without a domain.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Whether it holds only ASCII, so that it may be used without SMTPUTF8.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }
}

impl Mailbox {
    /// Reads `local-part@domain` as the whole of `text`.
    ///
    /// # Errors
    /// [`PathError`] where it is not one.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match mailbox(text)? {
            (mailbox, "") => Ok(mailbox),
            _ => Err(PathError::Malformed),
        }
    }

    /// Whether it holds only ASCII.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.local.as_str().is_ascii()
            && match &self.domain {
                Domain::Name(name) => name.is_ascii(),
                Domain::Ipv4(_) | Domain::Ipv6(_) => true,
            }
    }
}

impl LocalPart {
    /// The text without quotes and escapes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("<postmaster>"),
            Self::Mailbox(mailbox) => write!(f, "<{mailbox}>"),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.0) {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{character}")?;
        }
        f.write_str("\"")
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ipv4(address) => write!(f, "[{address}]"),
            Self::Ipv6(address) => write!(f, "[IPv6:{address}]"),
        }
    }
}

/// Path = "<" [ A-d-l ":" ] Mailbox ">"
fn path(text: &str) -> Result<(Mailbox, &str), PathError> {
    let inner = text.strip_prefix('<').ok_or(PathError::Malformed)?;
    let inner = match inner.starts_with('@') {
        true => after_source_route(inner)?,
        false => inner,
    };
    let (mailbox, rest) = mailbox(inner)?;
    let rest = rest.strip_prefix('>').ok_or(PathError::Malformed)?;
    // RFC 5321 4.5.3.1.3: the brackets and what stands between them count.
    match text.len().saturating_sub(rest.len()) > PATH_OCTETS_MAX {
        true => Err(PathError::TooLong),
        false => Ok((mailbox, rest)),
    }
}

/// RFC 5321 4.1.1.3, appendix C: a source route is understood and ignored.
fn after_source_route(text: &str) -> Result<&str, PathError> {
    let mut rest = text;
    loop {
        let (_, after) = domain(rest.strip_prefix('@').ok_or(PathError::Malformed)?)?;
        if let Some(mailbox) = after.strip_prefix(':') {
            return Ok(mailbox);
        }
        rest = after.strip_prefix(',').ok_or(PathError::Malformed)?;
    }
}

fn mailbox(text: &str) -> Result<(Mailbox, &str), PathError> {
    let (local, rest) = local_part(text)?;
    let (domain, rest) = domain(rest.strip_prefix('@').ok_or(PathError::Malformed)?)?;
    Ok((Mailbox { local, domain }, rest))
}

/// Local-part = Dot-string / Quoted-string
fn local_part(text: &str) -> Result<(LocalPart, &str), PathError> {
    let (content, rest) = if let Some(quoted) = text.strip_prefix('"') {
        quoted_content(quoted)?
    } else {
        let end = text
            .find(|character| !is_atext(character) && character != '.')
            .unwrap_or(text.len());
        let (content, rest) = text.split_at_checked(end).ok_or(PathError::Malformed)?;
        if !is_dot_string(content) {
            return Err(PathError::Malformed);
        }
        (content.to_owned(), rest)
    };
    // RFC 5321 4.5.3.1.1, counted as it stands on the wire.
    match text.len().saturating_sub(rest.len()) > LOCAL_PART_OCTETS_MAX {
        true => Err(PathError::TooLong),
        false => Ok((LocalPart(content.into()), rest)),
    }
}

/// The rest of a Quoted-string behind its first quote.
fn quoted_content(text: &str) -> Result<(String, &str), PathError> {
    let mut content = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
                return Ok((content, rest));
            }
            // quoted-pairSMTP covers printable ASCII only.
            '\\' => match characters.next() {
                Some((_, escaped @ ' '..='~')) => content.push(escaped),
                _ => return Err(PathError::Malformed),
            },
            _ if character.is_control() => return Err(PathError::Malformed),
            _ => content.push(character),
        }
    }
    Err(PathError::Malformed)
}

/// Domain / address-literal
fn domain(text: &str) -> Result<(Domain, &str), PathError> {
    if let Some(literal) = text.strip_prefix('[') {
        let (literal, rest) = literal.split_once(']').ok_or(PathError::Malformed)?;
        return Ok((address_literal(literal)?, rest));
    }
    let end = text
        .find(|character| !is_let_dig(character) && !matches!(character, '-' | '.'))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).ok_or(PathError::Malformed)?;
    if name.len() > DOMAIN_OCTETS_MAX {
        return Err(PathError::TooLong);
    }
    match name.split('.').all(is_label) {
        true => Ok((Domain::Name(name.into()), rest)),
        false => Err(PathError::Malformed),
    }
}

/// RFC 5321 4.1.3. IPv6 is the only tag that is registered, so a General-address-literal cannot mean anything.
fn address_literal(literal: &str) -> Result<Domain, PathError> {
    let tagged = literal
        .get(..5)
        .filter(|tag| tag.eq_ignore_ascii_case("IPv6:"))
        .and_then(|_| literal.get(5..));
    let address = match tagged {
        Some(address) => address.parse().ok().map(Domain::Ipv6),
        None => literal.parse().ok().map(Domain::Ipv4),
    };
    address.ok_or(PathError::Malformed)
}

fn is_dot_string(text: &str) -> bool {
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

/// RFC 5322 3.2.3 atext, and UTF8-non-ascii as RFC 6531 3.3 adds to it.
fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(character)
        || is_non_ascii(character)
}

fn is_let_dig(character: char) -> bool {
    character.is_ascii_alphanumeric() || is_non_ascii(character)
}

/// UTF8-non-ascii without the C1 controls and the white space that nobody can see.
fn is_non_ascii(character: char) -> bool {
    !character.is_ascii() && !character.is_control() && !character.is_whitespace()
}

/// sub-domain = Let-dig [Ldh-str] / U-label
fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= LABEL_OCTETS_MAX
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, PathError> {
        ForwardPath::parse(text).map(|(path, rest)| format!("{path}{rest}"))
    }

    #[test]
    fn reads_and_writes() {
        for (text, expected) in [
            ("<a.b+c@example.org>", "<a.b+c@example.org>"),
            ("<\"a b\"@x.org> REST", "<\"a b\"@x.org> REST"),
            ("<\"ab\"@x.org>", "<ab@x.org>"),
            ("<\"a\\\"\\\\>@b\"@x.org>", "<\"a\\\"\\\\>@b\"@x.org>"),
            ("<\"\"@x.org>", "<\"\"@x.org>"),
            ("<a@[192.0.2.1]>", "<a@[192.0.2.1]>"),
            ("<a@[ipv6:2001:DB8::1]>", "<a@[IPv6:2001:db8::1]>"),
            ("<@one.org,@[192.0.2.1]:a@two.org>", "<a@two.org>"),
            ("<jürgen@müller.example>", "<jürgen@müller.example>"),
            ("<PostMaster> X", "<postmaster> X"),
            ("<postmaster@x.org>", "<postmaster@x.org>"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_the_grammar() {
        for text in [
            "",
            "<",
            "<>",
            "a@b",
            "<a@b",
            "<a>",
            "<a@>",
            "<@b>",
            "<.a@b>",
            "<a.@b>",
            "<a..b@c>",
            "<a b@c>",
            "<a@b c>",
            "<a@-b>",
            "<a@b->",
            "<a@b..c>",
            "<a@b.>",
            "<a@.b>",
            "<\"a@b>",
            "<\"a\"b@c>",
            "<\"a\\\u{fc}\"@c>",
            "<a@[1.2.3]>",
            "<a@[1.2.3.4>",
            "<a@[IPv6:1]>",
            "<a@[x:y]>",
            "<@a:>",
            "<@a b@c>",
            "<a@b@c>",
            "<a\u{85}@b>",
            "<a@b_c>",
            "<a\0@b>",
        ] {
            assert_eq!(shown(text), Err(PathError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_limited() {
        let local = "l".repeat(LOCAL_PART_OCTETS_MAX);
        assert!(shown(&format!("<{local}@x.org>")).is_ok());
        assert_eq!(shown(&format!("<{local}l@x.org>")), Err(PathError::TooLong));
        let label = "d".repeat(LABEL_OCTETS_MAX);
        assert!(shown(&format!("<a@{label}>")).is_ok());
        assert_eq!(shown(&format!("<a@{label}d>")), Err(PathError::Malformed));
        let long = format!("<a@{}>", [label.as_str(); 4].join("."));
        assert_eq!(shown(&long), Err(PathError::TooLong));
        let route = format!("<{}@z:a@b>", format!("@{label},").repeat(4));
        assert_eq!(shown(&route), Err(PathError::TooLong));
    }

    #[test]
    fn the_null_path_is_for_senders_only() {
        assert_eq!(ReversePath::parse("<> X"), Ok((ReversePath::Null, " X")));
        assert_eq!(ForwardPath::parse("<>"), Err(PathError::Malformed));
    }
}
