//! `Email/import` (RFC 8621 4.8).

use groupware::{MESSAGE_OCTETS_MAX, NewMessage};
use model::{AccountId, MailboxId};
use serde_json::Value;

use super::email_set::{Batch, id_of};

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::limits::SET_OBJECTS_MAX;
use crate::words::bytes;
use crate::words::placing::Placing;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let if_in_state = call.arguments.text("ifInState")?;
    let emails = call.arguments.object("emails")?;
    let emails =
        emails.ok_or_else(|| MethodError::invalid_arguments("`emails` has to be there"))?;
    call.finish()?;
    if emails.len() > SET_OBJECTS_MAX {
        return Err(MethodError::request_too_large());
    }
    let old = call.state(account, DataType::Email).await?;
    if if_in_state.is_some_and(|state| state != old) {
        return Err(MethodError::state_mismatch());
    }
    let mut done = Imported::default();
    let mut batch = Batch::default();
    for (creation, email) in emails {
        match make(&call, account, email).await {
            Err(error) => {
                done.not_created.insert(creation, error.value());
            }
            Ok((mailbox, message)) => batch.push(creation, mailbox, message),
        }
        if batch.is_full() {
            done.write(&call, account, &mut batch).await?;
        }
    }
    done.write(&call, account, &mut batch).await?;
    let new = call.state(account, DataType::Email).await?;
    Ok(done.answer(account, (old, new)).into())
}

/// The message that an `EmailImport` names, and the mailbox it is to be in.
async fn make(
    call: &Call,
    account: AccountId,
    email: Value,
) -> Result<(MailboxId, NewMessage), SetError> {
    let Value::Object(email) = email else {
        return Err(SetError::new("invalidProperties").because("An email is an object."));
    };
    let mut email = Arguments(email);
    let placing = Placing::read(call, &mut email)?;
    let mailbox = placing.required_mailbox()?;
    let id = email.id("blobId")?;
    let id = id.ok_or_else(|| SetError::invalid_property("blobId", "has to be there"))?;
    email.finish()?;
    let octets = bytes::octets(call, account, &id, MESSAGE_OCTETS_MAX).await?;
    let octets =
        octets.ok_or_else(|| SetError::invalid_property("blobId", "There is no such blob."))?;
    if !is_message(&octets) {
        // RFC 8621 4.8.
        return Err(SetError::new("invalidEmail").because("It does not begin with a header field."));
    }
    let received_at = placing
        .received_at
        .or_else(|| groupware::message::received_at(&octets));
    Ok((
        mailbox,
        NewMessage {
            message: call.groupware().prepare(octets).await?,
            keywords: placing.keywords.unwrap_or_default(),
            received_at,
        },
    ))
}

/// Whether the octets begin as messages do: with a field, or with the line that mbox files have before it.
fn is_message(octets: &[u8]) -> bool {
    let line = octets
        .split(|octet| *octet == b'\n')
        .next()
        .unwrap_or_default();
    let name = line
        .split(|octet| *octet == b':')
        .next()
        .unwrap_or_default();
    // RFC 5322 2.2; 4.5: there may be white space before the colon.
    let is_name = name.len() < line.len() && !name.trim_ascii_end().is_empty();
    // Fields may be called otherwise, but none is.
    let usual = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.".contains(octet);
    is_name && name.trim_ascii_end().iter().all(usual) || line.starts_with(b"From ")
}

#[derive(Default)]
struct Imported {
    created: Object,
    not_created: Object,
}

impl Imported {
    async fn write(
        &mut self,
        call: &Call,
        account: AccountId,
        batch: &mut Batch,
    ) -> Result<(), MethodError> {
        for (creation, added) in batch.added(call, account).await? {
            match added {
                Ok(object) => {
                    call.shared.note_created(&creation, &id_of(&object));
                    self.created.insert(creation, Value::Object(object));
                }
                Err(error) => {
                    self.not_created.insert(creation, error.value());
                }
            }
        }
        Ok(())
    }

    fn answer(self, account: AccountId, (old, new): (String, String)) -> Object {
        let or_null = |object: Object| match object.is_empty() {
            true => Value::Null,
            false => Value::Object(object),
        };
        let mut answer = Object::new();
        answer.insert("accountId".into(), account.wire().into());
        answer.insert("oldState".into(), old.into());
        answer.insert("newState".into(), new.into());
        answer.insert("created".into(), or_null(self.created));
        answer.insert("notCreated".into(), or_null(self.not_created));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_a_field_is_a_message() {
        for yes in [
            "Subject: x\r\n\r\n",
            "X:\n",
            "Subject : x",
            "From me\nTo: x",
        ] {
            assert!(is_message(yes.as_bytes()), "{yes}");
        }
        for no in ["", "{\"a\": 1}", "Hello\r\n", ": x", "a b: c", "\x00\x01:"] {
            assert!(!is_message(no.as_bytes()), "{no}");
        }
    }
}
