//! The canonical forms of DKIM: what stays the same of a message when it passes through others' hands (RFC 6376 3.4).

use mail_auth::common::crypto::{HashAlgorithm, HashOutput};
use mail_auth::common::headers::{Writable, Writer};

use crate::message::Field;

/// RFC 6376 3.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Form {
    /// Byte for byte.
    #[default]
    Simple,
    /// Without what mail servers change: white space, folds, the case of names.
    Relaxed,
}

impl Form {
    fn read(text: &str) -> Option<Self> {
        match text {
            "simple" => Some(Self::Simple),
            "relaxed" => Some(Self::Relaxed),
            _ => None,
        }
    }
}

/// `c=` of RFC 6376 3.5: forms of header and body.
pub(crate) fn forms(text: Option<&str>) -> Option<(Form, Form)> {
    match text {
        None => Some((Form::Simple, Form::Simple)),
        Some(text) => match text.split_once('/') {
            Some((header, body)) => Some((Form::read(header)?, Form::read(body)?)),
            None => Some((Form::read(text)?, Form::Simple)),
        },
    }
}

/// Adds a field in its canonical form.
pub(crate) fn add_field(out: &mut Vec<u8>, form: Form, name: &[u8], value: &[u8]) {
    match form {
        Form::Simple => {
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(value);
        }
        // RFC 6376 3.4.2: name in lower case, folds undone, runs of white space as one space, none at the ends.
        Form::Relaxed => {
            out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
            out.push(b':');
            let mut is_first = true;
            for word in value.split(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')) {
                if !word.is_empty() {
                    if !is_first {
                        out.push(b' ');
                    }
                    out.extend_from_slice(word);
                    is_first = false;
                }
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Adds a signature's own field: without the value of `b=`, and without the line end (RFC 6376 3.7).
pub(crate) fn add_own_field(out: &mut Vec<u8>, form: Form, field: &Field<'_>) {
    let emptied = without_signature(field.value);
    add_field(out, form, field.name, &emptied);
    let kept = out.strip_suffix(b"\r\n").map_or(out.len(), <[u8]>::len);
    out.truncate(kept);
}

/// The value with the `b` tag emptied.
fn without_signature(value: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(value.len());
    for (number, spec) in value.split(|octet| *octet == b';').enumerate() {
        if number > 0 {
            kept.push(b';');
        }
        let equals = spec.iter().position(|octet| *octet == b'=');
        match equals {
            Some(at) if spec[..at].trim_ascii() == b"b" => kept.extend_from_slice(&spec[..=at]),
            _ => kept.extend_from_slice(spec),
        }
    }
    kept
}

/// Adds the fields that `h=` names, from the last of each name upwards (RFC 6376 5.4.2).
pub(crate) fn add_signed_fields<'n>(
    out: &mut Vec<u8>,
    form: Form,
    fields: &[Field<'_>],
    names: impl Iterator<Item = &'n str>,
) {
    // How many of each name were taken; a name beyond what is there signs its absence.
    let mut taken: Vec<(&str, usize)> = Vec::new();
    for name in names {
        let place = match taken
            .iter()
            .position(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            Some(place) => place,
            None => {
                taken.push((name, 0));
                taken.len() - 1
            }
        };
        let found = fields
            .iter()
            .rev()
            .filter(|field| field.is(name))
            .nth(taken[place].1);
        taken[place].1 += 1;
        if let Some(field) = found {
            add_field(out, form, field.name, field.value);
        }
    }
}

/// The hash of a body, with how many octets its canonical form has.
pub(crate) fn hash_body(
    body: &[u8],
    form: Form,
    algorithm: HashAlgorithm,
    limit: Option<u64>,
) -> (HashOutput, u64) {
    let mut octets = 0;
    let hash = algorithm.hash(Body {
        body,
        form,
        limit: limit.unwrap_or(u64::MAX),
        octets: &mut octets,
    });
    (hash, octets)
}

struct Body<'a> {
    body: &'a [u8],
    form: Form,
    limit: u64,
    /// The full length, whatever the limit.
    octets: &'a mut u64,
}

impl Writable for Body<'_> {
    fn write(self, writer: &mut impl Writer) {
        let limit = self.limit;
        let total = self.octets;
        let mut put = |piece: &[u8]| {
            let left = usize::try_from(limit.saturating_sub(*total)).unwrap_or(usize::MAX);
            let piece_within = &piece[..piece.len().min(left)];
            if !piece_within.is_empty() {
                writer.write(piece_within);
            }
            *total = total.saturating_add(piece.len() as u64);
        };
        match self.form {
            // RFC 6376 3.4.3: empty lines at the end become one line end; an empty body is one.
            Form::Simple => {
                put(without_empty_lines_at_end(self.body));
                put(b"\r\n");
            }
            Form::Relaxed => write_relaxed(self.body, &mut put),
        }
    }
}

fn without_empty_lines_at_end(body: &[u8]) -> &[u8] {
    let mut body = body;
    while let Some(shorter) = body.strip_suffix(b"\r\n") {
        body = shorter;
    }
    body
}

/// RFC 6376 3.4.4: no white space at line ends, runs of it as one space, no empty lines at the end; an empty body is nothing.
///
/// Most lines are so already: what stays as it is from one line to the next goes out in one piece.
fn write_relaxed(body: &[u8], put: &mut impl FnMut(&[u8])) {
    let text = without_blank_lines_at_end(body);
    if text.is_empty() {
        return;
    }
    // From here on nothing went out yet.
    let mut kept = 0;
    let mut start = 0;
    loop {
        let end = line_end(&text[start..]).map_or(text.len(), |at| start + at);
        let line = &text[start..end];
        if !is_relaxed(line) {
            put(&text[kept..start]);
            let visible = line.iter().rposition(|octet| !is_space(*octet));
            put_line(&line[..visible.map_or(0, |at| at + 1)], put);
            kept = end;
        }
        if end == text.len() {
            break;
        }
        start = end + 2;
    }
    put(&text[kept..]);
    put(b"\r\n");
}

/// The body without lines of nothing but white space at its end, and without the white space and the end of its last line.
fn without_blank_lines_at_end(body: &[u8]) -> &[u8] {
    let mut text = body;
    loop {
        let visible = text.iter().rposition(|octet| !is_space(*octet));
        let line = &text[..visible.map_or(0, |at| at + 1)];
        match line.strip_suffix(b"\r\n") {
            Some(before) => text = before,
            None => return line,
        }
    }
}

/// Whether a line stays as it is. Looks at all of it without a way out in the middle, which processors do many octets at a time.
fn is_relaxed(line: &[u8]) -> bool {
    let Some((last, others)) = line.split_last() else {
        return true;
    };
    let pairs = others.iter().zip(&line[1..]);
    let changed = pairs.fold(is_space(*last), |changed, (one, next)| {
        changed | (*one == b'\t') | ((*one == b' ') & (*next == b' '))
    });
    !changed
}

/// A line without white space at its end.
fn put_line(line: &[u8], put: &mut impl FnMut(&[u8])) {
    let mut start = 0;
    while start < line.len() {
        // Up to the next white space that is not one single space: that much stays as it is.
        let mut at = start;
        while at < line.len()
            && !(is_space(line[at])
                && (line[at] != b' ' || line.get(at + 1).copied().is_some_and(is_space)))
        {
            at += 1;
        }
        put(&line[start..at]);
        start = at;
        if start < line.len() {
            put(b" ");
            while start < line.len() && is_space(line[start]) {
                start += 1;
            }
        }
    }
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Where the next line end is.
fn line_end(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\r', text).find(|at| text.get(at + 1) == Some(&b'\n'))
}

/// Feeds arbitrary octets to the canonical forms.
pub(crate) fn fuzz(input: &[u8]) {
    for form in [Form::Simple, Form::Relaxed] {
        let (_, octets) = hash_body(input, form, HashAlgorithm::Sha256, Some(7));
        assert!(octets <= input.len() as u64 + 2);
        let mut out = Vec::new();
        add_field(&mut out, form, b"Name", input);
    }
    without_signature(input);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn relaxed(body: &str) -> String {
        let mut out = Vec::new();
        write_relaxed(body.as_bytes(), &mut |piece| out.extend_from_slice(piece));
        String::from_utf8(out).unwrap()
    }

    /// RFC 6376 3.4.5, and what is at the edges.
    #[test]
    fn a_relaxed_body_has_no_more_white_space_than_needed() {
        assert_eq!(relaxed(" C \r\nD \t E\r\n\r\n\r\n"), " C\r\nD E\r\n");
        assert_eq!(relaxed(""), "");
        assert_eq!(relaxed("\r\n\r\n"), "");
        assert_eq!(relaxed(" \r\n\t\r\n"), "");
        assert_eq!(relaxed("a\r\n \r\n"), "a\r\n");
        assert_eq!(relaxed("a"), "a\r\n");
        assert_eq!(relaxed("a \t"), "a\r\n");
        assert_eq!(relaxed("a\tb\r\n\r\nc"), "a b\r\n\r\nc\r\n");
    }

    #[test]
    fn a_simple_body_ends_with_one_line_end() {
        let hashed = |body: &[u8]| hash_body(body, Form::Simple, HashAlgorithm::Sha256, None).0;
        assert_eq!(hashed(b"a\r\n\r\n"), hashed(b"a"));
        assert_eq!(hashed(b""), hashed(b"\r\n"));
        assert_ne!(hashed(b"a "), hashed(b"a"));
    }

    #[test]
    fn a_relaxed_field_is_one_line() {
        let mut out = Vec::new();
        add_field(
            &mut out,
            Form::Relaxed,
            b"SUBJect \t",
            b" AbC\r\n\t D  \t \r\n",
        );
        assert_eq!(out, b"subject:AbC D\r\n");
    }

    #[test]
    fn only_the_signature_itself_is_emptied() {
        assert_eq!(
            without_signature(b" v=1; bh=ab; b = cd\r\n ef; x=b=1"),
            b" v=1; bh=ab; b =; x=b=1"
        );
    }

    /// The straightforward reading of RFC 6376 3.4.4, character by character.
    fn relaxed_plainly(body: &str) -> String {
        let mut lines: Vec<String> = body
            .split("\r\n")
            .map(|line| {
                let mut text = String::new();
                for character in line.trim_end_matches([' ', '\t']).chars() {
                    let space = matches!(character, ' ' | '\t');
                    if !(space && text.ends_with(' ')) {
                        text.push(if space { ' ' } else { character });
                    }
                }
                text
            })
            .collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.iter().map(|line| format!("{line}\r\n")).collect()
    }

    proptest! {
        #[test]
        fn relaxed_bodies_are_those_of_the_plain_reading(body in "([ab \t]{0,3}(\r\n|\r|\n)?){0,6}") {
            prop_assert_eq!(relaxed(&body), relaxed_plainly(&body));
        }
    }
}
