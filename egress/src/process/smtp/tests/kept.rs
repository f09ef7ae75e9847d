//! Connections that are kept for the next message, and let go.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::server::Server;
use super::world::{Serve, World, client, to_domain, to_host, words};
use crate::wire::{HostTls, Secure};

fn message() -> Bytes {
    Bytes::from_static(b"Subject: x\r\n\r\nHello\r\n")
}

fn world(server: &Server) -> Arc<World> {
    let world = World::new()
        .mx("example.org", Secure::Insecure, &[(1, "mx.example.org")])
        .mx("example.net", Secure::Insecure, &[(1, "mx.example.org")])
        .host("mx.example.org", Secure::Insecure, &["192.0.2.1"])
        .server("192.0.2.1", server.serve());
    Arc::new(world)
}

#[tokio::test(start_paused = true)]
async fn the_next_message_goes_over_the_same_connection() {
    let server = Server::new();
    let world = world(&server);
    let smtp = client(&world, &[]);
    for domain in ["example.org", "example.net", "example.org"] {
        let delivered = smtp
            .deliver(to_domain(domain, &["b@x.example"]), message())
            .await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
        assert_eq!(
            delivered.observations.is_empty(),
            domain == "example.net" || server.got().len() > 1
        );
    }
    assert_eq!(world.connected().len(), 1);
    assert_eq!(server.got().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_so_many_messages_the_connection_is_changed() {
    let server = Server {
        offers: &["PIPELINING", "LIMITS MAILMAX=2"],
        ..Server::new()
    };
    let world = world(&server);
    let smtp = client(&world, &[]);
    for _ in 0..5 {
        let delivered = smtp
            .deliver(to_domain("example.org", &["b@example.org"]), message())
            .await;
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    }
    assert_eq!(world.connected().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_left_with_quit() {
    let server = Server::new();
    let world = world(&server);
    let smtp = client(&world, &[]);
    let delivery = to_domain("example.org", &["b@example.org"]);
    smtp.deliver(delivery.clone(), message()).await;
    let tidying = async {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(6), smtp.tidy()).await;
    };
    tidying.await;
    assert_eq!(server.got().len(), 1, "too early");
    world.clock.advance_ms(30_000);
    let _ = tokio::time::timeout(std::time::Duration::from_secs(6), smtp.tidy()).await;
    assert_eq!(server.got().last().map(String::as_str), Some("QUIT"));
    smtp.deliver(delivery, message()).await;
    assert_eq!(world.connected().len(), 2);
}

/// A server that takes one message, then says this to whatever comes, and closes.
fn once(then: &'static [u8]) -> Serve {
    Arc::new(move |mut stream| {
        async move {
            let replies =
                b"220 a\r\n250-a\r\n250 PIPELINING\r\n250 a\r\n250 a\r\n354 a\r\n250 a\r\n";
            let _ = stream.write_all(replies).await;
            let mut all = Vec::new();
            let mut buffer = [0; 1_024];
            while !all.ends_with(b"\r\n.\r\n") {
                match stream.read(&mut buffer).await {
                    Ok(octets) if octets > 0 => all.extend_from_slice(&buffer[..octets]),
                    _ => return,
                }
            }
            if !then.is_empty() {
                let _ = stream.read(&mut buffer).await;
                let _ = stream.write_all(then).await;
            }
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_the_server_gives_up_is_replaced() {
    // Closed at once, closed at the next command, or with a word.
    for then in [&b""[..], b"garbage", b"421 4.3.2 enough\r\n"] {
        let world = World::new()
            .host("mx.example.org", Secure::Insecure, &["192.0.2.1"])
            .server("192.0.2.1", once(then));
        let world = Arc::new(world);
        let smtp = client(&world, &[]);
        for count in 1..4 {
            let delivery = to_host("mx.example.org", HostTls::Plain, &["b@example.org"]);
            let delivered = smtp.deliver(delivery, message()).await;
            assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
            assert_eq!(world.connected().len(), count);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn connections_to_one_destination_are_bounded() {
    let server = Server::new();
    let world = world(&server);
    let smtp = client(&world, &[]);
    let all =
        (0..100).map(|_| smtp.deliver(to_domain("example.org", &["b@example.org"]), message()));
    for delivered in join_all(all).await {
        assert_eq!(words(&delivered), ["delivered 250 mx.example.org"]);
    }
    assert!(world.connected().len() <= 20, "{}", world.connected().len());
    assert_eq!(server.got().len(), 100);
}
