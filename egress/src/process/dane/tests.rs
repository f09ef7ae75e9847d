use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData};
use std::time::Duration;

use super::*;

const NAME: &str = "mx.example.org";

/// An authority, a certificate of its for [`NAME`], and the key of that.
fn chain() -> (CertificateDer<'static>, CertificateDer<'static>, KeyPair) {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let parameters = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let certificate = parameters.signed_by(&key, &authority).unwrap();
    (authority.der().clone(), certificate.der().clone(), key)
}

fn tlsa(usage: u8, selector: u8, matching: u8, data: &[u8]) -> Record {
    Record::Tlsa {
        usage,
        selector,
        matching,
        data: data.to_vec(),
    }
}

fn published(records: &[Record]) -> Published {
    Published::of(records, vec![NAME.to_owned()])
}

fn usable(records: &[Record]) -> Dane {
    match published(records) {
        Published::Usable(dane) => dane,
        other => panic!("{other:?}"),
    }
}

fn check(
    records: &[Record],
    certificate: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
) -> Result<(), TlsResult> {
    let provider = rustls::crypto::ring::default_provider();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_780_272_000));
    usable(records)
        .check(
            certificate,
            others,
            now,
            &provider.signature_verification_algorithms,
        )
        .map_err(|flaw| flaw.result)
}

#[test]
fn every_selector_and_matching_type_of_a_server_is_understood() {
    let (_, certificate, key) = chain();
    let spki = key.subject_public_key_info();
    for record in [
        tlsa(3, 0, 0, &certificate),
        tlsa(3, 0, 1, &Sha256::digest(&certificate)),
        tlsa(3, 0, 2, &Sha512::digest(&certificate)),
        tlsa(3, 1, 0, &spki),
        tlsa(3, 1, 1, &Sha256::digest(&spki)),
        tlsa(3, 1, 2, &Sha512::digest(&spki)),
    ] {
        assert_eq!(check(&[record], &certificate, &[]), Ok(()));
    }
    let wrong = tlsa(3, 1, 1, &Sha256::digest(&certificate));
    assert_eq!(
        check(&[wrong], &certificate, &[]),
        Err(TlsResult::ValidationFailure)
    );
}

#[test]
fn an_authority_must_stand_in_the_chain_or_whole_in_the_record() {
    let (authority, certificate, _) = chain();
    let (stranger, ..) = chain();
    let presented = [authority.clone()];
    let hash = tlsa(2, 0, 1, &Sha256::digest(&authority));
    let whole = tlsa(2, 0, 0, &authority);
    assert_eq!(
        check(std::slice::from_ref(&hash), &certificate, &presented),
        Ok(())
    );
    assert_eq!(check(&[whole], &certificate, &[]), Ok(()));
    assert_eq!(
        check(&[hash], &certificate, &[]),
        Err(TlsResult::ValidationFailure)
    );
    // The authority that the domain vouches for is there, but did not sign.
    let other = tlsa(2, 0, 1, &Sha256::digest(&stranger));
    assert_eq!(
        check(&[other], &certificate, &[authority, stranger]),
        Err(TlsResult::CertificateNotTrusted)
    );
}

#[test]
fn unusable_records_are_told_from_none() {
    assert_eq!(published(&[]), Published::Nothing);
    assert_eq!(published(&[Record::Txt(Vec::new())]), Published::Nothing);
    let digest = [0xab; 32];
    for record in [
        tlsa(0, 1, 1, &digest),
        tlsa(1, 1, 1, &digest),
        tlsa(4, 1, 1, &digest),
        tlsa(3, 2, 1, &digest),
        tlsa(3, 1, 3, &digest),
        tlsa(3, 1, 1, &digest[1..]),
        tlsa(3, 1, 2, &digest),
        tlsa(3, 1, 0, &[]),
        tlsa(3, 1, 0, &vec![0; DATA_OCTETS_MAX + 1]),
    ] {
        let published = published(std::slice::from_ref(&record));
        assert!(matches!(published, Published::Unusable(_)), "{record:?}");
        let mut both = vec![record];
        both.push(tlsa(3, 1, 1, &digest));
        assert_eq!(usable(&both).records.len(), 1);
    }
    let dane = usable(&[tlsa(3, 1, 1, &digest)]);
    assert_eq!(
        dane.policy_strings(),
        [format!("3 1 1 {}", "ab".repeat(32))]
    );
}

#[test]
fn only_the_strongest_digest_counts() {
    let (_, certificate, key) = chain();
    let spki = key.subject_public_key_info();
    let right = tlsa(3, 1, 1, &Sha256::digest(&spki));
    let stronger = tlsa(3, 1, 2, &[0; 64]);
    // RFC 7671 9: whoever can break the weaker one gains nothing.
    assert_eq!(
        check(&[right.clone(), stronger], &certificate, &[]),
        Err(TlsResult::ValidationFailure)
    );
    let elsewhere = tlsa(3, 0, 2, &[0; 64]);
    assert_eq!(check(&[right, elsewhere], &certificate, &[]), Ok(()));
}

#[test]
fn no_more_records_than_allowed_are_looked_at() {
    let many: Vec<_> = (0..200).map(|n| tlsa(3, 1, 1, &[n; 32])).collect();
    assert_eq!(usable(&many).records.len(), RECORDS_MAX);
}

#[test]
fn certificates_that_are_none_match_nothing() {
    let nonsense = CertificateDer::from(vec![0x30, 0x82, 0xff]);
    let record = tlsa(3, 1, 1, &[0; 32]);
    assert_eq!(
        check(&[record], &nonsense, std::slice::from_ref(&nonsense)),
        Err(TlsResult::ValidationFailure)
    );
}
