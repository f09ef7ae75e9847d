//! Content lines: name, parameters and value of a property, kept as they came.
//!
//! A line that nobody changes is written as it was read, but for its folding: unknown properties, parameters, spellings and
//! escapes survive. The types of `calcard` would normalise them.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

use crate::limits::NAME_OCTETS_MAX;

/// One unfolded content line (RFC 5545 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    name: String,
    /// Everything between the name and the colon: empty, or begins with a semicolon.
    parameters: String,
    value: String,
}

impl Line {
    /// Reads `contentline`. Nothing where there is no name or no colon.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name_end = text.find([';', ':'])?;
        let (name, rest) = text.split_at_checked(name_end)?;
        if name.is_empty() || name.len() > NAME_OCTETS_MAX || !name.bytes().all(is_name_octet) {
            return None;
        }
        let mut quoted = false;
        let colon = rest.bytes().position(|octet| {
            quoted ^= octet == b'"';
            octet == b':' && !quoted
        });
        // A quote that nobody closes hides the colon: then the first colon has to do.
        let colon = colon.or_else(|| rest.find(':'))?;
        let (parameters, value) = rest.split_at_checked(colon)?;
        Some(Self {
            name: name.to_owned(),
            parameters: parameters.to_owned(),
            value: value.get(1..)?.to_owned(),
        })
    }

    /// A line without parameters. Control characters in the value are left out.
    pub(crate) fn new(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            parameters: String::new(),
            value: printable(value),
        }
    }

    /// A line like `self` under another name and with another value: the parameters stay.
    pub(crate) fn renamed(&self, name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            parameters: self.parameters.clone(),
            value: printable(value),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    pub(crate) fn set_value(&mut self, value: &str) {
        self.value = printable(value);
    }

    /// The first value of a parameter, without quotes and escapes.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.raw_parameter(name)
            .and_then(|raw| split(raw, ',').next())
            .map(plain)
    }

    /// All values of a parameter.
    pub(crate) fn parameter_values(&self, name: &str) -> Vec<String> {
        self.raw_parameter(name)
            .map(|raw| split(raw, ',').map(plain).collect())
            .unwrap_or_default()
    }

    /// Sets a parameter to one value in its place, adds it at the end, or removes it. Says whether anything changed.
    pub(crate) fn set_parameter(&mut self, name: &str, value: Option<&str>) -> bool {
        if self.parameter(name).as_deref() == value {
            return false;
        }
        let mut out = String::with_capacity(self.parameters.len());
        let mut open = value;
        for part in split(&self.parameters, ';').filter(|part| !part.is_empty()) {
            let (key, _) = part.split_once('=').unwrap_or((part, ""));
            if key.eq_ignore_ascii_case(name) {
                if let Some(value) = open.take() {
                    push_parameter(&mut out, name, value);
                }
            } else {
                out.push(';');
                out.push_str(part);
            }
        }
        if let Some(value) = open {
            push_parameter(&mut out, name, value);
        }
        self.parameters = out;
        true
    }

    /// Keeps the parameters whose upper-case name `keep` wants.
    pub(crate) fn retain_parameters(&mut self, keep: impl Fn(&str) -> bool) {
        let mut out = String::with_capacity(self.parameters.len());
        for part in split(&self.parameters, ';').filter(|part| !part.is_empty()) {
            let (key, _) = part.split_once('=').unwrap_or((part, ""));
            if keep(&key.to_ascii_uppercase()) {
                out.push(';');
                out.push_str(part);
            }
        }
        self.parameters = out;
    }

    /// Names and raw values of all parameters.
    pub(crate) fn each_parameter(&self) -> impl Iterator<Item = (&str, &str)> {
        split(&self.parameters, ';').filter_map(|part| part.split_once('='))
    }

    /// Writes the line folded. RFC 5545 3.1: at most 75 octets without the line break, continued by a space.
    pub(crate) fn write(&self, out: &mut String) {
        let mut column: usize = 0;
        for part in [
            self.name.as_str(),
            self.parameters.as_str(),
            ":",
            self.value.as_str(),
        ] {
            for character in part.chars() {
                let octets = character.len_utf8();
                if column.saturating_add(octets) > FOLD_OCTETS {
                    out.push_str("\r\n ");
                    column = 1;
                }
                out.push(character);
                column = column.saturating_add(octets);
            }
        }
        out.push_str("\r\n");
    }

    fn raw_parameter(&self, name: &str) -> Option<&str> {
        self.each_parameter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// RFC 5545 3.3.11: the text that an escaped value stands for.
pub(crate) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => out.push('\n'),
            Some(escaped) => out.push(escaped),
            None => out.push('\\'),
        }
    }
    out
}

/// RFC 5545 3.3.11: a text as the value of a property.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\\' | ';' | ',' => out.extend(['\\', character]),
            _ if character.is_control() && character != '\t' => {}
            _ => out.push(character),
        }
    }
    out
}

fn push_parameter(out: &mut String, name: &str, value: &str) {
    out.push(';');
    out.push_str(name);
    out.push('=');
    let quoted = value.contains([':', ';', ',']);
    if quoted {
        out.push('"');
    }
    for character in value.chars() {
        match character {
            // RFC 6868 3: what must not stand in a parameter is written with a circumflex.
            '"' => out.push_str("^'"),
            '\n' => out.push_str("^n"),
            '^' => out.push_str("^^"),
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    if quoted {
        out.push('"');
    }
}

/// A parameter's value without quotes, its circumflexes decoded (RFC 6868 3).
fn plain(raw: &str) -> String {
    let raw = raw.trim_matches('"');
    let mut out = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '^' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('\'') => out.push('"'),
            Some('^') | None => out.push('^'),
            Some(other) => out.extend(['^', other]),
        }
    }
    out
}

/// Splits outside of quotes.
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character: char| {
        quoted ^= character == '"';
        character == at && !quoted
    })
}

fn printable(value: &str) -> String {
    value
        .chars()
        .filter(|character| !character.is_control() || *character == '\t')
        .collect()
}

fn is_name_octet(octet: u8) -> bool {
    // RFC 5545 3.1: letters, digits, hyphen. Underscores and dots (vCard groups) occur in X- names.
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.')
}

/// RFC 5545 3.1.
const FOLD_OCTETS: usize = 75;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_with_quotes_and_escapes_are_read() {
        let line =
            Line::parse("ATTENDEE;CN=\"Berg; Anna\";X-A=1,\"2,3\";PARTSTAT=ACCEPTED:mailto:a@x")
                .unwrap();
        assert_eq!(line.parameter("cn").as_deref(), Some("Berg; Anna"));
        assert_eq!(line.parameter_values("X-A"), ["1", "2,3"]);
        assert_eq!(line.parameter("PARTSTAT").as_deref(), Some("ACCEPTED"));
        assert_eq!(line.value(), "mailto:a@x");
        assert_eq!(
            Line::parse("A;B=^n^'^^:c")
                .unwrap()
                .parameter("B")
                .as_deref(),
            Some("\n\"^")
        );
    }

    #[test]
    fn setting_a_parameter_leaves_the_others_as_they_were() {
        let mut line =
            Line::parse("ATTENDEE;CN=\"A;B\";PARTSTAT=NEEDS-ACTION;X-Foo=b^'c:mailto:a@x").unwrap();
        assert!(line.set_parameter("PARTSTAT", Some("ACCEPTED")));
        assert!(!line.set_parameter("PARTSTAT", Some("ACCEPTED")));
        line.set_parameter("SENT-BY", Some("mailto:b@x"));
        let mut out = String::new();
        line.write(&mut out);
        let unfolded = out.replace("\r\n ", "");
        assert_eq!(
            unfolded,
            "ATTENDEE;CN=\"A;B\";PARTSTAT=ACCEPTED;X-Foo=b^'c;SENT-BY=\"mailto:b@x\":mailto:a@x\r\n"
        );
        line.set_parameter("CN", None);
        assert_eq!(line.parameter("CN"), None);
    }

    #[test]
    fn lines_are_folded_between_characters() {
        let mut out = String::new();
        Line::new("SUMMARY", &"ä".repeat(100)).write(&mut out);
        assert!(out.split("\r\n").all(|line| line.len() <= FOLD_OCTETS));
        assert_eq!(
            out.replace("\r\n ", ""),
            format!("SUMMARY:{}\r\n", "ä".repeat(100))
        );
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for text in ["", ":", "no colon", ";A=b:c", "A B:c"] {
            assert_eq!(Line::parse(text), None, "{text}");
        }
    }
}
