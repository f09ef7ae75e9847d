//! Proofs that a name is ours, put where the issuer looks for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egress::wire::{Change, Update};
use instant_acme::{ChallengeHandle, ChallengeType};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::Renewal;
use crate::config::acme::{Challenge, Dns};
use crate::problem::{Exit, Problem};

/// Seconds that a record of ours may be kept: it is there for a minute.
const RECORD_SECONDS: u32 = 5;

/// What is shown over HTTP at `/.well-known/acme-challenge/` (RFC 8555 8.3), by token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(Arc<Mutex<HashMap<String, String>>>);

impl Tokens {
    /// What stands at a token.
    pub(crate) fn get(&self, token: &str) -> Option<String> {
        self.lock().get(token).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the issuer calls it.
pub(super) fn kind(challenge: Challenge) -> ChallengeType {
    match challenge {
        Challenge::Http => ChallengeType::Http01,
        Challenge::TlsAlpn => ChallengeType::TlsAlpn01,
        Challenge::Dns => ChallengeType::Dns01,
    }
}

/// A proof that is in its place.
#[derive(Debug)]
pub(super) enum Proof {
    File { token: String },
    Certificate { name: String },
    Record { name: String, text: String },
}

impl Proof {
    /// Puts a proof where the issuer looks.
    pub(super) async fn give(
        renewal: &Renewal,
        name: &str,
        challenge: &ChallengeHandle<'_>,
    ) -> Result<Self, Problem> {
        let authorization = challenge.key_authorization();
        match renewal.acme.challenge {
            // RFC 8555 8.3
            Challenge::Http => {
                let token = challenge.token.clone();
                let text = authorization.as_str().to_owned();
                renewal.tokens.lock().insert(token.clone(), text);
                Ok(Self::File { token })
            }
            // RFC 8737 3
            Challenge::TlsAlpn => {
                let (certificate, key) =
                    proving_certificate(name, authorization.digest().as_ref())?;
                let key = PrivatePkcs8KeyDer::from(key.serialize_der());
                renewal
                    .tls
                    .prove(name, certificate.der().clone(), key.into())?;
                Ok(Self::Certificate {
                    name: name.to_owned(),
                })
            }
            // RFC 8555 8.4
            Challenge::Dns => {
                let name = format!("_acme-challenge.{}", name.trim_start_matches("*."));
                let text = authorization.dns_value();
                let change = Change::AddTxt {
                    name: name.clone(),
                    ttl_seconds: RECORD_SECONDS,
                    text: text.clone(),
                };
                update(renewal, change).await?;
                Ok(Self::Record { name, text })
            }
        }
    }

    /// Takes it away again.
    pub(super) async fn withdraw(self, renewal: &Renewal) {
        match self {
            Self::File { token } => {
                renewal.tokens.lock().remove(&token);
            }
            Self::Certificate { name } => renewal.tls.end_proof(&name),
            Self::Record { name, text } => {
                let removed = update(renewal, Change::DeleteTxt { name, text }).await;
                if let Err(problem) = removed {
                    tracing::warn!(%problem, "the record of a proof stays in the DNS");
                }
            }
        }
    }
}

async fn update(renewal: &Renewal, change: Change) -> Result<(), Problem> {
    let Some(dns) = &renewal.acme.dns else {
        let message = "`dns-01` needs `[acme.dns]` with `server`, `zone`, `key` and `secret_file`";
        return Err(Problem::new(Exit::Config, message));
    };
    let Dns { server, zone, .. } = dns;
    let update = Update {
        server: *server,
        zone: zone.clone(),
        key: dns.tsig()?,
        changes: vec![change],
    };
    let done = renewal.egress.dns_update(update).await;
    done.map_err(|error| Problem::failed(format!("the name server {server} refuses: {error}")))
}

/// RFC 8737 3: a certificate for the name alone, with the hash of the authorization in a critical extension.
fn proving_certificate(
    name: &str,
    digest: &[u8],
) -> Result<(rcgen::Certificate, rcgen::KeyPair), Problem> {
    let failed = |error: rcgen::Error| Problem::failed(format!("cannot make a proof: {error}"));
    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).map_err(failed)?;
    parameters.custom_extensions = vec![rcgen::CustomExtension::new_acme_identifier(digest)];
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    Ok((certificate, key))
}
