//! The keys as `transport` asks them: which domain signs for an author, read anew when the files change.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use authenticity::Signer;
use model::Timestamp;

use super::{KeyFile, Keys, State};
use crate::problem::{Exit, Problem};

/// How often the files are looked at, in seconds: a change waits no longer.
const LOOK_SECONDS: u64 = 10;

/// All keys that sign.
#[derive(Debug)]
pub(crate) struct Signers {
    keys: Keys,
    /// Our name in Authentication-Results.
    host: String,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    looked_at: u64,
    files: Vec<(KeyFile, Option<Timestamp>)>,
    signers: Arc<BTreeMap<String, Signer>>,
}

impl Signers {
    /// Reads the keys; a file that is no key is told, so that the server does not start without it unnoticed.
    pub(crate) fn open(keys: Keys, host: &str) -> Result<Self, Problem> {
        let files = files(&keys)?;
        let signers = Arc::new(read(&files)?);
        let known = Known {
            looked_at: 0,
            files,
            signers,
        };
        let known = Mutex::new(known);
        Ok(Self {
            keys,
            host: host.to_owned(),
            known,
        })
    }

    /// The signer for an author's domain: its own, else that of the nearest domain above (RFC 9989 4.4.1: relaxed alignment).
    fn signer_for(&self, domain: &str, now: u64) -> Option<Signer> {
        let signers = self.current(now);
        let mut name = domain;
        loop {
            if let Some(signer) = signers.get(name) {
                return Some(signer.clone());
            }
            (_, name) = name.split_once('.')?;
        }
    }

    /// The seal on what comes from outside and goes on from an address of ours: redirected, or to the members of a list.
    fn seal(&self, message: &[u8], reverse_path: &str, now: u64) -> Option<String> {
        let (_, domain) = reverse_path.rsplit_once('@')?;
        let signer = self.signer_for(domain, now)?;
        match signer.seal_kept(message, &self.host, now) {
            Ok(fields) => fields,
            Err(error) => {
                tracing::debug!(%domain, %error, "a message was not sealed");
                None
            }
        }
    }

    /// What is known, after a look at the files if it is time.
    fn current(&self, now: u64) -> Arc<BTreeMap<String, Signer>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= known.looked_at.saturating_add(LOOK_SECONDS) || now < known.looked_at {
            known.looked_at = now;
            // What cannot be read now was readable before: those keys go on.
            let found = files(&self.keys).and_then(|files| {
                if files == known.files {
                    return Ok(None);
                }
                Ok(Some((read(&files)?, files)))
            });
            match found {
                Ok(Some((signers, files))) => {
                    tracing::info!("the keys for DKIM were read anew");
                    known.signers = Arc::new(signers);
                    known.files = files;
                }
                Ok(None) => {}
                Err(problem) => tracing::warn!(%problem, "the keys for DKIM cannot be read"),
            }
        }
        Arc::clone(&known.signers)
    }
}

impl transport::Signer for Signers {
    fn sign(&self, message: &[u8], reverse_path: &str, now_seconds: u64) -> Option<String> {
        let domain = authenticity::author_domain(message)?;
        let Some(signer) = self.signer_for(&domain, now_seconds) else {
            return self.seal(message, reverse_path, now_seconds);
        };
        match signer.sign(message, now_seconds) {
            Ok(fields) => Some(fields),
            Err(error) => {
                tracing::error!(%domain, %error, "a message was not signed");
                None
            }
        }
    }
}

impl Keys {
    /// The signer of one domain.
    pub(crate) fn signer(&self, domain: &str) -> Result<Signer, Problem> {
        let mut files = files(self)?;
        files.retain(|(file, _)| file.domain == domain);
        read(&files)?.remove(domain).ok_or_else(|| {
            let message =
                format!("`{domain}` has no keys: make them with `wachpost dkim generate {domain}`");
            Problem::new(Exit::NotFound, message)
        })
    }
}

/// The files that sign, with when they were written.
fn files(keys: &Keys) -> Result<Vec<(KeyFile, Option<Timestamp>)>, Problem> {
    let mut files = keys.list(None)?;
    files.retain(|file| file.state == State::Signing);
    let written = |file: &KeyFile| {
        let time = fs::metadata(&file.path)
            .and_then(|found| found.modified())
            .ok()?;
        Some(Timestamp::from(crate::clock::Moment(time)))
    };
    Ok(files
        .into_iter()
        .map(|file| (file.clone(), written(&file)))
        .collect())
}

fn read(files: &[(KeyFile, Option<Timestamp>)]) -> Result<BTreeMap<String, Signer>, Problem> {
    let mut by_domain: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (file, _) in files {
        let key = Arc::new(file.load()?);
        by_domain
            .entry(&file.domain)
            .or_default()
            .push((file.selector.clone(), key));
    }
    let signer = |(domain, keys): (&str, Vec<_>)| {
        let signer = Signer::new(domain, keys)
            .map_err(|error| Problem::failed(format!("the DKIM keys of `{domain}`: {error}")))?;
        Ok((domain.to_owned(), signer))
    };
    by_domain.into_iter().map(signer).collect()
}
