//! Header fields of a word or two: `Depth`, `Overwrite`, `Timeout`, `Lock-Token`, `Content-Type` and their like.

use crate::codec::fault::Fault;

/// How far a request reaches (RFC 4918 10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The place itself.
    Zero,
    /// And its members.
    One,
    /// And all that is below.
    Infinity,
}

impl Depth {
    /// Reads `Depth`.
    ///
    /// # Errors
    /// [`Fault::Header`] if it is none of the three.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let value = value.trim();
        match value {
            "0" => Ok(Self::Zero),
            "1" => Ok(Self::One),
            _ if value.eq_ignore_ascii_case("infinity") => Ok(Self::Infinity),
            _ => Err(Fault::Header("Depth")),
        }
    }
}

/// How long a lock shall last (RFC 4918 10.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// So many seconds.
    Seconds(u32),
    /// For ever.
    Infinite,
}

impl Timeout {
    /// Reads `Timeout`: the first of the wishes that is understood.
    ///
    /// # Errors
    /// [`Fault::Header`] if none is.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let mut wishes = value.split(',').map(str::trim).filter_map(|wish| {
            if wish.eq_ignore_ascii_case("infinite") {
                return Some(Self::Infinite);
            }
            let (word, number) = wish.split_once('-')?;
            if !word.eq_ignore_ascii_case("second") || number.is_empty() {
                return None;
            }
            if !number.bytes().all(|octet| octet.is_ascii_digit()) {
                return None;
            }
            // RFC 4918 10.7: at most 2^32-1; what is more is that.
            Some(Self::Seconds(number.parse().unwrap_or(u32::MAX)))
        });
        wishes.next().ok_or(Fault::Header("Timeout"))
    }
}

/// Reads `Lock-Token` (RFC 4918 10.5): the URI between angle brackets.
///
/// # Errors
/// [`Fault::Header`] if it is not in angle brackets.
pub fn lock_token(value: &str) -> Result<&str, Fault> {
    let inner = value
        .trim()
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    inner
        .filter(|uri| is_uri(uri))
        .ok_or(Fault::Header("Lock-Token"))
}

/// Whether a text can be an absolute URI: a scheme, a colon and printable ASCII without brackets and quotes.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    begins
        && scheme.chars().all(goes_on)
        && !rest.is_empty()
        && rest
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'<' | b'>' | b'"'))
}

/// Reads a field that is `T` or `F`, whatever the case: `Overwrite` (RFC 4918 10.6), `Schedule-Reply`
/// (RFC 6638 8.1), `CalDAV-Timezones` (RFC 7809 4.1), `Brief` (MS-WDV 2.2.2).
///
/// # Errors
/// [`Fault::Header`] with `field` if it is neither.
pub fn true_or_false(value: &str, field: &'static str) -> Result<bool, Fault> {
    match value.trim() {
        "T" | "t" => Ok(true),
        "F" | "f" => Ok(false),
        _ => Err(Fault::Header(field)),
    }
}

/// The type of a body (RFC 9110 8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// `type/subtype`, in lower case.
    pub essence: String,
    /// Its parameters, names in lower case, values unquoted.
    pub parameters: Vec<(String, String)>,
}

/// Parameters of one media type.
const PARAMETERS_MAX: usize = 16;

impl MediaType {
    /// Reads `Content-Type`, or one entry of `Accept`.
    ///
    /// # Errors
    /// [`Fault::Header`] if it is not `type/subtype` with parameters.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let fault = Fault::Header("Content-Type");
        let mut parts = split_quoted(value, ';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/').ok_or(fault)?;
        if !is_token(kind) || !is_token(subtype) {
            return Err(fault);
        }
        let mut parameters = Vec::new();
        for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(fault)?;
            if !is_token(name.trim()) || parameters.len() >= PARAMETERS_MAX {
                return Err(fault);
            }
            parameters.push((name.trim().to_ascii_lowercase(), unquote(value.trim())));
        }
        Ok(Self {
            essence,
            parameters,
        })
    }

    /// The value of a parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether it is XML (RFC 4918 8.2), also that of one purpose (RFC 7303 4.2), such as `application/davsharing+xml`.
    #[must_use]
    pub fn is_xml(&self) -> bool {
        let essence = self.essence.as_str();
        matches!(essence, "application/xml" | "text/xml") || essence.ends_with("+xml")
    }
}

/// RFC 9110 5.6.2 `token`.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet))
}

/// The parts between separators that do not stand in quotes.
pub(super) fn split_quoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c| {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        } else {
            return c == separator && !quoted;
        }
        false
    })
}

/// RFC 9110 5.6.4: a quoted string without its quotes; anything else as it is.
pub(super) fn unquote(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return text.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => plain.extend(characters.next()),
            c => plain.push(c),
        }
    }
    plain
}
