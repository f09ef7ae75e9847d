//! TLS, compression and SCRAM, which transcripts cannot speak.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use listen::{CertificateFiles, ConnectionLimits, Gate, Listener, Security, Service, TlsConfig};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use testbed::transcript::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::scram;
use crate::world::World;

const NAME: &str = "mail.example.org";
/// Longer than any step takes; only a broken test waits for it.
const SOON: Duration = Duration::from_secs(20);

fn tls(folder: &Path) -> (TlsConfig, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned()]).unwrap();
    let files = CertificateFiles {
        chain: folder.join("chain.pem"),
        key: folder.join("key.pem"),
    };
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let config = TlsConfig::load(vec![files], &[]).unwrap();
    (config, made.cert.der().clone())
}

async fn secure(socket: TcpStream, certificate: CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from(NAME).unwrap();
    connector.connect(name, socket).await.unwrap()
}

async fn line(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let read = tokio::time::timeout(SOON, stream.read_u8()).await;
        match read.expect("a test is stuck") {
            Ok(octet) => line.push(octet),
            Err(_) => break,
        }
    }
    String::from_utf8(line).unwrap()
}

async fn ask(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    line(stream).await
}

/// A service on loopback, as it is served in earnest.
struct Served {
    runtime: tokio::runtime::Runtime,
    address: std::net::SocketAddr,
    certificate: CertificateDer<'static>,
    stopping: CancellationToken,
    _folder: tempfile::TempDir,
}

fn served() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let (config, certificate) = tls(folder.path());
    let (runtime, imap) = World::new("/privacy/").parts();
    let stopping = CancellationToken::new();
    let gate = Gate::new(ConnectionLimits {
        total: 9,
        per_address: 9,
        exempt: Vec::new(),
    });
    let service = Service {
        security: Security::StartTls(config),
        ..Service::new("imap", gate)
    };
    let listener = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_address().socket().unwrap();
    let handler = move |connection| {
        let imap = imap.clone();
        async move { imap.serve(connection).await }
    };
    let serving = listen::serve(
        listener,
        service,
        stopping.clone(),
        TaskTracker::new(),
        handler,
    );
    runtime.spawn(serving);
    Served {
        runtime,
        address,
        certificate,
        stopping,
        _folder: folder,
    }
}

#[test]
fn starttls_opens_the_way_to_sign_in() {
    // RFC 9051 6.2.1: what was said before TLS does not count, and is asked for again.
    let served = served();
    served.runtime.block_on(async {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        let greeting = line(&mut socket).await;
        assert!(
            greeting.contains(" STARTTLS LOGINDISABLED AUTH=SCRAM-SHA-256]"),
            "{greeting}"
        );
        assert!(ask(&mut socket, "a STARTTLS\r\n").await.starts_with("a OK"));
        let mut client = secure(socket, served.certificate.clone()).await;
        let said = ask(&mut client, "b CAPABILITY\r\n").await;
        assert!(
            !said.contains("STARTTLS") && !said.contains("LOGINDISABLED"),
            "{said}"
        );
        assert!(
            said.contains(" AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN"),
            "{said}"
        );
        line(&mut client).await;
        let said = ask(&mut client, "c LOGIN alice@example.org secret-of-alice\r\n").await;
        assert!(said.starts_with("c OK [CAPABILITY "), "{said}");
        assert!(
            ask(&mut client, "d STARTTLS\r\n")
                .await
                .starts_with("d BAD")
        );
    });
}

#[test]
fn commands_ahead_of_tls_end_the_connection() {
    // RFC 9051 11.3: what came before TLS must not be taken for what comes through it.
    let served = served();
    served.runtime.block_on(async {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        line(&mut socket).await;
        let said = ask(&mut socket, "a STARTTLS\r\nb NOOP\r\n").await;
        assert!(said.starts_with("a OK"), "{said}");
        assert_eq!(line(&mut socket).await, "");
    });
}

#[test]
fn shutdown_says_goodbye() {
    // RFC 9051 7.1.5: BYE, also to those who idle.
    let served = served();
    served.runtime.block_on(async {
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        line(&mut socket).await;
        served.stopping.cancel();
        assert!(line(&mut socket).await.starts_with("* BYE "));
        assert_eq!(line(&mut socket).await, "");
    });
}

#[test]
fn scram_is_tied_to_tls() {
    // RFC 5802 6, RFC 9266: with a wrong binding nobody gets in, with the right one they do.
    let served = served();
    served.runtime.block_on(async {
        let header = "p=tls-exporter,,";
        for right in [false, true] {
            let mut socket = TcpStream::connect(served.address).await.unwrap();
            line(&mut socket).await;
            ask(&mut socket, "a STARTTLS\r\n").await;
            let mut client = secure(socket, served.certificate.clone()).await;
            let exported = client
                .get_ref()
                .1
                .export_keying_material([0_u8; 32], b"EXPORTER-Channel-Binding", Some(&[]))
                .unwrap();
            let binding = if right { exported } else { [0; 32] };
            let first = STANDARD.encode(scram::first(header, "alice@example.org"));
            let said = ask(
                &mut client,
                &format!("b AUTHENTICATE SCRAM-SHA-256-PLUS {first}\r\n"),
            )
            .await;
            let challenge = challenge(&said);
            let (last, signature) = scram::last(
                header,
                &binding,
                "alice@example.org",
                "secret-of-alice",
                &challenge,
            );
            let said = ask(&mut client, &format!("{}\r\n", STANDARD.encode(last))).await;
            if !right {
                assert!(
                    said.starts_with("b BAD") || said.starts_with("b NO"),
                    "{said}"
                );
                continue;
            }
            assert_eq!(self::challenge(&said), signature);
            let said = ask(&mut client, "\r\n").await;
            assert!(said.starts_with("b OK [CAPABILITY "), "{said}");
        }
    });
}

fn challenge(line: &str) -> String {
    let base64 = line.trim_end().strip_prefix("+ ").expect("a challenge");
    String::from_utf8(STANDARD.decode(base64).unwrap()).unwrap()
}

#[test]
fn scram_without_tls() {
    // RFC 7677: the password does not cross the connection, so it may be in the clear.
    let world = World::new("/privacy/");
    let mut wire = world.connect(5);
    receive(&mut *wire);
    let first = STANDARD.encode(scram::first("n,,", "bob@example.org"));
    send(
        &mut *wire,
        &format!("a AUTHENTICATE SCRAM-SHA-256\r\n{first}\r\n"),
    );
    assert_eq!(receive(&mut *wire), "+ \r\n");
    let challenge = challenge(&receive(&mut *wire));
    let (last, signature) = scram::last("n,,", b"", "bob@example.org", "secret-of-bob", &challenge);
    send(&mut *wire, &format!("{}\r\n", STANDARD.encode(last)));
    assert_eq!(self::challenge(&receive(&mut *wire)), signature);
    send(&mut *wire, "\r\n");
    assert!(receive(&mut *wire).starts_with("a OK [CAPABILITY "));
}

fn send(wire: &mut dyn Wire, text: &str) {
    wire.send(text.as_bytes()).unwrap();
}

/// One line.
fn receive(wire: &mut dyn Wire) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let mut octet = [0];
        assert_eq!(
            wire.receive(&mut octet).unwrap(),
            1,
            "the connection is closed"
        );
        line.extend(octet);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn compressed_both_ways() {
    // RFC 4978 3: from the octet after the answer on, both directions are raw DEFLATE.
    let world = World::new("");
    let mut wire = world.connect(1);
    send(&mut *wire, "a COMPRESS DEFLATE\r\n");
    assert!(receive(&mut *wire).starts_with("a OK"));
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    deflate
        .write_all(
            b"b COMPRESS DEFLATE\r\nc SELECT INBOX\r\nd FETCH 1:3 BODY.PEEK[]\r\ne LOGOUT\r\n",
        )
        .unwrap();
    deflate.flush().unwrap();
    wire.send(deflate.get_ref()).unwrap();
    let mut compressed = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = wire.receive(&mut buffer) {
        compressed.extend_from_slice(&buffer[..count]);
    }
    let mut text = Vec::new();
    // The stream has no end of its own; what came before it is what counts.
    let _end = flate2::read::DeflateDecoder::new(&*compressed).read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("b NO [COMPRESSIONACTIVE]"), "{text}");
    assert!(
        text.contains("Shall we meet at noon?\r\n") && text.contains("e OK "),
        "{text}"
    );
}
