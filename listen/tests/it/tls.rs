//! TLS: round trip, bindings, STARTTLS and what an attacker may try, server names, reload, errors of files.

use listen::{CertificateFiles, Security, Service, TlsConfig};
use rustls::version::{TLS12, TLS13};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{ask, certificate, echo, gate, line, secure, start, tls};

fn service(security: Security) -> Service {
    Service {
        security,
        ..Service::new("test", gate(9, 9))
    }
}

#[tokio::test]
async fn implicit_tls_round_trip_in_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let (config, certificate) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::Implicit(config)), echo);
    for version in [&TLS12, &TLS13] {
        let socket = TcpStream::connect(served.address).await.unwrap();
        let mut client = secure(
            socket,
            "mail.example.org",
            std::slice::from_ref(&certificate),
            &[version],
        )
        .await
        .unwrap();
        assert_eq!(line(&mut client).await, "hello\n");
        let long = format!("{}\n", "x".repeat(900));
        assert_eq!(ask(&mut client, &long).await, format!("> {long}"));
        assert!(
            ask(&mut client, "FACTS\n")
                .await
                .ends_with("Some(\"mail.example.org\")\n")
        );
    }
    let counted = served.service.counters.read();
    assert_eq!((counted.tls_handshakes, counted.tls_failures), (2, 0));
}

#[tokio::test]
async fn bindings_are_what_the_client_computes() {
    let folder = tempfile::tempdir().unwrap();
    let (config, certificate) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::Implicit(config)), echo);
    let end_point = Sha256::digest(&certificate).to_vec();
    for version in [&TLS12, &TLS13] {
        let socket = TcpStream::connect(served.address).await.unwrap();
        let mut client = secure(
            socket,
            "mail.example.org",
            std::slice::from_ref(&certificate),
            &[version],
        )
        .await
        .unwrap();
        line(&mut client).await;
        let exported = client.get_ref().1.export_keying_material(
            [0_u8; 32],
            b"EXPORTER-Channel-Binding",
            Some(&[]),
        );
        let exported = (version.version == TLS13.version).then(|| exported.unwrap());
        assert_eq!(
            ask(&mut client, "BINDINGS\n").await,
            format!("{exported:?} {:?}\n", Some(&end_point))
        );
    }
}

#[tokio::test]
async fn starttls_changes_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (config, certificate) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::StartTls(config)), echo);
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(line(&mut socket).await, "hello\n");
    assert_eq!(ask(&mut socket, "BINDINGS\n").await, "None None\n");
    assert_eq!(ask(&mut socket, "STARTTLS\n").await, "go\n");
    let mut client = secure(socket, "mail.example.org", &[certificate], &[&TLS13])
        .await
        .unwrap();
    assert_eq!(ask(&mut client, "inside\n").await, "> inside\n");
    // A second time is refused, which ends the connection.
    client.write_all(b"STARTTLS\n").await.unwrap();
    assert_eq!(line(&mut client).await, "go\n");
    assert_eq!(line(&mut client).await, "");
}

#[tokio::test]
async fn input_ahead_of_starttls_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::StartTls(config)), echo);
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    line(&mut socket).await;
    socket.write_all(b"STARTTLS\ninjected\n").await.unwrap();
    assert_eq!(line(&mut socket).await, "go\n");
    assert_eq!(
        line(&mut socket).await,
        "",
        "the injected line was answered"
    );
}

#[tokio::test]
async fn plain_text_to_a_tls_port_fails_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::Implicit(config)), echo);
    let mut socket = TcpStream::connect(served.address).await.unwrap();
    socket
        .write_all(b"EHLO client.example.org\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut answer).await;
    served.stopping.cancel();
    served.tracker.close();
    served.tracker.wait().await;
    assert_eq!(served.service.counters.read().tls_failures, 1);
}

#[tokio::test]
async fn the_server_name_chooses_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (first, first_certificate) = certificate(folder.path(), &["first.example.org"]);
    let (second, second_certificate) =
        certificate(folder.path(), &["second.example.org", "*.second.example"]);
    let config = TlsConfig::load(vec![first, second], &[]).unwrap();
    let served = start(service(Security::Implicit(config)), echo);
    for (name, expected) in [
        ("first.example.org", &first_certificate),
        ("second.example.org", &second_certificate),
        ("any.second.example", &second_certificate),
    ] {
        let socket = TcpStream::connect(served.address).await.unwrap();
        let client = secure(socket, name, std::slice::from_ref(expected), &[&TLS13])
            .await
            .unwrap();
        assert_eq!(
            client.get_ref().1.peer_certificates().unwrap(),
            std::slice::from_ref(expected)
        );
    }
}

#[tokio::test]
async fn reload_changes_the_certificate_for_new_connections() {
    let folder = tempfile::tempdir().unwrap();
    let (config, old) = tls(folder.path(), &["mail.example.org"]);
    let served = start(service(Security::Implicit(config.clone())), echo);
    let connect = async || TcpStream::connect(served.address).await.unwrap();
    let mut before = secure(connect().await, "mail.example.org", &[old], &[&TLS13])
        .await
        .unwrap();
    line(&mut before).await;

    let (files, new) = certificate(folder.path(), &["mail.example.org"]);
    config.reload().unwrap();
    let mut after = secure(
        connect().await,
        "mail.example.org",
        std::slice::from_ref(&new),
        &[&TLS13],
    )
    .await
    .unwrap();
    assert_eq!(line(&mut after).await, "hello\n");
    assert_eq!(ask(&mut before, "still here\n").await, "> still here\n");

    std::fs::write(&files.chain, "nonsense").unwrap();
    assert!(config.reload().is_err());
    assert!(
        secure(connect().await, "mail.example.org", &[new], &[&TLS13])
            .await
            .is_ok(),
        "a failed reload took effect"
    );
}

#[test]
fn errors_name_the_file_and_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (one, _) = certificate(folder.path(), &["one.example.org"]);
    let (two, _) = certificate(folder.path(), &["two.example.org"]);
    let load = |chain: &std::path::Path, key: &std::path::Path| {
        let files = CertificateFiles {
            chain: chain.to_owned(),
            key: key.to_owned(),
        };
        TlsConfig::load(vec![files], &[]).unwrap_err().to_string()
    };
    let missing = folder.path().join("missing.pem");
    for (error, file, part) in [
        (load(&missing, &one.key), "missing.pem", "cannot be read"),
        (load(&one.chain, &missing), "missing.pem", "cannot be read"),
        (
            load(&one.key, &one.key),
            "one.example.org.key",
            "no certificate in it",
        ),
        (
            load(&one.chain, &one.chain),
            "one.example.org.crt",
            "no private key in it",
        ),
        (
            load(&one.chain, &two.key),
            "two.example.org.key",
            "does not belong",
        ),
    ] {
        assert!(error.contains(file) && error.contains(part), "{error}");
    }
    assert!(TlsConfig::load(Vec::new(), &[]).is_err());
}
