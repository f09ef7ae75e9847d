//! What was done in an account, and what can be brought back: JMAP <-> the model's.
//!
//! An extension of ours, under a capability of its own (RFC 8620 1.8, 2: vendors name theirs by a URL).

use std::collections::BTreeMap;

use groupware::{
    DeletedId, DeletedKind, DeletedThing, HistoryDeed, HistoryEntry, HistoryPlace, HistoryStep,
    HistoryTopic, VersionId,
};
use model::{Actor, EmailId, Face, ObjectId, PrincipalId, Seq};
use serde_json::{Value, json};

use crate::call::Call;
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;

/// What an entry of the history says.
pub(crate) const ENTRY_PROPERTIES: [&str; 6] =
    ["id", "at", "actor", "steps", "moreSteps", "canUndo"];

/// What a deleted thing says.
pub(crate) const DELETED_PROPERTIES: [&str; 9] = [
    "id",
    "kind",
    "isEarlier",
    "title",
    "from",
    "deletedAt",
    "receivedAt",
    "size",
    "place",
];

/// The doors, by the words that the journal has for them.
const FACES: [Face; 12] = [
    Face::System,
    Face::Smtp,
    Face::Submission,
    Face::Lmtp,
    Face::Imap,
    Face::Pop3,
    Face::Jmap,
    Face::Dav,
    Face::Ews,
    Face::ManageSieve,
    Face::Admin,
    Face::SignIn,
];

/// The door of that word.
pub(crate) fn face(word: &str) -> Option<Face> {
    FACES.into_iter().find(|face| face.as_str() == word)
}

/// The topic of that word.
pub(crate) fn topic(word: &str) -> Option<HistoryTopic> {
    HistoryTopic::ALL
        .into_iter()
        .find(|topic| topic_word(*topic) == word)
}

fn topic_word(topic: HistoryTopic) -> &'static str {
    match topic {
        HistoryTopic::Arrived => "arrived",
        HistoryTopic::Marked => "marked",
        HistoryTopic::Moved => "moved",
        HistoryTopic::Deleted => "deleted",
        HistoryTopic::Restored => "restored",
        HistoryTopic::Sent => "sent",
        HistoryTopic::Folders => "folders",
        HistoryTopic::Sharing => "sharing",
        HistoryTopic::Calendar => "calendar",
        HistoryTopic::Contacts => "contacts",
        HistoryTopic::Filters => "filters",
        HistoryTopic::Other => "other",
    }
}

/// An entry's id.
pub(crate) fn entry_id(seq: Seq) -> String {
    format!("q{}", seq.0)
}

/// The entry of that id; each has one way to be written.
pub(crate) fn read_entry_id(text: &str) -> Option<Seq> {
    let seq = Seq(text.strip_prefix('q')?.parse().ok()?);
    (entry_id(seq) == text).then_some(seq)
}

/// The id of a deleted thing: `e17` an email, `o12-34` the body that object 12 had until entry 34.
pub(crate) fn deleted_id(id: DeletedId) -> String {
    match id {
        DeletedId::Email(email) => email.wire(),
        DeletedId::Version(version) => format!("o{}-{}", version.object.0, version.until.0),
    }
}

/// The deleted thing of that id; each has one way to be written.
pub(crate) fn read_deleted_id(text: &str) -> Option<DeletedId> {
    let id = match text.strip_prefix('o') {
        None => DeletedId::Email(EmailId::parse(text)?),
        Some(version) => {
            let (object, until) = version.split_once('-')?;
            DeletedId::Version(VersionId {
                object: ObjectId(object.parse().ok()?),
                until: Seq(until.parse().ok()?),
            })
        }
    };
    (deleted_id(id) == text).then_some(id)
}

/// What sort of deleted thing that word names.
pub(crate) fn deleted_kind(word: &str) -> Option<DeletedKind> {
    let all = [
        DeletedKind::Email,
        DeletedKind::Event,
        DeletedKind::Task,
        DeletedKind::Contact,
        DeletedKind::File,
    ];
    all.into_iter().find(|kind| kind_word(*kind) == word)
}

fn kind_word(kind: DeletedKind) -> &'static str {
    match kind {
        DeletedKind::Email => "email",
        DeletedKind::Event => "event",
        DeletedKind::Task => "task",
        DeletedKind::Contact => "contact",
        DeletedKind::File => "file",
    }
}

fn deed_word(deed: HistoryDeed) -> &'static str {
    match deed {
        HistoryDeed::EmailAdded => "emailAdded",
        HistoryDeed::EmailsMarked => "emailsMarked",
        HistoryDeed::EmailsCopied => "emailsCopied",
        HistoryDeed::EmailsMoved => "emailsMoved",
        HistoryDeed::EmailsDestroyed => "emailsDestroyed",
        HistoryDeed::EmailRestored => "emailRestored",
        HistoryDeed::EmailsPurged => "emailsPurged",
        HistoryDeed::MessageQueued => "messageQueued",
        HistoryDeed::MessageSettled => "messageSettled",
        HistoryDeed::MailboxCreated => "mailboxCreated",
        HistoryDeed::MailboxChanged => "mailboxChanged",
        HistoryDeed::MailboxDestroyed => "mailboxDestroyed",
        HistoryDeed::Shared => "shared",
        HistoryDeed::DeputySet => "deputySet",
        HistoryDeed::CollectionCreated => "collectionCreated",
        HistoryDeed::CollectionChanged => "collectionChanged",
        HistoryDeed::CollectionDestroyed => "collectionDestroyed",
        HistoryDeed::ObjectCreated => "objectCreated",
        HistoryDeed::ObjectChanged => "objectChanged",
        HistoryDeed::ObjectMoved => "objectMoved",
        HistoryDeed::ObjectsDestroyed => "objectsDestroyed",
        HistoryDeed::VersionsPurged => "versionsPurged",
        HistoryDeed::QuotaSet => "quotaSet",
        HistoryDeed::Other => "other",
    }
}

/// People by their numbers, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct People(BTreeMap<PrincipalId, Value>);

impl People {
    async fn named(&mut self, call: &Call, id: PrincipalId) -> Result<Value, MethodError> {
        if let Some(known) = self.0.get(&id) {
            return Ok(known.clone());
        }
        let found = call.directory().principal(id).await;
        let found = found.map_err(groupware::Error::from)?;
        let said = match found {
            Some(found) => json!({
                "principalId": id.wire(), "name": found.name, "email": found.address,
            }),
            None => json!({"principalId": id.wire(), "name": null, "email": null}),
        };
        self.0.insert(id, said.clone());
        Ok(said)
    }
}

/// An entry on the wire.
///
/// # Errors
/// The directory cannot be read.
pub(crate) async fn entry(
    call: &Call,
    entry: &HistoryEntry,
    people: &mut People,
) -> Result<Object, MethodError> {
    let mut steps = Vec::with_capacity(entry.steps.len());
    for one in &entry.steps {
        steps.push(step(call, one, people).await?);
    }
    let actor = match &entry.actor {
        Some(actor) => who(call, actor, people).await?,
        None => Value::Null,
    };
    let mut object = Object::new();
    object.insert("id".into(), entry_id(entry.seq).into());
    object.insert("at".into(), date::write(entry.at).into());
    object.insert("actor".into(), actor);
    object.insert("steps".into(), steps.into());
    object.insert("moreSteps".into(), entry.more_steps.into());
    object.insert("canUndo".into(), entry.can_undo.into());
    Ok(object)
}

async fn who(call: &Call, actor: &Actor, people: &mut People) -> Result<Value, MethodError> {
    let person = match actor.principal {
        Some(id) => people.named(call, id).await?,
        None => Value::Null,
    };
    Ok(json!({
        "person": person,
        "credentialId": actor.credential.map(|credential| credential.0),
        "session": actor.session.to_string(),
        "face": actor.face.as_str(),
        "address": actor.address.map(|address| address.to_string()),
    }))
}

async fn step(call: &Call, step: &HistoryStep, people: &mut People) -> Result<Value, MethodError> {
    let mut object = Object::new();
    object.insert("deed".into(), deed_word(step.deed).into());
    object.insert("count".into(), step.count.into());
    object.insert("place".into(), step.place.as_ref().map(place).into());
    object.insert("target".into(), step.target.as_ref().map(place).into());
    object.insert("titles".into(), step.titles.clone().into());
    object.insert("people".into(), step.people.clone().into());
    object.insert("added".into(), step.added.clone().into());
    object.insert("removed".into(), step.removed.clone().into());
    if let Some(with) = step.with {
        let with = match with {
            Some(id) => people.named(call, id).await?,
            None => Value::Null,
        };
        object.insert("with".into(), with);
        object.insert("isEnd".into(), step.is_end.into());
    }
    Ok(object.into())
}

fn place(place: &HistoryPlace) -> Value {
    match place {
        HistoryPlace::Mailbox { id, name, role } => json!({
            "kind": "mailbox", "id": id.wire(), "name": name, "role": role.map(|role| role.as_str()),
        }),
        HistoryPlace::Collection { id, kind, name } => json!({
            "kind": kind.map_or("collection", |kind| kind.as_str()), "id": id.0.to_string(), "name": name,
        }),
    }
}

/// A deleted thing on the wire.
pub(crate) fn deleted(thing: &DeletedThing) -> Object {
    let mut object = Object::new();
    object.insert("id".into(), deleted_id(thing.id).into());
    object.insert("kind".into(), kind_word(thing.kind).into());
    object.insert("isEarlier".into(), thing.is_earlier.into());
    object.insert("title".into(), thing.title.as_str().into());
    object.insert("from".into(), thing.from.clone().into());
    object.insert("deletedAt".into(), date::write(thing.at).into());
    let received = thing.received_at.map(date::write);
    object.insert("receivedAt".into(), received.into());
    object.insert("size".into(), thing.size.into());
    object.insert("place".into(), place(&thing.place));
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_way_to_be_written() {
        assert_eq!(read_entry_id("q12"), Some(Seq(12)));
        assert_eq!(read_deleted_id("e3"), Some(DeletedId::Email(EmailId(3))));
        let version = VersionId {
            object: ObjectId(12),
            until: Seq(34),
        };
        assert_eq!(read_deleted_id("o12-34"), Some(DeletedId::Version(version)));
        for wrong in ["q", "q012", "q-1", "x1", "q18446744073709551616"] {
            assert_eq!(read_entry_id(wrong), None, "{wrong}");
        }
        for wrong in ["", "o1", "o01-2", "o1-02", "e03", "o1-2-3"] {
            assert_eq!(read_deleted_id(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for known in HistoryTopic::ALL {
            assert_eq!(topic(topic_word(known)), Some(known));
        }
        assert_eq!(face("imap"), Some(Face::Imap));
        assert_eq!(face("fax"), None);
        assert_eq!(deleted_kind("task"), Some(DeletedKind::Task));
    }
}
