//! The tree and cosignatures over HTTPS, as the world reaches them: `[listen] tlog`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use seal::{Checkpoint, Hash, Note, Signature, Tile, TileId, WitnessKey, root_of};

use super::{ANNA, Log, PASSWORD, PATIENCE, log_key, mail_goes_on, section, witness_key};
use crate::server::{Options, TestServer};

/// Asks over HTTPS a server that must show this certificate: the head and the body of the answer, or why there is none.
fn https(
    server: &TestServer,
    trusted: &TestServer,
    request: &str,
    body: &str,
) -> std::io::Result<(String, Vec<u8>)> {
    let mut roots = RootCertStore::empty();
    let chain = std::fs::read(trusted.certificate())?;
    for certificate in CertificateDer::pem_slice_iter(&chain) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(("127.0.0.1", server.tlog_tls_port()))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(client, socket);
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&answer)));
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    Ok((head, answer[end + 4..].to_vec()))
}

#[test]
fn checkpoint_tiles_and_cosignatures_over_https() {
    let mut log = Log::new();
    let server = TestServer::start(Options {
        sections: section(&[], &[&log.key.verifier().to_string()], "\"any\""),
        ..Options::default()
    });
    server.add_account(ANNA, PASSWORD);
    mail_goes_on(&server, "in the tree");
    let ask = |request: &str, body: &str| https(&server, &server, request, body).unwrap();
    let (head, note) = ask("GET /checkpoint", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let key = log_key(&server).parse().unwrap();
    let checkpoint = Checkpoint::open(&note, "mail.example.org/journal", &key).unwrap();
    let size = checkpoint.size();
    assert!(size > 0 && size < 256, "one tile that is not full: {size}");
    // The tile's hashes are the leaves of the tree whose root was signed.
    let id = TileId { level: 0, index: 0 };
    let width = usize::try_from(size).unwrap();
    let (head, tile) = ask(&format!("GET /{}", id.path(width)), "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let leaves = Tile::decode(id, &tile).unwrap();
    assert_eq!(leaves.hashes.len(), width);
    assert_eq!(root_of(&leaves.hashes), checkpoint.root());
    assert_ne!(checkpoint.root(), Hash::EMPTY_ROOT);
    // What others have written stays where it is.
    let (head, _) = ask("GET /tile/entries/000", "");
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");

    let submission = log.grow(5, 0).submission(0);
    let (head, lines) = ask("POST /add-checkpoint", &submission);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let mut cosigned = Note::parse(submission.split_once("\n\n").unwrap().1.as_bytes()).unwrap();
    for line in String::from_utf8(lines).unwrap().lines() {
        cosigned.add(Signature::parse(line).unwrap()).unwrap();
    }
    for kind in ["Ed25519", "ML-DSA-44"] {
        let key: WitnessKey = witness_key(&server, kind).parse().unwrap();
        assert!(matches!(key.cosigned_at(&cosigned), Ok(Some(_))), "{kind}");
    }
}

#[test]
fn without_its_certificate_and_without_tls_there_is_no_answer() {
    let (server, other) = (
        TestServer::start(Options::default()),
        TestServer::prepare(Options::default()),
    );
    let refused = https(&server, &other, "GET /checkpoint", "").unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    let mut socket = TcpStream::connect(("127.0.0.1", server.tlog_tls_port())).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        socket,
        "GET /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    .unwrap();
    let mut said = Vec::new();
    let _ = socket.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP/"), "{said:?}");
    // It goes on serving those who know it.
    let (head, _) = https(&server, &server, "GET /checkpoint", "").unwrap();
    assert!(head.starts_with("HTTP/1.1 "), "{head}");
}
