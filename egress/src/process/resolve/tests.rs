//! Tests of the resolver against a name server with a signed and an unsigned zone.

use super::*;
use crate::process::tests::name_server::{NameServer, Zone};
use crate::process::tests::{clock, setup, zones};
use crate::wire::Record;

/// The zones of these tests.
async fn house() -> (NameServer, Resolver) {
    let secure = Zone::new("secure.")
        .mx("secure.", 10, "MX.secure.")
        .a("mx.secure.", [192, 0, 2, 1])
        .cname("alias.secure.", "mx.secure.")
        .cname("out.secure.", "host.plain.")
        .txt("forged.secure.", "true")
        .cname("gone.secure.", "none.secure.")
        .cname("nothing.secure.", "host.plain.")
        .a("*.wild.secure.", [192, 0, 2, 3])
        .cname("*.alias.secure.", "x.wild.secure.")
        .signed();
    let plain = Zone::new("plain.")
        .a("host.plain.", [192, 0, 2, 2])
        .cname("in.plain.", "mx.secure.")
        .mx("nomail.plain.", 0, ".")
        .txt("big.plain.", &"long ".repeat(1_000));
    let (mut zones, anchor) = zones(secure, plain);
    // Records that no signature covers, because they came later.
    zones[1].forge("forged.secure.", "false");
    let server = NameServer::start(zones).await;
    let resolver = Resolver::new(&setup(&server, anchor), clock()).unwrap();
    (server, resolver)
}

async fn ask(resolver: &Resolver, kind: Kind, name: &str) -> Answer {
    resolver.lookup(&Question::new(kind, name)).await.unwrap()
}

#[tokio::test]
async fn signed_answers_are_secure() {
    let (_server, resolver) = house().await;
    let answer = ask(&resolver, Kind::Mx, "secure").await;
    let exchange = "mx.secure".to_owned();
    let preference = 10;
    assert_eq!(
        answer.records,
        [Record::Mx {
            preference,
            exchange
        }]
    );
    assert_eq!(answer.secure, Secure::Secure);
    assert_eq!(answer.existence, Existence::Present);
    assert_eq!(answer.ttl_seconds, 300);
}

#[tokio::test]
async fn unsigned_answers_are_insecure() {
    let (_server, resolver) = house().await;
    let answer = ask(&resolver, Kind::A, "HOST.plain.").await;
    assert_eq!(answer.records, [Record::A([192, 0, 2, 2].into())]);
    assert_eq!(answer.secure, Secure::Insecure);
    assert_eq!(answer.canonical_name, "host.plain");
}

#[tokio::test]
async fn absence_is_proved() {
    let (_server, resolver) = house().await;
    for (kind, name, secure, existence) in [
        (Kind::Aaaa, "mx.secure", Secure::Secure, Existence::NoData),
        (Kind::A, "none.secure", Secure::Secure, Existence::NoName),
        (
            Kind::Aaaa,
            "host.plain",
            Secure::Insecure,
            Existence::NoData,
        ),
        (Kind::A, "none.plain", Secure::Insecure, Existence::NoName),
    ] {
        let answer = ask(&resolver, kind, name).await;
        assert_eq!(
            (answer.secure, answer.existence),
            (secure, existence),
            "{name}"
        );
        assert!(answer.records.is_empty());
        assert_eq!(answer.ttl_seconds, 60);
    }
}

#[tokio::test]
async fn forged_answers_are_bogus_and_empty() {
    let (_server, resolver) = house().await;
    let answer = ask(&resolver, Kind::Txt, "forged.secure").await;
    assert_eq!(answer.secure, Secure::Bogus);
    assert!(answer.records.is_empty());
}

#[tokio::test]
async fn an_alias_is_as_secure_as_its_weakest_part() {
    let (_server, resolver) = house().await;
    for (name, canonical, secure) in [
        ("alias.secure", "mx.secure", Secure::Secure),
        ("out.secure", "host.plain", Secure::Insecure),
        ("in.plain", "mx.secure", Secure::Insecure),
    ] {
        let answer = ask(&resolver, Kind::A, name).await;
        assert_eq!(answer.records.len(), 1, "{name}");
        assert_eq!(
            (answer.canonical_name.as_str(), answer.secure),
            (canonical, secure)
        );
        // From the cache as well.
        assert_eq!(ask(&resolver, Kind::A, name).await.secure, secure);
    }
}

#[tokio::test]
async fn wildcards_are_proved() {
    let (_server, resolver) = house().await;
    for (name, canonical) in [
        ("y.wild.secure", "y.wild.secure"),
        ("a.b.wild.secure", "a.b.wild.secure"),
        ("z.alias.secure", "x.wild.secure"),
    ] {
        let answer = ask(&resolver, Kind::A, name).await;
        assert_eq!(answer.records, [Record::A([192, 0, 2, 3].into())], "{name}");
        assert_eq!(
            (answer.secure, answer.canonical_name.as_str()),
            (Secure::Secure, canonical)
        );
    }
}

#[tokio::test]
async fn aliases_may_lead_to_nothing() {
    let (_server, resolver) = house().await;
    for (kind, name, secure, existence) in [
        (Kind::A, "gone.secure", Secure::Secure, Existence::NoName),
        (
            Kind::Aaaa,
            "alias.secure",
            Secure::Secure,
            Existence::NoData,
        ),
        (
            Kind::Aaaa,
            "nothing.secure",
            Secure::Insecure,
            Existence::NoData,
        ),
        (Kind::Aaaa, "in.plain", Secure::Insecure, Existence::NoData),
    ] {
        let answer = ask(&resolver, kind, name).await;
        assert_eq!(
            (answer.secure, answer.existence),
            (secure, existence),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_loop_of_aliases_ends() {
    let plain = Zone::new("plain.")
        .cname("a.plain.", "b.plain.")
        .cname("b.plain.", "a.plain.");
    let (zones, anchor) = zones(Zone::new("secure.").signed(), plain);
    let server = NameServer::start(zones).await;
    let resolver = Resolver::new(&setup(&server, anchor), clock()).unwrap();
    let question = Question::new(Kind::A, "a.plain");
    let looped = resolver.lookup(&question).await;
    assert!(
        looped.is_err() || looped.unwrap().records.is_empty(),
        "a loop leads nowhere"
    );
}

#[tokio::test]
async fn the_null_mx_is_empty() {
    let (_server, resolver) = house().await;
    let answer = ask(&resolver, Kind::Mx, "nomail.plain").await;
    let (preference, exchange) = (0, String::new());
    assert_eq!(
        answer.records,
        [Record::Mx {
            preference,
            exchange
        }]
    );
}

#[tokio::test]
async fn what_does_not_fit_comes_over_tcp() {
    let (_server, resolver) = house().await;
    let answer = ask(&resolver, Kind::Txt, "big.plain").await;
    assert_eq!(
        answer.records,
        [Record::Txt("long ".repeat(1_000).into_bytes())]
    );
}

#[tokio::test]
async fn answers_are_remembered() {
    let (server, resolver) = house().await;
    for (kind, name) in [
        (Kind::Mx, "secure"),
        (Kind::A, "none.secure"),
        (Kind::A, "y.wild.secure"),
        (Kind::A, "gone.secure"),
        (Kind::Txt, "forged.secure"),
        (Kind::Txt, "servfail.secure"),
    ] {
        let question = Question::new(kind, name);
        let first = resolver.lookup(&question).await;
        let asked = server.asked();
        assert_eq!(resolver.lookup(&question).await.is_ok(), first.is_ok());
        assert_eq!(server.asked(), asked, "{name}");
    }
}

#[tokio::test]
async fn addresses_of_both_families_are_asked_for() {
    let (_server, resolver) = house().await;
    let addresses = resolver.addresses("alias.secure").await.unwrap();
    assert_eq!(
        addresses.list,
        ["192.0.2.1".parse::<std::net::IpAddr>().unwrap()]
    );
    assert_eq!(addresses.secure, Secure::Secure);
    assert_eq!(addresses.canonical_name, "mx.secure");
    let none = resolver.addresses("none.secure").await.unwrap();
    assert_eq!((none.list.len(), none.existence), (0, Existence::NoName));
}

#[tokio::test]
async fn a_name_server_that_withholds_signatures_can_be_used() {
    let plain = Zone::new("plain.").a("host.plain.", [192, 0, 2, 2]);
    let server = NameServer::start(vec![plain]).await;
    let mut setup = setup(&server, String::new());
    // Under the anchors of the root nothing here can be shown to be unsigned.
    let validating = Resolver::new(&setup, clock()).unwrap();
    let answer = ask(&validating, Kind::A, "host.plain").await;
    assert_eq!(answer.secure, Secure::Bogus);
    setup.dnssec = Dnssec::Off;
    let resolver = Resolver::new(&setup, clock()).unwrap();
    let answer = ask(&resolver, Kind::A, "host.plain").await;
    assert_eq!(answer.records, [Record::A([192, 0, 2, 2].into())]);
    assert_eq!(answer.secure, Secure::Indeterminate);
}

#[test]
fn names_are_octets() {
    assert_eq!(
        text_of(&domain_name("Example.ORG.").unwrap()),
        "example.org"
    );
    assert_eq!(text_of(&domain_name("_25._tcp.mx").unwrap()), "_25._tcp.mx");
    assert_eq!(text_of(&domain_name("").unwrap()), "");
    assert_eq!(
        domain_name(".").map(|name| text_of(&name)),
        Ok(String::new())
    );
    for wrong in ["a..b", ".a", &"x".repeat(64), &"x.".repeat(128)] {
        assert_eq!(domain_name(wrong), Err(Unresolved::BadName), "{wrong}");
    }
    // Nothing in a name is an escape.
    let name = domain_name(r"a\046b.example").unwrap();
    assert_eq!(name.iter().next(), Some(br"a\046b".as_slice()));
}
