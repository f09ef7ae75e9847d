//! The HTTP server shell.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use listen::http::{HttpLimits, Stopping, serve, upgrade};
use listen::{Facts, Listener, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::gate;

fn start(limits: HttpLimits) -> (SocketAddr, CancellationToken, TaskTracker) {
    let router = Router::new()
        .route(
            "/metrics",
            get(|Extension(facts): Extension<Arc<Facts>>| async move {
                format!("up {}\n", facts.service)
            }),
        )
        .route(
            "/length",
            post(|body: Bytes| async move { body.len().to_string() }),
        )
        .route("/echo", get(echo))
        .route("/ticks", get(ticks))
        .route("/flood", get(flood));
    let listener = Listener::tcp("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_address().socket().unwrap();
    let (stopping, tracker) = (CancellationToken::new(), TaskTracker::new());
    let service = Service::new("admin", gate(9, 9));
    tokio::spawn(serve(
        listener,
        service,
        limits,
        router,
        stopping.clone(),
        tracker.clone(),
    ));
    (address, stopping, tracker)
}

/// Changes to a protocol that says back what it hears, and says goodbye.
async fn echo() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response
        .headers_mut()
        .insert("upgrade", "echo".parse().unwrap());
    upgrade(&mut response, |mut stream, stopping| async move {
        let mut octets = [0; 16];
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                read = stream.read(&mut octets) => match read {
                    Ok(count @ 1..) => stream.write_all(&octets[..count]).await.unwrap(),
                    _ => break,
                },
            }
        }
        let _ = stream.write_all(b"bye").await;
    });
    response
}

/// More than anybody takes, over HTTP or, if that is asked for, after an upgrade.
async fn flood(fields: HeaderMap) -> Response<Body> {
    let octets = Bytes::from_static(&[0; 16_384]);
    if !fields.contains_key("upgrade") {
        let flood = futures_util::stream::repeat_with(move || {
            Ok::<_, std::convert::Infallible>(octets.clone())
        });
        return Response::new(Body::from_stream(flood));
    }
    let mut response = Response::new(Body::empty());
    upgrade(&mut response, |mut stream, _| async move {
        while stream.write_all(&octets).await.is_ok() {}
    });
    response
}

/// A stream without an end: one octet, then nothing until the server stops.
async fn ticks(Extension(Stopping(stopping)): Extension<Stopping>) -> Response<Body> {
    let events = futures_util::stream::unfold(true, move |first| {
        let stopping = stopping.clone();
        async move {
            if first {
                return Some((Ok::<_, std::convert::Infallible>("."), false));
            }
            stopping.cancelled().await;
            None
        }
    });
    Response::new(Body::from_stream(events))
}

async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_router_is_served() {
    let (address, ..) = start(HttpLimits::default());
    let answer = answer(
        address,
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("up admin\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused() {
    let (address, ..) = start(HttpLimits {
        body_octets: 5,
        ..HttpLimits::default()
    });
    let head = "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let fits = answer(address, &format!("{head}Content-Length: 5\r\n\r\n12345")).await;
    assert!(
        fits.starts_with("HTTP/1.1 200 ") && fits.ends_with("\r\n5"),
        "{fits}"
    );
    let announced = answer(address, &format!("{head}Content-Length: 6\r\n\r\n123456")).await;
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n0\r\n\r\n");
    let found_out = answer(address, &chunked).await;
    assert!(found_out.starts_with("HTTP/1.1 413 "), "{found_out}");
}

#[tokio::test]
async fn a_head_beyond_its_limit_is_refused() {
    let (address, ..) = start(HttpLimits {
        head_octets: 8_192,
        fields: 3,
        ..HttpLimits::default()
    });
    let long = "x".repeat(10_000);
    let long = format!("GET /metrics HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n");
    assert!(answer(address, &long).await.starts_with("HTTP/1.1 431 "));
    let many = "GET /metrics HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n";
    assert!(answer(address, many).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_body_that_does_not_end_in_time_is_refused() {
    let (address, ..) = start(HttpLimits {
        body_timeout: Duration::from_millis(1),
        ..HttpLimits::default()
    });
    let half =
        "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n1234";
    let answer = answer(address, half).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn one_connection_serves_several_requests() {
    let (address, ..) = start(HttpLimits::default());
    let one = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answers = answer(address, &format!("{one}{one}{last}")).await;
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 3, "{answers}");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_closed() {
    let (address, ..) = start(HttpLimits {
        head_timeout: Duration::from_millis(1),
        ..HttpLimits::default()
    });
    let answer = answer(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n").await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn shutdown_ends_idle_connections() {
    let (address, stopping, tracker) = start(HttpLimits::default());
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stopping.cancel();
    tracker.close();
    tracker.wait().await;
}

async fn upgraded(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(
            b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly",
        )
        .await
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{head:?}");
    stream
}

#[tokio::test]
async fn a_connection_changes_to_another_protocol_and_ends_with_the_server() {
    let (address, stopping, tracker) = start(HttpLimits {
        head_timeout: Duration::from_millis(1),
        ..HttpLimits::default()
    });
    let mut stream = upgraded(address).await;
    let mut heard = [0; 5];
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"early");
    stream.write_all(b"later").await.unwrap();
    stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"later");
    stopping.cancel();
    tracker.close();
    tracker.wait().await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"bye");
}

#[tokio::test]
async fn nothing_else_is_spoken_where_no_upgrade_was_asked_for() {
    let (address, ..) = start(HttpLimits::default());
    let answer = answer(
        address,
        "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(!answer.contains("bye"), "{answer}");
}

#[tokio::test]
async fn an_answer_without_an_end_outlives_the_stall_time_and_ends_with_the_server() {
    let (address, stopping, tracker) = start(HttpLimits {
        stall_timeout: Duration::from_millis(1),
        head_timeout: Duration::from_millis(1),
        ..HttpLimits::default()
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /ticks HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b".\r\n") {
        heard.push(stream.read_u8().await.unwrap());
    }
    let silence = tokio::time::timeout(Duration::from_millis(20), stream.read_u8()).await;
    assert!(silence.is_err(), "it is still open: {silence:?}");
    stopping.cancel();
    stream.read_to_end(&mut heard).await.unwrap();
    assert!(heard.ends_with(b"0\r\n\r\n"), "{heard:?}");
    tracker.close();
    tracker.wait().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    for fields in ["", "Connection: upgrade\r\nUpgrade: flood\r\n"] {
        let (address, _, tracker) = start(HttpLimits {
            stall_timeout: Duration::from_millis(20),
            ..HttpLimits::default()
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET /flood HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        // Some of it came, so there is somebody to wait for.
        stream.read_u8().await.unwrap();
        tracker.close();
        tracker.wait().await;
    }
}
