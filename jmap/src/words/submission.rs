//! Submissions and their envelopes (RFC 8621 7): JMAP <-> the model's.

use std::collections::BTreeMap;

use groupware::{DeliveryState, EnvelopeAddress, SentStatus, UndoStatus};
use model::{DsnNotify, DsnReturn, EmailId, ObjectId, QueuedRecipient, ThreadId, Timestamp};
use serde_json::{Value, json};

use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::id::{IdentityId, SubmissionId, WireId};
use crate::codec::json::Object;
use crate::error::SetError;

/// Recipients of one submission. RFC 5321 4.5.3.1.8: at least 100 are to be taken.
pub(crate) const RECIPIENTS_MAX: usize = 1_000;
/// RFC 8621 1.3.2 `maxDelayedSend`: seconds that a message may wait before it is sent.
pub(crate) const DELAY_S_MAX: i64 = 30 * 24 * 60 * 60;
/// Octets of an address. RFC 5321 4.5.3.1: 64 before the `@`, 255 behind it.
const ADDRESS_OCTETS_MAX: usize = 320;
/// Octets of a parameter's value.
const PARAMETER_OCTETS_MAX: usize = 500;

/// RFC 8621 7; the last is our own.
pub(crate) const PROPERTIES: [&str; 11] = [
    "id",
    "identityId",
    "emailId",
    "threadId",
    "envelope",
    "sendAt",
    "undoStatus",
    "deliveryStatus",
    "dsnBlobIds",
    "mdnBlobIds",
    COPY_TO,
];

/// Where a copy is put once the message is sent, for those who share a mailbox: an object with `accountId` and `mailboxId`, or
/// null. Said when the submission is made.
pub(crate) const COPY_TO: &str = "wachpost:copyTo";

/// What a client says of an envelope (RFC 8621 7 `Envelope`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) mail_from: EnvelopeAddress,
    pub(crate) rcpt_to: Vec<EnvelopeAddress>,
}

/// What the parameters of a reverse path say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailParameters {
    pub(crate) release_at: Option<Timestamp>,
    pub(crate) envelope_id: Option<String>,
    pub(crate) dsn_return: Option<DsnReturn>,
    pub(crate) require_tls: bool,
}

/// What the session says of sending (RFC 8621 1.3.2).
pub(crate) fn capability(now: Timestamp) -> Value {
    let latest = date::write(now.plus_ms(DELAY_S_MAX * 1_000));
    json!({
        "maxDelayedSend": DELAY_S_MAX,
        "submissionExtensions": {
            // RFC 4865 3: the longest time, and the latest moment.
            "FUTURERELEASE": [DELAY_S_MAX.to_string(), latest],
            "DSN": [],
            "SIZE": [groupware::MESSAGE_OCTETS_MAX.to_string()],
            "SMTPUTF8": [],
            "REQUIRETLS": [],
        },
    })
}

/// A submission on the wire.
pub(crate) fn object(status: &SentStatus) -> Object {
    let sent = &status.sent;
    let recipients = sent.recipients.iter().map(|it| address(&it.address));
    let delivery = sent.recipients.iter().zip(&status.recipients);
    let delivery: Object = delivery
        .map(|(recipient, status)| {
            let status = json!({
                "smtpReply": status.reply,
                "delivered": match status.delivered {
                    DeliveryState::Queued => "queued",
                    DeliveryState::Yes => "yes",
                    DeliveryState::No => "no",
                    DeliveryState::Unknown => "unknown",
                },
                // RFC 8621 7: nobody watches for notifications of reading.
                "displayed": "unknown",
            });
            (recipient.address.email.clone(), status)
        })
        .collect();
    let object = json!({
        "id": SubmissionId(status.id).wire(),
        "identityId": IdentityId(ObjectId(sent.identity)).wire(),
        "emailId": EmailId(sent.email).wire(),
        "threadId": ThreadId(sent.thread).wire(),
        "envelope": {
            "mailFrom": address(&sent.mail_from),
            "rcptTo": recipients.collect::<Vec<Value>>(),
        },
        "sendAt": date::write(sent.send_at),
        "undoStatus": undo_status(status.undo),
        "deliveryStatus": delivery,
        "dsnBlobIds": [],
        "mdnBlobIds": [],
        COPY_TO: sent.copy.map(|copy| {
            let at = copy.place();
            json!({"accountId": at.account.wire(), "mailboxId": at.mailbox.wire()})
        }),
    });
    match object {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

/// RFC 8621 7 `undoStatus`.
pub(crate) fn undo_status(undo: UndoStatus) -> &'static str {
    match undo {
        UndoStatus::Pending => "pending",
        UndoStatus::Final => "final",
        UndoStatus::Canceled => "canceled",
    }
}

fn address(address: &EnvelopeAddress) -> Value {
    json!({"email": address.email, "parameters": address.parameters})
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// `invalidProperties`.
    pub(crate) fn read(object: Object) -> Result<Self, SetError> {
        let mut object = Arguments(object);
        let from = object.object("mailFrom")?;
        let from = from.ok_or_else(|| invalid("It needs a `mailFrom`."))?;
        let recipients = object.list("rcptTo")?;
        let recipients = recipients.ok_or_else(|| invalid("It needs an `rcptTo`."))?;
        object.finish()?;
        if recipients.len() > RECIPIENTS_MAX {
            return Err(too_many_recipients());
        }
        let recipients = recipients.into_iter().map(|value| match value {
            Value::Object(object) => read_address(object),
            _ => Err(invalid("Each of `rcptTo` is an address.")),
        });
        Ok(Self {
            mail_from: read_address(from)?,
            rcpt_to: recipients.collect::<Result<_, _>>()?,
        })
    }

    /// What the parameters of `mailFrom` say.
    ///
    /// # Errors
    /// `invalidProperties`: of an extension that is not offered, or one that says what cannot be.
    pub(crate) fn parameters(&self, now: Timestamp) -> Result<MailParameters, SetError> {
        let mut said = MailParameters::default();
        for (name, value) in self.mail_from.parameters.iter().flatten() {
            let value = value.as_deref();
            match (name.to_ascii_uppercase().as_str(), value) {
                // RFC 4865 3: seconds from now, or a moment; not both.
                ("HOLDFOR", Some(seconds)) if said.release_at.is_none() => {
                    let seconds = seconds
                        .parse()
                        .ok()
                        .filter(|it| (0..=DELAY_S_MAX).contains(it));
                    let seconds: i64 = seconds.ok_or_else(|| invalid("`HOLDFOR` is too long."))?;
                    said.release_at = Some(now.plus_ms(seconds * 1_000));
                }
                ("HOLDUNTIL", Some(until)) if said.release_at.is_none() => {
                    let latest = now.plus_ms(DELAY_S_MAX * 1_000);
                    let until = date::read(until).filter(|until| *until <= latest);
                    said.release_at =
                        Some(until.ok_or_else(|| invalid("`HOLDUNTIL` is no date, or too late."))?);
                }
                // RFC 3461 4.4: printable, encoded as xtext.
                ("ENVID", Some(id)) if is_xtext(id) => said.envelope_id = Some(id.to_owned()),
                ("RET", Some(ret)) if ret.eq_ignore_ascii_case("FULL") => {
                    said.dsn_return = Some(DsnReturn::Full);
                }
                ("RET", Some(ret)) if ret.eq_ignore_ascii_case("HDRS") => {
                    said.dsn_return = Some(DsnReturn::Headers);
                }
                ("REQUIRETLS", None) => said.require_tls = true,
                // What follows from the message itself is seen there.
                ("SIZE" | "BODY", Some(_)) | ("SMTPUTF8", None) => {}
                _ => {
                    return Err(invalid(
                        "A parameter of `mailFrom` is not offered, or wrong.",
                    ));
                }
            }
        }
        Ok(said)
    }

    /// The recipients as the queue takes them, each once.
    ///
    /// # Errors
    /// `noRecipients`; `invalidRecipients`; `invalidProperties` for a parameter.
    pub(crate) fn recipients(&self) -> Result<Vec<QueuedRecipient>, SetError> {
        if self.rcpt_to.is_empty() {
            return Err(SetError::new("noRecipients"));
        }
        let wrong = self.rcpt_to.iter().map(|it| it.email.as_str());
        let wrong: Vec<&str> = wrong.filter(|email| !is_address(email)).collect();
        if !wrong.is_empty() {
            return Err(SetError::new("invalidRecipients").with("invalidRecipients", wrong));
        }
        self.rcpt_to.iter().map(queued).collect()
    }
}

/// RFC 8621 7.5 `tooManyRecipients`.
pub(crate) fn too_many_recipients() -> SetError {
    SetError::new("tooManyRecipients").with("maxRecipients", RECIPIENTS_MAX)
}

fn invalid(why: &'static str) -> SetError {
    SetError::invalid_property("envelope", why)
}

fn read_address(object: Object) -> Result<EnvelopeAddress, SetError> {
    let mut object = Arguments(object);
    let email = object.required_text("email")?;
    let mut parameters = None;
    if let Some(given) = object.object("parameters")? {
        let mut read = BTreeMap::new();
        for (name, value) in given {
            let value = match value {
                Value::Null => None,
                Value::String(text) if text.len() <= PARAMETER_OCTETS_MAX => Some(text),
                _ => return Err(invalid("A parameter is a text or null.")),
            };
            read.insert(name, value);
        }
        parameters = Some(read);
    }
    object.finish()?;
    Ok(EnvelopeAddress { email, parameters })
}

fn queued(address: &EnvelopeAddress) -> Result<QueuedRecipient, SetError> {
    let mut recipient = QueuedRecipient {
        forward_path: address.email.clone(),
        notify: None,
        original: None,
    };
    for (name, value) in address.parameters.iter().flatten() {
        match (name.to_ascii_uppercase().as_str(), value.as_deref()) {
            ("NOTIFY", Some(words)) => recipient.notify = Some(notify(words)?),
            // RFC 3461 4.2: a type and an address in xtext.
            ("ORCPT", Some(original)) if original.contains(';') && is_xtext(original) => {
                recipient.original = Some(original.to_owned());
            }
            _ => return Err(invalid("A parameter of `rcptTo` is not offered, or wrong.")),
        }
    }
    Ok(recipient)
}

/// RFC 3461 4.1.
fn notify(words: &str) -> Result<DsnNotify, SetError> {
    let mut notify = DsnNotify::default();
    for word in words.split(',') {
        match word.to_ascii_uppercase().as_str() {
            "NEVER" => notify.never = true,
            "SUCCESS" => notify.success = true,
            "FAILURE" => notify.failure = true,
            "DELAY" => notify.delay = true,
            _ => return Err(invalid("`NOTIFY` is wrong.")),
        }
    }
    let others = notify.success || notify.failure || notify.delay;
    match notify.never && others {
        true => Err(invalid("`NOTIFY` is wrong.")),
        false => Ok(notify),
    }
}

/// RFC 3461 4: graphic ASCII without `=`; `+` begins an encoded octet.
fn is_xtext(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'=')
}

/// Whether a forward path is an address: something, `@`, a domain; nothing that would break out of a command.
fn is_address(email: &str) -> bool {
    let is_harmless = |c: char| !c.is_control() && !c.is_whitespace() && !"<>".contains(c);
    let parts = email.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && email.len() <= ADDRESS_OCTETS_MAX
        && email.chars().all(is_harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(value: Value) -> Result<Envelope, SetError> {
        match value {
            Value::Object(object) => Envelope::read(object),
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn parameters_say_when_and_how() {
        let now = Timestamp::from_seconds(1_000);
        let of = |parameters: Value| {
            let envelope = envelope(json!({
                "mailFrom": {"email": "a@b", "parameters": parameters},
                "rcptTo": [{"email": "c@d", "parameters": {"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;c@d"}}],
            }));
            envelope.unwrap().parameters(now)
        };
        assert_eq!(of(Value::Null), Ok(MailParameters::default()));
        let held =
            of(json!({"holdfor": "60", "RET": "HDRS", "ENVID": "x", "SMTPUTF8": null})).unwrap();
        assert_eq!(held.release_at, Some(Timestamp::from_seconds(1_060)));
        assert_eq!(held.dsn_return, Some(DsnReturn::Headers));
        let until = of(json!({"HOLDUNTIL": "1970-01-02T00:00:00Z"})).unwrap();
        assert_eq!(until.release_at, Some(Timestamp::from_seconds(86_400)));
        for wrong in [
            json!({"HOLDFOR": "-1"}),
            json!({"HOLDFOR": "99999999"}),
            json!({"HOLDFOR": "1", "HOLDUNTIL": "1970-01-02T00:00:00Z"}),
            json!({"HOLDUNTIL": "1980-01-02T00:00:00Z"}),
            json!({"ENVID": "a b"}),
            json!({"X": "y"}),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn recipients_are_checked() {
        let of = |list: Value| {
            let envelope = envelope(json!({"mailFrom": {"email": ""}, "rcptTo": list})).unwrap();
            envelope.recipients().map_err(|error| error.kind)
        };
        assert_eq!(of(json!([])), Err("noRecipients"));
        assert_eq!(
            of(json!([{"email": "a@b"}, {"email": "a b@c"}])),
            Err("invalidRecipients")
        );
        assert_eq!(
            of(json!([{"email": "a@b> SIZE=1"}])),
            Err("invalidRecipients")
        );
        let notify = json!([{"email": "a@b", "parameters": {"NOTIFY": "NEVER,DELAY"}}]);
        assert_eq!(of(notify), Err("invalidProperties"));
        assert_eq!(of(json!([{"email": "a@b"}])).unwrap().len(), 1);
    }
}
