//! Property: one content line: a name, parameters and a value (RFC 5545 3.1).

use std::borrow::Cow;

use crate::value;

/// One content line, unfolded.
#[derive(Clone, Copy, Debug)]
pub struct Property<'tree> {
    /// Its number in the text, from 1.
    pub(super) number: usize,
    pub(super) text: &'tree str,
    pub(super) name: &'tree str,
    pub(super) parameters: &'tree str,
    pub(super) value: &'tree str,
}

/// One parameter of a content line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'tree> {
    /// Its name as written.
    pub name: &'tree str,
    /// All that stands after `=`, quotes included.
    pub raw: &'tree str,
}

impl<'tree> Property<'tree> {
    /// The number of its line after unfolding, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.number
    }

    /// The whole line without its end.
    #[must_use]
    pub const fn text(&self) -> &'tree str {
        self.text
    }

    /// Its name as written.
    #[must_use]
    pub const fn name(&self) -> &'tree str {
        self.name
    }

    /// Whether it has this name; case does not matter (RFC 5545 2).
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its value as written, escapes included.
    #[must_use]
    pub const fn value(&self) -> &'tree str {
        self.value
    }

    /// Its value as a TEXT, escapes resolved (RFC 5545 3.3.11).
    #[must_use]
    pub fn plain(&self) -> Cow<'tree, str> {
        value::unescaped(self.value)
    }

    /// The elements of a list separated by commas (RFC 5545 3.1.1), escapes kept.
    pub fn list(&self) -> impl Iterator<Item = &'tree str> + use<'tree> {
        let mut escaped = false;
        self.value.split(move |character: char| {
            let splits = character == ',' && !escaped;
            escaped = character == '\\' && !escaped;
            splits
        })
    }

    /// Its parameters in order.
    #[must_use]
    pub fn parameters(&self) -> Parameters<'tree> {
        Parameters {
            rest: self.parameters,
        }
    }

    /// The value of the first parameter of this name, without quotes.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'tree str> {
        if self.parameters.is_empty() {
            return None;
        }
        let found = self
            .parameters()
            .find(|parameter| parameter.name.eq_ignore_ascii_case(name))?;
        found.values().next()
    }
}

impl<'tree> Parameter<'tree> {
    /// Its values, without quotes. RFC 5545 3.2: commas separate them, except between quotes.
    pub fn values(&self) -> impl Iterator<Item = &'tree str> + use<'tree> {
        let mut quoted = false;
        let values = self.raw.split(move |character: char| {
            quoted ^= character == '"';
            character == ',' && !quoted
        });
        values.map(|value| value.trim().trim_matches('"'))
    }
}

/// The parameters of a line, one after the other.
#[derive(Clone, Debug)]
pub struct Parameters<'tree> {
    rest: &'tree str,
}

impl<'tree> Iterator for Parameters<'tree> {
    type Item = Parameter<'tree>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.strip_prefix(';')?;
        let mut quoted = false;
        let end = rest.find(|character: char| {
            quoted ^= character == '"';
            character == ';' && !quoted
        });
        let (whole, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = rest;
        let (name, raw) = whole.split_once('=').unwrap_or((whole, ""));
        Some(Parameter {
            name: name.trim(),
            raw,
        })
    }
}
