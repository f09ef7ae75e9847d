//! Inspection: conversations with the scanners of the setup.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::wire::{Endpoint, ScannerAt};

/// The longest that one scanner may take; clamd gives up after two minutes by itself (`MaxScanTime`).
const SCANNER_TIME_MAX: Duration = Duration::from_secs(125);

/// Lets every scanner look at a message, all at once; one verdict from each.
pub(super) async fn scan(
    scanners: &[ScannerAt],
    envelope: &scan::Envelope,
    message: &[u8],
) -> Vec<scan::Verdict> {
    let looking = scanners.iter().map(|at| look(at, envelope, message));
    join_all(looking).await
}

/// The new body that counts, and whose it is: scanners look at once, each at the message as it came, so that of several only one
/// can; the one that stands last in the configuration, as it would where they are asked one after the other.
pub(super) fn new_body(verdicts: &mut [scan::Verdict]) -> (Option<u32>, Bytes) {
    let mut found = None;
    for (place, verdict) in (0..).zip(verdicts) {
        if let Some(body) = verdict.body.take()
            && let Some((before, _)) = found.replace((place, body))
        {
            tracing::warn!(
                source = verdict.source.name(),
                "two scanners have a new body: that of the first, number {before}, does not count"
            );
        }
    }
    match found {
        Some((place, body)) => (Some(place), body.into()),
        None => (None, Bytes::new()),
    }
}

/// Lets one scanner look.
async fn look(at: &ScannerAt, envelope: &scan::Envelope, message: &[u8]) -> scan::Verdict {
    let looking = async {
        let stream = connect(&at.endpoint).await?;
        let verdict = at.scanner.scan(stream, envelope, message).await;
        verdict.map_err(|error| error.to_string())
    };
    in_time(looking).await.unwrap_or_else(|why| {
        let source = at.scanner.source();
        tracing::warn!(?source, why, "a scanner does not answer");
        scan::Verdict::failed(source, why)
    })
}

/// Lets every scanner that learns learn from a message.
///
/// # Errors
/// Why one of them did not; the others may have.
pub(super) async fn learn(
    scanners: &[ScannerAt],
    lesson: scan::Lesson,
    message: &[u8],
) -> Result<(), String> {
    let learning = scanners.iter().filter_map(|at| {
        let endpoint = at.learn.as_ref()?;
        Some(in_time(async move {
            let stream = connect(endpoint).await?;
            let learnt = at.scanner.learn(stream, lesson, message).await;
            learnt.map_err(|error| error.to_string())
        }))
    });
    join_all(learning).await.into_iter().collect()
}

/// A stream to a scanner.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects to a scanner. Endpoints come from the setup only, so that the address policy does not apply to them.
async fn connect(endpoint: &Endpoint) -> Result<Box<dyn Stream>, String> {
    let stream: std::io::Result<Box<dyn Stream>> = match endpoint {
        Endpoint::Tcp(address) => TcpStream::connect(address)
            .await
            .map(|it| Box::new(it) as _),
        Endpoint::Unix(path) => UnixStream::connect(path).await.map(|it| Box::new(it) as _),
    };
    stream.map_err(|error| error.to_string())
}

/// A conversation with an end.
async fn in_time<T>(conversation: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match timeout(SCANNER_TIME_MAX, conversation).await {
        Ok(said) => said,
        Err(_) => Err("it did not answer in time".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A clamd that finds something in every message.
    async fn finding() -> (ScannerAt, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::Tcp(listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            while !seen.ends_with(&[0; 4]) {
                let mut octets = [0; 1_024];
                let read = stream.read(&mut octets).await.unwrap();
                seen.extend_from_slice(&octets[..read]);
            }
            let found = b"stream: Eicar-Test-Signature FOUND\0";
            stream.write_all(found).await.unwrap();
        });
        let at = ScannerAt {
            scanner: scan::Scanner::Clamd,
            endpoint,
            learn: None,
        };
        (at, serving)
    }

    #[tokio::test]
    async fn every_scanner_gives_a_verdict() {
        let (clamd, serving) = finding().await;
        let gone = ScannerAt {
            scanner: scan::Scanner::Milter,
            endpoint: Endpoint::Unix("/nonexistent/milter.sock".into()),
            learn: None,
        };
        let verdicts = scan(&[clamd, gone], &scan::Envelope::default(), b"eicar").await;
        serving.await.unwrap();
        let virus = verdicts[0].virus.as_deref();
        assert_eq!(virus, Some("Eicar-Test-Signature"));
        assert!(verdicts[1].is_failed());
        assert_eq!(verdicts.len(), 2);
    }

    #[test]
    fn of_several_new_bodies_the_last_counts() {
        let with = |body: Option<&str>| scan::Verdict {
            body: body.map(|body| body.as_bytes().to_vec()),
            ..scan::Verdict::plain(scan::Source::Milter, scan::Action::Accept)
        };
        let mut verdicts = [with(Some("a")), with(None), with(Some("b")), with(None)];
        assert_eq!(new_body(&mut verdicts), (Some(2), Bytes::from_static(b"b")));
        assert_eq!(new_body(&mut verdicts), (None, Bytes::new()));
        let mut empty = [with(Some(""))];
        assert_eq!(new_body(&mut empty), (Some(0), Bytes::new()));
    }

    #[tokio::test]
    async fn who_does_not_learn_is_not_asked() {
        let (clamd, serving) = finding().await;
        let scanners = [clamd];
        let learnt = learn(&scanners, scan::Lesson::Ham, b"x").await;
        assert_eq!(learnt, Ok(()));
        serving.abort();
    }
}
