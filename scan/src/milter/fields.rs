//! A message as a milter sees it: its header fields one by one, and its body.
#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

/// A header field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// What stands before the colon, without white space behind it.
    pub(super) name: &'a [u8],
    /// What stands behind the colon, folds and all, without the last line end.
    pub(super) value: &'a [u8],
}

/// Splits a message at its header's end. RFC 5322 2.1: an empty line; or the first line that is no field.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    ended: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self {
            rest: message,
            ended: false,
        }
    }

    /// What stands behind the header, once all fields were taken.
    pub(super) fn body(self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.ended {
            return None;
        }
        let (first, mut behind) = line(self.rest)?;
        if trimmed(first).is_empty() {
            self.ended = true;
            self.rest = behind;
            return None;
        }
        let colon = first
            .iter()
            .position(|octet| *octet == b':')
            .filter(|at| *at > 0);
        let Some(colon) = colon else {
            self.ended = true;
            return None;
        };
        let mut octets = first.len();
        // RFC 5322 2.2.3: lines that begin with white space belong to the field before.
        while let Some((next, after)) = line(behind)
            && matches!(next.first(), Some(b' ' | b'\t'))
        {
            octets = octets.saturating_add(next.len());
            behind = after;
        }
        let (field, rest) = self.rest.split_at_checked(octets)?;
        self.rest = rest;
        let (name, value) = field.split_at_checked(colon)?;
        Some(Field {
            name: name.trim_ascii_end(),
            value: trimmed(value.get(1..)?),
        })
    }
}

/// A line with its end, and what follows; nothing at the end of the message.
fn line(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    if octets.is_empty() {
        return None;
    }
    let end = octets.iter().position(|octet| *octet == b'\n');
    octets.split_at_checked(end.map_or(octets.len(), |end| end.saturating_add(1)))
}

/// A line without its end.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes the input for a message: nothing of it is lost.
pub(super) fn fuzz(input: &[u8]) {
    let mut fields = Fields::of(input);
    let named = fields.by_ref().all(|field| field.name.len() <= input.len());
    debug_assert!(named && input.ends_with(fields.body()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_and_body() {
        let message = b"Subject : a\r\n\tb\r\nX:\r\n\r\nbody\r\n";
        let mut fields = Fields::of(message);
        let all: Vec<_> = fields
            .by_ref()
            .map(|field| (field.name, field.value))
            .collect();
        assert_eq!(all, [(&b"Subject"[..], &b" a\r\n\tb"[..]), (b"X", b"")]);
        assert_eq!(fields.body(), b"body\r\n");
    }

    #[test]
    fn a_header_may_end_without_an_empty_line() {
        for (message, count, body) in [
            (
                &b"A: b\r\nno field\r\nC: d\r\n"[..],
                1,
                &b"no field\r\nC: d\r\n"[..],
            ),
            (b"A: b", 1, b""),
            (b"", 0, b""),
            (b"\n\nx", 0, b"\nx"),
            (b": x\n", 0, b": x\n"),
        ] {
            let mut fields = Fields::of(message);
            assert_eq!(fields.by_ref().count(), count);
            assert_eq!(fields.body(), body);
        }
    }
}
