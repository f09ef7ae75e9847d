//! Chains whose form is wrong, each in one way. Chains that hold stand with the signer, and the vectors with the whole program.

use super::*;
use crate::dns::zone::{Zone, now};

const SEAL: &str = "ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=example.org; s=s; b=AAAA\r\n";
const SIGNATURE: &str = "ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from; \
    bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n";
const RESULTS: &str = "ARC-Authentication-Results: i=1; mx.example.org; none\r\n";

fn checked(zone: &Zone, fields: &str) -> ArcChain {
    let message = format!("{fields}From: x@example.org\r\n\r\n");
    let parts = Parts::split(message.as_bytes());
    now(check(&mut Keys::new(zone), &parts, 1_000))
}

#[test]
fn a_chain_without_keys_is_well_formed_and_fails() {
    let found = checked(&Zone::default(), &[SEAL, SIGNATURE, RESULTS].concat());
    assert_eq!((found.result, found.instances), (ArcResult::Fail, 1));
    assert_eq!(
        found.reason.as_deref(),
        Some("there is no key for the signature")
    );
    assert_eq!(found.sets[0].results, "mx.example.org; none");
    let silent = Zone::default().silent("s._domainkey.example.org");
    let found = checked(&silent, &[SEAL, SIGNATURE, RESULTS].concat());
    assert_eq!(found.result, ArcResult::TempError);
    assert_eq!(checked(&silent, "").result, ArcResult::None);
}

#[test]
fn what_is_no_chain_fails_before_the_dns_is_asked() {
    let zone = Zone::default();
    let whole = |seal: &str, signature: &str, results: &str| [seal, signature, results].concat();
    let seal = |from: &str, to: &str| whole(&SEAL.replace(from, to), SIGNATURE, RESULTS);
    let signature = |from: &str, to: &str| whole(SEAL, &SIGNATURE.replace(from, to), RESULTS);
    for fields in [
        whole(SEAL, SIGNATURE, ""),
        whole(SEAL, "", RESULTS),
        whole("", SIGNATURE, RESULTS),
        [SEAL, SEAL, SIGNATURE, SIGNATURE, RESULTS, RESULTS].concat(),
        whole(SEAL, SIGNATURE, &RESULTS.replace("i=1", "i=2")),
        whole(SEAL, SIGNATURE, &RESULTS.replace("i=1; ", "")),
        seal("i=1", "i=0"),
        seal("i=1", "i=51"),
        seal("i=1", "i=x"),
        seal("i=1; ", ""),
        seal("cv=none; ", ""),
        seal("cv=none", "cv=maybe"),
        seal("cv=none", "cv=pass"),
        seal("cv=none", "cv=fail"),
        seal("rsa-sha256", "rsa-sha1"),
        seal("t=1", "h=from"),
        seal("t=1", "bh=AAAA"),
        seal("t=1", "t=never"),
        seal("d=example.org; ", ""),
        seal("d=example.org", "d=ex ample.org"),
        seal("b=AAAA", "b="),
        seal("b=AAAA", "b=?"),
        signature("h=from", "h=from:arc-seal"),
        signature("h=from; ", ""),
        signature("rsa-sha256", "rsa-sha1"),
        signature("c=relaxed/relaxed", "c=strict"),
        signature("b=AAAA", ""),
    ] {
        let found = checked(&zone, &fields);
        assert_eq!(found.result, ArcResult::Fail, "{fields}");
    }
    assert_eq!(zone.asked.load(std::sync::atomic::Ordering::Relaxed), 0);
    let long = [SEAL, SIGNATURE, RESULTS].concat().repeat(51);
    assert_eq!(
        checked(&zone, &long).reason.as_deref(),
        Some("the chain is too long")
    );
    let large = format!(
        "ARC-Authentication-Results: i=1; {}\r\n",
        "x".repeat(300_000)
    );
    let found = checked(&zone, &whole(SEAL, SIGNATURE, &large));
    assert_eq!(
        found.reason.as_deref(),
        Some("the chain is too large to be checked")
    );
}

#[test]
fn a_chain_that_was_called_broken_has_ended() {
    let fields = [&SEAL.replace("cv=none", "cv=fail"), SIGNATURE, RESULTS].concat();
    assert!(checked(&Zone::default(), &fields).ended);
    // Also when it cannot be read otherwise.
    assert!(checked(&Zone::default(), &SEAL.replace("cv=none", "cv=FAIL")).ended);
}
