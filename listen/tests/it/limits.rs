//! Limits: total and per address, what the refused are told, a panic, the counters.

use listen::{Connection, Service};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{SOON, Served, ask, echo, gate, line, start};

async fn connect(served: &Served) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let greeting = line(&mut stream).await;
    (stream, greeting)
}

/// Leaves, and returns when the server has noticed.
async fn leave(mut stream: TcpStream, served: &Served) {
    let open = served.service.gate.open();
    stream.write_all(b"QUIT\n").await.unwrap();
    assert_eq!(line(&mut stream).await, "");
    drop(stream);
    while served.service.gate.open() >= open {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn beyond_the_limits_a_client_is_told_and_closed() {
    for (total, per_address) in [(2, 9), (9, 2)] {
        let service = Service {
            refusal: b"421 too many\r\n",
            ..Service::new("test", gate(total, per_address))
        };
        let served = start(service, echo);
        let (first, greeting) = connect(&served).await;
        assert_eq!(greeting, "hello\n");
        let (mut second, _) = connect(&served).await;
        let (mut third, refusal) = connect(&served).await;
        assert_eq!(refusal, "421 too many\r\n");
        assert_eq!(line(&mut third).await, "");
        assert_eq!(ask(&mut second, "still\n").await, "> still\n");
        leave(first, &served).await;
        assert_eq!(connect(&served).await.1, "hello\n");
        let counted = served.service.counters.read();
        assert_eq!((counted.accepted, counted.refused), (4, 1));
    }
}

#[tokio::test]
async fn a_panic_ends_one_connection_only() {
    let served = start(
        Service::new("test", gate(9, 9)),
        async |mut connection: Connection| {
            let line = connection.line(100, SOON).await.unwrap();
            assert_ne!(line, b"panic\n", "as asked");
            connection.send(b"fine\n", SOON).await.unwrap();
        },
    );
    let mut first = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(ask(&mut first, "panic\n").await, "");
    let mut second = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(ask(&mut second, "work\n").await, "fine\n");
    served.stopping.cancel();
    served.tracker.close();
    served.tracker.wait().await;
    let counted = served.service.counters.read();
    assert_eq!(
        (counted.panics, counted.open, served.service.gate.open()),
        (1, 0, 0)
    );
    assert_eq!((counted.octets_in, counted.octets_out), (11, 5));
}
