//! Strings of a script: constant, or made of pieces when they are needed (RFC 5228 2.4.2.4, RFC 5229 3).

/// A string as it is run.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Plain(Plain),
    Pieces(Box<[Piece]>),
}

/// A constant string, with its form in capitals where that differs.
#[derive(Clone, Debug)]
pub(crate) struct Plain {
    text: Box<str>,
    upper: Option<Box<str>>,
}

/// A piece of a string.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Plain(Box<str>),
    /// RFC 5229 3.2: a match variable.
    Capture(usize),
    Variable(Variable),
}

/// Where a variable lives, by its place in the script's lists of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Local(usize),
    Global(usize),
}

impl Plain {
    pub(crate) fn new(text: &str) -> Self {
        let upper = text.bytes().any(|byte| byte.is_ascii_lowercase());
        Self {
            text: text.into(),
            upper: upper.then(|| text.to_ascii_uppercase().into()),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as `i;ascii-casemap` compares it.
    pub(crate) fn upper(&self) -> &str {
        self.upper.as_deref().unwrap_or(&self.text)
    }
}

impl Text {
    pub(crate) fn plain(text: &str) -> Self {
        Self::Plain(Plain::new(text))
    }

    /// The string if it is constant.
    pub(crate) fn constant(&self) -> Option<&str> {
        match self {
            Self::Plain(plain) => Some(plain.as_str()),
            Self::Pieces(_) => None,
        }
    }
}

/// The characters that `${hex: ...}` and `${unicode: ...}` stand for are put in; what is no such thing stays.
///
/// # Errors
/// RFC 5228 2.4.2.4: a number that is no character of Unicode; octets that are no UTF-8.
pub(crate) fn decode_characters(text: &str) -> Result<String, String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, candidate) = rest.split_at(start);
        decoded.extend_from_slice(before.as_bytes());
        let inner = candidate.find('}').map(|end| (&candidate[2..end], end + 1));
        match inner.map(|(inner, length)| (encoded(inner), length)) {
            Some((Some(octets), length)) => {
                decoded.extend_from_slice(&octets?);
                rest = &candidate[length..];
            }
            _ => {
                decoded.extend_from_slice(b"${");
                rest = &candidate[2..];
            }
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8(decoded).map_err(|_| "the octets of `${hex:...}` are not UTF-8".to_owned())
}

/// The octets of one encoded sequence; none if it is none.
fn encoded(inner: &str) -> Option<Result<Vec<u8>, String>> {
    let (kind, numbers) = inner.split_once(':')?;
    let is_hex = kind.eq_ignore_ascii_case("hex");
    if !is_hex && !kind.eq_ignore_ascii_case("unicode") {
        return None;
    }
    let mut octets = Vec::new();
    let mut error = None;
    let mut numbers = numbers
        .split([' ', '\t', '\r', '\n'])
        .filter(|number| !number.is_empty())
        .peekable();
    numbers.peek()?;
    for number in numbers {
        if !number.bytes().all(|byte| byte.is_ascii_hexdigit()) || (is_hex && number.len() > 2) {
            return None;
        }
        if is_hex {
            octets.push(u8::from_str_radix(number, 16).ok()?);
            continue;
        }
        let significant = number.trim_start_matches('0');
        let number = u32::from_str_radix(
            if significant.is_empty() {
                "0"
            } else {
                significant
            },
            16,
        );
        match number.ok().and_then(char::from_u32) {
            Some(character) => {
                octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes())
            }
            None => error = Some(format!("`${{{inner}}}` names no character of Unicode")),
        }
    }
    Some(error.map_or(Ok(octets), Err))
}

/// A variable reference, or the text between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'t> {
    Text(&'t str),
    /// A name with its namespaces, or a number.
    Variable(&'t str),
}

/// Takes a string apart at its variable references.
pub(crate) fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(start) = rest[from..].find("${").map(|at| from + at) {
        let inner = rest[start + 2..]
            .find('}')
            .map(|end| &rest[start + 2..start + 2 + end]);
        match inner.filter(|name| is_variable_reference(name)) {
            Some(name) => {
                if start > 0 {
                    found.push(Reference::Text(&rest[..start]));
                }
                found.push(Reference::Variable(name));
                rest = &rest[start + 2 + name.len() + 1..];
                from = 0;
            }
            // RFC 5229 3: what is no variable reference is left alone.
            None => from = start + 2,
        }
    }
    if !rest.is_empty() {
        found.push(Reference::Text(rest));
    }
    found
}

/// RFC 5229 3: variable-ref, a number or identifiers with dots between.
fn is_variable_reference(name: &str) -> bool {
    is_number(name) || name.split('.').all(is_identifier)
}

/// RFC 5229 3: num-variable.
pub(crate) fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 5228 8.1: identifier.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.bytes()
        .next()
        .is_some_and(|byte| !byte.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_characters_are_put_in() {
        for (text, decoded) in [
            ("$${hex:40}", "$@"),
            ("${hex: 40 }", "@"),
            ("${HEX: 40}", "@"),
            ("${hex:40", "${hex:40"),
            ("${hex:400}", "${hex:400}"),
            ("${hex:4${hex:30}}", "${hex:40}"),
            ("${unicode:40}", "@"),
            ("${ unicode:40}", "${ unicode:40}"),
            ("${UNICODE:40}", "@"),
            ("${UnICoDE:0000040}", "@"),
            ("${Unicode:Cool}", "${Unicode:Cool}"),
            ("${hex:c3 a4}", "ä"),
            ("${hex:}", "${hex:}"),
        ] {
            assert_eq!(decode_characters(text).as_deref(), Ok(decoded), "{text}");
        }
        assert!(decode_characters("${unicode:200000}").is_err());
        assert!(decode_characters("${Unicode:DF01}").is_err());
        assert!(decode_characters("${hex:ff}").is_err());
    }

    #[test]
    fn only_real_references_are_found() {
        use Reference::{Text, Variable};
        assert_eq!(references("&%${}!"), [Text("&%${}!")]);
        assert_eq!(references("${doh!}"), [Text("${doh!}")]);
        assert_eq!(
            references("a${b.c_1}d${12}"),
            [Text("a"), Variable("b.c_1"), Text("d"), Variable("12")]
        );
        assert_eq!(references("${${a}"), [Text("${"), Variable("a")]);
        assert_eq!(references("${1a}"), [Text("${1a}")]);
    }
}
