//! Submission: a message of one of our own people, checked, completed, delivered here and queued for elsewhere (RFC 6409).

use groupware::{Accepted, Delivered, Error, Submission};
use model::{DsnReturn, QueueStanding, SendRight};

use crate::client::Client;
use crate::codec::{Body, EnhancedCode, Reply, Return};
use crate::delivery::require_room;
use crate::error;
use crate::header::{Header, Sender};
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
    let is_only_sent = routes.iter().all(|route| *route == Route::Elsewhere);
    let prepared = match is_only_sent {
        true => groupware.prepare_to_send(message.octets).await,
        false => groupware.prepare(message.octets).await,
    };
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
    // RFC 5322 3.6.2: a message of several authors names the one who sent it.
    let mut is_on_behalf = senders.len() > 1;
    for sender in &senders {
        // RFC 6409 6.1: what holds for the envelope holds for what people see.
        let right = match sender.is_empty() {
            true => None,
            false => send_right(shared, client, sender).await?,
        };
        match right {
            Some(SendRight::As) => {}
            Some(SendRight::OnBehalf) => is_on_behalf = true,
            None => return Err(not_authorised("You may not send with the address in From.")),
        }
    }
    let mut fields = String::new();
    match header.sender() {
        // RFC 6409 8.1: who signed in is known, and is named where the author is another.
        Sender::Absent if is_on_behalf => {
            let field = header.sender_field();
            fields = format!("{field}: <{}>\r\n", own_address(shared, client).await?);
        }
        Sender::Absent => {}
        Sender::Unclear => return Err(not_authorised("The Sender field needs one address.")),
        Sender::Address(sender) => {
            if send_right(shared, client, &sender).await? != Some(SendRight::As) {
                let text = "The Sender field must have an address of your own.";
                return Err(not_authorised(text));
            }
        }
    }
    fields.push_str(&missing_fields(shared, &header));
    Ok(fields)
}

async fn send_right(
    shared: &Shared,
    client: &Client,
    address: &str,
) -> Result<Option<SendRight>, Reply> {
    let right = shared.groupware.send_right(&client.caller, address).await;
    right.map_err(|error| error::reply(&error))
}

/// The main address of whoever is signed in.
async fn own_address(shared: &Shared, client: &Client) -> Result<String, Reply> {
    let not_now = |error: Error| error::reply(&error);
    let principal = client.actor().principal;
    let principal = principal.ok_or_else(|| not_now(Error::Forbidden))?;
    let known = shared.groupware.directory().principal(principal).await;
    let known = known.map_err(|error| not_now(error.into()))?;
    let known = known.ok_or_else(|| not_now(Error::Forbidden))?;
    Ok(known.address.clone())
}

fn not_authorised(text: &'static str) -> Reply {
    Reply::new(550, EnhancedCode::NOT_AUTHORISED, text)
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
