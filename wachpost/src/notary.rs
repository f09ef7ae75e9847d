//! The notary's key: signs checkpoints of the journal.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use directory::{Random, Secret};
use seal::{KeyName, SigningKey, VerifierKey};
use store_local::Signer;

use crate::problem::{Exit, Problem};

/// Octets of a key file.
const KEY_FILE_OCTETS_MAX: u64 = 4_096;
/// Sets the secret for stand-in salts apart from whatever else is made from the key.
const STAND_IN_CONTEXT: &str = "wachpost 2026-11 salts shown to unknown names";

/// The key with what is made from it.
pub(crate) struct Notary {
    key: Arc<SigningKey>,
    /// For [`directory::Settings::stand_in_key`].
    pub(crate) stand_in_key: Secret<[u8; 32]>,
}

impl Notary {
    /// Makes a key for the log of this host and writes it where only its owner can read it.
    pub(crate) fn create(path: &Path, hostname: &str, random: &Random) -> Result<(), Problem> {
        let name: KeyName = format!("{hostname}/journal").parse().map_err(|error| {
            Problem::failed(format!("cannot name a key after `{hostname}`: {error}"))
        })?;
        let seed = Secret::new(random.bytes::<32>());
        let key = SigningKey::from_seed(name, seed.expose());
        let text = key.to_secret_text();
        write_secret(path, format!("{}\n", text.as_str()).as_bytes())
            .map_err(|error| Problem::file("write", path, &error))
    }

    /// Reads the key.
    pub(crate) fn load(path: &Path) -> Result<Self, Problem> {
        let wrong = |error: &dyn std::fmt::Display| {
            let advice = "restore it from your copy, or name where it is with `notary_key` in the configuration";
            let message = format!(
                "cannot read the notary's key `{}`: {error}; {advice}",
                path.display()
            );
            Problem::new(Exit::Config, message)
        };
        let size = fs::metadata(path).map_err(|error| wrong(&error))?.len();
        if size > KEY_FILE_OCTETS_MAX {
            return Err(wrong(&"it is no key"));
        }
        let text = Secret::new(fs::read_to_string(path).map_err(|error| wrong(&error))?);
        let key = SigningKey::from_secret_text(text.expose()).map_err(|error| wrong(&error))?;
        let stand_in = blake3::derive_key(STAND_IN_CONTEXT, text.expose().trim().as_bytes());
        Ok(Self {
            key: Arc::new(key),
            stand_in_key: Secret::new(stand_in),
        })
    }

    pub(crate) fn signer(&self) -> Signer {
        Signer {
            origin: self.key.verifier().name().to_string(),
            key: Arc::clone(&self.key),
        }
    }

    /// What checks the signatures.
    pub(crate) fn verifier(&self) -> VerifierKey {
        self.key.verifier().clone()
    }
}

/// Writes a new file that only its owner can read, and makes it durable; refuses to overwrite.
pub(crate) fn write_secret(path: &Path, octets: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}
