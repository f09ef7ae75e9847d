//! Values of text: how RFC 6350 3.4 and RFC 2426 4 hide line ends, commas and semicolons in them.

use std::borrow::Cow;
use std::fmt;

/// A piece of somebody's input in an error: its beginning, without controls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutText(String);

impl CutText {
    pub(crate) fn new(text: &str) -> Self {
        let printable = text.chars().filter(|c| !c.is_control());
        Self(printable.take(CUT_CHARS_MAX).collect())
    }
}

impl fmt::Display for CutText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text that a value stands for.
// RFC 6350 3.4: `\n` and `\N` are line ends; before anything else a backslash only says that it is meant.
pub(crate) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            (other, false) => text.push(other),
        }
    }
    Cow::Owned(text)
}

/// The value that stands for a text; line ends of every kind become `\n`, other controls are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + text.len() / 16);
    let mut before = '\0';
    for c in text.chars() {
        match c {
            '\n' if before == '\r' => {}
            '\n' | '\r' => value.push_str("\\n"),
            '\\' | ',' | ';' => {
                value.push('\\');
                value.push(c);
            }
            '\t' => value.push('\t'),
            c if c.is_ascii_control() => {}
            c => value.push(c),
        }
        before = c;
    }
    value
}

/// The pieces between the unescaped `separator`s, still escaped.
pub(crate) fn split(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    value.split(move |c: char| {
        let here = c == separator && !escaped;
        escaped = c == '\\' && !escaped;
        here
    })
}

/// The beginning of a text that has at most `octets` octets, on the border of a character; and whether it is the whole.
pub(crate) fn cut(text: &str, octets: usize) -> (&str, bool) {
    if text.len() <= octets {
        return (text, true);
    }
    let end = text.floor_char_boundary(octets);
    (text.get(..end).unwrap_or_default(), false)
}

/// Characters of foreign text shown in an error.
const CUT_CHARS_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_comes_back() {
        let text = "a,b;c\\d\ne";
        assert_eq!(escape(text), "a\\,b\\;c\\\\d\\ne");
        assert_eq!(unescape(&escape(text)), text);
        assert_eq!(escape("a\r\nb\rc\u{b}"), "a\\nb\\nc");
        assert_eq!(unescape("http\\://x\\"), "http://x\\");
    }

    #[test]
    fn splitting_heeds_backslashes() {
        let pieces: Vec<_> = split("a\\;b;c\\\\;;d", ';').collect();
        assert_eq!(pieces, ["a\\;b", "c\\\\", "", "d"]);
    }

    #[test]
    fn cutting_keeps_characters_whole() {
        assert_eq!(cut("größe", 3), ("gr", false));
        assert_eq!(cut("größe", 4), ("grö", false));
        assert_eq!(cut("abc", 3), ("abc", true));
    }
}
