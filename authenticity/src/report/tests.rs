//! Reports counted, written, sent and read again, and those that are traps.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::verdict::{Dmarc, DmarcRecord, DmarcResult, Policy, ReportAddress, Verdict};

fn sender() -> Sender {
    Sender {
        organization: "Söhne&<Co>".into(),
        address: "postmaster@mx.example.org".into(),
        host: "mx.example.org".into(),
    }
}

fn verdict(domain: &str) -> Verdict {
    Verdict {
        dmarc: Dmarc {
            result: DmarcResult::Fail,
            domain: domain.into(),
            record: Some(DmarcRecord {
                domain: domain.into(),
                p: Some(Policy::Reject),
                rua: vec![ReportAddress {
                    address: format!("d@{domain}"),
                    octets_max: None,
                }],
                ..DmarcRecord::default()
            }),
            ..Dmarc::default()
        },
        ..Verdict::default()
    }
}

fn arrived(last: u8) -> Arrived<'static> {
    Arrived {
        ip: [192, 0, 2, last].into(),
        reverse_path: "x@Example.NET",
    }
}

const REFUSED: Applied<'static> = Applied {
    disposition: Policy::Reject,
    reason: None,
};

#[test]
fn what_came_is_counted_by_domain_and_alike() {
    let mut tally = Tally::default();
    for last in [1, 1, 2] {
        tally.note(&verdict("example.com"), arrived(last), REFUSED);
    }
    let local = Applied {
        disposition: Policy::None,
        reason: Some(("local_policy", "known list")),
    };
    tally.note(&verdict("example.net"), arrived(1), local);
    // Who does not want reports is not counted.
    let mut silent = verdict("example.info");
    silent.dmarc.record.as_mut().unwrap().rua.clear();
    tally.note(&silent, arrived(1), REFUSED);

    let reports = tally.reports(&sender(), 1_000, 2_000);
    let (report, addresses) = &reports[0];
    assert_eq!(
        (
            report.policy.domain.as_str(),
            report.rows.len(),
            report.messages()
        ),
        ("example.com", 2, 3)
    );
    assert_eq!(addresses[0].address, "d@example.com");
    assert_eq!(reports.len(), 2);
    assert_eq!(
        reports[1].0.rows[0].overrides,
        [("local_policy".to_owned(), "known list".to_owned())]
    );
    assert_eq!(
        postcard::from_bytes::<Tally>(&postcard::to_allocvec(&tally).unwrap()).unwrap(),
        tally
    );
}

#[test]
fn one_domain_does_not_take_the_others_room() {
    let mut tally = Tally::default();
    for number in 0..12_000_u32 {
        let arrived = Arrived {
            ip: std::net::Ipv4Addr::from(number).into(),
            reverse_path: "",
        };
        tally.note(&verdict("example.com"), arrived, REFUSED);
    }
    assert_eq!(tally.left_out, 2_000);
    tally.note(&verdict("example.net"), arrived(1), REFUSED);
    let reports = tally.reports(&sender(), 1, 2);
    assert_eq!(
        (reports[0].0.rows.len(), reports[1].0.rows.len()),
        (10_000, 1)
    );
    assert_eq!(
        reports[0].0.errors,
        ["2000 more messages found no room in this report"]
    );
}

#[test]
fn a_report_is_read_from_its_own_mail() {
    let mut tally = Tally::default();
    tally.note(&verdict("example.com"), arrived(1), REFUSED);
    let (report, _) = tally.reports(&sender(), 1_000, 2_000).remove(0);
    let mail = report.to_mail(&sender(), &["d@example.com", "e@example.com"]);
    let text = String::from_utf8(mail.clone()).unwrap();
    assert!(
        text.starts_with(
            "From: <postmaster@mx.example.org>\r\nTo: <d@example.com>,\r\n\t<e@example.com>\r\n"
        ),
        "{text}"
    );
    assert!(text.contains("filename=\"mx.example.org!example.com!1000!2000.xml.gz\""));
    assert!(
        text.contains("\r\nDate: Thu, 1 Jan 1970 00:33:20 +0000\r\n"),
        "{text}"
    );
    assert_eq!(read(&mail), Ok(Received::Dmarc(report.clone())));
    assert_eq!(
        read(report.to_xml().as_bytes()),
        Ok(Received::Dmarc(report))
    );
}

#[test]
fn tls_sessions_are_counted_and_their_report_read_again() {
    let mut tally = TlsTally::default();
    let policy = TlsPolicy {
        policy_type: TlsPolicyKind::Sts,
        policy_string: vec!["version: STSv1".into()],
        policy_domain: "example.com".into(),
        mx_host: vec!["mx.example.com".into()],
    };
    let failure = TlsFailure {
        result_type: "certificate-expired".into(),
        ..TlsFailure::default()
    };
    tally.note("example.com", &policy, None);
    tally.note("example.com", &policy, Some(&failure));
    tally.note("example.com", &policy, Some(&failure));
    let (domain, report) = tally.reports(&sender(), 0, 86_399).remove(0);
    assert_eq!(report.policies[0].summary.total_failure_session_count, 2);
    assert_eq!(
        report.policies[0].failure_details[0].failed_session_count,
        2
    );
    assert!(report.to_json().contains(r#""policy-type": "sts""#));
    let mail = report.to_mail(&sender(), &domain, &["t@example.com"], 0, 86_399);
    assert!(String::from_utf8_lossy(&mail).contains("\r\nTLS-Report-Domain: example.com\r\n"));
    assert_eq!(read(&mail), Ok(Received::Tls(report)));
}

/// RFC 8460 appendix B, shortened: hosts as one text.
#[test]
fn a_tls_report_of_others_is_read() {
    let json = br#"{"organization-name":"Company-X","date-range":{"start-datetime":"2016-04-01T00:00:00Z","end-datetime":"2016-04-01T23:59:59Z"},
        "contact-info":"sts-reporting@company-x.example","report-id":"5065427c","policies":[{"policy":{"policy-type":"sts",
        "policy-string":["version: STSv1"],"policy-domain":"company-y.example","mx-host":"*.mail.company-y.example"},
        "summary":{"total-successful-session-count":5326,"total-failure-session-count":303},"failure-details":[{"result-type":
        "certificate-expired","sending-mta-ip":"2001:db8:abcd:0012::1","failed-session-count":100}]}]}"#;
    let report = TlsReport::parse_json(json).unwrap();
    assert_eq!(report.policies[0].summary.total_failure_session_count, 303);
    assert_eq!(
        report.policies[0].policy.mx_host,
        ["*.mail.company-y.example"]
    );
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_unpacks_to_more_than_a_report_is_refused() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    assert_eq!(read(&bomb), Err(ReportError::TooLarge));
    assert_eq!(read(&gzip(&bomb)), Err(ReportError::None));
    let many = format!("<feedback>{}</feedback>", "<record/>".repeat(60_000));
    assert_eq!(read(many.as_bytes()), Err(ReportError::TooLarge));
    let many = format!("{{\"policies\":[{}]}}", "{},".repeat(60_000));
    assert_eq!(read(many.as_bytes()), Err(ReportError::TooLarge));
    assert_eq!(read(b"PK\x03\x04nonsense"), Err(ReportError::Packed));
    assert_eq!(read(&gzip(b"<feedback>")[..20]), Err(ReportError::Packed));
    assert_eq!(
        read(b"Subject: hello\r\n\r\nNothing here.\r\n"),
        Err(ReportError::None)
    );
    assert!(matches!(
        read(b"<feedback></feedback>"),
        Err(ReportError::Malformed(_))
    ));
}

#[test]
fn words_of_others_cannot_change_the_report() {
    let report = AggregateReport {
        organization: "a</org_name><x>&\u{1}\u{1b}[31m".into(),
        policy: PublishedPolicy {
            domain: "example.com".into(),
            p: "none".into(),
            ..PublishedPolicy::default()
        },
        ..AggregateReport::default()
    };
    let again = AggregateReport::parse_xml(report.to_xml().as_bytes()).unwrap();
    assert_eq!(again.organization, "a</org_name><x>&[31m");
}

proptest! {
    #[test]
    fn reports_are_the_same_after_their_xml(
        rows in proptest::collection::vec(("[a-z]{1,9}\\.example", 0_u64..4_000_000_000, any::<u32>(), any::<bool>()), 0..8),
        // `mail-auth` drops white space beside `&`, `<` and their like.
        organization in "[a-z]([a-z&<>'\"]{0,7}[a-z])?( [a-z]{1,9}){0,2}",
    ) {
        let rows = rows.into_iter().map(|(name, count, ip, aligned)| AggregateRow {
            source_ip: Some(std::net::Ipv4Addr::from(ip).into()),
            count,
            disposition: "quarantine".into(),
            dkim_aligned: aligned,
            header_from: name.clone(),
            envelope_from: name.clone(),
            dkim: vec![DkimLine { domain: name.clone(), selector: "s".into(), result: "temperror".into() }],
            spf: vec![SpfLine { domain: name, scope: "mfrom".into(), result: "softfail".into() }],
            ..AggregateRow::default()
        });
        let report = AggregateReport {
            organization: organization.trim().to_owned(),
            begin: 5,
            end: 9,
            policy: PublishedPolicy { domain: "example.com".into(), p: "none".into(), adkim: "r".into(), ..PublishedPolicy::default() },
            rows: rows.collect(),
            ..AggregateReport::default()
        };
        prop_assert_eq!(AggregateReport::parse_xml(report.to_xml().as_bytes()), Ok(report));
    }
}
