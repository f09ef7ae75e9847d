//! Cosignatures: the published example, and everything that must not pass for one.

use super::*;
use crate::{CosignatureKind, Hash, KeyError, KeyName, SigningKey};

// The example of C2SP tlog-cosignature; its witness's public key is not published.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

const BOTH: [CosignatureKind; 2] = [CosignatureKind::Ed25519, CosignatureKind::MlDsa44];

fn witness(kind: CosignatureKind, seed: u8) -> WitnessSigningKey {
    let name = KeyName::from_static("witness.example/w1");
    WitnessSigningKey::from_seed(name, kind, &[seed; 32])
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint::new("log.example", size, Hash::of(&size.to_le_bytes())).unwrap()
}

#[test]
fn the_example_has_the_form_and_the_time_that_is_said() {
    let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
    let line = &note.signatures()[1];
    assert_eq!(line.bytes.len(), 8 + 64);
    let (time, _) = line.bytes.split_first_chunk().unwrap();
    assert_eq!(u64::from_be_bytes(*time), 1_679_315_147);
    let message = message_v1(&note.text().parse().unwrap(), 1_679_315_147);
    let expected = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(message, expected.as_bytes());
}

#[test]
fn the_longer_message_is_as_documented() {
    let message = message_subtree(&checkpoint(7), "w", 9).unwrap();
    let mut expected = b"subtree/v1\n\0\x01w".to_vec();
    expected.extend([0, 0, 0, 0, 0, 0, 0, 9, 11]);
    expected.extend(b"log.example");
    expected.extend([0; 15]);
    expected.push(7);
    expected.extend(checkpoint(7).root().as_bytes());
    assert_eq!(message, expected);
    assert!(message_subtree(&checkpoint(7), &"w".repeat(256), 9).is_none());
}

#[test]
fn a_cosigned_note_says_by_whom_and_when() {
    let log = SigningKey::from_seed(KeyName::from_static("log.example"), &[1; 32]);
    let mut note = checkpoint(5).sign(&log).unwrap();
    for kind in BOTH {
        let key = witness(kind, 2);
        assert_eq!(key.verifier().cosigned_at(&note), Ok(None));
        note.add(key.cosign(&checkpoint(5), 1_700_000_000).unwrap())
            .unwrap();
        let again = Note::parse(note.to_string().as_bytes()).unwrap();
        assert_eq!(
            key.verifier().cosigned_at(&again),
            Ok(Some(1_700_000_000)),
            "{kind:?}"
        );
        assert!(
            Checkpoint::open(note.to_string().as_bytes(), "log.example", log.verifier()).is_ok()
        );
        note.add(key.cosign(&checkpoint(5), 1_700_000_009).unwrap())
            .unwrap();
        assert_eq!(key.verifier().cosigned_at(&note), Ok(Some(1_700_000_009)));
    }
}

#[test]
fn another_time_tree_witness_or_algorithm_is_not_it() {
    for kind in BOTH {
        let key = witness(kind, 2);
        let good = key.cosign(&checkpoint(5), 1_000).unwrap();
        assert_eq!(key.verifier().check(&checkpoint(5), &good), Some(1_000));
        assert_eq!(key.verifier().check(&checkpoint(6), &good), None);
        let mut bad = good.clone();
        bad.bytes[7] ^= 1;
        assert_eq!(key.verifier().check(&checkpoint(5), &bad), None, "the time");
        let mut bad = good.clone();
        *bad.bytes.last_mut().unwrap() ^= 1;
        assert_eq!(key.verifier().check(&checkpoint(5), &bad), None);
        for length in [0, 7, 8, good.bytes.len() - 1] {
            let mut bad = good.clone();
            bad.bytes.truncate(length);
            assert_eq!(key.verifier().check(&checkpoint(5), &bad), None);
        }
        let other = witness(kind, 3);
        assert_eq!(other.verifier().check(&checkpoint(5), &good), None);
        let mut renamed = good.clone();
        (renamed.name, renamed.id) = (other.verifier().name().clone(), other.verifier().id());
        assert_eq!(other.verifier().check(&checkpoint(5), &renamed), None);
    }
}

#[test]
fn a_wrong_cosignature_of_a_known_witness_spoils_the_note() {
    let key = witness(CosignatureKind::Ed25519, 2);
    let mut note = Note::new(checkpoint(5).to_string()).unwrap();
    note.add(key.cosign(&checkpoint(6), 7).unwrap()).unwrap();
    let bad = key.verifier().cosigned_at(&note);
    assert!(
        matches!(bad, Err(NoteError::BadSignature { .. })),
        "{bad:?}"
    );
}

#[test]
fn keys_come_back_and_other_texts_are_refused() {
    for kind in BOTH {
        let key = witness(kind, 4).verifier().clone();
        assert_eq!(key.kind(), kind);
        let text = key.to_string();
        assert_eq!(text.parse::<WitnessKey>().unwrap(), key);
        for at in 0..text.len().min(120) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] += 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<WitnessKey>().is_err(), "{changed}");
        }
        assert!(text[..text.len() - 4].parse::<WitnessKey>().is_err());
    }
    // A log's key is no witness's, and the other way round.
    let log = SigningKey::from_seed(KeyName::from_static("log.example"), &[1; 32]);
    let text = log.verifier().to_string();
    assert_eq!(text.parse::<WitnessKey>(), Err(KeyError::Algorithm(1)));
    let text = witness(CosignatureKind::Ed25519, 4).verifier().to_string();
    assert_eq!(
        text.parse::<crate::VerifierKey>(),
        Err(KeyError::Algorithm(4))
    );
}

#[test]
fn one_seed_gives_other_ids_for_other_uses() {
    let [one, two] = BOTH.map(|kind| witness(kind, 1).verifier().id());
    let log = SigningKey::from_seed(KeyName::from_static("witness.example/w1"), &[1; 32]);
    assert!(one != two && one != log.verifier().id());
}

#[test]
fn a_signing_key_does_not_print_its_secret() {
    let shown = format!("{:?}", witness(CosignatureKind::MlDsa44, 1));
    assert!(shown.contains("[secret]") && shown.len() < 200, "{shown}");
}
