//! `ShareNotification` (RFC 9670 3) on the wire.

use groupware::{Error, RecordKind, ShareNotice, SharedThing};
use model::{
    AccountId, CollectionId, CollectionRights, MailboxId, ObjectId, PrincipalId, Rights, Timestamp,
};
use serde_json::{Value, json};

use super::calendar::Calendar;
use super::container::Container;
use super::notification::Notification;
use super::{address_book, mailbox};
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::filter::FilterFault;
use crate::codec::id::{AddressBookId, CalendarId, NotificationId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;

/// What a folder of files is called; JMAP has no such type yet.
const FOLDER: &str = "FileNode";

/// A notification of a share.
#[derive(Debug)]
pub(crate) struct ShareNotification(ShareNotice);

/// What such notifications are asked for (RFC 9670 3.4).
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    kind: Option<String>,
    account: Option<String>,
}

impl Notification for ShareNotification {
    type Condition = Condition;

    const TYPE: DataType = DataType::ShareNotification;
    const RECORDS: RecordKind = RecordKind::ShareNotification;
    const PROPERTIES: &'static [&'static str] = &[
        "id",
        "created",
        "changedBy",
        "objectType",
        "objectAccountId",
        "objectId",
        "oldRights",
        "newRights",
        "name",
    ];

    async fn all(call: &Call, account: AccountId) -> Result<Vec<Self>, Error> {
        let notices = call.groupware().share_notices(call.caller(), account);
        Ok(notices.await?.into_iter().map(Self).collect())
    }

    fn id(&self) -> ObjectId {
        self.0.id
    }

    fn at(&self) -> Timestamp {
        self.0.at
    }

    fn object(&self) -> Object {
        let note = &self.0.note;
        let (old, new) = (note.old_rights, note.new_rights);
        let of_mailbox = |bits: u16| mailbox::rights(Rights(bits));
        let collection = |bits: u16| CollectionRights(u8::try_from(bits).unwrap_or_default());
        let of_calendar = |bits: u16| Calendar::rights(collection(bits), true);
        let of_book = |bits: u16| address_book::rights(collection(bits));
        let number = note.number;
        let (kind, id, old, new) = match note.what {
            SharedThing::Mailbox => (
                DataType::Mailbox.as_str(),
                MailboxId(number).wire(),
                of_mailbox(old),
                of_mailbox(new),
            ),
            SharedThing::Calendar => (
                DataType::Calendar.as_str(),
                CalendarId(CollectionId(number)).wire(),
                of_calendar(old),
                of_calendar(new),
            ),
            SharedThing::AddressBook => (
                DataType::AddressBook.as_str(),
                AddressBookId(CollectionId(number)).wire(),
                of_book(old),
                of_book(new),
            ),
            SharedThing::Folder => (FOLDER, format!("f{number}"), of_book(old), of_book(new)),
        };
        // RFC 9670 3: no rights are told as `null`.
        let or_null = |bits: u16, rights: Value| if bits == 0 { Value::Null } else { rights };
        let value = json!({
            "id": NotificationId(self.0.id).wire(),
            "created": date::write(self.0.at),
            "changedBy": {
                "name": note.by_name,
                "email": note.by_address,
                "principalId": note.by.map(|id| PrincipalId(id).wire()),
            },
            "objectType": kind,
            "objectAccountId": AccountId(note.account).wire(),
            "objectId": id,
            "oldRights": or_null(note.old_rights, old),
            "newRights": or_null(note.new_rights, new),
            "name": note.name,
        });
        match value {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    fn condition(from: &mut Arguments) -> Result<Condition, FilterFault> {
        Ok(Condition {
            kind: from.text("objectType")?,
            account: from.id("objectAccountId")?,
        })
    }

    fn meets(&self, condition: &Condition) -> bool {
        let object = self.object();
        let said = |name: &str, wanted: &Option<String>| {
            let said = object.get(name).and_then(Value::as_str);
            wanted.as_deref().is_none_or(|wanted| said == Some(wanted))
        };
        said("objectType", &condition.kind) && said("objectAccountId", &condition.account)
    }
}
