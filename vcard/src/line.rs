//! Lines of a card: unfolding and the `contentline` of RFC 6350 3.3, for reading and for writing.
//!
//! Reading is generous where real clients are careless and nothing is lost by it; writing follows the standards.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use std::ops::Range;

use crate::fault::Fault;
use crate::property::{Param, Property};
use crate::version::Version;

/// A line without its folds.
#[derive(Debug)]
pub(crate) struct Logical {
    pub(crate) text: String,
    /// Where it stands in the octets, with its line end.
    pub(crate) span: Range<usize>,
    /// The number of its first line, from 1.
    pub(crate) number: usize,
}

/// The unfolded lines of some octets, blank ones left out.
pub(crate) struct Lines<'a> {
    octets: &'a [u8],
    /// Where the next physical line begins.
    at: usize,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        // A byte order mark, as Windows programs write it, says nothing in UTF-8.
        let at = if octets.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Self {
            octets,
            at,
            number: 0,
        }
    }

    /// The physical line at a place: its octets without the line end, and where the next begins.
    fn physical(&self, at: usize) -> Option<(&'a [u8], usize)> {
        let rest = self.octets.get(at..).filter(|rest| !rest.is_empty())?;
        let length = rest.iter().position(|octet| *octet == b'\n');
        let (line, used) = match length {
            Some(length) => (rest.get(..length)?, length.saturating_add(1)),
            None => (rest, rest.len()),
        };
        let returns = line
            .iter()
            .rev()
            .take_while(|octet| **octet == b'\r')
            .count();
        let line = line.get(..line.len().saturating_sub(returns))?;
        Some((line, at.saturating_add(used)))
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Logical, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let (first, mut end) = self.physical(start)?;
            self.number = self.number.saturating_add(1);
            let number = self.number;
            self.at = end;
            if first.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut line = first.to_vec();
            // RFC 6350 3.2: a line end and one space or tab after it are taken out. Octets, not characters, are joined: RFC 2425
            // 5.8.1 lets a writer fold inside of a character.
            while let Some((next, after)) = self.physical(end) {
                match next.split_first() {
                    Some((b' ' | b'\t', rest)) => line.extend_from_slice(rest),
                    Some(_) if quirk_soft_line_break(&line) => {
                        line.pop();
                        line.extend_from_slice(next);
                    }
                    Some(_) if quirk_base64_without_indent(&line, next) => {
                        line.extend_from_slice(next)
                    }
                    _ => break,
                }
                end = after;
                self.number = self.number.saturating_add(1);
            }
            self.at = end;
            return Some(match String::from_utf8(line) {
                Ok(text) => Ok(Logical {
                    text,
                    span: start..end,
                    number,
                }),
                Err(_) => Err(Fault::NotUtf8 { line: number }),
            });
        }
    }
}

/// Whether `next` belongs to the picture of `line`: Outlook and older phones do not indent base64.
fn quirk_base64_without_indent(line: &[u8], next: &[u8]) -> bool {
    // A line of base64 has no colon, every property has one; the head is short, so looking at it again for each line is cheap.
    let head = line
        .split(|octet| *octet == b':')
        .next()
        .unwrap_or_default();
    head.len() < HEAD_OCTETS_MAX
        && head.len() < line.len()
        && is_base64_head(head)
        && next
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"+/= \t".contains(octet))
}

/// Whether the line goes on as quoted-printable does: telephones write 2.1's encoding into cards of 3.0.
fn quirk_soft_line_break(line: &[u8]) -> bool {
    let head = line
        .iter()
        .take(HEAD_OCTETS_MAX)
        .take_while(|octet| **octet != b':');
    line.ends_with(b"=") && {
        let head: Vec<u8> = head.map(u8::to_ascii_uppercase).collect();
        head.ends_with(b"QUOTED-PRINTABLE")
            || head
                .windows(17)
                .any(|window| window == b"QUOTED-PRINTABLE;")
    }
}

fn is_base64_head(head: &[u8]) -> bool {
    let head = head.to_ascii_uppercase();
    head.split(|octet| *octet == b';')
        .skip(1)
        .any(|param| matches!(param, b"BASE64" | b"ENCODING=B" | b"ENCODING=BASE64"))
}

/// Reads a `contentline`; `Err` says what was expected.
pub(crate) fn parse(line: &str) -> Result<Property, &'static str> {
    if line
        .bytes()
        .any(|octet| octet.is_ascii_control() && octet != b'\t')
    {
        // RFC 6350 3.3 VALUE-CHAR: no controls but the tab; XML could not carry them either.
        return Err("text without control characters");
    }
    let end = line.find([';', ':']).ok_or("a colon behind the name")?;
    let (head, mut rest) = line.split_at(end);
    let (group, name) = match head.trim().split_once('.') {
        Some((group, name)) => (Some(group), name),
        None => (None, head.trim()),
    };
    let group = group.map(token).transpose()?.map(str::to_owned);
    let name = token(name)?.to_owned();
    let mut params = Vec::new();
    while let Some(after) = rest.strip_prefix(';') {
        let (param, left) = parse_param(after)?;
        if let Some(param) = param {
            if params.len() >= PARAMETERS_OF_ONE_MAX {
                return Err("fewer parameters");
            }
            params.push(param);
        }
        rest = left;
    }
    let value = rest.strip_prefix(':').ok_or("a colon before the value")?;
    Ok(Property {
        group,
        name,
        params,
        value: value.to_owned(),
        span: 0..0,
    })
}

/// A name of a property, group or parameter: RFC 6350 3.3 has letters, digits and `-`; KDE writes `X-messaging/xmpp-All`, others
/// `X-GOOGLE TALK`.
fn token(name: &str) -> Result<&str, &'static str> {
    let good = !name.is_empty()
        && name.len() <= NAME_OCTETS_MAX
        && name.bytes().all(|octet| {
            (octet.is_ascii_graphic() || octet == b' ') && !b"\".;:,=".contains(&octet)
        });
    if good {
        Ok(name)
    } else {
        Err("a name of letters, digits and hyphens")
    }
}

/// Reads `any-param` and returns what is behind it; nothing between two semicolons is no parameter.
fn parse_param(text: &str) -> Result<(Option<Param>, &str), &'static str> {
    let end = text
        .find(['=', ';', ':'])
        .ok_or("a colon before the value")?;
    let (name, rest) = text.split_at(end);
    let name = name.trim();
    let Some(mut rest) = rest.strip_prefix('=') else {
        let bare = (!name.is_empty()).then(|| quirk_bare_param(name));
        return Ok((bare, rest));
    };
    let name = token(name)?;
    let mut values = Vec::new();
    loop {
        let (value, left) = parse_param_value(rest)?;
        if values.len() >= PARAMETER_VALUES_MAX {
            return Err("fewer values of a parameter");
        }
        values.push(value);
        match left.strip_prefix(',') {
            Some(next) => rest = next,
            None => {
                return Ok((
                    Some(Param {
                        name: name.into(),
                        values,
                    }),
                    left,
                ));
            }
        }
    }
}

/// Reads `param-value`: in quotation marks everything but those, otherwise up to the next comma, semicolon or colon.
fn parse_param_value(text: &str) -> Result<(String, &str), &'static str> {
    let (mut value, rest) = match text.strip_prefix('"') {
        Some(quoted) => {
            let (inside, rest) = quoted.split_once('"').ok_or("a closing quotation mark")?;
            (inside.to_owned(), rest)
        }
        None => (String::new(), text),
    };
    let end = rest
        .find([',', ';', ':'])
        .ok_or("a colon before the value")?;
    let (more, rest) = rest.split_at(end);
    value.push_str(more);
    Ok((value, rest))
}

/// A parameter without a name, as vCard 2.1 had them, and as Apple and others went on to write them in 3.0.
fn quirk_bare_param(word: &str) -> Param {
    let name = match word.to_ascii_uppercase().as_str() {
        "BASE64" | "B" | "QUOTED-PRINTABLE" | "7BIT" | "8BIT" => "ENCODING",
        "URL" | "URI" | "CID" | "CONTENT-ID" | "INLINE" => "VALUE",
        _ => "TYPE",
    };
    Param::new(name, word)
}

/// Takes RFC 6868's carets out of a parameter's value: `^n` is a line end, `^'` a quotation mark, `^^` a caret.
pub(crate) fn without_carets(value: &mut String) {
    if !value.contains('^') {
        return;
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let replaced = match (c, chars.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('^')) => Some('^'),
            _ => None,
        };
        if replaced.is_some() {
            chars.next();
        }
        // RFC 6868 3.2: a caret before anything else stays, and what is behind it.
        plain.push(replaced.unwrap_or(c));
    }
    *value = plain;
}

/// Writes a property as folded lines that end with CRLF.
pub(crate) fn write(out: &mut String, property: &Property, version: Version) {
    let mut line = String::with_capacity(property.value.len().saturating_add(64));
    if let Some(group) = &property.group {
        line.push_str(group);
        line.push('.');
    }
    line.extend(
        property
            .name
            .chars()
            .map(|c| if c == ' ' { '-' } else { c }),
    );
    for param in &property.params {
        line.push(';');
        line.push_str(&param.name);
        let mut before = '=';
        for value in &param.values {
            line.push(before);
            write_param_value(&mut line, value, version);
            before = ',';
        }
    }
    line.push(':');
    let value = property.value.as_str();
    // A soft line break with nothing behind it would take in the next line.
    let soft = property.is_quoted_printable();
    line.push_str(if soft {
        value.trim_end_matches('=')
    } else {
        value
    });
    fold(out, &line);
}

fn write_param_value(line: &mut String, value: &str, version: Version) {
    let quoted = value.contains([',', ';', ':']);
    if quoted {
        line.push('"');
    }
    for c in value.chars() {
        match (version, c) {
            (Version::V4, '\n') => line.push_str("^n"),
            (Version::V4, '"') => line.push_str("^'"),
            (Version::V4, '^') => line.push_str("^^"),
            // RFC 2426 4: neither can stand in a parameter, and RFC 6868 is for 4.0 only.
            (Version::V3, '\n') => line.push(' '),
            (Version::V3, '"') => line.push('\''),
            (_, c) if c.is_ascii_control() => {}
            (_, c) => line.push(c),
        }
    }
    if quoted {
        line.push('"');
    }
}

/// RFC 6350 3.2: lines of at most 75 octets, and no character torn apart.
fn fold(out: &mut String, line: &str) {
    let mut rest = line;
    let mut room = FOLD_OCTETS_MAX;
    while rest.len() > room {
        let (part, left) = rest.split_at(rest.floor_char_boundary(room));
        out.push_str(part);
        out.push_str("\r\n ");
        rest = left;
        room = FOLD_OCTETS_MAX.saturating_sub(1);
    }
    out.push_str(rest);
    out.push_str("\r\n");
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// RFC 6350 3.2: octets of a line, its end not counted.
const FOLD_OCTETS_MAX: usize = 75;
/// Octets of the name of a property, group or parameter: ours; FullContact writes names of 100.
const NAME_OCTETS_MAX: usize = 255;
/// Octets of name and parameters before a picture: ours.
const HEAD_OCTETS_MAX: usize = 512;
/// Parameters of one property: ours; RFC 6350 and RFC 9554 define about 25.
const PARAMETERS_OF_ONE_MAX: usize = 64;
/// Values of one parameter: ours.
const PARAMETER_VALUES_MAX: usize = 256;
