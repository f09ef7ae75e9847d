//! Signatures that are wrong, and the words for it. Those that are right stand with the signer, and the vectors with the whole program.

use super::*;
use crate::dns::zone::{Zone, now};

const SIGNATURE: &str = "v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA";

fn checked(zone: &Zone, signature: &str) -> DkimSignature {
    let message = format!("DKIM-Signature: {signature}\r\nFrom: x@example.org\r\n\r\n");
    let parts = Parts::split(message.as_bytes());
    let mut found = now(check(&mut Keys::new(zone), &parts, 1_000));
    assert_eq!(found.signatures.len(), 1);
    found.signatures.remove(0)
}

#[test]
fn what_cannot_be_read_is_neutral() {
    for signature in [
        "",
        "nonsense",
        "v=2; a=rsa-sha256",
        "v=1; v=1",
        &SIGNATURE.replace("rsa-sha256", "rsa-md5"),
        &SIGNATURE.replace("b=AAAA", "b=A*"),
    ] {
        assert_eq!(
            checked(&Zone::default(), signature).result,
            DkimResult::Neutral,
            "{signature}"
        );
    }
}

#[test]
fn what_can_never_hold_is_a_permanent_error() {
    let zone = Zone::default();
    for signature in [
        SIGNATURE.replace("h=from", "h=to"),
        SIGNATURE.replace("; s=s", ""),
        format!("{SIGNATURE}; i=@example.net"),
        SIGNATURE.to_owned(),
    ] {
        assert_eq!(
            checked(&zone, &signature).result,
            DkimResult::PermError,
            "{signature}"
        );
    }
    for (key, reason) in [
        ("v=DKIM1; p=", "the key of the signature was revoked"),
        (
            "v=DKIM2; p=AAAA",
            "the key of the signature is of no known version",
        ),
        (
            "k=rsa; p=AAAA",
            "the key of the signature is too short: 0 bits",
        ),
        (
            "k=dsa; p=AAAA",
            "the key of the signature is of an unknown kind",
        ),
        (
            "s=tlsrpt; p=AAAA",
            "the key of the signature is not for mail",
        ),
        ("nonsense", "the key of the signature cannot be read"),
    ] {
        let found = checked(
            &Zone::default().txt("s._domainkey.example.org", key),
            SIGNATURE,
        );
        assert_eq!(
            (found.result, found.reason.as_deref()),
            (DkimResult::PermError, Some(reason)),
            "{key}"
        );
    }
}

#[test]
fn without_an_answer_it_is_temporary() {
    let zone = Zone::default().silent("s._domainkey.example.org");
    assert_eq!(checked(&zone, SIGNATURE).result, DkimResult::TempError);
}

#[test]
fn an_expired_signature_fails_before_the_dns_is_asked() {
    let zone = Zone::default();
    let found = checked(&zone, &format!("{SIGNATURE}; t=1; x=999"));
    assert_eq!(
        (found.result, found.reason.as_deref()),
        (DkimResult::Fail, Some("the signature has expired"))
    );
    assert_eq!(zone.asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn of_a_thousand_signatures_ten_are_looked_at_and_a_key_is_fetched_once() {
    let zone = Zone::default();
    let message = format!(
        "{}From: x@example.org\r\n\r\n",
        format!("DKIM-Signature: {SIGNATURE}\r\n").repeat(1_000)
    );
    let found = now(check(
        &mut Keys::new(&zone),
        &Parts::split(message.as_bytes()),
        1_000,
    ));
    assert_eq!((found.signatures.len(), found.left_out), (10, 990));
    assert_eq!(zone.asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn what_would_cost_much_is_not_checked() {
    let zone = Zone::default().txt("s._domainkey.example.org", "p=AAAA");
    let signed = |number: u64| format!("DKIM-Signature: {SIGNATURE}; l={number}\r\n");
    let many: String = (0..10).map(signed).collect();
    let message = format!("{many}From: x@example.org\r\n\r\nbody");
    let found = now(check(
        &mut Keys::new(&zone),
        &Parts::split(message.as_bytes()),
        1_000,
    ));
    let reason = Some("too many signatures cover different parts of the body".to_owned());
    assert_eq!(
        found
            .signatures
            .iter()
            .filter(|one| one.reason == reason)
            .count(),
        8
    );

    let large = format!(
        "X: {}\r\nDKIM-Signature: {SIGNATURE}\r\nFrom: x@example.org\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let found = now(check(
        &mut Keys::new(&zone),
        &Parts::split(large.as_bytes()),
        1_000,
    ));
    assert_eq!(
        found.signatures[0].reason.as_deref(),
        Some("the header is too large to be checked")
    );
    assert_eq!(zone.asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}
