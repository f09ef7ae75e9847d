//! Comma-separated values as RFC 4180 describes them: records of fields, some in quotes.

use std::io::{self, BufRead};

use super::pieces::{self, Line};

/// Octets of a record; Shadowserver's have less than 1,000.
const RECORD_OCTETS_MAX: usize = 64 << 10;

/// Fields of a record; Shadowserver's widest report has about 100.
const FIELDS_MAX: usize = 256;

/// One record, with room for the next.
#[derive(Debug, Default)]
pub(super) struct Record {
    line: Vec<u8>,
    more: Vec<u8>,
    text: String,
    ends: Vec<usize>,
}

/// What the next record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Record,
    TooLong,
    /// No text, quotes that do not close, or too many fields.
    Unreadable,
    End,
}

impl Record {
    /// Reads the next record; empty lines are passed over.
    pub(super) fn read(&mut self, input: &mut impl BufRead) -> io::Result<Next> {
        loop {
            match pieces::line(input, RECORD_OCTETS_MAX, &mut self.line)? {
                None => return Ok(Next::End),
                Some(Line::TooLong) => return Ok(Next::TooLong),
                Some(Line::Whole) if self.line.is_empty() => {}
                Some(Line::Whole) => break,
            }
        }
        // RFC 4180 2: a line break may stand within quotes.
        while quotes(&self.line) % 2 == 1 {
            match pieces::line(input, RECORD_OCTETS_MAX, &mut self.more)? {
                None => return Ok(Next::Unreadable),
                Some(Line::TooLong) => return Ok(Next::TooLong),
                Some(Line::Whole) => {
                    if self.line.len() + self.more.len() >= RECORD_OCTETS_MAX {
                        return Ok(Next::TooLong);
                    }
                    self.line.push(b'\n');
                    self.line.extend_from_slice(&self.more);
                }
            }
        }
        Ok(if self.split() {
            Next::Record
        } else {
            Next::Unreadable
        })
    }

    fn split(&mut self) -> bool {
        let Self {
            line, text, ends, ..
        } = self;
        text.clear();
        ends.clear();
        let Ok(line) = str::from_utf8(line) else {
            return false;
        };
        let mut rest = line.strip_prefix('\u{feff}').unwrap_or(line);
        loop {
            if ends.len() == FIELDS_MAX {
                return false;
            }
            let after = if let Some(quoted) = rest.strip_prefix('"') {
                unquote(quoted, text)
            } else {
                let end = memchr::memchr(b',', rest.as_bytes()).unwrap_or(rest.len());
                text.push_str(&rest[..end]);
                Some(&rest[end..])
            };
            let Some(after) = after else { return false };
            ends.push(text.len());
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => return after.is_empty(),
            }
        }
    }

    fn field(&self, at: usize) -> &str {
        let start = match at.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
        };
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// A field, or nothing where there is no such column.
    pub(super) fn get(&self, at: Option<usize>) -> &str {
        at.map_or("", |at| self.field(at).trim())
    }

    /// All fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| self.field(at))
    }
}

/// Copies what stands before the closing quote; gives what follows it.
fn unquote<'a>(mut rest: &'a str, text: &mut String) -> Option<&'a str> {
    loop {
        let (before, after) = rest.split_once('"')?;
        text.push_str(before);
        // RFC 4180 2: two quotes within quotes are one.
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => return Some(after),
        }
    }
}

fn quotes(line: &[u8]) -> usize {
    memchr::memchr_iter(b'"', line).count()
}
