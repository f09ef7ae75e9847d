//! clamd: ClamAV's daemon (clamd(8), section COMMANDS).

pub(crate) mod codec;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::Error;
use crate::verdict::{Action, Source, Verdict};
use codec::{CHUNK_OCTETS_MAX, REPLY_OCTETS_MAX, Reply};

/// Has a message looked at (INSTREAM).
pub(crate) async fn scan<S>(stream: S, message: &[u8]) -> Result<Verdict, Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut sent = std::pin::pin!(send(&mut writer, message));
    let mut answered = std::pin::pin!(answer(&mut reader));
    // clamd answers in the midst of the message where that is larger than it takes, and reads no more of it.
    let reply = tokio::select! {
        biased;
        reply = &mut answered => reply?,
        _ = &mut sent => answered.await?,
    };
    match codec::reply(&reply)? {
        Reply::Clean => Ok(Verdict::plain(Source::Clamd, Action::Accept)),
        Reply::Found(name) => {
            let text = format!("The message contains malware: {name}.");
            let action = Action::reject(550, "5.7.1", &text);
            Ok(Verdict {
                virus: Some(name),
                ..Verdict::plain(Source::Clamd, action)
            })
        }
        Reply::Pong => Err(Error::Malformed("PONG to a message")),
    }
}

/// Asks whether it is there.
pub(crate) async fn ping<S>(mut stream: S) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(b"zPING\0").await?;
    stream.flush().await?;
    match codec::reply(&answer(&mut stream).await?)? {
        Reply::Pong => Ok(()),
        Reply::Clean | Reply::Found(_) => Err(Error::Malformed("no PONG to PING")),
    }
}

async fn send<W>(writer: &mut W, message: &[u8]) -> Result<(), Error>
where
    W: AsyncWrite + Unpin,
{
    writer.write_all(b"zINSTREAM\0").await?;
    for chunk in message.chunks(CHUNK_OCTETS_MAX) {
        writer.write_all(&codec::length(chunk)).await?;
        writer.write_all(chunk).await?;
    }
    // A chunk of no octets ends the stream.
    writer.write_all(&codec::length(&[])).await?;
    writer.flush().await?;
    Ok(())
}

/// Everything up to the NUL, or to the end of the connection.
async fn answer<R>(reader: &mut R) -> Result<Vec<u8>, Error>
where
    R: AsyncRead + Unpin,
{
    let mut reply = Vec::with_capacity(256);
    let mut buffer = [0; 256];
    loop {
        let octets = reader.read(&mut buffer).await?;
        let read = buffer.get(..octets).unwrap_or_default();
        if read.is_empty() {
            return if reply.is_empty() {
                Err(Error::Closed)
            } else {
                Ok(reply)
            };
        }
        let end = read.iter().position(|octet| *octet == 0);
        reply.extend_from_slice(end.and_then(|end| read.get(..end)).unwrap_or(read));
        if reply.len() > REPLY_OCTETS_MAX {
            return Err(Error::TooLong {
                limit: REPLY_OCTETS_MAX,
            });
        }
        if end.is_some() {
            return Ok(reply);
        }
    }
}
