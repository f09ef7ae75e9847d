//! Policies found and applied.

use super::*;
use crate::dns::zone::{Zone, now};
use crate::verdict::DkimSignature;

struct Case<'a> {
    from: &'a str,
    spf: Option<(&'a str, SpfResult)>,
    dkim: Option<(&'a str, DkimResult)>,
    percentile: u8,
}

const UNSIGNED: Case<'static> = Case {
    from: "anna@example.org",
    spf: None,
    dkim: None,
    percentile: 0,
};

fn checked(zone: &Zone, case: &Case<'_>) -> Dmarc {
    let message = format!("From: {}\r\n\r\n", case.from);
    let parts = Parts::split(message.as_bytes());
    let spf = case
        .spf
        .map(|(domain, result)| Spf::of(domain.into(), result))
        .unwrap_or_default();
    let signatures = case.dkim.map(|(domain, result)| DkimSignature {
        domain: domain.into(),
        result,
        ..DkimSignature::default()
    });
    let dkim = Dkim {
        signatures: signatures.into_iter().collect(),
        ..Dkim::default()
    };
    let percentile = case.percentile;
    now(check(
        zone,
        &parts,
        Evidence {
            spf: &spf,
            dkim: &dkim,
            percentile,
        },
    ))
}

fn strict_zone() -> Zone {
    Zone::default().txt(
        "_dmarc.example.org",
        "v=DMARC1; p=reject; sp=quarantine; np=none",
    )
}

#[test]
fn an_aligned_pass_is_enough() {
    let zone = strict_zone();
    let dkim = Some(("mail.example.org", DkimResult::Pass));
    let found = checked(&zone, &Case { dkim, ..UNSIGNED });
    assert_eq!(
        (found.result, found.dkim_aligned, found.disposition),
        (DmarcResult::Pass, true, Policy::None)
    );
    let spf = Some(("example.org", SpfResult::Pass));
    assert!(checked(&zone, &Case { spf, ..UNSIGNED }).spf_aligned);
    let spf = Some(("example.net", SpfResult::Pass));
    let found = checked(&zone, &Case { spf, ..UNSIGNED });
    assert_eq!(
        (found.result, found.disposition),
        (DmarcResult::Fail, Policy::Reject)
    );
}

#[test]
fn strict_alignment_wants_the_same_name() {
    let zone = Zone::default().txt("_dmarc.example.org", "v=DMARC1; p=reject; adkim=s");
    let dkim = Some(("mail.example.org", DkimResult::Pass));
    assert_eq!(
        checked(&zone, &Case { dkim, ..UNSIGNED }).result,
        DmarcResult::Fail
    );
}

#[test]
fn subdomains_have_policies_of_their_own() {
    let zone = strict_zone().a("there.example.org", [192, 0, 2, 1]);
    let found = checked(
        &zone,
        &Case {
            from: "x@there.example.org",
            ..UNSIGNED
        },
    );
    assert_eq!(
        (found.policy, found.organization.as_str()),
        (Policy::Quarantine, "example.org")
    );
    let found = checked(
        &zone,
        &Case {
            from: "x@missing.example.org",
            ..UNSIGNED
        },
    );
    assert_eq!(found.policy, Policy::None);
}

#[test]
fn a_public_suffix_is_no_organization() {
    let zone = Zone::default()
        .txt("_dmarc.example", "v=DMARC1; p=reject; psd=y")
        .a("bank.example", [192, 0, 2, 1]);
    let dkim = Some(("other.example", DkimResult::Pass));
    let found = checked(
        &zone,
        &Case {
            from: "x@bank.example",
            dkim,
            ..UNSIGNED
        },
    );
    assert_eq!(
        (found.result, found.organization.as_str(), found.policy),
        (DmarcResult::Fail, "bank.example", Policy::Reject)
    );
}

#[test]
fn test_mode_and_sample_make_it_milder() {
    let zone = Zone::default().txt("_dmarc.example.org", "v=DMARC1; p=reject; t=y");
    assert_eq!(checked(&zone, &UNSIGNED).disposition, Policy::Quarantine);
    let zone = Zone::default().txt("_dmarc.example.org", "v=DMARC1; p=reject; pct=30");
    assert_eq!(
        checked(
            &zone,
            &Case {
                percentile: 29,
                ..UNSIGNED
            }
        )
        .disposition,
        Policy::Reject
    );
    assert_eq!(
        checked(
            &zone,
            &Case {
                percentile: 30,
                ..UNSIGNED
            }
        )
        .disposition,
        Policy::Quarantine
    );
}

#[test]
fn without_an_answer_nothing_is_refused() {
    let zone = Zone::default().silent("_dmarc.example.org");
    let found = checked(&zone, &UNSIGNED);
    assert_eq!(
        (found.result, found.disposition),
        (DmarcResult::TempError, Policy::None)
    );
    let dkim = Some(("example.org", DkimResult::TempError));
    let found = checked(&strict_zone(), &Case { dkim, ..UNSIGNED });
    assert_eq!(
        (found.result, found.disposition),
        (DmarcResult::TempError, Policy::None)
    );
}

#[test]
fn two_records_are_none() {
    let zone = strict_zone().txt("_dmarc.example.org", "v=DMARC1; p=none");
    assert_eq!(checked(&zone, &UNSIGNED).result, DmarcResult::None);
}

#[test]
fn of_several_authors_the_one_that_fares_worst_counts() {
    let zone = strict_zone().txt("_dmarc.example.net", "v=DMARC1; p=quarantine");
    let dkim = Some(("example.net", DkimResult::Pass));
    for from in [
        "a@example.org, b@example.net",
        "b@example.net, a@example.org",
    ] {
        let found = checked(
            &zone,
            &Case {
                from,
                dkim,
                ..UNSIGNED
            },
        );
        assert_eq!(
            (found.result, found.domain.as_str(), found.disposition),
            (DmarcResult::Fail, "example.org", Policy::Reject)
        );
        let found = checked(&zone, &Case { from, ..UNSIGNED });
        assert_eq!(
            (found.domain.as_str(), found.policy),
            ("example.org", Policy::Reject)
        );
    }
    let from = "a@a.example, a@b.example, a@c.example, a@d.example, a@e.example";
    assert_eq!(
        checked(&zone, &Case { from, ..UNSIGNED }).result,
        DmarcResult::PermError
    );
    let from = "a@example.net, nobody";
    assert_eq!(
        checked(
            &zone,
            &Case {
                from,
                dkim,
                ..UNSIGNED
            }
        )
        .result,
        DmarcResult::PermError
    );
}

#[test]
fn a_long_name_costs_eight_questions() {
    let zone = Zone::default();
    let from = format!("x@{}example.org", "a.".repeat(100));
    checked(
        &zone,
        &Case {
            from: &from,
            ..UNSIGNED
        },
    );
    assert_eq!(zone.asked.load(std::sync::atomic::Ordering::Relaxed), 8);
}

#[test]
fn reports_go_outside_only_where_they_are_wanted() {
    let zone = strict_zone()
        .txt("example.org._report._dmarc.agrees.example", "v=DMARC1;")
        .txt("example.org._report._dmarc.other.example", "v=spf1 -all")
        .silent("example.org._report._dmarc.silent.example");
    let address = |address: &str| ReportAddress {
        address: address.into(),
        octets_max: None,
    };
    let wanted = [
        address("a@example.org"),
        address("a@mail.example.org"),
        address("a@agrees.example"),
        address("a@other.example"),
        address("a@missing.example"),
        address("nonsense"),
    ];
    let allowed = now(report_addresses(&zone, "example.org", &wanted)).unwrap();
    assert_eq!(allowed, wanted[..3]);
    let silent = [address("a@silent.example")];
    let fault = now(report_addresses(&zone, "example.org", &silent));
    assert_eq!(fault, Err(DnsFault::Unavailable));
}
