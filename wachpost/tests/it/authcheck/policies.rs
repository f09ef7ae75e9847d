//! DMARC: the examples of RFC 9989 (appendix B) and what lies at their edges, with SPF as what passes or not.

use serde_json::Value;

use super::name_server::{NameServer, Record, Zone};
use super::{Conversation, check};

/// May send for the domains of [`zone`].
const GOOD: &str = "192.0.2.10";
/// May not.
const BAD: &str = "198.51.100.66";

/// What is published.
fn zone() -> Zone {
    let mut zone = Zone::default();
    for (name, policy) in [
        (
            "example.com",
            "v=DMARC1; p=reject; rua=mailto:dmarc@example.com",
        ),
        ("example.net", "v=DMARC1; p=none; sp=reject"),
        ("example.biz", "v=DMARC1; p=none; sp=quarantine; np=reject"),
        ("strict.example", "v=DMARC1; p=quarantine; aspf=s"),
        ("test.example", "v=DMARC1; p=reject; t=y"),
        ("half.example", "v=DMARC1; p=quarantine; pct=0"),
        ("useless.example", "v=DMARC1; sp=reject"),
        (
            "reports.example",
            "v=DMARC1; p=nonsense; rua=mailto:d@reports.example",
        ),
        ("ragged.example", "v=DMARC1; p=reject; nonsense; ;adkim=x"),
        ("late.example", "p=reject; v=DMARC1"),
        ("bank", "v=DMARC1; p=reject; np=reject; psd=y"),
        ("own.part.example.com", "v=DMARC1; p=none; psd=n"),
    ] {
        zone = zone.txt(&format!("_dmarc.{name}"), policy);
    }
    for domain in [
        "example.com",
        "mail.example.com",
        "mail.strict.example",
        "strict.example",
        "attacker.example",
        "own.part.example.com",
    ] {
        zone = zone.txt(domain, "v=spf1 ip4:192.0.2.10 -all");
    }
    // Names that exist.
    for name in ["there.example.biz", "a.example.net", "first.bank"] {
        zone.add(name, Record::A([192, 0, 2, 1].into()));
    }
    zone = zone
        .txt("_dmarc.two.example", "v=DMARC1; p=reject")
        .txt("_dmarc.two.example", "v=DMARC1; p=none");
    zone.add("_dmarc.silent.example", Record::Failing(None));
    zone
}

/// Who writes, for whom SPF is asked, from where; then the result, the policy and what is wanted.
const CASES: [(&str, &str, &str, &str, &str, &str); 28] = [
    // RFC 9989 B.1.1: the same domain, and one below it.
    (
        "a@example.com",
        "a@example.com",
        GOOD,
        "pass",
        "reject",
        "none",
    ),
    (
        "a@example.com",
        "a@mail.example.com",
        GOOD,
        "pass",
        "reject",
        "none",
    ),
    (
        "a@Example.COM",
        "a@EXAMPLE.com",
        GOOD,
        "pass",
        "reject",
        "none",
    ),
    (
        "a@mail.example.com",
        "a@example.com",
        GOOD,
        "pass",
        "reject",
        "none",
    ),
    (
        "a@example.com",
        "a@example.com",
        BAD,
        "fail",
        "reject",
        "reject",
    ),
    (
        "a@example.com",
        "a@attacker.example",
        GOOD,
        "fail",
        "reject",
        "reject",
    ),
    ("a@example.com", "", GOOD, "fail", "reject", "reject"),
    (
        "a@unknown.example",
        "a@attacker.example",
        GOOD,
        "none",
        "none",
        "none",
    ),
    // Whose name only looks alike.
    (
        "a@example.com",
        "a@notexample.com",
        GOOD,
        "fail",
        "reject",
        "reject",
    ),
    // 4.7: of subdomains, and of names that are not there.
    ("a@a.example.net", "", BAD, "fail", "reject", "reject"),
    ("a@example.net", "", BAD, "fail", "none", "none"),
    (
        "a@there.example.biz",
        "",
        BAD,
        "fail",
        "quarantine",
        "quarantine",
    ),
    ("a@missing.example.biz", "", BAD, "fail", "reject", "reject"),
    (
        "a@a.b.c.missing.example.biz",
        "",
        BAD,
        "fail",
        "reject",
        "reject",
    ),
    // Strict alignment.
    (
        "a@strict.example",
        "a@mail.strict.example",
        GOOD,
        "fail",
        "quarantine",
        "quarantine",
    ),
    (
        "a@strict.example",
        "a@strict.example",
        GOOD,
        "pass",
        "quarantine",
        "none",
    ),
    // Milder: test mode, and outside the sample.
    ("a@test.example", "", BAD, "fail", "reject", "quarantine"),
    ("a@half.example", "", BAD, "fail", "quarantine", "none"),
    // Records that say nothing, less, or nonsense.
    ("a@useless.example", "", BAD, "none", "none", "none"),
    ("a@reports.example", "", BAD, "fail", "none", "none"),
    ("a@ragged.example", "", BAD, "fail", "reject", "reject"),
    ("a@late.example", "", BAD, "none", "none", "none"),
    ("a@two.example", "", BAD, "none", "none", "none"),
    // B.1.3 and 4.10: a public suffix speaks for who is silent, and is no organisation.
    (
        "a@first.bank",
        "a@second.bank",
        GOOD,
        "fail",
        "reject",
        "reject",
    ),
    ("a@x.first.bank", "", BAD, "fail", "reject", "reject"),
    // 4.10.2: an organisation of its own within another.
    (
        "a@own.part.example.com",
        "a@example.com",
        GOOD,
        "fail",
        "none",
        "none",
    ),
    (
        "a@own.part.example.com",
        "a@own.part.example.com",
        GOOD,
        "pass",
        "none",
        "none",
    ),
    // No answer is no reason to refuse.
    ("a@silent.example", "", BAD, "temperror", "none", "none"),
];

fn checked(server: &NameServer, from: &str, mail_from: &str, ip: &str) -> Value {
    let conversation = Conversation {
        ip,
        helo: "mx.nobody.example",
        mail_from,
        now: None,
    };
    let message = format!("From: <{from}>\r\nSubject: x\r\n\r\nx\r\n");
    check(server, &conversation, message.as_bytes())
}

#[test]
fn policies_are_found_and_applied() {
    let server = NameServer::start(zone());
    for (from, mail_from, ip, result, policy, disposition) in CASES {
        let found = checked(&server, from, mail_from, ip);
        let dmarc = &found["dmarc"];
        let words = (&dmarc["result"], &dmarc["policy"], &dmarc["disposition"]);
        assert_eq!(
            words,
            (&result.into(), &policy.into(), &disposition.into()),
            "{from} {mail_from} {ip}: {dmarc} {}",
            found["spf"]
        );
    }
    eprintln!("DMARC: {} cases passed", CASES.len());
}

#[test]
fn a_message_without_an_author_is_said_to_have_none() {
    let server = NameServer::start(zone());
    for from in ["nobody", "undisclosed:;"] {
        assert_eq!(
            checked(&server, from, "", BAD)["dmarc"]["result"],
            "permerror",
            "{from}"
        );
    }
    let two = checked(
        &server,
        "a@example.net>, <b@example.com",
        "a@example.net",
        BAD,
    );
    assert_eq!(two["dmarc"]["domain"], "example.com", "{two}");
    assert_eq!(two["dmarc"]["disposition"], "reject", "{two}");
}
