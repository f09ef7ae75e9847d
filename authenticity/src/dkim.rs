//! DKIM: whether the signatures of domains on a message hold (RFC 6376, 8301, 8463).

mod key;
mod signature;

pub(crate) use key::{Keys, PublicKey};
pub(crate) use signature::{Algorithm, Signature, decode, selector_name};

use crate::canonical::{Form, add_own_field, add_signed_fields, hash_body};
use crate::dns::Dns;
use crate::message::{Field, Parts};
use crate::tags::Tags;
use crate::verdict::{Dkim, DkimResult, DkimSignature};

/// Signatures that are looked at. RFC 6376 8.4 leaves the bound to us: mailing lists seldom leave more than four.
const SIGNATURES_MAX: usize = 10;
/// Characters of `b=` that tell signatures apart (RFC 6008 3).
const START_CHARACTERS: usize = 8;

/// Octets of a header whose signatures are checked; each of them may cover all of it. Real ones have some ten thousand.
pub(crate) const HEADER_OCTETS_MAX: usize = 1 << 20;
/// Different `l=` within one message: each is a hash of the whole body.
const LENGTHS_MAX: usize = 2;

/// Why a signature is no pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) result: DkimResult,
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(result: DkimResult, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { result, reason }
    }
}

/// RFC 6376 6: checks the signatures of a message, the newest first.
pub(crate) async fn check<D: Dns>(keys: &mut Keys<'_, D>, parts: &Parts<'_>, now: u64) -> Dkim {
    let mut found = Dkim::default();
    let mut bodies = Bodies::new(parts.body);
    for field in parts.named("DKIM-Signature") {
        if found.signatures.len() == SIGNATURES_MAX {
            found.left_out += 1;
            continue;
        }
        let signature = check_one(keys, parts, field, &mut bodies, now).await;
        if signature.result.rank() > found.result.rank() {
            found.result = signature.result;
        }
        found.signatures.push(signature);
    }
    found
}

async fn check_one<D: Dns>(
    keys: &mut Keys<'_, D>,
    parts: &Parts<'_>,
    field: &Field<'_>,
    bodies: &mut Bodies<'_>,
    now: u64,
) -> DkimSignature {
    let mut said = DkimSignature::default();
    let outcome = evaluate(keys, parts, field, bodies, now, &mut said).await;
    match outcome {
        Ok(()) => said.result = DkimResult::Pass,
        Err(failure) => {
            said.result = failure.result;
            said.reason = Some(failure.reason);
        }
    }
    said
}

async fn evaluate<D: Dns>(
    keys: &mut Keys<'_, D>,
    parts: &Parts<'_>,
    field: &Field<'_>,
    bodies: &mut Bodies<'_>,
    now: u64,
    said: &mut DkimSignature,
) -> Result<(), Failure> {
    // RFC 8601 2.7.1: what cannot be read is neutral.
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::new(
            DkimResult::Neutral,
            format!("the signature cannot be read: {why}"),
        )
    };
    let text = field.text().ok_or_else(|| unreadable(&"it is not UTF-8"))?;
    let tags = Tags::read(text).map_err(|fault| unreadable(&fault))?;
    describe(&tags, said);
    let signature = Signature::read(&tags)?;
    said.domain.clone_from(&signature.domain);
    said.identity.clone_from(&signature.identity);
    if parts.header_octets > HEADER_OCTETS_MAX {
        return Err(Failure::new(
            DkimResult::PermError,
            "the header is too large to be checked",
        ));
    }
    // RFC 8301 3.1: SHA-1 says nothing.
    if signature.algorithm == Algorithm::RsaSha1 {
        return Err(Failure::new(
            DkimResult::PermError,
            "the signature uses SHA-1",
        ));
    }
    // RFC 6376 3.5 `x=`: past it, the signature is no longer valid.
    if signature.expires.is_some_and(|expires| expires <= now) {
        return Err(Failure::new(DkimResult::Fail, "the signature has expired"));
    }
    let candidates = keys.get(&signature.selector, &signature.domain).await?;
    let (hash, octets) = bodies.hash(&signature)?;
    let mut last = Failure::new(DkimResult::PermError, "there is no key for the signature");
    for key in candidates {
        match key {
            Err(failure) => last = failure.clone(),
            Ok(key) => {
                said.testing = key.testing;
                said.key_bits = key.bits;
                match verify(&signature, key, parts, field, &hash) {
                    Ok(()) => return signature.covers(octets),
                    Err(failure) => last = failure,
                }
            }
        }
    }
    Err(last)
}

/// What can be said of a signature even when it is wrong.
fn describe(tags: &Tags<'_>, said: &mut DkimSignature) {
    let short = |name| -> String {
        tags.get(name)
            .unwrap_or_default()
            .chars()
            .take(253)
            .collect()
    };
    said.domain = short("d").to_ascii_lowercase();
    said.selector = short("s");
    said.identity = short("i");
    said.algorithm = short("a");
    let start = crate::tags::compact(tags.get("b").unwrap_or_default());
    said.start = start.chars().take(START_CHARACTERS).collect();
}

fn verify(
    signature: &Signature,
    key: &PublicKey,
    parts: &Parts<'_>,
    field: &Field<'_>,
    body_hash: &[u8],
) -> Result<(), Failure> {
    key.accepts(signature)?;
    // RFC 6376 3.7: the body first, since it costs nothing more.
    if body_hash != signature.body_hash {
        return Err(Failure::new(
            DkimResult::Fail,
            "the body was changed after signing",
        ));
    }
    let mut signed = Vec::with_capacity(2_048);
    let names = signature.fields.iter().map(String::as_str);
    add_signed_fields(&mut signed, signature.field_form, &parts.fields, names);
    add_own_field(&mut signed, signature.field_form, field);
    key.verify(&signed, &signature.signature, signature.algorithm)
}

/// Hashes of one body, each made once.
pub(crate) struct Bodies<'a> {
    body: &'a [u8],
    known: Vec<Hashed>,
}

struct Hashed {
    form: Form,
    limit: Option<u64>,
    hash: Vec<u8>,
    octets: u64,
}

impl<'a> Bodies<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Self {
        let known = Vec::new();
        Self { body, known }
    }

    /// The hash that a signature is about, and how many octets the whole canonical form has.
    pub(crate) fn hash(&mut self, signature: &Signature) -> Result<(Vec<u8>, u64), Failure> {
        let (form, limit) = (signature.body_form, signature.body_octets);
        if let Some(known) = self
            .known
            .iter()
            .find(|known| known.form == form && known.limit == limit)
        {
            return Ok((known.hash.clone(), known.octets));
        }
        let lengths = self
            .known
            .iter()
            .filter(|known| known.limit.is_some())
            .count();
        if limit.is_some() && lengths >= LENGTHS_MAX {
            return Err(Failure::new(
                DkimResult::PermError,
                "too many signatures cover different parts of the body",
            ));
        }
        let (hash, octets) = hash_body(self.body, form, signature.algorithm.hash(), limit);
        let hash = hash.as_ref().to_vec();
        self.known.push(Hashed {
            form,
            limit,
            hash: hash.clone(),
            octets,
        });
        Ok((hash, octets))
    }
}

/// Feeds arbitrary octets to the parsers.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input)
        && let Ok(tags) = Tags::read(text)
    {
        let _ = Signature::read(&tags);
        let _ = PublicKey::read(input);
    }
}

#[cfg(test)]
mod tests;
