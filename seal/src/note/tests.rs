//! Notes: published examples, and everything that must not pass for a note.

use super::*;

// The example of C2SP signed-note, "Verifier keys".
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
    Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The example of Go's golang.org/x/mod/sumdb/note, with two signatures.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann \
    x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n\
    \u{2014} EnochRoot \
    rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn verifier(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn peter() -> SigningKey {
    SigningKey::from_secret_text(PETER_SECRET).unwrap()
}

fn enoch() -> SigningKey {
    SigningKey::from_seed(KeyName::from_static("EnochRoot"), &[0; 32])
}

#[test]
fn the_example_of_signed_note_verifies() {
    let note = Note::parse(SPEC_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(
        note.verify(&[verifier(SPEC_KEY)]).unwrap(),
        [&verifier(SPEC_KEY)]
    );
    assert_eq!(note.to_string(), SPEC_NOTE);
}

#[test]
fn signing_makes_the_bytes_of_the_go_example() {
    let mut note = Note::new(TEXT).unwrap();
    note.sign(&peter()).unwrap();
    note.sign(&enoch()).unwrap();
    assert_eq!(note.to_string(), GO_NOTE);
    assert_eq!(Note::parse(GO_NOTE.as_bytes()), Ok(note));
}

#[test]
fn only_known_keys_count() {
    let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
    let (peter, enoch, other) = (verifier(PETER), verifier(ENOCH), verifier(SPEC_KEY));
    assert_eq!(note.verify(std::slice::from_ref(&enoch)), Ok(vec![&enoch]));
    let known = [peter, other, enoch];
    assert_eq!(note.verify(&known), Ok(vec![&known[0], &known[2]]));
    assert_eq!(note.verify(&known[1..2]), Err(NoteError::Unsigned));
    assert_eq!(note.verify(&[]), Err(NoteError::Unsigned));
}

#[test]
fn a_key_that_shares_only_name_or_id_is_unknown() {
    let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
    let namesake = SigningKey::from_seed(KeyName::from_static("PeterNeumann"), &[9; 32]);
    let known = [namesake.verifier().clone()];
    assert_eq!(note.verify(&known), Err(NoteError::Unsigned));
}

#[test]
fn a_wrong_signature_by_a_known_key_spoils_the_note() {
    let mut note = Note::new(TEXT).unwrap();
    note.sign(&enoch()).unwrap();
    let (name, id) = (peter().verifier().name().clone(), peter().verifier().id());
    for bytes in [vec![0; 64], vec![0; 63], peter().sign(b"other").to_vec()] {
        let mut note = note.clone();
        note.add(Signature {
            name: name.clone(),
            id,
            bytes,
        })
        .unwrap();
        let refused = NoteError::BadSignature {
            name: name.clone(),
            id,
        };
        assert_eq!(
            note.verify(&[verifier(ENOCH), verifier(PETER)]),
            Err(refused)
        );
        assert!(note.verify(&[verifier(ENOCH)]).is_ok());
    }
}

#[test]
fn any_changed_byte_is_noticed() {
    for at in 0..SPEC_NOTE.len() {
        let mut bytes = SPEC_NOTE.as_bytes().to_vec();
        bytes[at] ^= 1;
        let verified =
            Note::parse(&bytes).is_ok_and(|note| note.verify(&[verifier(SPEC_KEY)]).is_ok());
        assert!(!verified, "byte {at}");
    }
}

#[test]
fn the_last_empty_line_divides() {
    let text = "a\n\nb\n\n\u{2014} not a signature\n\n\n";
    let mut note = Note::new(text).unwrap();
    note.sign(&peter()).unwrap();
    let parsed = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.text(), text);
    assert!(parsed.verify(&[verifier(PETER)]).is_ok());
}

#[test]
fn what_is_not_a_note_is_refused() {
    let line = GO_NOTE.lines().nth(3).unwrap();
    let bad = [
        String::new(),
        "\n".into(),
        "\n\n".into(),
        "text\n\n".into(),
        "text\n".into(),
        format!("text\n{line}\n"),
        format!("text\n\n{line}"),
        format!("text\n\n{line}\n{line}"),
        format!("text\n\n{line}\n\n"),
        format!("text\n\n{line}\r\n"),
        format!("te\txt\n\n{line}\n"),
        format!("te\0xt\n\n{line}\n"),
        format!("text\n\n{line} \n"),
        format!("text\n\n {line}\n"),
        "text\n\n-- PeterNeumann x08go/ZJkuA=\n".into(),
        "text\n\n\u{2014} PeterNeumann\n".into(),
        "text\n\n\u{2014} PeterNeumann \n".into(),
        "text\n\n\u{2014}  x08go/ZJkuA=\n".into(),
        "text\n\n\u{2014} Peter+Neumann x08go/ZJkuA=\n".into(),
        // The id alone, and base64 that is not canonical.
        "text\n\n\u{2014} PeterNeumann x08gow==\n".into(),
        "text\n\n\u{2014} PeterNeumann x08go/ZJkuB=\n".into(),
        "text\n\n\u{2014} PeterNeumann x08go/ZJkuA\n".into(),
    ];
    for note in bad {
        assert!(Note::parse(note.as_bytes()).is_err(), "{note:?}");
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotText));
    assert!(Note::parse("text\n\n\u{2014} PeterNeumann x08go/ZJkuA=\n".as_bytes()).is_ok());
}

#[test]
fn notes_have_bounds() {
    let line = "\u{2014} PeterNeumann x08go/ZJkuA=\n";
    let signed = |count: usize| format!("text\n\n{}", line.repeat(count));
    assert!(Note::parse(signed(100).as_bytes()).is_ok());
    assert_eq!(
        Note::parse(signed(101).as_bytes()),
        Err(NoteError::TooManySignatures)
    );
    let bytes = NOTE_BYTES_LIMIT + 1;
    assert_eq!(
        Note::parse(&vec![b'\n'; bytes]),
        Err(NoteError::TooLong { bytes })
    );
    let mut full = Note::new("\n".repeat(NOTE_BYTES_LIMIT)).unwrap();
    assert!(matches!(
        full.sign(&peter()),
        Err(NoteError::TooLong { .. })
    ));
    assert!(full.signatures().is_empty());
    assert!(Note::new("no newline").is_err());
    assert!(Note::new("").is_err());
}
