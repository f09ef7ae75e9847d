//! Giving up a message that waits: its sender is told, and it is tried no more.

use groupware::{QueueStep, SenderReport, Settlement};
use model::Queued;
use transport::notification::{
    Action, Diagnostic, Notification, RETURNED_OCTETS_MAX, Recipient, compose, wanted,
};

use super::super::health::surroundings;
use super::{not_there, parts};
use crate::request::queue::QueueName;
use crate::{Failure, Reply, Services};

/// Why it is held while it is given up: the journal names here who decided it.
const REASON: &str = "given up by an administrator; its sender is told";
/// What the sender reads.
const WORDS: &str = "an administrator of this server decided not to try any longer";

pub(super) async fn run(name: QueueName, services: &Services) -> Result<Reply, Failure> {
    let (groupware, (account, id)) = (&services.groupware, parts(name));
    let found = groupware.queued_message(account, id).await?;
    let (queued, message) = found.ok_or_else(|| not_there(name))?;
    let report = report(&queued, &message, services).await?;
    // Nobody tries it from here on, and the journal says whose decision it is.
    let actor = services.actor(None);
    let held = groupware.hold_queued(&actor, account, id, REASON).await;
    held.map_err(|error| match error {
        groupware::Error::NotFound => not_there(name),
        other => other.into(),
    })?;
    let settlement = Settlement {
        account,
        id,
        step: QueueStep::Settled(queued.open().map(|(place, _)| place).collect()),
        report,
    };
    match groupware.settle(&[settlement]).await.into_iter().next() {
        Some(Err(groupware::Error::NotFound)) => Err(not_there(name)),
        Some(Err(error)) => Err(error.into()),
        Some(Ok(())) | None => Ok(Reply::Done),
    }
}

/// What its sender is told; none if there is nobody to tell, or nothing.
async fn report(
    queued: &Queued,
    message: &[u8],
    services: &Services,
) -> Result<Option<SenderReport>, Failure> {
    let (groupware, item) = (&services.groupware, &queued.item);
    let now = groupware.clock().now();
    let recipients: Vec<Recipient> = queued
        .open()
        .filter(|(_, recipient)| wanted(recipient.notify, Action::Failed))
        .map(|(_, recipient)| Recipient {
            forward_path: recipient.forward_path.clone(),
            original: recipient.original.clone(),
            action: Action::Failed,
            // RFC 3463 3.8: security or policy, delivery not authorized.
            status: (5, 7, 1),
            host: None,
            diagnostic: Some(Diagnostic {
                text: WORDS.to_owned(),
                is_reply: false,
            }),
            at: Some(now),
        })
        .collect();
    // RFC 5321 4.5.5, RFC 3461 6.1: no notification about a message that has nobody to notify.
    if recipients.is_empty() || item.reverse_path.is_empty() {
        return Ok(None);
    }
    let host = surroundings(services)?.host();
    let composed = compose(&Notification {
        host: &host,
        to: &item.reverse_path,
        envelope_id: item.envelope_id.as_deref(),
        dsn_return: item.dsn_return,
        arrived_at: item.accepted_at,
        retried_until: None,
        recipients: &recipients,
        message,
        returned_octets_max: RETURNED_OCTETS_MAX,
        random: u128::from_le_bytes(services.random.bytes()),
        now,
    });
    Ok(Some(SenderReport {
        to: item.reverse_path.clone(),
        message: groupware.prepare(composed.message).await?,
        eight_bit: composed.eight_bit,
        smtputf8: composed.smtputf8,
    }))
}
