//! `EmailSubmission/set` (RFC 8621 7.5), and the `Email/set` that follows from it.

use std::collections::BTreeSet;

use groupware::{
    AuthorFault, EmailContent, EnvelopeAddress, Error, NewSending, OwnEnvelope, Place,
    RecordChange, RecordKind, SendFault, Submission, UndoStatus, transport_needs,
};
use model::{AccountId, EmailId, QueueStanding, ThreadId};
use serde_json::Value;

use super::email_set::made;
use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::id::{IdentityId, SubmissionId, WireId};
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set};
use crate::words::submission::{self, COPY_TO, Envelope, RECIPIENTS_MAX, too_many_recipients};

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let follow = Follow::read(&mut call)?;
    call.finish()?;
    let account = set.account;
    if account != call.visit.own_account() {
        // Mail is sent out of one's own account, whatever name it bears.
        return Err(MethodError::account_not_supported());
    }
    let old = call.state(account, DataType::EmailSubmission).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let mut followed = Followed::default();
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, email, server_set)) => {
                followed.note(&follow, &[format!("#{creation}"), id.wire()], email);
                done.created(&creation, &id.wire(), server_set);
            }
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<SubmissionId>(&call, &mut done) {
        match change(&call, account, update.id, &update.patch).await {
            Ok(email) => {
                followed.note(&follow, &[update.text.clone(), update.id.wire()], email);
                done.updated(update.text);
            }
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, id) in set.destroys::<SubmissionId>(&call, &mut done) {
        match destroy(&call, account, id).await {
            Ok(email) => {
                followed.note(&follow, &[text.clone(), id.wire()], email);
                done.destroyed(text);
            }
            Err(error) => done.not_destroyed(text, error),
        }
    }
    let state = call.state(account, DataType::EmailSubmission).await?;
    let answer = done.answer(state);
    match followed.arguments(account) {
        None => Ok(answer),
        Some(arguments) => {
            let outcome = Box::pin(call.further("Email/set", arguments)).await;
            Ok(answer.and("Email/set", outcome))
        }
    }
}

/// Sends an email; answers the submission, the email, and what the client does not know.
async fn create(
    call: &Call,
    account: AccountId,
    object: Object,
) -> Result<(SubmissionId, EmailId, Object), SetError> {
    let given: Vec<String> = object.keys().cloned().collect();
    let mut object = Arguments(object);
    let identity = object.required_text("identityId")?;
    let email = object.required_text("emailId")?;
    let envelope = object.object("envelope")?.map(Envelope::read).transpose()?;
    let copy = object.object(COPY_TO)?;
    let copy = copy.map(|place| copy_to(call, place)).transpose()?;
    object.finish()?;
    let no_identity = || SetError::invalid_property("identityId", "There is no such identity.");
    let identity: IdentityId = call.id(&identity).ok_or_else(no_identity)?;
    let groupware = call.groupware();
    let known = groupware.identity(call.caller(), account, identity.0).await;
    let known = known.map_err(|error| match error {
        Error::NotFound => no_identity(),
        other => other.into(),
    })?;
    let no_email = || SetError::invalid_property("emailId", "There is no such email.");
    let email: EmailId = call.id(&email).ok_or_else(no_email)?;
    let (thread, message) = read(call, account, email).await?.ok_or_else(no_email)?;
    let envelope = match envelope {
        Some(envelope) => envelope,
        None => own_envelope(call, &known.text.email, &message).await?,
    };
    let recipients = envelope.recipients()?;
    let parameters = envelope.parameters(call.now())?;
    let from = &envelope.mail_from.email;
    if !groupware.may_send_as(call.caller(), from).await? {
        // RFC 8621 7.5.
        return Err(SetError::new("forbiddenMailFrom"));
    }
    let id = made(call).message_id();
    let message = groupware.outgoing(call.caller(), &message, &id).await;
    let message = message.map_err(|fault| match fault {
        AuthorFault::Unclear => {
            SetError::new("invalidEmail").with("properties", vec!["from", "sender"])
        }
        AuthorFault::Forbidden => SetError::new("forbiddenFrom"),
        AuthorFault::Failed(error) => error.into(),
    })?;
    let (utf8_header, eight_bit) = transport_needs(&message);
    let is_utf8 = |path: &str| !path.is_ascii();
    let smtputf8 =
        utf8_header || is_utf8(from) || recipients.iter().any(|it| is_utf8(&it.forward_path));
    let new = NewSending {
        submission: Submission {
            reverse_path: from.clone(),
            recipients,
            message: groupware.prepare(message).await?,
            envelope_id: parameters.envelope_id,
            dsn_return: parameters.dsn_return,
            smtputf8,
            require_tls: parameters.require_tls,
            standing: QueueStanding {
                eight_bit,
                release_at: parameters.release_at.filter(|at| *at > call.now()),
                ..QueueStanding::default()
            },
        },
        identity: identity.0,
        email,
        thread,
        mail_from: envelope.mail_from,
        recipients: envelope.rcpt_to,
        copy,
    };
    let sending = Box::pin(groupware.send(call.caller(), new)).await;
    let sending = sending.map_err(|fault| match fault {
        SendFault::Recipients(addresses) => {
            SetError::new("invalidRecipients").with("invalidRecipients", addresses)
        }
        SendFault::NoCopy => no_copy(),
        SendFault::Failed(Error::Forbidden) => SetError::new("forbiddenToSend"),
        SendFault::Failed(error) => error.into(),
    })?;
    let mut server_set = submission::object(&sending.status);
    server_set.retain(|name, _| !given.contains(name));
    Ok((SubmissionId(sending.status.id), email, server_set))
}

/// Where a copy is wanted.
fn copy_to(call: &Call, place: Object) -> Result<Place, SetError> {
    let mut place = Arguments(place);
    let account = place.required_text("accountId")?;
    let mailbox = place.required_text("mailboxId")?;
    place.finish()?;
    Ok(Place {
        account: AccountId::parse(&account).ok_or_else(no_copy)?,
        mailbox: call.id(&mailbox).ok_or_else(no_copy)?,
    })
}

fn no_copy() -> SetError {
    SetError::invalid_property(COPY_TO, "Nothing may be put there.")
}

/// An email that the caller may read: its thread, and its message.
async fn read(
    call: &Call,
    account: AccountId,
    email: EmailId,
) -> Result<Option<(ThreadId, Vec<u8>)>, SetError> {
    let groupware = call.groupware();
    let catalogue = groupware.catalogue(call.caller(), account).await?;
    let Some(found) = catalogue.email(email) else {
        return Ok(None);
    };
    let read = groupware
        .read_emails(&catalogue, &[email], EmailContent::Message)
        .await?;
    Ok(read
        .get(email)
        .map(|message| (found.row.thread, message.to_vec())))
}

/// RFC 8621 7: the envelope that a message itself says.
async fn own_envelope(call: &Call, identity: &str, message: &[u8]) -> Result<Envelope, SetError> {
    let own = OwnEnvelope::of(message);
    if own.recipients.len() > RECIPIENTS_MAX {
        return Err(too_many_recipients());
    }
    let plain = |email: String| EnvelopeAddress {
        email,
        parameters: None,
    };
    let may_send = match &own.mail_from {
        Some(from) => call.groupware().may_send_as(call.caller(), from).await?,
        None => false,
    };
    let from = own.mail_from.filter(|from| may_send && !from.is_empty());
    Ok(Envelope {
        // RFC 8621 7: where that address may not be used, the identity's is.
        mail_from: plain(from.unwrap_or_else(|| identity.to_owned())),
        rcpt_to: own.recipients.into_iter().map(plain).collect(),
    })
}

/// RFC 8621 7.5: all that changes is that it is taken back. Answers the email.
async fn change(
    call: &Call,
    account: AccountId,
    id: SubmissionId,
    patch: &Patch,
) -> Result<EmailId, SetError> {
    let (all, _) = call.groupware().sent(call.caller(), account).await?;
    let at = all.binary_search_by_key(&id.0, |status| status.id);
    let status = at.ok().and_then(|at| all.get(at));
    let status = status.ok_or_else(SetError::not_found)?;
    let before = submission::object(status);
    let mut after = before.clone();
    patch.apply(&mut after)?;
    let other = |name: &&&str| after.get(**name) != before.get(**name);
    let fixed = submission::PROPERTIES
        .iter()
        .filter(|name| **name != "undoStatus");
    if let Some(name) = { fixed }.find(other) {
        return Err(SetError::invalid_property(name, "It never changes."));
    }
    if after.keys().any(|name| !before.contains_key(name)) {
        return Err(SetError::invalid_properties(patch.properties()));
    }
    match (after.get("undoStatus").and_then(Value::as_str), status.undo) {
        (Some("canceled"), UndoStatus::Pending) => {
            let taken_back = call.groupware().unsend(call.caller(), account, id.0).await;
            taken_back.map_err(|error| match error {
                Error::Forbidden => SetError::new("cannotUnsend"),
                other => other.into(),
            })?;
        }
        (Some("canceled"), UndoStatus::Final) => return Err(SetError::new("cannotUnsend")),
        (Some(wanted), is) if wanted == submission::undo_status(is) => {}
        _ => {
            let why = "It only becomes `canceled`.";
            return Err(SetError::invalid_property("undoStatus", why));
        }
    }
    Ok(status.sent.email_id())
}

/// RFC 8621 7.5: what is not listed any more is sent all the same.
async fn destroy(call: &Call, account: AccountId, id: SubmissionId) -> Result<EmailId, SetError> {
    let groupware = call.groupware();
    let (all, _) = groupware.sent(call.caller(), account).await?;
    let at = all.binary_search_by_key(&id.0, |status| status.id);
    let status = at.ok().and_then(|at| all.get(at));
    let email = status.ok_or_else(SetError::not_found)?.sent.email_id();
    let destroy = [RecordChange::Destroy(id.0)];
    let done = groupware
        .change_records(
            call.caller(),
            account,
            RecordKind::Submission,
            None,
            &destroy,
        )
        .await?;
    done.records.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(email)
}

/// What is to become of emails once they are sent: by the id or the creation of their submission.
struct Follow {
    update: Object,
    destroy: BTreeSet<String>,
}

impl Follow {
    fn read(call: &mut Call) -> Result<Self, MethodError> {
        let update = call.arguments.object("onSuccessUpdateEmail")?;
        let destroy = call.arguments.ids("onSuccessDestroyEmail")?;
        Ok(Self {
            update: update.unwrap_or_default(),
            destroy: destroy.unwrap_or_default().into_iter().collect(),
        })
    }
}

/// What becomes of emails.
#[derive(Default)]
struct Followed {
    update: Object,
    destroy: BTreeSet<EmailId>,
}

impl Followed {
    /// Notes what is to become of the email of a submission that is called by one of these names.
    fn note(&mut self, follow: &Follow, names: &[String], email: EmailId) {
        if let Some(patch) = names.iter().find_map(|name| follow.update.get(name)) {
            self.update.insert(email.wire(), patch.clone());
        }
        if names.iter().any(|name| follow.destroy.contains(name)) {
            self.destroy.insert(email);
        }
    }

    /// RFC 8621 7.5: the arguments of the one `Email/set`, if there is anything to be done.
    fn arguments(self, account: AccountId) -> Option<Object> {
        if self.update.is_empty() && self.destroy.is_empty() {
            return None;
        }
        let destroy: Vec<String> = self.destroy.into_iter().map(WireId::wire).collect();
        let mut arguments = Object::new();
        arguments.insert("accountId".into(), account.wire().into());
        arguments.insert("update".into(), Value::Object(self.update));
        arguments.insert("destroy".into(), destroy.into());
        Some(arguments)
    }
}
