//! The wire: one connection, one request, an answer of bounded size within a deadline.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use super::{Target, Way};

/// Octets of an answer that are read: the versions stand at its beginning.
const ANSWER_OCTETS_MAX: usize = 256 << 10;

/// Octets of a greeting.
const GREETING_OCTETS_MAX: usize = 4_096;

/// To connect, and to wait for each part of an answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// For a whole answer, however slowly it comes.
const DEADLINE: Duration = Duration::from_secs(20);

/// Head and body of an answer of HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: String,
}

/// What a server says first; then it is told good-bye.
pub(super) fn greeting(place: SocketAddr, bye: &[u8]) -> Result<String, String> {
    let mut stream = connect(place)?;
    let greeting = read(&mut stream, GREETING_OCTETS_MAX, |octets| {
        octets.ends_with(b"\n")
    })?;
    // It has said what we wanted; whether the good-bye arrives is of no matter.
    let _ = stream.write_all(bye);
    Ok(String::from_utf8_lossy(&greeting).into_owned())
}

/// One request of HTTP/1.1 (RFC 9112 3), and its answer.
pub(super) fn get(target: &Target, path: &str) -> Result<Answer, String> {
    let host = target.name.clone().unwrap_or_else(|| match target.place {
        // RFC 3986 3.2.2: an address of IPv6 stands in brackets.
        SocketAddr::V6(place) => format!("[{}]", place.ip()),
        SocketAddr::V4(place) => place.ip().to_string(),
    });
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Mozilla/5.0 (compatible; Wachpost scout; inventory under a mandate)\r\n\
         Accept: text/html,*/*;q=0.8\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    );
    let stream = connect(target.place)?;
    let octets = if target.way == Way::Http {
        exchange(stream, &request)?
    } else {
        exchange(encrypted(stream, target)?, &request)?
    };
    split(&octets).ok_or_else(|| "the answer is not HTTP".to_owned())
}

fn exchange(mut stream: impl Read + Write, request: &str) -> Result<Vec<u8>, String> {
    stream
        .write_all(request.as_bytes())
        .map_err(|error| said(&error))?;
    read(&mut stream, ANSWER_OCTETS_MAX, |_| false)
}

/// RFC 9112 2.1: an empty line divides head and body.
pub(super) fn split(octets: &[u8]) -> Option<Answer> {
    let at = memchr::memmem::find(octets, b"\r\n\r\n")?;
    let head = octets.get(..at)?;
    head.starts_with(b"HTTP/1.").then(|| Answer {
        head: String::from_utf8_lossy(head).into_owned(),
        body: String::from_utf8_lossy(octets.get(at + 4..).unwrap_or_default()).into_owned(),
    })
}

fn connect(place: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&place, PATIENCE).map_err(|error| said(&error))?;
    let bounded = stream
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    bounded.map_err(|error| said(&error))?;
    Ok(stream)
}

/// Reads until the peer ends, `enough` says so, or the bound is reached.
fn read(
    stream: &mut impl Read,
    octets_max: usize,
    enough: impl Fn(&[u8]) -> bool,
) -> Result<Vec<u8>, String> {
    let start = Instant::now();
    let mut octets = Vec::new();
    let mut part = [0; 8_192];
    while octets.len() < octets_max && !enough(&octets) {
        if start.elapsed() > DEADLINE {
            return Err("the answer takes too long".to_owned());
        }
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => octets.extend_from_slice(&part[..read.min(octets_max - octets.len())]),
            // RFC 5246 7.2.1: many servers end without the alert that says so; what came is complete enough for us.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(_) if !octets.is_empty() => break,
            Err(error) => return Err(said(&error)),
        }
    }
    Ok(octets)
}

fn encrypted(
    stream: TcpStream,
    target: &Target,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    let name = match &target.name {
        Some(name) => ServerName::try_from(name.clone()).map_err(|error| error.to_string())?,
        None => ServerName::IpAddress(target.place.ip().into()),
    };
    let connection =
        ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    Ok(StreamOwned::new(connection, stream))
}

fn said(error: &io::Error) -> String {
    error.to_string()
}

/// Takes any certificate: nothing secret is sent, and what is counted is who answers, not who they say they are. Many an Exchange
/// server shows the certificate that it made for itself.
#[derive(Debug)]
struct Anybody(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            cert,
            dss,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
