//! Submission: a message of one of our own people, checked, completed, delivered here and queued for elsewhere (RFC 6409).

use groupware::{Accepted, Delivered, Error, Submission};
use model::{DsnReturn, QueueStanding};

use crate::client::Client;
use crate::codec::{Body, EnhancedCode, Reply, Return};
use crate::delivery::require_room;
use crate::error;
use crate::header::Header;
use crate::path::{address, queued};
use crate::received::date;
use crate::service::Shared;
use crate::session::Envelope;
use crate::success::Asked;
use crate::transaction::{Message, Route};

/// Octets of randomness in a Message-ID that we make.
const MESSAGE_ID_RANDOM_OCTETS: usize = 16;

/// Submits a message; answers for each recipient of the envelope, in its order.
pub(crate) async fn submit(
    shared: &Shared,
    client: &Client,
    envelope: &Envelope,
    routes: &[Route],
    mut message: Message,
) -> Result<Vec<Result<Delivered, Error>>, Reply> {
    let groupware = &shared.groupware;
    let added = check(shared, client, &message).await?;
    let above = message.prefix_octets;
    message.octets.splice(above..above, added.into_bytes());
    let room = require_room(groupware, routes, message.octets.len()).await;
    room.map_err(|error| error::reply(&error))?;
    let parameters = &envelope.parameters;
    let asked = Asked::of(envelope, &message.octets);
    let prepared = groupware.prepare(message.octets).await;
    let submission = Submission {
        reverse_path: address(&envelope.reverse_path),
        recipients: envelope.recipients.iter().map(queued).collect(),
        message: prepared.map_err(|error| error::reply(&error))?,
        envelope_id: parameters.envelope_id.as_deref().map(str::to_owned),
        dsn_return: parameters.ret.map(|ret| match ret {
            Return::Full => DsnReturn::Full,
            Return::Headers => DsnReturn::Headers,
        }),
        smtputf8: parameters.smtp_utf8,
        require_tls: parameters.require_tls,
        standing: QueueStanding {
            eight_bit: parameters.body != Body::SevenBit,
            ..QueueStanding::default()
        },
    };
    let done = groupware.submit(&client.caller, submission).await;
    let done = done.map_err(|error| error::reply(&error))?;
    if let (Some(asked), Some(sender)) = (asked, client.actor().principal) {
        // Of what waits in the queue the queue tells.
        let has_got_it = |place: usize| matches!(done.get(place), Some(Ok(Accepted::Delivered)));
        asked
            .report(shared, client, envelope, sender.into(), has_got_it)
            .await;
    }
    let forget = |accepted: Result<Accepted, Error>| accepted.map(|_| Delivered::Done);
    Ok(done.into_iter().map(forget).collect())
}

/// Checks in whose name the message is, and says which fields it lacks.
async fn check(shared: &Shared, client: &Client, message: &Message) -> Result<String, Reply> {
    let content = message.octets.get(message.prefix_octets..);
    let header = Header::read(content.unwrap_or_default());
    // RFC 6409 6.3: message data may be checked. RFC 5322 3.6.2: From says whose message it is.
    let senders = header.senders().ok_or_else(|| {
        Reply::new(
            554,
            EnhancedCode::BAD_CONTENT,
            "The message needs one From field with an address.",
        )
    })?;
    for sender in &senders {
        // RFC 6409 6.1: what holds for the envelope holds for what people see.
        let may = shared.groupware.may_send_as(&client.caller, sender).await;
        if sender.is_empty() || !may.map_err(|error| error::reply(&error))? {
            return Err(Reply::new(
                550,
                EnhancedCode::NOT_AUTHORISED,
                "You may not send with the address in From.",
            ));
        }
    }
    Ok(missing_fields(shared, &header))
}

/// The fields that a message must have and this one has not. Bcc stays as the client made it.
fn missing_fields(shared: &Shared, header: &Header<'_>) -> String {
    let mut fields = String::new();
    if !header.has_date {
        // RFC 6409 8.2, RFC 5322 3.6.1: a message has a Date.
        let now = shared.groupware.clock().now().seconds();
        fields.push_str(&format!("Date: {}\r\n", date(now)));
    }
    if !header.has_message_id {
        // RFC 6409 8.3, RFC 5322 3.6.4: and an id that no other message has.
        let random: [u8; MESSAGE_ID_RANDOM_OCTETS] = shared.random.bytes();
        let random = u128::from_be_bytes(random);
        let hostname = shared.hostname();
        fields.push_str(&format!("Message-ID: <{random:032x}@{hostname}>\r\n"));
    }
    fields
}
