//! The ledger: what each witness cosigned last, in a small file in the data folder that is replaced as a whole.
//!
//! It is evidence and nothing else: each line of it proves itself by its signatures, and whoever takes it away takes only that.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use seal::{Note, WitnessKey};
use serde::{Deserialize, Serialize};

/// Its name in the data folder.
pub(crate) const FILE: &str = "cosigned";
/// While it is written.
const NEW_FILE: &str = "cosigned.new";
/// Octets of the file: 64 witnesses with the longest keys and notes that are met.
const OCTETS_MAX: u64 = 4 * 1024 * 1024;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// For each witness the checkpoint that it cosigned last, with its cosignature.
    pub(super) witnesses: Vec<(WitnessKey, Note)>,
    /// The last checkpoint that enough of them cosigned, with their cosignatures.
    pub(super) trusted: Option<Note>,
}

#[derive(Serialize, Deserialize)]
struct Text {
    trusted: Option<String>,
    witnesses: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    checkpoint: String,
}

impl Ledger {
    /// Reads it; empty if there is none.
    pub(super) fn read(data: &Path) -> Result<Self, String> {
        let path = data.join(FILE);
        let wrong = |error: &dyn std::fmt::Display| format!("`{}`: {error}", path.display());
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(wrong(&error)),
            Ok(metadata) if metadata.len() > OCTETS_MAX => return Err(wrong(&"it is too large")),
            Ok(_) => {}
        }
        let octets = fs::read(&path).map_err(|error| wrong(&error))?;
        Self::parse(&octets).map_err(|error| wrong(&error))
    }

    fn parse(octets: &[u8]) -> Result<Self, String> {
        let text: Text = serde_json::from_slice(octets).map_err(|error| error.to_string())?;
        let note = |text: &str| Note::parse(text.as_bytes()).map_err(|error| error.to_string());
        let witnesses = text.witnesses.iter().map(|line| {
            let key = line
                .key
                .parse()
                .map_err(|error: seal::KeyError| error.to_string())?;
            Ok((key, note(&line.checkpoint)?))
        });
        Ok(Self {
            witnesses: witnesses.collect::<Result<_, String>>()?,
            trusted: text.trusted.as_deref().map(note).transpose()?,
        })
    }

    /// Writes it in the place of what was there: durable when this returns.
    pub(super) fn write(&self, data: &Path) -> io::Result<()> {
        let witnesses = self.witnesses.iter().map(|(key, note)| Line {
            key: key.to_string(),
            checkpoint: note.to_string(),
        });
        let text = Text {
            trusted: self.trusted.as_ref().map(ToString::to_string),
            witnesses: witnesses.collect(),
        };
        let mut octets = serde_json::to_vec_pretty(&text).map_err(io::Error::other)?;
        octets.push(b'\n');
        let path = data.join(NEW_FILE);
        let mut file = File::create(&path)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        fs::rename(&path, data.join(FILE))?;
        File::open(data)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use seal::{Checkpoint, CosignatureKind, Hash, SigningKey, WitnessSigningKey};

    use super::*;

    #[test]
    fn it_comes_back_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Ledger::read(folder.path()), Ok(Ledger::default()));
        let log = SigningKey::from_seed("log.example".parse().unwrap(), &[1; 32]);
        let key = WitnessSigningKey::from_seed(
            "w.example".parse().unwrap(),
            CosignatureKind::MlDsa44,
            &[2; 32],
        );
        let checkpoint = Checkpoint::new("log.example", 5, Hash::of(b"root")).unwrap();
        let mut note = checkpoint.sign(&log).unwrap();
        note.add(key.cosign(&checkpoint, 7).unwrap()).unwrap();
        let ledger = Ledger {
            witnesses: vec![(key.verifier().clone(), note.clone())],
            trusted: Some(note),
        };
        ledger.write(folder.path()).unwrap();
        assert_eq!(Ledger::read(folder.path()), Ok(ledger));
        for bad in ["", "{}", "{\"trusted\": \"x\", \"witnesses\": []}", "\u{0}"] {
            fs::write(folder.path().join(FILE), bad).unwrap();
            assert!(Ledger::read(folder.path()).is_err(), "{bad}");
        }
    }
}
