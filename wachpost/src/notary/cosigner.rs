//! The rule of the notary as a witness: cosigns a checkpoint of a log that it was told of at its start if the tree grew out of the
//! one that it cosigned last, and remembers it before the cosignature is given away.

use std::sync::Arc;

use seal::{Signature, Submission, Unfit, VerifierKey, WitnessSigningKey};
use tlog::Refusal;

use super::witnessed::Witnessed;

/// The keys with what was cosigned last.
#[derive(Debug)]
pub(super) struct Cosigner {
    keys: Arc<[WitnessSigningKey]>,
    logs: Vec<VerifierKey>,
    /// The reason why nothing can be remembered, and so nothing cosigned, or the memory.
    memory: Result<Witnessed, String>,
}

impl Cosigner {
    pub(super) fn new(
        keys: Arc<[WitnessSigningKey]>,
        logs: Vec<VerifierKey>,
        memory: Result<Witnessed, String>,
    ) -> Self {
        Self { keys, logs, memory }
    }

    /// Cosigns as of `seconds` since 1970.
    pub(super) fn cosign(
        &mut self,
        submission: &Submission,
        seconds: u64,
    ) -> Result<Vec<Signature>, Refusal> {
        let memory = self
            .memory
            .as_mut()
            .map_err(|why| Refusal::Unavailable(why.clone()))?;
        let origin = submission.signed(&self.logs)?.origin().to_owned();
        let checkpoint = submission.check(&self.logs, memory.last(&origin))?;
        let cosigned = self.keys.iter().map(|key| key.cosign(&checkpoint, seconds));
        let cosigned: Result<Vec<_>, _> = cosigned.collect();
        let signatures = cosigned.map_err(|_| Refusal::Unfit(Unfit::Malformed))?;
        let is_known = memory.last(&origin).is_some_and(|last| {
            (last.size(), last.root()) == (checkpoint.size(), checkpoint.root())
        });
        if !is_known {
            memory.put(&checkpoint).map_err(|error| {
                Refusal::Unavailable(format!(
                    "the notary cannot write to its memory of other logs: {error}"
                ))
            })?;
        }
        Ok(signatures)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::Path;

    use directory::Secret;
    use proptest::prelude::*;
    use seal::{Checkpoint, CosignatureKind, KeyName, SigningKey};

    use super::super::keeper::tests::Log;
    use super::*;

    fn log_key() -> SigningKey {
        SigningKey::from_seed("log.example".parse().unwrap(), &[1; 32])
    }

    pub(in crate::notary) fn cosigner() -> Cosigner {
        let file = Arc::new(tempfile::tempfile().unwrap());
        let memory =
            Witnessed::open(&file, Path::new("notary.witnessed"), Secret::new([5; 32])).unwrap();
        let name: KeyName = "w.example".parse().unwrap();
        let kinds = [CosignatureKind::Ed25519, CosignatureKind::MlDsa44];
        let keys = kinds.map(|kind| WitnessSigningKey::from_seed(name.clone(), kind, &[2; 32]));
        Cosigner::new(
            Arc::new(keys),
            vec![log_key().verifier().clone()],
            Ok(memory),
        )
    }

    pub(in crate::notary) fn submission(log: &Log, old: u64) -> Submission {
        let checkpoint = Checkpoint::new("log.example", log.tree.size(), log.tree.root()).unwrap();
        Submission {
            old_size: old,
            path: log.proof(old).path,
            note: checkpoint.sign(&log_key()).unwrap(),
        }
    }

    #[test]
    fn both_keys_cosign_what_grew() {
        let (mut cosigner, mut log) = (cosigner(), Log::default());
        for (old, more) in [(0, 5), (5, 600), (605, 0)] {
            let asked = submission(log.grow(more, 0), old);
            let lines = cosigner.cosign(&asked, 1_000).unwrap();
            let checkpoint: Checkpoint = asked.note.text().parse().unwrap();
            let checked = cosigner.keys.iter().zip(&lines);
            assert!(
                checked
                    .into_iter()
                    .all(|(key, line)| key.verifier().check(&checkpoint, line) == Some(1_000))
            );
            assert_eq!(lines.len(), 2);
        }
    }

    #[test]
    fn what_cannot_be_remembered_is_not_cosigned() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read_only = Arc::new(std::fs::File::open(file.path()).unwrap());
        let memory = Witnessed::open(&read_only, file.path(), Secret::new([5; 32])).unwrap();
        let mut cosigner = Cosigner {
            memory: Ok(memory),
            ..cosigner()
        };
        let mut log = Log::default();
        let asked = submission(log.grow(5, 0), 0);
        assert!(matches!(
            cosigner.cosign(&asked, 1),
            Err(Refusal::Unavailable(_))
        ));
        cosigner.memory = Err("it was changed".to_owned());
        assert!(matches!(
            cosigner.cosign(&asked, 1),
            Err(Refusal::Unavailable(_))
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn no_two_histories_of_a_log_are_ever_cosigned(
            common in 0_u64..300, ours in 1_u64..50, theirs in 1_u64..300,
        ) {
            let (mut cosigner, mut log) = (cosigner(), Log::default());
            log.grow(common, 0);
            let mut fork = log.clone();
            fork.grow(theirs, 1);
            prop_assert!(cosigner.cosign(&submission(log.grow(ours, 0), 0), 1).is_ok());
            let size = common + ours;
            for old in [0, common, size.min(fork.tree.size())] {
                prop_assert!(cosigner.cosign(&submission(&fork, old), 2).is_err());
            }
            prop_assert!(cosigner.cosign(&submission(log.grow(1, 0), size), 3).is_ok());
        }
    }
}
