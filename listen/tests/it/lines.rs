//! Lines and their limit, octets, compression, waiting for two things at once.

use std::io::{IoSlice, Read};
use std::time::Duration;

use flate2::read::DeflateDecoder;
use listen::{Connection, Error, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::client::{SOON, ask, echo, gate, line, start};

/// A deadline that is meant to pass.
const AT_ONCE: Duration = Duration::from_millis(1);

fn pair() -> (Connection, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Connection::detached(ours), theirs)
}

#[tokio::test]
async fn a_line_may_be_as_long_as_its_limit() {
    let (mut connection, mut peer) = pair();
    peer.write_all(b"12345678\r\n123456789\r\nnext\r\n")
        .await
        .unwrap();
    assert_eq!(connection.line(10, SOON).await.unwrap(), b"12345678\r\n");
    let error = connection.line(10, SOON).await.unwrap_err();
    assert!(
        matches!(error, Error::TooLong { limit_octets: 10 }),
        "{error}"
    );
    assert_eq!(connection.skip_line(100, SOON).await.unwrap(), 11);
    assert_eq!(connection.line(10, SOON).await.unwrap(), b"next\r\n");
    drop(peer);
    assert!(connection.line(10, SOON).await.unwrap_err().is_closed());
}

#[tokio::test]
async fn a_line_without_end_is_refused_at_its_limit() {
    let (mut connection, mut peer) = pair();
    peer.write_all(&[b'x'; 10]).await.unwrap();
    assert!(matches!(
        connection.line(10, SOON).await,
        Err(Error::TooLong { .. })
    ));
    peer.write_all(&[b'x'; 91]).await.unwrap();
    assert!(matches!(
        connection.skip_line(100, SOON).await,
        Err(Error::TooLong { .. })
    ));
}

#[tokio::test]
async fn input_that_nobody_consumes_is_bounded() {
    let (mut connection, mut peer) = pair();
    let flood = tokio::spawn(async move {
        let _ = peer.write_all(&vec![b'x'; 1_000_000]).await;
    });
    let error = loop {
        if let Err(error) = connection.fill(SOON).await {
            break error;
        }
    };
    assert!(matches!(error, Error::TooLong { .. }));
    assert_eq!(
        connection.buffer().len(),
        listen::limits::READ_BUFFER_OCTETS_MAX
    );
    drop(connection);
    flood.await.unwrap();
}

#[tokio::test]
async fn octets_are_read_exactly() {
    let (mut connection, mut peer) = pair();
    let literal: Vec<u8> = (0..200_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let sent = [&literal[..], b"rest\n"].concat();
    let writer = tokio::spawn(async move { peer.write_all(&sent).await });
    let mut into = Vec::new();
    connection
        .read_octets(literal.len(), &mut into, SOON)
        .await
        .unwrap();
    assert!(into == literal);
    assert_eq!(connection.line(10, SOON).await.unwrap(), b"rest\n");
    writer.await.unwrap().unwrap();
    assert!(matches!(
        connection.read_octets(1, &mut into, SOON).await,
        Err(Error::Closed)
    ));
}

#[tokio::test]
async fn a_silent_peer_is_given_up_in_time() {
    let (mut connection, _peer) = pair();
    assert!(matches!(
        connection.line(10, AT_ONCE).await,
        Err(Error::TimedOut)
    ));
    assert!(matches!(
        connection.fill(Duration::ZERO).await,
        Err(Error::TimedOut)
    ));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_given_up_in_time() {
    let (mut connection, _peer) = pair();
    let error = connection
        .send(&vec![0; 10_000_000], AT_ONCE)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::TimedOut));
}

#[tokio::test]
async fn waiting_for_input_can_be_given_up_without_loss() {
    let (mut connection, mut peer) = pair();
    peer.write_all(b"half ").await.unwrap();
    connection.fill(SOON).await.unwrap();
    // The other branch is ready at once; the line is not.
    tokio::select! {
        biased;
        line = connection.line(100, SOON) => panic!("{line:?}"),
        () = std::future::ready(()) => connection.send(b"* 1 EXISTS\n", SOON).await.unwrap(),
    }
    assert_eq!(line(&mut peer).await, "* 1 EXISTS\n");
    peer.write_all(b"a line\n").await.unwrap();
    assert_eq!(connection.line(100, SOON).await.unwrap(), b"half a line\n");
}

#[tokio::test]
async fn parts_arrive_in_their_order() {
    let (mut connection, mut peer) = pair();
    // More than one write takes, some of them empty, one larger than the socket's buffer.
    let parts: Vec<Vec<u8>> = (0..3_000_usize)
        .map(|number| {
            let octets = if number == 1_500 {
                2_000_000
            } else {
                number % 7
            };
            vec![number.to_le_bytes()[0]; octets]
        })
        .collect();
    let expected = parts.concat();
    let reading = tokio::spawn(async move {
        let mut got = Vec::new();
        peer.read_to_end(&mut got).await.unwrap();
        got
    });
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    connection.write_parts(&mut slices, SOON).await.unwrap();
    connection.write_parts(&mut [], SOON).await.unwrap();
    connection.write_all(b"", SOON).await.unwrap();
    drop(connection);
    assert!(reading.await.unwrap() == expected);
}

#[tokio::test]
async fn compression_carries_both_directions() {
    let served = start(Service::new("test", gate(9, 9)), echo);
    let mut client = TcpStream::connect(served.address).await.unwrap();
    line(&mut client).await;
    assert_eq!(ask(&mut client, "COMPRESS\n").await, "go\n");
    let mut deflate = flate2::Compress::new(flate2::Compression::default(), false);
    let mut wire = Vec::with_capacity(1_000);
    deflate
        .compress_vec(b"one\ntwo\nQUIT\n", &mut wire, flate2::FlushCompress::Sync)
        .unwrap();
    client.write_all(&wire).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    let mut plain = Vec::new();
    // The stream has no last block, which is the ordinary end of such a connection.
    let _ = DeflateDecoder::new(answer.as_slice()).read_to_end(&mut plain);
    assert_eq!(plain, b"> one\n> two\n");
}

#[tokio::test]
async fn input_ahead_of_compression_is_refused() {
    let served = start(Service::new("test", gate(9, 9)), echo);
    let mut client = TcpStream::connect(served.address).await.unwrap();
    line(&mut client).await;
    client.write_all(b"COMPRESS\ninjected\n").await.unwrap();
    assert_eq!(line(&mut client).await, "go\n");
    assert_eq!(line(&mut client).await, "");
}
