//! A client over a socket, with TLS or without, that waits for what it expects and for nothing longer than [`SOON`].

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::house::{Served, tls};

/// Longer than any step takes; only a broken test waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

pub(crate) struct Client {
    stream: Pin<Box<dyn Stream>>,
    unread: Vec<u8>,
    /// RFC 9266: what SCRAM can be bound to.
    pub(crate) exporter: Option<[u8; 32]>,
}

impl Client {
    pub(crate) async fn tcp(served: &Served) -> Self {
        let stream = TcpStream::connect(served.address.unwrap()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    pub(crate) async fn unix(path: &Path) -> Self {
        Self::over(UnixStream::connect(path).await.unwrap())
    }

    pub(crate) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::pin(stream),
            unread: Vec::new(),
            exporter: None,
        }
    }

    /// Connects, reads the greeting, and says hello.
    pub(crate) async fn greeted(served: &Served, hello: &str) -> Self {
        let mut client = Self::tcp(served).await;
        client.lines(1).await;
        client.say(hello).await;
        client
    }

    /// Does the client's part of a handshake.
    pub(crate) async fn start_tls(&mut self, _served: &Served) {
        assert!(self.unread.is_empty(), "said before the handshake");
        let mut roots = RootCertStore::empty();
        roots.add(tls().1.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("mail.example.org").unwrap();
        let plain = std::mem::replace(&mut self.stream, Box::pin(tokio::io::empty()));
        let connecting = TlsConnector::from(Arc::new(config)).connect(name, plain);
        let secured: TlsStream<_> = in_time(connecting).await.unwrap();
        let exported = secured.get_ref().1.export_keying_material(
            [0_u8; 32],
            b"EXPORTER-Channel-Binding",
            Some(&[]),
        );
        self.exporter = Some(exported.unwrap());
        self.stream = Box::pin(secured);
    }

    /// Sends octets. That the server may have closed is seen by what it says.
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        let _ = in_time(self.stream.write_all(octets)).await;
        let _ = in_time(self.stream.flush()).await;
    }

    /// So many lines of the server; fewer where it closes before.
    pub(crate) async fn lines(&mut self, count: usize) -> Vec<u8> {
        loop {
            let ends = self.unread.iter().enumerate();
            let mut ends = ends.filter_map(|(at, octet)| (*octet == b'\n').then_some(at + 1));
            if let Some(end) = count.checked_sub(1).and_then(|count| ends.nth(count)) {
                return self.unread.drain(..end).collect();
            }
            if count == 0
                || in_time(self.stream.read_buf(&mut self.unread))
                    .await
                    .unwrap_or(0)
                    == 0
            {
                return std::mem::take(&mut self.unread);
            }
        }
    }

    /// Sends a command and reads its reply of any number of lines; the last line is returned.
    pub(crate) async fn say(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes()).await;
        self.reply().await
    }

    /// The last line of the next reply.
    pub(crate) async fn reply(&mut self) -> String {
        loop {
            let line = String::from_utf8(self.lines(1).await).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }

    /// The next line, however long it takes on a clock that is turned.
    pub(crate) async fn silent_reply(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            match self.stream.read_u8().await {
                Ok(octet) => line.push(octet),
                Err(_) => break,
            }
        }
        String::from_utf8(line).unwrap().trim_end().to_owned()
    }

    /// MAIL, RCPT for each, DATA and a message; the reply to each recipient and to the end of the data.
    pub(crate) async fn deliver(
        &mut self,
        sender: &str,
        recipients: &[&str],
        message: &[u8],
    ) -> Vec<String> {
        let mut replies = vec![self.say(&format!("MAIL FROM:<{sender}>")).await];
        for recipient in recipients {
            replies.push(self.say(&format!("RCPT TO:<{recipient}>")).await);
        }
        let go_ahead = self.say("DATA").await;
        assert!(go_ahead.starts_with("354"), "{go_ahead} after {replies:?}");
        self.send(&stuffed(message)).await;
        replies.push(self.reply().await);
        replies
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.unread);
        let _ = in_time(self.stream.read_to_end(&mut rest)).await;
        rest
    }

    /// Goes without a word; everything the server still says.
    pub(crate) async fn end(mut self) -> Vec<u8> {
        let _ = in_time(self.stream.shutdown()).await;
        self.rest().await
    }
}

/// RFC 5321 4.5.2: a message as DATA carries it, with the final dot.
pub(crate) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b".\r\n");
    out
}

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future)
        .await
        .expect("a test is stuck")
}
