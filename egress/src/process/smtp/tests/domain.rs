//! Domains: mail exchangers in order, dead and absent ones, and those that take no mail.

use std::sync::Arc;

use bytes::Bytes;

use super::server::Server;
use super::world::{World, client, to_domain, words};
use crate::wire::{Delivered, Kind, Secure};

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nHello\r\n";

async fn send(world: &Arc<World>, domain: &str) -> Delivered {
    let recipient = format!("b@{domain}");
    let delivery = to_domain(domain, &[&recipient]);
    client(world, &[])
        .deliver(delivery, Bytes::from_static(MESSAGE))
        .await
}

fn two_exchangers() -> World {
    World::new()
        .mx(
            "example.org",
            Secure::Insecure,
            &[(20, "b.example.org"), (10, "a.example.org")],
        )
        .host(
            "a.example.org",
            Secure::Insecure,
            &["192.0.2.1", "192.0.2.2"],
        )
        .host("b.example.org", Secure::Insecure, &["192.0.2.3"])
}

#[tokio::test(start_paused = true)]
async fn a_dead_exchanger_is_followed_by_the_next() {
    let world = Arc::new(two_exchangers().server("192.0.2.3", Server::new().serve()));
    let delivered = send(&world, "Example.ORG.").await;
    assert_eq!(words(&delivered), ["delivered 250 b.example.org"]);
    assert_eq!(world.connected(), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
}

#[tokio::test(start_paused = true)]
async fn an_exchanger_that_is_busy_is_followed_by_the_next() {
    let busy = Server {
        greeting: "421 4.3.2 busy",
        ..Server::new()
    };
    let world = two_exchangers()
        .server("192.0.2.1", busy.serve())
        .server("192.0.2.3", Server::new().serve());
    let delivered = send(&Arc::new(world), "example.org").await;
    assert_eq!(words(&delivered), ["delivered 250 b.example.org"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_said_is_told_though_the_next_is_dead() {
    let busy = Server {
        greeting: "421 4.3.2 busy",
        ..Server::new()
    };
    let world = two_exchangers().server("192.0.2.1", busy.serve());
    let delivered = send(&Arc::new(world), "example.org").await;
    assert_eq!(words(&delivered), ["transient Reply 421 4.3.2"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_message_is_not_tried_elsewhere() {
    let refusing = Server {
        end: "554 5.7.1 spam",
        ..Server::new()
    };
    let world = two_exchangers()
        .server("192.0.2.1", refusing.serve())
        .server("192.0.2.3", Server::new().serve());
    let world = Arc::new(world);
    let delivered = send(&world, "example.org").await;
    assert_eq!(words(&delivered), ["permanent Reply 554 5.7.1"]);
    assert_eq!(world.connected(), ["192.0.2.1"]);
}

#[tokio::test(start_paused = true)]
async fn without_exchangers_the_domain_itself_is_the_host() {
    let world = World::new()
        .mx("example.org", Secure::Insecure, &[])
        .host("example.org", Secure::Insecure, &["192.0.2.1"])
        .server("192.0.2.1", Server::new().serve());
    let delivered = send(&Arc::new(world), "example.org").await;
    assert_eq!(words(&delivered), ["delivered 250 example.org"]);
}

#[tokio::test(start_paused = true)]
async fn domains_that_take_no_mail_are_told_apart() {
    let world = World::new()
        .mx("null.example", Secure::Insecure, &[(0, "")])
        .mx("bare.example", Secure::Insecure, &[])
        .mx("lost.example", Secure::Insecure, &[(1, "gone.example")])
        .mx("ours.example", Secure::Insecure, &[(1, "us.example.com")])
        .records("forged.example", Kind::Mx, Secure::Bogus, &[])
        .silent("silent.example", Kind::Mx);
    let world = Arc::new(world);
    for (domain, expected) in [
        ("null.example", "permanent NullMx"),
        ("none.example", "permanent NoSuchDomain"),
        ("bare.example", "permanent NoAddress"),
        ("lost.example", "permanent NoAddress"),
        ("ours.example", "permanent Loop"),
        ("forged.example", "transient DnssecBogus"),
        ("silent.example", "transient Dns"),
        ("[nonsense]", "permanent NoSuchDomain"),
    ] {
        assert_eq!(words(&send(&world, domain).await), [expected], "{domain}");
    }
    assert_eq!(world.connected(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_it_is_us_gets_nothing() {
    let ourselves = Server {
        name: "US.example.com",
        ..Server::new()
    };
    let world = two_exchangers()
        .server("192.0.2.1", ourselves.serve())
        .server("192.0.2.2", ourselves.serve())
        .server("192.0.2.3", ourselves.serve());
    let delivered = send(&Arc::new(world), "example.org").await;
    assert_eq!(words(&delivered), ["permanent Loop"]);
    assert!(ourselves.got().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_domain_with_other_letters_is_asked_for_in_ascii() {
    let server = Server::new();
    let world = World::new()
        .mx(
            "xn--bcher-kva.example",
            Secure::Insecure,
            &[(1, "a.example.org")],
        )
        .host("a.example.org", Secure::Insecure, &["192.0.2.1"])
        .server("192.0.2.1", server.serve());
    let delivered = send(&Arc::new(world), "B\u{fc}cher.example").await;
    assert_eq!(words(&delivered), ["delivered 250 a.example.org"]);
    assert!(
        server.got()[0].contains("<b@xn--bcher-kva.example>"),
        "{:?}",
        server.got()
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_literal_needs_no_name() {
    let world = World::new().server("2001:db8::1", Server::new().serve());
    let delivered = send(&Arc::new(world), "[IPv6:2001:db8::1]").await;
    assert_eq!(words(&delivered), ["delivered 250 2001:db8::1"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_hosts_and_addresses_are_tried_than_allowed() {
    let mut world = World::new();
    let names: Vec<_> = (0..20)
        .map(|number| format!("m{number}.example.org"))
        .collect();
    let records: Vec<_> = names.iter().map(|name| (1, name.as_str())).collect();
    world = world.mx("example.org", Secure::Insecure, &records);
    for (number, name) in names.iter().enumerate() {
        let addresses: Vec<_> = (0..20)
            .map(|host| format!("192.0.{number}.{host}"))
            .collect();
        let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
        world = world.host(name, Secure::Insecure, &addresses);
    }
    let world = Arc::new(world);
    let delivered = send(&world, "example.org").await;
    assert_eq!(words(&delivered), ["transient Unreachable"]);
    assert_eq!(world.connected().len(), 24);
}
