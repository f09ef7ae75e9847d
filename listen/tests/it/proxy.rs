//! PROXY protocol over sockets: whom it is believed from, and what follows from it.

use listen::Service;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{Served, ask, echo, gate, line, start};

fn behind_proxy(per_address: usize) -> Served {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    start(
        Service {
            trusted_proxies,
            refusal: b"no\n",
            ..Service::new("test", gate(9, per_address))
        },
        echo,
    )
}

async fn connect(served: &Served, header: &[u8]) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.write_all(header).await.unwrap();
    let greeting = line(&mut stream).await;
    (stream, greeting)
}

#[tokio::test]
async fn the_client_is_whom_the_proxy_names() {
    let served = behind_proxy(9);
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c".to_vec();
    header.extend([192, 0, 2, 1, 198, 51, 100, 2, 0, 99, 0, 25]);
    let (mut stream, _) = connect(&served, &header).await;
    assert_eq!(
        ask(&mut stream, "FACTS\n").await,
        "192.0.2.1:99 198.51.100.2:25 false None\n"
    );
    // Nothing behind the header is lost.
    let (mut stream, greeting) = connect(
        &served,
        b"PROXY TCP4 192.0.2.1 198.51.100.2 99 25\r\nFACTS\n",
    )
    .await;
    assert_eq!(greeting, "hello\n");
    assert_eq!(
        line(&mut stream).await,
        "192.0.2.1:99 198.51.100.2:25 false None\n"
    );
    let (mut stream, _) = connect(&served, b"PROXY UNKNOWN\r\n").await;
    assert!(ask(&mut stream, "FACTS\n").await.starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn a_header_may_come_in_pieces() {
    let served = behind_proxy(9);
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    for octet in b"PROXY TCP6 2001:db8::1 2001:db8::2 99 25\r\n" {
        stream.write_all(&[*octet]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(line(&mut stream).await, "hello\n");
    assert_eq!(
        ask(&mut stream, "FACTS\n").await,
        "[2001:db8::1]:99 [2001:db8::2]:25 false None\n"
    );
}

#[tokio::test]
async fn a_trusted_proxy_must_send_a_header() {
    let served = behind_proxy(9);
    let (_, greeting) = connect(&served, b"EHLO mail.example.org\r\n").await;
    assert_eq!(greeting, "");
    assert_eq!(served.service.counters.read().proxy_failures, 1);
}

#[tokio::test]
async fn others_are_not_believed() {
    let trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()];
    let served = start(
        Service {
            trusted_proxies,
            ..Service::new("test", gate(9, 9))
        },
        echo,
    );
    let (mut stream, greeting) =
        connect(&served, b"PROXY TCP4 192.0.2.1 198.51.100.2 99 25\r\n").await;
    assert_eq!(greeting, "hello\n");
    assert!(
        line(&mut stream).await.starts_with("> PROXY"),
        "the header is an ordinary line"
    );
}

#[tokio::test]
async fn the_limit_per_address_counts_the_client() {
    let served = behind_proxy(1);
    let header = |host: u8| format!("PROXY TCP4 192.0.2.{host} 198.51.100.2 99 25\r\n");
    let (_first, greeting) = connect(&served, header(1).as_bytes()).await;
    assert_eq!(greeting, "hello\n");
    assert_eq!(connect(&served, header(1).as_bytes()).await.1, "no\n");
    assert_eq!(connect(&served, header(2).as_bytes()).await.1, "hello\n");
}
