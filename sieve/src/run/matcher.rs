//! Values against keys, by match type and comparator (RFC 5228 2.7, RFC 5229 3.2, RFC 5231).

use std::borrow::Cow;
use std::cmp::Ordering;

use memchr::memmem;

use super::{Frame, Halt, Machine, Result};
use crate::collation::{Comparator, unicode_folded};
use crate::program::{Key, MatchKind, Matching, Relation};
use crate::text::Text;
use crate::wildcard::{Captures, Pattern};

/// How many times longer it takes to fold a text for `i;unicode-casemap` than to look at it.
const UNICODE_COST: usize = 16;

/// A test under way: values are given to it until one matches.
pub(super) struct Matcher<'m, 't> {
    machine: &'m Machine<'m>,
    matching: Matching,
    keys: Vec<Prepared<'t>>,
    values: usize,
    captured: Option<Vec<String>>,
}

/// A key with its variables filled in, in the form that is compared.
struct Prepared<'t> {
    text: Cow<'t, str>,
    folded: Cow<'t, str>,
    pattern: Option<Cow<'t, Pattern>>,
}

/// A value, with its form in capitals where that is at hand.
#[derive(Clone, Copy)]
pub(super) struct Value<'v> {
    pub(super) text: &'v str,
    pub(super) upper: Option<&'v str>,
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self { text, upper: None }
    }
}

impl<'m, 't> Matcher<'m, 't> {
    pub(super) fn new(
        machine: &'m Machine<'m>,
        frame: &Frame<'_>,
        matching: Matching,
        keys: &'t [Key],
    ) -> Self {
        let keys = keys
            .iter()
            .map(|key| Prepared::new(machine, frame, matching, key))
            .collect();
        Self {
            machine,
            matching,
            keys,
            values: 0,
            captured: None,
        }
    }

    /// Whether values are of use in capitals.
    pub(super) fn wants_capitals(&self) -> bool {
        self.matching.comparator == Comparator::AsciiCasemap
            && matches!(self.matching.kind, MatchKind::Contains | MatchKind::Matches)
    }

    /// Whether the value matches a key.
    pub(super) fn value<'v>(&mut self, value: impl Into<Value<'v>>) -> Result<bool> {
        let value = value.into();
        self.values += 1;
        if matches!(self.matching.kind, MatchKind::Count(_)) {
            return Ok(false);
        }
        self.machine.step(value.text.len())?;
        let folds = matches!(self.matching.kind, MatchKind::Contains | MatchKind::Matches);
        let folded = match (self.matching.comparator, value.upper) {
            (Comparator::UnicodeCasemap, _) => {
                // Decomposing takes far longer than looking.
                self.machine
                    .step(value.text.len().saturating_mul(UNICODE_COST))?;
                self.matching.comparator.folded(value.text)
            }
            (Comparator::AsciiCasemap, Some(upper)) if folds => Cow::Borrowed(upper),
            (comparator, _) if folds => comparator.folded(value.text),
            _ => Cow::Borrowed(value.text),
        };
        for place in 0..self.keys.len() {
            self.machine.step(value.text.len())?;
            if self.key(place, value.text, &folded)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn key(&mut self, place: usize, text: &str, folded: &str) -> Result<bool> {
        let Some(key) = self.keys.get(place) else {
            return Ok(false);
        };
        let comparator = self.matching.comparator;
        match self.matching.kind {
            MatchKind::Is if comparator == Comparator::UnicodeCasemap => Ok(*folded == *key.folded),
            MatchKind::Value(relation) if comparator == Comparator::UnicodeCasemap => {
                Ok(relation.holds(folded.as_bytes().cmp(key.folded.as_bytes())))
            }
            MatchKind::Is => Ok(comparator.equals(text, &key.text)),
            MatchKind::Contains => {
                Ok(memmem::find(folded.as_bytes(), key.folded.as_bytes()).is_some())
            }
            MatchKind::Value(relation) => Ok(relation.holds(comparator.order(text, &key.text))),
            MatchKind::List => Ok(self.machine.surroundings.in_list(&key.text, text)),
            MatchKind::Count(_) => Ok(false),
            MatchKind::Matches => {
                let Some(pattern) = &key.pattern else {
                    return Ok(false);
                };
                let mut steps = self.machine.steps.get();
                let captures = pattern.captures(folded, &mut steps);
                self.machine.steps.set(steps);
                let captures = captures
                    .map_err(|_| Halt("a pattern takes too long over this message".into()))?;
                let Some(captures) = captures else {
                    return Ok(false);
                };
                if self.matching.captures {
                    self.captured = Some(captured(text, folded, &captures, comparator));
                }
                Ok(true)
            }
        }
    }

    /// What the test comes to, once a value matched or there are no more; leaves behind what wildcards stood for.
    pub(super) fn finish(self, matched: bool, frame: &mut Frame<'_>) -> bool {
        if let Some(captured) = self.captured {
            Machine::capture(frame, captured);
        }
        match self.matching.kind {
            // RFC 5231 4.2: the number of values, as a number written out.
            MatchKind::Count(relation) => {
                let count = self.values.to_string();
                let mut keys = self.keys.iter();
                keys.any(|key| relation.holds(self.matching.comparator.order(&count, &key.text)))
            }
            _ => matched,
        }
    }

    /// All values at once.
    pub(super) fn any<'v>(
        mut self,
        values: impl IntoIterator<Item = &'v str>,
        frame: &mut Frame<'_>,
    ) -> Result<bool> {
        for value in values {
            if self.value(value)? {
                return Ok(self.finish(true, frame));
            }
        }
        Ok(self.finish(false, frame))
    }
}

impl<'t> Prepared<'t> {
    fn new(machine: &Machine<'_>, frame: &Frame<'_>, matching: Matching, key: &'t Key) -> Self {
        let text = machine.text(frame, &key.text);
        let folded = match (matching.kind, matching.comparator, &key.text) {
            (MatchKind::Contains, Comparator::AsciiCasemap, Text::Plain(plain)) => {
                Cow::Borrowed(plain.upper())
            }
            (MatchKind::Contains, comparator, _)
            | (_, comparator @ Comparator::UnicodeCasemap, _) => {
                Cow::Owned(comparator.folded(&text).into_owned())
            }
            _ => Cow::Borrowed(""),
        };
        let pattern = match (matching.kind, &key.pattern) {
            (MatchKind::Matches, Some(pattern)) => Some(Cow::Borrowed(pattern)),
            (MatchKind::Matches, None) => {
                Some(Cow::Owned(Pattern::new(&text, matching.comparator)))
            }
            _ => None,
        };
        Self {
            text,
            folded,
            pattern,
        }
    }
}

/// RFC 5229 3.2: the whole value, and what each wildcard stands for, as written in the value itself.
fn captured(text: &str, folded: &str, captures: &Captures, comparator: Comparator) -> Vec<String> {
    use crate::limits::{CAPTURES_MAX, VARIABLE_OCTETS_MAX};
    use crate::variables::cut;

    let own = |value: &str| cut(value, VARIABLE_OCTETS_MAX).to_owned();
    let mut captured = vec![own(text)];
    // Folding that keeps the places of characters needs no table.
    let table = (comparator == Comparator::UnicodeCasemap).then(|| places(text, folded.len()));
    for range in captures.iter().take(CAPTURES_MAX - 1) {
        let place = |at: usize| {
            table
                .as_ref()
                .map_or(at, |table| table.get(at).copied().unwrap_or(text.len()))
        };
        let value = text
            .get(place(range.start)..place(range.end))
            .unwrap_or_default();
        captured.push(own(value));
    }
    captured
}

/// For each octet of the folded text the place of the character it is from, and the end.
fn places(text: &str, folded: usize) -> Vec<usize> {
    let mut places = Vec::with_capacity(folded + 1);
    for (at, character) in text.char_indices() {
        let octets: usize = unicode_folded(character).map(char::len_utf8).sum();
        places.resize(places.len() + octets, at);
    }
    places.push(text.len());
    places
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        }
    }
}
