//! Shutdown: no new clients, and time for those who are there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use listen::{Connection, Listener, Service, SocketMode};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::{SOON, ask, echo, gate, line, start};

#[tokio::test]
async fn shutdown_waits_for_a_handler_and_takes_nobody_new() {
    let (go_on, done) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let served = start(Service::new("test", gate(9, 9)), {
        let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
        move |mut connection: Connection| {
            let (go_on, done) = (Arc::clone(&go_on), Arc::clone(&done));
            async move {
                connection.send(b"hello\n", SOON).await.unwrap();
                connection.stopping().cancelled().await;
                go_on.notified().await;
                connection.send(b"bye\n", SOON).await.unwrap();
                done.store(true, SeqCst);
            }
        }
    });
    let mut client = TcpStream::connect(served.address).await.unwrap();
    assert_eq!(line(&mut client).await, "hello\n");
    served.stopping.cancel();
    served.accepting.await.unwrap().unwrap();
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "the port is still open"
    );
    served.tracker.close();
    assert!(!served.tracker.is_empty() && !done.load(SeqCst));
    go_on.notify_one();
    served.tracker.wait().await;
    assert!(done.load(SeqCst));
    assert_eq!(line(&mut client).await, "bye\n");
}

#[tokio::test]
async fn a_unix_socket_is_served_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let listener = Listener::unix(&path, SocketMode::Owner).unwrap();
    let (stopping, tracker) = (CancellationToken::new(), TaskTracker::new());
    let service = Service::new("test", gate(9, 9));
    let accepting = tokio::spawn(listen::serve(
        listener,
        service,
        stopping.clone(),
        tracker,
        echo,
    ));
    let mut client = UnixStream::connect(&path).await.unwrap();
    assert_eq!(line(&mut client).await, "hello\n");
    let facts = ask(&mut client, "FACTS\n").await;
    assert!(
        facts.starts_with("unix:uid=") && facts.ends_with(" true None\n"),
        "{facts}"
    );
    stopping.cancel();
    accepting.await.unwrap().unwrap();
    assert!(!path.exists());
}
