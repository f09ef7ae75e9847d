//! The client with the real resolver, the real address policy and real sockets: signed zones and servers on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::proto::rr::rdata::TLSA;
use rcgen::PublicKeyData as _;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::server::{Authority, Server};
use super::world::{to_domain, words};
use crate::process::Means;
use crate::process::smtp::Smtp;
use crate::process::tests::name_server::{NameServer, Zone};
use crate::process::tests::{clock, setup, zones};
use crate::wire::{Delivered, PolicyType, Setup, TlsResult};

/// A server on loopback: its port.
async fn listening(server: &Server) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let server = server.clone();
    super::beside(async move {
        while let Ok((stream, _)) = listener.accept().await {
            super::beside(server.clone().connection(stream));
        }
    });
    address.port()
}

fn tlsa(port: u16, host: &str, key: &[u8]) -> (String, RData) {
    let name = format!("_{port}._tcp.{host}");
    let hash = Sha256::digest(key).to_vec();
    let record = TLSA::new(3.into(), 1.into(), 1.into(), hash);
    (name, RData::TLSA(record))
}

async fn send(setup: Setup, domain: &str) -> Delivered {
    let smtp = Smtp::new(Arc::new(Means::new(setup, clock()).unwrap()));
    let message = Bytes::from_static(b"Subject: x\r\n\r\nHello\r\n");
    let recipient = format!("b@{domain}");
    smtp.deliver(to_domain(domain, &[&recipient]), message)
        .await
}

fn result(delivered: &Delivered) -> (Vec<String>, PolicyType, TlsResult) {
    let seen = &delivered.observations[0];
    (words(delivered), seen.policy_type, seen.result)
}

#[tokio::test]
async fn mail_goes_by_signed_names_to_the_key_they_vouch_for() {
    let identity = Authority::new().identity("mx.secure");
    let server = Server::new().with_tls(&identity);
    let port = listening(&server).await;
    let mut secure = Zone::new("secure.").signed();
    let key = identity.key.subject_public_key_info();
    for (domain, host, key) in [
        ("secure.", "mx.secure.", key.as_slice()),
        ("wrong.secure.", "other.secure.", b"another key"),
    ] {
        let (name, record) = tlsa(port, host, key);
        secure = secure
            .mx(domain, 10, host)
            .a(host, [127, 0, 0, 1])
            .with(&name, record);
    }
    let plain = Zone::new("plain.")
        .mx("plain.", 10, "mx.plain.")
        .a("mx.plain.", [127, 0, 0, 1])
        .mx("null.plain.", 0, ".");
    let (zones, anchor) = zones(secure, plain);
    let names = NameServer::start(zones).await;
    let setup = Setup {
        smtp_port: port,
        ..setup(&names, anchor)
    };
    let right = vec!["delivered 250 mx.secure".to_owned()];
    let delivered = send(setup.clone(), "secure").await;
    assert_eq!(
        result(&delivered),
        (right, PolicyType::Tlsa, TlsResult::Success)
    );
    assert!(server.got()[0].starts_with("tls MAIL"));
    let wrong = vec!["transient TlsFailed".to_owned()];
    let delivered = send(setup.clone(), "wrong.secure").await;
    assert_eq!(
        result(&delivered),
        (wrong, PolicyType::Tlsa, TlsResult::ValidationFailure)
    );
    let unsigned = vec!["delivered 250 mx.plain".to_owned()];
    let delivered = send(setup.clone(), "plain").await;
    assert_eq!(
        result(&delivered),
        (unsigned, PolicyType::NoPolicyFound, TlsResult::Success)
    );
    let delivered = send(setup.clone(), "null.plain").await;
    assert_eq!(words(&delivered), ["permanent NullMx"]);
    let delivered = send(setup.clone(), "none.plain").await;
    assert_eq!(words(&delivered), ["permanent NoSuchDomain"]);
    // The same without leave to connect to this machine.
    let closed = Setup {
        allowed: Vec::new(),
        ..setup
    };
    let delivered = send(closed, "plain").await;
    assert_eq!(words(&delivered), ["transient AddressRefused"]);
}
