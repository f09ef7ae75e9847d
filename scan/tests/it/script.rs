//! The far end of a connection, which a test plays.

use scan::{Envelope, Error, Scanner, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Octets that may lie between both ends; small, so that nobody gets by without the other reading.
const BETWEEN_OCTETS: usize = 64;

/// Has the scanner look at a message while `play` plays the other end.
pub(crate) async fn scan<F>(
    scanner: &Scanner,
    message: &[u8],
    play: impl FnOnce(Far) -> F,
) -> Result<Verdict, Error>
where
    F: Future<Output = ()>,
{
    let (near, far) = tokio::io::duplex(BETWEEN_OCTETS);
    let envelope = envelope();
    let scanned = scanner.scan(near, &envelope, message);
    let (verdict, ()) = tokio::join!(scanned, play(Far(far)));
    verdict
}

pub(crate) fn envelope() -> Envelope {
    Envelope {
        client_ip: "192.0.2.7".parse().ok(),
        client_name: "client.example".to_owned(),
        reverse_path: "a@example.net".to_owned(),
        recipients: vec!["b@example.org".to_owned(), "c@example.org".to_owned()],
        id: "17-1".to_owned(),
        hostname: "mail.example.org".to_owned(),
        ..Envelope::default()
    }
}

/// The far end.
pub(crate) struct Far(pub(crate) DuplexStream);

impl Far {
    pub(crate) async fn take(&mut self, octets: usize) -> Vec<u8> {
        let mut taken = vec![0; octets];
        self.0.read_exact(&mut taken).await.unwrap();
        taken
    }

    /// Reads up to and with these octets.
    pub(crate) async fn until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut taken = Vec::new();
        while !taken.ends_with(end) {
            taken.push(self.0.read_u8().await.unwrap());
        }
        taken
    }

    pub(crate) async fn say(&mut self, octets: &[u8]) {
        self.0.write_all(octets).await.unwrap();
    }
}
