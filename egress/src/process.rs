//! The egress process: reads what is asked from its socket, does it, and answers.
//!
//! **Invariants.** The first frame is the setup; nothing in it ever changes. What an earlier process remembered is there before
//! anything is asked. Everything asked is one task, ended by its answer, by a cancellation, or by the end of the socket. What
//! the serving side may have under way is counted here again: a serving side that asks for more is not ours, and the process
//! ends.

mod answer;
mod authenticate;
mod connect;
mod dane;
mod desk;
mod fetch;
mod flaw;
mod inspect;
mod mta_sts;
mod policy;
mod resolve;
mod smtp;
mod surroundings;
mod trust;
mod update;

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use model::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::wire::{
    Failed, Frame, FrameError, FrameReader, FrameWriter, Head, Id, MEMORY_OCTETS_MAX, Response,
    Setup, pieces,
};
use answer::Answerer;
use connect::Connector;
use desk::Desk;
use fetch::Fetcher;
use policy::AddressPolicy;
use resolve::Resolver;
use trust::Trust;

/// Answers that wait for being written.
const ANSWERS_WAITING_MAX: usize = 256;

/// RFC 5321 4.5.4.2: where mail exchangers listen.
const SMTP_PORT: u16 = 25;

/// Why the process ends, other than by the end of its socket.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The setup is wrong.
    #[error("the setup of the egress process: {0}")]
    Setup(String),
    /// The serving side says something that cannot be understood, or asks for too much.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// What everything that connects out stands on.
#[derive(Debug)]
pub(crate) struct Means {
    /// What the process was told at its start.
    pub(crate) setup: Setup,
    /// What time it is.
    pub(crate) clock: Clock,
    /// The DNS.
    pub(crate) resolver: Resolver,
    /// Connections.
    pub(crate) connector: Connector,
    /// Whom to trust in TLS.
    pub(crate) trust: Trust,
    /// The web.
    pub(crate) fetcher: Fetcher,
}

impl Means {
    /// What a setup leads to.
    ///
    /// # Errors
    /// [`RunError::Setup`] with what is wrong with it.
    pub(crate) fn new(mut setup: Setup, clock: Clock) -> Result<Self, RunError> {
        if setup.smtp_port == 0 {
            setup.smtp_port = SMTP_PORT;
        }
        let resolver = Resolver::new(&setup, clock.clone())?;
        let connector = Connector::new(AddressPolicy::new(&setup.allowed), &setup.sources);
        let trust = Trust::new(&setup.roots_pem)?;
        let fetcher = Fetcher::new(
            resolver.clone(),
            connector.clone(),
            &trust,
            &setup.plain_http,
        );
        Ok(Self {
            setup,
            clock,
            resolver,
            connector,
            trust,
            fetcher,
        })
    }
}

/// The egress process, from the first frame on its socket until the socket closes.
///
/// # Errors
/// [`RunError`]; that the serving side closes the socket is none.
pub async fn run(socket: UnixStream, clock: Clock) -> Result<(), RunError> {
    socket.set_nonblocking(true).map_err(FrameError::Io)?;
    let socket = tokio::net::UnixStream::from_std(socket).map_err(FrameError::Io)?;
    let (reader, writer) = socket.into_split();
    let mut reader = FrameReader::new(reader);
    let setup = match reader.frame().await {
        Ok(Frame::Setup(setup)) => *setup,
        Ok(_) => return Err(FrameError::Malformed.into()),
        Err(FrameError::Closed) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let memory = memory(&mut reader, setup.memory_octets as usize).await?;
    let answerer = Answerer::new(Arc::new(Means::new(setup, clock)?));
    answerer.smtp().remember(&memory);
    let (answers, queue) = mpsc::channel(ANSWERS_WAITING_MAX);
    let smtp = answerer.smtp();
    let desk = Desk::new(answerer, answers);
    // Each of these runs until the process ends, and none is polled again after that.
    let ended = tokio::select! {
        ended = read(reader, &desk) => ended,
        ended = write(FrameWriter::new(writer), queue) => ended,
        () = smtp.tidy() => Ok(()),
    };
    desk.clear().await;
    match ended {
        Ok(()) | Err(FrameError::Closed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Reads arbitrary input as what peers and the serving side say: for the fuzzer, and for the corpus in the tests.
///
/// # Panics
/// Where a parser breaks its promise: that is what the fuzzer looks for.
pub fn fuzz(input: &[u8]) {
    crate::wire::fuzz(input);
    resolve::fuzz(input);
    fetch::fuzz(input);
    smtp::fuzz(input);
}

/// Reads what the setup says to follow it.
async fn memory(
    reader: &mut FrameReader<impl AsyncRead + Unpin>,
    octets: usize,
) -> Result<BytesMut, FrameError> {
    if octets > MEMORY_OCTETS_MAX {
        return Err(FrameError::TooLarge { octets });
    }
    let mut memory = BytesMut::new();
    while memory.len() < octets {
        match reader.frame().await? {
            Frame::Data(Id(0), data) if data.len() <= octets - memory.len() => {
                memory.extend_from_slice(&data);
            }
            _ => return Err(FrameError::Malformed),
        }
    }
    Ok(memory)
}

/// Reads what is asked, and never waits for an answer.
async fn read(
    mut reader: FrameReader<impl AsyncRead + Unpin>,
    desk: &Desk,
) -> Result<(), FrameError> {
    loop {
        match reader.frame().await? {
            Frame::Request(id, head) => desk.open(id, *head)?,
            Frame::Data(id, data) => desk.add(id, &data)?,
            Frame::Cancel(id) => desk.cancel(id),
            Frame::Setup(_) | Frame::Response(..) => return Err(FrameError::Malformed),
        }
    }
}

/// An answer with its body.
#[derive(Debug)]
pub(crate) struct Answered {
    id: Id,
    response: Response,
    body: Bytes,
}

/// Writes answers.
async fn write(
    mut writer: FrameWriter<impl AsyncWrite + Unpin>,
    mut queue: mpsc::Receiver<Answered>,
) -> Result<(), FrameError> {
    loop {
        let answered = match queue.try_recv() {
            Ok(answered) => answered,
            Err(_) => {
                writer.flush().await?;
                match queue.recv().await {
                    Some(answered) => answered,
                    None => return Ok(()),
                }
            }
        };
        put(&mut writer, answered).await?;
    }
}

/// Writes one answer.
async fn put(
    writer: &mut FrameWriter<impl AsyncWrite + Unpin>,
    answered: Answered,
) -> Result<(), FrameError> {
    let Answered { id, response, body } = answered;
    let too_large = |octets| {
        tracing::warn!(octets, "an answer is too large");
        let what = Response::Failed(Failed::Failed("the answer is too large".to_owned()));
        let head = Head {
            what,
            body_octets: 0,
        };
        Frame::Response(id, Box::new(head))
    };
    let Ok(body_octets) = u32::try_from(body.len()) else {
        return writer.put(&too_large(body.len())).await;
    };
    let head = Head {
        what: response,
        body_octets,
    };
    match writer.put(&Frame::Response(id, Box::new(head))).await {
        Ok(()) => {}
        Err(FrameError::TooLarge { octets }) => return writer.put(&too_large(octets)).await,
        Err(error) => return Err(error),
    }
    for data in pieces(body) {
        writer.put(&Frame::Data(id, data)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
