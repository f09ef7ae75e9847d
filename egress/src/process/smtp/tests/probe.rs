//! What is seen of a server's TLS without any mail.

use std::sync::Arc;

use super::server::{Authority, Server};
use super::world::{World, client};
use crate::wire::{Probe, ProbeResult, Secure, TlsResult};

const HOST: &str = "mx.example.org";

#[tokio::test(start_paused = true)]
async fn each_address_is_seen_as_it_is() {
    let authority = Authority::new();
    let good = Server::new().with_tls(&authority.identity(HOST));
    let other = Server::new().with_tls(&authority.identity("other.example.org"));
    let unknown = Server::new().with_tls(&Authority::new().identity(HOST));
    let plain = Server::new();
    let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"];
    let world = World::new()
        .host(HOST, Secure::Insecure, &addresses)
        .server("192.0.2.1", good.serve())
        .server("192.0.2.2", other.serve())
        .server("192.0.2.3", unknown.serve())
        .server("192.0.2.4", plain.serve());
    let smtp = client(&Arc::new(world), &[authority.certificate()]);
    let probe = Probe {
        host: HOST.to_owned(),
        helo: "us.example.net".to_owned(),
    };
    let probed = smtp.probe(&probe).await.unwrap();
    let results: Vec<Option<TlsResult>> = probed
        .iter()
        .map(|probed| match &probed.seen {
            ProbeResult::Trusted => None,
            ProbeResult::Flawed { result, .. } => Some(*result),
            ProbeResult::Unreachable(why) => panic!("{why}"),
        })
        .collect();
    assert_eq!(
        results,
        [
            None,
            Some(TlsResult::CertificateHostMismatch),
            Some(TlsResult::CertificateNotTrusted),
            Some(TlsResult::StarttlsNotSupported),
        ]
    );
    // Nobody was sent anything: only leave was taken.
    assert!(
        good.got().iter().all(|line| !line.contains("MAIL")),
        "{:?}",
        good.got()
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_verdict() {
    let world = World::new().host(HOST, Secure::Insecure, &["192.0.2.1"]);
    let smtp = client(&Arc::new(world), &[]);
    let probe = Probe {
        host: HOST.to_owned(),
        helo: "us.example.net".to_owned(),
    };
    let probed = smtp.probe(&probe).await.unwrap();
    assert!(matches!(probed[0].seen, ProbeResult::Unreachable(_)));
}
