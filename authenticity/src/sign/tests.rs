//! What is signed here passes the checks here, and what was changed does not. Other programs check it in the tests of the whole.

use proptest::prelude::*;

use super::*;
use crate::dns::zone::{Zone, now};
use crate::{Arrival, DkimResult, DmarcResult, authenticate};

fn ed25519() -> SigningKey {
    SigningKey::generate(KeyKind::Ed25519).unwrap()
}

fn signer(selector: &str, domain: &str, key: SigningKey, zone: Zone) -> (Signer, Zone) {
    let zone = zone.txt(&format!("{selector}._domainkey.{domain}"), key.dns_text());
    (
        Signer::new(domain, vec![(selector.to_owned(), Arc::new(key))]).unwrap(),
        zone,
    )
}

fn verdict(zone: &Zone, message: &[u8]) -> Verdict {
    let arrival = Arrival {
        ip: "192.0.2.1".parse().unwrap(),
        helo: "mx.example.org",
        reverse_path: "anna@example.org",
        message,
        now: 2_000,
        host: "here.example.net",
    };
    now(authenticate(zone, &arrival))
}

const MESSAGE: &str = "From: Anna <anna@example.org>\r\nTo: ben@example.net\r\nSubject: a  long\r\n subject\r\n\r\nbody  text \r\n\r\n";
const SMTP: Smtp<'static> = Smtp {
    ip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    helo: "mx.example.org",
    reverse_path: "anna@example.org",
};

#[test]
fn a_new_rsa_key_signs_and_is_the_same_after_its_file() {
    let key = SigningKey::generate(KeyKind::Rsa).unwrap();
    let again = SigningKey::from_pem(&key.to_pem()).unwrap();
    assert_eq!(key.dns_text(), again.dns_text());
    assert!(!format!("{key:?}").contains(&STANDARD.encode(key.to_pem().as_bytes())[..40]));
    let (rsa, zone) = signer("r1", "example.org", again, Zone::default());
    let edwards = ed25519();
    let zone = zone.txt("e1._domainkey.example.org", edwards.dns_text());
    let keys = vec![rsa.keys[0].clone(), ("e1".to_owned(), Arc::new(edwards))];
    let both = Signer::new("example.org", keys).unwrap();
    let signed = format!("{}{MESSAGE}", both.sign(MESSAGE.as_bytes(), 1_000).unwrap());
    let found = verdict(
        &zone.txt("_dmarc.example.org", "v=DMARC1; p=reject"),
        signed.as_bytes(),
    );
    let results: Vec<_> = found
        .dkim
        .signatures
        .iter()
        .map(|one| (one.result, one.algorithm.as_str(), one.key_bits))
        .collect();
    assert_eq!(
        results,
        [
            (DkimResult::Pass, "rsa-sha256", 2_048),
            (DkimResult::Pass, "ed25519-sha256", 256)
        ]
    );
    assert_eq!(found.dmarc.result, DmarcResult::Pass);
    assert!(signed.lines().all(|line| line.len() <= 78), "{signed}");
}

#[test]
fn additions_and_changes_break_the_signature() {
    let (signer, zone) = signer("s", "example.org", ed25519(), Zone::default());
    let field = signer.sign(MESSAGE.as_bytes(), 1_000).unwrap();
    let result = |message: String| verdict(&zone, message.as_bytes()).dkim.signatures[0].result;
    assert_eq!(
        result(format!("Received: x\r\n{field}{MESSAGE}")),
        DkimResult::Pass
    );
    assert_eq!(
        result(format!(
            "{field}{}",
            MESSAGE.replace("body  text ", "body text")
        )),
        DkimResult::Pass
    );
    assert_eq!(
        result(format!("{field}{}", MESSAGE.replace("body", "Body"))),
        DkimResult::Fail
    );
    assert_eq!(
        result(format!("From: x@example.net\r\n{field}{MESSAGE}")),
        DkimResult::Fail
    );
    assert_eq!(
        result(format!("{field}Reply-To: x@example.net\r\n{MESSAGE}")),
        DkimResult::Fail
    );
    assert_eq!(
        signer.sign(b"To: x@example.net\r\n\r\n", 1),
        Err(SignError::NoAuthor)
    );
}

#[test]
fn a_chain_goes_on_from_sealer_to_sealer() {
    let (first, zone) = signer("s", "one.example", ed25519(), Zone::default());
    let second_key = SigningKey::generate(KeyKind::Ed25519).unwrap();
    let (second, zone) = signer("s", "two.example", second_key, zone);
    let arrived = verdict(&zone, MESSAGE.as_bytes());
    let once = format!(
        "{}{MESSAGE}",
        first
            .seal(MESSAGE.as_bytes(), &arrived, "mx.one.example", &SMTP, 1_000)
            .unwrap()
    );
    let arrived = verdict(&zone, once.as_bytes());
    assert_eq!(
        (arrived.arc.result, arrived.arc.instances),
        (ArcResult::Pass, 1),
        "{:?}",
        arrived.arc
    );
    assert!(
        arrived.arc.sets[0]
            .results
            .starts_with("mx.one.example; spf=none"),
        "{:?}",
        arrived.arc
    );

    let changed = once.replace("\r\nbody", "\r\nA list added this.\r\nbody");
    let twice = format!(
        "{}{changed}",
        second
            .seal(changed.as_bytes(), &arrived, "mx.two.example", &SMTP, 1_001)
            .unwrap()
    );
    let arrived = verdict(&zone, twice.as_bytes());
    assert_eq!(
        (arrived.arc.result, arrived.arc.instances),
        (ArcResult::Pass, 2),
        "{:?}",
        arrived.arc
    );

    let broken = twice.replace("A list", "Someone");
    let arrived = verdict(&zone, broken.as_bytes());
    assert_eq!(arrived.arc.result, ArcResult::Fail);
    let third = format!(
        "{}{broken}",
        first
            .seal(broken.as_bytes(), &arrived, "mx.one.example", &SMTP, 1_002)
            .unwrap()
    );
    let arrived = verdict(&zone, third.as_bytes());
    assert_eq!(
        (arrived.arc.result, arrived.arc.ended),
        (ArcResult::Fail, true)
    );
    assert_eq!(
        first.seal(third.as_bytes(), &arrived, "x", &SMTP, 1_003),
        Err(SignError::ChainEnded)
    );
}

#[test]
fn what_lay_here_is_sealed_by_what_its_results_say() {
    let (first, zone) = signer("s", "one.example", ed25519(), Zone::default());
    let results = |message: &str| {
        let arrived = verdict(&zone, message.as_bytes());
        crate::authentication_results(&arrived, "mx.one.example", &SMTP)
    };
    let seal = |message: &str, now| first.seal_kept(message.as_bytes(), "MX.one.example", now);
    assert_eq!(seal(MESSAGE, 1), Ok(None), "nobody judged it");

    let kept = format!("{}{MESSAGE}", results(MESSAGE));
    let once = format!("{}{kept}", seal(&kept, 1_000).unwrap().unwrap());
    let arrived = verdict(&zone, once.as_bytes());
    assert_eq!(
        (arrived.arc.result, arrived.arc.instances),
        (ArcResult::Pass, 1),
        "{:?}",
        arrived.arc
    );
    let said = &arrived.arc.sets[0].results;
    assert!(said.starts_with("mx.one.example; spf=none"), "{said}");

    let again = format!("{}{once}", results(&once));
    let twice = format!("{}{again}", seal(&again, 1_001).unwrap().unwrap());
    let arrived = verdict(&zone, twice.as_bytes());
    assert_eq!(
        (arrived.arc.result, arrived.arc.instances),
        (ArcResult::Pass, 2),
        "{:?}",
        arrived.arc
    );

    let broken = twice.replace("body", "Body");
    let broken = format!("{}{broken}", results(&broken));
    assert_eq!(seal(&broken, 1_002), Err(SignError::ChainEnded));
    let forged = format!(
        "Authentication-Results: mx.one.example; spf=none (x; arc=pass) smtp.helo=\"; arc=pass;\"\r\n{once}"
    );
    assert_eq!(seal(&forged, 1_003), Err(SignError::ChainUnknown));
}

#[test]
fn keys_and_names_are_checked_before_anything_is_signed() {
    assert_eq!(
        SigningKey::from_pem("nonsense").unwrap_err(),
        KeyError::Unreadable
    );
    assert_eq!(
        Signer::new("example.org", Vec::new()).unwrap_err(),
        KeyError::Count
    );
    let key = Arc::new(ed25519());
    assert_eq!(
        Signer::new("exa mple.org", vec![("s".into(), Arc::clone(&key))]).unwrap_err(),
        KeyError::Name
    );
    assert_eq!(
        Signer::new("example.org", vec![("s;x".into(), key)]).unwrap_err(),
        KeyError::Name
    );
}

#[test]
fn a_record_is_cut_into_strings_the_dns_can_hold() {
    let strings = txt_strings(&"a".repeat(600));
    assert_eq!(
        strings.iter().map(String::len).collect::<Vec<_>>(),
        [255, 255, 90]
    );
    assert_eq!(
        zone_line("x.example", "a\"b"),
        "x.example. IN TXT \"a\\\"b\""
    );
}

proptest! {
    #[test]
    fn whatever_is_signed_passes(
        subject in "[ -~]{0,120}",
        body in "([ -~\t]{0,100}\r\n){0,8}",
        extra in "(X-[a-z]{1,8}: [ -~]{0,40}\r\n){0,4}",
    ) {
        let message = format!("From: anna@example.org\r\nSubject: {subject}\r\n{extra}\r\n{body}");
        let (signer, zone) = signer("s", "example.org", ed25519(), Zone::default());
        let signed = format!("{}{message}", signer.sign(message.as_bytes(), 1_000).unwrap());
        let found = verdict(&zone, signed.as_bytes());
        prop_assert_eq!(found.dkim.result, DkimResult::Pass, "{:?}", found.dkim);
    }
}
