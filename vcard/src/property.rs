//! A property of a card: a name, parameters and a value, as they stand in the text.

use std::borrow::Cow;
use std::ops::Range;

use crate::{encoded, text};

/// A property (RFC 6350 3.3, RFC 2426 4), unfolded, otherwise as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub(crate) group: Option<String>,
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) value: String,
    /// Octets of the card's text that this was read from, the line's end with them; empty for a made one.
    pub(crate) span: Range<usize>,
}

/// A parameter of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

impl Property {
    /// A property without group and parameters; the value is written as it is given.
    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            group: None,
            name: name.into(),
            params: Vec::new(),
            value: value.into(),
            span: 0..0,
        }
    }

    /// The same with one more parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.params.push(Param::new(name, value));
        self
    }

    /// The group that ties it to others, such as `item1` (RFC 6350 3.3).
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The name as it was written, in any case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is its name (RFC 6350 3.3: names are the same in any case).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its parameters.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The values of all parameters of this name.
    pub fn param<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.params.iter().filter(move |param| param.is(name));
        named.flat_map(|param| param.values.iter().map(String::as_str))
    }

    /// What it is for: `home`, `work`, `cell`, ...
    // RFC 6350 6.4.1 and erratum 3139: a list may stand in quotation marks as one value.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        let values = self.param("TYPE").flat_map(|value| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty())
    }

    /// Whether it is for that, in any case.
    #[must_use]
    pub fn has_type(&self, wanted: &str) -> bool {
        self.types().any(|one| one.eq_ignore_ascii_case(wanted))
    }

    /// How much it is preferred: 1 the most, 100 the least (RFC 6350 5.3); `TYPE=pref` counts as 1 (RFC 2426 3.2.1).
    #[must_use]
    pub fn preference(&self) -> Option<u8> {
        if self.has_type("pref") {
            return Some(1);
        }
        let number = self.param("PREF").next()?.trim().parse::<u8>().ok()?;
        Some(number.clamp(1, 100))
    }

    /// The value as it was written, with its backslashes.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The text that the value stands for; of a structured value its components with the semicolons between them.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self.plain() {
            Cow::Borrowed(value) => text::unescape(value),
            Cow::Owned(value) => Cow::Owned(text::unescape(&value).into_owned()),
        }
    }

    /// The value without quoted-printable, still with its backslashes.
    // Not of 3.0 (RFC 2426 5), but telephones write 2.1's encoding into cards of 3.0.
    fn plain(&self) -> Cow<'_, str> {
        if !self.is_quoted_printable() {
            return Cow::Borrowed(&self.value);
        }
        let octets = encoded::unquote(self.value.as_bytes());
        Cow::Owned(encoded::decode(&octets, self.param("CHARSET").next()))
    }

    pub(crate) fn is_quoted_printable(&self) -> bool {
        self.param("ENCODING")
            .any(|encoding| encoding.eq_ignore_ascii_case("QUOTED-PRINTABLE"))
    }

    /// The components of a structured value such as `N`, `ADR` or `ORG`.
    #[must_use]
    pub fn components(&self) -> Vec<String> {
        let plain = self.plain();
        let pieces = text::split(&plain, ';').take(COMPONENTS_MAX);
        pieces
            .map(|piece| text::unescape(piece).into_owned())
            .collect()
    }

    /// The elements of a list such as `CATEGORIES` or `NICKNAME`.
    #[must_use]
    pub fn elements(&self) -> Vec<String> {
        let plain = self.plain();
        let pieces = text::split(&plain, ',').take(ELEMENTS_MAX);
        pieces
            .map(|piece| text::unescape(piece).into_owned())
            .collect()
    }

    /// Whether the value says nothing.
    pub(crate) fn is_blank(&self) -> bool {
        self.value.chars().all(|c| c == ';' || c.is_whitespace())
    }
}

impl Param {
    pub(crate) fn new(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            values: vec![value.into()],
        }
    }

    /// The name as it was written, in any case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is its name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its values, without quotation marks and carets (RFC 6868).
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }
}

/// Components of a structured value that are looked at: `ADR` has 18 with RFC 9554 2.1, `ORG` as many as somebody has units.
const COMPONENTS_MAX: usize = 64;
/// Elements of a list that are looked at.
const ELEMENTS_MAX: usize = 1_000;
