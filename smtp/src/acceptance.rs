//! Acceptance: what becomes of a message once all of it is here.

use std::borrow::Cow;

use groupware::{Delivered, Error};

use crate::client::Client;
use crate::codec::{EnhancedCode, Reply};
use crate::delivery;
use crate::error;
use crate::received::{RECEIVED_LINES_MAX, count_received};
use crate::reception::{self, Judged};
use crate::service::Shared;
use crate::session::{Envelope, Service, Session, Verdict};
use crate::submission;
use crate::transaction::{Message, Route};

/// Delivers or submits a message. What is accepted is durable when this returns.
pub(crate) async fn accept(
    shared: &Shared,
    client: &Client,
    session: &Session,
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
    let judged = reception::judge(shared, client, session, routes, message).await;
    let Judged { message, arrival } = match judged {
        Ok(judged) => judged,
        Err(reply) => {
            let verdict = Verdict::All(reply);
            note(client, &verdict, routes.len(), octets);
            return verdict;
        }
    };
    let done = match shared.service {
        Service::Mx | Service::Lmtp => {
            let done = delivery::deliver(shared, client, envelope, routes, message, arrival).await;
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

fn reply(outcome: &Result<Delivered, Error>, id: &str) -> Reply {
    match outcome {
        Ok(Delivered::Done) => Reply::accepted(id),
        Ok(Delivered::Refused { why }) => refused(why),
        Err(error) => error::reply(error),
    }
}

/// RFC 5429 2.1.1: what the recipient's filter says, line by line, without what SMTPUTF8 alone could carry.
fn refused(why: &str) -> Reply {
    let line = |line: &str| {
        let ascii = |c: char| if c.is_ascii_graphic() { c } else { ' ' };
        let line: String = line
            .trim()
            .chars()
            .take(REFUSAL_LINE_OCTETS_MAX)
            .map(ascii)
            .collect();
        Cow::Owned(line)
    };
    let mut reply = Reply::new(
        550,
        EnhancedCode::NOT_AUTHORISED,
        "The recipient refuses this message:",
    );
    let lines = why.lines().filter(|line| !line.trim().is_empty());
    reply.lines.extend(lines.take(REFUSAL_LINES_MAX).map(line));
    reply
}

/// Lines of a recipient's words that the peer gets to read.
const REFUSAL_LINES_MAX: usize = 10;
/// Octets of each. RFC 5321 4.5.3.1.5: 512 with the code.
const REFUSAL_LINE_OCTETS_MAX: usize = 200;

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
