//! The values of `Content-Type` and `Content-Disposition`: a word and parameters (RFC 2045 5.1, RFC 2183, RFC 2231).

use std::borrow::Cow;

use memchr::{memchr2, memmem};

use super::decode::charset_text;
use super::field::{bounded, clean, text};

/// Pieces of parameters that are read of one field (RFC 2231 3 lets one parameter have many).
const PIECES_MAX: usize = 100;
/// Octets of a type's or subtype's name (RFC 6838 4.2).
const TYPE_OCTETS_MAX: usize = 127;

/// Names as written, values decoded.
pub(crate) type Parameters<'m> = Vec<(Cow<'m, str>, Cow<'m, str>)>;

/// A media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType<'m> {
    pub(crate) kind: Cow<'m, str>,
    pub(crate) subtype: Cow<'m, str>,
    pub(crate) parameters: Parameters<'m>,
}

impl<'m> MediaType<'m> {
    /// RFC 2045 5.2: what a part is where nothing, or nothing readable, is said.
    pub(crate) fn plain_text() -> Self {
        Self {
            kind: "text".into(),
            subtype: "plain".into(),
            parameters: vec![("charset".into(), "us-ascii".into())],
        }
    }

    /// RFC 2046 5.1.5: what a part of a digest is where nothing is said.
    pub(crate) fn message() -> Self {
        Self::without_parameters("message", "rfc822")
    }

    /// RFC 2046 4.5.1: what a part is that is not looked into.
    pub(crate) fn octets() -> Self {
        Self::without_parameters("application", "octet-stream")
    }

    fn without_parameters(kind: &'static str, subtype: &'static str) -> Self {
        Self {
            kind: kind.into(),
            subtype: subtype.into(),
            parameters: Vec::new(),
        }
    }

    /// Reads the value of a `Content-Type`; none if it has no type or no subtype.
    pub(crate) fn parse(value: &'m [u8]) -> Option<Self> {
        let mut cursor = Cursor(bounded(value));
        let kind = cursor.type_name()?;
        cursor.skip_space();
        if !cursor.skip(b'/') {
            return None;
        }
        let subtype = cursor.type_name()?;
        Some(Self {
            kind: kind.into(),
            subtype: subtype.into(),
            parameters: cursor.parameters(),
        })
    }

    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }
}

/// Reads the value of a `Content-Disposition`.
pub(crate) fn disposition(value: &[u8]) -> Option<(Cow<'_, str>, Parameters<'_>)> {
    let mut cursor = Cursor(bounded(value));
    let kind = cursor.type_name()?;
    Some((kind.into(), cursor.parameters()))
}

/// The first word of a value, comments passed over.
pub(crate) fn word(value: &[u8]) -> Option<&str> {
    Cursor(bounded(value)).type_name()
}

/// The value of the parameter with this name.
pub(crate) fn parameter<'p>(parameters: &'p Parameters<'_>, name: &str) -> Option<&'p str> {
    parameters
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_ref())
}

/// What is left to read.
struct Cursor<'m>(&'m [u8]);

/// One parameter as it stands, perhaps only a part of one.
struct Piece<'m> {
    name: &'m str,
    /// RFC 2231 3: its place among the pieces of the parameter.
    place: Option<u32>,
    /// RFC 2231 4: percent signs and perhaps a charset are in it.
    extended: bool,
    value: Cow<'m, [u8]>,
}

impl<'m> Cursor<'m> {
    fn take(&mut self, length: usize) -> &'m [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'m [u8] {
        let length = self.0.iter().position(|byte| stop(*byte));
        self.take(length.unwrap_or(self.0.len()))
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.take(1);
        }
        found
    }

    /// Passes over white space, folding and comments (RFC 5322 3.2.2).
    fn skip_space(&mut self) {
        loop {
            self.0 = self.0.trim_ascii_start();
            if self.0.first() != Some(&b'(') {
                return;
            }
            let mut depth = 0_u32;
            let mut escaped = false;
            let end = self.0.iter().position(|byte| {
                match byte {
                    _ if escaped => {
                        escaped = false;
                        return false;
                    }
                    b'\\' => escaped = true,
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            self.take(end.map_or(self.0.len(), |end| end + 1));
        }
    }

    fn type_name(&mut self) -> Option<&'m str> {
        self.skip_space();
        let name = self.take_until(|b| !b.is_ascii_graphic() || b"/;(=\",".contains(&b));
        let name = str::from_utf8(name).ok()?;
        (1..=TYPE_OCTETS_MAX).contains(&name.len()).then_some(name)
    }

    fn parameters(&mut self) -> Parameters<'m> {
        let mut pieces = Vec::new();
        while !self.0.is_empty() && pieces.len() < PIECES_MAX {
            self.skip_space();
            let name = self.take_until(|b| !b.is_ascii_graphic() || b"=;(".contains(&b));
            self.skip_space();
            if name.is_empty() || !self.skip(b'=') {
                // RFC 2045 5.1 has no word without a value: it is passed over.
                self.take(usize::from(
                    name.is_empty() || self.0.first() == Some(&b';'),
                ));
                continue;
            }
            self.0 = self.0.trim_ascii_start();
            let value = if self.skip(b'"') {
                self.quoted()
            } else {
                self.unquoted()
            };
            if let Ok(name) = str::from_utf8(name) {
                pieces.push(Piece::new(name, value));
            }
        }
        joined(&pieces)
    }

    /// RFC 5322 3.2.4: up to the closing quote, or to the end if there is none.
    fn quoted(&mut self) -> Cow<'m, [u8]> {
        let mut value = Cow::Borrowed(&[][..]);
        loop {
            let run = self.take(memchr2(b'"', b'\\', self.0).unwrap_or(self.0.len()));
            if value.is_empty() {
                value = Cow::Borrowed(run);
            } else {
                value.to_mut().extend_from_slice(run);
            }
            match self.take(1) {
                b"\\" => {
                    let escaped = self.take(1);
                    value.to_mut().extend_from_slice(escaped);
                }
                _ => break,
            }
        }
        if value.iter().any(|b| matches!(b, b'\r' | b'\n')) {
            value.to_mut().retain(|b| !matches!(b, b'\r' | b'\n'));
        }
        value
    }

    /// A token; spaces in it, which many programs leave in file names, belong to it.
    fn unquoted(&mut self) -> Cow<'m, [u8]> {
        let run = self.take_until(|b| matches!(b, b';' | b'\r' | b'\n'));
        let comment = [&b" ("[..], b"\t("]
            .iter()
            .filter_map(|start| memmem::find(run, start))
            .min();
        Cow::Borrowed(run[..comment.unwrap_or(run.len())].trim_ascii())
    }
}

impl<'m> Piece<'m> {
    /// RFC 2231 3 and 4: `name*0`, `name*0*`, `name*`.
    fn new(name: &'m str, value: Cow<'m, [u8]>) -> Self {
        let (rest, extended) = match name.strip_suffix('*') {
            Some(rest) => (rest, true),
            None => (name, false),
        };
        let numbered = rest
            .rsplit_once('*')
            .and_then(|(name, place)| Some((name, place.parse().ok()?)));
        let (name, place) = match numbered {
            Some((name, place)) => (name, Some(place)),
            None => (rest, extended.then_some(0)),
        };
        Self {
            name,
            place,
            extended,
            value,
        }
    }

    fn plain_value(&self) -> Cow<'m, str> {
        let value = match &self.value {
            Cow::Borrowed(value) => charset_text(value, None),
            Cow::Owned(value) => Cow::Owned(charset_text(value, None).into_owned()),
        };
        let is_name = ["name", "filename"]
            .iter()
            .any(|name| self.name.eq_ignore_ascii_case(name));
        // Departs from RFC 2047 5: encoded words in file names are common, so they are decoded.
        if is_name && value.contains("=?") {
            Cow::Owned(text(value.as_bytes()).into_owned())
        } else {
            clean(value)
        }
    }
}

/// Puts the pieces together; of several parameters with one name the first remains.
fn joined<'m>(pieces: &[Piece<'m>]) -> Parameters<'m> {
    let mut parameters: Parameters<'_> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        if parameter(&parameters, piece.name).is_some() {
            continue;
        }
        // A name with pieces is worth more than the plain one that stands there for old readers.
        let value = extended(pieces, piece.name).unwrap_or_else(|| piece.plain_value());
        parameters.push((Cow::Borrowed(piece.name), value));
    }
    parameters
}

/// RFC 2231: the value of the parameter made of numbered or percent-encoded pieces.
fn extended<'m>(pieces: &[Piece<'m>], name: &str) -> Option<Cow<'m, str>> {
    let mut octets = Vec::new();
    let mut charset = None;
    let mut found: Vec<&Piece<'m>> = pieces
        .iter()
        .filter(|piece| piece.place.is_some() && piece.name.eq_ignore_ascii_case(name))
        .collect();
    found.sort_by_key(|piece| piece.place);
    found.dedup_by_key(|piece| piece.place);
    for (expected, piece) in (0..).zip(&found) {
        // RFC 2231 3: numbers begin with 0 and have no gaps.
        if piece.place != Some(expected) {
            break;
        }
        let mut value = piece.value.as_ref();
        if piece.extended && expected == 0 {
            let mut thirds = value.splitn(3, |b| *b == b'\'');
            if let (Some(set), Some(_), Some(rest)) = (thirds.next(), thirds.next(), thirds.next())
            {
                charset = str::from_utf8(set).ok().filter(|set| !set.is_empty());
                value = rest;
            }
        }
        if piece.extended {
            percent_decoded(value, &mut octets);
        } else {
            octets.extend_from_slice(value);
        }
    }
    let is_there = found.first().is_some_and(|piece| piece.place == Some(0));
    is_there.then(|| clean(Cow::Owned(charset_text(&octets, charset).into_owned())))
}

fn percent_decoded(value: &[u8], octets: &mut Vec<u8>) {
    let digit = |at: usize| Some(char::from(*value.get(at)?).to_digit(16)?.to_le_bytes()[0]);
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                octets.push(high << 4 | low);
                at += 3;
            }
            _ => {
                octets.push(byte);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(value: &str) -> Vec<(String, String)> {
        let parsed = MediaType::parse(value.as_bytes()).unwrap();
        let owned = |text: &Cow<'_, str>| text.to_string();
        let all = parsed.parameters.iter();
        all.map(|(name, value)| (owned(name), owned(value)))
            .collect()
    }

    fn one(value: &str) -> String {
        parameters(value).remove(0).1
    }

    #[test]
    fn types_and_parameters_are_read_as_written() {
        let parsed =
            MediaType::parse(b" Text/HTML; Charset=UTF-8 (a; comment)\r\n; x=\"a\\\"b;c\"")
                .unwrap();
        assert_eq!((&*parsed.kind, &*parsed.subtype), ("Text", "HTML"));
        assert_eq!(
            parameters(" Text/HTML; Charset=UTF-8 (a; comment)\r\n; x=\"a\\\"b;c\""),
            [
                ("Charset".into(), "UTF-8".into()),
                ("x".into(), "a\"b;c".into())
            ] as [(String, String); 2]
        );
    }

    #[test]
    fn broken_types_are_refused() {
        for value in [
            "",
            ";",
            "text",
            "text/",
            "/plain",
            "text; charset=x",
            "(never closed",
        ] {
            assert_eq!(MediaType::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn rfc_2231_pieces_are_joined() {
        assert_eq!(
            one(
                "a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\""
            ),
            "This is even more ***fun*** isn't it!"
        );
        assert_eq!(one("a/b; name*=iso-8859-1''%E4%F6"), "äö");
        assert_eq!(one("a/b; name*1=b; name*0=a; name*3=x"), "ab");
        assert_eq!(one("a/b; name=old; name*=utf-8''n%C3%A9w"), "néw");
        assert_eq!(one("a/b; name*=plain%zz"), "plain%zz");
    }

    #[test]
    fn what_programs_write_against_the_rules_is_understood() {
        assert_eq!(one("a/b; name==?utf-8?q?=C3=A4?=.txt"), "ä .txt");
        assert_eq!(one("a/b; name=two words.txt; x=y"), "two words.txt");
        assert_eq!(one("a/b boundary=\"not closed\r\n"), "not closed");
        assert_eq!(one("a/b;;; =x; word; boundary=b"), "b");
        assert_eq!(
            one("a/b; boundary=----=_Next(1)\r\n charset=x"),
            "----=_Next(1)"
        );
    }
}
