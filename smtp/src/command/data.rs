//! DATA: reads a message of lines and has it accepted (RFC 5321 4.1.1.4).

use crate::acceptance::accept;
use crate::client::Client;
use crate::codec::limits::MESSAGE_RESERVE_OCTETS_MAX;
use crate::codec::{DataReader, DataRefusal, DataStep, Reply};
use crate::memory::{Memory, PORTION_OCTETS_MIN};
use crate::service::Shared;
use crate::session::{Action, Session};
use crate::trace;
use crate::transaction::{Message, Transaction};
use crate::wire::{Content, Ended, Wire};

pub(crate) async fn run(
    shared: &Shared,
    client: &Client,
    session: &mut Session,
    transaction: &mut Transaction,
    wire: &mut Wire,
    go_ahead: Reply,
) -> Result<Action, Ended> {
    let limit = session.settings().size_limit_octets;
    let message = trace::begin(shared, client, session, transaction);
    let hint = first_octets(session);
    let Some(mut memory) = Memory::begin(&shared.budget, message.prefix_octets + hint) else {
        return Ok(session.data_put_off(DataRefusal::NoMemory.reply()));
    };
    wire.say(&go_ahead);
    let hint = u64::try_from(hint).ok();
    let mut reader = DataReader::new(message.octets, limit, hint);
    let complete = wire.content(|input| {
        match memory.room_for(input.len(), reader.spare_octets()) {
            Some(octets) => reader.make_room(octets),
            None => reader.refuse(DataRefusal::NoMemory),
        }
        match reader.push(input) {
            DataStep::More => Content::More,
            DataStep::Done { consumed } => Content::Done {
                consumed,
                outcome: true,
            },
            DataStep::Abandon => Content::Done {
                consumed: 0,
                outcome: false,
            },
        }
    });
    if !complete.await? {
        return Ok(Action::Close(Reply::too_much()));
    }
    let octets = match reader.finish() {
        Ok(octets) => octets,
        Err(refusal) => return Ok(session.content_refused(refusal)),
    };
    let Some(envelope) = session.envelope() else {
        return Ok(Action::Close(Reply::try_later()));
    };
    let message = Message { octets, ..message };
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

/// Octets to set aside before anything came: what the client claims to send, as far as it is believed.
pub(super) fn first_octets(session: &Session) -> usize {
    let envelope = session.envelope();
    let claimed = envelope.and_then(|envelope| envelope.parameters.size_octets);
    claimed.map_or(PORTION_OCTETS_MIN, |octets| {
        usize::try_from(octets).map_or(MESSAGE_RESERVE_OCTETS_MAX, |octets| {
            octets.min(MESSAGE_RESERVE_OCTETS_MAX)
        })
    })
}
