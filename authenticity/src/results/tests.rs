//! What is written, and what is taken out.

use proptest::prelude::*;

use super::*;
use crate::verdict::{DkimResult, DmarcRecord, DmarcResult, Iprev, IprevResult, Policy};

const SMTP: Smtp<'static> = Smtp {
    ip: IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    helo: "mx.example.net",
    reverse_path: "anna@example.net",
};

#[test]
fn the_field_says_what_was_found() {
    let mut verdict = Verdict::default();
    verdict.spf.result = SpfResult::Pass;
    verdict.dkim.signatures.push(DkimSignature {
        result: DkimResult::Pass,
        domain: "example.net".into(),
        selector: "s1".into(),
        algorithm: "rsa-sha256".into(),
        start: "ab/+cdef".into(),
        key_bits: 2_048,
        ..DkimSignature::default()
    });
    verdict.dmarc.result = DmarcResult::Pass;
    verdict.dmarc.domain = "example.net".into();
    verdict.dmarc.policy = Policy::Reject;
    verdict.dmarc.record = Some(DmarcRecord::default());
    verdict.iprev = Iprev {
        result: IprevResult::Pass,
        name: Some("mx.example.net".into()),
    };
    assert_eq!(
        authentication_results(&verdict, "mx.example.org", &SMTP),
        "Authentication-Results: mx.example.org;\r\n\
         \tspf=pass smtp.mailfrom=anna@example.net;\r\n\
         \tspf=none smtp.helo=mx.example.net;\r\n\
         \tdkim=pass (2048-bit key) header.d=example.net header.s=s1\r\n\
         \theader.a=rsa-sha256 header.b=\"ab/+cdef\";\r\n\
         \tdmarc=pass (p=reject dis=none) header.from=example.net;\r\n\
         \tarc=none;\r\n\
         \tiprev=pass (mx.example.net) policy.iprev=192.0.2.1\r\n"
    );
}

#[test]
fn what_clients_say_cannot_break_out() {
    let smtp = Smtp {
        reverse_path: "a\"b\r\nX: y; dkim=pass@example.net",
        helo: "(",
        ..SMTP
    };
    let field = authentication_results(&Verdict::default(), "mx.example.org", &smtp);
    assert!(
        field.contains(r#"smtp.mailfrom="a\"b??X: y; dkim=pass@example.net""#),
        "{field}"
    );
    assert_eq!(field.matches("dkim=").count(), 2);
}

#[test]
fn received_spf_names_the_conversation() {
    let field = received_spf(&Verdict::default(), "mx.example.org", &SMTP);
    assert!(
        field.starts_with("Received-SPF: none (mx.example.org: domain of "),
        "{field}"
    );
    assert!(
        field.replace("\r\n\t", " ").contains(
            "client-ip=192.0.2.1; envelope-from=\"anna@example.net\"; helo=mx.example.net;"
        ),
        "{field}"
    );
}

#[test]
fn fields_in_our_name_are_taken_out_however_they_are_written() {
    for forged in [
        "Authentication-Results: mx.example.org; spf=pass\r\n",
        "authentication-results : MX.Example.ORG.; spf=pass\r\n",
        "Authentication-Results:\r\n (a (nested \\) comment)) mx.example.org 1 (x);\r\n\tspf=pass\r\n",
        "Authentication-Results: \"mx.example.org\"; spf=pass\r\n",
        "Authentication-Results: \"mx.exa\\mple.org\"; spf=pass\r\n",
        "Authentication-Results: (never ends mx.example.org; spf=pass\r\n",
        "Authentication-Results: x mx.example.org; spf=pass\r\n",
        "Authentication-Results: mx.example.org\r\n",
    ] {
        let message = format!(
            "A: 1\r\n{forged}B: 2\r\n\r\nAuthentication-Results: mx.example.org; in the body\r\n"
        );
        let left =
            without_forged(message.as_bytes(), &["other.example", "mx.example.org"]).into_owned();
        let expected =
            "A: 1\r\nB: 2\r\n\r\nAuthentication-Results: mx.example.org; in the body\r\n";
        assert_eq!(String::from_utf8(left).unwrap(), expected, "{forged}");
    }
}

#[test]
fn fields_of_others_stay() {
    for honest in [
        "Authentication-Results: mx.example.net; dkim=pass header.d=mx.example.org\r\n",
        "Authentication-Results: (mx.example.org) mx.example.net; spf=pass\r\n",
        "Authentication-Results: amx.example.org; none\r\n",
        "X-Authentication-Results: mx.example.org; spf=pass\r\n",
        "ARC-Authentication-Results: i=1; mx.example.org; spf=pass\r\n",
    ] {
        let message = format!("{honest}\r\nbody");
        assert!(
            matches!(
                without_forged(message.as_bytes(), &["mx.example.org"]),
                Cow::Borrowed(_)
            ),
            "{honest}"
        );
    }
}

proptest! {
    #[test]
    fn no_client_can_make_the_field_say_more(helo in "\\PC{0,60}", reverse_path in "\\PC{1,60}") {
        let smtp = Smtp { helo: &helo, reverse_path: &reverse_path, ..SMTP };
        let field = authentication_results(&Verdict::default(), "mx.example.org", &smtp);
        // Read back as a reader does: quoted strings first, then clauses.
        let mut clauses = 1;
        let (mut within, mut escaped) = (false, false);
        for character in field.chars() {
            match character {
                _ if escaped => escaped = false,
                '\\' if within => escaped = true,
                '"' => within = !within,
                ';' if !within => clauses += 1,
                _ => {}
            }
        }
        prop_assert_eq!(clauses, 7);
        prop_assert!(!within);
        prop_assert!(field.lines().all(|line| line.len() < 998));
    }
}
