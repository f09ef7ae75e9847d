//! The notary: signs checkpoints of the journal, in a process of its own that alone can read the key.
//!
//! It signs only a tree that grew out of the one it signed last, and remembers that one in a file of its own: whoever has the
//! serving process in hand can neither sign a rewritten journal nor make the notary forget what it signed. Commands that open
//! the data folder while no server runs do its work themselves, by the same rule and in the same file.

mod client;

mod cosigner;

mod keeper;

pub(crate) mod mark;

mod memory;

pub(crate) mod process;

mod wire;

mod witnessed;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use directory::{Random, Secret};
use seal::{
    Checkpoint, CosignatureKind, KeyName, SigningKey, VerifierKey, WitnessKey, WitnessSigningKey,
};
use store_local::{NotSigned, Sign, Tree};

use crate::config::Config;
use crate::problem::{Exit, Problem};

pub(crate) use client::{Client, Counts};

use keeper::{Keeper, Refusal};
use memory::Memory;

/// Octets of a key file.
const KEY_FILE_OCTETS_MAX: u64 = 4_096;
/// Sets the secret for stand-in salts apart from whatever else is made from the key.
const STAND_IN_CONTEXT: &str = "wachpost 2026-11 salts shown to unknown names";
/// Set apart the keys that cosign other logs, and what the memory of them is written with.
const ED25519_CONTEXT: &str = "wachpost 2026-11 cosignatures over other logs, Ed25519";
const ML_DSA_CONTEXT: &str = "wachpost 2026-11 cosignatures over other logs, ML-DSA-44";
const WITNESSED_CONTEXT: &str = "wachpost 2026-11 memory of what was cosigned of other logs";
/// How our own log, and we as a witness, are called behind the host's name.
const LOG_NAME: &str = "/journal";
const WITNESS_NAME: &str = "/witness";

/// The key with what is made from it.
pub(crate) struct Notary {
    key: SigningKey,
    /// For [`directory::Settings::stand_in_key`].
    pub(crate) stand_in_key: Secret<[u8; 32]>,
    /// What cosigns other logs: made from the key, so that one file is to be kept.
    witness: Arc<[WitnessSigningKey]>,
    /// What the memory of other logs is written with.
    witnessed_key: Secret<[u8; 32]>,
}

impl Notary {
    /// Makes a key for the log of this host and writes it where only its owner can read it.
    pub(crate) fn create(path: &Path, hostname: &str, random: &Random) -> Result<(), Problem> {
        let name: KeyName = format!("{hostname}{LOG_NAME}").parse().map_err(|error| {
            Problem::failed(format!("cannot name a key after `{hostname}`: {error}"))
        })?;
        let seed = Secret::new(random.bytes::<32>());
        let key = SigningKey::from_seed(name, seed.expose());
        let text = key.to_secret_text();
        write_secret(path, format!("{}\n", text.as_str()).as_bytes())
            .map_err(|error| Problem::file("write", path, &error))
    }

    /// Whether there is a key; does not read it.
    pub(crate) fn look(path: &Path) -> Result<(), Problem> {
        let size = fs::metadata(path)
            .map_err(|error| unreadable(path, &error))?
            .len();
        match size {
            0..=KEY_FILE_OCTETS_MAX => Ok(()),
            _ => Err(unreadable(path, &"it is no key")),
        }
    }

    /// Reads the key.
    pub(crate) fn load(path: &Path) -> Result<Self, Problem> {
        Self::look(path)?;
        let wrong = |error: &dyn std::fmt::Display| unreadable(path, error);
        let text = Secret::new(fs::read_to_string(path).map_err(|error| wrong(&error))?);
        let key = SigningKey::from_secret_text(text.expose()).map_err(|error| wrong(&error))?;
        let derived =
            |context| Secret::new(blake3::derive_key(context, text.expose().trim().as_bytes()));
        let name = witness_name(&key).map_err(|error| wrong(&error))?;
        let kinds = [
            (CosignatureKind::Ed25519, ED25519_CONTEXT),
            (CosignatureKind::MlDsa44, ML_DSA_CONTEXT),
        ];
        let witness = kinds.map(|(kind, context)| {
            WitnessSigningKey::from_seed(name.clone(), kind, derived(context).expose())
        });
        Ok(Self {
            key,
            stand_in_key: derived(STAND_IN_CONTEXT),
            witness: Arc::new(witness),
            witnessed_key: derived(WITNESSED_CONTEXT),
        })
    }

    /// What checks our cosignatures over other logs.
    pub(crate) fn witness_keys(&self) -> Vec<WitnessKey> {
        self.witness
            .iter()
            .map(|key| key.verifier().clone())
            .collect()
    }

    /// What checks the signatures.
    pub(crate) fn verifier(&self) -> VerifierKey {
        self.key.verifier().clone()
    }

    /// Signs in this process, for a command that runs where the server does not.
    pub(crate) fn in_this_process(self, memory: &Path) -> Result<InThisProcess, Problem> {
        let memory = Memory::open(&provide_memory(memory)?, memory, &self.key)?;
        Ok(InThisProcess(Mutex::new(Keeper::new(self.key, memory))))
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Problem {
    let advice =
        "restore it from your copy, or name where it is with `notary_key` in the configuration";
    let message = format!(
        "cannot read the notary's key `{}`: {error}; {advice}",
        path.display()
    );
    Problem::new(Exit::Config, message)
}

/// The name under which we cosign: that of the log, but for its end.
fn witness_name(key: &SigningKey) -> Result<KeyName, seal::KeyError> {
    let log = key.verifier().name().as_str();
    let host = log.strip_suffix(LOG_NAME).unwrap_or(log);
    format!("{host}{WITNESS_NAME}").parse()
}

/// The notary's work done by a command.
#[derive(Debug)]
pub(crate) struct InThisProcess(Mutex<Keeper>);

impl Sign for InThisProcess {
    fn sign(&self, tree: &Tree<'_>) -> Result<String, NotSigned> {
        let mut keeper = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let proof = tree
            .prove_growth(keeper.last_size().min(tree.size()))
            .map_err(|error| NotSigned::Unavailable(error.to_string()))?;
        keeper
            .sign(tree.size(), tree.root(), &proof)
            .map_err(|refusal| match refusal {
                Refusal::Unavailable(why) => NotSigned::Unavailable(why),
                refusal => NotSigned::Refused(refusal.to_string()),
            })
    }
}

/// Where the notary remembers what it signed last: beside its key, unless the configuration says otherwise.
pub(crate) fn memory_of(config: &Config) -> PathBuf {
    match &config.notary_memory {
        Some(path) => path.clone(),
        None => config.notary_key.with_extension("last"),
    }
}

/// Where the notary remembers what it cosigned of other logs: beside its other memory.
pub(crate) fn witnessed_of(memory: &Path) -> PathBuf {
    memory.with_extension("witnessed")
}

/// The checkpoint that the notary signed last, as its memory has it: looked at, also while a notary is at work.
pub(crate) fn signed_last(
    config: &Config,
    key: &VerifierKey,
) -> Result<Option<Checkpoint>, String> {
    memory::look(&memory_of(config), key)
}

/// Makes the file that the notary remembers in, where there is none: older data folders have none.
pub(crate) fn provide_memory(path: &Path) -> Result<Arc<File>, Problem> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| {
            let message = format!(
                "the notary cannot remember in `{}` what it signed last: {error}; let this user write there, or name another \
                 file with `notary_memory` in the configuration",
                path.display()
            );
            Problem::new(Exit::Config, message)
        })?;
    Ok(Arc::new(file))
}

/// Lets the notary begin anew, after an administrator restored an earlier journal: what it remembered is kept aside.
pub(crate) fn forget(config: &Config, now_seconds: i64) -> Result<(), Problem> {
    let path = memory_of(config);
    let mut aside = path.clone().into_os_string();
    aside.push(format!(".before-{now_seconds}"));
    match fs::rename(&path, PathBuf::from(aside)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Problem::file("put aside", &path, &error))
        }
        _ => Ok(()),
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
