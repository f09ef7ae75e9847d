//! `ShareNotification` (RFC 9670 3) on the wire, and what is asked of such notices.

use groupware::{ShareNotice, SharedThing};
use model::{AccountId, CollectionId, CollectionRights, MailboxId, PrincipalId, Rights, Timestamp};
use serde_json::{Value, json};

use super::{address_book, calendar, mailbox};
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::{AddressBookId, CalendarId, NotificationId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::MethodError;
use crate::words::records::not_supported;

/// RFC 9670 3.
pub(crate) const PROPERTIES: [&str; 9] = [
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

/// What a folder of files is called; JMAP has no such type yet.
const FOLDER: &str = "FileNode";

/// The notices of the account.
///
/// # Errors
/// `accountNotSupportedByMethod`: only its owner reads them.
pub(crate) async fn notices(
    call: &Call,
    account: AccountId,
) -> Result<Vec<ShareNotice>, MethodError> {
    let notices = call.groupware().share_notices(call.caller(), account).await;
    notices.map_err(not_supported)
}

/// A notice on the wire.
pub(crate) fn object(notice: &ShareNotice) -> Object {
    let note = &notice.note;
    let (old, new) = (note.old_rights, note.new_rights);
    let of_mailbox = |bits: u16| mailbox::rights(Rights(bits));
    let collection = |bits: u16| CollectionRights(u8::try_from(bits).unwrap_or_default());
    let of_calendar = |bits: u16| calendar::rights(collection(bits), false);
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
        "id": NotificationId(notice.id).wire(),
        "created": date::write(notice.at),
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

/// A condition (RFC 9670 3.4); all that it says must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    kind: Option<String>,
    account: Option<String>,
}

impl Condition {
    /// Reads it.
    pub(crate) fn read(arguments: &mut Arguments) -> Result<Self, FilterFault> {
        Ok(Self {
            after: arguments.date("after")?,
            before: arguments.date("before")?,
            kind: arguments.text("objectType")?,
            account: arguments.id("objectAccountId")?,
        })
    }

    fn holds(&self, notice: &ShareNotice, object: &Object) -> bool {
        let said = |name: &str, wanted: &Option<String>| {
            let said = object.get(name).and_then(Value::as_str);
            wanted.as_deref().is_none_or(|wanted| said == Some(wanted))
        };
        self.after.is_none_or(|at| notice.at >= at)
            && self.before.is_none_or(|at| notice.at < at)
            && said("objectType", &self.kind)
            && said("objectAccountId", &self.account)
    }
}

/// Those that meet the filter, in that order: by when they were made.
///
/// # Errors
/// `unsupportedSort`.
pub(crate) fn select(
    mut notices: Vec<ShareNotice>,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<Vec<NotificationId>, MethodError> {
    notices.retain(|notice| {
        let object = object(notice);
        filter.is_none_or(|filter| filter.holds(&mut |one| one.holds(notice, &object)))
    });
    // RFC 9670 3.4: `created` is the one property to sort by.
    if let Some(other) = sort.iter().find(|by| by.property != "created") {
        let why = format!("notices are not sorted by `{}`", other.property);
        return Err(MethodError::unsupported_sort(why));
    }
    let rising = sort.first().is_none_or(|by| by.ascending);
    notices.sort_by(|a, b| {
        let order = a.at.cmp(&b.at);
        let order = if rising { order } else { order.reverse() };
        order.then_with(|| a.id.cmp(&b.id))
    });
    Ok(notices
        .iter()
        .map(|notice| NotificationId(notice.id))
        .collect())
}
