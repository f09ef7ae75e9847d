//! Public keys in the DNS (RFC 6376 3.6).

use mail_auth::common::crypto::VerifyingKey;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;

use super::Failure;
use super::signature::{Algorithm, Signature, decode};
use crate::dns::{Dns, DnsFault};
use crate::domain;
use crate::tags::{Tags, words};
use crate::verdict::DkimResult;

/// Octets of a record; an RSA key of 8192 bits has 1,500.
const RECORD_OCTETS_MAX: usize = 8_192;
/// Records of one name that are tried (RFC 6376 3.6.2.2 wants one).
const KEYS_MAX: usize = 3;
/// RFC 8301 3.2: shorter keys say nothing.
const RSA_BITS_MIN: u32 = 1_024;

/// A key that can be asked.
pub(crate) struct PublicKey {
    key: Box<dyn VerifyingKey + Send + Sync>,
    is_rsa: bool,
    /// Length in bits.
    pub(crate) bits: u32,
    /// `t=y`.
    pub(crate) testing: bool,
    /// `t=s`.
    exact: bool,
    /// `h=`; all when there is none.
    hashes: Option<Vec<String>>,
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicKey")
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

impl PublicKey {
    /// A key record.
    pub(crate) fn read(octets: &[u8]) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            Failure::new(
                DkimResult::PermError,
                format!("the key of the signature {what}"),
            )
        };
        let text = std::str::from_utf8(octets)
            .ok()
            .filter(|text| text.len() <= RECORD_OCTETS_MAX);
        let tags = text
            .and_then(|text| Tags::read(text).ok())
            .ok_or_else(|| wrong("cannot be read"))?;
        // RFC 6376 3.6.1 `v=`: first, and DKIM1, if it is there.
        if tags.get("v").is_some() && tags.first() != Some(("v", "DKIM1")) {
            return Err(wrong("is of no known version"));
        }
        if tags.get("s").is_some_and(|services| {
            !words(services).any(|service| matches!(service, "*" | "email"))
        }) {
            return Err(wrong("is not for mail"));
        }
        let key = tags.get("p").ok_or_else(|| wrong("cannot be read"))?;
        // RFC 6376 3.6.1 `p=`: an empty value revokes.
        if key.is_empty() {
            return Err(wrong("was revoked"));
        }
        let kind = match tags.get("k") {
            None | Some("rsa") => "rsa",
            Some("ed25519") => "ed25519",
            Some(_) => return Err(wrong("is of an unknown kind")),
        };
        let octets = decode(key).ok_or_else(|| wrong("cannot be read"))?;
        // RFC 8463 4.1: the bare 32 octets.
        if kind == "ed25519" && octets.len() != 32 {
            return Err(wrong("is no Ed25519 key"));
        }
        let record = format!("k={kind}; p={}", crate::tags::compact(key));
        let key = DomainKey::parse(record.as_bytes())
            .map_err(|_| wrong("cannot be read"))?
            .p;
        let is_rsa = kind == "rsa";
        let bits = if is_rsa {
            u32::try_from(key.public_key_bits()).unwrap_or(0)
        } else {
            256
        };
        if is_rsa && bits < RSA_BITS_MIN {
            return Err(wrong(&format!("is too short: {bits} bits")));
        }
        let flagged = |flag: &str| {
            tags.get("t")
                .is_some_and(|flags| words(flags).any(|found| found == flag))
        };
        Ok(Self {
            key,
            is_rsa,
            bits,
            testing: flagged("y"),
            exact: flagged("s"),
            hashes: tags
                .get("h")
                .map(|hashes| words(hashes).map(str::to_owned).collect()),
        })
    }

    /// Whether the key may be used for what the signature says (RFC 6376 6.1.2).
    pub(crate) fn accepts(&self, signature: &Signature) -> Result<(), Failure> {
        let refused = |why: &str| Err(Failure::new(DkimResult::PermError, why));
        if self.is_rsa != (signature.algorithm != Algorithm::Ed25519Sha256) {
            return refused("the key is of another kind than the signature");
        }
        if self.hashes.as_ref().is_some_and(|hashes| {
            !hashes
                .iter()
                .any(|hash| hash.eq_ignore_ascii_case("sha256"))
        }) {
            return refused("the key does not allow SHA-256");
        }
        // RFC 6376 3.6.1 `t=s`: `i=` must have the domain itself, nothing below.
        let identity = domain::of_address(&signature.identity).and_then(domain::normal);
        if self.exact && identity.as_deref() != Some(signature.domain.as_str()) {
            return refused("the key does not allow subdomains in `i`");
        }
        Ok(())
    }

    /// Checks a signature of these octets.
    pub(crate) fn verify(
        &self,
        signed: &[u8],
        signature: &[u8],
        algorithm: Algorithm,
    ) -> Result<(), Failure> {
        let outcome = self.key.verify_bytes(signed, signature, algorithm.method());
        outcome
            .map_err(|_| Failure::new(DkimResult::Fail, "the signature does not match the message"))
    }
}

/// The records of one name, each a key or not; or why there are none.
type Found = Result<Vec<Result<PublicKey, Failure>>, Failure>;

/// Keys as far as they were fetched for one message.
pub(crate) struct Keys<'a, D> {
    dns: &'a D,
    known: Vec<(String, Found)>,
}

impl<'a, D: Dns> Keys<'a, D> {
    pub(crate) fn new(dns: &'a D) -> Self {
        Self {
            dns,
            known: Vec::new(),
        }
    }

    /// RFC 6376 3.6.2: the records at `selector._domainkey.domain`.
    pub(crate) async fn get(
        &mut self,
        selector: &str,
        domain: &str,
    ) -> Result<&[Result<PublicKey, Failure>], Failure> {
        let name = format!("{}._domainkey.{domain}", selector.to_ascii_lowercase());
        let place = match self.known.iter().position(|(known, _)| *known == name) {
            Some(place) => place,
            None => {
                let found = self.fetch(&name).await;
                self.known.push((name, found));
                self.known.len() - 1
            }
        };
        self.known[place].1.as_deref().map_err(Failure::clone)
    }

    async fn fetch(&self, name: &str) -> Found {
        let none = || Failure::new(DkimResult::PermError, "there is no key for the signature");
        if !domain::is_askable(name) {
            return Err(none());
        }
        match self.dns.txt(name).await {
            Ok(records) if !records.is_empty() => Ok(records
                .iter()
                .take(KEYS_MAX)
                .map(|record| PublicKey::read(record))
                .collect()),
            Ok(_) | Err(DnsFault::NoSuchName) => Err(none()),
            // RFC 6376 6.1.2: no answer is a temporary failure.
            Err(DnsFault::Unavailable) => Err(Failure::new(
                DkimResult::TempError,
                "the key could not be fetched",
            )),
        }
    }
}
