//! The other side: a service that is started for one test, and clients of it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use listen::{
    CertificateFiles, Connection, ConnectionLimits, Error, Gate, Listener, Service, TlsConfig,
};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Longer than any step takes; only a broken test waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A service under test.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) service: Service,
    pub(crate) stopping: CancellationToken,
    pub(crate) tracker: TaskTracker,
    pub(crate) accepting: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// Limits that loopback is not exempt from.
pub(crate) fn gate(total: usize, per_address: usize) -> Gate {
    Gate::new(ConnectionLimits {
        total,
        per_address,
        exempt: Vec::new(),
    })
}

pub(crate) fn start<H, F>(service: Service, handler: H) -> Served
where
    H: Fn(Connection) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_address().socket().unwrap();
    let (stopping, tracker) = (CancellationToken::new(), TaskTracker::new());
    let accepting = tokio::spawn(listen::serve(
        listener,
        service.clone(),
        stopping.clone(),
        tracker.clone(),
        handler,
    ));
    Served {
        address,
        service,
        stopping,
        tracker,
        accepting,
    }
}

/// Sends every line back with `> ` before it; `STARTTLS` and `COMPRESS` change the connection, `FACTS` tells what it
/// knows.
pub(crate) async fn echo(connection: Connection) {
    if let Err(error) = converse(connection).await {
        assert!(!matches!(error, Error::TimedOut), "a test is stuck");
    }
}

async fn converse(mut connection: Connection) -> Result<(), Error> {
    connection.send(b"hello\n", SOON).await?;
    loop {
        let line = connection.line(1_000, SOON).await?;
        match line.as_slice() {
            b"STARTTLS\n" => {
                connection.send(b"go\n", SOON).await?;
                connection = connection.start_tls(SOON).await?;
            }
            b"COMPRESS\n" => {
                connection.send(b"go\n", SOON).await?;
                connection = connection.compress()?;
            }
            b"FACTS\n" => {
                let facts = connection.facts();
                let name = facts.tls.as_ref().and_then(|tls| tls.server_name.clone());
                let text = format!(
                    "{} {} {} {name:?}\n",
                    connection.peer(),
                    connection.local(),
                    connection.is_loopback()
                );
                connection.send(text.as_bytes(), SOON).await?;
            }
            b"BINDINGS\n" => {
                let text = format!(
                    "{:?} {:?}\n",
                    connection.tls_exporter(),
                    connection.tls_server_end_point()
                );
                connection.send(text.as_bytes(), SOON).await?;
            }
            b"QUIT\n" => return connection.shutdown(SOON).await,
            line => connection.send(&[b"> ", line].concat(), SOON).await?,
        }
    }
}

/// Reads up to and with a line feed; what was there before the end if it comes first.
pub(crate) async fn line(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        match tokio::time::timeout(SOON, stream.read_u8())
            .await
            .expect("a test is stuck")
        {
            Ok(octet) => line.push(octet),
            Err(_) => break,
        }
    }
    String::from_utf8(line).unwrap()
}

/// Sends a line and reads the answer.
pub(crate) async fn ask(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    question: &str,
) -> String {
    stream.write_all(question.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    line(stream).await
}

/// Writes a new self-signed certificate for these names and its key to `NAME.crt` and `NAME.key`.
pub(crate) fn certificate(
    folder: &Path,
    names: &[&str],
) -> (CertificateFiles, CertificateDer<'static>) {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let files = CertificateFiles {
        chain: folder.join(format!("{}.crt", names[0])),
        key: folder.join(format!("{}.key", names[0])),
    };
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

/// A configuration with one certificate for these names.
pub(crate) fn tls(folder: &Path, names: &[&str]) -> (TlsConfig, CertificateDer<'static>) {
    let (files, certificate) = certificate(folder, names);
    (TlsConfig::load(vec![files], &[]).unwrap(), certificate)
}

/// Does the client's part of the handshake, trusting these certificates only.
pub(crate) async fn secure(
    stream: TcpStream,
    name: &str,
    trusted: &[CertificateDer<'static>],
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).unwrap();
    }
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}
