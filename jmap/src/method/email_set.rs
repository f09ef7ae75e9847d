//! `Email/set` (RFC 8621 4.6).

use std::collections::BTreeMap;

use groupware::{Added, EmailChanges, NewMessage};
use model::{AccountId, EmailId, MailboxId};

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::draft::{ATTACHMENTS_OCTETS_MAX, Draft, Made};
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set};
use crate::words::bytes;
use crate::words::placing::{self, Placing};

/// Octets of messages that are made before they are written together.
const TOGETHER_OCTETS: usize = 16 * 1024 * 1024;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let account = set.account;
    let old = call.state(account, DataType::Email).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    create(&call, account, std::mem::take(&mut set.create), &mut done).await?;
    change(&call, &mut set, &mut done).await?;
    Ok(done.answer(call.state(account, DataType::Email).await?))
}

/// Makes the new emails; as many as are not too large together with one write.
async fn create(
    call: &Call,
    account: AccountId,
    create: Vec<(String, Object)>,
    done: &mut Done,
) -> Result<(), MethodError> {
    let mut batch = Batch::default();
    for (creation, object) in create {
        match make(call, account, object).await {
            Err(error) => done.not_created(creation, error),
            Ok((mailbox, message)) => batch.push(creation, mailbox, message),
        }
        if batch.octets > TOGETHER_OCTETS {
            batch.write(call, account, done).await?;
        }
    }
    batch.write(call, account, done).await
}

/// The message that an object stands for, and the mailbox it is to be in.
async fn make(
    call: &Call,
    account: AccountId,
    object: Object,
) -> Result<(MailboxId, NewMessage), SetError> {
    let mut object = Arguments(object);
    let placing = Placing::read(call, &mut object)?;
    let mailbox = placing.required_mailbox()?;
    let draft = Draft::read(object)?;
    let blobs = blobs(call, account, &draft).await?;
    let message = draft.write(&blobs, &made(call));
    Ok((
        mailbox,
        NewMessage {
            message: call.groupware().prepare(message).await?,
            keywords: placing.keywords.unwrap_or_default(),
            received_at: placing.received_at,
        },
    ))
}

/// The bytes of the blobs of an email.
async fn blobs(
    call: &Call,
    account: AccountId,
    draft: &Draft,
) -> Result<BTreeMap<String, Vec<u8>>, SetError> {
    let mut blobs = BTreeMap::new();
    let (mut missing, mut octets) = (Vec::new(), 0);
    for id in draft.blobs() {
        match bytes::octets(call, account, id, ATTACHMENTS_OCTETS_MAX - octets).await? {
            Some(bytes) => {
                octets += bytes.len();
                blobs.insert(id.to_owned(), bytes);
            }
            None => missing.push(id.to_owned()),
        }
    }
    match missing.is_empty() {
        true => Ok(blobs),
        // RFC 8621 4.6.
        false => Err(SetError::new("blobNotFound").with("notFound", missing)),
    }
}

/// What the server adds to a message of the caller's.
pub(super) fn made(call: &Call) -> Made {
    let address = &call.visit.principal.address;
    let domain = address.rsplit_once('@').map_or("localhost", |(_, it)| it);
    Made {
        at: call.now(),
        random: call.visit.house.settings.random.bytes(),
        domain: domain.to_owned(),
    }
}

/// New emails that are written together.
#[derive(Default)]
pub(super) struct Batch {
    creations: Vec<(String, u32)>,
    emails: Vec<(MailboxId, NewMessage)>,
    octets: usize,
}

impl Batch {
    pub(super) fn push(&mut self, creation: String, mailbox: MailboxId, message: NewMessage) {
        let size = message.message.size();
        self.octets += size as usize;
        self.creations.push((creation, size));
        self.emails.push((mailbox, message));
    }

    /// Whether it is time to write them.
    pub(super) fn is_full(&self) -> bool {
        self.octets > TOGETHER_OCTETS
    }

    /// Writes them, and takes them out; tells what became of each.
    pub(super) async fn added(
        &mut self,
        call: &Call,
        account: AccountId,
    ) -> Result<Vec<(String, Result<Object, SetError>)>, MethodError> {
        let batch = std::mem::take(self);
        if batch.emails.is_empty() {
            return Ok(Vec::new());
        }
        let added = call
            .groupware()
            .add_emails(call.caller(), account, batch.emails)
            .await?;
        let answer = |((creation, size), added): ((String, u32), Result<Added, _>)| {
            let answer = added.map(|added| server_set(&added, size));
            (creation, answer.map_err(placing::set_error))
        };
        Ok(batch.creations.into_iter().zip(added).map(answer).collect())
    }

    async fn write(
        &mut self,
        call: &Call,
        account: AccountId,
        done: &mut Done,
    ) -> Result<(), MethodError> {
        for (creation, added) in self.added(call, account).await? {
            match added {
                Ok(object) => done.created(&creation, &id_of(&object), object),
                Err(error) => done.not_created(creation, error),
            }
        }
        Ok(())
    }
}

/// RFC 8621 4.6, 4.7, 4.8: what the client does not know of a new email.
pub(super) fn server_set(added: &Added, size: u32) -> Object {
    let mut object = Object::new();
    object.insert("id".into(), added.email.wire().into());
    object.insert("blobId".into(), added.email.wire().into());
    object.insert("threadId".into(), added.thread.wire().into());
    object.insert("size".into(), size.into());
    object
}

pub(super) fn id_of(object: &Object) -> String {
    let id = object.get("id").and_then(serde_json::Value::as_str);
    id.unwrap_or_default().to_owned()
}

/// Changes and destroys emails, all with one write.
async fn change(call: &Call, set: &mut Set, done: &mut Done) -> Result<(), MethodError> {
    let mut changes = EmailChanges::default();
    let mut updated = Vec::new();
    for update in set.updates::<EmailId>(call, done) {
        match placing::update(call, &update.patch) {
            Ok(wish) => {
                changes.update.push((update.id, wish));
                updated.push(update.text);
            }
            Err(error) => done.not_updated(update.text, error),
        }
    }
    let (destroyed, destroy): (Vec<_>, Vec<_>) =
        set.destroys::<EmailId>(call, done).into_iter().unzip();
    changes.destroy = destroy;
    if changes.update.is_empty() && changes.destroy.is_empty() {
        return Ok(());
    }
    let changed = call
        .groupware()
        .change_emails(call.caller(), set.account, &changes)
        .await?;
    for (text, outcome) in updated.into_iter().zip(changed.updated) {
        match outcome {
            Ok(()) => done.updated(text),
            Err(error) => done.not_updated(text, placing::set_error(error)),
        }
    }
    for (text, outcome) in destroyed.into_iter().zip(changed.destroyed) {
        match outcome {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, placing::set_error(error)),
        }
    }
    Ok(())
}
