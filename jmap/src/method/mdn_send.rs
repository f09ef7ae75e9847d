//! `MDN/send` (RFC 9007 2.1), and the `Email/set` that follows from it.

use groupware::message::compose::Mailbox;
use groupware::message::disposition::{Notification, asking, original};
use groupware::{AuthorFault, EmailContent, Error, Identity, Submission, transport_needs};
use model::{AccountId, EmailId, QueueStanding, QueuedRecipient};
use serde_json::Value;

use super::email_set::made;
use crate::call::{Call, Outcome};
use crate::codec::id::{IdentityId, WireId};
use crate::codec::json::Object;
use crate::error::{MethodError, SetError};
use crate::limits::SET_OBJECTS_MAX;
use crate::words::identity;
use crate::words::mdn;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let identity = call.arguments.id("identityId")?;
    let send = call.arguments.object("send")?.unwrap_or_default();
    let update = call.arguments.object("onSuccessUpdateEmail")?;
    call.finish()?;
    if account != call.visit.own_account() {
        // Mail is sent out of one's own account.
        return Err(MethodError::account_not_supported());
    }
    if send.len() > SET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let (identities, _) = identity::all(&call, account).await?;
    let id = identity.and_then(|id| call.id::<IdentityId>(&id));
    let from = id.and_then(|id| identities.into_iter().find(|it| it.id == id.0));
    let from = from.ok_or_else(|| MethodError::invalid_arguments("`identityId` is no identity"))?;
    let (mut sent, mut not_sent) = (Object::new(), Object::new());
    let mut updates = Object::new();
    for (creation, object) in send {
        match send_one(&call, account, &from, object).await {
            Ok((email, server_set)) => {
                let patch = update
                    .as_ref()
                    .and_then(|it| it.get(&format!("#{creation}")));
                if let Some(patch) = patch {
                    updates.insert(email.wire(), patch.clone());
                }
                sent.insert(creation, Value::Object(server_set));
            }
            Err(error) => {
                not_sent.insert(creation, error.value());
            }
        }
    }
    let or_null = |object: Object| match object.is_empty() {
        true => Value::Null,
        false => Value::Object(object),
    };
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("sent".into(), or_null(sent));
    answer.insert("notSent".into(), or_null(not_sent));
    let answer = crate::call::Answer::from(answer);
    if updates.is_empty() {
        return Ok(answer);
    }
    let mut arguments = Object::new();
    arguments.insert("accountId".into(), account.wire().into());
    arguments.insert("update".into(), Value::Object(updates));
    let outcome = Box::pin(call.further("Email/set", arguments)).await;
    Ok(answer.and("Email/set", outcome))
}

/// Sends one notification; answers the email that it is about, and what the client does not know.
async fn send_one(
    call: &Call,
    account: AccountId,
    from: &Identity,
    object: Value,
) -> Result<(EmailId, Object), SetError> {
    let Value::Object(object) = object else {
        return Err(SetError::new("invalidProperties").because("A notification is an object."));
    };
    let given: Vec<String> = object.keys().cloned().collect();
    let (email, mut notification) = mdn::read(object)?;
    let email: EmailId = call.id(&email).ok_or_else(SetError::not_found)?;
    let message = message(call, account, email).await?;
    let to = asking(&message);
    if to.is_empty() {
        // RFC 9007 2.1: nobody asked for it.
        return Err(SetError::not_found().because("Nobody asked for a notification."));
    }
    complete(&mut notification, from, &message);
    let sender = Mailbox {
        name: Some(from.text.name.clone()),
        address: from.text.email.clone(),
    };
    let made = made(call);
    let written = notification
        .draft(sender, &to, &message)
        .write(&made.random);
    let groupware = call.groupware();
    let ready = groupware
        .outgoing(call.caller(), &written, &made.message_id())
        .await;
    let ready = ready.map_err(|fault| match fault {
        AuthorFault::Forbidden | AuthorFault::Unclear => SetError::new("forbiddenFrom"),
        AuthorFault::Failed(error) => error.into(),
    })?;
    let (utf8_header, eight_bit) = transport_needs(&ready);
    let recipient = |forward_path: String| QueuedRecipient {
        forward_path,
        notify: None,
        original: None,
    };
    let submission = Submission {
        // RFC 8098 3: so that nobody is told that a notification failed.
        reverse_path: String::new(),
        recipients: to.into_iter().map(recipient).collect(),
        message: groupware.prepare(ready).await?,
        envelope_id: None,
        dsn_return: None,
        smtputf8: utf8_header,
        require_tls: false,
        standing: QueueStanding {
            eight_bit,
            ..QueueStanding::default()
        },
    };
    let accepted = Box::pin(groupware.submit(call.caller(), submission)).await?;
    if let Some(Err(error)) = accepted.into_iter().find(Result::is_err) {
        return Err(match error {
            Error::NotFound => SetError::not_found().because("Whoever asked is not there."),
            other => other.into(),
        });
    }
    let mut server_set = mdn::object(&notification, Some(&email.wire()));
    server_set.retain(|name, value| !given.contains(name) && !value.is_null());
    Ok((email, server_set))
}

/// The message that a notification is to be about, unless one was sent already.
async fn message(call: &Call, account: AccountId, email: EmailId) -> Result<Vec<u8>, SetError> {
    let groupware = call.groupware();
    let catalogue = groupware.catalogue(call.caller(), account).await?;
    let found = catalogue.email(email).ok_or_else(SetError::not_found)?;
    let mut keywords = catalogue.keyword_names(found.row.keywords);
    // RFC 3503 3.1, RFC 9007 2.1: one notification, and no second.
    if keywords.any(|name| name == "$mdnsent") {
        return Err(SetError::new("mdnAlreadySent"));
    }
    let read = groupware
        .read_emails(&catalogue, &[email], EmailContent::Message)
        .await?;
    let message = read.get(email).map(<[u8]>::to_vec);
    message.ok_or_else(SetError::not_found)
}

/// What the client need not say.
fn complete(notification: &mut Notification, from: &Identity, message: &[u8]) {
    let (recipient, id) = original(message);
    notification.original_recipient = recipient;
    notification.original_message_id = id;
    let given = notification.final_recipient.take();
    let address = given.unwrap_or_else(|| from.text.email.clone());
    // RFC 8098 3.2.4: the type of address stands before it.
    notification.final_recipient = Some(match address.contains(';') {
        true => address,
        false => format!("rfc822; {address}"),
    });
}
