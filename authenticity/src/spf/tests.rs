//! The bounds of a check, and whose words it ends with. The official suite runs through the whole program.

use super::*;
use crate::dns::zone::{Zone, now};

fn client(ip: &str) -> Client<'static> {
    Client {
        ip: ip.parse().unwrap(),
        helo: "mx.example.org",
        host: "here.example.net",
        now: 7,
    }
}

fn checked(zone: &Zone, ip: &str, reverse_path: &str) -> Spf {
    now(check_mail_from(zone, client(ip), reverse_path))
}

#[test]
fn a_policy_decides_by_its_first_match() {
    let zone = Zone::default()
        .txt(
            "example.org",
            "v=spf1 mx a:web.example.org ip4:198.51.100.0/24 -all",
        )
        .mx("example.org", 10, "mx.example.org")
        .a("mx.example.org", [192, 0, 2, 1])
        .a("web.example.org", [192, 0, 2, 2]);
    let found = checked(&zone, "192.0.2.2", "anna@Example.ORG");
    assert_eq!(
        (found.result, found.mechanism.as_deref()),
        (SpfResult::Pass, Some("a:web.example.org"))
    );
    assert_eq!(found.domain, "example.org");
    assert_eq!(
        checked(&zone, "::ffff:198.51.100.7", "anna@example.org").result,
        SpfResult::Pass
    );
    assert_eq!(
        checked(&zone, "203.0.113.1", "anna@example.org").result,
        SpfResult::Fail
    );
}

#[test]
fn an_empty_reverse_path_is_checked_by_helo() {
    let zone = Zone::default()
        .txt("mx.example.org", "v=spf1 a -all")
        .a("mx.example.org", [192, 0, 2, 1]);
    let found = checked(&zone, "192.0.2.1", "");
    assert_eq!(
        (found.result, found.domain.as_str()),
        (SpfResult::Pass, "mx.example.org")
    );
}

#[test]
fn what_cannot_be_asked_is_temporary_and_what_is_wrong_is_not() {
    let zone = Zone::default()
        .txt("a.example.org", "v=spf1 include:b.example.org -all")
        .silent("b.example.org")
        .txt("c.example.org", "v=spf1 include:nowhere.example.org -all");
    assert_eq!(
        checked(&zone, "192.0.2.1", "x@a.example.org").result,
        SpfResult::TempError
    );
    assert_eq!(
        checked(&zone, "192.0.2.1", "x@c.example.org").result,
        SpfResult::PermError
    );
}

#[test]
fn a_policy_that_never_ends_is_left_after_ten_terms() {
    let zone = Zone::default().txt(
        "loop.example.org",
        "v=spf1 include:loop.example.org include:loop.example.org -all",
    );
    let found = checked(&zone, "192.0.2.1", "x@loop.example.org");
    assert_eq!(found.result, SpfResult::PermError);
    assert!(zone.asked.load(std::sync::atomic::Ordering::Relaxed) <= 11);
}

#[test]
fn a_failure_is_explained_in_the_domains_words_without_control_characters() {
    let zone = Zone::default()
        .txt("example.org", "v=spf1 -all exp=why.%{d}")
        .txt("why.example.org", "%{l} may not send for %{o} from %{c}");
    let found = checked(&zone, "192.0.2.1", "an\r\nna@example.org");
    assert_eq!(
        found.explanation.as_deref(),
        Some("anna may not send for example.org from 192.0.2.1")
    );
}
