//! BDAT: reads a chunk of a message, and has the message accepted after the last (RFC 3030 2).

use super::data::first_octets;
use crate::acceptance::accept;
use crate::client::Client;
use crate::codec::{Body, ChunkReader, ChunkStep, DataRefusal, Reply};
use crate::memory::Memory;
use crate::service::Shared;
use crate::session::{Action, Session};
use crate::trace;
use crate::transaction::{Chunks, Message, Transaction};
use crate::wire::{Content, Ended, Wire};

/// A chunk as the command announces it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Announced {
    pub(crate) octets: u64,
    pub(crate) last: bool,
}

pub(crate) async fn run(
    shared: &Shared,
    client: &Client,
    session: &mut Session,
    transaction: &mut Transaction,
    wire: &mut Wire,
    announced: Announced,
) -> Result<Action, Ended> {
    let mut chunks = match transaction.chunks.take() {
        Some(chunks) => chunks,
        None => begin(shared, client, session, transaction),
    };
    if !chunks.reader.begin(announced.octets) {
        return Ok(Action::Close(Reply::too_much()));
    }
    read(&mut chunks, wire).await?;
    if let Some(refusal) = chunks.reader.refusal() {
        return Ok(session.content_refused(refusal));
    }
    if !announced.last {
        transaction.chunks = Some(chunks);
        return Ok(session.chunk_stored());
    }
    let octets = match chunks.reader.finish() {
        Ok(octets) => octets,
        Err(refusal) => return Ok(session.content_refused(refusal)),
    };
    let Some(envelope) = session.envelope() else {
        return Ok(Action::Close(Reply::try_later()));
    };
    let message = Message {
        octets,
        ..chunks.message
    };
    let verdict = accept(
        shared,
        client,
        session,
        envelope,
        &transaction.routes,
        message,
    )
    .await;
    Ok(session.message_done(verdict))
}

/// Reads octets over that belong to a refused command.
pub(crate) async fn discard(wire: &mut Wire, octets: u64) -> Result<(), Ended> {
    let mut missing = octets;
    wire.content(|input| {
        let ready = u64::try_from(input.len()).unwrap_or(u64::MAX);
        if ready < missing {
            missing -= ready;
            return Content::More;
        }
        // It is no more than the input's length.
        let consumed = usize::try_from(missing).unwrap_or(input.len());
        Content::Done {
            consumed,
            outcome: (),
        }
    })
    .await
}

/// The message at its first chunk.
fn begin(
    shared: &Shared,
    client: &Client,
    session: &Session,
    transaction: &mut Transaction,
) -> Chunks {
    let mut message = trace::begin(shared, client, session, transaction);
    let hint = first_octets(session);
    let memory = Memory::begin(&shared.budget, message.prefix_octets + hint);
    let prefix = std::mem::take(&mut message.octets);
    let limit = session.settings().size_limit_octets;
    let body = session
        .envelope()
        .map_or(Body::SevenBit, |envelope| envelope.parameters.body);
    let hint = match memory {
        Some(_) => u64::try_from(hint).ok(),
        None => None,
    };
    let mut reader = ChunkReader::new(prefix, limit, hint, body);
    if memory.is_none() {
        // RFC 3030 2: the chunk comes in any case.
        reader.refuse(DataRefusal::NoMemory);
    }
    Chunks {
        reader,
        memory,
        message,
    }
}

async fn read(chunks: &mut Chunks, wire: &mut Wire) -> Result<(), Ended> {
    let Chunks { reader, memory, .. } = chunks;
    wire.content(|input| {
        let spare = reader.spare_octets();
        let room = memory
            .as_mut()
            .and_then(|memory| memory.room_for(input.len(), spare));
        match room {
            Some(octets) => reader.make_room(octets),
            None => reader.refuse(DataRefusal::NoMemory),
        }
        match reader.push(input) {
            ChunkStep::More => Content::More,
            ChunkStep::Done { consumed } => Content::Done {
                consumed,
                outcome: (),
            },
        }
    })
    .await
}
