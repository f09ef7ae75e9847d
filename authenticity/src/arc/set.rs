//! The sets of an ARC chain, read from a message (RFC 8617 4).

use super::SETS_MAX;
use crate::canonical::{Form, add_field, add_own_field};
use crate::dkim::{Algorithm, Failure, Signature};
use crate::domain;
use crate::message::{Field, Parts};
use crate::tags::{Tags, number};
use crate::verdict::DkimResult;

/// Octets of one field's payload that are kept for those who read the chain.
const RESULTS_OCTETS_MAX: usize = 4_096;

const RESULTS: &str = "ARC-Authentication-Results";
const SIGNATURE: &str = "ARC-Message-Signature";
const SEAL: &str = "ARC-Seal";

/// A chain whose form is right.
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    /// The oldest first.
    pub(crate) sets: Vec<Set<'a>>,
}

/// One set: three fields with the same `i=`.
#[derive(Debug)]
pub(crate) struct Set<'a> {
    pub(crate) instance: u32,
    pub(crate) results: String,
    pub(crate) signature: Signature,
    pub(crate) seal: Seal,
    pub(crate) results_field: Field<'a>,
    pub(crate) signature_field: Field<'a>,
    pub(crate) seal_field: Field<'a>,
}

/// RFC 8617 4.1.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) algorithm: Algorithm,
    pub(crate) domain: String,
    pub(crate) selector: String,
    pub(crate) signature: Vec<u8>,
    pub(crate) state: State,
}

/// `cv=`: how the chain stood when the sealer got the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    None,
    Pass,
    Fail,
}

impl<'a> Chain<'a> {
    /// RFC 8617 5.2 steps 1 and 2: nothing without a chain; an error when fields are missing, double or unreadable.
    pub(crate) fn read(parts: &Parts<'a>) -> Result<Option<Self>, &'static str> {
        let results: Vec<&Field<'a>> = parts.named(RESULTS).collect();
        let signatures: Vec<&Field<'a>> = parts.named(SIGNATURE).collect();
        let seals: Vec<&Field<'a>> = parts.named(SEAL).collect();
        if results.is_empty() && signatures.is_empty() && seals.is_empty() {
            return Ok(None);
        }
        let count = seals.len();
        if count > SETS_MAX as usize {
            return Err("the chain is too long");
        }
        if count == 0 || results.len() != count || signatures.len() != count {
            return Err("a set of the chain is not complete");
        }
        let mut sets = Vec::with_capacity(count);
        for instance in 1..=u32::try_from(count).unwrap_or(SETS_MAX) {
            let one = |fields: &[&Field<'a>]| {
                fields
                    .iter()
                    .find(|field| instance_of(field) == Some(instance))
                    .map(|field| **field)
            };
            let (Some(results), Some(signature), Some(seal)) =
                (one(&results), one(&signatures), one(&seals))
            else {
                return Err("a set of the chain is missing");
            };
            sets.push(Set::read(instance, results, signature, seal)?);
        }
        Ok(Some(Self { sets }))
    }

    /// RFC 8617 5.2 step 3: `none` at first, `pass` ever after.
    pub(crate) fn check_states(&self) -> Result<(), Failure> {
        for set in &self.sets {
            let expected = if set.instance == 1 {
                State::None
            } else {
                State::Pass
            };
            if set.seal.state != expected {
                return Err(Failure::new(
                    DkimResult::Fail,
                    "a sealer found the chain broken, or says nonsense about it",
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.sets
            .last()
            .is_some_and(|set| set.seal.state == State::Fail)
    }
}

impl<'a> Set<'a> {
    fn read(
        instance: u32,
        results_field: Field<'a>,
        signature_field: Field<'a>,
        seal_field: Field<'a>,
    ) -> Result<Self, &'static str> {
        let tags = tags_of(&signature_field).ok_or("a signature of the chain cannot be read")?;
        let signature =
            Signature::read_common(&tags).map_err(|_| "a signature of the chain cannot be read")?;
        // RFC 8617 4.1.2: seals are not signed by it; SHA-1 never was.
        if signature
            .fields
            .iter()
            .any(|name| name.eq_ignore_ascii_case(SEAL))
            || signature.algorithm == Algorithm::RsaSha1
        {
            return Err("a signature of the chain is not allowed");
        }
        Ok(Self {
            instance,
            results: payload(&results_field).ok_or("results of the chain cannot be read")?,
            signature,
            seal: Seal::read(&seal_field).ok_or("a seal of the chain cannot be read")?,
            results_field,
            signature_field,
            seal_field,
        })
    }
}

impl Set<'_> {
    /// Octets of its fields.
    pub(super) fn octets(&self) -> usize {
        [self.results_field, self.signature_field, self.seal_field]
            .iter()
            .map(|field| field.whole.len())
            .sum()
    }
}

impl Seal {
    fn read(field: &Field<'_>) -> Option<Self> {
        let tags = tags_of(field)?;
        // RFC 8617 4.1.3: a seal with `h=` is no seal; nor is one with a body hash, which has nothing to cover.
        if tags.get("h").is_some() || tags.get("bh").is_some() {
            return None;
        }
        let state = match tags.get("cv")?.to_ascii_lowercase().as_str() {
            "none" => State::None,
            "pass" => State::Pass,
            "fail" => State::Fail,
            _ => return None,
        };
        if let Some(time) = tags.get("t") {
            number(time)?;
        }
        let algorithm =
            Algorithm::read(tags.get("a")?).filter(|algorithm| *algorithm != Algorithm::RsaSha1)?;
        Some(Self {
            algorithm,
            domain: domain::plain(tags.get("d")?)?,
            selector: crate::dkim::selector_name(tags.get("s")?)?,
            signature: crate::dkim::decode(tags.get("b")?).filter(|octets| !octets.is_empty())?,
            state,
        })
    }
}

/// RFC 8617 5.1.1 step 2 and 5.2 step 6: the relaxed form of all sets, the oldest first; the last seal without its signature.
pub(crate) fn canonical_chain(sets: &[Set<'_>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(sets.len().saturating_mul(2_048));
    for (position, set) in sets.iter().enumerate() {
        for field in [&set.results_field, &set.signature_field] {
            add_field(&mut out, Form::Relaxed, field.name, field.value);
        }
        if position + 1 == sets.len() {
            add_own_field(&mut out, Form::Relaxed, &set.seal_field);
        } else {
            add_field(
                &mut out,
                Form::Relaxed,
                set.seal_field.name,
                set.seal_field.value,
            );
        }
    }
    out
}

/// The highest `i=` that any seal claims, for whoever must say something about a broken chain.
pub(super) fn highest_instance(parts: &Parts<'_>) -> u32 {
    parts.named(SEAL).filter_map(instance_of).max().unwrap_or(0)
}

/// Whether the newest seal says `cv=fail`.
pub(super) fn has_ended(parts: &Parts<'_>) -> bool {
    let newest = parts.named(SEAL).max_by_key(|field| instance_of(field));
    newest
        .and_then(tags_of)
        .and_then(|tags| tags.get("cv"))
        .is_some_and(|state| state.eq_ignore_ascii_case("fail"))
}

fn tags_of<'a>(field: &Field<'a>) -> Option<Tags<'a>> {
    Tags::read(field.text()?).ok()
}

/// RFC 8617 4.2.1: `i=` from 1 to 50.
fn instance_of(field: &Field<'_>) -> Option<u32> {
    let text = field.text()?;
    let value = if field.is(RESULTS) {
        // RFC 8617 4.1.1: it stands first, before the results.
        let (first, _) = text.split_once(';')?;
        let (name, value) = first.split_once('=')?;
        (name.trim() == "i").then_some(value.trim())?
    } else {
        Tags::read(text).ok()?.get("i")?
    };
    let instance = u32::try_from(number(value)?).ok()?;
    (1..=SETS_MAX).contains(&instance).then_some(instance)
}

/// What follows the instance in ARC-Authentication-Results, on one line.
fn payload(field: &Field<'_>) -> Option<String> {
    let (_, results) = field.text()?.split_once(';')?;
    let words: Vec<&str> = results.split_ascii_whitespace().collect();
    let mut line = words.join(" ");
    let end = line.floor_char_boundary(RESULTS_OCTETS_MAX);
    line.truncate(end);
    (!line.is_empty()).then_some(line)
}
