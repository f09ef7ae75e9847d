//! The lexer: takes IMAP's tokens (atoms, strings, numbers) from the front of a framed command.
//!
//! It never goes back except where a caller keeps a copy, so parsing takes time linear in the command's length.

use std::borrow::Cow;

use memchr::memchr3;

use super::TextForm;
use super::fault::Fault;

/// The rest of a command that is being parsed.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
    total: usize,
    form: TextForm,
}

/// What parsing one rule gives.
pub(super) type Parsed<T> = Result<T, Fault>;

impl<'a> Lexer<'a> {
    pub(super) fn new(input: &'a [u8], form: TextForm) -> Self {
        Self {
            rest: input,
            total: input.len(),
            form,
        }
    }

    pub(super) fn form(&self) -> TextForm {
        self.form
    }

    /// The error that something else was expected here.
    pub(super) fn expected(&self, expected: &'static str) -> Fault {
        Fault::Malformed {
            at: self.total.saturating_sub(self.rest.len()),
            expected,
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether a space and something else come next.
    pub(super) fn has_argument(&self) -> bool {
        self.peek() == Some(b' ') && self.rest.iter().any(|octet| *octet != b' ')
    }

    /// Nothing may follow, except spaces at the end.
    pub(super) fn end(&mut self) -> Parsed<()> {
        self.quirk_trailing_space();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.expected("the end of the command"))
        }
    }

    /// Several clients (older Outlook, fetchmail) leave a space at the end of a line.
    fn quirk_trailing_space(&mut self) {
        while self.eat(b' ') {}
    }

    /// Takes this octet if it is next.
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == octet => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes this text, whatever its case, if it is next.
    pub(super) fn eat_text(&mut self, text: &'static str) -> bool {
        match self.rest.split_at_checked(text.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(text.as_bytes()) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub(super) fn octet(&mut self, octet: u8, expected: &'static str) -> Parsed<()> {
        if self.eat(octet) {
            Ok(())
        } else {
            Err(self.expected(expected))
        }
    }

    pub(super) fn space(&mut self) -> Parsed<()> {
        self.octet(b' ', "a space")
    }

    pub(super) fn take_while(&mut self, is: fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|octet| !is(*octet))
            .unwrap_or(self.rest.len());
        self.take(end).unwrap_or_default()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn take_text(&mut self, is: fn(u8) -> bool, expected: &'static str) -> Parsed<&'a str> {
        match std::str::from_utf8(self.take_while(is)) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(self.expected(expected)),
        }
    }

    /// `atom`.
    pub(super) fn atom(&mut self) -> Parsed<&'a str> {
        self.take_text(is_atom_char, "an atom")
    }

    /// `tag`: `1*<any ASTRING-CHAR except "+">`.
    pub(super) fn tag(&mut self) -> Parsed<&'a str> {
        self.take_text(is_tag_char, "a tag")
    }

    /// The grammar's own word, such as a command's name or a fetch item, in upper case.
    pub(super) fn word(&mut self) -> Word {
        Word::new(self.take_while(is_word_char))
    }

    /// `number`, 32 bits.
    pub(super) fn number(&mut self) -> Parsed<u32> {
        let start = self.clone();
        u32::try_from(self.number64()?).map_err(|_| start.expected("a number below 2^32"))
    }

    /// `nz-number`.
    pub(super) fn nz_number(&mut self) -> Parsed<u32> {
        let start = self.clone();
        match self.number()? {
            0 => Err(start.expected("a number other than 0")),
            number => Ok(number),
        }
    }

    /// `number64`, 63 bits.
    pub(super) fn number64(&mut self) -> Parsed<u64> {
        let start = self.clone();
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        let value = digits.iter().try_fold(0_u64, |value, digit| {
            value
                .checked_mul(10)?
                .checked_add(u64::from(digit.saturating_sub(b'0')))
        });
        match value {
            // RFC 9051 9: number64 stays below 2^63.
            Some(value) if !digits.is_empty() && i64::try_from(value).is_ok() => Ok(value),
            _ => Err(start.expected("a number")),
        }
    }

    /// `astring` as octets.
    pub(super) fn astring(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"' | b'{') => self.string(),
            Some(octet) if is_astring_char(octet) => {
                Ok(Cow::Borrowed(self.take_while(is_astring_char)))
            }
            _ => Err(self.expected("a string")),
        }
    }

    /// `astring` as text: UTF-8, of which US-ASCII is a part.
    pub(super) fn astring_text(&mut self) -> Parsed<Cow<'a, str>> {
        let start = self.clone();
        start.text(self.astring()?)
    }

    /// `string` as octets.
    pub(super) fn string(&mut self) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => {
                let start = self.clone();
                let octets = self.literal()?;
                // RFC 9051 9: CHAR8 of a literal leaves out NUL; only literal8 carries it.
                if memchr::memchr(0, octets).is_some() {
                    return Err(start.expected("a literal without NUL"));
                }
                Ok(Cow::Borrowed(octets))
            }
            _ => Err(self.expected("a quoted string or a literal")),
        }
    }

    /// `string` as text.
    pub(super) fn string_text(&mut self) -> Parsed<Cow<'a, str>> {
        let start = self.clone();
        start.text(self.string()?)
    }

    /// `nstring` as text: `NIL` or a string.
    pub(super) fn nstring_text(&mut self) -> Parsed<Option<Cow<'a, str>>> {
        if self.eat_text("NIL") {
            Ok(None)
        } else {
            self.string_text().map(Some)
        }
    }

    fn text(&self, octets: Cow<'a, [u8]>) -> Parsed<Cow<'a, str>> {
        match octets {
            Cow::Borrowed(octets) => std::str::from_utf8(octets).map(Cow::Borrowed).ok(),
            Cow::Owned(octets) => String::from_utf8(octets).map(Cow::Owned).ok(),
        }
        .ok_or_else(|| self.expected("text in UTF-8"))
    }

    /// `quoted`; eight-bit text is let through here and checked where it becomes text.
    fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        let start = self.clone();
        self.octet(b'"', "a quoted string")?;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            let stop = memchr3(b'"', b'\\', b'\n', self.rest);
            let run = stop
                .and_then(|at| self.take(at))
                .ok_or_else(|| start.expected("a closed quoted string"))?;
            if run.iter().any(|octet| matches!(octet, 0 | b'\r')) || self.peek() == Some(b'\n') {
                return Err(start.expected("a quoted string without NUL and line ends"));
            }
            if let Some(text) = &mut unescaped {
                text.extend_from_slice(run);
            }
            if self.eat(b'"') {
                return Ok(unescaped.map_or(Cow::Borrowed(run), Cow::Owned));
            }
            self.octet(b'\\', "a backslash")?;
            let text = unescaped.get_or_insert_with(|| run.to_vec());
            // RFC 9051 9: quoted-specials are the quote and the backslash.
            match self.take(1) {
                Some(&[octet @ (b'"' | b'\\')]) => text.push(octet),
                _ => return Err(self.expected("a quote or a backslash after a backslash")),
            }
        }
    }

    /// `literal`, whose octets stand in place behind the announcement.
    pub(super) fn literal(&mut self) -> Parsed<&'a [u8]> {
        self.octet(b'{', "a literal")?;
        let octets = self.number64()?;
        self.eat(b'+');
        self.octet(b'}', "the end of a literal's size")?;
        self.eat(b'\r');
        self.octet(b'\n', "the line end of a literal's size")?;
        let count = usize::try_from(octets).unwrap_or(usize::MAX);
        self.take(count)
            .ok_or_else(|| self.expected("a whole literal"))
    }

    /// `"(" 1*item ")"` with single spaces between, or `"()"`; at most `limit` items.
    pub(super) fn list<T>(
        &mut self,
        limit: Count,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.octet(b'(', "an opening parenthesis")?;
        let mut items = Vec::new();
        self.quirk_list_space();
        while !self.eat(b')') {
            if !items.is_empty() {
                self.space()?;
                self.quirk_list_space();
                if self.eat(b')') {
                    break;
                }
            }
            limit.check(items.len())?;
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Some clients (older Outlook, SquirrelMail plugins) put spaces next to parentheses.
    fn quirk_list_space(&mut self) {
        while self.eat(b' ') {}
    }
}

/// How many of something a command may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    pub(super) what: &'static str,
    pub(super) limit: usize,
}

impl Count {
    /// Whether one more fits behind `present`.
    pub(super) fn check(self, present: usize) -> Parsed<()> {
        if present < self.limit {
            Ok(())
        } else {
            Err(Fault::TooMany {
                what: self.what,
                limit: self.limit,
            })
        }
    }
}

/// A word of the grammar in upper case; empty where it is longer than any that IMAP knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    octets: [u8; WORD_OCTETS_MAX],
    len: usize,
}

impl Word {
    pub(super) fn new(word: &[u8]) -> Self {
        let mut octets = [0; WORD_OCTETS_MAX];
        let len = match octets.get_mut(..word.len()) {
            Some(room) => {
                room.copy_from_slice(word);
                room.make_ascii_uppercase();
                word.len()
            }
            None => 0,
        };
        Self { octets, len }
    }

    pub(super) fn as_str(&self) -> &str {
        self.octets
            .get(..self.len)
            .and_then(|word| std::str::from_utf8(word).ok())
            .unwrap_or_default()
    }
}

/// `ATOM-CHAR`: any CHAR except `atom-specials`.
pub(super) fn is_atom_char(octet: u8) -> bool {
    matches!(octet, 0x21..=0x7e)
        && !matches!(
            octet,
            b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']'
        )
}

/// `ASTRING-CHAR`: `ATOM-CHAR / resp-specials`.
pub(super) fn is_astring_char(octet: u8) -> bool {
    is_atom_char(octet) || octet == b']'
}

/// `list-char`: `ATOM-CHAR / list-wildcards / resp-specials`.
pub(super) fn is_list_char(octet: u8) -> bool {
    is_astring_char(octet) || matches!(octet, b'%' | b'*')
}

/// The characters of a tag.
pub(super) fn is_tag_char(octet: u8) -> bool {
    is_astring_char(octet) && octet != b'+'
}

fn is_word_char(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_')
}

/// Longer than the longest word of the grammar (`ANNOTATION-STORAGE`).
const WORD_OCTETS_MAX: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn lexer(input: &[u8]) -> Lexer<'_> {
        Lexer::new(input, TextForm::Ascii)
    }

    #[test]
    fn quoted_string_gives_its_text_without_escapes() {
        let mut lexer = lexer(br#""a \"b\\" c"#);
        assert_eq!(lexer.string().as_deref(), Ok(&br#"a "b\"#[..]));
        assert_eq!(lexer.peek(), Some(b' '));
    }

    #[test]
    fn quoted_string_refuses_line_ends_nul_and_other_escapes() {
        for input in [
            &b"\"a\nb\""[..],
            b"\"a\r\nb\"",
            b"\"a\0b\"",
            b"\"a\\nb\"",
            b"\"a",
            b"\"a\\",
        ] {
            assert!(lexer(input).string().is_err(), "{input:?}");
        }
    }

    #[test]
    fn literal_is_taken_in_place() {
        let mut lexer = lexer(b"{3}\r\na\"b {2+}\ncd");
        assert_eq!(lexer.string().as_deref(), Ok(&b"a\"b"[..]));
        assert_eq!(lexer.space(), Ok(()));
        assert_eq!(lexer.string().as_deref(), Ok(&b"cd"[..]));
        assert!(Lexer::new(b"{3}\r\nab", TextForm::Ascii).string().is_err());
    }

    #[test]
    fn numbers_have_their_bounds() {
        assert_eq!(lexer(b"4294967295").number(), Ok(u32::MAX));
        assert!(lexer(b"4294967296").number().is_err());
        assert_eq!(
            lexer(b"9223372036854775807").number64(),
            Ok(i64::MAX.unsigned_abs())
        );
        assert!(lexer(b"9223372036854775808").number64().is_err());
        assert!(lexer(b"0").nz_number().is_err());
        assert!(lexer(b"x").number().is_err());
    }

    #[test]
    fn list_stops_at_its_limit() {
        let two = Count {
            what: "atoms",
            limit: 2,
        };
        assert_eq!(lexer(b"(a b)").list(two, Lexer::atom), Ok(vec!["a", "b"]));
        assert_eq!(
            lexer(b"( a  b )").list(two, Lexer::atom),
            Ok(vec!["a", "b"])
        );
        assert!(matches!(
            lexer(b"(a b c)").list(two, Lexer::atom),
            Err(Fault::TooMany { .. })
        ));
        assert!(lexer(b"(a b").list(two, Lexer::atom).is_err());
    }
}
