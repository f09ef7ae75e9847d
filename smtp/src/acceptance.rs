//! Acceptance: what becomes of a message once all of it is here.

use groupware::Error;

use crate::client::Client;
use crate::codec::{EnhancedCode, Reply};
use crate::delivery;
use crate::error;
use crate::received::{RECEIVED_LINES_MAX, count_received};
use crate::service::Shared;
use crate::session::{Envelope, Service, Verdict};
use crate::submission;
use crate::transaction::{Message, Route};

/// Delivers or submits a message. What is accepted is durable when this returns.
pub(crate) async fn accept(
    shared: &Shared,
    client: &Client,
    envelope: &Envelope,
    routes: &[Route],
    message: Message,
) -> Verdict {
    // RFC 5321 6.3: a message that went through very many servers goes in a circle.
    if count_received(&message.octets) > RECEIVED_LINES_MAX {
        tracing::info!(session = %client.actor().session, reason = "mail loop", "message refused");
        return Verdict::All(Reply::new(
            554,
            EnhancedCode::LOOP,
            "The message goes in a circle.",
        ));
    }
    let octets = message.octets.len();
    let id = message.id.clone();
    let done = match shared.service {
        Service::Mx | Service::Lmtp => {
            let done = delivery::deliver(shared, client, envelope, routes, message).await;
            done.map_err(|error| error::reply(&error))
        }
        Service::Submission => submission::submit(shared, client, envelope, routes, message).await,
    };
    let verdict = match done {
        Ok(done) => Verdict::Each(done.iter().map(|outcome| reply(outcome, &id)).collect()),
        Err(reply) => Verdict::All(reply),
    };
    note(client, &verdict, routes.len(), octets);
    verdict
}

fn reply(outcome: &Result<(), Error>, id: &str) -> Reply {
    match outcome {
        Ok(()) => Reply::accepted(id),
        Err(error) => error::reply(error),
    }
}

fn note(client: &Client, verdict: &Verdict, recipients: usize, octets: usize) {
    let session = client.actor().session;
    let refused = match verdict {
        Verdict::All(reply) => Some(reply),
        Verdict::Each(replies) => replies.iter().find(|reply| !reply.is_positive()),
    };
    match refused {
        None => tracing::info!(%session, recipients, octets, "message accepted"),
        Some(reply) => {
            let reason = reply.lines.first().map_or("", |line| line.as_ref());
            tracing::info!(%session, recipients, octets, reason, "message not accepted for all");
        }
    }
}
