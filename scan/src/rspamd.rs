//! rspamd: its HTTP protocol (rspamd's documentation, "Protocol": `/checkv2`; controller: `/learnspam`, `/learnham`).

pub(crate) mod codec;

mod answer;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::envelope::Envelope;
use crate::error::Error;
use crate::lesson::Lesson;
use crate::verdict::Verdict;
use codec::{Head, RESPONSE_BODY_OCTETS_MAX, RESPONSE_HEAD_OCTETS_MAX, Request};

/// Has a message looked at.
pub(crate) async fn scan<S>(
    stream: S,
    password: Option<&str>,
    envelope: &Envelope,
    message: &[u8],
) -> Result<Verdict, Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let mut request = Request::post("/checkv2", message.len());
    request.password(password);
    request.envelope(envelope);
    let (status, body) = ask(stream, request, message).await?;
    match status {
        200 => answer::verdict(&body),
        // RFC 9110 15.5.14: larger than its `max_message`.
        413 => Err(Error::MessageTooLarge),
        _ => Err(answer::refusal(status, &body)),
    }
}

/// Teaches it by a message.
pub(crate) async fn learn<S>(
    stream: S,
    password: Option<&str>,
    lesson: Lesson,
    message: &[u8],
) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let path = match lesson {
        Lesson::Spam => "/learnspam",
        Lesson::Ham => "/learnham",
    };
    let mut request = Request::post(path, message.len());
    request.password(password);
    let (status, body) = ask(stream, request, message).await?;
    match status {
        // 208: it has learnt that one before; 204: there is too little in it to learn from.
        200 | 204 | 208 => Ok(()),
        // Before 3.5 it says so in words, with the status of what is not found.
        404 if answer::has_learnt(&body) => Ok(()),
        _ => Err(answer::refusal(status, &body)),
    }
}

/// Asks whether it is there.
pub(crate) async fn ping<S>(stream: S) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    match ask(stream, Request::get("/ping"), &[]).await? {
        (200, _) => Ok(()),
        (status, body) => Err(answer::refusal(status, &body)),
    }
}

/// One request and its response, over a connection of its own.
async fn ask<S>(stream: S, request: Request, content: &[u8]) -> Result<(u16, Vec<u8>), Error>
where
    S: AsyncRead + AsyncWrite + Send,
{
    let (mut reader, mut writer) = tokio::io::split(stream);
    let head = request.finish();
    let mut sent = std::pin::pin!(async {
        writer.write_all(&head).await?;
        writer.write_all(content).await?;
        writer.flush().await
    });
    let mut answered = std::pin::pin!(response(&mut reader));
    // It answers in the midst of a message that it will not take.
    tokio::select! {
        biased;
        response = &mut answered => response,
        _ = &mut sent => answered.await,
    }
}

async fn response<R>(reader: &mut R) -> Result<(u16, Vec<u8>), Error>
where
    R: AsyncRead + Unpin,
{
    let mut octets = Vec::with_capacity(4 * 1024);
    let head = loop {
        if let Some(head) = codec::head(&octets)? {
            break head;
        }
        if octets.len() >= RESPONSE_HEAD_OCTETS_MAX {
            let limit = RESPONSE_HEAD_OCTETS_MAX;
            return Err(Error::TooLong { limit });
        }
        if more(reader, &mut octets).await? == 0 {
            return Err(Error::Closed);
        }
    };
    let Head {
        status,
        octets: head_octets,
        body_octets,
    } = head;
    let wanted = body_octets.unwrap_or(RESPONSE_BODY_OCTETS_MAX);
    let limit = RESPONSE_BODY_OCTETS_MAX;
    if wanted > limit {
        return Err(Error::TooLong { limit });
    }
    let mut body = octets.split_off(head_octets);
    while body.len() < wanted {
        if more(reader, &mut body).await? == 0 {
            // RFC 9112 6.3: without a length the body ends with the connection.
            return match body_octets {
                None => Ok((status, body)),
                Some(_) => Err(Error::Closed),
            };
        }
    }
    match body_octets {
        None => Err(Error::TooLong { limit }),
        Some(octets) => {
            body.truncate(octets);
            Ok((status, body))
        }
    }
}

/// Reads a piece; answers how many octets came.
async fn more<R>(reader: &mut R, octets: &mut Vec<u8>) -> Result<usize, Error>
where
    R: AsyncRead + Unpin,
{
    let mut buffer = [0; 4 * 1024];
    let read = reader.read(&mut buffer).await?;
    octets.extend_from_slice(buffer.get(..read).unwrap_or_default());
    Ok(read)
}
