//! Keys made, turned and used.

use transport::Signer as _;

use super::*;

fn keys() -> (tempfile::TempDir, Keys) {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys {
        folder: folder.path().join("dkim"),
    };
    (folder, keys)
}

const ED: [KeyKind; 1] = [KeyKind::Ed25519];

#[test]
fn a_selector_is_not_used_twice() {
    let (_folder, keys) = keys();
    let made = |state| {
        keys.make("example.org", &ED, state, "2026-11-22")
            .unwrap()
            .remove(0)
            .selector
    };
    assert_eq!(made(State::Signing), "e20261122");
    assert_eq!(made(State::Next), "e20261122-2");
    assert_eq!(keys.list(None).unwrap().len(), 2);
    assert_eq!(keys.list(Some("example.net")).unwrap(), []);
}

#[test]
fn key_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, keys) = keys();
    let made = keys
        .make("example.org", &ED, State::Signing, "2026-11-22")
        .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&made[0].path), 0o600);
    assert_eq!(mode(&keys.folder), 0o700);
    assert!(made[0].load().is_ok());
}

#[test]
fn what_signs_follows_the_files() {
    let (_folder, keys) = keys();
    let message = b"From: anna@mail.example.org\r\n\r\nx\r\n";
    let signers = Signers::open(keys.clone(), "mail.example.org").unwrap();
    assert_eq!(signers.sign(message, "", 100), None);
    let made = keys
        .make("example.org", &ED, State::Signing, "2026-11-22")
        .unwrap();
    // Not yet looked at again.
    assert_eq!(signers.sign(message, "", 101), None);
    let fields = signers.sign(message, "", 110).unwrap();
    assert!(fields.contains("d=example.org"), "{fields}");
    let foreign = b"Authentication-Results: mail.example.org; dmarc=pass; arc=none\r\nFrom: x@example.net\r\n\r\nx\r\n";
    let sealed = signers.sign(foreign, "list@example.org", 111).unwrap();
    assert!(
        sealed.starts_with("ARC-Seal:") && sealed.contains("dmarc=pass"),
        "{sealed}"
    );
    assert_eq!(
        signers.sign(foreign, "", 112),
        None,
        "no address of ours sends it on"
    );
    keys.turn(&made[0], State::Retired).unwrap();
    assert_eq!(signers.sign(message, "", 120), None);
    assert_eq!(signers.sign(foreign, "list@example.org", 121), None);
}
