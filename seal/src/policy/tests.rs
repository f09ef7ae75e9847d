//! Policies: the published example, what must be refused, and that more witnesses are never less.

use proptest::prelude::*;

use super::*;
use crate::{CosignatureKind, Hash, KeyName, SigningKey, WitnessSigningKey};

fn log(seed: u8) -> SigningKey {
    SigningKey::from_seed(KeyName::from_static("log.example"), &[seed; 32])
}

fn witness(seed: u8) -> WitnessSigningKey {
    let name = KeyName::from_static("w.example");
    WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &[seed; 32])
}

fn key(seed: u8) -> String {
    witness(seed).verifier().to_string()
}

/// The example of tlog-policy, with keys.
fn example() -> String {
    let mut text = format!("# an example\n\n \tlog {} \n", log(1).verifier());
    for (group, first) in [("X", 10), ("Y", 20)] {
        for number in 1..=3 {
            text += &format!("witness {group}{number} {}\n", key(first + number));
        }
    }
    text + "group X-witnesses 2 X1 X2 X3\n  # of another organisation\ngroup Y-witnesses any Y1 Y2 Y3\n\n\
        group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text.as_bytes())
}

fn fault(text: &str) -> LineError {
    match parse(text) {
        Err(PolicyError::Line { what, .. }) => what,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_example_means_what_it_says() {
    let policy = parse(&example()).unwrap();
    let met = |names: &[&str]| {
        let witnesses = policy.witnesses();
        policy.is_met(|place| names.contains(&witnesses[place].name.as_str()))
    };
    assert!(met(&["X1", "X3", "Y2"]));
    assert!(met(&["X1", "X2", "X3", "Y1", "Y2", "Y3"]));
    assert!(!met(&["X1", "Y1", "Y2", "Y3"]));
    assert!(!met(&["X1", "X2", "X3"]));
    assert!(!met(&[]));
    assert_eq!(policy.logs().len(), 1);
}

#[test]
fn the_last_line_may_lack_its_end_and_words_may_be_far_apart() {
    let text = format!("witness\t w {} \thttps://w.example/ \nquorum   w", key(1));
    let policy = parse(&text).unwrap();
    assert_eq!(
        policy.witnesses()[0].url.as_deref(),
        Some("https://w.example/")
    );
    assert!(!policy.is_without_witnesses());
    let policy = parse("quorum none\n").unwrap();
    assert!(policy.is_without_witnesses() && policy.is_met(|_| false));
}

#[test]
fn keys_that_another_program_made_are_read() {
    // Made with Python's `cryptography`.
    let policy = parse(include_str!("../../tests/it/seeds/groups.policy")).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 3));
    assert!(policy.is_met(|_| true) && !policy.is_met(|place| place < 2));
}

#[test]
fn names_are_octets() {
    let mut text = b"witness \xff\x80 ".to_vec();
    text.extend(key(1).bytes());
    text.extend(b"\nwitness K ");
    text.extend(key(2).bytes());
    text.extend("\nwitness \u{212a} ".bytes());
    text.extend(key(3).bytes());
    text.extend(b"\ngroup g all \xff\x80 K\nquorum g\n");
    let policy = Policy::parse(&text).unwrap();
    assert!(policy.is_met(|place| place < 2));
    assert!(!policy.is_met(|place| place != 1));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let two = format!("witness a {}\nwitness b {}\n", key(1), key(2));
    let with = |lines: &str| format!("{two}{lines}\n");
    for (text, what) in [
        (with("quorum c"), LineError::NoSuchName),
        (with("group g 0 a b"), LineError::Threshold),
        (with("group g 3 a b"), LineError::Threshold),
        (with("group g 02 a b"), LineError::Threshold),
        (with("group g some a b"), LineError::Threshold),
        (with("group g any a a"), LineError::SecondTime),
        (with("group g any a\ngroup h any a"), LineError::SecondTime),
        (with("group g any g"), LineError::NoSuchName),
        (with("group g any none"), LineError::NoSuchName),
        (with("group a any b"), LineError::SameName),
        (with("group none any b"), LineError::SameName),
        (with("quorum a\nquorum b"), LineError::SecondQuorum),
        (with("quorum\u{1}a"), LineError::Control),
        (with("quorum\u{7f}a"), LineError::Control),
        (with("quorum a\r"), LineError::Control),
        (with("Quorum a"), LineError::Unknown),
        (with(&format!("witness c {}", key(2))), LineError::SameKey),
        (with(&format!("witness a {}", key(3))), LineError::SameName),
    ] {
        assert_eq!(fault(&text), what, "{text}");
    }
    for bad in [
        "log",
        "witness w",
        "group",
        "group g",
        "group g any",
        "quorum",
        "quorum a b",
    ] {
        assert!(matches!(fault(bad), LineError::Form(_)), "{bad}");
    }
    let log_as_witness = format!("witness w {}", log(1).verifier());
    assert_eq!(
        fault(&log_as_witness),
        LineError::Key(KeyError::Algorithm(1))
    );
    let twice = format!("log {}\nlog {}", log(1).verifier(), log(1).verifier());
    assert_eq!(fault(&twice), LineError::SameKey);
    assert_eq!(parse(&two), Err(PolicyError::NoQuorumLine));
    assert_eq!(
        parse(&"#".repeat(Policy::BYTES_MAX + 1)),
        Err(PolicyError::TooLong)
    );
    let error = parse(&with("quorum c")).unwrap_err();
    assert_eq!(error.to_string(), "line 3: this name is not defined before");
}

#[test]
fn a_checkpoint_is_judged() {
    let policy = parse(&example()).unwrap();
    let checkpoint = Checkpoint::new("log.example", 5, Hash::of(b"root")).unwrap();
    let mut note = checkpoint.sign(&log(1)).unwrap();
    let judge = |note: &Note| {
        policy
            .judge(note)
            .map(|judged| (judged.witnesses.len(), judged.is_trusted))
    };
    assert_eq!(judge(&note), Ok((0, false)));
    for (seed, expected) in [
        (11, (1, false)),
        (12, (2, false)),
        (99, (2, false)),
        (21, (3, true)),
    ] {
        note.add(witness(seed).cosign(&checkpoint, 50).unwrap())
            .unwrap();
        assert_eq!(judge(&note), Ok(expected));
    }
    // One lie of a known witness, and nothing counts.
    let other = Checkpoint::new("log.example", 6, Hash::of(b"root")).unwrap();
    let mut spoiled = note.clone();
    spoiled
        .add(witness(13).cosign(&other, 50).unwrap())
        .unwrap();
    assert!(matches!(
        judge(&spoiled),
        Err(PolicyError::Note(NoteError::BadSignature { .. }))
    ));
    let stranger = checkpoint.sign(&log(2)).unwrap();
    assert_eq!(
        judge(&stranger),
        Err(PolicyError::Note(NoteError::Unsigned))
    );
    let elsewhere = Checkpoint::new("other.example", 5, Hash::of(b"root")).unwrap();
    assert_eq!(
        judge(&elsewhere.sign(&log(1)).unwrap()),
        Err(PolicyError::UnknownLog)
    );
    let open = parse("quorum none\n").unwrap();
    assert_eq!(open.judge(&note), Err(PolicyError::UnknownLog));
    assert!(
        open.with_log(log(1).verifier().clone())
            .judge(&note)
            .unwrap()
            .is_trusted
    );
}

#[test]
fn a_larger_tree_vouches_for_the_smaller_one() {
    let policy = parse(&example()).unwrap();
    let fixed = |sizes: [u64; 6]| policy.fixed_size(&sizes.map(|size| (size > 0).then_some(size)));
    assert_eq!(fixed([9, 7, 0, 0, 8, 0]), Some(7));
    assert_eq!(fixed([9, 7, 8, 0, 8, 3]), Some(8));
    assert_eq!(fixed([9, 7, 8, 0, 0, 0]), None);
    assert_eq!(parse("quorum none\n").unwrap().fixed_size(&[]), None);
}

proptest! {
    #[test]
    fn more_witnesses_are_never_less(
        some in prop::collection::vec(any::<bool>(), 6), more in prop::collection::vec(any::<bool>(), 6),
        sizes in prop::collection::vec(prop::option::of(1_u64..9), 6), at in 0_usize..6,
    ) {
        let policy = parse(&example()).unwrap();
        let both = |place: usize| some[place] || more[place];
        prop_assert!(!policy.is_met(|place| some[place]) || policy.is_met(both));
        let mut grown = sizes.clone();
        grown[at] = Some(grown[at].unwrap_or(0) + 1);
        prop_assert!(policy.fixed_size(&grown) >= policy.fixed_size(&sizes));
    }
}
