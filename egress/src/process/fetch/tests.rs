//! Tests of the HTTP client against small servers.

use std::net::Ipv4Addr;

use model::Clock;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::process::Means;
use crate::process::tests::name_server::{NameServer, Zone};
use crate::process::tests::{clock, setup, zones};

/// A web server that says the same to everybody, over TLS for `web.plain` or without.
struct Web {
    port: u16,
    heard: tokio::sync::mpsc::Receiver<String>,
    _tasks: JoinSet<()>,
}

impl Web {
    async fn start(says: &'static [u8], tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (hears, heard) = tokio::sync::mpsc::channel(16);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let said = match &tls {
                    None => say(stream, says).await,
                    Some(tls) => match TlsAcceptor::from(Arc::clone(tls)).accept(stream).await {
                        Ok(stream) => say(stream, says).await,
                        Err(_) => continue,
                    },
                };
                let _ = hears.send(said).await;
            }
        });
        Self {
            port,
            heard,
            _tasks: tasks,
        }
    }

    /// Heads of requests that came.
    fn requests(&mut self) -> Vec<String> {
        let mut requests = Vec::new();
        while let Ok(request) = self.heard.try_recv() {
            requests.push(request);
        }
        requests
    }
}

/// Reads a request up to the end of its header, and answers.
async fn say(mut stream: impl AsyncRead + AsyncWrite + Unpin, says: &[u8]) -> String {
    let mut request = Vec::new();
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => request.push(octet),
            Err(_) => break,
        }
    }
    let _ = stream.write_all(says).await;
    let _ = stream.shutdown().await;
    String::from_utf8(request).unwrap()
}

/// A client that trusts `roots_pem` and knows `web.plain` as this machine, and `web.secure` as a private address.
async fn client(roots_pem: String) -> (NameServer, Means) {
    let plain = Zone::new("plain.").a("web.plain.", [127, 0, 0, 1]);
    let secure = Zone::new("secure.")
        .a("web.secure.", [10, 0, 0, 1])
        .signed();
    let (zones, anchor) = zones(secure, plain);
    let server = NameServer::start(zones).await;
    let mut setup = setup(&server, anchor);
    setup.roots_pem = roots_pem;
    setup.plain_http = vec!["127.0.0.1".into(), "Web.plain".into(), "10.0.0.1".into()];
    let clock: Clock = clock();
    (server, Means::new(setup, clock).unwrap())
}

/// What comes of a request to a server without TLS that says this.
async fn told(
    says: &'static [u8],
    redirects: Redirects,
) -> Result<(HttpResponse, Bytes), FetchError> {
    let web = Web::start(says, None).await;
    let (_server, means) = client(String::new()).await;
    let mut request = HttpRequest::get(format!("http://127.0.0.1:{}/a", web.port));
    request.redirects = redirects;
    request.body_octets_max = 10;
    request.time_ms_max = 2_000;
    means.fetcher.fetch(&request, Bytes::new()).await
}

#[tokio::test]
async fn a_page_is_fetched() {
    let says = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
    let (response, body) = told(says, Redirects::None).await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/plain"));
    assert_eq!(body, "hello");
    // Chunks, and a body that ends with the connection.
    let says =
        b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    let (response, body) = told(says, Redirects::None).await.unwrap();
    assert_eq!((response.status, body.as_ref()), (404, b"hello".as_slice()));
    let says = b"HTTP/1.0 200 OK\r\n\r\nhello";
    assert_eq!(told(says, Redirects::None).await.unwrap().1, "hello");
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    for says in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhello world",
    ] {
        let failed = told(says, Redirects::None).await;
        assert_eq!(failed, Err(FetchError::TooLarge));
    }
}

#[tokio::test]
async fn what_is_no_response_is_refused() {
    for says in [
        &b""[..],
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhe",
    ] {
        let failed = told(says, Redirects::None).await;
        assert_eq!(failed, Err(FetchError::Protocol));
    }
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_only() {
    let round = b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n";
    let (response, _) = told(round, Redirects::None).await.unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(
        told(round, Redirects::SameHost).await,
        Err(FetchError::Redirected)
    );
    for elsewhere in [
        &b"HTTP/1.1 301 Moved\r\nLocation: http://web.plain/\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: //127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    ] {
        let failed = told(elsewhere, Redirects::SameHost).await;
        assert_eq!(failed, Err(FetchError::Redirected));
    }
}

#[tokio::test]
async fn three_redirects_are_enough() {
    let round = b"HTTP/1.1 307 Again\r\nLocation: /b?c\r\nContent-Length: 0\r\n\r\n";
    let mut web = Web::start(round, None).await;
    let (_server, means) = client(String::new()).await;
    let mut request = HttpRequest::get(format!("http://127.0.0.1:{}/a", web.port));
    request.redirects = Redirects::SameHost;
    let failed = means.fetcher.fetch(&request, Bytes::new()).await;
    assert_eq!(failed, Err(FetchError::Redirected));
    let requests = web.requests();
    assert_eq!(requests.len(), 1 + REDIRECTS_MAX);
    assert!(requests[1].starts_with("GET /b?c HTTP/1.1\r\n"));
    // A POST is not repeated.
    request.method = Method::Post;
    let (response, _) = means.fetcher.fetch(&request, Bytes::new()).await.unwrap();
    assert_eq!(response.status, 307);
}

#[tokio::test]
async fn the_request_says_what_it_should() {
    let says = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let mut web = Web::start(says, None).await;
    let (_server, means) = client(String::new()).await;
    let mut request = HttpRequest::get(format!("http://web.plain:{}/x?y", web.port));
    request.method = Method::Post;
    request.headers = vec![("Content-Type".into(), "application/jose+json".into())];
    let fetched = means.fetcher.fetch(&request, Bytes::from_static(b"body"));
    fetched.await.unwrap();
    let head = web.requests().remove(0).to_ascii_lowercase();
    assert!(head.starts_with("post /x?y http/1.1\r\n"), "{head}");
    for field in [
        &format!("host: web.plain:{}\r\n", web.port),
        "content-length: 4\r\n",
        "content-type: application/jose+json\r\n",
        "user-agent: wachpost\r\n",
    ] {
        assert!(head.contains(field), "{field} {head}");
    }
    for header in [("Bad Name", "x"), ("X", "a\r\nY: b")] {
        request.headers = vec![(header.0.into(), header.1.into())];
        let failed = means.fetcher.fetch(&request, Bytes::new()).await;
        assert!(
            matches!(failed, Err(FetchError::BadRequest(_))),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn nobody_else_is_asked() {
    let (_server, means) = client(String::new()).await;
    for (url, error) in [
        (
            "http://web.secure/",
            FetchError::BadRequest("only https is allowed"),
        ),
        ("https://web.secure/", FetchError::Refused),
        ("https://10.0.0.1/", FetchError::Refused),
        ("http://10.0.0.1/", FetchError::Refused),
        ("https://[::1]/", FetchError::Refused),
        ("https://[::ffff:10.0.0.1]/", FetchError::Refused),
        ("https://none.plain/", FetchError::Unresolved),
        ("https://servfail.plain/", FetchError::Unresolved),
    ] {
        let failed = means
            .fetcher
            .fetch(&HttpRequest::get(url), Bytes::new())
            .await;
        assert_eq!(failed, Err(error), "{url}");
    }
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_server, means) = client(String::new()).await;
    let mut request = HttpRequest::get(format!("http://127.0.0.1:{port}/"));
    request.time_ms_max = 100;
    let failed = means.fetcher.fetch(&request, Bytes::new()).await;
    assert_eq!(failed, Err(FetchError::TimedOut));
}

/// A certificate for a name, as PEM and as a server uses it.
fn certificate(name: &str) -> (String, Arc<rustls::ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made.cert.pem(), Arc::new(config))
}

#[tokio::test]
async fn a_certificate_for_the_name_is_needed() {
    let says = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let (pem, tls) = certificate("web.plain");
    let web = Web::start(says, Some(tls)).await;
    let request = HttpRequest::get(format!("https://web.plain:{}/", web.port));
    let (_server, means) = client(pem.clone()).await;
    let (_, body) = means.fetcher.fetch(&request, Bytes::new()).await.unwrap();
    assert_eq!(body, "hello");
    // Another name for the same server.
    let by_address = HttpRequest::get(format!("https://127.0.0.1:{}/", web.port));
    let failed = means.fetcher.fetch(&by_address, Bytes::new()).await;
    assert!(matches!(failed, Err(FetchError::Tls(_))), "{failed:?}");
    // An issuer that is not trusted.
    let (_server, means) = client(String::new()).await;
    let failed = means.fetcher.fetch(&request, Bytes::new()).await;
    assert!(matches!(failed, Err(FetchError::Tls(_))), "{failed:?}");
}
