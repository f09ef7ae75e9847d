//! Wildcards of `:matches` (RFC 5228 2.7.1), without backtracking over more than one `*`.

use std::ops::Range;

use memchr::memmem;
use unicode_normalization::char::is_combining_mark;

use crate::collation::Comparator;

/// A pattern: rows of literals and `?`, between which a `*` stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// The first row begins the text, the last one ends it; a single row is both. Empty rows stand at stars on the edge.
    rows: Box<[Row]>,
}

type Row = Box<[Item]>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Literal(Box<str>),
    /// `?`: one character.
    One,
    /// `?` in decomposed text: a letter with the marks that belong to it.
    OneWithMarks,
}

/// What the wildcards of a matched pattern stand for, in order: places in the text.
pub(crate) type Captures = Vec<Range<usize>>;

/// Looking took more steps than there are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

impl Pattern {
    /// RFC 5228 2.7.1: a backslash makes a wildcard, or a backslash, stand for itself.
    pub(crate) fn new(pattern: &str, comparator: Comparator) -> Self {
        // RFC 5051 2: `i;unicode-casemap` decomposes, and what was one character is still to be one.
        let one = if comparator == Comparator::UnicodeCasemap {
            Item::OneWithMarks
        } else {
            Item::One
        };
        let mut rows = Vec::new();
        let mut row = Vec::new();
        let mut literal = String::new();
        let end_literal = |literal: &mut String, row: &mut Vec<Item>| {
            if !literal.is_empty() {
                row.push(Item::Literal(comparator.folded(literal).into()));
                literal.clear();
            }
        };
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            match character {
                '*' => {
                    end_literal(&mut literal, &mut row);
                    rows.push(std::mem::take(&mut row).into());
                }
                '?' => {
                    end_literal(&mut literal, &mut row);
                    row.push(one.clone());
                }
                '\\' => literal.extend(characters.next()),
                _ => literal.push(character),
            }
        }
        end_literal(&mut literal, &mut row);
        rows.push(row.into());
        Self { rows: rows.into() }
    }

    /// Whether the pattern matches the whole of `text`, which is folded as the pattern is.
    ///
    /// RFC 5229 3.2: each wildcard stands for as little as it can, the first ones first: so each row is taken where it
    /// is found first, and nothing has to be tried again.
    pub(crate) fn captures(
        &self,
        text: &str,
        steps: &mut u64,
    ) -> Result<Option<Captures>, Exhausted> {
        let mut captures = Captures::new();
        let Some((first, rest)) = self.rows.split_first() else {
            return Ok(text.is_empty().then_some(captures));
        };
        let Some(mut at) = match_at(first, text, 0, &mut captures, steps)? else {
            return Ok(None);
        };
        let Some((last, middle)) = rest.split_last() else {
            return Ok((at == text.len()).then_some(captures));
        };
        for row in middle {
            let star = captures.len();
            captures.push(at..at);
            let Some((start, end)) = find(row, text, at, &mut captures, steps)? else {
                return Ok(None);
            };
            captures[star] = at..start;
            at = end;
        }
        let Some(start) = start_from_end(last, text).filter(|start| *start >= at) else {
            return Ok(None);
        };
        captures.push(at..start);
        let end = match_at(last, text, start, &mut captures, steps)?;
        Ok((end == Some(text.len())).then_some(captures))
    }
}

/// The end of the row if it stands in `text` at `at`; notes what its wildcards stand for.
fn match_at(
    row: &[Item],
    text: &str,
    at: usize,
    captures: &mut Captures,
    steps: &mut u64,
) -> Result<Option<usize>, Exhausted> {
    *steps = steps
        .checked_sub(1 + row.len() as u64 / 8)
        .ok_or(Exhausted)?;
    let mut end = at;
    for item in row {
        match item {
            Item::Literal(literal) => {
                if !text.as_bytes()[end..].starts_with(literal.as_bytes()) {
                    return Ok(None);
                }
                end += literal.len();
            }
            Item::One | Item::OneWithMarks => {
                let length = one_length(&text[end..], item);
                if length == 0 {
                    return Ok(None);
                }
                *steps = steps.checked_sub(length as u64 / 64).ok_or(Exhausted)?;
                captures.push(end..end + length);
                end += length;
            }
        }
    }
    Ok(Some(end))
}

/// Octets of what a `?` at the beginning of the text stands for; 0 at its end.
fn one_length(text: &str, item: &Item) -> usize {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return 0;
    };
    let marks = match item {
        Item::OneWithMarks => characters
            .take_while(|c| is_combining_mark(*c))
            .map(char::len_utf8)
            .sum(),
        Item::One | Item::Literal(_) => 0,
    };
    first.len_utf8() + marks
}

/// The first place from `from` on where the row stands.
fn find(
    row: &[Item],
    text: &str,
    from: usize,
    captures: &mut Captures,
    steps: &mut u64,
) -> Result<Option<(usize, usize)>, Exhausted> {
    let known = captures.len();
    let mut from = from;
    loop {
        let start = match row.first() {
            None => return Ok(Some((from, from))),
            Some(Item::Literal(literal)) => {
                match memmem::find(&text.as_bytes()[from..], literal.as_bytes()) {
                    Some(found) => from + found,
                    None => return Ok(None),
                }
            }
            Some(Item::One | Item::OneWithMarks) => from,
        };
        if let Some(end) = match_at(row, text, start, captures, steps)? {
            return Ok(Some((start, end)));
        }
        captures.truncate(known);
        let Some(one) = text[start..].chars().next() else {
            return Ok(None);
        };
        from = start + one.len_utf8();
    }
}

/// Where the row begins if it ends the text.
fn start_from_end(row: &[Item], text: &str) -> Option<usize> {
    let mut start = text.len();
    for item in row.iter().rev() {
        start = match item {
            Item::Literal(literal) => start.checked_sub(literal.len())?,
            Item::One => start - text.get(..start)?.chars().next_back()?.len_utf8(),
            Item::OneWithMarks => {
                let before = text.get(..start)?;
                let base = before.char_indices().rfind(|(_, c)| !is_combining_mark(*c));
                base.map_or_else(|| before.char_indices().next(), Some)?.0
            }
        };
    }
    text.is_char_boundary(start).then_some(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
        let mut steps = 1_000_000;
        let pattern = Pattern::new(pattern, Comparator::Octet);
        let captures = pattern.captures(text, &mut steps).expect("steps enough")?;
        Some(captures.into_iter().map(|range| &text[range]).collect())
    }

    #[test]
    fn wildcards_stand_for_as_little_as_they_can() {
        // The example of RFC 5229 3.2.
        assert_eq!(
            captured("*.???", "frop.fnord.aaa").unwrap(),
            ["frop.fnord", "a", "a", "a"]
        );
        assert_eq!(captured("*[*]*", "a[b]c]d").unwrap(), ["a", "b", "c]d"]);
        assert_eq!(captured("?*", "ä").unwrap(), ["ä", ""]);
        assert_eq!(captured("*?", "äb").unwrap(), ["ä", "b"]);
        assert_eq!(captured("*a?b*", "xaabaxb").unwrap(), ["x", "a", "axb"]);
        assert_eq!(captured("***", "ab").unwrap(), ["", "", "ab"]);
        assert_eq!(captured("", "").unwrap(), [""; 0]);
        assert_eq!(captured("a*b", "ab").unwrap(), [""]);
        assert_eq!(captured("ab*b", "ab"), None);
        assert_eq!(captured("?", ""), None);
        assert_eq!(captured("*é", "e\u{301}"), None);
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        assert_eq!(captured("\\*\\?\\\\", "*?\\").unwrap(), [""; 0]);
        assert_eq!(captured("\\a", "a").unwrap(), [""; 0]);
        assert_eq!(captured("a\\", "a").unwrap(), [""; 0]);
    }

    #[test]
    fn hostile_patterns_run_out_of_steps() {
        let text = "a".repeat(100_000);
        let pattern = Pattern::new(&format!("*{}b", "a?".repeat(1_000)), Comparator::Octet);
        let mut steps = 10_000;
        let _ = pattern.captures(&text, &mut steps);
        let middle = Pattern::new(&format!("*{}b*", "a?".repeat(1_000)), Comparator::Octet);
        assert_eq!(middle.captures(&text, &mut steps), Err(Exhausted));
    }

    /// The plain definition, exponential in the number of stars.
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', rest @ ..] => (0..=text.len()).any(|from| matches(rest, &text[from..])),
            ['?', rest @ ..] => !text.is_empty() && matches(rest, &text[1..]),
            [one, rest @ ..] => text.first() == Some(one) && matches(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abä?*]{0,8}", text in "[abä]{0,10}") {
            let expected = matches(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(captured(&pattern, &text).is_some(), expected);
        }
    }
}
