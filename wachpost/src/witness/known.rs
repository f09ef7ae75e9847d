//! What is known of our history from elsewhere: what witnesses cosigned, and checkpoints that somebody kept.

use std::fs;
use std::path::{Path, PathBuf};

use seal::{Checkpoint, Note, Policy, VerifierKey};
use store_local::Kept;

use super::ledger::Ledger;
use crate::config::Config;
use crate::problem::Problem;

/// Octets of a file with a checkpoint.
const FILE_OCTETS_MAX: u64 = 256 * 1024;

/// Checkpoints to compare a journal with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Those whose signatures are right.
    pub(crate) kept: Vec<Kept>,
    /// What is wrong with others, in words for people.
    pub(crate) faults: Vec<String>,
}

/// Collects what the configured witnesses cosigned, as the data folder has it, and the checkpoints in these files. `log` is the
/// key of our log.
pub(crate) fn known(
    config: &Config,
    log: &VerifierKey,
    files: &[PathBuf],
) -> Result<Known, Problem> {
    let mut known = Known::default();
    if let Some(policy) = config.witness.asked() {
        match Ledger::read(&config.data) {
            Ok(ledger) => add_cosigned(&ledger, policy, log, &mut known),
            Err(fault) => known.faults.push(fault),
        }
    }
    for file in files {
        add_file(file, config.witness.asked(), log, &mut known)?;
    }
    Ok(known)
}

/// A cosignature counts whatever key the log has now: who rewrites everything has another one, or the stolen one.
fn add_cosigned(ledger: &Ledger, policy: &Policy, log: &VerifierKey, known: &mut Known) {
    let trusted = ledger.trusted.iter().flat_map(|note| {
        let keys = policy.witnesses().iter().map(|witness| &witness.key);
        keys.map(move |key| (key, note))
    });
    let lines = ledger.witnesses.iter().map(|(key, note)| (key, note));
    for (key, note) in lines.chain(trusted) {
        // Whoever is not configured is nobody.
        let Some(witness) = policy
            .witnesses()
            .iter()
            .find(|witness| witness.key == *key)
        else {
            continue;
        };
        let name = &witness.name;
        match (key.cosigned_at(note), note.text().parse::<Checkpoint>()) {
            (Ok(Some(_)), Ok(checkpoint)) if checkpoint.origin() == log.name().as_str() => {
                let kept = Kept {
                    size: checkpoint.size(),
                    root: checkpoint.root(),
                    by: format!("the witness `{name}`"),
                };
                if !known.kept.contains(&kept) {
                    known.kept.push(kept);
                }
            }
            (Ok(None), _) => {}
            (Ok(Some(_)), Ok(checkpoint)) => {
                let origin = checkpoint.origin();
                let fault =
                    format!("what the witness `{name}` cosigned is of another log, `{origin}`");
                known.faults.push(fault);
            }
            (Err(error), _) | (_, Err(error)) => {
                let fault = format!(
                    "what the witness `{name}` is said to have cosigned it did not: {error}"
                );
                known.faults.push(fault);
            }
        }
    }
}

/// A file that the administrator kept is compared whoever signed it, and that nobody known did is said.
fn add_file(
    path: &Path,
    policy: Option<&Policy>,
    log: &VerifierKey,
    known: &mut Known,
) -> Result<(), Problem> {
    let shown = path.display();
    let metadata = fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
    if metadata.len() > FILE_OCTETS_MAX {
        return Err(Problem::failed(format!(
            "`{shown}` is too large for a checkpoint"
        )));
    }
    let octets = fs::read(path).map_err(|error| Problem::file("read", path, &error))?;
    let not_one = |error| Problem::failed(format!("`{shown}` is no checkpoint: {error}"));
    let note = Note::parse(&octets).map_err(not_one)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(not_one)?;
    if checkpoint.origin() != log.name().as_str() {
        let (origin, ours) = (checkpoint.origin(), log.name());
        return Err(Problem::failed(format!(
            "`{shown}` is a checkpoint of the log `{origin}`, and this is `{ours}`"
        )));
    }
    let mut witnesses = policy.into_iter().flat_map(Policy::witnesses);
    let cosigned = witnesses.any(|witness| matches!(witness.key.cosigned_at(&note), Ok(Some(_))));
    if note.verify(std::slice::from_ref(log)).is_err() && !cosigned {
        known.faults.push(format!(
            "the checkpoint in `{shown}` is not signed with the key that the notary has now: the key was exchanged, or somebody \
             made the file"
        ));
    }
    known.kept.push(Kept {
        size: checkpoint.size(),
        root: checkpoint.root(),
        by: format!("the file `{shown}`"),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use seal::{CosignatureKind, Hash, SigningKey, WitnessSigningKey};

    use super::*;

    fn log(seed: u8) -> SigningKey {
        SigningKey::from_seed("mail.example.org/journal".parse().unwrap(), &[seed; 32])
    }

    fn witness(seed: u8) -> WitnessSigningKey {
        WitnessSigningKey::from_seed(
            "w.example".parse().unwrap(),
            CosignatureKind::Ed25519,
            &[seed; 32],
        )
    }

    fn policy() -> Policy {
        let text = format!(
            "witness w {} https://w.example\nquorum w\n",
            witness(1).verifier()
        );
        Policy::parse(text.as_bytes()).unwrap()
    }

    fn note(size: u64, log: &SigningKey, by: &WitnessSigningKey) -> Note {
        let origin = log.verifier().name().to_string();
        let checkpoint = Checkpoint::new(origin, size, Hash::of(b"root")).unwrap();
        let mut note = checkpoint.sign(log).unwrap();
        note.add(by.cosign(&checkpoint, 7).unwrap()).unwrap();
        note
    }

    fn cosigned(lines: Vec<(WitnessSigningKey, Note)>) -> Known {
        let ledger = Ledger {
            witnesses: lines
                .into_iter()
                .map(|(key, note)| (key.verifier().clone(), note))
                .collect(),
            trusted: None,
        };
        let mut known = Known::default();
        add_cosigned(&ledger, &policy(), log(1).verifier(), &mut known);
        known
    }

    #[test]
    fn what_a_configured_witness_cosigned_counts_whatever_key_the_log_has() {
        for seed in [1, 2] {
            let known = cosigned(vec![(witness(1), note(5, &log(seed), &witness(1)))]);
            assert_eq!((known.kept.len(), known.faults.len()), (1, 0));
            assert_eq!(
                (known.kept[0].size, known.kept[0].by.as_str()),
                (5, "the witness `w`")
            );
        }
        assert_eq!(
            cosigned(vec![(witness(2), note(5, &log(1), &witness(2)))]),
            Known::default()
        );
    }

    #[test]
    fn a_forged_line_is_a_fault() {
        let mut forged = note(5, &log(1), &witness(1)).to_string();
        forged = forged.replacen("\n5\n", "\n6\n", 1);
        let forged = Note::parse(forged.as_bytes()).unwrap();
        let known = cosigned(vec![(witness(1), forged)]);
        assert_eq!((known.kept.len(), known.faults.len()), (0, 1));
        let other = SigningKey::from_seed("other.example".parse().unwrap(), &[1; 32]);
        let known = cosigned(vec![(witness(1), note(5, &other, &witness(1)))]);
        assert_eq!((known.kept.len(), known.faults.len()), (0, 1));
    }

    #[test]
    fn a_kept_file_is_compared_and_a_strange_signature_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.txt");
        let faults = |text: &str, expected: usize| {
            fs::write(&path, text).unwrap();
            let mut known = Known::default();
            add_file(&path, None, log(1).verifier(), &mut known).unwrap();
            assert_eq!((known.kept.len(), known.faults.len()), (1, expected));
        };
        faults(&note(5, &log(1), &witness(2)).to_string(), 0);
        faults(&note(5, &log(2), &witness(2)).to_string(), 1);
        let mut known = Known::default();
        let other = SigningKey::from_seed("other.example".parse().unwrap(), &[1; 32]);
        for bad in ["x".to_owned(), note(5, &other, &witness(1)).to_string()] {
            fs::write(&path, bad).unwrap();
            assert!(add_file(&path, None, log(1).verifier(), &mut known).is_err());
        }
    }
}
