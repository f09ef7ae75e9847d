//! What TLS is demanded: DANE, MTA-STS, REQUIRETLS, configured hosts, and none of them.

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::server::{Authority, Identity, Server};
use super::world::{Page, World, client, to_domain, to_host, words};
use crate::process::fetch::FetchError;
use crate::process::smtp::Smtp;
use crate::wire::{
    Credentials, Delivered, Delivery, HostTls, Kind, MessageTls, PolicyType, Record, Route, Secure,
    TlsResult,
};

const HOST: &str = "mx.example.org";

async fn send(smtp: &Smtp, delivery: Delivery) -> Delivered {
    let message = Bytes::from_static(b"Subject: x\r\n\r\nHello\r\n");
    smtp.deliver(delivery, message).await
}

fn mail() -> Delivery {
    to_domain("example.org", &["b@example.org"])
}

/// What was reported.
fn reported(delivered: &Delivered) -> Vec<(PolicyType, TlsResult)> {
    let observations = delivered.observations.iter();
    observations
        .map(|seen| (seen.policy_type, seen.result))
        .collect()
}

/// A domain with one mail exchanger, all names signed or not.
fn world(server: &Server, secure: Secure) -> World {
    World::new()
        .mx("example.org", secure, &[(1, HOST)])
        .host(HOST, secure, &["192.0.2.1"])
        .server("192.0.2.1", server.serve())
}

fn tlsa(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> Record {
    Record::Tlsa {
        usage,
        selector,
        matching,
        data,
    }
}

/// The hash of a key.
fn key_hash(identity: &Identity) -> Vec<u8> {
    use rcgen::PublicKeyData as _;
    Sha256::digest(identity.key.subject_public_key_info()).to_vec()
}

/// Sends to a server with this certificate, in a domain with these TLSA records.
async fn with_tlsa(identity: &Identity, records: &[Record]) -> (Delivered, Vec<String>) {
    let server = Server::new().with_tls(identity);
    let world = world(&server, Secure::Secure).records(
        "_25._tcp.mx.example.org",
        Kind::Tlsa,
        Secure::Secure,
        records,
    );
    let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
    (delivered, server.got())
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_matches_its_tlsa_record_will_do() {
    let identity = Authority::new().identity("anything.example");
    for record in [
        tlsa(3, 1, 1, key_hash(&identity)),
        tlsa(3, 0, 1, Sha256::digest(&identity.chain[0]).to_vec()),
        tlsa(3, 0, 0, identity.chain[0].to_vec()),
    ] {
        let (delivered, got) = with_tlsa(&identity, &[record]).await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
        assert_eq!(
            reported(&delivered),
            [(PolicyType::Tlsa, TlsResult::Success)]
        );
        assert!(got[0].starts_with("tls MAIL"), "{got:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_certificate_gets_nothing() {
    let authority = Authority::new();
    let (identity, other) = (authority.identity(HOST), authority.identity(HOST));
    let (delivered, got) = with_tlsa(&identity, &[tlsa(3, 1, 1, key_hash(&other))]).await;
    assert_eq!(words(&delivered), ["transient TlsFailed"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Tlsa, TlsResult::ValidationFailure)]
    );
    assert!(got.is_empty(), "{got:?}");
    let seen = &delivered.observations[0];
    assert_eq!(seen.policy_domain, "example.org");
    assert_eq!(seen.receiving_host.as_deref(), Some(HOST));
    assert!(seen.policy_strings[0].starts_with("3 1 1 "), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn an_authority_in_a_tlsa_record_vouches_for_names() {
    let authority = Authority::new();
    let record = tlsa(2, 0, 1, Sha256::digest(authority.certificate()).to_vec());
    for (name, expected) in [
        (HOST, "delivered 250 mx.example.org"),
        ("example.org", "delivered 250 mx.example.org"),
        ("mx.example.net", "transient PolicyUnmet"),
    ] {
        let (delivered, _) =
            with_tlsa(&authority.identity(name), std::slice::from_ref(&record)).await;
        assert_eq!(words(&delivered), [expected], "{name}");
    }
    let expired = authority.dated(HOST, 2020, 2021);
    let (delivered, _) = with_tlsa(&expired, &[record]).await;
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Tlsa, TlsResult::CertificateExpired)]
    );
    // RFC 7672 3.1.1: for DANE-EE dates do not count.
    let (delivered, _) = with_tlsa(&expired, &[tlsa(3, 1, 1, key_hash(&expired))]).await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
}

#[tokio::test(start_paused = true)]
async fn unusable_tlsa_records_demand_tls_all_the_same() {
    let identity = Authority::new().identity(HOST);
    let unusable = [tlsa(1, 1, 1, vec![0; 32]), tlsa(3, 1, 1, vec![0; 31])];
    let (delivered, got) = with_tlsa(&identity, &unusable).await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Tlsa, TlsResult::TlsaInvalid)]
    );
    assert!(got[0].starts_with("tls MAIL"), "{got:?}");
    let server = Server::new();
    let world = world(&server, Secure::Secure).records(
        "_25._tcp.mx.example.org",
        Kind::Tlsa,
        Secure::Secure,
        &unusable,
    );
    let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient TlsRequired"]);
}

#[tokio::test(start_paused = true)]
async fn a_stripped_starttls_gets_nothing_under_dane() {
    let identity = Authority::new().identity(HOST);
    let server = Server::new();
    let world = world(&server, Secure::Secure).records(
        "_25._tcp.mx.example.org",
        Kind::Tlsa,
        Secure::Secure,
        &[tlsa(3, 1, 1, key_hash(&identity))],
    );
    let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient TlsRequired"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Tlsa, TlsResult::StarttlsNotSupported)]
    );
    assert!(server.got().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tlsa_counts_only_where_all_is_signed() {
    let authority = Authority::new();
    let server = Server::new().with_tls(&authority.identity(HOST));
    let wrong = tlsa(3, 1, 1, vec![0; 32]);
    for (mx, host, tlsa_secure, expected) in [
        (
            Secure::Secure,
            Secure::Secure,
            Secure::Secure,
            "transient TlsFailed",
        ),
        (
            Secure::Insecure,
            Secure::Secure,
            Secure::Secure,
            "delivered 250 mx.example.org",
        ),
        (
            Secure::Secure,
            Secure::Insecure,
            Secure::Secure,
            "delivered 250 mx.example.org",
        ),
        (
            Secure::Secure,
            Secure::Secure,
            Secure::Insecure,
            "delivered 250 mx.example.org",
        ),
    ] {
        let world = World::new()
            .mx("example.org", mx, &[(1, HOST)])
            .host(HOST, host, &["192.0.2.1"])
            .server("192.0.2.1", server.serve())
            .records(
                "_25._tcp.mx.example.org",
                Kind::Tlsa,
                tlsa_secure,
                std::slice::from_ref(&wrong),
            );
        let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
        assert_eq!(
            words(&delivered),
            [expected],
            "{mx:?} {host:?} {tlsa_secure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_about_tlsa_the_host_is_not_used() {
    let server = Server::new();
    let silent = world(&server, Secure::Secure).silent("_25._tcp.mx.example.org", Kind::Tlsa);
    let delivered = send(&client(&Arc::new(silent), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient Dns"]);
    let name = "_25._tcp.mx.example.org";
    let bogus = world(&server, Secure::Secure).records(name, Kind::Tlsa, Secure::Bogus, &[]);
    let delivered = send(&client(&Arc::new(bogus), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient DnssecBogus"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Tlsa, TlsResult::DnssecInvalid)]
    );
    assert!(server.got().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_policy_any_certificate_will_do_and_none_as_well() {
    let authority = Authority::new();
    let server = Server::new().with_tls(&authority.dated("other.example", 2000, 2001));
    let delivered = send(
        &client(&Arc::new(world(&server, Secure::Insecure)), &[]),
        mail(),
    )
    .await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::NoPolicyFound, TlsResult::Success)]
    );
    assert!(server.got()[0].starts_with("tls MAIL"));
    let server = Server::new();
    let delivered = send(
        &client(&Arc::new(world(&server, Secure::Insecure)), &[]),
        mail(),
    )
    .await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::NoPolicyFound, TlsResult::StarttlsNotSupported)]
    );
    assert!(server.got()[0].starts_with("plain MAIL"));
}

/// A server that offers STARTTLS and then talks nonsense.
fn broken_tls() -> super::world::Serve {
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    Arc::new(|mut stream: tokio::io::DuplexStream| {
        async move {
            let mut buffer = [0; 1_024];
            let _ = stream.write_all(b"220 a\r\n").await;
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"250-a\r\n250 STARTTLS\r\n").await;
            let asked = stream.read(&mut buffer).await.unwrap_or_default();
            if buffer[..asked].starts_with(b"STARTTLS") {
                let _ = stream.write_all(b"220 go\r\n").await;
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(b"500 what is this?\r\n").await;
                return;
            }
            for reply in [
                &b"250 ok\r\n"[..],
                b"250 ok\r\n",
                b"354 go\r\n",
                b"250 taken\r\n",
            ] {
                let _ = stream.write_all(reply).await;
                let _ = stream.read(&mut buffer).await;
            }
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn where_nothing_demands_tls_a_broken_one_is_done_without() {
    let world = Arc::new(world(&Server::new(), Secure::Insecure).server("192.0.2.1", broken_tls()));
    let delivered = send(&client(&world, &[]), mail()).await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::NoPolicyFound, TlsResult::ValidationFailure)]
    );
    assert_eq!(world.connected().len(), 2);
    let required = to_host(HOST, HostTls::Required, &["b@example.org"]);
    let delivered = send(&client(&world, &[]), required).await;
    assert_eq!(words(&delivered), ["transient TlsFailed"]);
}

const STS: &str = "https://mta-sts.example.org/.well-known/mta-sts.txt";

fn page(mode: &str, mx: &str) -> Page {
    let text = format!("version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: 86400\r\n");
    Ok((200, "text/plain; charset=utf-8", text))
}

fn announced(world: World, page: Page) -> World {
    world
        .records(
            "_mta-sts.example.org",
            Kind::Txt,
            Secure::Insecure,
            &[Record::Txt(b"v=STSv1; id=1;".to_vec())],
        )
        .page(STS, page)
}

#[tokio::test(start_paused = true)]
async fn an_enforced_policy_wants_a_certificate_for_the_exchanger() {
    let authority = Authority::new();
    let roots = [authority.certificate()];
    for (identity, expected, result) in [
        (
            authority.identity(HOST),
            "delivered 250 mx.example.org",
            TlsResult::Success,
        ),
        (
            authority.identity("mx.example.net"),
            "transient PolicyUnmet",
            TlsResult::CertificateHostMismatch,
        ),
        (
            authority.dated(HOST, 2020, 2021),
            "transient PolicyUnmet",
            TlsResult::CertificateExpired,
        ),
        (
            Authority::new().identity(HOST),
            "transient PolicyUnmet",
            TlsResult::CertificateNotTrusted,
        ),
    ] {
        let server = Server::new().with_tls(&identity);
        let world = announced(
            world(&server, Secure::Insecure),
            page("enforce", "*.example.org"),
        );
        let delivered = send(&client(&Arc::new(world), &roots), mail()).await;
        assert_eq!(words(&delivered), [expected]);
        assert_eq!(reported(&delivered), [(PolicyType::Sts, result)]);
    }
    let server = Server::new();
    let world = announced(world(&server, Secure::Insecure), page("enforce", HOST));
    let delivered = send(&client(&Arc::new(world), &roots), mail()).await;
    assert_eq!(words(&delivered), ["transient TlsRequired"]);
    assert!(server.got().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_enforced_policy_excludes_other_exchangers() {
    let authority = Authority::new();
    let server = Server::new().with_tls(&authority.identity(HOST));
    let policy = page("enforce", "mail.example.org");
    let world = Arc::new(announced(world(&server, Secure::Insecure), policy));
    let delivered = send(&client(&world, &[authority.certificate()]), mail()).await;
    assert_eq!(words(&delivered), ["transient PolicyUnmet"]);
    assert_eq!(
        reported(&delivered),
        [(PolicyType::Sts, TlsResult::ValidationFailure)]
    );
    assert!(world.connected().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_policy_in_testing_only_reports() {
    let server = Server::new().with_tls(&Authority::new().identity("other.example"));
    for mx in [HOST, "mail.example.org"] {
        let world = announced(world(&server, Secure::Insecure), page("testing", mx));
        let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
        let results = reported(&delivered);
        assert!(
            matches!(results[..], [(PolicyType::Sts, result)] if result != TlsResult::Success),
            "{results:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_cannot_be_had_is_reported_and_nothing_else() {
    let broken = "version: STSv1\nmode: enforce\nmax_age: 1".to_owned();
    for (page, result) in [
        (Err(FetchError::Unreachable), TlsResult::StsPolicyFetchError),
        (
            Err(FetchError::Tls("bad".into())),
            TlsResult::StsWebpkiInvalid,
        ),
        (
            Ok((404, "text/plain", String::new())),
            TlsResult::StsPolicyFetchError,
        ),
        (
            Ok((301, "text/plain", String::new())),
            TlsResult::StsPolicyFetchError,
        ),
        (
            Ok((200, "text/html", broken.clone())),
            TlsResult::StsPolicyFetchError,
        ),
        (Ok((200, "text/plain", broken)), TlsResult::StsPolicyInvalid),
    ] {
        let server = Server::new();
        let world = Arc::new(announced(world(&server, Secure::Insecure), page));
        let smtp = client(&world, &[]);
        let delivered = send(&smtp, mail()).await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
        assert_eq!(reported(&delivered)[0], (PolicyType::Sts, result));
        // RFC 8461 3.3: not fetched again at once.
        send(&smtp, mail()).await;
        assert_eq!(world.fetches.lock().unwrap().len(), 1);
        world.clock.advance_ms(5 * 60 * 1_000);
        send(&smtp, mail()).await;
        assert_eq!(world.fetches.lock().unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_dane_is_not_mended_by_mta_sts() {
    let authority = Authority::new();
    let server = Server::new().with_tls(&authority.identity(HOST));
    let world = announced(world(&server, Secure::Secure), page("enforce", HOST)).records(
        "_25._tcp.mx.example.org",
        Kind::Tlsa,
        Secure::Secure,
        &[tlsa(3, 1, 1, vec![0; 32])],
    );
    let delivered = send(
        &client(&Arc::new(world), &[authority.certificate()]),
        mail(),
    )
    .await;
    assert_eq!(words(&delivered), ["transient TlsFailed"]);
}

#[tokio::test(start_paused = true)]
async fn requiretls_needs_a_name_beyond_doubt_and_the_promise() {
    let authority = Authority::new();
    let roots = [authority.certificate()];
    let with = Server {
        offers_in_tls: &["REQUIRETLS"],
        ..Server::new().with_tls(&authority.identity(HOST))
    };
    let without = Server::new().with_tls(&authority.identity(HOST));
    let mut mail = mail();
    mail.message_tls = MessageTls::Required;
    for (server, secure, expected) in [
        (&with, Secure::Secure, "delivered 250 mx.example.org"),
        (&with, Secure::Insecure, "permanent PolicyUnmet"),
        (&without, Secure::Secure, "permanent NotOffered(RequireTls)"),
        (&Server::new(), Secure::Secure, "transient TlsRequired"),
    ] {
        let world = Arc::new(world(server, secure));
        let delivered = send(&client(&world, &roots), mail.clone()).await;
        assert_eq!(words(&delivered), [expected]);
    }
    assert!(with.got()[0].contains("REQUIRETLS"), "{:?}", with.got());
    assert!(without.got().is_empty());
    // A policy names the exchanger where the DNS is not signed.
    let world = announced(world(&with, Secure::Insecure), page("testing", HOST));
    let delivered = send(&client(&Arc::new(world), &roots), mail).await;
    assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_says_so_goes_whatever_the_domain_demands() {
    let identity = Authority::new().identity(HOST);
    let wrong = tlsa(3, 1, 1, vec![0; 32]);
    let optional = Delivery {
        message_tls: MessageTls::Optional,
        ..mail()
    };
    for (mail, expected) in [
        (mail(), "transient TlsFailed"),
        (optional, "delivered 250 mx.example.org"),
    ] {
        let server = Server::new().with_tls(&identity);
        let world = world(&server, Secure::Secure).records(
            "_25._tcp.mx.example.org",
            Kind::Tlsa,
            Secure::Secure,
            std::slice::from_ref(&wrong),
        );
        let world = announced(world, page("enforce", "other.example.org"));
        let delivered = send(&client(&Arc::new(world), &[]), mail).await;
        assert_eq!(words(&delivered), [expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_configured_host_gets_credentials_under_tls_only() {
    let authority = Authority::new();
    let roots = [authority.certificate()];
    let sign_in = |tls: HostTls| {
        let mut delivery = to_host(HOST, tls, &["b@example.org"]);
        if let Route::Host(host) = &mut delivery.route {
            host.credentials = Some(Credentials {
                user: "user".to_owned(),
                secret: "secret".to_owned(),
            });
        }
        delivery
    };
    let server = Server {
        offers_in_tls: &["AUTH PLAIN LOGIN"],
        ..Server::new().with_tls(&authority.identity(HOST))
    };
    let implicit = Server {
        implicit: true,
        ..server.clone()
    };
    for (server, tls) in [(&server, HostTls::Required), (&implicit, HostTls::Implicit)] {
        server.got.lock().unwrap().clear();
        let world = Arc::new(world(server, Secure::Insecure));
        let delivered = send(&client(&world, &roots), sign_in(tls)).await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
        // "\0user\0secret"
        assert_eq!(server.got()[0], "AUTH PLAIN AHVzZXIAc2VjcmV0");
        assert!(server.got()[1].starts_with("tls MAIL"));
        assert!(delivered.observations.is_empty());
        // Somebody else's certificate.
        let delivered = send(&client(&world, &[]), sign_in(tls)).await;
        assert_eq!(words(&delivered), ["transient PolicyUnmet"]);
    }
    for (offers, welcome, expected, said) in [
        (
            &["AUTH LOGIN"],
            "235 2.7.0 welcome",
            "delivered 250 mx.example.org",
            Some("AUTH LOGIN dXNlcg== c2VjcmV0"),
        ),
        (
            &["AUTH PLAIN"],
            "535 5.7.8 no",
            "transient SignIn 535 5.7.8",
            Some("AUTH PLAIN AHVzZXIAc2VjcmV0"),
        ),
        (&["AUTH CRAM-MD5"], "235 yes", "transient SignIn", None),
    ] {
        let server = Server {
            offers_in_tls: offers,
            welcome,
            got: Arc::default(),
            ..server.clone()
        };
        let world = Arc::new(world(&server, Secure::Insecure));
        let delivered = send(&client(&world, &roots), sign_in(HostTls::Required)).await;
        assert_eq!(words(&delivered), [expected]);
        assert_eq!(server.got().first().map(String::as_str), said);
    }
    let open = Server {
        offers: &["AUTH PLAIN"],
        ..Server::new()
    };
    let world = Arc::new(world(&open, Secure::Insecure));
    let delivered = send(&client(&world, &[]), sign_in(HostTls::Opportunistic)).await;
    assert_eq!(words(&delivered), ["transient TlsRequired"]);
    let delivered = send(&client(&world, &[]), sign_in(HostTls::Plain)).await;
    assert_eq!(words(&delivered), ["transient SignIn"]);
    assert!(open.got().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_strangers_publish_fits_in_an_answer() {
    let certificate = vec![7; 16 * 1_024];
    let records: Vec<_> = (0..200)
        .map(|_| tlsa(3, 0, 0, certificate.clone()))
        .collect();
    let names: Vec<_> = (0..20)
        .map(|number| format!("m{number}.example.org"))
        .collect();
    let exchangers: Vec<_> = names.iter().map(|name| (1, name.as_str())).collect();
    let mut world = World::new().mx("example.org", Secure::Secure, &exchangers);
    let server = Server::new().with_tls(&Authority::new().identity(HOST));
    for name in &names {
        let tlsa = format!("_25._tcp.{name}");
        world = world
            .host(
                name,
                Secure::Secure,
                &["192.0.2.1", "192.0.2.2", "192.0.2.3"],
            )
            .records(&tlsa, Kind::Tlsa, Secure::Secure, &records);
    }
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        world = world.server(address, server.serve());
    }
    let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient TlsFailed"]);
    assert_eq!(delivered.observations.len(), 8);
    let octets = postcard::to_stdvec(&delivered).unwrap().len();
    assert!(octets < 100_000, "{octets}");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_ahead_of_tls_breaks_the_connection() {
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let serve = |mut stream: tokio::io::DuplexStream| {
        async move {
            let mut buffer = [0; 1_024];
            let _ = stream.write_all(b"220 a\r\n").await;
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"250-a\r\n250 STARTTLS\r\n").await;
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"220 go\r\n250 SIZE 1\r\n").await;
            let _ = stream.read(&mut buffer).await;
        }
        .boxed()
    };
    let world = world(&Server::new(), Secure::Insecure).server("192.0.2.1", Arc::new(serve));
    let delivered = send(&client(&Arc::new(world), &[]), mail()).await;
    assert_eq!(words(&delivered), ["transient Protocol"]);
}
