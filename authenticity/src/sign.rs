//! Signing: what leaves us bears our domain's signature (RFC 6376), and what we forward the seal of what we found (RFC 8617).

mod key;
mod zone;

pub use key::{KeyError, KeyKind, SigningKey};
pub use zone::{txt_strings, zone_line};

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::HashAlgorithm;

use crate::arc::{Chain, SETS_MAX, canonical_chain};
use crate::canonical::{Form, add_field, add_own_field, add_signed_fields, hash_body};
use crate::domain;
use crate::message::{Field, Parts};
use crate::results::{Smtp, fold, method_result, own_results, payload};
use crate::verdict::{ArcResult, Verdict};

/// Keys that sign one message; two kinds and a rotation need no more.
const KEYS_MAX: usize = 4;
/// Characters of a line of base64 before it is folded (RFC 5322 2.1.1).
const BASE64_LINE: usize = 72;

/// Fields whose later addition breaks the signature, too: named once more than they are there (RFC 6376 8.15).
const GUARDED: [&str; 12] = [
    "From",
    "Reply-To",
    "Subject",
    "Date",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];
/// Fields that are signed when they are there (RFC 6376 5.4.1); mailing lists may add them.
const SIGNED: [&str; 13] = [
    "Sender",
    "Resent-Date",
    "Resent-From",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Post",
    "List-Archive",
    "Autocrypt",
];

/// Why a message was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// RFC 6376 5.4 wants an author.
    #[error("the message has no `From`, so there is nothing to sign for")]
    NoAuthor,
    /// The key did not sign.
    #[error("the key of `{0}` could not sign")]
    Key(String),
    /// RFC 8617 5.1: a chain that a sealer called broken, or that is full, is not continued.
    #[error("the chain of the message must not be continued")]
    ChainEnded,
    /// How the chain stands could not be found out, so that nothing can be said of it.
    #[error("how the chain of the message stands is not known")]
    ChainUnknown,
}

/// Signs for one domain, with all its keys.
#[derive(Debug, Clone)]
pub struct Signer {
    domain: String,
    keys: Vec<(String, Arc<SigningKey>)>,
}

impl Signer {
    /// Signs for a domain with its keys, each under its selector.
    ///
    /// # Errors
    ///
    /// When domain or selector is no name, or there is no key, or too many.
    pub fn new(domain: &str, keys: Vec<(String, Arc<SigningKey>)>) -> Result<Self, KeyError> {
        let domain = domain::plain(domain).ok_or(KeyError::Name)?;
        if keys.is_empty() || keys.len() > KEYS_MAX {
            return Err(KeyError::Count);
        }
        if !keys
            .iter()
            .all(|(selector, _)| domain::is_plain(&format!("{selector}._domainkey.{domain}")))
        {
            return Err(KeyError::Name);
        }
        Ok(Self { domain, keys })
    }

    /// For whom it signs.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The selectors with their keys.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &SigningKey)> {
        self.keys
            .iter()
            .map(|(selector, key)| (selector.as_str(), &**key))
    }

    /// The signatures of a message, as whole fields to be put on top of it. Its lines end with CR LF.
    ///
    /// RFC 8463 3: with keys of both kinds there are two signatures, since not everybody knows Ed25519.
    ///
    /// # Errors
    ///
    /// When the message has no author, or a key fails.
    pub fn sign(&self, message: &[u8], now: u64) -> Result<String, SignError> {
        let parts = Parts::split(message);
        if parts.named("From").next().is_none() {
            return Err(SignError::NoAuthor);
        }
        let names = names_to_sign(&parts);
        let body = body_hash(&parts);
        let mut fields = String::new();
        for (selector, key) in &self.keys {
            let intro = format!(
                "v=1; a={}; c=relaxed/relaxed; d={}; s={selector}; t={now}",
                key.algorithm(),
                self.domain
            );
            fields.push_str(&self.signature_field(
                "DKIM-Signature",
                &intro,
                (selector, key),
                &parts,
                &names,
                &body,
            )?);
        }
        Ok(fields)
    }

    /// The next set of a message's chain, as three whole fields to be put on top of it: what the checks found when it arrived, and the
    /// message as it leaves (RFC 8617 5.1).
    ///
    /// # Errors
    ///
    /// When the chain must not be continued, how it stands is not known, or the key fails.
    pub fn seal(
        &self,
        message: &[u8],
        arrived: &Verdict,
        authserv_id: &str,
        smtp: &Smtp<'_>,
        now: u64,
    ) -> Result<String, SignError> {
        if arrived.arc.ended {
            return Err(SignError::ChainEnded);
        }
        let found = Found {
            arc: arrived.arc.result,
            instances: arrived.arc.instances,
            payload: payload(arrived, authserv_id, smtp),
        };
        self.seal_found(&Parts::split(message), found, now)
    }

    /// As [`Signer::seal`], for a message that lay here meanwhile: what the checks found stands in its
    /// Authentication-Results, the topmost with our name. Nothing for a message without one, which did not come from outside.
    ///
    /// # Errors
    ///
    /// As [`Signer::seal`]; [`SignError::ChainEnded`], too, when the chain was broken on arrival.
    pub fn seal_kept(
        &self,
        message: &[u8],
        authserv_id: &str,
        now: u64,
    ) -> Result<Option<String>, SignError> {
        let parts = Parts::split(message);
        let Some(results) = own_results(&parts, authserv_id) else {
            return Ok(None);
        };
        let instances = match Chain::read(&parts) {
            Ok(None) => 0,
            Ok(Some(chain)) if chain.has_ended() => return Err(SignError::ChainEnded),
            Ok(Some(chain)) => u32::try_from(chain.sets.len()).unwrap_or(SETS_MAX),
            Err(_) => return Err(SignError::ChainEnded),
        };
        let arc = match (method_result(&results, "arc").as_deref(), instances) {
            (Some("pass"), 1..) => ArcResult::Pass,
            (Some("none"), 0) => ArcResult::None,
            (Some("fail"), _) => return Err(SignError::ChainEnded),
            _ => return Err(SignError::ChainUnknown),
        };
        let found = Found {
            arc,
            instances,
            payload: vec![results],
        };
        self.seal_found(&parts, found, now).map(Some)
    }

    fn seal_found(&self, parts: &Parts<'_>, found: Found, now: u64) -> Result<String, SignError> {
        let state = match found.arc {
            ArcResult::None => "none",
            ArcResult::Pass => "pass",
            ArcResult::Fail => "fail",
            ArcResult::TempError => return Err(SignError::ChainUnknown),
        };
        let instance = found.instances + 1;
        if instance > SETS_MAX {
            return Err(SignError::ChainEnded);
        }
        if parts.named("From").next().is_none() {
            return Err(SignError::NoAuthor);
        }
        // RFC 8617 leaves Ed25519 to come: the RSA key signs, if there is one.
        let rsa = self.keys.iter().find(|(_, key)| key.kind() == KeyKind::Rsa);
        let Some((selector, key)) = rsa.or_else(|| self.keys.first()) else {
            return Err(SignError::Key(self.domain.clone()));
        };

        let mut clauses = vec![format!("i={instance}")];
        clauses.extend(found.payload);
        let results = fold("ARC-Authentication-Results:", &clauses);
        let intro = format!(
            "i={instance}; a={}; c=relaxed/relaxed; d={}; s={selector}; t={now}",
            key.algorithm(),
            self.domain
        );
        let names = names_to_sign(parts);
        let signature = self.signature_field(
            "ARC-Message-Signature",
            &intro,
            (selector, key),
            parts,
            &names,
            &body_hash(parts),
        )?;

        // RFC 8617 5.1.2: a seal that says the chain failed covers its own set only.
        let mut sealed = match found.arc {
            ArcResult::Pass => match Chain::read(parts) {
                Ok(Some(chain)) if chain.sets.len() == found.instances as usize => {
                    whole_chain(&chain)
                }
                _ => return Err(SignError::ChainUnknown),
            },
            ArcResult::None | ArcResult::Fail | ArcResult::TempError => Vec::new(),
        };
        for text in [&results, &signature] {
            if let Some(field) = Parts::split(text.as_bytes()).fields.first() {
                add_field(&mut sealed, Form::Relaxed, field.name, field.value);
            }
        }
        let intro = format!(
            "i={instance}; a={}; t={now}; cv={state}; d={}; s={selector}; b=",
            key.algorithm(),
            self.domain
        );
        let seal = finished("ARC-Seal:", &intro, (selector, key), sealed)?;
        Ok(format!("{seal}{signature}{results}"))
    }

    fn signature_field(
        &self,
        name: &str,
        intro: &str,
        key: (&str, &SigningKey),
        parts: &Parts<'_>,
        names: &[&str],
        body: &str,
    ) -> Result<String, SignError> {
        let mut signed = Vec::with_capacity(2_048);
        add_signed_fields(
            &mut signed,
            Form::Relaxed,
            &parts.fields,
            names.iter().copied(),
        );
        // White space beside colons is allowed in `h=`, so that long lists fold there (RFC 6376 3.5).
        let list = names.join(": ");
        finished(
            &format!("{name}:"),
            &format!("{intro}; h={list}; bh={body}; b="),
            key,
            signed,
        )
    }
}

/// What was found of a message's chain when it arrived.
struct Found {
    arc: ArcResult,
    instances: u32,
    payload: Vec<String>,
}

/// Signs what was gathered and the field itself, and puts the signature into it.
fn finished(
    name: &str,
    text: &str,
    key: (&str, &SigningKey),
    mut signed: Vec<u8>,
) -> Result<String, SignError> {
    let mut field = fold(name, &[text.to_owned()]);
    let octets = field.clone();
    if let Some(own) = Parts::split(octets.as_bytes()).fields.first() {
        add_own_field(&mut signed, Form::Relaxed, own);
    }
    let signature = key
        .1
        .sign(&signed)
        .ok_or_else(|| SignError::Key(key.0.to_owned()))?;
    field.truncate(field.trim_end().len());
    let encoded = STANDARD.encode(signature);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(BASE64_LINE));
        field.push_str("\r\n\t");
        field.push_str(line);
        rest = after;
    }
    field.push_str("\r\n");
    Ok(field)
}

/// All sets as they are, the newest with its signature, since another follows.
fn whole_chain(chain: &Chain<'_>) -> Vec<u8> {
    let mut out = canonical_chain(&chain.sets[..0]);
    for set in &chain.sets {
        for field in [&set.results_field, &set.signature_field, &set.seal_field] {
            add_field(&mut out, Form::Relaxed, field.name, field.value);
        }
    }
    out
}

/// Which fields are signed: each as often as it is there, and those that matter once more.
fn names_to_sign(parts: &Parts<'_>) -> Vec<&'static str> {
    let times = |name: &str| {
        parts
            .fields
            .iter()
            .filter(|field: &&Field<'_>| field.is(name))
            .count()
    };
    let guarded = GUARDED
        .into_iter()
        .flat_map(|name| std::iter::repeat_n(name, times(name) + 1));
    let signed = SIGNED
        .into_iter()
        .flat_map(|name| std::iter::repeat_n(name, times(name)));
    guarded.chain(signed).collect()
}

fn body_hash(parts: &Parts<'_>) -> String {
    let (hash, _) = hash_body(parts.body, Form::Relaxed, HashAlgorithm::Sha256, None);
    STANDARD.encode(hash.as_ref())
}

/// Feeds arbitrary octets to the reader of keys and to the choice of fields.
pub(crate) fn fuzz(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = SigningKey::from_pem(text);
        assert_eq!(txt_strings(text).concat(), text);
    }
    names_to_sign(&Parts::split(input));
}

#[cfg(test)]
mod tests;
