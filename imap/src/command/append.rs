//! `APPEND` (RFC 9051 6.3.12) with MULTIAPPEND (RFC 3502), BINARY and UTF8.

use groupware::{EventCause, MailEvent, NewMessage};

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Append, AppendForm, Code, collapse};
use crate::names;
use crate::words;

pub(super) async fn run(client: &Client, append: Append<'_>) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find_target(&user, &append.mailbox).await?;
    let mut messages = Vec::with_capacity(append.messages.len());
    for message in &append.messages {
        if message.octets.is_empty() {
            // RFC 3502 6.3.11: an empty literal gives up the whole command.
            return Err(Answer::no(Code::Cannot, "An empty message: nothing was added").into());
        }
        if message.form == AppendForm::Utf8 && !client.enabled.utf8 && !client.enabled.rev2 {
            // RFC 9755 4: only after ENABLE UTF8=ACCEPT.
            return Err(Answer::bad("Enable UTF8=ACCEPT first").into());
        }
        messages.push(NewMessage {
            keywords: words::keywords(&message.flags)?,
            received_at: message.date.map(words::timestamp),
            message: user.groupware.prepare(message.octets.to_vec()).await?,
        });
    }
    let place = named.place();
    let added = user
        .groupware
        .append(&user.caller, place.account, place.mailbox, messages)
        .await?;
    let event = MailEvent {
        place,
        uids: added.iter().map(|added| added.uid.0).collect(),
        cause: EventCause::Append,
        changed: Vec::new(),
    };
    user.groupware.mail_changed(&user.caller, &event).await;
    // RFC 4315 3: APPENDUID, in the order of the messages.
    let code = match added.first() {
        Some(first) => AnswerCode::AppendUid(
            first.uid_validity.0,
            collapse(added.iter().map(|added| added.uid.0)),
        ),
        None => AnswerCode::None,
    };
    Ok(Answer::ok_with(code, "APPEND completed"))
}
