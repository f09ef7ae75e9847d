//! Notes, keys and checkpoints: what is written comes back.

use proptest::prelude::*;
use seal::{
    Checkpoint, CosignatureKind, Hash, KeyName, Link, Note, OfflineProof, SigningKey, Submission,
    TileId, VerifierKey, WitnessKey, WitnessSigningKey,
};

fn name() -> impl Strategy<Value = KeyName> {
    "[a-z0-9./\u{e4}\u{4f8b}-]{1,40}"
        .prop_map(|name| name.parse().expect("the pattern has no space and no plus"))
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    prop::collection::vec(any::<[u8; 32]>().prop_map(Hash::from_bytes), 0..63)
}

fn key() -> impl Strategy<Value = SigningKey> {
    (name(), any::<[u8; 32]>()).prop_map(|(name, seed)| SigningKey::from_seed(name, &seed))
}

proptest! {
    // Signatures are slow without optimisation.
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn links_come_back(stream: u64, number: u64, at_ms: i64, previous: [u8; 32], payload: [u8; 32]) {
        let (previous, payload) = (Hash::from_bytes(previous), Hash::from_bytes(payload));
        let link = Link { stream, number, at_ms, previous, payload };
        prop_assert_eq!(Link::decode(&link.encode()), Ok(link));
    }

    #[test]
    fn keys_come_back(key in key()) {
        let public = key.verifier();
        prop_assert_eq!(&public.to_string().parse::<VerifierKey>().unwrap(), public);
        let again = SigningKey::from_secret_text(&key.to_secret_text()).unwrap();
        prop_assert_eq!(again.sign(b"x"), key.sign(b"x"));
    }

    #[test]
    fn notes_come_back_and_a_changed_byte_does_not_verify(
        text in "[ -~\n\u{4f8b}]{0,80}\n", keys in prop::collection::vec(key(), 1..4),
        at: prop::sample::Index, bit in 0u8..8,
    ) {
        let mut note = Note::new(text).unwrap();
        keys.iter().try_for_each(|key| note.sign(key)).unwrap();
        let known: Vec<_> = keys.iter().map(|key| key.verifier().clone()).collect();
        let bytes = note.to_string().into_bytes();
        let parsed = Note::parse(&bytes).unwrap();
        prop_assert_eq!(&parsed, &note);
        prop_assert_eq!(parsed.verify(&known).unwrap().len(), keys.len());

        let mut changed = bytes;
        let place = at.index(changed.len());
        changed[place] ^= 1 << bit;
        let signers = Note::parse(&changed).and_then(|note| note.verify(&known).map(|keys| keys.len()));
        // A changed name or id makes a signature one of an unknown key; all else is an error.
        prop_assert!(signers.map_or(true, |signers| signers < keys.len()));
    }

    #[test]
    fn checkpoints_come_back(
        origin in "[ -~\u{4f8b}]{1,60}", size in 1u64.., root: [u8; 32],
        extensions in prop::collection::vec("[ -~]{1,40}", 0..4), key in key(),
    ) {
        let checkpoint = Checkpoint::new(origin.as_str(), size, Hash::from_bytes(root)).unwrap();
        let checkpoint =
            extensions.iter().try_fold(checkpoint, |c, line| c.with_extension(line.as_str())).unwrap();
        let note = checkpoint.sign(&key).unwrap().to_string();
        let opened = Checkpoint::open(note.as_bytes(), &origin, key.verifier());
        prop_assert_eq!(opened, Ok(checkpoint));
    }

    #[test]
    fn witnesses_say_when_and_a_changed_byte_does_not_verify(
        name in name(), seed: [u8; 32], size in 1u64.., root: [u8; 32], seconds in 0..=i64::MAX.cast_unsigned(),
        is_ed25519: bool, at: prop::sample::Index, bit in 0u8..8,
    ) {
        let kind = if is_ed25519 { CosignatureKind::Ed25519 } else { CosignatureKind::MlDsa44 };
        let key = WitnessSigningKey::from_seed(name, kind, &seed);
        prop_assert_eq!(&key.verifier().to_string().parse::<WitnessKey>().unwrap(), key.verifier());
        let checkpoint = Checkpoint::new("log.example", size, Hash::from_bytes(root)).unwrap();
        let mut signature = key.cosign(&checkpoint, seconds).unwrap();
        prop_assert_eq!(key.verifier().check(&checkpoint, &signature), Some(seconds));
        let place = at.index(signature.bytes.len());
        signature.bytes[place] ^= 1 << bit;
        prop_assert_eq!(key.verifier().check(&checkpoint, &signature), None);
    }

    #[test]
    fn submissions_and_offline_proofs_come_back(
        old_size: u64, index: u64, path in hashes(), extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..200)),
        size in 1u64.., root: [u8; 32], key in key(),
    ) {
        let note = Checkpoint::new("log.example", size, Hash::from_bytes(root)).unwrap().sign(&key).unwrap();
        let submission = Submission { old_size, path: path.clone(), note: note.clone() };
        prop_assert_eq!(Submission::parse(submission.to_string().as_bytes()), Ok(submission));
        let proof = OfflineProof { extra, index, path, note };
        prop_assert_eq!(OfflineProof::parse(proof.to_string().as_bytes()), Ok(proof));
    }

    #[test]
    fn tiles_have_one_path(level in 0u8..64, index: u64, width in 1usize..=256) {
        let id = TileId { level, index };
        prop_assert_eq!(TileId::parse_path(&id.path(width)), Some((id, width)));
    }
}
