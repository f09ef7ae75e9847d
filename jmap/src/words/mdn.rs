//! Notifications of reading (RFC 9007): JMAP <-> the model's.

use groupware::message::disposition::{Disposition, Notification};
use serde_json::{Value, json};

use crate::codec::argument::Arguments;
use crate::codec::json::Object;
use crate::error::SetError;

/// Fields of one's own in one notification.
const EXTENSION_FIELDS_MAX: usize = 50;

/// A notification as a client wants it sent, and the id of the email that it is about, as it came.
///
/// # Errors
/// RFC 9007 2.1 `invalidProperties`.
pub(crate) fn read(object: Object) -> Result<(String, Notification), SetError> {
    let mut object = Arguments(object);
    for name in [
        "mdnGateway",
        "originalRecipient",
        "originalMessageId",
        "error",
    ] {
        if object.take(name).is_some() {
            return Err(SetError::invalid_property(
                name,
                "It is said by the server.",
            ));
        }
    }
    let email = object.required_text("forEmailId")?;
    let disposition = object.object("disposition")?;
    let missing = || SetError::invalid_property("disposition", "It has to be there.");
    let mut others = Vec::new();
    for (name, value) in object.object("extensionFields")?.unwrap_or_default() {
        match value {
            Value::String(value) if others.len() < EXTENSION_FIELDS_MAX => {
                others.push((name, value));
            }
            _ => {
                let why = "Each is a text, and they are not many.";
                return Err(SetError::invalid_property("extensionFields", why));
            }
        }
    }
    let notification = Notification {
        subject: object.text("subject")?,
        text: object.text("textBody")?,
        has_original: object.flag("includeOriginalMessage")?.unwrap_or(false),
        reporting_ua: object.text("reportingUA")?,
        final_recipient: object.text("finalRecipient")?,
        disposition: read_disposition(disposition.ok_or_else(missing)?)?,
        others,
        ..Notification::default()
    };
    object.finish()?;
    Ok((email, notification))
}

fn read_disposition(object: Object) -> Result<Disposition, SetError> {
    let mut object = Arguments(object);
    let mut word = |name: &'static str, words: &[&str]| {
        let given = object.required_text(name)?;
        match words.contains(&given.as_str()) {
            true => Ok(given),
            false => {
                let why = format!("`{name}` has a word that it cannot have.");
                Err(SetError::invalid_property("disposition", why))
            }
        }
    };
    // RFC 9007 2, RFC 8098 3.2.6.
    let disposition = Disposition {
        action_mode: word("actionMode", &["manual-action", "automatic-action"])?,
        sending_mode: word(
            "sendingMode",
            &["mdn-sent-manually", "mdn-sent-automatically"],
        )?,
        kind: word("type", &["deleted", "dispatched", "displayed", "processed"])?,
    };
    object.finish()?;
    Ok(disposition)
}

/// A notification on the wire.
pub(crate) fn object(notification: &Notification, email: Option<&str>) -> Object {
    let others: Object = notification
        .others
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let disposition = &notification.disposition;
    let object = json!({
        "forEmailId": email,
        "subject": notification.subject,
        "textBody": notification.text,
        "includeOriginalMessage": notification.has_original,
        "reportingUA": notification.reporting_ua,
        "disposition": {
            "actionMode": disposition.action_mode,
            "sendingMode": disposition.sending_mode,
            "type": disposition.kind,
        },
        "mdnGateway": notification.gateway,
        "originalRecipient": notification.original_recipient,
        "finalRecipient": notification.final_recipient,
        "originalMessageId": notification.original_message_id,
        "error": Some(&notification.errors).filter(|errors| !errors.is_empty()),
        "extensionFields": Some(others).filter(|others| !others.is_empty()),
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
